package render

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Finding is something wrong with a site.
type Finding struct {
	File    string // of the site
	Problem string
}

func (f Finding) String() string { return f.File + ": " + f.Problem }

// Verify checks that a site is complete: every local link of every page leads
// to a file, and its fragment to an element, every rendition that the state
// names is there and decodes, and all published names are plain. rootPath is
// where the site's root is on its host, "/" or "/gallery/"; links that begin
// there are followed, too. The error is that of a folder that cannot be read.
func Verify(site fs.FS, rootPath string) ([]Finding, error) {
	v := &verifier{site: site, root: rootPath, files: map[string]bool{}, pages: map[string]*parsedPage{}}
	err := fs.WalkDir(site, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && name != "." {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() {
			v.files[name] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the site: %w", err)
	}
	if err := v.readPages(); err != nil {
		return nil, err
	}
	for _, name := range v.pageNames() {
		v.followLinks(name)
	}
	v.checkState()
	slices.SortFunc(v.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Problem, b.Problem))
	})
	return v.findings, nil
}

type verifier struct {
	site     fs.FS
	root     string
	files    map[string]bool
	pages    map[string]*parsedPage
	findings []Finding
}

// parsedPage is what Verify needs of a page.
type parsedPage struct {
	ids   map[string]bool
	links []string
}

func (v *verifier) report(file, format string, args ...any) {
	v.findings = append(v.findings, Finding{file, fmt.Sprintf(format, args...)})
}

func (v *verifier) pageNames() []string {
	names := make([]string, 0, len(v.pages))
	for name := range v.pages {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (v *verifier) readPages() error {
	for name := range v.files {
		if path.Ext(name) != ".html" {
			continue
		}
		data, err := fs.ReadFile(v.site, name)
		if err != nil {
			return fmt.Errorf("reading the site: %w", err)
		}
		if bytes.Contains(data, []byte("ZgotmplZ")) {
			v.report(name, "a template put out a value that is not safe where it stands")
		}
		if !bytes.HasSuffix(bytes.TrimSpace(data), []byte("</html>")) {
			v.report(name, "the page is cut")
		}
		v.pages[name] = parsePage(data)
	}
	return nil
}

// linkAttributes are those whose value is an address that the page needs.
var linkAttributes = []string{"href", "src", "srcset", "poster"}

func parsePage(data []byte) *parsedPage {
	p := &parsedPage{ids: map[string]bool{}}
	for z := html.NewTokenizer(bytes.NewReader(data)); ; {
		switch z.Next() {
		case html.ErrorToken: // the end
			return p
		case html.StartTagToken, html.SelfClosingTagToken:
			for _, a := range z.Token().Attr {
				switch {
				case a.Key == "id":
					p.ids[a.Val] = true
				case a.Key == "srcset":
					for candidate := range strings.SplitSeq(a.Val, ",") {
						if fields := strings.Fields(candidate); len(fields) > 0 {
							p.links = append(p.links, fields[0])
						}
					}
				case slices.Contains(linkAttributes, a.Key):
					p.links = append(p.links, a.Val)
				}
			}
		}
	}
}

// followLinks checks the local links of a page.
func (v *verifier) followLinks(name string) {
	for _, link := range v.pages[name].links {
		u, err := url.Parse(link)
		if err != nil {
			v.report(name, "%q is no address", link)
			continue
		}
		if u.Scheme != "" || u.Host != "" {
			continue
		}
		target := name
		switch {
		case strings.HasPrefix(u.Path, "/"):
			rest, inSite := strings.CutPrefix(u.Path, v.root)
			if !inSite {
				v.report(name, "%q leads out of the site", link)
				continue
			}
			target = rest
		case u.Path != "":
			target = path.Join(path.Dir(name), u.Path)
		}
		if !v.files[target] {
			v.report(name, "%q leads nowhere", link)
			continue
		}
		if page := v.pages[target]; u.Fragment != "" && page != nil && !page.ids[u.Fragment] {
			v.report(name, "%q leads to no element of its page", link)
		}
	}
}

// plainName is what every server and every file system can hold.
var plainName = regexp.MustCompile(`^[a-z0-9/._-]+$`)

// checkState checks what the state names.
func (v *verifier) checkState() {
	data, err := fs.ReadFile(v.site, StateName)
	if err != nil {
		v.report(StateName, "cannot be read")
		return
	}
	state, err := decodeState(data)
	if err != nil {
		v.report(StateName, "%v", err)
		return
	}
	for _, m := range state.visible() {
		if !v.files[imagePath(m.Slug)] {
			v.report(StateName, "the image %s has no page", m.Slug)
		}
		for _, r := range m.Renditions {
			if err := v.checkRendition(r); err != nil {
				v.report(r.Path, "%v", err)
			}
		}
		if m.Original != nil && !v.files[m.Original.Path] {
			v.report(m.Original.Path, "it is not there")
		}
	}
	for _, folder := range ownFolders {
		for name := range v.files {
			if strings.HasPrefix(name, folder+"/") && !plainName.MatchString(name) {
				v.report(name, "its name is not plain")
			}
		}
	}
}

func (v *verifier) checkRendition(r Rendition) error {
	f, err := v.site.Open(r.Path)
	if err != nil {
		return errors.New("it is not there")
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return errors.New("it cannot be read")
	}
	if int64(len(data)) != r.Bytes {
		return fmt.Errorf("it has %d bytes instead of %d", len(data), r.Bytes)
	}
	picture, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("it does not decode: %w", err)
	}
	if size := picture.Bounds().Size(); size.X != r.Width || size.Y != r.Height {
		return fmt.Errorf("it is %d × %d instead of %d × %d", size.X, size.Y, r.Width, r.Height)
	}
	return nil
}

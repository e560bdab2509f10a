package check

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"golang.org/x/sync/errgroup"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// readState reads the state, and needs every file that it names.
func (c *checker) readState(context.Context) error {
	if !c.has(gallery.StateName) {
		c.need(gallery.StateName, "")
		return nil
	}
	data, err := fs.ReadFile(c.site, gallery.StateName)
	if err != nil {
		c.error(gallery.StateName, "it cannot be read; check its permissions")
		return nil
	}
	state, err := gallery.Decode(data)
	if err != nil {
		remedy := "run firstframe again"
		if errors.Is(err, gallery.ErrNewerState) {
			remedy = "check it with a newer firstframe"
		}
		c.error(gallery.StateName, "it is %v; %s", err, remedy)
		return nil
	}
	c.stateRead = true
	c.images = state.Visible()
	c.report.Images = len(c.images)
	c.named = namesOf(c.images)
	c.noteOrigins(state)
	var wordless, withheld []string
	for _, m := range c.images {
		c.need(gallery.ImagePath(m.Slug), gallery.StateName)
		if m.Alt == "" {
			wordless = append(wordless, c.named[m.Slug])
		}
		if m.IsWithheld() || slices.ContainsFunc(m.Videos, func(v gallery.Video) bool { return v.IsWithheld() }) {
			withheld = append(withheld, c.named[m.Slug])
		}
		for f := range m.Files {
			c.used[f.Path] = true
			c.need(f.Path, gallery.StateName)
		}
	}
	if n := len(wordless); n > 0 {
		c.warn(".", "%s no alt text: %s; say what the picture shows, as alt: in content/images/%s.md",
			imagesHave(n), someOf(wordless), nameFor(wordless))
	}
	if n := len(withheld); n > 0 {
		c.warn(".", "%s an original or a clip that is not published, because it cannot be stripped: %s", imagesHave(n), someOf(withheld))
	}
	return nil
}

// namesOf returns what the owner calls each image, by slug: its file name, or its slug if it has no
// name or another image has the same one. A caption can have either name.
func namesOf(images []*gallery.Image) map[string]string {
	count := map[string]int{}
	for _, m := range images {
		count[m.Name]++
	}
	names := map[string]string{}
	for _, m := range images {
		names[m.Slug] = m.Slug
		if m.Name != "" && count[m.Name] == 1 {
			names[m.Slug] = m.Name
		}
	}
	return names
}

// nameFor returns the name of the caption of the images with these names, for an example.
func nameFor(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return "NAME"
}

// imagesHave returns the start of a sentence about n images.
func imagesHave(n int) string {
	return humanize.Comma(int64(n)) + " " + english.PluralWord(n, "image has", "images have")
}

// checkMedia checks the sizes of all files that the state names, and decodes the renditions, several
// at once.
func (c *checker) checkMedia(ctx context.Context) error {
	c.checkFolders()
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, m := range c.images {
		for f := range m.Files {
			if name, _ := media.ParseName(f.Path); !name.IsRendition() { // renditions are decoded, too
				c.checkBytes(f.Path, f.Bytes)
			}
		}
		for r := range m.Pictures {
			group.Go(func() error {
				if err := shared.Err(); err != nil {
					return err
				}
				if err := c.checkRendition(r); err != nil {
					c.error(r.Path, "%v; delete it, and run firstframe again", err)
				}
				return nil
			})
		}
	}
	return group.Wait()
}

// plainName matches the names that every server and every file system allows.
var plainName = regexp.MustCompile(`^[a-z0-9/._-]+$`)

// checkFolders checks the names in our own folders, and warns of media that are published although
// the state does not name them.
func (c *checker) checkFolders() {
	var stray []string
	for _, folder := range gallery.OwnFolders {
		// The next run removes what a killed run has left half-written.
		inFolder := func(name string) bool {
			return strings.HasPrefix(name, folder+"/") && !gallery.IsTemporary(path.Base(name))
		}
		for _, name := range c.names(inFolder) {
			if !plainName.MatchString(name) {
				c.error(name, "its name has characters that some servers and file systems do not allow; rename it")
			}
			if folder == gallery.MediaFolder && c.stateRead && !c.used[name] {
				stray = append(stray, path.Base(name))
			}
		}
	}
	if len(stray) > 0 {
		c.warn(gallery.MediaFolder, "%d published although no image has them: %s; delete what nobody should see", len(stray), someOf(stray))
	}
}

// checkBytes checks that a file has its size in bytes. A missing file is reported elsewhere.
func (c *checker) checkBytes(name string, want int64) {
	size, ok := c.files[name]
	if !ok {
		return
	}
	if err := media.VerifySize(want, size); err != nil {
		c.error(name, "%v; delete it, and run firstframe again", err)
	}
}

// checkRendition returns what is wrong with a rendition, or nil. A missing file is reported
// elsewhere.
func (c *checker) checkRendition(r media.Rendition) error {
	size, ok := c.files[r.Path]
	if !ok {
		return nil
	}
	if err := media.VerifySize(r.Bytes, size); err != nil {
		return err
	}
	f, err := c.site.Open(r.Path)
	if err != nil {
		return errors.New("it cannot be read")
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, size))
	if err != nil {
		return errors.New("it cannot be read")
	}
	return r.Verify(data)
}

package check

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"firstframe/render/gallery"
)

// checkLists checks the files that list pages and media for machines: each can be read, and what it
// names exists. All but the search data exist only if the site's address is known.
func (c *checker) checkLists(ctx context.Context) error {
	type list struct {
		name  string
		check func(name string, data []byte) error
	}
	all := []list{{gallery.DataName, c.checkData}, {gallery.AtomName, c.checkXML}, {gallery.SitemapName, c.checkXML}, {gallery.JSONFeedName, c.checkJSON}}
	for _, name := range c.names(gallery.SitemapPartForm.MatchString) {
		all = append(all, list{name, c.checkXML})
	}
	for _, list := range all {
		if !c.has(list.name) {
			continue
		}
		data, err := fs.ReadFile(c.site, list.name)
		if err != nil {
			return fmt.Errorf("reading the site: %w", err)
		}
		if err := list.check(list.name, data); err != nil {
			c.error(list.name, "it cannot be read: %v; delete it, and run firstframe again", err)
		}
	}
	return ctx.Err()
}

// checkData checks that the search data can be read, and that the files of every image exist.
func (c *checker) checkData(name string, data []byte) error {
	data, begins := bytes.CutPrefix(data, []byte("firstframe.load("))
	data, ends := bytes.CutSuffix(data, []byte(");\n"))
	if !begins || !ends {
		return errors.New("it is not a call of firstframe.load")
	}
	var document struct {
		Version int     `json:"version"`
		Fields  fields  `json:"fields"`
		Images  [][]any `json:"images"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return err
	}
	switch document.Version {
	case gallery.DataVersion:
	case 1:
		c.warn(name, "an older firstframe has written it; run firstframe again")
		document.Fields = firstFields
	default:
		return fmt.Errorf("its version is %d", document.Version)
	}
	image, err := newColumns(document.Fields.Image, "slug", "renditions", "original")
	if err != nil {
		return err
	}
	rendition, err := newColumns(document.Fields.Rendition, "width", "key")
	if err != nil {
		return err
	}
	// This is not an error: a run that is killed between writing the two files leaves a complete
	// site.
	if n := len(document.Images); n != c.report.Images {
		c.warn(name, "it has %d images, and the state %d; run firstframe again", n, c.report.Images)
	}
	for _, m := range document.Images {
		if len(m) != len(image) {
			return errors.New("one of its images is incomplete")
		}
		slug, _ := m[image["slug"]].(string)
		need := func(target string) { c.need(target, name) }
		need(gallery.ImagePath(slug))
		needAll := func(field, extension string) {
			at, known := image[field]
			if !known { // data of an earlier version have no field avif
				return
			}
			renditions, _ := m[at].([]any)
			for _, r := range renditions {
				if r, ok := r.([]any); ok && len(r) == len(rendition) {
					need(fmt.Sprintf("%s/%s-%v-%v.%s", gallery.MediaFolder, slug, r[rendition["width"]], r[rendition["key"]], extension))
				}
			}
		}
		needAll("renditions", "jpg")
		needAll("avif", "avif")
		if original, _ := m[image["original"]].(string); original != "" {
			need(original)
		}
	}
	return nil
}

// fields are the names of the fields in the search data.
type fields struct {
	Image     []string `json:"image"`
	Rendition []string `json:"rendition"`
}

// firstFields are the names of the fields in version 1 of the data, which does not have them.
var firstFields = fields{
	Image: []string{
		"slug", "title", "alt", "caption", "tags", "time", "name", "format", "width", "height", "bytes",
		"color", "renditions", "prompt", "account", "clips", "original",
	},
	Rendition: []string{"width", "height", "key"},
}

// columns are the positions of the fields in a row of the data, by name.
type columns map[string]int

// newColumns returns the positions of the fields that the data name. It fails if a field that the
// checker needs is missing, or if two have one name.
func newColumns(names []string, needed ...string) (columns, error) {
	at := columns{}
	for i, name := range names {
		at[name] = i
	}
	if len(at) != len(names) {
		return nil, errors.New("two fields have the same name")
	}
	for _, name := range needed {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("the field %q is missing", name)
		}
	}
	return at, nil
}

// checkXML checks every address of the site in an XML document, wherever it is.
func (c *checker) checkXML(name string, data []byte) error {
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.CharData:
			c.followAbsolute(name, string(token))
		case xml.StartElement:
			for _, a := range token.Attr {
				c.followAbsolute(name, a.Value)
			}
		}
	}
}

// checkJSON is checkXML for JSON.
func (c *checker) checkJSON(name string, data []byte) error {
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if text, ok := token.(string); ok {
			c.followAbsolute(name, text)
		}
	}
}

// followAbsolute checks a text if it is an address of the site.
func (c *checker) followAbsolute(name, text string) {
	if c.origin != "" && strings.HasPrefix(text, c.origin+"/") && !strings.ContainsAny(text, " \n<") {
		c.follow(name, link{text, cites})
	}
}

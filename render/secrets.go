package render

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"firstframe/render/secrets"
)

// CheckSecrets returns an error if there is a secret in the owner's words. The error wraps a
// *secrets.Error and names the place. It looks at the words as they were written, because rendering
// changes characters, as two hyphens become a dash: on the page only a person would recognize the
// secret.
func (opts Options) CheckSecrets(values []secrets.Secret) error {
	values = secrets.Distinct(values)
	check := func(place string, words ...string) error {
		for _, s := range values {
			if s.In([]byte(strings.Join(words, "\n"))) {
				return fmt.Errorf("%s: %w", place, &secrets.Error{Secret: s.Name})
			}
		}
		return nil
	}
	c, site := opts.Content, opts.Content.Site
	err := cmp.Or(check("--title", opts.Title), check("--base-url", opts.BaseURL), check("--media-url", opts.MediaURL),
		check("index.md", site.Title, site.Description, site.Author, site.License, site.Language, c.Intro))
	for _, t := range c.Texts {
		err = cmp.Or(err, check(t.Name+".md", t.Name, t.Title, t.Description, t.Body))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Captions)) {
		w := c.Captions[name]
		err = cmp.Or(err, check(w.File, append(w.Tags[:len(w.Tags):len(w.Tags)], w.Title, w.Alt, w.Body)...))
	}
	for _, t := range c.topicFiles() {
		// Its names of images are not published, and can contain the id of an account.
		err = cmp.Or(err, check(t.File, t.Title, t.Description, t.Body))
	}
	return err
}

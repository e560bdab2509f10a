package render

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firstframe/render/gallery/gallerytest"
)

// A search engine shows what the page says of itself. Without the owner's words, each kind of page
// says how many pictures it has and from when, in its own language.
func TestDescriptions(t *testing.T) {
	s := daily(90) // from July to September 2024
	s.Images[0].Tags = append(s.Images[0].Tags, "sea")
	for language, want := range map[string][4]string{
		"en": {"90 pictures from July to September 2024", "60 pictures from July to August 2024", "31 pictures from August 2024", "1 picture with the tag “sea”"},
		"de": {"90 Bilder von Juli bis September 2024", "60 Bilder von Juli bis August 2024", "31 Bilder aus dem August 2024", "1 Bild mit dem Schlagwort „sea“"},
		"fr": {"90 images ajoutées entre juillet et septembre 2024", "60 images ajoutées entre juillet et août 2024", "31 images ajoutées en août 2024", "1 image avec le mot-clé «\u00a0sea\u00a0»"},
		"es": {"90 imágenes de julio a septiembre de 2024", "60 imágenes de julio a agosto de 2024", "31 imágenes de agosto de 2024", "1 imagen con la etiqueta «sea»"},
		"ar": {"90 صورة من يوليو إلى سبتمبر 2024", "60 صورة من يوليو إلى أغسطس 2024", "31 صورة من أغسطس 2024", "صورة واحدة بالوسم «sea»"},
	} {
		opts := exampleOptions(t, "")
		opts.Content = &Content{Site: SiteInfo{Language: language}, Texts: []Text{{Name: "about", Title: "About", Body: "# Hello\n\nThese are *my* pictures.\n"}, {Name: "empty", Title: "Nothing"}}}
		dir := filepath.Join(t.TempDir(), "out")
		buildExample(t, dir, s, opts)
		for i, name := range []string{"index.html", "page/2/index.html", "month/2024-08/index.html", "tag/sea/index.html"} {
			if got := readHead(t, readSite(t, dir, name)).meta["description"]; got != want[i] {
				t.Errorf("%s: %s says %q, want %q", language, name, got, want[i])
			}
		}
		for name, want := range map[string]string{"about/index.html": "Hello These are my pictures.", "empty/index.html": "Nothing"} {
			if got := readHead(t, readSite(t, dir, name)).meta["description"]; got != want {
				t.Errorf("%s says %q, want %q", name, got, want)
			}
		}
	}
	w := exampleWords(t, "en")
	s = gallerytest.State(3)
	for i, want := range []string{"3 pictures from July 2024", "3 pictures from May 2023 to July 2024", "3 pictures"} {
		switch i {
		case 1:
			s.Images[2].Uploaded = time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC)
		case 2:
			for k := range s.Images {
				s.Images[k].Uploaded = time.Time{}
			}
		}
		if got := w.summary(3, s.Visible()); got != want {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
	}
	if got := w.summary(0, nil); !strings.Contains(got, "bare") {
		t.Errorf("an empty gallery says %q", got)
	}
}

// The owner's description of the site comes before one that is made.
func TestOwnDescription(t *testing.T) {
	opts := exampleOptions(t, "")
	opts.Content = &Content{Site: SiteInfo{Description: "Mine"}}
	dir := filepath.Join(t.TempDir(), "out")
	buildExample(t, dir, daily(70), opts)
	for _, name := range []string{"index.html", "page/2/index.html", "month/2024-08/index.html", "tag/daily/index.html"} {
		if got := readHead(t, readSite(t, dir, name)).meta["description"]; got != "Mine" {
			t.Errorf("%s says %q", name, got)
		}
	}
}

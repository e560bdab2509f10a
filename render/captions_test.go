package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"firstframe/render/gallery"
)

// captions returns a content folder with these captions. Each is NAME, or NAME! if it hides, or
// NAME? if it says nothing about that.
func captions(t *testing.T, names ...string) *Content {
	t.Helper()
	dir := fstest.MapFS{}
	for _, name := range names {
		name, hides := strings.CutSuffix(name, "!")
		name, silent := strings.CutSuffix(name, "?")
		text := fmt.Appendf(nil, "---\ntitle: %q\nhidden: %v\n---\n", name, hides)
		if silent {
			text = fmt.Appendf(nil, "---\ntitle: %q\n---\n", name)
		}
		dir["images/"+name+".md"] = &fstest.MapFile{Data: text}
	}
	c, warnings, err := LoadContent(dir)
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	return c
}

// files returns images, each written as SLUG NAME... The slug has a ! if the image was hidden
// before. A name has a - if it is private.
func files(images ...string) []Named {
	var named []Named
	for _, image := range images {
		fields := strings.Split(image, " ")
		slug, hidden := strings.CutSuffix(fields[0], "!")
		n := Named{Slug: slug, Hidden: hidden}
		for _, name := range fields[1:] {
			text, private := strings.CutPrefix(name, "-")
			n.Names = append(n.Names, FileName{text, private})
		}
		named = append(named, n)
	}
	return named
}

// Each image must get the caption that its owner means, and no other.
func TestMatch(t *testing.T) {
	const nfc, nfd = "\u00e9t\u00e9", "e\u0301te\u0301"
	for _, tt := range []struct {
		name      string
		captions  []string
		images    []string
		want      string // titles of the images that are left; "-" of those that are hidden
		ambiguous string
	}{
		{"a name", []string{"a"}, []string{"1 a.jpg", "2 b.jpg"}, "a,B", ""},
		{"its extension first", []string{"a.jpg", "a"}, []string{"1 a.jpg", "2 a.png"}, "a.jpg,a", ""},
		{"a slug before a name", []string{"1", "a"}, []string{"1 a.jpg", "2 a.jpg"}, "1,a", ""},
		{"a second name", []string{"b!"}, []string{"1 a.jpg b.jpg"}, "-", ""},
		{"hidden by one of its names", []string{"a", "b!"}, []string{"1 a.jpg b.jpg"}, "-", ""},
		{"shown by its slug", []string{"1", "b!"}, []string{"1 a.jpg b.jpg"}, "1", ""},
		{"words by its slug, hidden by its name", []string{"1?", "a!"}, []string{"1 a.jpg"}, "-", ""},
		{"words by its slug, hidden by a second name", []string{"1?", "b!"}, []string{"1 a.jpg b.jpg"}, "-", ""},
		{"words with the extension, hidden without", []string{"a.jpg?", "a!"}, []string{"1 a.jpg"}, "-", ""},
		{"shown with the extension, hidden without", []string{"a.jpg", "a!"}, []string{"1 a.jpg"}, "a.jpg", ""},
		{"words by its slug, and the name is another's", []string{"1?", "a!"}, []string{"1 a.jpg", "2 a.jpg"}, "1,-", ""},
		{"words by two slugs, hidden by their name", []string{"1?", "2?", "a!"}, []string{"1 a.jpg", "2 a.jpg"}, "1,2", "images/a.md 1 2"},
		{"words with the extensions, hidden without", []string{"a.jpg?", "a.png?", "a!"}, []string{"1 a.jpg", "2 a.png"}, "a.jpg,a.png", "images/a.md 1 2"},
		{"words by its slug, hidden before", []string{"1?", "a!"}, []string{"1! a.jpg"}, "-", ""},
		{"a private name", []string{"a!"}, []string{"1 -a.jpg"}, "-", ""},
		{"two images", []string{"a!"}, []string{"1 a.jpg", "2 a.jpg"}, "A,A", "images/a.md 1 2"},
		{"two images without the extension", []string{"a"}, []string{"1 a.jpg", "2 a.png"}, "A,A", "images/a.md 1 2"},
		{"one of them hidden before", []string{"a!"}, []string{"1! a.jpg", "2 a.jpg"}, "-,A", "images/a.md 1 2"},
		{"words about the other", []string{"a"}, []string{"1! a.jpg", "2 a.jpg"}, "-,a", ""},
		{"both hidden before", []string{"a!"}, []string{"1! a.jpg", "2! a.jpg"}, "-,-", ""},
		{"a path", []string{"x/a"}, []string{"1 x/a.jpg a.jpg", "2 y/a.jpg a.jpg"}, "x/a,Y/a", ""},
		{"a path for each", []string{"x/a", "y/a.jpg!"}, []string{"1 x/a.jpg a.jpg", "2 y/a.jpg a.jpg"}, "x/a,-", ""},
		{"a path before a name", []string{"x/a", "a"}, []string{"1 x/a.jpg a.jpg"}, "x/a", ""},
		{"the name of both", []string{"x/a", "a"}, []string{"1 x/a.jpg a.jpg", "2 y/a.jpg a.jpg"}, "x/a,Y/a", "images/a.md 1 2"},
		{"composed", []string{nfc}, []string{"1 " + nfd + ".jpg"}, nfc, ""},
		{"decomposed", []string{nfd + "!"}, []string{"1 " + nfc + ".jpg"}, "-", ""},
		{"exactly", []string{nfd, nfc}, []string{"1 " + nfd + ".jpg", "2 " + nfc + ".jpg"}, nfd + "," + nfc, ""},
		{"case", []string{"A!"}, []string{"1 a.jpg"}, "A", ""},
		{"no name", []string{"!"}, []string{"1", "2 .jpg"}, ",", ""},
	} {
		c, named := captions(t, tt.captions...), files(tt.images...)
		images := make([]gallery.Image, len(named))
		for i, n := range named {
			images[i] = gallery.Image{Slug: n.Slug, Hidden: n.Hidden}
			if len(n.Names) > 0 {
				images[i].Name = n.Names[0].Text
			}
		}
		m := c.Match(named)
		m.Apply(images)
		var got, ambiguous []string
		for _, image := range images {
			if image.Hidden {
				image.Title = "-"
			}
			got = append(got, image.Title)
		}
		for _, a := range m.Ambiguous {
			ambiguous = append(ambiguous, a.File+" "+strings.Join(m.Slugs(a), " "))
		}
		if s := strings.Join(got, ","); s != tt.want || strings.Join(ambiguous, ";") != tt.ambiguous {
			t.Errorf("%s: %q, ambiguous %q, want %q, %q", tt.name, s, ambiguous, tt.want, tt.ambiguous)
		}
		// What is known of one image alone says the same, except for captions that other images
		// could have instead.
		for i, n := range named {
			var names []string
			for _, name := range n.Names {
				names = append(names, name.Text)
			}
			if hides := c.Hides(n.Slug, names...); hides != images[i].Hidden && !n.Hidden && tt.ambiguous == "" && (hides || !m.Hides(i)) {
				t.Errorf("%s: image %d is hidden: %v", tt.name, i+1, hides)
			}
		}
	}
}

// "hidden: false" shows an image again by any of its names, but never an image that may not be
// meant.
func TestShownAgain(t *testing.T) {
	for _, tt := range []struct {
		name     string
		captions []string
		images   []string
		want     string // the images that are shown, and captions that are unclear
	}{
		{"by its name", []string{"a"}, []string{"1! a.jpg", "2 b.jpg"}, "[0]"},
		{"by a second name", []string{"b.jpg"}, []string{"2 c.jpg", "1! a.jpg b.jpg"}, "[1]"},
		{"by a private name", []string{"a"}, []string{"1! -a.jpg"}, "[0]"},
		{"nothing is said", []string{"a?"}, []string{"1! a.jpg"}, "[]"},
		{"it hides", []string{"a!"}, []string{"1! a.jpg"}, "[]"},
		{"another name hides", []string{"a", "b!"}, []string{"1! a.jpg b.jpg"}, "[]"},
		{"the slug hides", []string{"a", "1!"}, []string{"1! a.jpg"}, "[]"},
		{"the slug has words", []string{"a", "1?"}, []string{"1! a.jpg"}, "[0]"},
		{"the name with its extension counts", []string{"a!", "a.jpg"}, []string{"1! a.jpg"}, "[0]"},
		{"another image has the name", []string{"a"}, []string{"2 a.png", "1! a.jpg"}, "[] images/a.md [1 0]"},
		{"a new file has the name", []string{"a.jpg"}, []string{"1! a.jpg", " a.jpg"}, "[] images/a.jpg.md [0 1]"},
		{"two hidden images have the name", []string{"a"}, []string{"1! a.jpg", "2! a.jpg"}, "[] images/a.md [0 1] images/a.md [1 0]"},
		{"the name of a slug", []string{"abcdef0123456789"}, []string{"1! abcdef0123456789.jpg"}, "[]"},
		{"not listed", []string{"a"}, []string{"1!"}, "[]"},
	} {
		shown, unclear := captions(t, tt.captions...).ShownAgain(files(tt.images...))
		got := fmt.Sprint(shown)
		for _, a := range unclear {
			got += fmt.Sprint(" ", a.File, " ", a.Images)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Two captions for one image are both there, so none of them is about "no image". The warning says
// which one is used, and that does not depend on the order of the files.
func TestTwoCaptions(t *testing.T) {
	for _, tt := range []struct {
		name     string
		captions []string
		images   []string
		want     []string // each is UNUSED USED SLUG
	}{
		{"by slug and by name", []string{"1", "a"}, []string{"1 a.jpg"}, []string{"a 1 1"}},
		{"by slug and by two names", []string{"1", "a", "b.jpg"}, []string{"1 a.jpg b.jpg"}, []string{"a 1 1", "b.jpg 1 1"}},
		{"with and without the extension", []string{"a", "a.jpg"}, []string{"1 a.jpg"}, []string{"a a.jpg 1"}},
		{"by two names", []string{"a", "b"}, []string{"1 a.jpg b.jpg"}, []string{"b a 1"}},
		{"the name is that of another image, too", []string{"1", "a"}, []string{"1 a.jpg", "2 a.jpg"}, nil},
		{"the extension tells them apart", []string{"a", "a.jpg"}, []string{"1 a.jpg", "2 a.png"}, nil},
		{"one shows and one hides", []string{"1", "a!"}, []string{"1 a.jpg"}, []string{"a 1 1"}},
		{"one shows and one hides, by name", []string{"a.jpg", "a!"}, []string{"1 a.jpg"}, []string{"a a.jpg 1"}},
		{"one has words and one hides", []string{"1?", "a!"}, []string{"1 a.jpg"}, nil},
		{"one hides by slug", []string{"1!", "a"}, []string{"1 a.jpg"}, nil},
		{"hidden before", []string{"1", "a"}, []string{"1! a.jpg"}, nil},
		{"a new image", []string{"a", "a.jpg"}, []string{" a.jpg"}, []string{"a a.jpg "}},
	} {
		var want []string
		for _, w := range tt.want {
			part := strings.Split(w, " ")
			image := strings.TrimSpace("image " + part[2])
			want = append(want, fmt.Sprintf("images/%s.md and images/%s.md are both about the same %s, and only images/%[2]s.md is used: keep one of them",
				part[0], part[1], image))
		}
		got := captions(t, tt.captions...).Match(files(tt.images...)).Warnings()
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", tt.name, got, want)
		}
	}
}

// The folders that a picture lies in are tags, after those of its caption.
func TestFoldersAreTags(t *testing.T) {
	c := &Content{Captions: map[string]Caption{"a": {Tags: []string{"sea", "2024"}}}}
	images := []gallery.Image{
		{Slug: "1", Name: "a.jpg", Folders: []string{"2024", "summer"}}, {Slug: "2", Name: "b.jpg", Folders: []string{"2024"}}, {Slug: "3"},
	}
	var many []string
	for i := range gallery.MaxTags {
		many = append(many, strconv.Itoa(i))
	}
	images = append(images, gallery.Image{Slug: "4", Folders: append(many, "one more")})
	c.Match(files("1 a.jpg", "2 b.jpg", "3", "4")).Apply(images)
	want := [][]string{{"sea", "2024", "summer"}, {"2024"}, nil, many}
	for i, m := range images {
		if !slices.Equal(m.Tags, want[i]) {
			t.Errorf("image %d has the tags %q, want %q", i+1, m.Tags, want[i])
		}
	}
}

// A caption that means no image is reported with the name that was probably meant. But a caption of
// an image that was hidden long ago, and has lost its name, is not reported every night.
func TestNearNames(t *testing.T) {
	for _, tt := range []struct {
		caption string
		images  []string
		want    string // the suggested name; "-" for no warning
	}{
		{"H011!", []string{"1 h011.png"}, "h011"},
		{"H011.PNG", []string{"1 h011.png"}, "h011.png"},
		{"H011", []string{"1 h011.png", "2 h011.jpg"}, "h011.png"}, // h011 is both
		{"h011.jpeg", []string{"1 h011.png"}, "h011.png"},
		{"ABCDEF0123456789", []string{"abcdef0123456789 x.png"}, "abcdef0123456789"},
		{"hlil", []string{"1 hill.jpg", "2 tide.jpg"}, "hill"},
		{"hill", []string{"1 valley.jpg"}, ""},
		{"IMG_1234", []string{"1 IMG_1235.jpg"}, ""}, // another picture
		{"IMG_1234!", []string{"1 IMG_1235.jpg", "2!"}, "-"},
		{"IMG-1234!", []string{"1 IMG_1234.jpg", "2!"}, "IMG_1234"},
		{"gone!", []string{"1 a.jpg", "2!"}, "-"},
		{"gone!", []string{"1 a.jpg", "2! b.jpg"}, ""}, // that one is not it
		{"gone?", []string{"1 a.jpg", "2!"}, ""},
		{"A1234567", []string{"1 -a1234567.jpg"}, "1"}, // a name that is not shown
		{"a", []string{"1 b.jpg"}, ""},
	} {
		got := captions(t, tt.caption).Match(files(tt.images...)).Warnings()
		want := []string{fmt.Sprintf("images/%s.md: there is no image of this slug or file name; did you mean %s?", strings.TrimRight(tt.caption, "!?"), tt.want)}
		switch tt.want {
		case "-":
			want = nil
		case "":
			want[0], _, _ = strings.Cut(want[0], ";")
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s among %q: %q, want %q", tt.caption, tt.images, got, want)
		}
	}
}

// If some names of an image are unknown, its words stay as long as a caption may be about it.
func TestUnsureImagesKeepTheirWords(t *testing.T) {
	for _, tt := range []struct {
		name     string
		captions []string
		unsure   bool
		want     string
	}{
		{"a caption of a name that is unknown", []string{"other?"}, true, "before"},
		{"a caption of the known name", []string{"other?", "a?"}, true, "a"},
		{"a caption of the slug", []string{"other?", "1111111111111111?"}, true, "1111111111111111"},
		{"every caption is about another image", []string{"b?"}, true, "A"},
		{"no captions", nil, true, "A"},
		{"all names are known", []string{"other?"}, false, "A"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			named := files("1111111111111111 a.jpg", "2222222222222222 b.jpg")
			named[0].Unsure = tt.unsure
			images := []gallery.Image{{Slug: named[0].Slug, Name: "a.jpg", Title: "before"}, {Slug: named[1].Slug, Name: "b.jpg"}}
			captions(t, tt.captions...).Match(named).Apply(images)
			if images[0].Title != tt.want {
				t.Errorf("the title is %q, want %q", images[0].Title, tt.want)
			}
		})
	}
}

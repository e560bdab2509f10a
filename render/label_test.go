package render

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
)

// labelState is a state of five images: AI has made the first one and edited the second one, the
// third one is a photograph with a film, the fourth one a photograph with a video that is not
// published, and of the fifth one nothing is known.
func labelState() *gallery.State {
	s := gallerytest.State(5)
	clip := &media.Clip{
		Published: media.Published{Path: "media/00000000000000cd-0a.mp4", Bytes: 1}, Width: 48, Height: 32, Seconds: 5.6,
		Poster: []media.Rendition{{Path: "media/00000000000000cc-48-0a.jpg", Width: 48, Height: 32, Bytes: 1}},
	}
	s.Images[0].SourceType, s.Images[0].AISystem = media.TrainedAlgorithmicMedia, "Some <model> 7"
	s.Images[1].SourceType, s.Images[1].Title, s.Images[1].Alt = media.CompositeWithTrainedAlgorithmicMedia, "Low tide", "Wet sand"
	s.Images[2].SourceType = "digitalCapture"
	s.Images[2].Videos = []gallery.Video{
		{Key: "1", Status: "processing", Model: "MiniMax-Hailuo-2.3"},
		{Key: "2", Status: "completed", Model: "MiniMax-Hailuo-02", Created: time.Date(2024, 8, 2, 9, 0, 0, 0, time.UTC), Clip: clip},
	}
	s.Images[3].SourceType = "digitalCapture"
	s.Images[3].Videos = []gallery.Video{{Key: "3", Status: "completed", Model: "MiniMax-Hailuo-02"}}
	return s
}

// executedImage returns the page of image i.
func executedImage(t *testing.T, g *pager, i int) string {
	t.Helper()
	p, err := g.image(i)
	if err != nil {
		t.Fatal(err)
	}
	page, err := p.execute()
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// A tile, the page of its image and the search data say what AI has made. The alternative text
// describes what can be seen, and has nothing of it.
func TestLabels(t *testing.T) {
	g := exampleOptions(t, "").pager(labelState().Visible())
	_, index := executedIndex(t, g)
	tiles := strings.Split(string(index), "<li style=")[1:]
	label := func(words string) string { return `<b class="ai" role="img" title="` + words + `">AI</b>` }
	for i, want := range []struct{ tile, title, film string }{
		{"Made with AI", "Made with AI", ""}, {"Edited with AI", "Edited with AI", ""}, {"Film made with AI", "", "Film made with AI"}, {}, {},
	} {
		page := executedImage(t, g, i)
		title, rest, _ := strings.Cut(page[strings.Index(page, "<h1>"):], "\n")
		main, _, _ := strings.Cut(rest, "<h2>Related")
		for _, part := range []struct{ name, html, words string }{
			{"tile", strings.Split(tiles[i], "</li>")[0], want.tile}, {"title", title, want.title}, {"film", main, want.film},
		} {
			if n := strings.Count(part.html, `class="ai"`); part.words == "" && n > 0 || part.words != "" && (n != 1 || !strings.Contains(part.html, label(part.words))) {
				t.Errorf("the %s of image %d has %d labels, want %q: %s", part.name, i, n, part.words, part.html)
			}
		}
		for _, alt := range strings.Split(string(index)+page, ` alt="`)[1:] {
			if alt, _, _ = strings.Cut(alt, `"`); strings.Contains(alt, "AI") {
				t.Errorf("the alternative text %q has the label", alt)
			}
		}
		if fields, err := g.site.imageRow(g.images[i], nil, nil); err != nil || fields[len(fields)-1] != (field{"ai", []aiShare{aiMade, aiEdited, aiFilm, aiNone, aiNone}[i]}) {
			t.Errorf("the data of image %d end with %v, %v", i, fields[len(fields)-1], err)
		}
	}
	for page, want := range map[string]string{
		executedImage(t, g, 0): "<dt>AI system</dt><dd>Some &lt;model&gt; 7</dd>",
		executedImage(t, g, 2): "</b> Finished · <time datetime=\"2024-08-02\">2 August 2024</time> · <bdi>MiniMax-Hailuo-02</bdi></p>",
		executedImage(t, g, 4): label("Edited with AI") + "</small></a></li>", // among the related pictures
	} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %q in %s", want, page)
		}
	}
}

// What the owner says about all images labels all of them, and every language has words for it.
func TestLabelsOfLanguages(t *testing.T) {
	for language, want := range map[string]string{
		"en": `title="Made with AI">AI<`, "de": `title="Mit KI erzeugt">KI<`, "fr": `title="Produite avec une IA">IA<`,
		"es": `title="Producida con IA">IA<`, "ar": `title="أُنتجت بالذكاء الاصطناعي">ذكاء اصطناعي<`,
	} {
		opts := exampleOptions(t, "")
		opts.Content = &Content{Site: SiteInfo{Language: language, SourceType: media.TrainedAlgorithmicMedia}}
		_, index := executedIndex(t, opts.pager(gallerytest.State(3).Visible()))
		tiles, _, _ := strings.Cut(string(index), "</main>")
		tiles, _, _ = strings.Cut(tiles, "<dialog")
		if n := strings.Count(tiles, want); n != 3 {
			t.Errorf("%s: %d of 3 tiles have %q", language, n, want)
		}
	}
}

// The feeds and the linked data say what AI has made, in words and in the vocabulary of IPTC.
func TestLabelsForMachines(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	opts := exampleOptions(t, "")
	opts.BaseURL, opts.Content = exampleBase, &Content{Site: SiteInfo{Author: "A. Person"}}
	s := labelState()
	o := openOutput(t, dir)
	for _, name := range []string{"media/00000000000000cd-0a.mp4", "media/00000000000000cc-48-0a.jpg"} {
		if err := o.Write(name, []byte{0}); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	buildExample(t, dir, s, opts)
	atom, feed := readAtom(t, dir), readJSONFeed(t, dir)
	for i, want := range []struct {
		line, category string
		origin         media.Origin
	}{
		{"Made with AI · Some &lt;model&gt; 7", media.TrainedAlgorithmicMedia, media.Origin{SourceType: media.TrainedAlgorithmicMedia, AISystem: "Some <model> 7"}},
		{"Edited with AI", media.CompositeWithTrainedAlgorithmicMedia, media.Origin{SourceType: media.CompositeWithTrainedAlgorithmicMedia}},
		{"Film made with AI · MiniMax-Hailuo-02", "", media.Origin{SourceType: "digitalCapture"}},
		{"", "", media.Origin{SourceType: "digitalCapture"}},
		{},
	} {
		entry, item := atom.Entries[i], feed.Items[i]
		if entry.Content != item.HTML || want.line != "" && !strings.HasSuffix(item.HTML, "\n<p>"+want.line+"</p>\n") || want.line == "" && strings.Contains(item.HTML, "AI") {
			t.Errorf("entry %d is %q, want the line %q", i, item.HTML, want.line)
		}
		if strings.Contains(entry.Title, "AI") || item.Summary != strings.NewReplacer("&lt;", "<", "&gt;", ">").Replace(want.line) {
			t.Errorf("entry %d has the title %q and the summary %q", i, entry.Title, item.Summary)
		}
		var category string
		if n := len(entry.Category); n > 0 {
			category = entry.Category[n-1].Term
		}
		if category != want.category {
			t.Errorf("entry %d has the category %q, want %q", i, category, want.category)
		}
		var origin media.Origin
		if item.Origin != nil {
			origin = item.Origin.Origin
		}
		if origin != want.origin {
			t.Errorf("item %d says %+v, want %+v", i, origin, want.origin)
		}
	}
	if data := string(readSite(t, dir, gallery.AtomName)); !strings.Contains(data, `<category term="trainedAlgorithmicMedia" scheme="http://cv.iptc.org/newscodes/digitalsourcetype/" label="Made with AI"></category>`) {
		t.Errorf("the category is not as it should be in %s", data)
	}
	var data linkedData
	if err := json.Unmarshal([]byte(readHead(t, readSite(t, dir, gallery.ImagePath(s.Images[2].Slug))).scripts["application/ld+json"]), &data); err != nil {
		t.Fatal(err)
	}
	if len(data.Videos) != 1 || data.SourceType != media.SourceTypeSpace+"digitalCapture" {
		t.Fatalf("the data of the photograph are %+v", data)
	}
	film := *data.Videos[0]
	if film.Type != "VideoObject" || film.Name != data.Name || film.ContentURL != exampleBase+"media/00000000000000cd-0a.mp4" ||
		film.Thumbnail != exampleBase+"media/00000000000000cc-48-0a.jpg" || film.Duration != "PT6S" || film.Uploaded != "2024-08-02" ||
		film.SourceType != media.SourceTypeSpace+media.TrainedAlgorithmicMedia || film.Creator == nil || film.Creator.Name != "A. Person" {
		t.Errorf("the data of the film are %+v", film)
	}
}

package render

import (
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

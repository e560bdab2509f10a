package command

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"firstframe/command/terminal"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// TestSummarySize writes a summary of a large run. The runner refuses more than 1 MiB.
func TestSummarySize(t *testing.T) {
	g := &run{ui: &terminal.Terminal{}, state: &gallery.State{}, result: result{SiteBytes: 3 << 30}}
	g.opts.baseURL = "https://example.org/" + strings.Repeat("x", 2000) + "/"
	long := problem{strings.Repeat("|", 500), strings.Repeat("\U0001f600", 9999)}
	for i := range 20_000 {
		slug := fmt.Sprintf("%016x", i)
		g.state.Images = append(g.state.Images, gallery.Image{Slug: slug, Renditions: make([]media.Rendition, 1)})
		g.fresh = append(g.fresh, slug)
		g.result.Problems = append(g.result.Problems, long)
	}
	text := g.summary()
	if len(text) >= 1<<20 {
		t.Errorf("the summary has %d bytes", len(text))
	}
	if !strings.Contains(text, "| 3.2 GB, 300.0 % of the 1 GB") || strings.Count(text, "and 19,950 more") != 3 {
		t.Errorf("the summary is\n%s", regexp.MustCompile(`(?m)^- .*\n`).ReplaceAllString(text, ""))
	}
}

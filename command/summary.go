package command

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"firstframe/command/terminal"
	"firstframe/render"
)

// tellRunner writes the step's summary and its outputs.
func (g *gallery) tellRunner() error {
	if !g.ui.Actions {
		return nil
	}
	size := g.result.SiteBytes
	// The site is there, and people can read the log: that is no reason not to publish it.
	if err := terminal.WriteSummary(g.summary(size)); err != nil {
		g.ui.Warn("writing the step's summary: %v", err)
	}
	if g.opts.dryRun {
		return nil
	}
	r := g.result
	err := terminal.WriteOutputs([][2]string{
		{"changed", strconv.FormatBool(r.Changed)},
		{"images", strconv.Itoa(r.Images)},
		{"new", strconv.Itoa(r.New)},
		{"failed", strconv.Itoa(r.Failed)},
		{"site-bytes", strconv.FormatInt(size, 10)},
		{"path", r.Out},
		{"exit", strconv.Itoa(r.Exit)},
	})
	if err != nil {
		return fmt.Errorf("writing the step's outputs: %w", err)
	}
	return nil
}

// listedInSummary bounds each list of the step's summary, which may have 1 MiB in all.
const listedInSummary = 50

// summary is the step's summary, in Markdown.
func (g *gallery) summary(size int64) string {
	r := g.result
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", terminal.Markdown(g.ui.Clean(r.summary())))
	b.WriteString("| Gallery | |\n|:--|--:|\n")
	row := func(label, value string) { fmt.Fprintf(&b, "| %s | %s |\n", label, value) }
	row("Images", humanize.Comma(int64(r.Images)))
	row("New", humanize.Comma(int64(r.New)))
	row("Made again", humanize.Comma(int64(r.Remade)))
	row("Removed", humanize.Comma(int64(r.Removed)))
	row("Failed", humanize.Comma(int64(r.Failed)))
	row("Skipped: no images", humanize.Comma(int64(r.Skipped)))
	row("Sounds and films", humanize.Comma(int64(r.SoundsAndFilms)))
	row("Unused uploads left out; `--source both` publishes them", humanize.Comma(int64(r.Unused)))
	row("No longer listed", humanize.Comma(int64(r.Unlisted)))
	bare := g.withoutAlt()
	row("Without alt text", humanize.Comma(int64(len(bare))))
	row("Size", fmt.Sprintf("%s, %.1f %% of the 1 GB that GitHub Pages takes",
		humanize.Bytes(uint64(size)), 100*float64(size)/render.PagesLimit))
	for _, s := range g.ui.Stages() {
		row("Time: "+s.Name, fmt.Sprintf("%.2f s", s.Took.Seconds()))
	}
	summaryList(&b, "Problems", len(r.Problems), func(i int) string {
		p := r.Problems[i]
		return strings.TrimPrefix(terminal.Markdown(p.Name)+": ", ": ") + terminal.Markdown(p.Error)
	})
	summaryList(&b, "New images", len(g.fresh), func(i int) string { return g.reference(g.fresh[i]) })
	summaryList(&b, "Without alt text: name them in content/images/", len(bare),
		func(i int) string { return g.reference(bare[i]) })
	return b.String()
}

// summaryList writes a list of n items that is folded up and cut.
func summaryList(b *strings.Builder, title string, n int, item func(int) string) {
	if n == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%s (%s)</summary>\n\n", title, humanize.Comma(int64(n)))
	for i := range min(n, listedInSummary) {
		fmt.Fprintf(b, "- %s\n", item(i))
	}
	if more := n - listedInSummary; more > 0 {
		fmt.Fprintf(b, "- and %s more\n", humanize.Comma(int64(more)))
	}
	b.WriteString("\n</details>\n")
}

// withoutAlt returns the slugs of the images of which the owner said nothing
// to those who cannot see them.
func (g *gallery) withoutAlt() []string {
	var slugs []string
	for _, m := range g.state.Images {
		if !m.Hidden && len(m.Renditions) > 0 && m.Alt == "" {
			slugs = append(slugs, m.Slug)
		}
	}
	return slugs
}

// reference is an image's slug, as a link where the site's address is known.
func (g *gallery) reference(slug string) string {
	if g.opts.baseURL == "" {
		return slug
	}
	return fmt.Sprintf("[%s](%s)", slug, strings.NewReplacer("(", "%28", ")", "%29").Replace(g.opts.baseURL+"image/"+slug+"/"))
}

// summarizeFailure is the summary of a run that ended with an error. Where it
// cannot be written, the log has it all the same.
func summarizeFailure(ui *terminal.Terminal, err error, hint string) {
	if !ui.Actions {
		return
	}
	text := "### The gallery was not updated\n\n" + terminal.Markdown(ui.Clean(err.Error())) + "\n"
	if hint != "" {
		text += "\n" + terminal.Markdown(ui.Clean(hint)) + "\n"
	}
	_ = terminal.WriteSummary(text)
}

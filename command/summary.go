package command

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"firstframe/command/terminal"
	sitecheck "firstframe/render/check"
)

// tellRunner writes the step's summary and its outputs.
func (r *run) tellRunner() error {
	if !r.ui.Actions {
		return nil
	}
	size := r.result.SiteBytes
	// The site is there, and people can read the log: that is no reason not to publish it.
	if err := terminal.WriteSummary(r.summary(size)); err != nil {
		r.ui.Warn("writing the step's summary: %v", err)
	}
	if r.opts.dryRun {
		return nil
	}
	result := r.result
	err := terminal.WriteOutputs([][2]string{
		{"changed", strconv.FormatBool(result.Changed)},
		{"images", strconv.Itoa(result.Images)},
		{"new", strconv.Itoa(result.New)},
		{"failed", strconv.Itoa(result.Failed)},
		{"site-bytes", strconv.FormatInt(size, 10)},
		{"path", result.Out},
		{"exit", strconv.Itoa(result.Exit)},
	})
	if err != nil {
		return fmt.Errorf("writing the step's outputs: %w", err)
	}
	return nil
}

// listedInSummary bounds each list of the step's summary, which may have 1 MiB in all.
const listedInSummary = 50

// summary is the step's summary, in Markdown.
func (r *run) summary(size int64) string {
	result := r.result
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", terminal.Markdown(r.ui.Clean(result.summary())))
	b.WriteString("| Gallery | |\n|:--|--:|\n")
	row := func(label, value string) { fmt.Fprintf(&b, "| %s | %s |\n", label, value) }
	row("Images", humanize.Comma(int64(result.Images)))
	row("New", humanize.Comma(int64(result.New)))
	row("Made again", humanize.Comma(int64(result.Remade)))
	row("Removed", humanize.Comma(int64(result.Removed)))
	row("Failed", humanize.Comma(int64(result.Failed)))
	row("Skipped: no images", humanize.Comma(int64(result.Skipped)))
	row("Sounds and films", humanize.Comma(int64(result.SoundsAndFilms)))
	row("Unused uploads left out; `--source both` publishes them", humanize.Comma(int64(result.Unused)))
	row("No longer listed", humanize.Comma(int64(result.Unlisted)))
	bare := r.withoutAlt()
	row("Without alt text", humanize.Comma(int64(len(bare))))
	row("Size", fmt.Sprintf("%s, %.1f %% of the 1 GB that GitHub Pages takes",
		humanize.Bytes(uint64(size)), 100*float64(size)/sitecheck.PagesLimit))
	for _, s := range r.ui.Stages() {
		row("Time: "+s.Name, fmt.Sprintf("%.2f s", s.Took.Seconds()))
	}
	summaryList(&b, "Problems", len(result.Problems), func(i int) string {
		p := result.Problems[i]
		return strings.TrimPrefix(terminal.Markdown(p.Name)+": ", ": ") + terminal.Markdown(p.Error)
	})
	summaryList(&b, "New images", len(r.fresh), func(i int) string { return r.reference(r.fresh[i]) })
	summaryList(&b, "Without alt text: name them in content/images/", len(bare),
		func(i int) string { return r.reference(bare[i]) })
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
func (r *run) withoutAlt() []string {
	var slugs []string
	for _, m := range r.state.Images {
		if !m.Hidden && len(m.Renditions) > 0 && m.Alt == "" {
			slugs = append(slugs, m.Slug)
		}
	}
	return slugs
}

// reference is an image's slug, as a link where the site's address is known.
func (r *run) reference(slug string) string {
	if r.opts.baseURL == "" {
		return slug
	}
	return fmt.Sprintf("[%s](%s)", slug, strings.NewReplacer("(", "%28", ")", "%29").Replace(r.opts.baseURL+"image/"+slug+"/"))
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

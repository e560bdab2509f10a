package command

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"firstframe/command/terminal"
	"firstframe/render/check"
	"firstframe/render/gallery"
)

// tellRunner writes the step's summary and its outputs, for a CI runner.
func (r *run) tellRunner() error {
	if !r.ui.Runner {
		return nil
	}
	// Without the summary, the site is still complete and the log says what happened. So a failure
	// here must not keep the site from being published.
	if err := terminal.WriteSummary(r.summary()); err != nil {
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
		{"site-bytes", strconv.FormatInt(result.SiteBytes, 10)},
		{"path", result.Out},
		{"exit", strconv.Itoa(result.Exit)},
	})
	if err != nil {
		return fmt.Errorf("writing the step's outputs: %w", err)
	}
	return nil
}

// summary returns the step's summary, in Markdown.
func (r *run) summary() string {
	result := r.result
	bare := r.withoutAlt()
	size := result.SiteBytes
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", terminal.Markdown(r.ui.Clean(result.summary())))
	b.WriteString("| Gallery | |\n|:--|--:|\n")
	row := func(label, value string) { fmt.Fprintf(&b, "| %s | %s |\n", label, value) }
	row("Images", comma(result.Images))
	row("New", comma(result.New))
	row("Made again", comma(result.Remade))
	row("With old pictures until the next run", comma(result.Waiting))
	row("Removed", comma(result.Removed))
	row("Hidden by this run", comma(result.Hidden))
	row("Failed", comma(result.Failed))
	row("Skipped: no images", comma(result.Skipped))
	row("Sounds and films", comma(result.SoundsAndFilms))
	row("Unused uploads left out; `--source both` publishes them", comma(result.Unused))
	row("No longer listed", comma(result.Unlisted))
	row("Without alt text", comma(len(bare)))
	row("Size", fmt.Sprintf("%s, %.1f %% of the 1 GB that GitHub Pages takes",
		humanize.Bytes(uint64(size)), 100*float64(size)/check.GitHubPagesLimit))
	for _, s := range r.ui.Stages() {
		row("Time: "+s.Name, fmt.Sprintf("%.2f s", s.Took.Seconds()))
	}
	summaryList(&b, "Problems", len(result.Problems), func(i int) string {
		p := result.Problems[i]
		if p.Name == "" {
			return terminal.Markdown(p.Error)
		}
		return terminal.Markdown(p.Name) + ": " + terminal.Markdown(p.Error)
	})
	summaryList(&b, "New images", len(r.fresh), func(i int) string { return r.reference(r.fresh[i]) })
	summaryList(&b, "Without alt text: describe them in content/images/", len(bare),
		func(i int) string { return r.reference(bare[i]) })
	return b.String()
}

// summaryList writes a list of n items that folds up. A long list is cut.
func summaryList(b *strings.Builder, title string, n int, item func(int) string) {
	if n == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%s (%s)</summary>\n\n", title, comma(n))
	for i := range min(n, maxListed) {
		fmt.Fprintf(b, "- %s\n", item(i))
	}
	if more := n - maxListed; more > 0 {
		fmt.Fprintf(b, "- and %s more\n", comma(more))
	}
	b.WriteString("\n</details>\n")
}

// withoutAlt returns the slugs of the images that the owner has not described for people who cannot
// see them.
func (r *run) withoutAlt() []string {
	var slugs []string
	for _, m := range r.state.Images {
		if !m.Hidden && len(m.Renditions) > 0 && m.Alt == "" {
			slugs = append(slugs, m.Slug)
		}
	}
	return slugs
}

// reference returns the slug of an image, as a link if the address of the site is known.
func (r *run) reference(slug string) string {
	if r.opts.baseURL == "" {
		return slug
	}
	address := r.opts.baseURL + strings.TrimSuffix(gallery.ImagePath(slug), gallery.IndexName)
	return fmt.Sprintf("[%s](%s)", slug, strings.NewReplacer("(", "%28", ")", "%29").Replace(address))
}

// summarizeFailure writes the step's summary for a run that ended with an error. If that fails, the
// log says what happened.
func summarizeFailure(ui *terminal.Terminal, err error, hint string) {
	if !ui.Runner {
		return
	}
	text := "### The gallery was not updated\n"
	for _, one := range problemsIn(err) {
		text += "\n" + terminal.Markdown(ui.Clean(one.Error())) + "\n"
	}
	if hint != "" {
		text += "\n" + terminal.Markdown(ui.Clean(hint)) + "\n"
	}
	_ = terminal.WriteSummary(text)
}

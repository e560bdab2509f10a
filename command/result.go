package command

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"firstframe/fetch"
	"firstframe/render"
)

// result is what a run did. It is the document that --json prints.
type result struct {
	Changed  bool   `json:"changed"`
	DryRun   bool   `json:"dry_run,omitempty"`
	Out      string `json:"out"`
	Images   int    `json:"images"`   // in the gallery
	New      int    `json:"new"`      // of them, since the last run
	Remade   int    `json:"remade"`   // of them, whose renditions were made again
	Unlisted int    `json:"unlisted"` // of them, that the service does not list any more
	Removed  int    `json:"removed"`  // images taken out by --prune
	Skipped  int    `json:"skipped"`  // files that are no images, found by this run
	Unused   int    `json:"unused"`   // uploads that no video was made from, and that are not published

	SoundsAndFilms int `json:"sounds_and_films"` // among the uploads, found by this run

	Clips   int `json:"clips"`   // that were added by this run
	Failed  int `json:"failed"`  // files that could not be downloaded, made or read
	Written int `json:"written"` // files of the site that were written

	SiteBytes int64 `json:"site_bytes"` // of all published files
	ClipBytes int64 `json:"clip_bytes"` // of them, those of videos

	Problems []problem `json:"problems"`
	Exit     int       `json:"exit"`
}

// problem is a file of which there is no image now.
type problem struct {
	Name  string `json:"name"`
	Error string `json:"error"`
}

// problem notes a file that could not be used: the run goes on, and its exit
// code says that something is missing.
func (g *gallery) problem(name string, err error) {
	g.result.Failed++
	g.note(name, err)
}

// shownAlike is how many files are named for which the same is said. An outage
// would say it of thousands.
const shownAlike = 3

// note keeps an error for the result, and warns of it unless that was said often enough.
func (g *gallery) note(name string, err error) {
	g.result.Problems = append(g.result.Problems, problem{g.ui.Clean(name), g.ui.Clean(err.Error())})
	if errors.Is(err, fetch.ErrTimeBudget) {
		g.late++
		g.ui.Detail("%s: %v", name, err)
		return
	}
	if name == "" {
		g.ui.Warn("%v", err)
		return
	}
	if g.alike == nil {
		g.alike = map[string]int{}
	}
	g.alike[err.Error()]++
	if g.alike[err.Error()] > shownAlike {
		g.ui.Detail("%s: %v", name, err)
		return
	}
	g.ui.Warn("%s: %v", name, err)
}

// sumUp says of how many more files a warning was due.
func (g *gallery) sumUp() {
	for _, message := range slices.Sorted(maps.Keys(g.alike)) {
		if more := g.alike[message] - shownAlike; more > 0 {
			g.ui.Warn("%s more: %s", humanize.Comma(int64(more)), message)
		}
	}
	if g.late > 0 {
		g.ui.Warn("%s left to the next run: the %v of --time-budget for all downloads are over",
			plural(g.late, "file is", "files are"), g.opts.budget)
	}
}

// report prints the result, and returns the exit code.
func (g *gallery) report(code int) (int, error) {
	g.result.Exit = code
	g.sumUp()
	if err := g.weigh(); err != nil {
		return code, err
	}
	if g.opts.json {
		return code, g.ui.Document(g.result)
	}
	if !g.opts.quiet {
		return code, g.ui.Result(g.result.summary())
	}
	return code, nil
}

// weigh finds the size of the site, where somebody is told: it means a look
// at every file, and a run with nothing new says nothing of it.
func (g *gallery) weigh() error {
	if !g.opts.json && !g.result.Changed && !g.ui.Actions {
		return nil
	}
	measure := g.siteSize
	if measure == nil {
		measure = func() (int64, error) { return render.Size(g.opts.out) }
	}
	size, err := measure()
	if err != nil {
		return fmt.Errorf("measuring the site: %w", err)
	}
	g.result.SiteBytes = size
	counted := map[string]bool{}
	for _, m := range g.state.Images {
		for _, v := range m.Videos {
			if v.Clip != nil && !counted[v.Clip.Path] {
				counted[v.Clip.Path] = true
				g.result.ClipBytes += v.Clip.Bytes
			}
		}
	}
	return nil
}

// summary is the result in one line.
func (r result) summary() string {
	unused := count(r.Unused, "unused upload") + " left out (--source both publishes " + map[bool]string{true: "it", false: "them"}[r.Unused == 1] + ")"
	if !r.Changed && r.Failed == 0 && r.Skipped == 0 {
		s := fmt.Sprintf("nothing new: %s in %s", count(r.Images, "image"), r.Out)
		if r.Unused > 0 {
			s += ", " + unused
		}
		return s
	}
	parts := []string{count(r.Images, "image") + " in " + r.Out, fmt.Sprintf("%d new", r.New)}
	if r.Unused > 0 {
		parts = append(parts, unused)
	}
	if r.SoundsAndFilms > 0 {
		parts = append(parts, plural(r.SoundsAndFilms, "sound or film", "sounds and films"))
	}
	for _, p := range []struct {
		n    int
		what string
	}{{r.Remade, "made again"}, {r.Skipped, "skipped"}, {r.Failed, "failed"}, {r.Removed, "removed"}, {r.Unlisted, "unlisted"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if r.Clips > 0 {
		parts = append(parts, count(r.Clips, "clip"))
	}
	if r.DryRun {
		if r.Changed && r.New+r.Remade+r.Removed+r.Clips == 0 {
			parts = append(parts, "other pages")
		}
		return "dry run: " + strings.Join(parts, ", ")
	}
	parts = append(parts, count(r.Written, "file")+" written", humanize.Bytes(uint64(r.SiteBytes)))
	if r.ClipBytes > 0 {
		parts = append(parts, humanize.Bytes(uint64(r.SiteBytes-r.ClipBytes))+" without clips")
	}
	return strings.Join(parts, ", ")
}

func count(n int, what string) string { return plural(n, what, what+"s") }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(int64(n)) + " " + many
}

func countFunc[T any](items []T, is func(T) bool) int {
	n := 0
	for _, item := range items {
		if is(item) {
			n++
		}
	}
	return n
}

// namedInWarning is how many slugs a warning about many names.
const namedInWarning = 5

func someOf(slugs []string) string {
	if more := len(slugs) - namedInWarning; more > 0 {
		return fmt.Sprintf("%s and %s more", strings.Join(slugs[:namedInWarning], ", "), humanize.Comma(int64(more)))
	}
	return strings.Join(slugs, ", ")
}

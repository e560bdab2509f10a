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
func (r *run) problem(name string, err error) {
	r.result.Failed++
	r.note(name, err)
}

// shownAlike is how many files are named for which the same is said. An outage
// would say it of thousands.
const shownAlike = 3

// note keeps an error for the result, and warns of it unless that was said often enough.
func (r *run) note(name string, err error) {
	r.result.Problems = append(r.result.Problems, problem{r.ui.Clean(name), r.ui.Clean(err.Error())})
	if errors.Is(err, fetch.ErrTimeBudget) {
		r.late++
		r.ui.Detail("%s: %v", name, err)
		return
	}
	if name == "" {
		r.ui.Warn("%v", err)
		return
	}
	if r.alike == nil {
		r.alike = map[string]int{}
	}
	r.alike[err.Error()]++
	if r.alike[err.Error()] > shownAlike {
		r.ui.Detail("%s: %v", name, err)
		return
	}
	r.ui.Warn("%s: %v", name, err)
}

// sumUp says of how many more files a warning was due.
func (r *run) sumUp() {
	for _, message := range slices.Sorted(maps.Keys(r.alike)) {
		if more := r.alike[message] - shownAlike; more > 0 {
			r.ui.Warn("%s more: %s", humanize.Comma(int64(more)), message)
		}
	}
	if r.late > 0 {
		r.ui.Warn("%s left to the next run: the %v of --time-budget for all downloads are over",
			plural(r.late, "file is", "files are"), r.opts.budget)
	}
}

// report prints the result, and returns the exit code.
func (r *run) report(code int) (int, error) {
	r.result.Exit = code
	r.sumUp()
	if err := r.weigh(); err != nil {
		return code, err
	}
	if r.opts.json {
		return code, r.ui.Document(r.result)
	}
	if !r.opts.quiet {
		return code, r.ui.Result(r.result.summary())
	}
	return code, nil
}

// weigh finds the size of the site, where somebody is told: it means a look
// at every file, and a run with nothing new says nothing of it.
func (r *run) weigh() error {
	if !r.opts.json && !r.result.Changed && !r.ui.Actions {
		return nil
	}
	measure := r.siteSize
	if measure == nil {
		measure = func() (int64, error) { return render.Size(r.opts.out) }
	}
	size, err := measure()
	if err != nil {
		return fmt.Errorf("measuring the site: %w", err)
	}
	r.result.SiteBytes = size
	counted := map[string]bool{}
	for _, m := range r.state.Images {
		for _, v := range m.Videos {
			if v.Clip != nil && !counted[v.Clip.Path] {
				counted[v.Clip.Path] = true
				r.result.ClipBytes += v.Clip.Bytes
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

package command

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"firstframe/fetch"
	"firstframe/render"
)

// result is what a run did. --json prints it as it is.
type result struct {
	Changed  bool   `json:"changed"`
	DryRun   bool   `json:"dry_run,omitempty"`
	Offline  bool   `json:"offline,omitempty"`
	Out      string `json:"out"`
	Images   int    `json:"images"`   // in the gallery, without the hidden ones
	New      int    `json:"new"`      // of Images, added by this run
	Remade   int    `json:"remade"`   // of Images, with renditions that this run made again
	Waiting  int    `json:"waiting"`  // of Images, with old renditions because the time budget was used up
	Unlisted int    `json:"unlisted"` // of Images, no longer listed by the service
	Removed  int    `json:"removed"`  // images removed by --prune
	Hidden   int    `json:"hidden"`   // images that this run hid
	Skipped  int    `json:"skipped"`  // files that this run found not to be images
	Unused   int    `json:"unused"`   // uploads left out because no video was made from them

	SoundsAndFilms int `json:"sounds_and_films"` // uploads that this run found to be a sound or a film

	Clips   int `json:"clips"`   // added by this run
	Failed  int `json:"failed"`  // files that could not be downloaded, made or read
	Written int `json:"written"` // files of the site that this run wrote

	SiteBytes int64 `json:"site_bytes"` // size of all published files
	ClipBytes int64 `json:"clip_bytes"` // part of SiteBytes, for the videos

	Problems []problem `json:"problems"`
	Exit     int       `json:"exit"`
}

// problem is a file that could not be used.
type problem struct {
	Name  string `json:"name"` // "" if the file has no name that may be shown
	Error string `json:"error"`
}

// problem notes a file that could not be used. The run goes on and ends with exitIncomplete.
func (r *run) problem(name string, err error) {
	r.result.Failed++
	r.note(name, err)
}

// maxAlike is how many files with the same problem are named. An outage causes the same problem for
// thousands of files.
const maxAlike = 3

// note adds an error to the result. It prints a warning, unless it has named enough files with the
// same problem.
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
	if r.alike[err.Error()] > maxAlike {
		r.ui.Detail("%s: %v", name, err)
		return
	}
	r.ui.Warn("%s: %v", name, err)
}

// sumUp prints how many files with a common problem note has not named.
func (r *run) sumUp() {
	for _, message := range slices.Sorted(maps.Keys(r.alike)) {
		if more := r.alike[message] - maxAlike; more > 0 {
			r.ui.Warn("the same for %s: %s", plural(more, "more file", "more files"), message)
		}
	}
	if r.late > 0 {
		r.ui.Advise("to publish "+english.PluralWord(r.late, "it", "them")+" now, run it again, or use a larger --time-budget",
			"%s left for the next run, because the --time-budget of %s is used up", plural(r.late, "file is", "files are"), fetch.Span(r.opts.budget))
	}
	if n := r.result.Waiting; n > 0 {
		r.ui.Advise("to make them now, run it again, or use a larger --time-budget",
			"%s old pictures until the next run, because the --time-budget of %s is used up", plural(n, "image keeps its", "images keep their"), fetch.Span(r.opts.budget))
	}
}

// report completes the result and prints it.
func (r *run) report() error {
	r.result.Exit = r.exitCode()
	r.sumUp()
	if r.earlier != nil {
		return nil // serve says what was written
	}
	if err := r.weigh(); err != nil {
		return fmt.Errorf("measuring the site: %w", err)
	}
	switch {
	case r.opts.json:
		return r.ui.Document(r.result)
	case r.opts.quiet:
		r.sayIncomplete()
		return nil
	}
	return r.ui.Result(r.result.summary())
}

// sayIncomplete prints why a run ends with exitIncomplete, for an owner who sees no warnings.
func (r *run) sayIncomplete() {
	if r.result.Exit != exitIncomplete {
		return
	}
	causes := counts([]counted{{r.result.Failed, "failed"}, {r.result.Skipped, "skipped"}, {r.lost, "without pictures"}, {r.result.Waiting, "with old pictures"}})
	r.ui.Error("some images are missing or out of date: %s", strings.Join(causes, ", "))
	r.ui.Hint("to see which, run it without --quiet")
}

// counted is a number of things, and what happened to them.
type counted struct {
	n    int
	what string
}

// counts returns the numbers above 0 as texts like "3 failed".
func counts(numbers []counted) []string {
	var texts []string
	for _, c := range numbers {
		if c.n > 0 {
			texts = append(texts, comma(c.n)+" "+c.what)
		}
	}
	return texts
}

// exitCode returns the exit code of a run that ended without an error.
func (r *run) exitCode() int {
	whole := !r.opts.shard.isPart() // the run that merges the parts looks at skipped and lost images
	switch {
	case r.guarded:
		return exitGuarded
	case r.result.Failed > 0, r.result.Waiting > 0, whole && r.lost > 0, r.stale > 0:
		return exitIncomplete
	case whole && r.result.Skipped > 0:
		return exitIncomplete
	}
	return exitOK
}

// weigh finds the size of the site, if it is reported. It has to look at every file, so a run with
// nothing new does not report it.
func (r *run) weigh() error {
	if !r.opts.json && !r.result.Changed && !r.ui.Runner {
		return nil
	}
	var err error
	if r.out != nil { // it knows the files that it has just seen
		r.result.SiteBytes, err = r.out.Size()
	} else {
		r.result.SiteBytes, err = render.Size(r.opts.out)
	}
	if err != nil {
		return err
	}
	counted := map[string]bool{} // several images can have the same clip
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

// summary returns the result in one line.
func (r result) summary() string {
	unused := count(r.Unused, "unused upload") + " left out (--source both publishes " + english.PluralWord(r.Unused, "it", "them") + ")"
	if !r.Changed && r.Failed == 0 && r.Skipped == 0 && r.Waiting == 0 {
		s := fmt.Sprintf("nothing new: %s in %s", count(r.Images, "image"), r.Out)
		if r.Unused > 0 {
			s += ", " + unused
		}
		return s
	}
	where := count(r.Images, "image") + " in " + r.Out
	if r.DryRun {
		where = "dry run: " + r.Out + " would have " + count(r.Images, "image")
	}
	parts := []string{where, comma(r.New) + " new"}
	if r.Unused > 0 {
		parts = append(parts, unused)
	}
	if r.SoundsAndFilms > 0 {
		parts = append(parts, plural(r.SoundsAndFilms, "sound or film", "sounds and films"))
	}
	parts = append(parts, counts([]counted{
		{r.Remade, "made again"}, {r.Waiting, "with old pictures"}, {r.Hidden, "hidden"}, {r.Skipped, "skipped"}, {r.Failed, "failed"}, {r.Removed, "removed"}, {r.Unlisted, "no longer listed"},
	})...)
	if r.Clips > 0 {
		parts = append(parts, count(r.Clips, "clip"))
	}
	if r.DryRun {
		if r.Changed && r.New+r.Remade+r.Removed+r.Hidden+r.Clips == 0 {
			parts = append(parts, "other pages")
		}
		return strings.Join(parts, ", ")
	}
	if !r.Changed {
		return strings.Join(append(parts, "nothing changed"), ", ")
	}
	parts = append(parts, count(r.Written, "file")+" written", humanize.Bytes(uint64(r.SiteBytes)))
	if r.ClipBytes > 0 {
		parts = append(parts, humanize.Bytes(uint64(r.SiteBytes-r.ClipBytes))+" without clips")
	}
	return strings.Join(parts, ", ")
}

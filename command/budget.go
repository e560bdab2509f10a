package command

import (
	"cmp"
	"context"
	"slices"
	"time"

	"firstframe/fetch"
	"firstframe/render/gallery"
)

// The time budget covers downloads, and the making of pictures and clips. When it is used up, no
// other one begins. Downloads end. A picture that is being made is finished, because that takes
// only seconds, and they would be lost. Everything that is left keeps what it has on the site,
// and the next run goes on.

// startBudget starts the time for the work of this run, which ends with ctx at the latest. The
// function that it returns must be called at the end of the work.
func (r *run) startBudget(ctx context.Context) context.CancelFunc {
	limited := context.WithTimeoutCause
	if r.hooks.limited != nil {
		limited = r.hooks.limited
	}
	var stop context.CancelFunc
	r.budget, stop = limited(ctx, r.opts.budget, fetch.ErrTimeBudget)
	return stop
}

// outOfTime reports whether the time budget is used up.
func (r *run) outOfTime() bool { return context.Cause(r.budget) == fetch.ErrTimeBudget }

// inTime returns a context that ends with ctx, and with the time budget. stop must be called.
func (r *run) inTime(ctx context.Context) (timed context.Context, stop func()) {
	timed, cancel := context.WithCancelCause(ctx)
	forget := context.AfterFunc(r.budget, func() { cancel(context.Cause(r.budget)) })
	return timed, func() {
		forget()
		cancel(nil)
	}
}

// split divides tasks into those for images that the site cannot show yet, and those for images
// that the settings want otherwise. The first must not wait for the second: with other settings,
// making all pictures again can take many nights.
func split(tasks []task) (fresh, again []task) {
	for _, t := range tasks {
		if t.isShown() {
			again = append(again, t)
		} else {
			fresh = append(fresh, t)
		}
	}
	return fresh, again
}

// isShown reports whether the site shows the image of a task already.
func (t task) isShown() bool { return t.image != nil && len(t.image.Renditions) > 0 }

// uploaded returns when the image of a task was uploaded, in Unix seconds, as far as that is known
// before a download.
func (t task) uploaded() int64 {
	switch {
	case t.image != nil && !t.image.Uploaded.IsZero():
		return t.image.Uploaded.Unix()
	case t.file == nil:
		return 0
	case t.file.Picture != nil:
		return pictureDate(t.file.File, fetch.Original{Modified: t.file.Picture.Date()}, time.Time{}).Unix()
	}
	return t.file.uploaded
}

// everyFourth is how often the order of a day decides which task is next, and not the date.
const everyFourth = 4

// order returns the order in which the tasks begin, for a run that may not have the time for all of
// them: new images first whose originals need no download, and then the newest first. But every
// fourth one comes from the order of the day. Otherwise, new pictures that get no answer in any run
// could keep all others from being tried; see fetch.DailyOrder.
func (r *run) order(tasks []task) []int {
	type place struct {
		i        int
		atHand   int // 1 if a new image needs no download
		uploaded int64
	}
	places := make([]place, len(tasks))
	for i, t := range tasks {
		places[i] = place{i, 0, t.uploaded()}
		if !t.isShown() && t.file != nil && r.cache.Has(*t.file.File) {
			places[i].atHand = 1
		}
	}
	slices.SortStableFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(b.atHand, a.atHand), cmp.Compare(b.uploaded, a.uploaded))
	})
	lots, taken := fetch.DailyOrder(len(tasks), now()), make([]bool, len(tasks))
	order := make([]int, 0, len(tasks))
	for len(order) < len(tasks) {
		next := 0
		if len(order)%everyFourth == everyFourth-1 {
			next, lots = lots[0], lots[1:]
		} else {
			next, places = places[0].i, places[1:]
		}
		if !taken[next] {
			taken[next] = true
			order = append(order, next)
		}
	}
	return order
}

// stillDue returns those of the tasks for known images that are left after new images were made,
// which can be the same ones. The tasks point to the images as they are now.
func (r *run) stillDue(tasks []task) []task {
	at := make(map[string]*gallery.Image, len(r.state.Images))
	for i := range r.state.Images {
		at[r.state.Images[i].Slug] = &r.state.Images[i]
	}
	var due []task
	for _, t := range tasks {
		if m := at[t.image.Slug]; m != nil && !m.Hidden && !r.hasAll(m) {
			due = append(due, task{t.file, m})
		}
	}
	return due
}

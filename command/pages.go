package command

import (
	"context"

	"github.com/dustin/go-humanize/english"

	"firstframe/render"
	"firstframe/render/media"
)

// writePages writes the site: pages, data and state.
func (r *run) writePages(ctx context.Context) error {
	comparingPages.enter(len(r.state.Images) > largeGallery)
	r.ui.Begin("Pages")
	if err := r.stripAgain(); err != nil {
		return err
	}
	if err := r.out.Mark(ctx, r.state, r.site); err != nil {
		return err
	}
	if err := r.applyEXIF(ctx); err != nil {
		return err
	}
	r.noteSettings()
	plan, err := render.Prepare(r.out, r.state, r.site)
	if err != nil {
		return err
	}
	if !plan.UpToDate() {
		if r.result.New+r.result.Remade == 0 {
			writingPages.enter(len(r.state.Images) > largeGallery)
		}
		if err := plan.Write(ctx); err != nil {
			return err
		}
	}
	r.result.Written = r.out.Written()
	r.result.Changed = r.out.Written()+r.out.Removed() > 0
	return nil
}

// stripAgain removes the metadata that earlier versions left in published files. After the first
// run of a new version there is nothing to do.
func (r *run) stripAgain() error {
	dropped := 0
	for i := range r.state.Images {
		m := &r.state.Images[i]
		if m.Hidden || m.Stripped >= media.StrippedNow {
			continue
		}
		n, err := r.out.Renew(m, r.planned(m))
		if err != nil {
			return err
		}
		dropped += n
	}
	if dropped > 0 {
		r.ui.Warn("%s of an earlier version may contain metadata that cannot be removed, and %s no longer published",
			count(dropped, "file"), english.PluralWord(dropped, "is", "are"))
	}
	return nil
}

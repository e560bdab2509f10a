package command

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"firstframe/fetch"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// take is a video whose clip has to be got, or the poster of its clip: the same
// for every image that it was made from.
type take struct {
	listed fetch.Video
	videos []*gallery.Video
	clip   *media.Clip // nil until it is there
	known  bool        // the clip is published, and lacks its poster
	cover  bool        // a poster is due
	err    error       // of the clip
	bare   error       // why it has no poster
}

// clipType is the media type of a clip.
const clipType = "video/mp4"

// clipsAtOnce is how many clips are got at the same time. Each is held in
// memory while it is stripped.
const clipsAtOnce = 4

// film gets the finished videos, where they are to be published.
func (r *run) film(ctx context.Context, l listing) error {
	takes := r.takes(l)
	bar := r.ui.Progress("clips", len(takes))
	defer bar.Close()
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(clipsAtOnce)
	for _, i := range fetch.DailyOrder(len(takes), now()) {
		t := takes[i]
		group.Go(func() error {
			r.shoot(shared, t)
			bar.Add(1)
			if fatal(t.err) || shared.Err() != nil {
				return t.err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	skipped, today := r.skipped(), now()
	for _, t := range takes {
		r.finishTake(t, skipped, today)
	}
	r.setSkipped(skipped)
	return ctx.Err()
}

// finishTake puts what became of a take into the state. A clip that cannot be
// stripped may be one that is cut where it is stored, so it is tried again as one
// that is no video.
func (r *run) finishTake(t *take, skipped map[string]gallery.Skipped, today time.Time) {
	key, cover := t.listed.Key(), t.listed.CoverKey()
	skip := func(key, mediaType, entry string) {
		skipped[key] = skipped[key].Again(gallery.Skipped{Key: key, Type: mediaType, Entry: entry}, today)
	}
	var wrongType *fetch.NotVideoError
	_, withheld := errors.AsType[*media.WithheldError](t.err)
	switch {
	case errors.As(t.err, &wrongType):
		skip(key, wrongType.Type, t.listed.Entry())
		r.result.Skipped++
		r.note("a clip", t.err)
	case withheld:
		skip(key, clipType, t.listed.Entry())
		r.problem("a clip", t.err)
	case t.err != nil:
		r.problem("a clip", t.err)
	default:
		delete(skipped, key)
		if !t.known {
			r.result.Clips++
		}
	}
	switch {
	case t.bare != nil:
		r.ui.Detail("a clip has no poster: %v", t.bare)
		skip(cover, "application/octet-stream", t.listed.CoverEntry())
	case t.clip != nil && len(t.clip.Poster) > 0:
		delete(skipped, cover)
	}
	for _, v := range t.videos {
		switch v.Clip = t.clip; {
		case withheld:
			v.Withhold()
		case t.clip != nil:
			v.Withheld = 0
		}
	}
}

// takes are the finished videos that are listed and not published yet, or lack
// their poster, in the order of their keys.
func (r *run) takes(l listing) []*take {
	if !r.opts.clips {
		return nil
	}
	skipped, today := r.skipped(), now()
	due := func(key, entry string) bool {
		s, noted := skipped[key]
		return !noted || s.Due(entry, today)
	}
	byKey := map[string]*take{}
	for i := range r.state.Images {
		m := &r.state.Images[i]
		if m.Slug != "" && len(m.Renditions) == 0 {
			continue // it has no page to show it on, and a new one, in a preview, no slug
		}
		for _, key := range m.Keys {
			for _, v := range l.videos[key] {
				if v.URL != "" && v.State() == "completed" {
					byKey[v.Key()] = &take{listed: v, cover: v.Cover != "" && due(v.CoverKey(), v.CoverEntry())}
				}
			}
		}
	}
	for i := range r.state.Images {
		videos := r.state.Images[i].Videos
		for j := range videos {
			v := &videos[j]
			t := byKey[v.Key]
			if t == nil {
				continue
			}
			// What an older version could not strip is due at once.
			old := skipped[v.Key].Type == clipType && !v.IsWithheld()
			switch {
			case v.Clip == nil && !old && !due(v.Key, t.listed.Entry()):
				continue
			case v.Clip != nil && (len(v.Clip.Poster) > 0 || !t.cover):
				continue
			case v.Clip != nil:
				t.clip, t.known = v.Clip, true
			}
			t.videos = append(t.videos, v)
		}
	}
	var takes []*take
	for _, t := range byKey {
		if len(t.videos) > 0 {
			takes = append(takes, t)
		}
	}
	slices.SortFunc(takes, func(a, b *take) int { return cmp.Compare(a.listed.Key(), b.listed.Key()) })
	return takes
}

// shoot gets a clip and its poster. A cover that cannot be downloaded costs the clip its
// poster, not more.
func (r *run) shoot(ctx context.Context, t *take) {
	if !t.known {
		if t.clip, t.err = r.clip(ctx, t.listed); t.err != nil {
			t.clip = nil
			return
		}
	}
	if !t.cover {
		return
	}
	poster, err := r.poster(ctx, t.listed)
	switch {
	case err == nil:
		clip := *t.clip
		clip.Poster = poster
		t.clip = &clip
	case fatal(err) || ctx.Err() != nil:
		t.clip, t.err = nil, err
	case !errors.Is(err, fetch.ErrTimeBudget) && !errors.Is(err, fetch.ErrResting):
		t.bare = err
	case !t.known:
		t.clip, t.err = nil, err // the next run gets both
	}
}

// clip gets one finished video.
func (r *run) clip(ctx context.Context, v fetch.Video) (*media.Clip, error) {
	original, err := r.cache.Clip(ctx, v, r.opts.maxClip)
	if err != nil {
		return nil, err
	}
	clip, err := r.maker.Film(ctx, sourceOf(original))
	return clip, r.keep(original, err)
}

// poster gets the cover of a video.
func (r *run) poster(ctx context.Context, v fetch.Video) ([]media.Rendition, error) {
	cover, err := r.cache.Cover(ctx, v)
	if err != nil {
		return nil, err
	}
	picture, err := r.maker.Make(ctx, sourceOf(cover))
	return picture.Renditions, r.keep(cover, err)
}

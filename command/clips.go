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

// relate adds to every image the videos that were made from it. Prompts and clips that are not
// published do not get into the state either.
func (r *run) relate(l *listing) {
	for i := range r.state.Images {
		m := &r.state.Images[i]
		if m.Hidden {
			m.Used = m.Used || slices.ContainsFunc(m.Keys, func(key string) bool { return len(l.videos[key]) > 0 })
			continue
		}
		if !r.opts.prompts {
			forgetPrompt(m)
		}
		if len(l.videos) == 0 && len(m.Videos) == 0 {
			continue
		}
		var listed []gallery.Video
		for _, key := range m.Keys {
			for _, v := range l.videos[key] {
				listed = append(listed, videoOf(v))
			}
		}
		m.MergeVideos(listed)
		for j := range m.Videos {
			if !r.opts.prompts {
				m.Videos[j].Prompt = ""
			}
			if !r.opts.clips {
				m.Videos[j].Clip, m.Videos[j].Withheld = nil, 0
			}
		}
	}
}

// clipTask is a video whose clip is missing, or the clip's poster. It serves all images that the
// video was made from.
type clipTask struct {
	name        string // what messages call the clip
	listed      fetch.Video
	videos      []*gallery.Video // the video in each of its images
	packet      []byte           // says how it was made; nil if that is not said
	clip        *media.Clip      // nil until it is made
	known       bool             // the clip is published, and only its poster is missing
	wantsPoster bool             // a poster must be made
	err         error            // why there is no clip
	posterErr   error            // why the clip has no poster
}

// clipType is the media type of a clip.
const clipType = "video/mp4"

// addClips downloads the finished videos, if they are published.
func (r *run) addClips(ctx context.Context, l *listing) error {
	tasks := r.clipTasks(l)
	bar := r.ui.Progress("clips", len(tasks))
	defer bar.Close()
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(clipsAtOnce)
	for _, i := range fetch.DailyOrder(len(tasks), now()) {
		t := tasks[i]
		group.Go(func() error {
			r.makeClip(shared, t)
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
	for _, t := range tasks {
		r.finishClip(t, skipped, today)
	}
	r.setSkipped(skipped)
	return ctx.Err()
}

// clipTasks returns the listed finished videos that are not published yet, or that lack their
// poster, in the order of their keys.
func (r *run) clipTasks(l *listing) []*clipTask {
	if !r.opts.clips {
		return nil
	}
	skipped, today := r.skipped(), now()
	due := func(key, entry string) bool {
		s, isSkipped := skipped[key]
		return !isSkipped || s.Due(entry, today)
	}
	finished := r.finishedVideos(l)
	for i := range r.state.Images {
		videos := r.state.Images[i].Videos
		for j := range videos {
			v := &videos[j]
			t := finished[v.Key]
			if t == nil {
				continue
			}
			t.wantsPoster = t.listed.Cover != "" && due(t.listed.CoverKey(), t.listed.CoverEntry())
			// A clip that an older version could not strip is tried again at once.
			old := skipped[v.Key].Type == clipType && !v.IsWithheld()
			switch {
			case v.Clip == nil && !old && !due(v.Key, t.listed.Entry()):
				continue
			case v.Clip != nil && (len(v.Clip.Poster) > 0 || !t.wantsPoster):
				continue
			case v.Clip != nil:
				t.clip, t.known = v.Clip, true
			}
			t.videos = append(t.videos, v)
		}
	}
	var tasks []*clipTask
	origins := r.state.FilmOrigins()
	for key, t := range finished {
		if len(t.videos) == 0 {
			continue
		}
		t.packet = r.site.PacketOf(origins[key], t.videos[0].Prompt)
		tasks = append(tasks, t)
	}
	slices.SortFunc(tasks, func(a, b *clipTask) int { return cmp.Compare(a.listed.Key(), b.listed.Key()) })
	return tasks
}

// finishedVideos returns the listed finished videos, by key. It leaves out the videos of an image
// without pictures, because the image has no page to show them on.
func (r *run) finishedVideos(l *listing) map[string]*clipTask {
	finished := map[string]*clipTask{}
	for i := range r.state.Images {
		m := &r.state.Images[i]
		isNew := m.Slug == "" // in a dry run
		if !isNew && len(m.Renditions) == 0 {
			continue
		}
		for _, key := range m.Keys {
			for _, v := range l.videos[key] {
				if v.URL != "" && v.State() == "completed" {
					finished[v.Key()] = &clipTask{name: "the clip of " + cmp.Or(m.Name, m.Slug, "a new image"), listed: v}
				}
			}
		}
	}
	return finished
}

// makeClip makes a clip and its poster. If the cover cannot be downloaded, the clip has no poster.
func (r *run) makeClip(ctx context.Context, t *clipTask) {
	if r.outOfTime() {
		if !t.known {
			t.err = fetch.ErrTimeBudget
		}
		return
	}
	if !t.known {
		if t.clip, t.err = r.fetchClip(ctx, t); t.err != nil {
			t.clip = nil
			return
		}
	}
	if !t.wantsPoster {
		return
	}
	poster, err := r.fetchPoster(ctx, t)
	switch {
	case err == nil:
		clip := *t.clip
		clip.Poster = poster
		t.clip = &clip
	case fatal(err) || ctx.Err() != nil:
		t.clip, t.err = nil, err
	case !errors.Is(err, fetch.ErrTimeBudget) && !errors.Is(err, fetch.ErrResting):
		t.posterErr = err
	case !t.known:
		t.clip, t.err = nil, err // the next run downloads both
	}
}

// fetchClip downloads and strips the clip of a video.
func (r *run) fetchClip(ctx context.Context, t *clipTask) (*media.Clip, error) {
	timed, stop := r.inTime(ctx)
	defer stop()
	original, err := r.cache.Clip(timed, t.listed, r.opts.maxClip)
	if err != nil {
		return nil, err
	}
	clip, signed, err := r.maker.Film(ctx, sourceOf(original, t.packet))
	if signed {
		r.signed.Add(1)
	}
	return clip, r.keep(original, err)
}

// fetchPoster downloads the cover of a video and makes the poster.
func (r *run) fetchPoster(ctx context.Context, t *clipTask) (media.Renditions, error) {
	timed, stop := r.inTime(ctx)
	defer stop()
	cover, err := r.cache.Cover(timed, t.listed)
	if err != nil {
		return nil, err
	}
	poster, err := r.maker.Cover(ctx, sourceOf(cover, t.packet))
	return poster, r.keep(cover, err)
}

// finishClip puts the outcome of a task into the state. A clip that cannot be stripped is tried
// again, like a file that is not a video: the service may have stored only a part of it.
func (r *run) finishClip(t *clipTask, skipped map[string]gallery.Skipped, today time.Time) {
	key, cover := t.listed.Key(), t.listed.CoverKey()
	skip := func(key, mediaType, entry string) {
		skipped[key] = skipped[key].Again(gallery.Skipped{Key: key, Type: mediaType, Entry: entry}, today)
	}
	notVideo, isNotVideo := errors.AsType[*fetch.NotVideoError](t.err)
	_, withheld := errors.AsType[*media.WithheldError](t.err)
	switch {
	case isNotVideo:
		skip(key, notVideo.Type, t.listed.Entry())
		r.result.Skipped++
		r.note(t.name, t.err)
	case withheld:
		skip(key, clipType, t.listed.Entry())
		r.problem(t.name, t.err)
	case t.err != nil:
		r.problem(t.name, withFlag(t.err, "max-clip-bytes"))
	default:
		delete(skipped, key)
		if !t.known {
			r.result.Clips++
		}
	}
	switch {
	case t.posterErr != nil:
		r.ui.Detail("%s has no poster: %v", t.name, t.posterErr)
		skip(cover, "application/octet-stream", t.listed.CoverEntry())
	case t.clip != nil && len(t.clip.Poster) > 0:
		delete(skipped, cover)
	}
	for _, v := range t.videos {
		v.Clip = t.clip
		switch {
		case withheld:
			v.Withhold()
		case t.clip != nil:
			v.Withheld = 0
		}
	}
}

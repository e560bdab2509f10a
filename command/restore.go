package command

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/errgroup"

	"firstframe/fetch"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// restore brings back the site that is published, where there is none here, or
// one of whose state only pieces are left. All of it is downloaded and verified
// before the first file is written, and the state comes last: until it is there,
// the next run begins again. Where nothing is published yet, this is the first
// run, unless the owner knows better; whatever else goes wrong ends it, because a
// run without the state would publish less than there was. A part of a site only
// needs to know what is hidden.
func (r *run) restore(ctx context.Context, out *render.Output) error {
	there, err := gallery.HasSite(os.DirFS(r.opts.out))
	if err != nil {
		return err
	}
	left := &gallery.State{}
	if there {
		if err := r.readState(); err != nil || !r.state.InPieces {
			return err
		}
		left = r.state
		r.ui.Warn("%s is damaged or missing", filepath.Join(r.opts.out, gallery.StateName))
	}
	if restored, err := r.bringBack(ctx, out, left); !restored || err != nil {
		return err
	}
	r.state = nil
	return nil
}

// bringBack restores the published site, together with images that only pieces of
// a state here tell of. It reports whether there is one.
func (r *run) bringBack(ctx context.Context, out *render.Output, left *gallery.State) (bool, error) {
	data, err := r.cache.SiteFile(ctx, r.opts.restore+gallery.StateName, gallery.MaxState)
	var failed *fetch.DownloadError
	if errors.As(err, &failed) && failed.Status == http.StatusNotFound {
		if r.opts.published {
			return false, &hintedError{fmt.Errorf("there is no gallery at %s, although one was published before", r.opts.restore), missingHint}
		}
		r.ui.Info("nothing is published at %s yet", r.opts.restore)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	state, files, err := gallery.ReadPublished(data)
	if err != nil {
		return false, fmt.Errorf("reading %s: %w", gallery.StateName, err)
	}
	if err := r.checkDemo(state, r.opts.restore, "choose another address with --restore"); err != nil {
		return false, err
	}
	if r.opts.shard.of > 0 {
		r.buried = slices.DeleteFunc(state.Images, func(m gallery.Image) bool { return !m.Hidden })
		return false, nil
	}
	state.Adopt(left)
	if err := r.cache.Open(); err != nil {
		return false, err
	}
	// Named by the output folder, which is locked: what is in it was left by a
	// run that was killed.
	abs, err := filepath.Abs(r.opts.out)
	if err != nil {
		return false, err
	}
	folder := filepath.Join(r.opts.cache, fmt.Sprintf("restored-%x", sha256.Sum256([]byte(abs)))[:25])
	defer r.removeAll(folder)
	if err := r.removeAll(folder); err != nil {
		return false, err
	}
	if err := r.before("mkdir", folder); err != nil {
		return false, err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return false, err
	}
	if err := r.fetchPublished(ctx, files, folder); err != nil {
		return false, err
	}
	read := func(m media.Medium) ([]byte, error) {
		return os.ReadFile(filepath.Join(folder, filepath.Base(m.Path)))
	}
	if err := out.Restore(ctx, state, files, read); err != nil {
		return false, err
	}
	r.ui.Info("restored %s from %s", count(len(state.Images), "image"), r.opts.restore)
	return true, nil
}

func (r *run) removeAll(folder string) error {
	if err := r.before("remove", folder); err != nil {
		return err
	}
	return os.RemoveAll(folder)
}

// missingHint says what to do when a site that was published is not there.
const missingHint = "check the address: a renamed repository and another domain change it. " +
	"If the site is gone, publish it again from a copy or a cache of it (in the workflow: run it without rebuild). " +
	"To go on without it, leave out --restore-required (in the workflow: run it with start-anew); " +
	"images that the service does not list any more are lost then"

// restoredAtOnce is how many published files are got at the same time. Each is
// held in memory until it is verified.
const restoredAtOnce = 4

// fetchPublished downloads published files into a folder, and verifies them.
func (r *run) fetchPublished(ctx context.Context, media []media.Medium, folder string) error {
	bar := r.ui.Progress("files", len(media))
	defer bar.Close()
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(restoredAtOnce)
	for _, m := range media {
		group.Go(func() error {
			defer bar.Add(1)
			data, err := r.verified(shared, m, func() ([]byte, error) {
				return r.cache.SiteFile(shared, cmp.Or(r.opts.mediaURL, r.opts.restore)+m.Path, m.Bytes)
			})
			if err != nil {
				return fmt.Errorf("%s: %w", m.Path, err)
			}
			name := filepath.Join(folder, filepath.Base(m.Path))
			if err := r.before("write", name); err != nil {
				return err
			}
			return os.WriteFile(name, data, 0o600)
		})
	}
	return cmp.Or(group.Wait(), ctx.Err())
}

// verified returns the bytes of a file that another machine has made, if they are those that a run
// there has written. It reads no more than a download may have, and all calls together decode no
// more pixels at a time than one picture may have.
func (r *run) verified(ctx context.Context, m media.Medium, read func() ([]byte, error)) ([]byte, error) {
	if limit := max(r.opts.maxBytes, r.opts.maxClip); m.Bytes > limit {
		return nil, &fetch.TooLargeError{Limit: limit}
	}
	if m.Pixels() > int64(r.opts.maxPixels) {
		return nil, fmt.Errorf("it has more than %s pixels", humanize.Comma(int64(r.opts.maxPixels)))
	}
	data, err := read()
	if err != nil {
		return nil, err
	}
	if err := r.decoded.Acquire(ctx, m.Pixels()); err != nil {
		return nil, err
	}
	defer r.decoded.Release(m.Pixels())
	return data, m.Verify(data)
}

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
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// restore brings back the published site if there is none in the output folder, or if only pieces
// of its state are left.
//
// Everything is downloaded and verified before the first file is written. The state is written
// last: until it is there, the next run starts over. If nothing is published yet, this is the first
// run, unless --restore-required says that something must be there. Any other failure ends the run,
// because a run without the state would publish less than before. A part only needs to know which
// images are hidden, so it restores nothing else.
func (r *run) restore(ctx context.Context) error {
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
		r.ui.Warn("%s is damaged or missing, so the published site is used instead", r.statePath())
	}
	state, files, err := r.fetchState(ctx)
	if state == nil || err != nil {
		return err
	}
	if r.opts.shard.isPart() {
		r.buried = slices.DeleteFunc(state.Images, func(m gallery.Image) bool { return !m.Hidden })
		return nil
	}
	if err := r.checkForgotten(state); err != nil {
		return err
	}
	state.Adopt(left)
	if err := r.restoreFiles(ctx, state, files); err != nil {
		return err
	}
	r.ui.Info("restored %s from %s", count(len(state.Images), "image"), r.opts.restore)
	r.state = nil
	return nil
}

// notRestored returns the error of a run that could not bring the published site back.
func notRestored(err error) error {
	err = fmt.Errorf("restoring the site: %w", err)
	if _, hint := diagnose(err); hint != "" || errors.Is(err, context.Canceled) {
		return err
	}
	return hinted("fix that, or try again later; without --restore, images that are no longer listed are lost", "%w", err)
}

// fetchState downloads the state of the published site. It returns the state with the list of its
// files, or nil if nothing is published yet.
func (r *run) fetchState(ctx context.Context) (*gallery.State, []media.Medium, error) {
	data, err := r.cache.SiteFile(ctx, r.opts.restore+gallery.StateName, gallery.MaxState)
	if failed, ok := errors.AsType[*fetch.DownloadError](err); ok && failed.Status == http.StatusNotFound {
		if r.opts.mustRestore {
			return nil, nil, hinted(missingHint, "there is no gallery at %s, although one was published before", r.opts.restore)
		}
		r.ui.Info("nothing is published at %s yet", r.opts.restore)
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	state, files, err := gallery.ReadPublished(data)
	if err != nil {
		return nil, nil, stateError(r.opts.restore+gallery.StateName, err)
	}
	return state, files, r.checkDemo(state, r.opts.restore, "choose another address with --restore")
}

// missingHint says what to do when a published site is missing.
const missingHint = "check the address: it changes with the name of the repository and with the domain. " +
	"If the site is gone, publish it again from a copy or a cache (in the workflow: run it without rebuild). " +
	"To go on without it, leave out --restore-required (in the workflow: run it with start-anew); " +
	"images that the service no longer lists are lost then"

// restoreFiles downloads the files of a published site to a folder in the cache, and then writes
// the site.
func (r *run) restoreFiles(ctx context.Context, state *gallery.State, files []media.Medium) error {
	if err := r.cache.Open(); err != nil {
		return err
	}
	// The name of the folder depends on the output folder, which is locked. So whatever is in it
	// was left by a run that was killed.
	abs, err := filepath.Abs(r.opts.out)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(abs))
	folder := filepath.Join(r.opts.cache, fmt.Sprintf("restored-%x", sum[:8]))
	defer r.removeAll(folder)
	if err := r.removeAll(folder); err != nil {
		return err
	}
	if err := r.before("mkdir", folder); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	if err := r.fetchFiles(ctx, files, folder); err != nil {
		return err
	}
	return r.out.Restore(ctx, state, files, func(m media.Medium) ([]byte, error) {
		return os.ReadFile(filepath.Join(folder, filepath.Base(m.Path)))
	})
}

// removeAll removes a folder with everything in it.
func (r *run) removeAll(folder string) error {
	if err := r.before("remove", folder); err != nil {
		return err
	}
	return os.RemoveAll(folder)
}

// fetchFiles downloads published files to a folder, and verifies them. It downloads nothing if one of
// them is larger than a file may be.
func (r *run) fetchFiles(ctx context.Context, files []media.Medium, folder string) error {
	for _, m := range files {
		if err := r.allows(m); err != nil {
			return fmt.Errorf("%s: %w", m.Path, err)
		}
	}
	bar := r.ui.Progress("files", len(files))
	defer bar.Close()
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(restoredAtOnce)
	for _, m := range files {
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

// allows refuses a file that another machine made if it is larger than a download may be.
func (r *run) allows(m media.Medium) error {
	if limit := max(r.opts.maxBytes, r.opts.maxClip); m.Bytes > limit {
		return withFlag(&fetch.TooLargeError{Limit: limit}, "max-bytes")
	}
	if m.Pixels() > int64(r.opts.maxPixels) {
		return fmt.Errorf("it has more than %s pixels; a larger --max-pixels lets it in", humanize.Comma(int64(r.opts.maxPixels)))
	}
	return nil
}

// verified reads a file that another machine made and that allows does not refuse. It returns the
// file's bytes if they are what a run there wrote. All calls together decode no more pixels at the
// same time than one picture may have.
func (r *run) verified(ctx context.Context, m media.Medium, read func() ([]byte, error)) ([]byte, error) {
	if err := r.allows(m); err != nil {
		return nil, err
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

package command

import (
	"cmp"
	"context"
	"slices"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// The values of --exif: how much is published of what EXIF says about a photograph. A position, a
// name and a serial number never are.
const (
	exifNone   = "none"
	exifCamera = "camera" // the camera and its lens
	exifFull   = "full"   // the exposure and the day, too
)

// exifLevels are the values of --exif, each with more than the one before.
var exifLevels = []string{exifNone, exifCamera, exifFull}

// shownCamera returns the part of a camera's data that is published.
func (o *options) shownCamera(c *media.Camera) *media.Camera {
	switch {
	case c == nil || o.exif == exifNone:
		return nil
	case o.exif == exifFull:
		return c
	}
	shown := media.Camera{Make: c.Make, Model: c.Model, Lens: c.Lens}
	if shown == (media.Camera{}) {
		return nil
	}
	return &shown
}

// applyEXIF makes the camera data of all images what --exif says. What an earlier run left out is
// read again from the originals.
func (r *run) applyEXIF(ctx context.Context) error {
	unread, lacking := 0, r.lacksEXIF()
	for i := range r.state.Images {
		m := &r.state.Images[i]
		if lacking && !m.Hidden && m.SHA256 != "" {
			camera, ok, err := r.readCamera(ctx, m)
			switch {
			case err != nil:
				return err
			case !ok:
				unread++
			default:
				m.Camera = camera
			}
		}
		m.Camera = r.opts.shownCamera(m.Camera)
	}
	if unread > 0 {
		r.ui.Warn("the camera data of %s cannot be read again: the originals are not in the cache", count(unread, "image"))
	}
	return nil
}

// lacksEXIF reports whether the last run published less of the camera data than this one.
func (r *run) lacksEXIF() bool {
	before := cmp.Or(r.state.Settings["exif"], exifFull)
	return slices.Index(exifLevels, before) < slices.Index(exifLevels, r.opts.exif)
}

// readCamera reads the camera data of an image from its original in the cache or in the folder of
// pictures. ok is false if neither has it intact.
func (r *run) readCamera(ctx context.Context, m *gallery.Image) (camera *media.Camera, ok bool, err error) {
	o, ok := r.cache.Stored(m.SHA256)
	if f := r.inFolder[m.SHA256]; !ok && f != nil {
		if o, err = r.cache.Original(ctx, *f); fatal(err) {
			return nil, false, err
		}
		defer r.cache.Release(o)
		ok = err == nil
	}
	if !ok {
		return nil, false, ctx.Err()
	}
	camera, err = r.maker.Camera(ctx, sourceOf(o, nil))
	if err != nil {
		r.ui.Detail("%s: reading the camera data: %v", m.Slug, err)
		return nil, false, ctx.Err()
	}
	return camera, true, nil
}

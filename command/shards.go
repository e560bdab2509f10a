package command

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"firstframe/fetch"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/media"
	"firstframe/render/plainfs"
)

// shard is one of several equal parts of the files. The zero value is not a part but the whole.
// Which part a file is in depends on its id only, so all machines agree without talking to each
// other. The file gallery.PartName contains one, and is written last.
type shard struct {
	Number int `json:"shard"` // from 1 to Of
	Of     int `json:"of"`
}

// parseShard reads the value of --shard into s.
func parseShard(value string, s *shard) error {
	if value == "" {
		return nil
	}
	number, of, _ := strings.Cut(value, "/")
	s.Number, _ = strconv.Atoi(number)
	s.Of, _ = strconv.Atoi(of)
	if !s.valid() {
		return usage("for example: --shard 3/8", "--shard %q is not a part", value)
	}
	return nil
}

// valid reports whether there can be such a part.
func (s shard) valid() bool { return 1 <= s.Number && s.Number <= s.Of && s.Of <= mostShards }

// isPart reports whether s is a part and not the whole.
func (s shard) isPart() bool { return s.Of > 0 }

// has reports whether the file with this key is in the part.
func (s shard) has(key string) bool {
	if !s.isPart() {
		return true
	}
	sum := sha256.Sum256([]byte(key))
	return binary.BigEndian.Uint32(sum[:])%uint32(s.Of) == uint32(s.Number-1)
}

// finishPart completes a part: it writes the state, and which part this is. It writes no pages.
func (r *run) finishPart() error {
	gallery.SortImages(r.state.Images)
	if err := r.out.SaveState(r.state); err != nil {
		return err
	}
	data, err := json.Marshal(r.opts.shard)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", gallery.PartName, err)
	}
	if err := r.out.Write(gallery.PartName, append(data, '\n')); err != nil {
		return err
	}
	r.result.Images = len(r.state.Images)
	r.result.Written = r.out.Written()
	r.result.Changed = r.out.Written() > 0
	return r.report()
}

// part is what another machine made.
type part struct {
	dir     string
	root    *os.Root
	shard   shard
	images  map[string]*gallery.Image  // by key
	skipped map[string]gallery.Skipped // by key
}

// openParts opens the parts of --merge. It returns an error if a part is missing.
func (r *run) openParts() error {
	for _, dir := range r.opts.merge {
		found := findParts(dir)
		if len(found) == 0 {
			return hinted("--merge needs the folder with the parts of all machines", "there is no part in %s that --shard made", dir)
		}
		for _, name := range found {
			p, err := openPart(name)
			if err != nil {
				return hinted("make this part again with --shard", "reading the part in %s: %w", name, err)
			}
			r.parts = append(r.parts, p)
		}
	}
	if len(r.parts) == 0 {
		return nil
	}
	of, there := r.parts[0].shard.Of, map[int]bool{}
	for _, p := range r.parts {
		if p.shard.Of != of {
			return hinted("make all parts with the same N of --shard K/N", "the parts do not belong together: %s is one of %d, and %s one of %d", r.parts[0].dir, of, p.dir, p.shard.Of)
		}
		there[p.shard.Number] = true
	}
	for number := 1; number <= of; number++ {
		if !there[number] {
			return hinted(fmt.Sprintf("make it with --shard %d/%d; nothing was written", number, of), "part %d of %d is missing", number, of)
		}
	}
	return nil
}

// findParts returns the folders in dir that are parts, and dir itself if it is one. It follows no
// link: what another machine made must not lead out of its folder.
func findParts(dir string) []string {
	isPart := func(folder string) bool {
		_, err := os.Lstat(filepath.Join(folder, gallery.PartName))
		return err == nil
	}
	var found []string
	entries, _ := os.ReadDir(dir) // a missing dir contains no part
	for _, e := range entries {
		if folder := filepath.Join(dir, e.Name()); e.IsDir() && isPart(folder) {
			found = append(found, folder)
		}
	}
	if isPart(dir) {
		found = append(found, dir)
	}
	return found
}

// openPart opens a part and reads its state. A part can come from anywhere. So only regular files
// are read, and no more than a part can contain.
func openPart(dir string) (p part, err error) {
	p = part{dir: dir, images: map[string]*gallery.Image{}, skipped: map[string]gallery.Skipped{}}
	if p.root, err = os.OpenRoot(dir); err != nil {
		return p, err
	}
	defer func() {
		if err != nil {
			p.root.Close()
		}
	}()
	data, err := plainfs.Read(p.root, gallery.PartName, longestPartFile)
	if err != nil {
		return p, fmt.Errorf("reading %s: %w", gallery.PartName, err)
	}
	if err := json.Unmarshal(data, &p.shard); err != nil || !p.shard.valid() {
		return p, fmt.Errorf("%s is damaged", gallery.PartName)
	}
	state, err := gallery.LoadIntact(plainfs.Dir(dir))
	if err != nil {
		return p, err
	}
	for i := range state.Images {
		for _, key := range state.Images[i].Keys {
			p.images[key] = &state.Images[i]
		}
	}
	for _, s := range state.Skipped {
		p.skipped[s.Key] = s
	}
	return p, nil
}

// closeParts closes the folders of the parts.
func (r *run) closeParts() {
	for _, p := range r.parts {
		p.root.Close()
	}
}

// errWithheld is the outcome for an image whose original could not be stripped by the machine that
// made its part.
var errWithheld = errors.New("its original cannot be stripped, and is not published")

// fromParts returns the outcome of a task from the part that has it, and whether there is such a
// part. A part with other settings or a damaged file does not count as having it. If no part has
// it, this run does the task itself. So the site is the same as if the part were right, and nobody
// has to find out which machine to run again. If the run has no time for that, it asks for old
// ones, too: those of parts with other settings.
func (r *run) fromParts(ctx context.Context, t task, old bool) (outcome, bool) {
	if t.file == nil {
		return outcome{}, false
	}
	for _, p := range r.parts {
		if o, ok := r.fromPart(ctx, p, t, old); ok {
			return o, true
		}
	}
	return outcome{}, false
}

// fromPart returns the outcome of a task from one part, and whether the part has it. See fromParts.
func (r *run) fromPart(ctx context.Context, p part, t task, old bool) (outcome, bool) {
	key := t.file.Key()
	if s, skipped := p.skipped[key]; skipped && t.image == nil && s.Entry == t.file.Entry() {
		return outcome{skipped: &s, err: &fetch.NotImageError{Type: s.Type}}, true
	}
	found := p.images[key]
	if found == nil || t.image != nil && t.image.Slug != found.Slug {
		return outcome{}, false
	}
	if t.image == nil && r.site.Content.Hides(found.Slug, captionNames(t.file.File)...) {
		return outcome{image: gallery.Tombstone(found.Slug, key)}, true
	}
	m := *found // a copy, because another task can use the same image
	if !r.usable(p, &m) || !old && !r.hasAll(&m) {
		return outcome{}, false
	}
	files, err := r.readFiles(ctx, p, &m)
	if ctx.Err() != nil {
		return outcome{err: ctx.Err()}, true
	}
	if err != nil {
		r.ui.Warn("the part in %s: %v; %s is made again here", p.dir, err, t.name())
		return outcome{}, false
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := r.maker.Write(name, files[name]); err != nil {
			return outcome{err: err}, true
		}
	}
	// The part has the date of the first upload that its machine saw.
	original := fetch.Original{SHA256: m.SHA256, Type: m.Type, Bytes: m.Bytes, Modified: m.Uploaded}
	image := r.imageOf(t, original, media.Picture{
		Width: m.Width, Height: m.Height, Color: m.Color, Tints: m.Tints, Camera: m.Camera, Renditions: m.Renditions,
		Taken: m.Uploaded,
	})
	if r.opts.originals && m.IsWithheld() {
		image.Withhold()
		return outcome{image: image, err: errWithheld}, true
	}
	if r.opts.originals {
		image.Original = m.Original
	}
	return outcome{image: image}, true
}

// usable reports whether all files of an image of a part are in place, and whether they are what
// its original would have. It removes from the image what is not in place. An image that was hidden
// when the part was made is not usable.
func (r *run) usable(p part, m *gallery.Image) bool {
	if m.Hidden || !media.IsPicture(m.Type) || media.Slug(m.SHA256) != m.Slug {
		return false
	}
	if m.Original != nil && media.Unmarked(m.Original.Path) != media.OriginalPath(m.SHA256, m.Type) {
		return false
	}
	all, err := render.KeepInPlace(p.dir, m)
	return all && err == nil
}

// readFiles reads and verifies the files of an image in a part. It returns them by path. Its errors
// name the file.
func (r *run) readFiles(ctx context.Context, p part, m *gallery.Image) (map[string][]byte, error) {
	// Clips come later, with the videos. An original with metadata that an earlier version left in
	// it is not accepted.
	wanted := gallery.Image{Renditions: m.Renditions, Stripped: media.StrippedNow}
	if r.opts.originals {
		wanted.Original = m.Original
	}
	files := map[string][]byte{}
	for _, f := range wanted.Media() {
		data, err := r.verified(ctx, f, func() ([]byte, error) { return f.Read(p.root) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
		files[f.Path] = data
	}
	return files, nil
}

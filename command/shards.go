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

// A shard is one of several equal parts of the files; the zero value is all.
// Which part a file is in depends on nothing but its id, so that every machine
// comes to the same answer by itself.
type shard struct{ number, of int } // the first is 1

const (
	// partName is the file that makes a folder a part. It is written last.
	partName = "shard.json"
	// longestPartFile bounds it: its two numbers have a few digits.
	longestPartFile = 1 << 10
)

// mostShards bounds the number of parts: each asks for the whole listing.
const mostShards = 256

func parseShard(s string) (shard, error) {
	if s == "" {
		return shard{}, nil
	}
	var p shard
	number, of, _ := strings.Cut(s, "/")
	p.number, _ = strconv.Atoi(number)
	p.of, _ = strconv.Atoi(of)
	if p.number < 1 || p.number > p.of || p.of > mostShards {
		return shard{}, usage("say it like --shard 3/8", "--shard %q is not a part", s)
	}
	return p, nil
}

// has reports whether the file with this key is in the part.
func (s shard) has(key string) bool {
	if s.of == 0 {
		return true
	}
	sum := sha256.Sum256([]byte(key))
	return binary.BigEndian.Uint32(sum[:])%uint32(s.of) == uint32(s.number-1)
}

// partFile is what stands in a part's file.
type partFile struct {
	Shard int `json:"shard"`
	Of    int `json:"of"`
}

// part is what another machine made.
type part struct {
	dir    string
	root   *os.Root
	file   partFile
	images map[string]*gallery.Image // by key
	skips  map[string]gallery.Skipped
}

// finishPart writes which part this is. The pages are made of all parts.
func (r *run) finishPart(out *render.Output) (int, error) {
	gallery.SortImages(r.state.Images)
	if err := out.SaveState(r.state); err != nil {
		return 0, err
	}
	data, err := json.Marshal(partFile{r.opts.shard.number, r.opts.shard.of})
	if err != nil {
		return 0, fmt.Errorf("encoding %s: %w", partName, err)
	}
	if err := out.Write(partName, append(data, '\n')); err != nil {
		return 0, err
	}
	code := exitOK
	if r.result.Failed > 0 {
		code = exitIncomplete
	}
	r.result.Images = len(r.state.Images)
	r.result.Written = out.Written()
	r.result.Changed = out.Written() > 0
	return r.report(code)
}

// openParts reads the parts in the folders of --merge, each of which is one or
// holds some, and refuses them if one of all is missing.
func (r *run) openParts() error {
	for _, dir := range r.opts.merge {
		found, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*", partName))
		if err != nil {
			return fmt.Errorf("looking for parts in %s: %w", dir, err)
		}
		// What other machines made must not lead out of the folder that it was put into.
		found = slices.DeleteFunc(found, func(name string) bool {
			info, err := os.Lstat(filepath.Dir(name))
			return err != nil || !info.IsDir()
		})
		if _, err := os.Stat(filepath.Join(dir, partName)); err == nil {
			found = append(found, filepath.Join(dir, partName))
		}
		if len(found) == 0 {
			return fmt.Errorf("reading the parts: there is none in %s", dir)
		}
		for _, name := range found {
			p, err := openPart(filepath.Dir(name))
			if err != nil {
				return fmt.Errorf("reading the part in %s: %w", filepath.Dir(name), err)
			}
			r.parts = append(r.parts, p)
		}
	}
	if len(r.parts) == 0 {
		return nil
	}
	of, there := r.parts[0].file.Of, map[int]bool{}
	for _, p := range r.parts {
		if p.file.Of != of {
			return fmt.Errorf("%s is one of %d parts, and %s one of %d", r.parts[0].dir, of, p.dir, p.file.Of)
		}
		there[p.file.Shard] = true
	}
	for number := range of {
		if !there[number+1] {
			return &hintedError{fmt.Errorf("part %d of %d is missing", number+1, of),
				fmt.Sprintf("make it with --shard %d/%d; nothing was written", number+1, of)}
		}
	}
	return nil
}

// escapeGlob makes a folder's name match itself only.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// openPart reads the state of a part. A part may come from anywhere: only regular files in it are
// read, and no more of them than a part can have.
func openPart(dir string) (p part, err error) {
	p = part{dir: dir, images: map[string]*gallery.Image{}, skips: map[string]gallery.Skipped{}}
	if p.root, err = os.OpenRoot(dir); err != nil {
		return p, err
	}
	defer func() {
		if err != nil {
			p.root.Close()
		}
	}()
	data, err := plainfs.Read(p.root, partName, longestPartFile)
	if err != nil {
		return p, fmt.Errorf("reading %s: %w", partName, err)
	}
	if err := json.Unmarshal(data, &p.file); err != nil || p.file.Shard < 1 || p.file.Of < p.file.Shard || p.file.Of > mostShards {
		return p, fmt.Errorf("%s is not what --shard writes", partName)
	}
	state, err := gallery.Open(p.root.FS())
	if err != nil {
		return p, err
	}
	for i := range state.Images {
		for _, key := range state.Images[i].Keys {
			p.images[key] = &state.Images[i]
		}
	}
	for _, s := range state.Skipped {
		p.skips[s.Key] = s
	}
	return p, nil
}

func (r *run) closeParts() {
	for _, p := range r.parts {
		p.root.Close()
	}
}

// errWithheld is the outcome for an image of whose original another machine says so.
var errWithheld = errors.New("its original cannot be stripped, and is not published")

// fromParts takes what a task asks for from the part that made it, if one did
// and with the same settings. Else this run does the task itself, also where a
// file of the part is damaged: the site is the same then, and nobody has to find
// out which machine is to be asked again.
func (r *run) fromParts(ctx context.Context, t task) (outcome, bool) {
	if t.file == nil {
		return outcome{}, false
	}
	key := t.file.Key()
	for _, p := range r.parts {
		if s, skipped := p.skips[key]; skipped && t.image == nil && s.Entry == t.file.Entry() {
			return outcome{skipped: &s, err: &fetch.NotImageError{Type: s.Type}}, true
		}
		found := p.images[key]
		if found == nil || t.image != nil && t.image.Slug != found.Slug {
			continue
		}
		if t.image == nil && r.site.Content.Hides(found.Slug, t.file.Name) {
			return outcome{image: gallery.Tombstone(found.Slug, key)}, true
		}
		if found.Hidden {
			continue // by captions of then
		}
		if !ofItself(found) {
			continue
		}
		m := *found // another task may have the same
		if all, err := render.KeepInPlace(p.dir, &m); !all || err != nil || !r.planned(&m) || r.opts.originals && m.Original == nil && !m.IsWithheld() {
			continue
		}
		files, err := r.readFiles(ctx, p, &m)
		if ctx.Err() != nil {
			return outcome{err: ctx.Err()}, true
		}
		if err != nil {
			r.ui.Warn("the part in %s: %v; %s is made again here", p.dir, err, taskName(t))
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if err := r.maker.Write(name, files[name]); err != nil {
				return outcome{err: err}, true
			}
		}
		// The date in the part is that of the file which it saw first.
		original := fetch.Original{SHA256: m.SHA256, Type: m.Type, Bytes: m.Bytes, Modified: m.Uploaded}
		image := r.imageOf(t, original, media.Picture{
			Width: m.Width, Height: m.Height, Color: m.Color, Camera: m.Camera, Renditions: m.Renditions,
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
	return outcome{}, false
}

// ofItself reports whether a part says nothing of an image that its original would not say. What it
// lacks, or what is another's, is made here.
func ofItself(m *gallery.Image) bool {
	return media.IsPicture(m.Type) && media.Slug(m.SHA256) == m.Slug &&
		(m.Original == nil || m.Original.Path == media.OriginalPath(m.SHA256, m.Type))
}

// readFiles reads the files of an image in a part, verified, by their paths. Its errors name the file.
func (r *run) readFiles(ctx context.Context, p part, m *gallery.Image) (map[string][]byte, error) {
	// The clips come later, with the videos. What an earlier version left in a file is not taken over.
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

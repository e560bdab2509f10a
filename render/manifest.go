package render

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"firstframe/render/batch"
	"firstframe/render/gallery"
)

// manifest lists the files of a site that are made from the state. As a text it has a line for each
// file: the hash of its inputs, its size in bytes, and its path. The last line has the hash of all
// inputs, so a text that was cut is noticed.
type manifest struct {
	inputs fingerprint // of all inputs; zero if the files are not all of one run
	files  []made      // sorted by path
}

// made is a file as it was written.
type made struct {
	path   string
	inputs fingerprint // of its inputs; zero if they do not matter or are uncertain
	bytes  int64
}

// fingerprint is the start of a SHA-256.
type fingerprint [12]byte

// fingerprintOf hashes all parts together.
func fingerprintOf(parts ...[]byte) (f fingerprint) {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	copy(f[:], h.Sum(nil))
	return f
}

// byPath compares files in the order of a manifest.
func byPath(a, b made) int { return cmp.Compare(a.path, b.path) }

// file returns the file of a path, if the manifest has it.
func (m *manifest) file(path string) (made, bool) {
	i, ok := slices.BinarySearchFunc(m.files, made{path: path}, byPath)
	if !ok {
		return made{}, false
	}
	return m.files[i], true
}

// has reports whether the manifest has the file of a path.
func (m *manifest) has(path string) bool {
	_, ok := m.file(path)
	return ok
}

// hasFolder reports whether the manifest has files in a folder.
func (m *manifest) hasFolder(folder string) bool {
	i, _ := slices.BinarySearchFunc(m.files, made{path: folder + "/"}, byPath)
	return i < len(m.files) && strings.HasPrefix(m.files[i].path, folder+"/")
}

// inPlace reports whether all files are in the folder with their sizes.
func (m *manifest) inPlace(out *Output) bool {
	err := batch.Do(len(m.files), func(from, to int) error {
		for _, f := range m.files[from:to] {
			if !out.Holds(f.path, f.bytes) {
				return fs.ErrNotExist
			}
		}
		return nil
	})
	return err == nil && len(m.files) > 0
}

// encode writes the manifest as a text.
func (m *manifest) encode(w io.Writer) error {
	b := bufio.NewWriter(w)
	var line []byte
	for _, f := range m.files {
		line = append(hex.AppendEncode(line[:0], f.inputs[:]), ' ')
		line = append(strconv.AppendInt(line, f.bytes, 10), ' ')
		line = append(append(line, f.path...), '\n')
		b.Write(line) // Flush returns the error
	}
	b.Write(append(hex.AppendEncode(append(line[:0], lastLine...), m.inputs[:]), '\n'))
	return b.Flush()
}

// lastLine is the start of a manifest's last line.
const lastLine = "all "

// errNoManifest is the error for a text that is not a whole manifest.
var errNoManifest = errors.New("not a list of files")

// usualLine is about the length of an image's page in a manifest, in bytes.
const usualLine = 68

// decodeManifest reads a text of about size bytes that encode has written. It returns errNoManifest
// for any other text.
func decodeManifest(r io.Reader, size int64) (manifest, error) {
	m := manifest{files: make([]made, 0, size/usualLine)}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if sum, last := bytes.CutPrefix(lines.Bytes(), []byte(lastLine)); last {
			var ok bool
			if m.inputs, ok = parseFingerprint(sum); !ok || lines.Scan() || !slices.IsSortedFunc(m.files, byPath) {
				break
			}
			return m, nil
		}
		sum, file, _ := bytes.Cut(lines.Bytes(), []byte{' '})
		digits, path, _ := bytes.Cut(file, []byte{' '})
		inputs, ok := parseFingerprint(sum)
		size, err := strconv.ParseInt(string(digits), 10, 64)
		if !ok || err != nil || len(path) == 0 {
			break
		}
		m.files = append(m.files, made{string(path), inputs, size})
	}
	return manifest{}, cmp.Or(lines.Err(), errNoManifest)
}

// endedRun reports whether a run left this manifest at its end. It reads only the last line, which
// says so.
func endedRun(f io.ReadSeeker) bool {
	var line [len(lastLine) + 2*len(fingerprint{}) + 1]byte
	if _, err := f.Seek(-int64(len(line)), io.SeekEnd); err != nil {
		return false
	}
	if _, err := io.ReadFull(f, line[:]); err != nil {
		return false
	}
	m, err := decodeManifest(bytes.NewReader(line[:]), 0)
	return err == nil && m.inputs != fingerprint{}
}

// parseFingerprint decodes the hex digits of a fingerprint.
func parseFingerprint(digits []byte) (f fingerprint, ok bool) {
	if len(digits) != hex.EncodedLen(len(f)) {
		return f, false
	}
	_, err := hex.Decode(f[:], digits)
	return f, err == nil
}

// lastManifest returns the manifest of the last run, as it was when this run began. It is read when
// it is first needed, because until then much else is in memory.
func (o *Output) lastManifest() *manifest {
	o.looked.Do(func() {
		f, err := o.open(gallery.ManifestName)
		if err != nil {
			return
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			o.last, _ = decodeManifest(f, info.Size()) // a damaged one is empty
			o.before = o.last
		}
	})
	return &o.last
}

// lastRunEnded reports whether the last run came to its end. It does not read the whole manifest.
func (o *Output) lastRunEnded() bool {
	f, err := o.open(gallery.ManifestName)
	if err != nil {
		return false
	}
	defer f.Close()
	return endedRun(f)
}

// doubt marks the manifest before the first file changes: the site can now differ from what the
// last run has left. Only a run that ends well removes the mark. Without the mark, a killed run,
// and then a run with the settings from before, would leave a mixture of both. The manifest also
// shows checkOwnership that the folder is ours, before there is a state.
func (o *Output) doubt() error {
	m := manifest{files: slices.Clone(o.lastManifest().files)}
	for i := range m.files {
		m.files[i].inputs = fingerprint{}
	}
	o.marked = true
	return o.writeManifest(&m)
}

// writeManifest writes the manifest. It does not count as a written file, because it says nothing
// new about the site.
func (o *Output) writeManifest(m *manifest) error {
	done := func(t *temporary) error {
		if err := t.sync(); err != nil {
			return err
		}
		if err := t.file.Close(); err != nil {
			return err
		}
		return o.rename(t.name, t.serial)
	}
	_, err := o.update(gallery.ManifestName, m.encode, done, func() error { return nil })
	return o.writeError(gallery.ManifestName, err)
}

// doubtOnce calls doubt before the first file changes.
func (o *Output) doubtOnce() error {
	o.mark.Do(func() { o.markErr = o.doubt() })
	return o.markErr
}

// announce adds the files that are about to be made to the manifest, so that the next run knows
// them as ours if this one is killed. It fails if a folder that is not ours is in the place of a
// static file.
func (o *Output) announce(pages []draft, static []string) error {
	last := o.lastManifest()
	var fresh []made
	for _, p := range pages {
		if !last.has(p.path) {
			fresh = append(fresh, made{path: p.path})
		}
	}
	for _, name := range static {
		// To put the file there would remove the folder with everything in it.
		if info, err := o.root.Lstat(filepath.FromSlash(name)); err == nil && info.IsDir() && !last.hasFolder(name) {
			return fmt.Errorf("%s is a folder that firstframe did not make, so the static file of this name cannot be there: rename one of them",
				filepath.Join(o.dir, filepath.FromSlash(name)))
		}
		if !last.has(name) {
			fresh = append(fresh, made{path: name})
		}
	}
	if len(fresh) > 0 {
		last.files = slices.Concat(last.files, fresh)
		slices.SortFunc(last.files, byPath)
	}
	return o.doubt()
}

// isMadeOf reports whether the last run made the site of these inputs, and all its files are still
// in place.
func (o *Output) isMadeOf(in inputs) bool {
	last := o.lastManifest()
	return last.inputs == in.all && last.inPlace(o) && o.hasSum(gallery.StateName, in.state) && o.hasSum(gallery.BackupName, in.state)
}

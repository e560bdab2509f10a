package render

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strconv"

	"firstframe/render/batch"
	"firstframe/render/gallery"
)

// manifest remembers the files of the site that are made from the state. As a
// text it has a line for each: the hash of what it was made of, its size in bytes,
// and its path. The last line has the hash of everything that they depend on, so
// that a text which was cut is known to be.
type manifest struct {
	inputs fingerprint // of everything; zero where not all files are of one run
	files  []made      // by path
}

// made is a file as it was written.
type made struct {
	path   string
	inputs fingerprint // of what it was made of; zero where that is of no use, or not certain
	bytes  int64
}

// fingerprint is the beginning of a SHA-256.
type fingerprint [12]byte

func fingerprintOf(parts ...[]byte) (f fingerprint) {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	copy(f[:], h.Sum(nil))
	return f
}

// byPath puts files in the order in which a manifest has them.
func byPath(a, b made) int { return cmp.Compare(a.path, b.path) }

// file returns a file, if the manifest has it.
func (m *manifest) file(path string) (made, bool) {
	i, ok := slices.BinarySearchFunc(m.files, made{path: path}, byPath)
	if !ok {
		return made{}, false
	}
	return m.files[i], true
}

func (m *manifest) has(path string) bool {
	_, ok := m.file(path)
	return ok
}

// inPlace reports whether all files are there, as long as they were.
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

// encode writes the manifest's text.
func (m *manifest) encode(w io.Writer) error {
	b := bufio.NewWriter(w)
	var line []byte
	for _, f := range m.files {
		line = append(hex.AppendEncode(line[:0], f.inputs[:]), ' ')
		line = append(strconv.AppendInt(line, f.bytes, 10), ' ')
		line = append(append(line, f.path...), '\n')
		b.Write(line) // the error is that of Flush
	}
	b.Write(append(hex.AppendEncode(append(line[:0], lastLine...), m.inputs[:]), '\n'))
	return b.Flush()
}

// lastLine is what the last line of a manifest begins with.
const lastLine = "all "

// errNoManifest is the answer to a text that is not a manifest, or not all of one.
var errNoManifest = errors.New("not a list of files")

// usualLine is about as long as the line of an image's page, in bytes.
const usualLine = 68

// decodeManifest reads what encode wrote, of so many bytes.
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

// endedRun reports whether the manifest in a file is one that a run left at its
// end. That is what its last line says.
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

func parseFingerprint(digits []byte) (f fingerprint, ok bool) {
	if len(digits) != hex.EncodedLen(len(f)) {
		return f, false
	}
	_, err := hex.Decode(f[:], digits)
	return f, err == nil
}

// lastManifest is the manifest of the last run, as it was when this one began.
// It is read when it is needed: until the first file is written there is much
// else in memory.
func (o *Output) lastManifest() *manifest {
	o.looked.Do(func() {
		f, err := o.open(gallery.ManifestName)
		if err != nil {
			return
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			o.last, _ = decodeManifest(f, info.Size()) // an empty one where it is damaged
			o.before = o.last
		}
	})
	return &o.last
}

// lastRunEnded reports whether the last run came to its end, without reading all
// of its manifest.
func (o *Output) lastRunEnded() bool {
	f, err := o.open(gallery.ManifestName)
	if err != nil {
		return false
	}
	defer f.Close()
	return endedRun(f)
}

// doubt says in the manifest, before the first file is changed, that the site
// may not be what the last run has left: only the run that ends well says that
// again. Otherwise one that is killed half-way, followed by one with the
// settings of the run before, would leave a mixture of both. It is also the mark
// by which checkOwnership knows the folder before there is a state.
func (o *Output) doubt() error {
	m := manifest{files: slices.Clone(o.lastManifest().files)}
	for i := range m.files {
		m.files[i].inputs = fingerprint{}
	}
	o.marked = true
	return o.writeManifest(&m)
}

// writeManifest writes the manifest without counting it: what it says is not about new files.
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

// doubtOnce does so before the first file is changed.
func (o *Output) doubtOnce() error {
	o.mark.Do(func() { o.markErr = o.doubt() })
	return o.markErr
}

// announce notes the pages that are about to be made, so that the next run
// knows them as ours if this one is killed.
func (o *Output) announce(pages []draft) error {
	last := o.lastManifest()
	var fresh []made
	for _, p := range pages {
		if !last.has(p.path) {
			fresh = append(fresh, made{path: p.path})
		}
	}
	if len(fresh) > 0 {
		last.files = slices.Concat(last.files, fresh)
		slices.SortFunc(last.files, byPath)
	}
	return o.doubt()
}

// isMadeOf reports whether the last run made the site of these inputs, and all
// of it is in its place.
func (o *Output) isMadeOf(in inputs) bool {
	last := o.lastManifest()
	return last.inputs == in.all && last.inPlace(o) && o.hasSum(gallery.StateName, in.state) && o.hasSum(gallery.BackupName, in.state)
}

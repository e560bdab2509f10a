package gallery

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unique"

	"firstframe/render/batch"
	"firstframe/render/media"
	"firstframe/render/plainfs"
)

// ErrNewerState is the error for a state that a newer firstframe has written.
var ErrNewerState = errors.New("written by a newer firstframe")

// errDamaged is the error for a state whose bytes have changed since they were written.
var errDamaged = errors.New("damaged")

// Decode reads what Encode has written. It returns ErrNewerState for a newer version of the format,
// and an error for anything else.
func Decode(data []byte) (*State, error) {
	return readState(bytes.NewReader(data), len(data))
}

// openState reads the state in a file.
func openState(dir fs.FS, name string) (*State, error) {
	f, size, err := openFile(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readState(f, int(min(size, MaxState+1)))
}

// openFile opens a regular file, and returns its size in bytes. It returns ErrNotRegular for
// anything else. dir must make sure that no link is followed: see plainfs.Dir.
func openFile(dir fs.FS, name string) (f fs.File, size int64, err error) {
	if f, err = dir.Open(name); err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = plainfs.ErrNotRegular
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// readState reads a state of size bytes. Only a few of them are in memory at a time.
func readState(r io.Reader, size int) (*State, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	if head, _ := buffered.Peek(headSize); isNewer(head) {
		return nil, ErrNewerState
	}
	if size > MaxState {
		return nil, errDamaged
	}
	s, l := &State{Version: stateVersion}, &stateLines{r: buffered, size: size, sum: sha256.New()}
	if s.readFrom(l) {
		return s, nil
	}
	return nil, cmp.Or(l.err, errDamaged)
}

// headSize is how many bytes at the start of a state contain its version.
const headSize = 64

// versionForm matches the start of a state.
var versionForm = regexp.MustCompile(`^\s*{\s*"version"\s*:\s*([0-9]+)\s*[,}]`)

// isNewer reports whether a state begins like one of a newer version. Such a state can have other
// lines and another checksum, but the version comes first.
func isNewer(head []byte) bool {
	match := versionForm.FindSubmatch(head)
	if match == nil {
		return false
	}
	version, err := strconv.Atoi(string(match[1]))
	return err != nil || version > stateVersion
}

// readFrom reads the lines that Encode has written. It returns false if a line differs from what
// Encode writes.
func (s *State) readFrom(l *stateLines) bool {
	// Version 1 is the same without settings, version 2 without AVIF, and version 3 without origins.
	first := string(l.next())
	if !slices.Contains([]string{"{\"version\": 1,", "{\"version\": 2,", "{\"version\": 3,", fmt.Sprintf("{\"version\": %d,", stateVersion)}, first) {
		return false
	}
	line := l.next()
	if s.Demo = string(line) == demoLine; s.Demo {
		line = l.next()
	}
	if s.Filmed = string(line) == filmedLine; s.Filmed {
		line = l.next()
	}
	if origin, given := readOrigin(line); given {
		s.Origin, line = origin, l.next()
	}
	if s.Settings = readSettings(line); s.Settings != nil {
		line = l.next()
	}
	var ok bool
	if s.Images, ok = readList[Image](l, line, "\"images\": [", maxImages); !ok {
		return false
	}
	if s.Skipped, ok = readList[Skipped](l, l.next(), "\"skipped\": [", maxSkips); !ok {
		return false
	}
	sum := l.sum.Sum(nil)
	checksum := "\n" + string(l.next())
	s.Images = mergeDuplicates(s.Images)
	return checksum == checksumLead+hex.EncodeToString(sum)+"\"}" && l.next() == nil && l.read == l.size
}

// readOrigin returns the origin in a line of a state, and whether there is one in it.
func readOrigin(line []byte) (media.Origin, bool) {
	text, given := bytes.CutPrefix(line, []byte(originLead))
	if !given {
		return media.Origin{}, false
	}
	return parseOrigin(bytes.TrimRight(text, ",\r\n")), true
}

// parseOrigin parses an origin. One that no run writes is dropped, because pages show it.
func parseOrigin(text []byte) (origin media.Origin) {
	if len(text) > maxSettingsLine || json.Unmarshal(text, &origin) != nil || origin.Address() == "" {
		return media.Origin{}
	}
	return origin
}

// readSettings returns the settings in a line of a state, or nil if there are none in it. They are
// shown in messages, so they are left out if they are too long for that.
func readSettings(line []byte) map[string]string {
	text, ok := bytes.CutPrefix(bytes.TrimRight(line, ",\r\n"), []byte(settingsLead))
	if !ok || len(text) > maxSettingsLine {
		return nil
	}
	settings := map[string]string{}
	if err := json.Unmarshal(text, &settings); err != nil {
		return nil
	}
	return settings
}

// stateLines are the lines of a state.
type stateLines struct {
	r     *bufio.Reader
	text  []byte // the bytes of the lines in use
	size  int    // bytes of all lines
	read  int    // bytes that were read so far
	parts int    // parts of all images so far; see Image.parts
	err   error  // why reading failed; nil at the end
	sum   interface {
		io.Writer
		Sum([]byte) []byte
	} // the hash of what was read, without the final line break
}

// next returns a line without its line break, or nil if there is none or it is too long. The line
// is valid until release.
func (l *stateLines) next() []byte {
	if l.read > 0 {
		l.sum.Write([]byte{'\n'})
	}
	start := len(l.text)
	for {
		part, err := l.r.ReadSlice('\n')
		l.text = append(l.text, part...)
		if err == nil {
			break
		}
		if err != bufio.ErrBufferFull && err != io.EOF {
			l.err = err
		}
		if err != bufio.ErrBufferFull || len(l.text)-start > maxStateLine {
			return nil
		}
	}
	line := l.text[start:]
	l.read += len(line)
	line = line[:len(line)-1]
	l.sum.Write(line)
	return line
}

// release gives the memory of all lines so far to the next ones.
func (l *stateLines) release() { l.text = l.text[:0] }

// readList reads a list with an item on each line, several at once. line is its first line and must
// be lead. It returns false if there are more than most items, or more than maxParts parts in all
// items.
func readList[T any, P interface {
	*T
	read(line []byte) error
	parts() int
}](l *stateLines, line []byte, lead string, most int) ([]T, bool) {
	items := []T{}
	if string(line) == lead+"]," {
		return items, true
	}
	if string(line) != lead {
		return nil, false
	}
	lines := make([][]byte, 0, runtime.GOMAXPROCS(0)*batch.Size)
	for last := false; !last; {
		began := l.read
		l.release()
		for lines = lines[:0]; len(lines) < cap(lines) && len(l.text) < linesAtOnce && !last; {
			line := l.next()
			if line == nil {
				return nil, false
			}
			item, ends := bytes.CutSuffix(line, []byte("],"))
			last = ends
			lines = append(lines, bytes.TrimSuffix(item, []byte(",")))
		}
		from := len(items)
		if !last && from == 0 {
			// A list that grows bit by bit is copied again and again. The newest images can have
			// longer lines than the others, so a few more are expected: without them, the end of
			// the list would copy it once more.
			n := len(lines) * (l.size - began) / (l.read - began)
			items = slices.Grow(items, min(n+n/32, l.size/shortestItem))
		}
		if from+len(lines) > most {
			return nil, false
		}
		items = slices.Grow(items, len(lines))[:from+len(lines)]
		err := batch.Do(len(lines), func(start, end int) error {
			for i := start; i < end; i++ {
				if err := P(&items[from+i]).read(lines[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, false
		}
		for i := range items[from:] {
			l.parts += P(&items[from+i]).parts()
		}
		if l.parts > maxParts {
			return nil, false
		}
	}
	return items, true
}

// shortestItem is about the length of the shortest line, in bytes. It is the line of a hidden image
// without a key.
const shortestItem = 40

// linesAtOnce is how many bytes of lines are read before they are decoded.
const linesAtOnce = 4 << 20

// plausible reports whether a run can have written a line. A line of empty objects and texts would
// become many times as large in memory. A run writes at least 30 bytes for each object or list, and
// at least ten bytes for each value, except for some short tags.
func plausible(line []byte) bool {
	opening, commas := 16+len(line)/16, 2*MaxTags+50+len(line)/8
	if bytes.Count(line, []byte{'{'})+bytes.Count(line, []byte{'['}) > opening || bytes.Count(line, []byte{','}) > commas {
		// They can also be in the texts.
		inText := false
		for i := 0; i < len(line); i++ {
			switch c := line[i]; {
			case inText && c == '\\':
				i++
			case c == '"':
				inText = !inText
			case !inText && (c == '{' || c == '['):
				opening--
			case !inText && c == ',':
				commas--
			}
		}
		if opening < 0 || commas < 0 {
			return false
		}
	}
	return utf8.Valid(line) // JSON decoding replaces an invalid byte by three bytes
}

// read reads the line of a file that is not an image.
func (s *Skipped) read(line []byte) error {
	if !plausible(line) {
		return errDamaged
	}
	return json.Unmarshal(line, s)
}

// parts returns 0: a skipped file has no parts.
func (s *Skipped) parts() int { return 0 }

// read reads the line of an image, and checks it. Values that many images share are kept once.
func (m *Image) read(line []byte) error {
	// A list that grows bit by bit takes more than twice the memory.
	if n := bytes.Count(line, []byte(`{"path":"media/`)); n > 0 {
		m.Renditions = make(media.Renditions, 0, min(n, maxRenditions))
	}
	if !plausible(line) {
		return errDamaged
	}
	if err := json.Unmarshal(line, m); err != nil {
		return err
	}
	if !m.Valid() || !m.bounded() {
		return errDamaged
	}
	m.reduce()
	for _, common := range []*string{&m.Type, &m.Source, &m.Scene, &m.Status, &m.Account} {
		if *common != "" {
			*common = unique.Make(*common).Value()
		}
	}
	if strings.HasPrefix(m.SHA256, m.Slug) {
		m.Slug = media.Slug(m.SHA256)
	}
	return nil
}

// reduce drops what earlier versions kept and nobody needs. Of a hidden image, only a tombstone
// stays. Times lose their minutes.
func (m *Image) reduce() {
	if m.Hidden {
		m.Bury(m.Keys)
		return
	}
	m.Uploaded = m.Uploaded.UTC().Truncate(time.Hour)
	for i := range m.Videos {
		m.Videos[i].Created = m.Videos[i].Created.UTC().Truncate(time.Hour)
	}
	if c := m.Camera; c != nil {
		c.Taken, _, _ = strings.Cut(c.Taken, "T")
	}
}

// IsColor reports whether s has the form "#rrggbb".
func IsColor(s string) bool { return len(s) == 7 && s[0] == '#' && media.IsHex(s[1:]) }

// Valid reports whether every field that becomes a path or markup has its form, and names no other
// image's files. A state can come from anywhere.
func (m *Image) Valid() bool {
	if !media.IsSlug(m.Slug) || m.SHA256 != "" && (len(m.SHA256) != 64 || !media.IsHex(m.SHA256) || media.Slug(m.SHA256) != m.Slug) {
		return false
	}
	if m.Hidden {
		return true
	}
	if m.Width < 1 || m.Height < 1 || m.Color != "" && !IsColor(m.Color) || m.Tints != "" && !media.IsTints(m.Tints) {
		return false
	}
	for _, r := range m.Renditions {
		if !r.Valid() || !m.owns(r.Path) {
			return false
		}
	}
	for _, v := range m.Videos {
		if v.Clip != nil && !v.Clip.Valid() {
			return false
		}
	}
	if m.Original == nil {
		return true
	}
	name, _ := media.ParseName(m.Original.Path)
	return name.IsOriginal() && name.Slug == m.Slug
}

// owns reports whether a file in media/ belongs to the image according to its name.
func (m *Image) owns(name string) bool {
	parsed, ok := media.ParseName(name)
	return ok && parsed.Slug == m.Slug
}

// bounded reports whether the image has no more parts than a run gives it, and no empty parts. A
// hostile state can have millions of empty parts of a few bytes each.
func (m *Image) bounded() bool {
	if len(m.Keys) > maxKeys || len(m.Renditions) > maxRenditions || len(m.Videos) > maxVideos || len(m.Tags) > MaxTags || len(m.Folders) > MaxTags {
		return false
	}
	for _, v := range m.Videos {
		if v.Key == "" || v.Clip != nil && len(v.Clip.Poster) > maxRenditions {
			return false
		}
	}
	return !slices.Contains(m.Keys, "") && !slices.Contains(m.Tags, "") && !slices.Contains(m.Folders, "")
}

// parts returns how many parts the image has that take memory.
func (m *Image) parts() int {
	n := len(m.Keys) + len(m.Renditions) + len(m.Videos) + len(m.Tags) + len(m.Folders)
	for _, v := range m.Videos {
		if v.Clip != nil {
			n += 1 + len(v.Clip.Poster)
		}
	}
	return n
}

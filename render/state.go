package render

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"io/fs"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unique"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/errgroup"
)

// StateName is the file that holds the state, at the root of the site.
const StateName = "gallery.json"

// backupName holds the same bytes as the state: a damaged file is replaced by
// the other one. Its name has a dot, so that it stays out of a published site.
const backupName = ".firstframe-gallery.json"

// stateVersion is the version of the state's format that this program reads
// and writes.
const stateVersion = 1

// State is what the last run published, and the public data of the gallery.
// It holds nothing private: a file of a listing is known by a hash of its id.
type State struct {
	Version int     `json:"version"`
	Demo    bool    `json:"demo,omitempty"` // made of the demo's pictures
	Images  []Image `json:"images"`         // newest first, see SortImages

	// Filmed says that videos were made from images that are not here, because they were removed or
	// never came: else the images tell.
	Filmed bool `json:"filmed,omitempty"`

	// Skipped are the files that turned out to be no images, so that they are
	// not downloaded again by every run. By key.
	Skipped []Skipped `json:"skipped"`

	InPieces bool `json:"-"` // it is what was left of a damaged one, and may lack images
}

// Skipped is a file or a video of a listing that was not what it should be, or a
// cover that could not be downloaded: it has a key of its own, and no known type. An
// older version has written no more than Key and Type.
type Skipped struct {
	Key   string `json:"key"`
	Type  string `json:"type"`            // what it is: a media type
	Tries int    `json:"tries,omitempty"` // how often it was that
	Next  string `json:"next,omitempty"`  // the day in UTC on which it is tried again, like 2026-11-24
	Entry string `json:"entry,omitempty"` // a hash of what the listing said of it
}

// Image is an entry of the gallery.
type Image struct {
	Slug string `json:"slug"`

	// Keys are the hashes of the ids of the files that the image came from: the
	// same bytes uploaded twice are one image. The first is the file whose name
	// and date are shown, the others are sorted.
	Keys []string `json:"keys"`

	Name     string    `json:"name,omitempty"` // of the file, as it was uploaded
	Type     string    `json:"type"`           // media type of the original
	Width    int       `json:"width"`          // of the original, upright, in pixels
	Height   int       `json:"height"`
	Bytes    int64     `json:"bytes"` // of the original
	SHA256   string    `json:"sha256"`
	Uploaded time.Time `json:"uploaded"` // to the hour, by which images are sorted; only the day is shown
	Listed   bool      `json:"listed"`   // by the service, on the last run
	Source   string    `json:"source"`   // the listing that it came from
	Scene    string    `json:"scene,omitempty"`
	Status   string    `json:"status,omitempty"`
	Account  string    `json:"account,omitempty"` // the owner's label for it, never its id
	Color    string    `json:"color"`             // "#rrggbb", for the placeholder
	Camera   *Camera   `json:"camera,omitempty"`

	Renditions []Rendition `json:"renditions"`         // by width
	Original   *Published  `json:"original,omitempty"` // nil where it is not published
	Withheld   int         `json:"withheld,omitempty"` // the version that could not strip the original; 0 for none

	// Stripped is the version of the program's rules by which all of the image's
	// media were stripped: StrippedNow, or that of an earlier program.
	Stripped int `json:"stripped,omitempty"`

	Videos []Video `json:"videos,omitempty"` // that were made from it, the newest first

	// What the owner added; taken anew from the content folder on every run.
	Title    string   `json:"title"`
	Alt      string   `json:"alt,omitempty"`
	Caption  string   `json:"caption,omitempty"` // Markdown
	Tags     []string `json:"tags,omitempty"`
	Featured bool     `json:"featured,omitempty"` // shown first
	// SourceType is what the image was made by, a code of IPTC's vocabulary, if
	// the owner said so of this one.
	SourceType string `json:"digital_source_type,omitempty"`

	// Hidden images were taken out by the owner: all that is left of them are
	// the slug and the keys, so that they do not come back, and Used.
	Hidden bool `json:"hidden,omitempty"`

	// Used says of an image that is or was hidden that a video was made from it:
	// as long as it is known that some are used, unused ones are not published.
	Used bool `json:"used,omitempty"`
}

// Video is a video that was made from an image.
type Video struct {
	Key     string    `json:"key"` // hash of its id
	Status  string    `json:"status"`
	Created time.Time `json:"created,omitzero"`
	Prompt  string    `json:"prompt,omitempty"` // only where prompts are published
	Clip    *Clip     `json:"clip,omitempty"`   // only where clips are published
	// Withheld is the version that could not strip the clip, 0 for none.
	Withheld int `json:"withheld,omitempty"`
}

// Clip is a finished video that is published.
type Clip struct {
	Published
	Width   int         `json:"width"` // in pixels
	Height  int         `json:"height"`
	Seconds float64     `json:"seconds"`
	Poster  []Rendition `json:"poster,omitempty"` // of its cover, by width
}

// SortVideos puts the newest first.
func SortVideos(videos []Video) {
	slices.SortFunc(videos, func(a, b Video) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.Key, b.Key))
	})
}

// MergeVideos takes over what a listing says of the videos of m. Those that it
// does not list any more stay, as images do. A clip stays with its video. Of
// more than maxVideos the newest are kept, and of the prompts those of the
// newest.
func (m *Image) MergeVideos(listed []Video) {
	at := map[string]int{}
	for i, v := range m.Videos {
		at[v.Key] = i
	}
	for _, v := range listed {
		i, known := at[v.Key]
		if !known {
			at[v.Key] = len(m.Videos)
			m.Videos = append(m.Videos, v)
			continue
		}
		v.Clip, v.Withheld = cmp.Or(v.Clip, m.Videos[i].Clip), cmp.Or(v.Withheld, m.Videos[i].Withheld)
		if v.Created.IsZero() {
			v.Created = m.Videos[i].Created
		}
		m.Videos[i] = v
	}
	SortVideos(m.Videos)
	m.Videos = m.Videos[:min(len(m.Videos), maxVideos)]
	prompts := 0
	for i := range m.Videos {
		v := &m.Videos[i]
		if prompts += len(v.Prompt); prompts > maxPrompts {
			v.Prompt = ""
		}
	}
}

// Prompt is the prompt of the newest video that has one, or "".
func (m *Image) Prompt() string {
	for _, v := range m.Videos {
		if v.Prompt != "" {
			return v.Prompt
		}
	}
	return ""
}

// Tombstone is what is kept of an image that its owner has hidden: no more
// than it takes to know it when it is listed again. Of an image of which only
// the pictures were left, that is the slug alone.
func Tombstone(slug string, keys ...string) *Image {
	return &Image{Slug: slug, Keys: append([]string{}, keys...), Renditions: []Rendition{}, Hidden: true}
}

// bury makes m a tombstone with these keys.
func (m *Image) bury(keys []string) {
	used := m.WasUsed()
	*m = *Tombstone(m.Slug, keys...)
	m.Used = used
}

// WasUsed reports whether a video is known that was made from the image.
func (m *Image) WasUsed() bool { return m.Used || len(m.Videos) > 0 }

// Merge takes over from n, the same bytes, how its renditions were made. If n
// is of another file, its keys are added, and its name and date win if it was
// uploaded earlier: which of the two was met first must not matter. If one of
// them is hidden, so is the image.
func (m *Image) Merge(n Image) {
	if m.Hidden || n.Hidden {
		m.Used = m.WasUsed() || n.WasUsed()
		m.bury(uniqueKeys(slices.Concat(m.Keys, n.Keys)))
		return
	}
	first, second := *m, n
	if len(m.Keys) == 0 || len(n.Keys) > 0 && n.before(m) {
		first, second = n, *m
	}
	made, stripped := n, min(m.Stripped, n.Stripped) // of which are the clips
	*m = first
	m.Stripped = stripped
	m.Keys = uniqueKeys(slices.Concat(first.Keys, second.Keys))
	m.Listed = first.Listed || second.Listed
	m.Used = first.Used || second.Used
	if second.Source != "" {
		m.Source = min(first.Source, second.Source) // "files" before "videos", which has no names
	}
	m.MergeVideos(second.Videos)
	m.Type, m.Width, m.Height, m.Bytes, m.SHA256 = made.Type, made.Width, made.Height, made.Bytes, made.SHA256
	m.Color, m.Camera, m.Renditions, m.Original, m.Withheld = made.Color, made.Camera, made.Renditions, made.Original, made.Withheld
}

// before reports whether m's file comes first, by date and then by key.
func (m *Image) before(n *Image) bool {
	return cmp.Or(m.Uploaded.Compare(n.Uploaded), cmp.Compare(m.Keys[0], n.Keys[0])) < 0
}

// uniqueKeys leaves the first key in its place and sorts the others. A file
// whose key is beyond maxKeys is downloaded again by each run, and known by its
// bytes.
func uniqueKeys(keys []string) []string {
	if len(keys) == 0 {
		return nil
	}
	rest := slices.Clone(keys[1:])
	slices.Sort(rest)
	rest = slices.DeleteFunc(slices.Compact(rest), func(k string) bool { return k == keys[0] })
	return append([]string{keys[0]}, rest[:min(len(rest), maxKeys-1)]...)
}

// SortImages puts the newest first; of one hour, which is all that is known
// of most, by slug: the order must not depend on the listing's.
func SortImages(images []Image) {
	slices.SortFunc(images, func(a, b Image) int {
		return cmp.Or(b.Uploaded.Compare(a.Uploaded), cmp.Compare(a.Slug, b.Slug))
	})
}

// ErrNewerState is the answer to a state that a newer firstframe has written.
var ErrNewerState = errors.New("written by a newer firstframe")

// errDamaged is the answer to a state whose bytes are not those written.
var errDamaged = errors.New("damaged")

// checksumLead begins the last line of the state. The line is written by hand
// so that it covers all bytes before it.
const checksumLead = "\n\"checksum\": \"sha256:"

// What follows the first line of a state where it applies.
const (
	demoLine   = `"demo": true,`
	filmedLine = `"filmed": true,`
)

// Encode returns the state's bytes: an image on each line, so that a version
// control system shows what changed, and a checksum at the end.
func (s *State) Encode() ([]byte, error) {
	var b bytes.Buffer
	if _, err := s.writeTo(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// ErrStateTooLarge is the answer to a state that the next run would not read.
var ErrStateTooLarge = errors.New("the gallery is too large")

// writeTo writes the state's bytes, and returns their hash. They are never in
// memory together. A state beyond the limits is an error.
func (s *State) writeTo(w io.Writer) ([]byte, error) {
	parts := 0
	for i := range s.Images {
		parts += s.Images[i].parts()
	}
	if len(s.Images) > maxImages || len(s.Skipped) > maxSkips || parts > maxParts {
		return nil, fmt.Errorf("%w: it has more than %s images, %s other files, or %s keys, renditions, videos and tags",
			ErrStateTooLarge, humanize.Comma(maxImages), humanize.Comma(maxSkips), humanize.Comma(maxParts))
	}
	var size byteCount
	all, sum := sha256.New(), sha256.New()
	both := io.MultiWriter(w, all, sum, &size)
	head := fmt.Sprintf("{\"version\": %d,", stateVersion)
	if s.Demo {
		head += "\n" + demoLine
	}
	if s.Filmed {
		head += "\n" + filmedLine
	}
	err := writeText(both, head+"\n\"images\": [", nil)
	err = encodeLines(both, s.Images, err)
	err = writeText(both, "],\n\"skipped\": [", err)
	err = encodeLines(both, s.Skipped, err)
	err = writeText(both, "],", err)
	err = writeText(io.MultiWriter(w, all), checksumLead+hex.EncodeToString(sum.Sum(nil))+"\"}\n", err)
	if err == nil && size > MaxState {
		err = fmt.Errorf("%w: %s would have more than %s", ErrStateTooLarge, StateName, humanize.IBytes(MaxState))
	}
	if err != nil {
		return nil, fmt.Errorf("encoding the state: %w", err)
	}
	return all.Sum(nil), nil
}

// byteCount counts the bytes that are written to it.
type byteCount int64

func (n *byteCount) Write(p []byte) (int, error) {
	*n += byteCount(len(p))
	return len(p), nil
}

// writeText writes a text, unless there was an error before.
func writeText(w io.Writer, text string, err error) error {
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	return err
}

// encodeLines writes the items in JSON, each on a line, unless there was an
// error before.
func encodeLines[T any](w io.Writer, items []T, err error) error {
	// As many parts at once as there are processors, and no more: they are
	// waiting in memory until those before them are written.
	parts := make([]bytes.Buffer, runtime.GOMAXPROCS(0))
	for start := 0; start < len(items) && err == nil; start += len(parts) * partSize {
		now := items[start:min(start+len(parts)*partSize, len(items))]
		err = inParts(len(now), func(from, to int) error {
			b := &parts[from/partSize]
			b.Reset()
			for i := from; i < to; i++ {
				if start+i > 0 {
					b.WriteByte(',')
				}
				b.WriteByte('\n')
				before := b.Len()
				if err := json.NewEncoder(b).Encode(&now[i]); err != nil {
					return err
				}
				if b.Len()-before > maxStateLine {
					return fmt.Errorf("%w: one of the images would take more than %s in it", ErrStateTooLarge, humanize.IBytes(maxStateLine))
				}
				b.Truncate(b.Len() - 1) // Encode ends the line
			}
			return nil
		})
		for i := range parts {
			if err == nil && i*partSize < len(now) {
				_, err = w.Write(parts[i].Bytes())
			}
		}
	}
	return err
}

// partSize is how many items a goroutine takes at a time.
const partSize = 256

// inParts does n items in parts of partSize, as many at once as there are
// processors. It returns the error of one of the parts.
func inParts(n int, do func(from, to int) error) error {
	if n <= partSize {
		return do(0, n)
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < n; from += partSize {
		group.Go(func() error { return do(from, min(from+partSize, n)) })
	}
	return group.Wait()
}

// decodeState reads what Encode wrote. It returns errDamaged for anything else,
// and ErrNewerState for a later version of the format.
func decodeState(data []byte) (*State, error) {
	return readState(bytes.NewReader(data), len(data))
}

// openState reads the state in a file.
func openState(dir fs.FS, name string) (*State, error) {
	info, err := lstatRegular(dir, name)
	if err != nil {
		return nil, err
	}
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readState(f, int(min(info.Size(), MaxState+1)))
}

// readState reads a state of so many bytes. Few of them are in memory at a time.
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

// headSize is how many bytes of a state are looked at for its version.
const headSize = 64

var versionForm = regexp.MustCompile(`^\s*{\s*"version"\s*:\s*([0-9]+)\s*[,}]`)

// isNewer reports whether a state begins as one of a newer version does. It can
// have other lines and another checksum, but it says its version first.
func isNewer(head []byte) bool {
	match := versionForm.FindSubmatch(head)
	if match == nil {
		return false
	}
	version, err := strconv.Atoi(string(match[1]))
	return err != nil || version > stateVersion
}

// readFrom reads the lines that Encode wrote, and reports whether they are those.
func (s *State) readFrom(l *stateLines) bool {
	if string(l.next()) != fmt.Sprintf("{\"version\": %d,", stateVersion) {
		return false
	}
	line := l.next()
	if s.Demo = string(line) == demoLine; s.Demo {
		line = l.next()
	}
	if s.Filmed = string(line) == filmedLine; s.Filmed {
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

// mergeDuplicates makes images of one slug one image. No run writes such a state, but with one every
// run would write the page of the one and of the other.
func mergeDuplicates(images []Image) []Image {
	if !hasDuplicates(images) {
		return images
	}
	at := map[string]int{}
	var merged []Image
	for _, m := range images {
		i, known := at[m.Slug]
		if !known {
			at[m.Slug] = len(merged)
			merged = append(merged, m)
			continue
		}
		one, other := merged[i], m
		// What the owner has hidden stays hidden. Otherwise the one with more renditions tells what was made.
		if other.Hidden && !one.Hidden || other.Hidden == one.Hidden && len(other.Renditions) <= len(one.Renditions) {
			one, other = other, one
		}
		one.Merge(other)
		merged[i] = one
	}
	return merged
}

func hasDuplicates(images []Image) bool {
	slugs := make([]uint64, len(images)) // a third of what the strings take, and faster
	for i := range images {
		slugs[i], _ = strconv.ParseUint(images[i].Slug, 16, 64) // valid has seen to the form
	}
	slices.Sort(slugs)
	return len(slices.Compact(slugs)) < len(images)
}

// stateLines are the lines of a state.
type stateLines struct {
	r     *bufio.Reader
	text  []byte // of the lines that are in use
	size  int    // of all of them, in bytes
	read  int    // of these
	parts int    // of all images so far; see Image.parts
	err   error  // why nothing more could be read, unless it is the end
	sum   interface {
		io.Writer
		Sum([]byte) []byte
	} // of what was read, without the break at its end
}

// next returns a line without its break, or nil where there is none, or where
// it is too long. It stays as it is until the lines are released.
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

// release gives the memory of all lines so far to those that come next.
func (l *stateLines) release() { l.text = l.text[:0] }

// readList reads a list that begins with a line, an item on each line, several
// at once. It gives up when there are more items than most, or more parts of
// them all than maxParts.
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
	lines := make([][]byte, 0, runtime.GOMAXPROCS(0)*partSize)
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
			// Grown bit by bit it would be copied again and again. The newest
			// may be longer than the others: without some more there would be
			// two of the list at its end.
			n := len(lines) * (l.size - began) / (l.read - began)
			items = slices.Grow(items, min(n+n/32, l.size/shortestItem))
		}
		if from+len(lines) > most {
			return nil, false
		}
		items = slices.Grow(items, len(lines))[:from+len(lines)]
		err := inParts(len(lines), func(start, end int) error {
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

// shortestItem is about as long as the line of a hidden image without a key.
const shortestItem = 40

// linesAtOnce is how many bytes of lines are read before they are decoded.
const linesAtOnce = 4 << 20

// plausible reports whether a line can be one that a run has written. A line
// of empty objects and texts would become many times as much in memory. In one
// that a run writes an object or a list has 30 bytes or more, and a value ten,
// but for some short tags.
func plausible(line []byte) bool {
	opening, commas := 16+len(line)/16, maxTags+50+len(line)/8
	if bytes.Count(line, []byte{'{'})+bytes.Count(line, []byte{'['}) > opening || bytes.Count(line, []byte{','}) > commas {
		// They can be in the texts.
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
	return utf8.Valid(line) // else each wrong byte would become three
}

// read reads the line of a file that is no image.
func (s *Skipped) read(line []byte) error {
	if !plausible(line) {
		return errDamaged
	}
	return json.Unmarshal(line, s)
}

func (s *Skipped) parts() int { return 0 }

// read reads the line of an image, and checks it. What many images have in
// common is kept once.
func (m *Image) read(line []byte) error {
	// Grown bit by bit they would take more than twice as much.
	if n := bytes.Count(line, []byte(`{"path":"media/`)); n > 0 {
		m.Renditions = make([]Rendition, 0, min(n, maxRenditions))
	}
	if !plausible(line) {
		return errDamaged
	}
	if err := json.Unmarshal(line, m); err != nil {
		return err
	}
	if !m.valid() || !m.bounded() {
		return errDamaged
	}
	m.reduce()
	for _, common := range []*string{&m.Type, &m.Source, &m.Scene, &m.Status, &m.Account} {
		if *common != "" {
			*common = unique.Make(*common).Value()
		}
	}
	if strings.HasPrefix(m.SHA256, m.Slug) {
		m.Slug = Slug(m.SHA256)
	}
	return nil
}

// reduce drops what earlier versions kept and nobody needs: all but the slug
// and the keys of a hidden image, and the minute at which something was made.
func (m *Image) reduce() {
	if m.Hidden {
		m.bury(m.Keys)
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

var (
	clipForm  = regexp.MustCompile(`^media/[0-9a-f]{16}-[0-9a-f]+\.mp4$`)
	filedForm = regexp.MustCompile(`^media/[0-9a-f]{16}-[0-9a-f]+\.(jpg|png|gif|webp)$`)
)

// What every image has is checked without regular expressions: they took as
// long as decoding.

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

func isSlug(s string) bool { return len(s) == 16 && isHex(s) }

// isColor reports whether s is of the form "#rrggbb".
func isColor(s string) bool { return len(s) == 7 && s[0] == '#' && isHex(s[1:]) }

// renditionName takes the name of a rendition apart: media/SLUG-WIDTH-KEY.jpg.
func renditionName(name string) (slug, width string, ok bool) {
	name, isMedia := strings.CutPrefix(name, "media/")
	name, isJPEG := strings.CutSuffix(name, ".jpg")
	slug, rest, _ := strings.Cut(name, "-")
	width, key, _ := strings.Cut(rest, "-")
	ok = isMedia && isJPEG && isSlug(slug) && width != "" && strings.Trim(width, "0123456789") == "" && key != "" && isHex(key)
	return slug, width, ok
}

func isRendition(name string) bool {
	_, _, ok := renditionName(name)
	return ok
}

// valid reports whether every field that becomes a path or markup has its
// form, and names no other image's files: a state may come from anywhere.
func (m *Image) valid() bool {
	if !isSlug(m.Slug) || m.SHA256 != "" && (len(m.SHA256) != 64 || !isHex(m.SHA256) || Slug(m.SHA256) != m.Slug) {
		return false
	}
	if m.Hidden {
		return true
	}
	if m.Width < 1 || m.Height < 1 || m.Color != "" && !isColor(m.Color) {
		return false
	}
	for _, r := range m.Renditions {
		if !r.valid() || !m.owns(r.Path) {
			return false
		}
	}
	for _, v := range m.Videos {
		if v.Clip != nil && !v.Clip.valid() {
			return false
		}
	}
	return m.Original == nil || filedForm.MatchString(m.Original.Path) && m.owns(m.Original.Path)
}

// owns reports whether a file in media/ is one of the image's by its name.
func (m *Image) owns(name string) bool {
	slug, ok := mediaSlug(name)
	return ok && slug == m.Slug
}

// bounded reports whether the image has no more parts than a run gives it, and
// none that is empty: a state has millions of those in a few bytes each.
func (m *Image) bounded() bool {
	if len(m.Keys) > maxKeys || len(m.Renditions) > maxRenditions || len(m.Videos) > maxVideos || len(m.Tags) > maxTags {
		return false
	}
	for _, v := range m.Videos {
		if v.Key == "" || v.Clip != nil && len(v.Clip.Poster) > maxRenditions {
			return false
		}
	}
	return !slices.Contains(m.Keys, "") && !slices.Contains(m.Tags, "")
}

// parts is how many parts an image has that take memory.
func (m *Image) parts() int {
	n := len(m.Keys) + len(m.Renditions) + len(m.Videos) + len(m.Tags)
	for _, v := range m.Videos {
		if v.Clip != nil {
			n += 1 + len(v.Clip.Poster)
		}
	}
	return n
}

func (r *Rendition) valid() bool {
	_, width, ok := renditionName(r.Path)
	return ok && width == strconv.Itoa(r.Width) && r.Width > 0 && r.Height > 0 && r.Bytes > 0
}

func (c *Clip) valid() bool {
	for _, r := range c.Poster {
		if !r.valid() {
			return false
		}
	}
	return clipForm.MatchString(c.Path) && c.Bytes > 0 && c.Width > 0 && c.Height > 0
}

// pictures yields all renditions of the image: its own, and the posters of its
// clips.
func (m *Image) pictures(yield func(Rendition) bool) {
	for _, r := range m.Renditions {
		if !yield(r) {
			return
		}
	}
	for _, v := range m.Videos {
		if v.Clip == nil {
			continue
		}
		for _, r := range v.Clip.Poster {
			if !yield(r) {
				return
			}
		}
	}
}

// media yields the files in media/ that the image needs.
func (m *Image) media(yield func(Published) bool) {
	for r := range m.pictures {
		if !yield(Published{r.Path, r.Bytes, r.Sum}) {
			return
		}
	}
	if m.Original != nil && !yield(*m.Original) {
		return
	}
	for _, v := range m.Videos {
		if v.Clip != nil && !yield(v.Clip.Published) {
			return
		}
	}
}

// LoadState returns the state of the site in dir without changing anything.
// A folder without one gives an empty state. A state that is damaged, or
// missing although its copy or an index is there, is put together again: from
// the copy, else from the lines that are whole and the pictures in media/;
// repaired says that this was done. It returns ErrNewerState for the state of a
// newer version, and an error where a file cannot be read: a disk that fails
// for a moment must not cost an image.
func LoadState(dir fs.FS) (s *State, repaired bool, err error) {
	s, err = openState(dir, StateName)
	if err == nil || !canRepair(err) {
		return s, false, err
	}
	noState := errors.Is(err, fs.ErrNotExist)
	// The copy comes before the state: a restore that was killed leaves it alone.
	s, err = openState(dir, backupName)
	if err == nil || !canRepair(err) {
		return s, true, err
	}
	// Without any of the three there never was a site: a first build was killed,
	// and this is the first again.
	if noState && errors.Is(err, fs.ErrNotExist) {
		if _, noIndex := fs.Stat(dir, "index.html"); errors.Is(noIndex, fs.ErrNotExist) {
			return &State{Version: stateVersion}, false, nil
		}
	}
	s, err = salvage(dir)
	return s, true, err
}

// canRepair reports whether an error of openState says that the state is not
// what a run has written, rather than that it could not be read.
func canRepair(err error) bool {
	return errors.Is(err, errDamaged) || errors.Is(err, errNotRegular) || errors.Is(err, fs.ErrNotExist)
}

// errNotRegular is the answer to a link or a folder in a file's place.
var errNotRegular = errors.New("not a regular file")

func lstatRegular(dir fs.FS, name string) (fs.FileInfo, error) {
	info, err := fs.Lstat(dir, name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("reading %s: %w", name, errNotRegular)
	}
	return info, err
}

// OpenState returns the state of the site in dir as a run has written it. One
// that is not is an error: what other machines made can be made again, and is
// not put together.
func OpenState(dir fs.FS) (*State, error) {
	s, err := openState(dir, StateName)
	if err != nil && canRepair(err) {
		return nil, fmt.Errorf("%s is damaged", StateName)
	}
	return s, err
}

// salvage collects the images of damaged states, line by line, and then those
// of which only the pictures are left.
func salvage(dir fs.FS) (*State, error) {
	s := &State{Version: stateVersion, InPieces: true}
	known, parts := map[string]bool{}, 0
	for _, name := range []string{StateName, backupName} {
		err := eachLine(dir, name, func(line []byte) bool {
			s.Demo = s.Demo || string(bytes.TrimRight(line, "\n")) == demoLine
			s.Filmed = s.Filmed || string(bytes.TrimRight(line, "\n")) == filmedLine
			if !bytes.HasPrefix(line, []byte(`{"slug":`)) {
				return true
			}
			var m Image
			if m.read(bytes.TrimRight(line, ",]\r\n")) == nil && !known[m.Slug] {
				known[m.Slug] = true
				s.Images = append(s.Images, m)
				parts += m.parts()
			}
			return len(s.Images) < maxImages && parts < maxParts
		})
		if err != nil && !canRepair(err) {
			return nil, err
		}
	}
	images, err := imagesInMedia(dir)
	if err != nil {
		return nil, err
	}
	s.Adopt(&State{Images: images})
	SortImages(s.Images)
	return s, nil
}

// Adopt takes over the images that only another state has, and hides those that
// are hidden there. The cover of a clip looks like an image there, when nothing
// but its pictures is left.
func (s *State) Adopt(other *State) {
	at, covers := map[string]int{}, map[string]bool{}
	for i := range s.Images {
		at[s.Images[i].Slug] = i
		for r := range s.Images[i].pictures {
			slug, _ := mediaSlug(r.Path)
			covers[slug] = true
		}
	}
	for _, m := range other.Images {
		i, known := at[m.Slug]
		switch {
		case known && m.Hidden:
			s.Images[i].Merge(m)
		case !known && (m.Hidden || !covers[m.Slug]):
			s.Images = append(s.Images, m)
		}
	}
}

// eachLine calls f with each line of a file, as long as it returns true. Lines
// that are too long are left out, and so is what is behind MaxState bytes.
func eachLine(dir fs.FS, name string, f func(line []byte) bool) error {
	if _, err := lstatRegular(dir, name); err != nil {
		return err
	}
	file, err := dir.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	var line []byte
	for r := bufio.NewReaderSize(io.LimitReader(file, MaxState), 64<<10); ; {
		part, err := r.ReadSlice('\n')
		if len(line) <= maxStateLine {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case len(line) <= maxStateLine && !f(line):
			return nil
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		line = line[:0]
	}
}

// imagesInMedia makes images of the renditions in media/. Name, date and type
// are lost; the next listing brings them back, for the slug tells which image
// it is.
func imagesInMedia(dir fs.FS) ([]Image, error) {
	if info, err := fs.Stat(dir, "media"); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	entries, err := fs.ReadDir(dir, "media")
	if err != nil {
		return nil, err
	}
	_, err = fs.Stat(dir, imageFolder)
	pages := err == nil
	bySlug := map[string]*Image{}
	for _, e := range entries {
		name := path.Join("media", e.Name())
		slug, width, ok := renditionName(name)
		if !ok || !e.Type().IsRegular() {
			continue
		}
		if _, err := fs.Lstat(dir, path.Join(imageFolder, slug)); pages && errors.Is(err, fs.ErrNotExist) {
			continue // a cover of a clip
		}
		r, err := measureRendition(dir, name)
		if _, unread := errors.AsType[*fs.PathError](err); unread {
			return nil, err
		}
		if err != nil || strconv.Itoa(r.Width) != width {
			continue
		}
		m := bySlug[slug]
		if m == nil {
			m = &Image{Slug: slug, Type: "image/jpeg"}
			bySlug[slug] = m
		}
		m.Renditions = append(m.Renditions, r)
		if r.Width > m.Width {
			m.Width, m.Height = r.Width, r.Height
		}
	}
	images := make([]Image, 0, len(bySlug))
	for _, m := range bySlug {
		slices.SortFunc(m.Renditions, func(a, b Rendition) int { return cmp.Compare(a.Width, b.Width) })
		m.Renditions = slices.CompactFunc(m.Renditions, func(a, b Rendition) bool { return a.Width == b.Width })
		images = append(images, *m)
	}
	return images, nil
}

// SaveState writes the state and its copy, the copy first: whenever the run
// ends, one of the two is whole, and neither is ahead of the pages.
func (o *Output) SaveState(s *State) error {
	sum, err := s.writeTo(io.Discard)
	if err != nil {
		return err
	}
	return o.saveState(s, sum, (*temporary).placeDurably)
}

// saveState hands both files of a state whose bytes have this hash to done.
func (o *Output) saveState(s *State, sum []byte, done func(*temporary) error) error {
	if err := o.saveStateAs(backupName, s, sum, done); err != nil {
		return err
	}
	return o.saveStateAs(StateName, s, sum, done)
}

// saveStateAs does so with one of the two, unless it has these bytes.
func (o *Output) saveStateAs(name string, s *State, sum []byte, done func(*temporary) error) error {
	if o.hasSum(name, sum) {
		return nil
	}
	o.Then()
	_, err := o.putFrom(name, func(w io.Writer) error {
		_, err := s.writeTo(w)
		return err
	}, done)
	return err
}

// Extension is the file name extension of a media type that is published.
func Extension(mediaType string) string {
	if mediaType == "image/jpeg" {
		return ".jpg"
	}
	return "." + strings.TrimPrefix(mediaType, "image/")
}

// measureRendition reads a rendition's size from its header. One that was cut
// lacks the marker at its end and is an error.
func measureRendition(dir fs.FS, name string) (Rendition, error) {
	info, err := lstatRegular(dir, name)
	if err != nil {
		return Rendition{}, err
	}
	if info.Size() > maxLooked {
		return Rendition{}, fmt.Errorf("reading %s: it is too large", name)
	}
	f, err := dir.Open(name)
	if err != nil {
		return Rendition{}, err
	}
	defer f.Close()
	// It is never in memory as a whole: nobody knows what it is.
	read, sum := &ending{}, sha256.New()
	all := io.TeeReader(f, io.MultiWriter(read, sum))
	config, err := jpeg.DecodeConfig(all)
	if _, failed := io.Copy(io.Discard, all); failed != nil {
		return Rendition{}, failed
	}
	if err != nil {
		return Rendition{}, fmt.Errorf("reading %s: %w", name, err)
	}
	if !bytes.HasSuffix(read.last, []byte{0xff, 0xd9}) { // EOI, ITU T.81 B.1.1.3
		return Rendition{}, fmt.Errorf("reading %s: cut", name)
	}
	return Rendition{Path: name, Width: config.Width, Height: config.Height, Bytes: read.size, Sum: sumText(sum.Sum(nil))}, nil
}

// ending notes how much was written to it, and the last two bytes.
type ending struct {
	size int64
	last []byte
}

func (e *ending) Write(p []byte) (int, error) {
	e.size += int64(len(p))
	e.last = append(e.last, p[max(0, len(p)-2):]...)
	e.last = e.last[max(0, len(e.last)-2):]
	return len(p), nil
}

package render

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
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

	// Skipped are the files that turned out to be no images, so that they are
	// not downloaded again by every run. By key.
	Skipped []Skipped `json:"skipped"`
}

// Skipped is a file of a listing that is no image.
type Skipped struct {
	Key  string `json:"key"`
	Type string `json:"type"` // what it is: a media type
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
	Uploaded time.Time `json:"uploaded"`
	Listed   bool      `json:"listed"` // by the service, on the last run
	Source   string    `json:"source"` // the listing that it came from
	Scene    string    `json:"scene,omitempty"`
	Status   string    `json:"status,omitempty"`
	Account  string    `json:"account,omitempty"` // the owner's label for it, never its id
	Color    string    `json:"color"`             // "#rrggbb", for the placeholder
	Camera   *Camera   `json:"camera,omitempty"`

	Renditions []Rendition `json:"renditions"`         // by width
	Original   *Published  `json:"original,omitempty"` // nil where it is not published

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
	// the slug, the keys and the hash, so that they do not come back.
	Hidden bool `json:"hidden,omitempty"`
}

// Video is a video that was made from an image.
type Video struct {
	Key     string    `json:"key"` // hash of its id
	Status  string    `json:"status"`
	Created time.Time `json:"created,omitzero"`
	Prompt  string    `json:"prompt,omitempty"` // only where prompts are published
	Clip    *Clip     `json:"clip,omitempty"`   // only where clips are published
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
// does not list any more stay, as images do. A clip stays with its video.
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
		v.Clip = cmp.Or(v.Clip, m.Videos[i].Clip)
		if v.Created.IsZero() {
			v.Created = m.Videos[i].Created
		}
		m.Videos[i] = v
	}
	SortVideos(m.Videos)
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
// than it takes to know it when it is listed again.
func Tombstone(sha256 string, keys ...string) *Image {
	return &Image{Slug: Slug(sha256), SHA256: sha256, Keys: keys, Renditions: []Rendition{}, Hidden: true}
}

// Merge takes over from n, the same bytes, how its renditions were made. If n
// is of another file, its keys are added, and its name and date win if it was
// uploaded earlier: which of the two was met first must not matter.
func (m *Image) Merge(n Image) {
	keys := slices.Concat(m.Keys, n.Keys)
	if m.Hidden {
		m.Keys = uniqueKeys(keys)
		return
	}
	first, second := *m, n
	if len(m.Keys) == 0 || len(n.Keys) > 0 && n.before(m) {
		first, second = n, *m
	}
	made := n
	*m = first
	m.Keys = uniqueKeys(slices.Concat(first.Keys, second.Keys))
	m.Listed = first.Listed || second.Listed
	m.MergeVideos(second.Videos)
	m.Type, m.Width, m.Height, m.Bytes, m.SHA256 = made.Type, made.Width, made.Height, made.Bytes, made.SHA256
	m.Color, m.Camera, m.Renditions, m.Original = made.Color, made.Camera, made.Renditions, made.Original
}

// before reports whether m's file comes first, by date and then by key.
func (m *Image) before(n *Image) bool {
	return cmp.Or(m.Uploaded.Compare(n.Uploaded), cmp.Compare(m.Keys[0], n.Keys[0])) < 0
}

// uniqueKeys leaves the first key in its place and sorts the others.
func uniqueKeys(keys []string) []string {
	if len(keys) == 0 {
		return nil
	}
	rest := slices.Clone(keys[1:])
	slices.Sort(rest)
	rest = slices.DeleteFunc(slices.Compact(rest), func(k string) bool { return k == keys[0] })
	return append([]string{keys[0]}, rest...)
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

// Encode returns the state's bytes: an image on each line, so that a version
// control system shows what changed, and a checksum at the end.
func (s *State) Encode() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"version\": %d,", stateVersion)
	if s.Demo {
		b.WriteString("\n\"demo\": true,")
	}
	b.WriteString("\n\"images\": [")
	if err := encodeLines(&b, s.Images); err != nil {
		return nil, err
	}
	b.WriteString("],\n\"skipped\": [")
	if err := encodeLines(&b, s.Skipped); err != nil {
		return nil, err
	}
	b.WriteString("],")
	sum := sha256.Sum256(b.Bytes())
	b.WriteString(checksumLead + hex.EncodeToString(sum[:]) + "\"}\n")
	return b.Bytes(), nil
}

func encodeLines[T any](b *bytes.Buffer, items []T) error {
	for i, item := range items {
		line, err := json.Marshal(item)
		if err != nil {
			return fmt.Errorf("encoding the state: %w", err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(line)
	}
	return nil
}

// decodeState reads what Encode wrote. It returns errDamaged for anything else,
// and ErrNewerState for a later version of the format.
func decodeState(data []byte) (*State, error) {
	// The version comes first: a newer format may not have this checksum.
	var head struct {
		Version int `json:"version"`
	}
	if json.Unmarshal(data, &head) == nil && head.Version > stateVersion {
		return nil, ErrNewerState
	}
	at := bytes.LastIndex(data, []byte(checksumLead))
	if at < 0 {
		return nil, errDamaged
	}
	sum := sha256.Sum256(data[:at])
	if string(data[at:]) != checksumLead+hex.EncodeToString(sum[:])+"\"}\n" {
		return nil, errDamaged
	}
	s := &State{}
	if err := json.Unmarshal(data, s); err != nil || s.Version != stateVersion {
		return nil, errDamaged
	}
	for i := range s.Images {
		if !s.Images[i].valid() {
			return nil, errDamaged
		}
	}
	return s, nil
}

var (
	slugPattern = regexp.MustCompile(`^[0-9a-f]{16}$`)
	hashPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)
	colorForm   = regexp.MustCompile(`^#[0-9a-f]{6}$`)
	mediaForm   = regexp.MustCompile(`^media/([0-9a-f]{16})-([0-9]+)-[0-9a-f]+\.jpg$`)
	clipForm    = regexp.MustCompile(`^media/[0-9a-f]{16}-[0-9a-f]+\.mp4$`)
	filedForm   = regexp.MustCompile(`^media/[0-9a-f]{16}-[0-9a-f]+\.(jpg|png|gif|webp)$`)
)

// valid reports whether every field that becomes a path or markup has its
// form: a state may come from anywhere.
func (m *Image) valid() bool {
	if !slugPattern.MatchString(m.Slug) || m.SHA256 != "" && !hashPattern.MatchString(m.SHA256) {
		return false
	}
	if m.Hidden {
		return true
	}
	if m.Width < 1 || m.Height < 1 || m.Color != "" && !colorForm.MatchString(m.Color) {
		return false
	}
	for _, r := range m.Renditions {
		if !r.valid() {
			return false
		}
	}
	for _, v := range m.Videos {
		if v.Clip != nil && !v.Clip.valid() {
			return false
		}
	}
	return m.Original == nil || filedForm.MatchString(m.Original.Path)
}

func (r *Rendition) valid() bool {
	return mediaForm.MatchString(r.Path) && r.Width > 0 && r.Height > 0 && r.Bytes > 0
}

func (c *Clip) valid() bool {
	for _, r := range c.Poster {
		if !r.valid() {
			return false
		}
	}
	return clipForm.MatchString(c.Path) && c.Bytes > 0 && c.Width > 0 && c.Height > 0
}

// pictures are all renditions of the image: its own, and the posters of its
// clips.
func (m *Image) pictures() []Rendition {
	all := slices.Clone(m.Renditions)
	for _, v := range m.Videos {
		if v.Clip != nil {
			all = append(all, v.Clip.Poster...)
		}
	}
	return all
}

// files are those in media/ that the image needs.
func (m *Image) files() []Published {
	files := make([]Published, 0, 4)
	for _, r := range m.pictures() {
		files = append(files, Published{r.Path, r.Bytes, r.Sum})
	}
	if m.Original != nil {
		files = append(files, *m.Original)
	}
	for _, v := range m.Videos {
		if v.Clip != nil {
			files = append(files, v.Clip.Published)
		}
	}
	return files
}

// media yields the files in media/ that the image needs, with their sizes.
func (m *Image) media(yield func(path string, bytes int64) bool) {
	for _, f := range m.files() {
		if !yield(f.Path, f.Bytes) {
			return
		}
	}
}

// LoadState returns the state of the site in dir without changing anything.
// A folder without one gives an empty state. A damaged state is put together
// again from the copy beside it, else from the lines that are whole and the
// pictures in media/; repaired says that this was done. It returns
// ErrNewerState for the state of a newer version.
func LoadState(dir fs.FS) (s *State, repaired bool, err error) {
	data, err := readRegular(dir, StateName)
	if err == nil {
		s, err = decodeState(data)
	}
	if err == nil || errors.Is(err, ErrNewerState) {
		return s, false, err
	}
	// Without an index either there never was a site: a first build was ended
	// before its time, and this is the first again.
	if _, noIndex := fs.Stat(dir, "index.html"); errors.Is(err, fs.ErrNotExist) && errors.Is(noIndex, fs.ErrNotExist) {
		return &State{Version: stateVersion}, false, nil
	}
	backup, err := readRegular(dir, backupName)
	if err == nil {
		s, err = decodeState(backup)
	}
	if err == nil || errors.Is(err, ErrNewerState) {
		return s, true, err
	}
	return salvage(dir, data, backup), true, nil
}

func readRegular(dir fs.FS, name string) ([]byte, error) {
	info, err := fs.Lstat(dir, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading %s: not a regular file", name)
	}
	return fs.ReadFile(dir, name)
}

// salvage collects the images of damaged states, line by line, and then those
// of which only the pictures are left.
func salvage(dir fs.FS, states ...[]byte) *State {
	s := &State{Version: stateVersion}
	known := map[string]bool{}
	for _, data := range states {
		for line := range bytes.Lines(data) {
			line = bytes.TrimRight(line, ",]\r\n")
			var m Image
			if json.Unmarshal(line, &m) == nil && m.valid() && !known[m.Slug] {
				known[m.Slug] = true
				s.Images = append(s.Images, m)
			}
		}
	}
	for _, m := range imagesInMedia(dir) {
		if !known[m.Slug] {
			s.Images = append(s.Images, m)
		}
	}
	SortImages(s.Images)
	return s
}

// imagesInMedia makes images of the renditions in media/. Name, date and type
// are lost; the next listing brings them back, for the slug tells which image
// it is.
func imagesInMedia(dir fs.FS) []Image {
	entries, err := fs.ReadDir(dir, "media")
	if err != nil {
		return nil
	}
	bySlug := map[string]*Image{}
	for _, e := range entries {
		name := path.Join("media", e.Name())
		match := mediaForm.FindStringSubmatch(name)
		if match == nil || !e.Type().IsRegular() {
			continue
		}
		r, err := measureRendition(dir, name)
		if err != nil || strconv.Itoa(r.Width) != match[2] {
			continue
		}
		m := bySlug[match[1]]
		if m == nil {
			m = &Image{Slug: match[1], Type: "image/jpeg"}
			bySlug[match[1]] = m
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
	return images
}

// SaveState writes the state and its copy, the copy first: whenever the run
// ends, one of the two is whole, and neither is ahead of the pages.
func (o *Output) SaveState(s *State) error {
	data, err := s.Encode()
	if err != nil {
		return err
	}
	if err := o.WriteDurably(backupName, data); err != nil {
		return err
	}
	return o.WriteDurably(StateName, data)
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
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return Rendition{}, err
	}
	if !bytes.HasSuffix(data, []byte{0xff, 0xd9}) { // EOI, ITU T.81 B.1.1.3
		return Rendition{}, fmt.Errorf("reading %s: cut", name)
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Rendition{}, fmt.Errorf("reading %s: %w", name, err)
	}
	return Rendition{Path: name, Width: config.Width, Height: config.Height, Bytes: int64(len(data)), Sum: mediaSum(data)}, nil
}

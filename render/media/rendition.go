package media

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/color"
	"image/jpeg"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"firstframe/render/media/planar"
	"firstframe/render/media/planarjpeg"
)

// verify decodes the bytes of a rendition: they must be a JPEG of the size
// that the state names, and those that were written. The size is known before
// memory is taken for it.
func (r Rendition) Verify(data []byte) error {
	if int64(len(data)) != r.Bytes {
		return fmt.Errorf("it has %d bytes instead of %d", len(data), r.Bytes)
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("it does not decode: %w", err)
	}
	if config.Width != r.Width || config.Height != r.Height || r.Width > maxSide || r.Height > maxSide {
		return fmt.Errorf("it is %d × %d instead of %d × %d", config.Width, config.Height, r.Width, r.Height)
	}
	if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
		return fmt.Errorf("it does not decode: %w", err)
	}
	return VerifySum(r.Sum, data)
}

// pipelineVersion is part of the names of renditions. It changes whenever the
// same original and settings would make other pictures, so that a cached one
// of before is never taken for one of now.
const pipelineVersion = 4

// Rendition is one size of an image, a JPEG.
type Rendition struct {
	Path   string `json:"path"` // from the site's root, with slashes: media/<slug>-<width>-<key>.jpg
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Bytes  int64  `json:"bytes"`
	Sum    string `json:"sum,omitempty"` // of the bytes, as mediaSum makes it; empty where an older version has written them
}

// Picture is what was made of an original.
type Picture struct {
	Width, Height int    // of the original, upright
	Color         string // like #8090a0, to be shown until the picture is loaded
	Renditions    []Rendition
	Camera        *Camera // nil if the file says nothing
}

// Maker makes renditions. Its methods are safe for use by several goroutines,
// its fields must not change once one was called. The zero value, with Write
// set, has every default.
type Maker struct {
	Widths     []int         // ascending, without repetition; default 480, 960, 1920
	Quality    int           // of JPEG, 1 to 100; default 82
	Background color.NRGBA   // opaque, behind transparent pixels; the zero value is white
	MaxPixels  int           // of one original; default 64 million
	Budget     int64         // bytes of memory for the pixels of all calls together; default 1 GiB
	Timeout    time.Duration // for reading the header, and for decoding, one picture; default 60 s

	// Write writes one file of the site, atomically. It is called by several
	// goroutines at once.
	Write func(name string, data []byte) error

	// Idle takes a processor that has nothing to do, if there is one, until it is
	// released; or nil. A picture then takes less time, and all together as much.
	Idle func() (release func(), ok bool)

	once     sync.Once
	decoders map[string]decoder
	budget   *budget
}

func (m *Maker) start() {
	m.once.Do(func() {
		if m.decoders == nil {
			m.decoders = standardDecoders()
		}
		m.budget = newBudget(cmp.Or(m.Budget, defaultBudget))
	})
}

func (m *Maker) quality() int { return cmp.Or(m.Quality, 82) }

func (m *Maker) maxPixels() int { return cmp.Or(m.MaxPixels, defaultPixels) }

func (m *Maker) timeout() time.Duration { return cmp.Or(m.Timeout, decodeTime) }

func (m *Maker) background() color.NRGBA {
	c := cmp.Or(m.Background, color.NRGBA{R: 255, G: 255, B: 255})
	c.A = 255
	return c
}

// Plan tells the renditions, ascending by width, that Make writes for an
// original with these upright dimensions, without reading it; Bytes is 0.
// What exists under these paths need not be made again.
func (m *Maker) Plan(original string, width, height int) []Rendition {
	if width < 1 || height < 1 {
		return nil
	}
	widths := planWidths(m.Widths, width)
	plan := make([]Rendition, len(widths))
	for i, w := range widths {
		// As imaging rounds it. From the original each time, so that errors
		// do not add up.
		h := max(1, int(math.Floor(float64(w)*float64(height)/float64(width)+0.5)))
		plan[i] = Rendition{
			Path:  "media/" + Slug(original) + "-" + strconv.Itoa(w) + "-" + m.key(original, widths[i:]) + ".jpg",
			Width: w, Height: h,
		}
	}
	return plan
}

// planWidths chooses from the wanted widths for an image of this width. None is
// larger than the image, whose own width takes the place of the first wanted
// one above it. Of two that are less than 15 % apart only the larger one stays:
// nobody would see the difference, and it would cost as much as a picture.
func planWidths(wanted []int, width int) []int {
	if len(wanted) == 0 {
		wanted = []int{480, 960, 1920}
	}
	var widths []int
	for _, w := range slices.Backward(wanted) {
		w = min(w, width)
		if n := len(widths); n == 0 || 100*widths[n-1] >= 115*w {
			widths = append(widths, w)
		}
	}
	slices.Reverse(widths)
	return widths
}

// key is a hash of all that decides on the bytes of a rendition: the original,
// the widths from its own up to that of the largest, from which it is made in
// steps, and the settings. So a rendition never changes under its name.
func (m *Maker) key(original string, widths []int) string {
	bg := m.background()
	// Without package fmt: a run with nothing new does this for every rendition.
	settings := strconv.AppendInt(make([]byte, 0, 128), pipelineVersion, 10)
	settings = append(append(settings, ' '), original...)
	separator := byte('[')
	settings = append(settings, ' ')
	for _, w := range widths {
		settings = strconv.AppendInt(append(settings, separator), int64(w), 10)
		separator = ' '
	}
	settings = strconv.AppendInt(append(settings, "] "...), int64(m.quality()), 10)
	settings = append(settings, ' ')
	settings = hex.AppendEncode(settings, []byte{bg.R, bg.G, bg.B})
	sum := sha256.Sum256([]byte(settings))
	return hex.EncodeToString(sum[:5])
}

// Make decodes an original once and writes its renditions, the largest first,
// each made from the one before. A picture that cannot be used is refused with
// a PictureError before anything is written.
func (m *Maker) Make(ctx context.Context, o Original) (Picture, error) {
	m.start()
	src, err := m.open(o)
	if err != nil {
		return Picture{}, err
	}
	defer src.Close()
	h, err := src.header(ctx, m.maxPixels())
	if err != nil {
		return Picture{}, err
	}
	pic := Picture{Width: h.width, Height: h.height, Camera: h.camera}
	if sideways(h.orientation) {
		pic.Width, pic.Height = h.height, h.width
	}
	pic.Renditions = m.Plan(o.SHA256, pic.Width, pic.Height)

	// What the largest one needs, as the picture is stored.
	width, height := pic.Renditions[len(pic.Renditions)-1].Width, pic.Renditions[len(pic.Renditions)-1].Height
	if sideways(h.orientation) {
		width, height = height, width
	}
	giveBack, err := m.budget.take(ctx, makeMemory(h, width, height, pic.Renditions))
	if err != nil {
		return Picture{}, err
	}
	defer giveBack()
	img, err := src.picture(ctx, h, width, height, m.background())
	if err != nil {
		return Picture{}, err
	}
	img = img.Resize(width, height).Turn(h.orientation) // which is less work when it is small
	pic.Color, err = m.writeAll(ctx, img, h, pic.Renditions)
	if err != nil {
		return Picture{}, err
	}
	return pic, nil
}

// writeAll makes the renditions of a picture as planned, notes their lengths,
// and returns the picture's colour.
func (m *Maker) writeAll(ctx context.Context, img *planar.Picture, h header, plan []Rendition) (string, error) {
	var elsewhere errgroup.Group // on processors that have nothing else to do
	smallest, err := m.writeEach(ctx, &elsewhere, img, h, plan)
	if err := cmp.Or(err, elsewhere.Wait()); err != nil {
		return "", err
	}
	red, green, blue := smallest.MeanColor()
	return fmt.Sprintf("#%02x%02x%02x", red, green, blue), nil
}

// writeEach makes the renditions from the largest to the smallest, which it
// returns. It leaves to elsewhere what need not be done before the next one.
func (m *Maker) writeEach(ctx context.Context, elsewhere *errgroup.Group, img *planar.Picture, h header, plan []Rendition) (*planar.Picture, error) {
	for i := range slices.Backward(plan) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r := &plan[i]
		img = img.Resize(r.Width, r.Height)
		rendition := img
		write := func() error { return m.write(rendition, h, r) }
		if i > 0 && m.Idle != nil {
			if release, ok := m.Idle(); ok {
				elsewhere.Go(func() error {
					defer release()
					return write()
				})
				continue
			}
		}
		if err := write(); err != nil {
			return nil, err
		}
	}
	return img, nil
}

// write writes a rendition, and notes its length.
func (m *Maker) write(img *planar.Picture, h header, r *Rendition) error {
	data, err := encode(img, h, m.quality())
	if err != nil {
		return fmt.Errorf("encoding %s: %w", r.Path, err)
	}
	if err := m.Write(r.Path, data); err != nil {
		return err
	}
	r.Bytes, r.Sum = int64(len(data)), Sum(data)
	return nil
}

// makeMemory is what a picture takes until it is in its renditions, of which the
// largest is width × height as the picture is stored.
func makeMemory(h header, width, height int, plan []Rendition) int64 {
	fromWidth, fromHeight := h.width, h.height
	decoded := h.memory + planar.Memory(h.width, h.height)
	if h.reduced != nil {
		// Less than twice as large as is wanted, or an eighth of what it was.
		fromWidth, fromHeight = min(h.width, max(2*width, h.width/8+1)), min(h.height, max(2*height, h.height/8+1))
		decoded = h.reduced(width, height)
	}
	largest := planar.ResizeMemory(fromWidth, fromHeight, width, height) + planarjpeg.EncodeMemory(width, height)
	// The others may be made while that one is encoded; what was decoded is not
	// needed any more then.
	return largest + max(decoded, smallerMemory(plan))
}

// smallerMemory is what all renditions but the largest take.
func smallerMemory(plan []Rendition) int64 {
	memory := int64(0)
	for i := 1; i < len(plan); i++ {
		from, to := plan[i], plan[i-1]
		memory += planar.ResizeMemory(from.Width, from.Height, to.Width, to.Height) + planarjpeg.EncodeMemory(to.Width, to.Height)
	}
	return memory
}

// sideways tells whether an orientation swaps width and height.
func sideways(orientation int) bool { return 5 <= orientation && orientation <= 8 }

// encode makes a JPEG with the picture's colour profile and no other metadata.
// A gray picture stays gray, as a profile for gray fits no other.
func encode(p *planar.Picture, h header, quality int) ([]byte, error) {
	profile := h.profile
	if h.gray && !p.Gray() {
		profile = nil // a coloured background shows through
	}
	return planarjpeg.Encode(p, quality, profileSegments(profile))
}

func (r *Rendition) Valid() bool {
	_, width, ok := RenditionName(r.Path)
	return ok && width == strconv.Itoa(r.Width) && r.Width > 0 && r.Height > 0 && r.Bytes > 0
}

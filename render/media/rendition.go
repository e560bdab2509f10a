package media

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"firstframe/render/media/planar"
)

// Rendition is an image in one size and one format.
type Rendition struct {
	Path   string `json:"path"` // from the site's root; see Name
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Bytes  int64  `json:"bytes"`
	Sum    string `json:"sum,omitempty"` // of the bytes; see Sum. Empty from older versions
}

// File returns the file of the rendition.
func (r Rendition) File() Published { return Published{Path: r.Path, Bytes: r.Bytes, Sum: r.Sum} }

// InFile returns the same rendition in another file.
func (r Rendition) InFile(f Published) Rendition {
	r.Path, r.Bytes, r.Sum = f.Path, f.Bytes, f.Sum
	return r
}

// Valid reports whether a rendition from outside has everything that it needs, in the right form.
func (r *Rendition) Valid() bool {
	name, _ := ParseName(r.Path)
	return name.IsRendition() && name.Width == strconv.Itoa(r.Width) && r.Width > 0 && r.Height > 0 && r.Bytes > 0
}

// Picture is what Make made from an original.
type Picture struct {
	Width, Height int    // of the original, upright
	Color         string // such as #8090a0; a page shows it until the picture is loaded
	Tints         string // the colours of a small grid, for the same; see tints
	Renditions    Renditions
	Camera        *Camera // nil if the file names none
	Credentials   bool    // the original contains Content Credentials

	// Taken is when a camera took the picture, by the clock of the camera: a time in UTC with the
	// digits of that clock, because the day that the owner remembers is the local one. It is zero
	// if the file does not say it. It is not published to the second.
	Taken time.Time
}

// Maker makes the files of images. Several goroutines can call its methods at once. Its fields must
// not change after the first call. Only Write must be set; the zero value of every other field is a
// default.
type Maker struct {
	Widths     []int         // of renditions, ascending, each one once; default DefaultWidths; see planWidths
	Quality    int           // of renditions, 1 to 100; default 82
	AVIF       bool          // whether to make AVIFs, and then JPEGs in one width only; see Plan
	Background color.NRGBA   // opaque, behind transparent pixels; default white
	MaxPixels  int           // the most that an original may have; default 64 million
	Budget     int64         // bytes of memory for the pixels of all calls together; default 1 GiB
	Timeout    time.Duration // for reading the header of a picture, and for decoding it; default 60 s

	// Write writes a file of the site, atomically. Several goroutines call it at once.
	Write func(name string, data []byte) error

	// Made returns the bytes of a file that the site has under this name already, or nil: at most
	// limit of them, and only if nobody knows that they are damaged. Make does not encode such a
	// rendition again. Several goroutines call it at once. It can be nil.
	Made func(name string, limit int64) []byte

	// If a processor is idle, Idle reserves it, until release is called. This makes one picture
	// faster, and many pictures neither faster nor slower. Idle can be nil.
	Idle func() (release func(), ok bool)

	once    sync.Once
	formats []*format // by default, all of them
	budget  *budget
}

// start sets the defaults, once.
func (m *Maker) start() {
	m.once.Do(func() {
		if m.formats == nil {
			m.formats = formats()
		}
		m.budget = newBudget(cmp.Or(m.Budget, defaultBudget))
	})
}

// quality returns the quality of renditions.
func (m *Maker) quality() int { return cmp.Or(m.Quality, 82) }

// maxPixels returns how many pixels an original may have.
func (m *Maker) maxPixels() int { return cmp.Or(m.MaxPixels, defaultPixels) }

// timeout returns the time for each call of a decoder.
func (m *Maker) timeout() time.Duration { return cmp.Or(m.Timeout, decodeTime) }

// background returns the opaque background.
func (m *Maker) background() color.NRGBA {
	c := cmp.Or(m.Background, color.NRGBA{R: 255, G: 255, B: 255})
	c.A = 255
	return c
}

// Plan returns the renditions that Make would write for an original with these upright dimensions.
// It does not read the original, so Bytes is 0. Files that exist under these paths need not be made
// again.
//
// With AVIF, there is an AVIF in each width and a single JPEG: for old browsers, and for the cards
// and feeds of other programs. More JPEGs would take more room than all AVIFs, and hardly anybody
// would see them.
func (m *Maker) Plan(original string, width, height int) Renditions {
	return m.plan(original, width, height, m.AVIF)
}

// plan is Plan with or without AVIF.
func (m *Maker) plan(original string, width, height int, avif bool) Renditions {
	if width < 1 || height < 1 {
		return nil
	}
	widths := planWidths(m.Widths, width, height)
	key := m.key(original, widths)
	plan := make(Renditions, 0, len(widths)+1)
	add := func(f *format, w int) {
		// Rounded as imaging does. Always from the original, so that errors do not add up.
		h := max(1, int(math.Floor(float64(w)*float64(height)/float64(width)+0.5)))
		plan = append(plan, Rendition{
			Path:  Name{Slug: Slug(original), Width: strconv.Itoa(w), Key: key, Type: f.mediaType}.String(),
			Width: w, Height: h,
		})
	}
	if !avif {
		for _, w := range widths {
			add(&jpegFormat, w)
		}
		return plan
	}
	add(&jpegFormat, fallbackWidth(widths))
	for _, w := range widths {
		add(&avifFormat, w)
	}
	return plan
}

// fallbackWidth returns the width of the only JPEG beside AVIFs: the smallest one that link cards
// show large, or else the largest. Some services show pictures of fewer than 600 pixels as small
// ones. A larger JPEG would take more room than two AVIFs.
func fallbackWidth(widths []int) int {
	const least = 600
	i, _ := slices.BinarySearch(widths, least)
	return widths[min(i, len(widths)-1)]
}

// DefaultWidths returns the widths of renditions for today's screens. Browsers load the first width
// that is not below what they need. In a row, a picture of 16:9 needs 380 to 430 pixels on most
// desktops, 580 to 860 on a phone, a tablet or a laptop with two pixels for each CSS pixel, and
// 1070 to 1190 on a phone with three. The last width is for a picture alone on the screen.
func DefaultWidths() []int { return []int{440, 864, 1200, 1920} }

// planWidths chooses among the wanted widths for an image of this size. Nothing is enlarged. Widths
// above the image's own are dropped. The own width takes the place of the smallest of them. If two
// widths are less than 15 % apart, only the larger one stays, because nobody would see the
// difference.
func planWidths(wanted []int, width, height int) []int {
	if len(wanted) == 0 {
		wanted = DefaultWidths()
	}
	var widths []int
	for i, w := range slices.Backward(wanted) {
		w = min(shapedWidth(w, width, height, i == len(wanted)-1), width)
		if n := len(widths); n == 0 || 100*widths[n-1] >= 115*w {
			widths = append(widths, w)
		}
	}
	slices.Reverse(widths)
	return widths
}

// shapedWidth returns the width that stands for a wanted one in an image of this size. For pictures
// from 4:3 to 2:1 it is the wanted one.
//
// A wider picture gets as many pixels as one of 2:1. With the wanted width alone, a panorama of
// 10:1 would be only 192 pixels high.
//
// A narrower picture is as high as one of 4:3, because all pictures in a row have the same height.
// It would be needlessly large with the wanted width. The largest rendition is for a picture alone
// on the screen. It gets as many pixels as one of 4:3. So no rendition has more than ¾ of the
// square of its wanted width.
func shapedWidth(w, width, height int, largest bool) int {
	ratio := float64(width) / float64(height)
	factor := 1.0
	switch narrow := ratio / (4.0 / 3); {
	case ratio > 2:
		factor = math.Sqrt(ratio / 2)
	case narrow < 1 && largest:
		factor = math.Sqrt(narrow)
	case narrow < 1:
		factor = narrow
	}
	return max(1, int(math.Round(float64(w)*factor)))
}

// key returns a hash of everything that the bytes of an image's renditions depend on, so that a
// rendition never changes under its name: the original, the settings, and all widths, because each
// rendition is made from the next larger one. All renditions of an image have the same
// key: then a page with 60 images in five widths is an eighth smaller after compression, and the
// search data a quarter.
//
// It does not use package fmt, because a run with nothing new calls it for every image.
func (m *Maker) key(original string, widths []int) string {
	bg := m.background()
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
	return shortHash(settings)
}

// Make decodes an original once and writes its renditions, the largest first. Each one is made from
// the one before. It fails with a PictureError, before it writes anything, if the picture cannot be
// used.
func (m *Maker) Make(ctx context.Context, o Original) (Picture, error) {
	return m.make(ctx, o, m.Plan)
}

// Cover makes the poster of a clip from its cover. It is one JPEG in the largest width, because a
// video element takes a single file, in whichever format. It fails as Make does.
func (m *Maker) Cover(ctx context.Context, o Original) (Renditions, error) {
	pic, err := m.make(ctx, o, func(original string, width, height int) Renditions {
		jpegs := m.plan(original, width, height, false)
		return jpegs[len(jpegs)-1:]
	})
	return pic.Renditions, err
}

// make makes a picture with the renditions of a plan.
func (m *Maker) make(ctx context.Context, o Original, plan func(original string, width, height int) Renditions) (Picture, error) {
	src, h, err := m.inspect(ctx, o)
	if err != nil {
		return Picture{}, err
	}
	defer src.Close()
	pic := Picture{Width: h.width, Height: h.height, Camera: h.camera, Taken: h.taken}
	if sideways(h.orientation) {
		pic.Width, pic.Height = h.height, h.width
	}
	if pic.Credentials, err = src.hasCredentials(ctx, o.Type); err != nil {
		return Picture{}, err
	}
	pic.Renditions = plan(o.SHA256, pic.Width, pic.Height)

	// The size of the largest one, as the picture is stored.
	largest := pic.Renditions.Largest()
	width, height := largest.Width, largest.Height
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
	img = img.Resize(width, height).Turn(h.orientation) // after resizing, because that is less work
	smallest, err := m.writeAll(ctx, img, h, o.Packet, pic.Renditions)
	if err != nil {
		return Picture{}, err
	}
	red, green, blue := smallest.MeanColor()
	pic.Color, pic.Tints = fmt.Sprintf("#%02x%02x%02x", red, green, blue), tints(smallest)
	return pic, nil
}

// writeAll makes the planned renditions of a picture, with a packet, and notes their names, lengths
// and sums. It returns the smallest.
func (m *Maker) writeAll(ctx context.Context, img *planar.Picture, h header, packet []byte, plan Renditions) (*planar.Picture, error) {
	var elsewhere errgroup.Group // on idle processors
	smallest, err := m.writeEach(ctx, &elsewhere, img, h, packet, plan)
	return smallest, cmp.Or(err, elsewhere.Wait())
}

// writeEach makes the renditions from the largest to the smallest, and returns the smallest. The
// next one does not depend on writing this one, so elsewhere can write it.
func (m *Maker) writeEach(ctx context.Context, elsewhere *errgroup.Group, img *planar.Picture, h header, packet []byte, plan Renditions) (*planar.Picture, error) {
	order := largestFirst(plan)
	for i, r := range order {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		img = img.Resize(r.Width, r.Height)
		rendition := img
		write := func() error { return m.write(ctx, rendition, h, packet, r) }
		if i < len(order)-1 {
			if release, ok := m.reserve(r); ok {
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

// reserve reserves an idle processor for a rendition, and the memory of an AVIF's encoder.
func (m *Maker) reserve(r *Rendition) (release func(), ok bool) {
	if m.Idle == nil {
		return nil, false
	}
	giveBack := func() {}
	if r.isAVIF() {
		if giveBack, ok = m.budget.takeNow(r.encodeMemory()); !ok {
			return nil, false
		}
	}
	idle, ok := m.Idle()
	if !ok {
		giveBack()
		return nil, false
	}
	return func() { idle(); giveBack() }, true
}

// largestFirst returns the renditions of a plan in the order of their work. In each width the AVIF
// comes first, because it takes the longest.
func largestFirst(plan Renditions) []*Rendition {
	order := make([]*Rendition, len(plan))
	for i := range plan {
		order[i] = &plan[i]
	}
	slices.SortFunc(order, func(a, b *Rendition) int {
		return cmp.Or(cmp.Compare(b.Width, a.Width), CompareRenditions(*b, *a))
	})
	return order
}

// write writes a rendition with a packet, and notes its name, its length and its sum. It does not
// encode a rendition that the site has already.
func (m *Maker) write(ctx context.Context, img *planar.Picture, h header, packet []byte, r *Rendition) error {
	data := m.made(r, packet)
	if data == nil {
		var err error
		data, err = encode(ctx, img, h, m.quality(), formatOf(r.MediaType()))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("encoding %s: %w", r.Path, err)
		}
	}
	file, err := m.publish(r.Path, data, packet)
	*r = r.InFile(file)
	return err
}

// makeMemory returns how many bytes it takes to make the renditions of a picture. The largest is
// width × height, as the picture is stored. There is memory for one encoder of AVIF, which takes by
// far the most. See reserve for further ones.
func makeMemory(h header, width, height int, plan Renditions) int64 {
	fromWidth, fromHeight := h.width, h.height
	decoded := h.memory + planar.Memory(h.width, h.height)
	if h.reduced != nil {
		// The decoder makes less than twice the wanted size, or an eighth of the original one.
		fromWidth, fromHeight = min(h.width, max(2*width, h.width/8+1)), min(h.height, max(2*height, h.height/8+1))
		decoded = h.reduced(width, height)
	}
	largest := planar.ResizeMemory(fromWidth, fromHeight, width, height) + plan.Largest().encodeMemory()
	// The others can be made while the largest is encoded. By then, the decoded picture is gone.
	return largest + max(decoded, smallerMemory(plan))
}

// smallerMemory returns how many bytes it takes to make all renditions but the largest, without the
// encoders of AVIF.
func smallerMemory(plan Renditions) int64 {
	memory := int64(0)
	order := largestFirst(plan)
	for i := 1; i < len(order); i++ {
		from, to := order[i-1], order[i]
		memory += planar.ResizeMemory(from.Width, from.Height, to.Width, to.Height)
		if !to.isAVIF() {
			memory += to.encodeMemory()
		}
	}
	return memory
}

// encodeMemory returns how many bytes it takes to encode a rendition.
func (r Rendition) encodeMemory() int64 {
	f, err := r.format()
	if err != nil {
		return 0 // Plan names no such file
	}
	return f.memory(r.Width, r.Height)
}

// sideways reports whether an orientation swaps width and height.
func sideways(orientation int) bool { return 5 <= orientation && orientation <= 8 }

// encode makes a file of a format with the picture's colour profile and no other metadata. A gray
// picture stays gray, because its profile fits no other.
func encode(ctx context.Context, p *planar.Picture, h header, quality int, f *format) ([]byte, error) {
	profile := h.profile
	if h.gray && !p.Gray() {
		profile = nil // a coloured background shows through, so the picture is not gray
	}
	return f.encode(ctx, p, quality, profile)
}

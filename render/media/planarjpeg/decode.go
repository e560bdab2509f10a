// Package planarjpeg decodes JPEGs to planes, and encodes planes as JPEGs.
//
// Decode makes a picture at 1, 1/2, 1/4 or 1/8 of its size without making the full one: of each
// block of 8 × 8 coefficients, only the low frequencies go through a smaller transform. To make a
// rendition 1920 wide from 12 million pixels, it computes only a quarter of them. The others take
// no memory.
//
// To decode: info.go says what a file is, decode.go reads its segments, input.go its bytes and
// bits, huffman.go its codes, scan.go and progressive.go its scans. inverse.go makes pixels from
// coefficients. To encode: encode.go writes the file, forward.go makes coefficients from pixels,
// quantize.go divides them, tables.go says by what, thin.go removes those that are not worth their
// bits, tokens.go makes the symbols of the scans, and codes.go their Huffman codes.
//
// The transforms pack two numbers into one machine word and compute both at once. The bits of a
// scan are read and written word by word. BenchmarkDecode and BenchmarkEncode compare the result
// with image/jpeg.
//
// References in comments are to ITU-T T.81 (1992), the standard of JPEG.
package planarjpeg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"firstframe/render/media/planar"
)

// ErrUnsupported means that a file is neither sequential nor progressive, is not Huffman-coded,
// does not have 8 bits a sample, or does not have 1, 3 or 4 components. Decode also returns it for
// colours other than gray and YCbCr, which Components decodes. It is returned before any pixel is
// decoded.
var ErrUnsupported = errors.New("jpeg: unsupported kind")

// errCorrupt means that a file is broken.
var errCorrupt = errors.New("jpeg: invalid format")

// MaxScans is how many scans a file may have. A scan of a few bytes can cover the whole picture, so
// this bounds the work. Encoders make about ten.
const MaxScans = 100

// Markers (T.81 table B.1).
const (
	markerSOF0  = 0xc0 // baseline
	markerSOF1  = 0xc1 // extended sequential
	markerSOF2  = 0xc2 // progressive
	markerDHT   = 0xc4
	markerJPG   = 0xc8
	markerDAC   = 0xcc
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerDQT   = 0xdb
	markerDRI   = 0xdd
	markerAPP0  = 0xe0
	markerAPP14 = 0xee
	markerTEM   = 0x01
)

// zigzag has the places in a block, row by row, of coefficients in the order of the file (T.81
// figure A.6). It is longer than a block, because a run that leads out of the block can be looked
// up before the error is found.
var zigzag = [64 + 16]uint8{
	0, 1, 8, 16, 9, 2, 3, 10,
	17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34,
	27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36,
	29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46,
	53, 60, 61, 54, 47, 55, 62, 63,
}

// component is a plane that is being decoded.
type component struct {
	id            byte
	h, v          int // sampling factors
	quant         byte
	blocksX       int // blocks with pixels; a scan of this component alone has no others
	blocksY       int
	width, height int // of the full plane
	stride        int // blocks in a row, including those that fill up the last MCU
	rows          int // of blocks, including those that fill up the last MCU
	points        int // pixels a side of a block in the result: 8, 4, 2 or 1
	plane         planar.Plane
	coefficients  []int16 // of all blocks, row by row; progressive files only
	seen          bool    // in a scan
	dc            int32   // of the block before
	dcTable       *huffman
	acTable       *huffman
}

// decoder decodes one file.
type decoder struct {
	input
	width, height int  // wanted
	alike         bool // every component is wanted in the same size, and colours of any kind
	components    []component
	progressive   bool
	mcusX, mcusY  int
	interval      int // MCUs between restarts; 0 means none
	quant         [4]*[64]int32
	dcTables      [4]*huffman
	acTables      [4]*huffman
	jfif, adobe   bool
	transform     byte // of the Adobe segment
	scans         int
	endOfBands    int // how many of the next blocks have nothing in a progressive scan
	block         block
	check         func(*block) // for tests: called with the coefficients of every block
}

// Decode decodes a gray or YCbCr JPEG. Each plane is made at 1, 1/2, 1/4 or 1/8 of its stored size:
// the luminance at the smallest of these that is at least width × height, the other planes at the
// smallest that is at least half of that. A plane that is stored smaller than wanted keeps its
// stored size. A file that is cut is an error.
func Decode(r io.Reader, width, height int) (*planar.Picture, error) {
	d := &decoder{width: width, height: height}
	d.src = r
	if err := d.decode(); err != nil {
		return nil, err
	}
	pic := &planar.Picture{Y: d.components[0].plane}
	if len(d.components) == 3 {
		pic.Cb, pic.Cr = d.components[1].plane, d.components[2].plane
	}
	return pic, nil
}

// Components decodes a JPEG of any Kind to its components, without converting colours. Each gets
// its size as the luminance does in Decode.
func Components(r io.Reader, width, height int) ([]planar.Plane, error) {
	d := &decoder{width: width, height: height, alike: true}
	d.src = r
	if err := d.decode(); err != nil {
		return nil, err
	}
	planes := make([]planar.Plane, len(d.components))
	for i := range planes {
		planes[i] = d.components[i].plane
	}
	return planes, nil
}

// decode decodes the file into the planes of the components.
func (d *decoder) decode() error {
	if err := d.begin(); err != nil {
		return err
	}
	for {
		marker, content, err := d.next()
		if err != nil {
			return err
		}
		if marker == markerEOI {
			return d.finish()
		}
		if err := d.interpret(marker, content); err != nil {
			return err
		}
	}
}

// begin reads the marker at the start of the file.
func (d *decoder) begin() error {
	if !d.load(2) {
		return d.failure()
	}
	if d.buf[0] != 0xff || d.buf[1] != markerSOI {
		return errCorrupt
	}
	d.pos = 2
	return nil
}

// next returns the next segment, or the marker at the end of the file. The content is valid until
// the next read.
func (d *decoder) next() (marker byte, content []byte, err error) {
	for {
		marker, err := d.marker()
		switch {
		case err != nil || marker == markerEOI:
			return marker, nil, err
		case marker == markerTEM || markerRST0 <= marker && marker <= markerRST7:
			continue // without content
		case marker == markerSOI:
			return marker, nil, errCorrupt
		}
		content, err := d.segment()
		return marker, content, err
	}
}

// interpret handles a segment and, after the header of a scan, the scan.
func (d *decoder) interpret(marker byte, content []byte) error {
	switch marker {
	case markerSOF0, markerSOF1, markerSOF2:
		return d.readFrame(content, marker == markerSOF2)
	case markerDHT:
		return d.readHuffman(content)
	case markerDQT:
		return d.readQuant(content)
	case markerDRI:
		if len(content) != 2 {
			return errCorrupt
		}
		d.interval = int(binary.BigEndian.Uint16(content))
	case markerSOS:
		return d.readScan(content)
	case markerAPP0:
		d.jfif = d.jfif || len(content) >= 5 && string(content[:5]) == "JFIF\x00"
	case markerAPP14:
		if len(content) >= 12 && string(content[:5]) == "Adobe" {
			d.adobe, d.transform = true, content[11]
		}
	default:
		if markerSOF2 < marker && marker <= 0xcf && marker != markerJPG && marker != markerDAC {
			return fmt.Errorf("%w: frame type %#x", ErrUnsupported, marker)
		}
	}
	return nil
}

// readFrame reads a frame header.
func (d *decoder) readFrame(content []byte, progressive bool) error {
	if d.components != nil {
		return errCorrupt
	}
	d.progressive = progressive
	return d.parseFrame(content)
}

// allocate makes room for the planes. The first scan calls it, and not the frame header, because
// Adobe's segment can come in between, and it decides on the kind of colours.
func (d *decoder) allocate() error {
	if kind := d.kind(); !d.alike && kind != Gray && kind != YCbCr {
		return ErrUnsupported
	}
	for i := range d.components {
		d.components[i].allocate(d.progressive)
	}
	return nil
}

// parseFrame parses a frame header (T.81 B.2.2).
func (d *decoder) parseFrame(content []byte) error {
	if len(content) < 6 {
		return errCorrupt
	}
	height, width := int(binary.BigEndian.Uint16(content[1:])), int(binary.BigEndian.Uint16(content[3:]))
	n := int(content[5])
	if content[0] != 8 || n != 1 && n != 3 && n != 4 || height == 0 {
		return ErrUnsupported
	}
	if width == 0 || len(content) != 6+3*n {
		return errCorrupt
	}
	components := make([]component, n)
	maxH, maxV := 1, 1
	for i := range components {
		c := &components[i]
		spec := content[6+3*i:]
		c.id, c.h, c.v, c.quant = spec[0], int(spec[1]>>4), int(spec[1]&15), spec[2]
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.quant > 3 {
			return errCorrupt
		}
		for _, other := range components[:i] {
			if other.id == c.id {
				return errCorrupt
			}
		}
		if n == 1 {
			c.h, c.v = 1, 1 // a single component is not interleaved (T.81 A.2.2)
		}
		maxH, maxV = max(maxH, c.h), max(maxV, c.v)
	}
	d.components = components
	d.mcusX, d.mcusY = divideUp(width, 8*maxH), divideUp(height, 8*maxV)
	for i := range components {
		c := &components[i]
		c.width, c.height = divideUp(width*c.h, maxH), divideUp(height*c.v, maxV)
		c.blocksX, c.blocksY = divideUp(c.width, 8), divideUp(c.height, 8)
		c.stride, c.rows = d.mcusX*c.h, d.mcusY*c.v
		if i == 0 || d.alike {
			c.points = Points(c.width, c.height, d.width, d.height)
		} else {
			c.points = Points(c.width, c.height, (d.width+1)/2, (d.height+1)/2)
		}
	}
	return nil
}

// allocate makes the plane, with room for whole MCUs.
func (c *component) allocate(progressive bool) {
	c.plane = planar.NewPlane(c.stride*c.points, c.rows*c.points)
	c.plane.Width = divideUp(c.width*c.points, 8)
	c.plane.Height = divideUp(c.height*c.points, 8)
	if progressive {
		c.coefficients = make([]int16, 64*c.stride*c.rows)
	}
}

// Points returns how many pixels a side a block gets, 8, 4, 2 or 1, for a plane of width × height
// that is wanted as at least wantWidth × wantHeight.
func Points(width, height, wantWidth, wantHeight int) int {
	points := 8
	for points > 1 && divideUp(width*points/2, 8) >= wantWidth && divideUp(height*points/2, 8) >= wantHeight {
		points /= 2
	}
	return points
}

// divideUp returns a / b, rounded up.
func divideUp(a, b int) int { return (a + b - 1) / b }

// readQuant reads quantization tables (T.81 B.2.4.1).
func (d *decoder) readQuant(content []byte) error {
	for len(content) > 0 {
		bytes, id := 1+int(content[0]>>4), content[0]&15
		content = content[1:]
		if bytes > 2 || id > 3 || len(content) < 64*bytes {
			return errCorrupt
		}
		q := new([64]int32)
		for i := range q {
			for range bytes {
				q[i] = q[i]<<8 | int32(content[0])
				content = content[1:]
			}
		}
		d.quant[id] = q
	}
	return nil
}

// readHuffman reads Huffman tables (T.81 B.2.4.2).
func (d *decoder) readHuffman(content []byte) error {
	for len(content) > 0 {
		if len(content) < 17 {
			return errCorrupt
		}
		class, id := content[0]>>4, content[0]&15
		counts := [16]byte(content[1:17])
		content = content[17:]
		total := 0
		for _, n := range counts {
			total += int(n)
		}
		if class > 1 || id > 3 || total > 256 || total > len(content) {
			return errCorrupt
		}
		table, err := newHuffman(&counts, content[:total])
		if err != nil {
			return err
		}
		content = content[total:]
		if class == 0 {
			d.dcTables[id] = table
		} else {
			d.acTables[id] = table
		}
	}
	return nil
}

// finish checks that all components are there, and makes the planes of a progressive picture.
func (d *decoder) finish() error {
	if d.components == nil {
		return errCorrupt
	}
	for i := range d.components {
		c := &d.components[i]
		if !c.seen {
			return errCorrupt
		}
		if d.progressive {
			q := d.quant[c.quant]
			if q == nil {
				return errCorrupt
			}
			d.reconstruct(c, q)
		}
	}
	return nil
}

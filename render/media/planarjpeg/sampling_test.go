package planarjpeg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"firstframe/render/media/planar"
)

// mosaic returns a sequential JPEG of flat blocks of 8 × 8 pixels. In each block, a component has
// the value of shade. A factor has a component's h in its upper four bits and its v in the lower
// four. The components share one scan, or have one each.
func mosaic(width, height int, factors []byte, interleaved bool) []byte {
	frame := []byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(factors))}
	for i, f := range factors {
		frame = append(frame, byte(i+1), f, 0)
	}
	out := []byte{0xff, markerSOI}
	segment := func(marker byte, content []byte) {
		out = append(out, 0xff, marker)
		out = append(binary.BigEndian.AppendUint16(out, uint16(2+len(content))), content...)
	}
	segment(markerDQT, append([]byte{0}, bytes.Repeat([]byte{8}, 64)...))
	// DC: sizes 0 to 11 with four bits each. AC: the end of the block with one bit.
	segment(markerDHT, append([]byte{0x00, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))
	segment(markerDHT, []byte{0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	segment(markerSOF0, frame)

	d := &decoder{width: full, height: full, alike: true}
	if err := d.parseFrame(frame); err != nil {
		panic(err)
	}
	scans := [][]int{{}}
	for i := range factors {
		if interleaved {
			scans[0] = append(scans[0], i)
		} else {
			scans = append(scans[:i], []int{i})
		}
	}
	for _, components := range scans {
		head := []byte{byte(len(components))}
		for _, i := range components {
			head = append(head, byte(i+1), 0)
		}
		segment(markerSOS, append(head, 0, 63, 0))
		out = append(out, d.flatScan(components)...)
	}
	return append(out, 0xff, markerEOI)
}

// flatScan returns the coded blocks of a scan in the order of T.81 A.2.
func (d *decoder) flatScan(components []int) []byte {
	var bits flatWriter
	mcusX, mcusY := d.mcusX, d.mcusY
	alone := len(components) == 1
	if alone {
		mcusX, mcusY = d.components[components[0]].blocksX, d.components[components[0]].blocksY
	}
	last := map[int]int{}
	for mcu := range mcusX * mcusY {
		for _, i := range components {
			h, v := d.components[i].h, d.components[i].v
			if alone {
				h, v = 1, 1
			}
			for block := range h * v {
				value := int(shade(i, mcu%mcusX*h+block%h, mcu/mcusX*v+block/h)) - 128
				bits.dc(value - last[i])
				last[i] = value
			}
		}
	}
	return bits.flush()
}

// shade returns the value of a block. Neighbours have different values.
func shade(component, x, y int) uint8 { return uint8(20 + (component*83+x*29+y*47)%200) }

// flatWriter writes the codes of mosaic.
type flatWriter struct {
	bitWriter
	acc   uint32
	count int
}

func (w *flatWriter) write(value uint32, n int) {
	w.acc, w.count = w.acc<<n|value&(1<<n-1), w.count+n
	for ; w.count >= 8; w.count -= 8 {
		w.byte(byte(w.acc >> (w.count - 8)))
	}
}

// dc writes a difference and the end of the block.
func (w *flatWriter) dc(difference int) {
	size, magnitude := 0, max(difference, -difference)
	for magnitude>>size > 0 {
		size++
	}
	w.write(uint32(size), 4)
	if difference < 0 {
		difference--
	}
	w.write(uint32(difference), size)
	w.write(0, 1)
}

func (w *flatWriter) flush() []byte {
	w.write(1<<7-1, 7)
	return w.buf
}

func wantShades(t *testing.T, component int, got planar.Plane, width, height, points int) {
	t.Helper()
	if got.Width != divideUp(width*points, 8) || got.Height != divideUp(height*points, 8) {
		t.Fatalf("component %d is %d × %d, stored as %d × %d", component, got.Width, got.Height, width, height)
	}
	for y := range got.Height {
		for x, v := range got.Row(y) {
			if want := shade(component, x/points, y/points); v != want {
				t.Fatalf("component %d: at %d,%d is %d, want %d", component, x, y, v, want)
			}
		}
	}
}

// Cameras, scanners and old programs use sampling factors that image/jpeg does not support. For all
// that the standard allows, each block must get to its place.
func TestSamplingFactors(t *testing.T) {
	for _, factors := range [][]byte{
		{0x11}, {0x22}, {0x33}, {0x14}, // meaningless for a single component
		{0x21, 0x11, 0x11}, {0x31, 0x11, 0x11}, {0x13, 0x11, 0x11}, {0x41, 0x11, 0x11}, {0x14, 0x11, 0x11},
		{0x22, 0x11, 0x21}, {0x22, 0x12, 0x21}, {0x12, 0x11, 0x12}, {0x24, 0x11, 0x11}, {0x42, 0x11, 0x11},
		{0x11, 0x21, 0x21}, {0x11, 0x22, 0x22}, {0x11, 0x12, 0x31}, {0x21, 0x12, 0x11}, // luminance with fewer samples than chroma
		{0x22, 0x22, 0x11}, {0x21, 0x21, 0x21}, {0x12, 0x12, 0x12}, {0x31, 0x21, 0x11}, {0x13, 0x12, 0x11},
		{0x33, 0x11, 0x11}, {0x44, 0x22, 0x11}, {0x44, 0x44, 0x44}, // too many blocks for one scan
		{0x11, 0x11, 0x11, 0x11}, {0x22, 0x11, 0x11, 0x22}, {0x21, 0x11, 0x11, 0x21}, {0x12, 0x11, 0x21, 0x11}, {0x31, 0x11, 0x12, 0x21},
	} {
		for _, size := range [][2]int{{1, 3}, {3, 1}, {1, 1}, {8, 8}, {17, 9}, {50, 75}, {97, 33}} {
			for _, interleaved := range []bool{true, false} {
				if blocks := sum(factors); interleaved && len(factors) > 1 && blocks > 10 {
					continue // T.81 B.2.3
				}
				t.Run(fmt.Sprintf("%x/%d×%d/%v", factors, size[0], size[1], interleaved), func(t *testing.T) {
					testMosaic(t, size[0], size[1], factors, interleaved)
				})
			}
		}
	}
}

func sum(factors []byte) (blocks int) {
	for _, f := range factors {
		blocks += int(f>>4) * int(f&15)
	}
	return blocks
}

func testMosaic(t *testing.T, width, height int, factors []byte, interleaved bool) {
	data := mosaic(width, height, factors, interleaved)
	info, err := Inspect(bytes.NewReader(data))
	if err != nil || info.Width != width || info.Height != height {
		t.Fatalf("got %+v, %v", info, err)
	}
	maxH, maxV := 1, 1
	for _, f := range factors {
		maxH, maxV = max(maxH, int(f>>4)), max(maxV, int(f&15))
	}
	stored := func(i int) (w, h int) {
		if len(factors) == 1 {
			return width, height
		}
		return divideUp(width*int(factors[i]>>4), maxH), divideUp(height*int(factors[i]&15), maxV)
	}
	for _, wanted := range []int{1, full} {
		points := 8
		if wanted == 1 {
			points = 1
		}
		planes, err := Components(bytes.NewReader(data), wanted, wanted)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range planes {
			w, h := stored(i)
			wantShades(t, i, p, w, h, points)
		}
		pic, err := Decode(bytes.NewReader(data), wanted, wanted)
		if len(factors) == 4 {
			if !errors.Is(err, ErrUnsupported) {
				t.Fatalf("got %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range []planar.Plane{pic.Y, pic.Cb, pic.Cr}[:len(factors)] {
			w, h := stored(i)
			wantShades(t, i, p, w, h, points)
		}
	}
}

// All colours depend on what the components mean.
func TestKind(t *testing.T) {
	adobe := func(transform byte) []byte {
		return append([]byte{0xff, markerAPP14, 0, 14}, "Adobe\x00\x64\x00\x00\x00\x00"+string(transform)...)
	}
	jfif := append([]byte{0xff, markerAPP0, 0, 16}, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"...)
	three, four := mosaic(9, 9, []byte{0x11, 0x11, 0x11}, true), mosaic(9, 9, []byte{0x11, 0x11, 0x11, 0x11}, true)
	named := bytes.Clone(three)
	for i, name := range []byte("RGB") {
		frame := bytes.Index(named, []byte{0xff, markerSOF0})
		scan := bytes.Index(named, []byte{0xff, markerSOS})
		named[frame+10+3*i], named[scan+5+2*i] = name, name
	}
	insert := func(file, segment []byte, before byte) []byte {
		at := bytes.Index(file, []byte{0xff, before})
		return append(append(bytes.Clone(file[:at]), segment...), file[at:]...)
	}
	for name, test := range map[string]struct {
		data []byte
		want Kind
	}{
		"gray":                         {mosaic(9, 9, []byte{0x11}, true), Gray},
		"three":                        {three, YCbCr},
		"three of Adobe":               {insert(three, adobe(1), markerDQT), YCbCr},
		"three of Adobe, RGB":          {insert(three, adobe(0), markerDQT), RGB},
		"three of Adobe, late":         {insert(three, adobe(0), markerSOS), RGB},
		"three by their names":         {named, RGB},
		"three of JFIF":                {insert(named, jfif, markerDQT), YCbCr},
		"four":                         {four, CMYK},
		"four of Adobe":                {insert(four, adobe(0), markerDQT), CMYK},
		"four of Adobe, not of inks":   {insert(four, adobe(2), markerDQT), YCCK},
		"four of Adobe, of three inks": {insert(four, adobe(1), markerDQT), YCCK},
	} {
		info, err := Inspect(bytes.NewReader(test.data))
		if err != nil || info.Kind != test.want {
			t.Errorf("%s: got %v, %v, want %v", name, info.Kind, err, test.want)
		}
		_, err = Decode(bytes.NewReader(test.data), full, full)
		if usual := test.want == Gray || test.want == YCbCr; usual != (err == nil) || !usual && !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := Components(bytes.NewReader(test.data), full, full); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

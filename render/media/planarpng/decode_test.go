package planarpng

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"firstframe/render/media/mediatest"
	"firstframe/render/media/planar"
)

var white = color.NRGBA{255, 255, 255, 255}

// chunk returns a chunk.
func chunk(kind string, content []byte) []byte {
	return []byte(mediatest.PNGChunk(kind, string(content)))
}

// header returns the content of a header for samples of 8 bits.
func header(width, height int, colorType uint8) []byte {
	return []byte(mediatest.IHDR(uint32(width), uint32(height), 8, colorType, 0))
}

// file returns a file with a header, chunks in front of the pixels, and a zlib stream.
func file(header []byte, chunks []byte, stream []byte) []byte {
	return bytes.Join([][]byte{[]byte(signature), chunk("IHDR", header), chunks, chunk("IDAT", stream), chunk("IEND", nil)}, nil)
}

func packed(t testing.TB, data []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// drawn returns the filtered rows of a picture: gradients, edges, repetitions, and noise. Small
// values are much more frequent, so that codes have all lengths. It uses the given filter or, if
// that is negative, all of them.
func drawn(width, height, samples, filter int) []byte {
	random := rand.New(rand.NewPCG(uint64(width), uint64(height)))
	var rows []byte
	for y := range height {
		kind := filter
		if filter < 0 {
			kind = random.IntN(5)
		}
		rows = append(rows, byte(kind))
		for x := range width * samples {
			v := byte(x/samples/3 + y/2)
			switch {
			case y%16 > 11 && len(rows) > 700:
				v = rows[len(rows)-1-y*x%700]
			case (x/40+y/8)%3 == 0:
				v += byte(random.ExpFloat64() * 12)
			case samples == 2 || samples == 4:
				v = ^v
			}
			rows = append(rows, v)
		}
	}
	return rows
}

// colors returns a palette, with some transparent and some missing colours.
func colors() []byte {
	var rgb, alpha []byte
	for i := range 200 {
		rgb = append(rgb, byte(i), byte(3*i), byte(255-i))
		if i < 150 {
			alpha = append(alpha, byte(255-i%3*90))
		}
	}
	return append(chunk("PLTE", rgb), chunk("tRNS", alpha)...)
}

var kinds = map[string]uint8{
	"gray": gray, "true color": trueColor, "palette": palette, "gray with alpha": grayAlpha, "true color with alpha": fullAlpha,
}

// samples returns pictures of all kinds, with all filters and all types of blocks.
func samples(t testing.TB) map[string][]byte {
	all := map[string][]byte{}
	for name, kind := range kinds {
		var before []byte
		if kind == palette {
			before = colors()
		}
		n := sampleCounts[kind]
		for filter := range 5 {
			all[fmt.Sprintf("%s, filter %d", name, filter)] =
				file(header(61, 40, kind), before, packed(t, drawn(61, 40, n, filter), -1))
		}
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.BestCompression} {
			all[fmt.Sprintf("%s, level %d", name, level)] =
				file(header(203, 101, kind), before, packed(t, drawn(203, 101, n, -1), level))
		}
		all[name+", one pixel"] = file(header(1, 1, kind), before, packed(t, drawn(1, 1, n, -1), -1))
		all[name+", one column"] = file(header(1, 9, kind), before, packed(t, drawn(1, 9, n, -1), -1))
	}
	// Rows that are longer than what is unpacked at once, and many rows.
	all["wide"] = file(header(30_000, 9, fullAlpha), nil, packed(t, drawn(30_000, 9, 4, -1), -1))
	all["long"] = file(header(9, 30_000, trueColor), nil, packed(t, drawn(9, 30_000, 3, -1), -1))
	all["stored"] = file(header(500, 700, trueColor), nil, packed(t, drawn(500, 700, 3, -1), 0))
	all["one color"] = file(header(800, 600, trueColor), nil, packed(t, make([]byte, 600*2401), 9))
	return all
}

// expected returns the picture of image/png, converted as a whole.
func expected(data []byte, background color.NRGBA) (*planar.Picture, error) {
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	px := image.NewNRGBA(m.Bounds())
	if p, ok := m.(*image.Paletted); ok {
		for i, v := range p.Pix { // exactly, without premultiplied colours
			c := color.NRGBA{A: 255}
			switch k := p.Palette[v].(type) {
			case color.NRGBA:
				c = k
			case color.RGBA:
				c = color.NRGBA(k)
			}
			copy(px.Pix[4*i:], []byte{c.R, c.G, c.B, c.A})
		}
	} else if p, ok := m.(*image.NRGBA); ok {
		px = p
	} else {
		draw.Draw(px, px.Rect, m, image.Point{}, draw.Src)
	}
	planar.Blend(px.Pix, background)
	colorType := data[len(signature)+8+9]
	if (colorType == gray || colorType == grayAlpha) && isGray(px.Pix) {
		return planar.FromGray(px), nil
	}
	return planar.FromNRGBA(px), nil
}

func compare(t *testing.T, got, want *planar.Picture) {
	t.Helper()
	for i, p := range [3]planar.Plane{got.Y, got.Cb, got.Cr} {
		w := [3]planar.Plane{want.Y, want.Cb, want.Cr}[i]
		if p.Width != w.Width || p.Height != w.Height || !bytes.Equal(p.Pix, w.Pix) {
			t.Errorf("plane %d differs: %d × %d, want %d × %d", i, p.Width, p.Height, w.Width, w.Height)
		}
	}
}

func TestPicturesAreLikeTheStandardLibrary(t *testing.T) {
	for name, data := range samples(t) {
		t.Run(name, func(t *testing.T) {
			for _, background := range []color.NRGBA{white, {20, 120, 220, 255}} {
				want, err := expected(data, background)
				if err != nil {
					t.Fatal(err)
				}
				got, err := Decode(bytes.NewReader(data), background, nil)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, got, want)
			}
		})
	}
}

// It must not matter where a chunk or a read ends.
func TestChunksAndReadsOfAnyLength(t *testing.T) {
	stream := packed(t, drawn(61, 40, 3, -1), -1)
	want, err := expected(file(header(61, 40, trueColor), nil, stream), white)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 2, 7, 8, 9, 100, len(stream) - 1} {
		data := append([]byte(signature), chunk("IHDR", header(61, 40, trueColor))...)
		data = append(data, chunk("IDAT", nil)...)
		for rest := stream; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			data = append(data, chunk("IDAT", rest[:min(size, len(rest))])...)
			data = append(data, chunk("IDAT", nil)...)
		}
		data = append(data, chunk("IEND", nil)...)
		got, err := Decode(iotest.OneByteReader(bytes.NewReader(data)), white, nil)
		if err != nil {
			t.Fatalf("chunks of %d bytes: %v", size, err)
		}
		compare(t, got, want)
	}
}

func TestTruncatedFilesAreRefused(t *testing.T) {
	for name, data := range samples(t) {
		step := max(1, len(data)/12)
		for n := range len(data) {
			if n%step != 0 && n < len(data)-17 { // the last chunk has 12 bytes
				continue
			}
			if _, err := Decode(bytes.NewReader(data[:n]), white, nil); err == nil {
				t.Fatalf("%s: %d of %d bytes were accepted as a picture", name, n, len(data))
			}
		}
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	data := file(header(61, 40, trueColor), nil, packed(t, drawn(61, 40, 3, -1), -1))
	for i := range data {
		data[i] ^= 0x10
		if _, err := Decode(bytes.NewReader(data), white, nil); err == nil {
			t.Errorf("byte %d of %d can be changed unnoticed", i, len(data))
		}
		data[i] ^= 0x10
	}
}

// An error of the disk must not look like one of the picture.
func TestErrorsOfTheReaderAreHandedOn(t *testing.T) {
	data := file(header(31, 20, trueColor), nil, packed(t, drawn(31, 20, 3, -1), -1))
	broken := errors.New("broken")
	for n := range len(data) {
		if _, err := Decode(io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(broken)), white, nil); !errors.Is(err, broken) {
			t.Fatalf("after %d bytes: got %v", n, err)
		}
	}
}

func TestOtherKindsAreUnsupported(t *testing.T) {
	change := func(colorType uint8, at int, v byte) []byte {
		h := header(8, 8, colorType)
		h[at] = v
		return h
	}
	stream := packed(t, make([]byte, 2000), -1)
	for name, data := range map[string][]byte{
		"16 bits":             file(change(trueColor, 8, 16), nil, stream),
		"4 bits":              file(change(palette, 8, 4), colors(), stream),
		"interlaced":          file(change(trueColor, 12, 1), nil, stream),
		"transparent gray":    file(header(8, 8, gray), chunk("tRNS", make([]byte, 2)), stream),
		"a transparent color": file(header(8, 8, trueColor), chunk("tRNS", make([]byte, 6)), stream),
		"too wide":            file(header(maxSide+1, 1, gray), nil, stream),
	} {
		if _, err := Decode(bytes.NewReader(data), white, nil); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Decode must accept what image/png accepts, and refuse what it refuses.
func TestOddFiles(t *testing.T) {
	head, rows := chunk("IHDR", header(9, 7, trueColor)), drawn(9, 7, 3, -1)
	stream := packed(t, rows, -1)
	idat, end := chunk("IDAT", stream), chunk("IEND", nil)
	text, long := chunk("tEXt", []byte("a\x00b")), chunk("tEXt", make([]byte, 100_000))
	with := func(at int, v byte) []byte {
		changed := bytes.Clone(rows)
		changed[at] = v
		return chunk("IDAT", packed(t, changed, -1))
	}
	more := func(n int) []byte { return chunk("IDAT", append(bytes.Clone(stream), make([]byte, n)...)) }
	paletted := chunk("IHDR", header(9, 7, palette))
	for name, chunks := range map[string][][]byte{
		"as it should be":              {head, idat, end},
		"other chunks":                 {text, head, text, long, idat, text, long, end, text},
		"nothing after":                {head, idat},
		"no header":                    {idat, end},
		"two headers":                  {head, head, idat, end},
		"a short header":               {chunk("IHDR", header(9, 7, trueColor)[:12]), idat, end},
		"no pixels":                    {head, end},
		"an end with content":          {head, idat, chunk("IEND", []byte{1})},
		"too few rows":                 {head, chunk("IDAT", packed(t, rows[:len(rows)-1], -1)), end},
		"too many rows":                {head, chunk("IDAT", packed(t, append(bytes.Clone(rows), 0), -1)), end},
		"a stream that is cut":         {head, chunk("IDAT", stream[:len(stream)-5]), end},
		"a stream without its sum":     {head, chunk("IDAT", stream[:len(stream)-4]), end},
		"bytes after the stream":       {head, more(10), end},
		"a few more":                   {head, more(4096 - len(stream)), end},
		"too many":                     {head, more(4097 - len(stream)), end},
		"a chunk after the stream":     {head, idat, chunk("IDAT", []byte("more")), text, idat, end},
		"a chunk between":              {head, chunk("IDAT", stream[:20]), text, chunk("IDAT", stream[20:]), end},
		"an unknown filter":            {head, with(0, 5), end},
		"an unknown filter later":      {head, with(6*28, 5), end},
		"a palette of true color":      {head, colors()[:612], idat, end},
		"a palette of gray":            {chunk("IHDR", header(27, 7, gray)), colors()[:612], idat, end},
		"no palette":                   {paletted, chunk("IDAT", packed(t, drawn(9, 7, 1, -1), -1)), end},
		"a palette after the pixels":   {head, idat, colors()[:612], end},
		"two palettes":                 {head, colors()[:612], colors()[:612], idat, end},
		"a palette of nothing":         {head, chunk("PLTE", nil), idat, end},
		"a palette of a part":          {head, chunk("PLTE", make([]byte, 4)), idat, end},
		"a palette that is too long":   {head, chunk("PLTE", make([]byte, 3*257)), idat, end},
		"transparency without palette": {paletted, chunk("tRNS", []byte{1}), chunk("IDAT", packed(t, drawn(9, 7, 1, -1), -1)), end},
		"more transparency": {paletted, chunk("PLTE", make([]byte, 3)), chunk("tRNS", make([]byte, 256)),
			chunk("IDAT", packed(t, drawn(9, 7, 1, -1), -1)), end},
		"too much transparency": {paletted, chunk("PLTE", make([]byte, 3)), chunk("tRNS", make([]byte, 257)),
			chunk("IDAT", packed(t, drawn(9, 7, 1, -1), -1)), end},
		"transparency of alpha": {chunk("IHDR", header(9, 7, fullAlpha)), chunk("tRNS", []byte{1}),
			chunk("IDAT", packed(t, drawn(9, 7, 4, -1), -1)), end},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, append([]byte(signature), bytes.Join(chunks, nil)...))
		})
	}
}

// both compares with image/png: the same picture, or two errors.
func both(t *testing.T, data []byte) {
	t.Helper()
	want, failure := expected(data, white)
	got, err := Decode(bytes.NewReader(data), white, nil)
	switch {
	case errors.Is(err, ErrUnsupported):
	case (err == nil) != (failure == nil):
		t.Errorf("got %v, but image/png says %v", err, failure)
	case err == nil:
		compare(t, got, want)
	}
}

// BenchmarkDecode compares with image/png and the conversion of its picture.
func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"true color", "true color with alpha"} {
		kind := kinds[name]
		data := file(header(960, 640, kind), nil, packed(b, drawn(960, 640, sampleCounts[kind], -1), -1))
		for _, decoder := range []struct {
			name   string
			decode func() (*planar.Picture, error)
		}{
			{"planarpng", func() (*planar.Picture, error) { return Decode(bytes.NewReader(data), white, nil) }},
			{"image/png", func() (*planar.Picture, error) { return expected(data, white) }},
		} {
			b.Run(name+"/"+decoder.name, func(b *testing.B) {
				b.SetBytes(960 * 640)
				for b.Loop() {
					if _, err := decoder.decode(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// FuzzDecodeAgainstStd looks for files on which the two decoders disagree:
//
//	go test -fuzz FuzzDecodeAgainstStd -fuzzminimizetime 1s ./render/media/planarpng
func FuzzDecodeAgainstStd(f *testing.F) {
	for _, kind := range kinds {
		var before []byte
		if kind == palette {
			before = colors()
		}
		f.Add(file(header(11, 6, kind), before, packed(f, drawn(11, 6, sampleCounts[kind], -1), -1)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		config, err := png.DecodeConfig(bytes.NewReader(repaired(data)))
		// In a longer chunk, it depends on the reader how much image/png sees.
		if err == nil && config.Width*config.Height < 1<<16 && len(data) <= 4096 {
			both(t, repaired(data))
		}
	})
}

// repaired corrects the checksums of all chunks, so that their content matters.
func repaired(data []byte) []byte {
	data = bytes.Clone(data)
	for at := len(signature); at+12 <= len(data); {
		size := int(binary.BigEndian.Uint32(data[at:]))
		if size > len(data)-at-12 {
			break
		}
		content := data[at+4 : at+8+size]
		binary.BigEndian.PutUint32(data[at+8+size:], crc32.ChecksumIEEE(content))
		at += 12 + size
	}
	return data
}

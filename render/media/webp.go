package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"iter"

	"golang.org/x/image/webp"
)

// webpFormat is WebP (RFC 9649).
var webpFormat = format{
	mediaType: "image/webp",
	extension: ".webp",
	name:      "WebP",
	begins: func(head []byte) bool {
		return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
	},
	decoder:     decoder{inspect: inspectWebP, decode: decodeWebP},
	strip:       stripWebP,
	marker:      marker{markWebP, unmarkWebP},
	credentials: credentialsInWebP,
	metadata:    leaksOfWebP,
}

// webpFile has the parts of a WebP file that a still picture of its first frame needs.
type webpFile struct {
	canvas             image.Rectangle // empty in the simple kind of file, without VP8X
	frame              image.Rectangle // on the canvas; empty if that is
	alpha, bits        *io.SectionReader
	kind               string // of bits: "VP8 " (lossy) or "VP8L"
	profile, exif, xmp *io.SectionReader
}

// errWebP means that a file is broken.
var errWebP = errors.New("webp: invalid format")

// inspectWebP reads the chunks of a WebP, and the header of its first frame.
func inspectWebP(src *io.SectionReader) (header, error) {
	f, err := parseWebP(src)
	if err != nil {
		return header{}, err
	}
	frame, err := f.frameSize()
	if err != nil {
		return header{}, err
	}
	canvas := f.canvas.Size()
	if f.canvas.Empty() {
		canvas = frame
	}
	h := header{width: canvas.X, height: canvas.Y}
	h.memory = webpMemory(canvas, frame, f.kind, f.alpha != nil)

	read := func(chunk *io.SectionReader, limit int64) (content []byte) {
		if chunk != nil && err == nil {
			content, err = io.ReadAll(io.LimitReader(chunk, limit))
		}
		return content
	}
	exif, xmp, profile := read(f.exif, maxEXIF), read(f.xmp, maxXMP), read(f.profile, maxProfile+1)
	if err != nil {
		return header{}, err
	}
	h.metadata = readMetadata(exif, xmp)
	h.profile = checkProfile(profile, false)
	return h, nil
}

// decodeWebP decodes the picture, or the first frame of an animation. Its bounds are its place on
// the canvas.
func decodeWebP(src *io.SectionReader) (image.Image, error) {
	f, err := parseWebP(src)
	if err != nil {
		return nil, err
	}
	if _, err := f.frameSize(); err != nil {
		return nil, err
	}
	img, err := webp.Decode(bufio.NewReader(f.still()))
	if err != nil {
		return nil, err
	}
	if !f.frame.Empty() && img.Bounds().Size() != f.frame.Size() {
		return nil, errWebP
	}
	px, err := fullRange(img)
	if err != nil {
		return nil, err
	}
	px.Rect = px.Rect.Add(f.frame.Min)
	return px, nil
}

// leaksOfWebP notes the metadata in a WebP.
func leaksOfWebP(data []byte, found *leaks) {
	for kind, content := range riffChunks(section(data), 12, int64(len(data))) {
		switch body, _ := io.ReadAll(content); kind {
		case "EXIF":
			found.addEXIF(body)
		case "XMP ":
			found.addXMP(body)
		}
	}
}

// parseWebP finds the chunks of the first frame. The decoder refuses animations. Animations are a
// list of ANMF chunks, each with a still picture.
func parseWebP(src *io.SectionReader) (webpFile, error) {
	var f webpFile
	var head [12]byte
	if _, err := src.ReadAt(head[:], 0); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WEBP" {
		return f, errWebP
	}
	end := 8 + int64(binary.LittleEndian.Uint32(head[4:]))
	if end > src.Size() {
		return f, errors.New("webp: the file is cut")
	}
	for kind, data := range riffChunks(src, 12, end) {
		var err error
		switch kind {
		case "VP8X":
			err = f.readCanvas(data)
		case "ANMF":
			if f.bits == nil {
				err = f.readFrame(data)
			}
		case "ALPH", "VP8 ", "VP8L":
			f.addPixels(kind, data)
		case "ICCP":
			f.profile = data
		case "EXIF":
			f.exif = data
		case "XMP ":
			f.xmp = data
		}
		if err != nil {
			return f, err
		}
	}
	if f.bits == nil || !f.frame.In(f.canvas) {
		return f, errWebP
	}
	return f, nil
}

// riffChunks yields the chunks between two offsets. It ends at a broken one.
func riffChunks(src io.ReaderAt, offset, end int64) iter.Seq2[string, *io.SectionReader] {
	return func(yield func(string, *io.SectionReader) bool) {
		var head [8]byte
		for range maxChunks {
			if _, err := src.ReadAt(head[:], offset); err != nil {
				return
			}
			offset += 8
			size := int64(binary.LittleEndian.Uint32(head[4:]))
			if size > end-offset {
				return
			}
			if !yield(string(head[:4]), io.NewSectionReader(src, offset, size)) {
				return
			}
			offset += size + size&1 // padded to an even length
		}
	}
}

// readCanvas reads the size of the canvas from a VP8X chunk.
func (f *webpFile) readCanvas(data *io.SectionReader) error {
	var b [10]byte
	if _, err := data.ReadAt(b[:], 0); err != nil {
		return errWebP
	}
	f.canvas = image.Rect(0, 0, 1+uint24(b[4:]), 1+uint24(b[7:]))
	f.frame = f.canvas
	return nil
}

// readFrame reads the place and the pixels of a frame from an ANMF chunk.
func (f *webpFile) readFrame(data *io.SectionReader) error {
	var b [16]byte
	if _, err := data.ReadAt(b[:], 0); err != nil {
		return errWebP
	}
	at := image.Pt(2*uint24(b[0:]), 2*uint24(b[3:]))
	f.frame = image.Rectangle{at, at.Add(image.Pt(1+uint24(b[6:]), 1+uint24(b[9:])))}
	for kind, data := range riffChunks(data, 16, data.Size()) {
		f.addPixels(kind, data)
	}
	return nil
}

// uint24 reads three bytes.
func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// addPixels notes the first pixels and their alpha. VP8L has an alpha of its own.
func (f *webpFile) addPixels(kind string, data *io.SectionReader) {
	switch {
	case f.bits != nil:
	case kind == "ALPH":
		f.alpha = data
	case kind == "VP8L":
		f.alpha = nil
		fallthrough
	case kind == "VP8 ":
		f.kind, f.bits = kind, data
	}
}

// frameSize reads the size of the frame from the frame's own header, so that a small canvas cannot
// hide a huge frame.
func (f *webpFile) frameSize() (image.Point, error) {
	plain := *f
	plain.alpha = nil // with it, DecodeConfig would return the size of the canvas
	config, err := webp.DecodeConfig(plain.still())
	if err != nil {
		return image.Point{}, err
	}
	size := image.Pt(config.Width, config.Height)
	if !f.frame.Empty() && size != f.frame.Size() {
		return image.Point{}, errWebP
	}
	return size, nil
}

// still returns a WebP file with one picture and nothing else. Unlike libwebp, the decoder wants a
// VP8X chunk in front of an ALPH chunk, and an ALPH chunk after a VP8X chunk that promises one.
func (f *webpFile) still() io.Reader {
	var parts []io.Reader
	size := 4 // "WEBP"
	add := func(kind string, length int64, data io.Reader) {
		head := binary.LittleEndian.AppendUint32([]byte(kind), uint32(length))
		padding := make([]byte, length&1)
		parts = append(parts, bytes.NewReader(head), data, bytes.NewReader(padding))
		size += len(head) + int(length) + len(padding)
	}
	if f.alpha != nil {
		w, h := f.frame.Dx()-1, f.frame.Dy()-1
		const alphaFlag = 1 << 4
		add("VP8X", 10, bytes.NewReader([]byte{alphaFlag, 0, 0, 0,
			byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)}))
		add("ALPH", f.alpha.Size(), io.NewSectionReader(f.alpha, 0, f.alpha.Size()))
	}
	add(f.kind, f.bits.Size(), io.NewSectionReader(f.bits, 0, f.bits.Size()))

	head := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(size))
	return io.MultiReader(append([]io.Reader{bytes.NewReader(append(head, "WEBP"...))}, parts...)...)
}

// fullRange converts a decoded picture to NRGBA. A lossy WebP has the limited range of BT.601: 16
// to 235 for luma and 16 to 240 for chroma. The decoder returns it as an image.YCbCr, which stands
// for the full range, so black and white would both come out gray.
func fullRange(img image.Image) (*image.NRGBA, error) {
	switch m := img.(type) {
	case *image.NRGBA: // lossless
		return m, nil
	case *image.YCbCr:
		return convertYCbCr(m), nil
	case *image.NYCbCrA:
		px := convertYCbCr(&m.YCbCr)
		for y := range px.Rect.Dy() {
			row := px.Pix[y*px.Stride:]
			for x, a := range m.A[y*m.AStride:][:px.Rect.Dx()] {
				row[4*x+3] = a
			}
		}
		return px, nil
	}
	return nil, errWebP
}

// convertYCbCr converts as libwebp does. Chroma has half the size. A pixel takes it from the four
// samples around it, weighted 9:3:3:1.
func convertYCbCr(m *image.YCbCr) *image.NRGBA {
	px := image.NewNRGBA(m.Rect)
	w, h := px.Rect.Dx(), px.Rect.Dy()
	cw, ch := (w+1)/2, (h+1)/2
	cb, cr := make([]int32, cw), make([]int32, cw) // times 4
	for y := range h {
		near, far := y/2*m.CStride, nextChroma(y, ch)*m.CStride
		for i := range cb {
			cb[i] = 3*int32(m.Cb[near+i]) + int32(m.Cb[far+i])
			cr[i] = 3*int32(m.Cr[near+i]) + int32(m.Cr[far+i])
		}
		luma := m.Y[y*m.YStride:][:w]
		row := px.Pix[y*px.Stride:][:4*w]
		for x, v := range luma {
			near, far := x/2, nextChroma(x, cw)
			p := row[4*x : 4*x+4 : 4*x+4]
			p[0], p[1], p[2] = limitedToRGB(int32(v), (3*cb[near]+cb[far]+8)>>4, (3*cr[near]+cr[far]+8)>>4)
			p[3] = 0xff
		}
	}
	return px
}

// nextChroma returns which of n samples of chroma is the second nearest to a pixel.
func nextChroma(pixel, n int) int {
	if pixel%2 == 0 {
		return max(pixel/2-1, 0)
	}
	return min(pixel/2+1, n-1)
}

// limitedToRGB converts a pixel with libwebp's coefficients: BT.601 for the limited range, in 14
// bits. Before clip, the results have 6 bits after the binary point.
func limitedToRGB(y, cb, cr int32) (r, g, b uint8) {
	y = y * 19077 >> 8
	return clip(y + cr*26149>>8 - 14234),
		clip(y - cb*6419>>8 - cr*13320>>8 + 8708),
		clip(y + cb*33050>>8 - 17685)
}

// clip rounds a result of limitedToRGB down and limits it to a byte.
func clip(v int32) uint8 { return uint8(min(max(v>>6, 0), 255)) }

// webpMemory returns how many bytes the decoder and the conversion to NRGBA take.
func webpMemory(canvas, frame image.Point, kind string, alpha bool) int64 {
	perPixel := int64(4 + 4) // lossless: the pixels, and the pixels of a transform
	if kind == "VP8 " {
		perPixel = 2 + 4 // a full plane, two planes of a quarter, and NRGBA
	}
	if alpha {
		perPixel += 4 + 1 // decoded as an image of its own, then a plane
	}
	memory := perPixel * int64(frame.X) * int64(frame.Y)
	if canvas != frame {
		memory += 4 * int64(canvas.X) * int64(canvas.Y)
	}
	return memory
}

package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
	"slices"

	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"
)

// Flags of VP8X.
const (
	webpAnimated, webpEXIF, webpAlpha, webpICC = 1 << 1, 1 << 3, 1 << 4, 1 << 5
)

// frameHead is how many bytes of a frame come before its pixels.
const frameHead = 16

// webpKept has the parts of a WebP that are kept.
type webpKept struct {
	canvas   []byte // VP8X; nil in the simple kind of file
	profile  []byte
	loop     []byte   // ANIM
	still    []byte   // chunks of a still picture
	alpha    []byte   // ALPH, until its VP8 comes
	frames   [][]byte // ANMF
	animated bool     // according to the flags of VP8X
}

// stripWebP writes a WebP anew from what its pixels need: one picture, or the frames of an
// animation with their timing, and the colours of the ICC profile. Each part has exactly one form.
func stripWebP(data []byte) ([]byte, error) {
	src := section(data)
	h, err := inspectWebP(src)
	if err != nil {
		return nil, err
	}
	if h.width*h.height > maxStripWebP {
		return nil, errNotStripped
	}
	f := &webpKept{}
	n := 0
	end := 8 + int64(binary.LittleEndian.Uint32(data[4:]))
	for kind, content := range riffChunks(src, 12, end) {
		if n++; n == maxChunks {
			return nil, errNotStripped // the chunks after the last one that is read would be missing
		}
		body, err := io.ReadAll(content)
		if err != nil {
			return nil, err
		}
		if !f.read(kind, body, image.Pt(h.width, h.height)) {
			return nil, errNotStripped
		}
	}
	return f.write(h.orientation)
}

// read reads a chunk and reports whether it is understood.
func (f *webpKept) read(kind string, body []byte, canvas image.Point) bool {
	switch kind {
	case "VP8X":
		if f.canvas != nil || f.still != nil || f.frames != nil || len(body) < 10 {
			return false
		}
		f.canvas = slices.Clone(body[:10])
		f.animated = body[0]&webpAnimated != 0
	case "ICCP":
		if f.canvas != nil && f.profile == nil {
			f.profile = keptProfile(body, 3)
		}
	case "ANIM":
		if f.animated && f.loop == nil {
			if len(body) < 6 {
				return false
			}
			f.loop = append(make([]byte, 4), body[4:6]...) // programs ignore the background color
		}
	case "ANMF":
		if f.animated && len(body) >= frameHead { // anything shorter is not a frame
			frame := exactFrame(body)
			f.frames = append(f.frames, frame)
			return frame != nil
		}
	case "ALPH", "VP8 ", "VP8L":
		return f.readPixels(kind, body, canvas)
	}
	return true
}

// readPixels reads a still picture. It drops any further one, because nobody sees it.
func (f *webpKept) readPixels(kind string, body []byte, size image.Point) bool {
	if f.animated {
		return false
	}
	if f.still != nil {
		return true
	}
	var ok bool
	f.still, f.alpha, ok = addPixels(kind, body, f.alpha, size)
	return ok
}

// addPixels returns the chunks of a picture, cut at the end of its pixels. For an ALPH chunk, it
// returns only alphaToCome: the alpha for the next chunk. ok means that the chunk is understood.
func addPixels(kind string, body, alpha []byte, size image.Point) (chunks, alphaToCome []byte, ok bool) {
	switch kind {
	case "ALPH":
		if alpha != nil { // programs disagree on which of two counts
			return nil, nil, false
		}
		alpha = exactAlphaChunk(body, size)
		return nil, alpha, alpha != nil
	case "VP8L":
		body = exactLossless(body)
	case "VP8 ":
		if body = exactLossy(body); body != nil && alpha != nil {
			chunks = appendRIFF(nil, "ALPH", alpha)
		}
	}
	if body == nil {
		return nil, nil, false
	}
	return appendRIFF(chunks, kind, body), nil, true
}

// exactLossless returns a VP8L picture up to its end, or nil if it does not decode.
func exactLossless(body []byte) []byte {
	src := bytes.NewReader(body) // the decoder reads no more than it needs
	if _, err := vp8l.Decode(src); err != nil {
		return nil
	}
	return body[:len(body)-src.Len()]
}

// exactLossy returns a VP8 picture up to its end, or nil if it does not decode. Only the decoder
// knows where the end is: it fails if the picture is cut before that. So this is a search.
func exactLossy(body []byte) []byte {
	whole := func(size int) bool {
		d := vp8.NewDecoder()
		d.Init(bytes.NewReader(body[:size]), size)
		if _, err := d.DecodeFrameHeader(); err != nil {
			return false
		}
		_, err := d.DecodeFrame()
		return err == nil
	}
	if !whole(len(body)) {
		return nil
	}
	// It begins at the end of the chunk, where most pictures end.
	most, least, step := len(body), 0, 1
	for most > 0 {
		size := max(most-step, 0)
		if !whole(size) {
			least = size
			break
		}
		most, step = size, 2*step
	}
	for most-least > 1 {
		if middle := (most + least) / 2; whole(middle) {
			most = middle
		} else {
			least = middle
		}
	}
	return body[:most]
}

// exactAlphaChunk returns the alpha of a picture up to its end, or nil if that is not understood.
func exactAlphaChunk(body []byte, size image.Point) []byte {
	if len(body) < 1 || body[0]&3 > 1 {
		return nil
	}
	head := []byte{body[0] & 0x1f} // without the reserved bits
	body = body[1:]
	if head[0]&3 == 0 {
		n := size.X * size.Y
		if len(body) < n {
			return nil
		}
		return append(head, body[:n]...)
	}
	// The body is a VP8L picture without its header, so the header is put in front.
	w, h := uint32(size.X-1), uint32(size.Y-1)
	start := binary.LittleEndian.AppendUint32([]byte{0x2f}, w|h<<14)
	whole := exactLossless(append(start, body...))
	if len(whole) < len(start) {
		return nil
	}
	return append(head, whole[len(start):]...)
}

// exactFrame returns a frame of an animation: its place, its timing and its pixels. It returns nil
// if that is not understood.
func exactFrame(body []byte) []byte {
	out := slices.Clone(body[:frameHead])
	out[15] &= 3 // blending and disposal; the rest is reserved
	size := image.Pt(1+uint24(body[6:]), 1+uint24(body[9:]))
	if size.X*size.Y > maxStripWebP {
		return nil
	}
	var alpha, pixels []byte
	for kind, content := range riffChunks(bytes.NewReader(body), frameHead, int64(len(body))) {
		if pixels != nil || kind != "ALPH" && kind != "VP8 " && kind != "VP8L" {
			continue
		}
		data, err := io.ReadAll(content)
		if err != nil || kind != "ALPH" && webpSize(kind, data) != size {
			return nil
		}
		var ok bool
		if pixels, alpha, ok = addPixels(kind, data, alpha, size); !ok {
			return nil
		}
	}
	if pixels == nil {
		return nil
	}
	return append(out, pixels...)
}

// webpSize returns the size of a picture according to its own header, so that a small frame cannot
// hide a huge picture.
func webpSize(kind string, data []byte) image.Point {
	if kind == "VP8L" {
		config, err := vp8l.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			return image.Point{}
		}
		return image.Pt(config.Width, config.Height)
	}
	d := vp8.NewDecoder()
	d.Init(bytes.NewReader(data), len(data))
	head, err := d.DecodeFrameHeader()
	if err != nil {
		return image.Point{}
	}
	return image.Pt(head.Width, head.Height)
}

// write returns the file.
func (f *webpKept) write(orientation int) ([]byte, error) {
	if f.still == nil && (len(f.frames) == 0 || f.loop == nil) {
		return nil, errNotStripped
	}
	if f.canvas == nil && bytes.HasPrefix(f.still, []byte("ALPH")) {
		return nil, errNotStripped // only the extended kind of file may have alpha
	}
	var chunks []byte
	if f.canvas != nil {
		head := append([]byte{f.canvas[0] & (webpAnimated | webpAlpha), 0, 0, 0}, f.canvas[4:]...)
		if f.profile != nil {
			head[0] |= webpICC
		}
		if orientation > 1 {
			head[0] |= webpEXIF
		}
		chunks = appendRIFF(chunks, "VP8X", head)
		if f.profile != nil {
			chunks = appendRIFF(chunks, "ICCP", f.profile)
		}
	}
	chunks = append(chunks, f.still...)
	if f.animated {
		chunks = appendRIFF(chunks, "ANIM", f.loop)
		for _, frame := range f.frames {
			chunks = appendRIFF(chunks, "ANMF", frame)
		}
	}
	if orientation > 1 && f.canvas != nil {
		chunks = appendRIFF(chunks, "EXIF", orientationEXIF(orientation))
	}
	out := append([]byte("RIFF"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(out[4:], uint32(4+len(chunks)))
	return append(append(out, "WEBP"...), chunks...), nil
}

// appendRIFF appends a chunk, padded to an even length.
func appendRIFF(out []byte, kind string, content []byte) []byte {
	out = binary.LittleEndian.AppendUint32(append(out, kind...), uint32(len(content)))
	out = append(out, content...)
	if len(content)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

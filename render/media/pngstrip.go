package media

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"io"
	"slices"
)

// pngKept has the parts of a PNG that are kept.
type pngKept struct {
	ihdr            []byte
	palette, alpha  []byte            // PLTE and tRNS, nil without
	colors          map[string][]byte // cICP, iCCP, sRGB, gAMA and cHRM
	pixels          []byte            // compressed, from the first run of IDAT chunks
	ended           bool              // some other chunk came after the pixels
	animation       []byte            // acTL
	frames          []pngFrame
	sequence        uint32    // number of the next chunk of the animation
	broken          bool      // the animation is invalid and gets dropped
	used            [256]bool // colors of the palette
	width, height   int
	depth, kind     int
	interlaced      bool
	stillIsFrame    bool // the picture is the first frame of the animation
	framesAnnounced uint32
}

// pngFrame is a frame of an animation: its fcTL without the number, and its pixels.
type pngFrame struct {
	control []byte
	pixels  []byte
}

// Color types (PNG, 11.2.1).
const (
	pngGray, pngColor, pngPalette, pngGrayAlpha, pngColorAlpha = 0, 2, 3, 4, 6
)

// stripPNG writes a PNG anew from what its pixels need: the header, the colors of the palette and
// the transparency that pixels use, the compressed pixels up to their end, the chunks that define
// their colors, and the frames of a valid animation. Each part has exactly one form.
func stripPNG(data []byte) ([]byte, error) {
	src := section(data)
	h, err := inspectPNG(src)
	if err != nil {
		return nil, err
	}
	f := &pngKept{colors: map[string][]byte{}}
	chunks := 0
	for kind, content := range pngChunks(src) {
		if chunks++; chunks == maxChunks {
			return nil, errNotStripped // the chunks after the last one that is read would be missing
		}
		body, err := io.ReadAll(content)
		if err != nil {
			return nil, err
		}
		if !f.read(kind, body) {
			return nil, errNotStripped
		}
	}
	if f.ihdr == nil || !f.finish() {
		return nil, errNotStripped
	}
	return f.write(h.orientation), nil
}

// read reads a chunk and reports whether it is understood. Unknown chunks are left out.
func (f *pngKept) read(kind string, body []byte) bool {
	f.ended = f.ended || f.pixels != nil && kind != "IDAT"
	before := f.pixels == nil
	switch {
	case kind == "IHDR":
		return f.ihdr == nil && f.readHeader(body)
	case f.ihdr == nil:
		return false
	case kind == "PLTE" && f.kind == pngPalette && before:
		if f.palette != nil || len(body) == 0 || len(body)%3 != 0 || len(body) > 3<<f.depth {
			return false
		}
		f.palette = slices.Clone(body)
	case kind == "tRNS" && before && f.alpha == nil:
		f.alpha = f.exactAlpha(body)
	case kind == "IDAT" && !f.ended:
		f.pixels = append(f.pixels, body...)
		if f.pixels == nil {
			f.pixels = []byte{}
		}
	case kind == "acTL" || kind == "fcTL" || kind == "fdAT":
		f.broken = f.broken || !f.readAnimation(kind, body)
	case before && f.colors[kind] == nil:
		if exact := f.exactColors(kind, body); exact != nil {
			f.colors[kind] = exact
		}
	}
	return true
}

// readHeader reads IHDR.
func (f *pngKept) readHeader(body []byte) bool {
	if len(body) != 13 {
		return false
	}
	f.ihdr = body
	f.width, f.height = int(binary.BigEndian.Uint32(body)), int(binary.BigEndian.Uint32(body[4:]))
	f.depth, f.kind, f.interlaced = int(body[8]), int(body[9]), body[12] == 1
	return f.channels() > 0 && body[10] == 0 && body[11] == 0 && body[12] <= 1
}

// channels returns how many samples a pixel has, or 0 for an unknown color type.
func (f *pngKept) channels() int {
	return map[int]int{pngGray: 1, pngColor: 3, pngPalette: 1, pngGrayAlpha: 2, pngColorAlpha: 4}[f.kind]
}

// exactAlpha returns the transparency for pixels of this color type, or nil (11.3.2.1). Of a
// number, only as many bits count as a sample has.
func (f *pngKept) exactAlpha(body []byte) []byte {
	switch {
	case f.kind == pngPalette:
		if n := min(len(body), len(f.palette)/3); n > 0 {
			return slices.Clone(body[:n])
		}
		return nil
	case f.kind != pngGray && f.kind != pngColor || len(body) < 2*f.channels():
		return nil
	}
	out := slices.Clone(body[:2*f.channels()])
	for i := 0; i < len(out); i += 2 {
		v := binary.BigEndian.Uint16(out[i:])
		binary.BigEndian.PutUint16(out[i:], v&(1<<f.depth-1))
	}
	return out
}

// exactColors returns the content of a chunk that defines colors, or nil if the chunk is of another
// kind or invalid (11.3.2, and 11.3.2.6 of the third edition).
func (f *pngKept) exactColors(kind string, body []byte) []byte {
	sizes := map[string]int{"gAMA": 4, "cHRM": 32, "sRGB": 1, "cICP": 4}
	switch size := sizes[kind]; {
	case kind == "iCCP":
		channels := 3
		if f.kind == pngGray || f.kind == pngGrayAlpha {
			channels = 1
		}
		return keptProfile(readICCP(bytes.NewReader(body)), channels)
	case size == 0 || len(body) < size,
		kind == "sRGB" && body[0] > 3,
		kind == "cICP" && (body[2] != 0 || body[3] > 1):
		return nil
	default:
		return slices.Clone(body[:size])
	}
}

// readAnimation reads a chunk of an animation and reports whether it is valid (11.3.6 and 11.3.7 of
// the third edition).
func (f *pngKept) readAnimation(kind string, body []byte) bool {
	if kind == "acTL" {
		if len(body) < 8 || f.animation != nil || f.pixels != nil || len(f.frames) > 0 {
			return false
		}
		f.animation, f.framesAnnounced = slices.Clone(body[:8]), binary.BigEndian.Uint32(body)
		return true
	}
	if f.animation == nil || len(body) < 4 || binary.BigEndian.Uint32(body) != f.sequence {
		return false
	}
	f.sequence++
	body = body[4:]
	if kind == "fdAT" {
		if len(f.frames) == 0 || len(f.frames) == 1 && f.stillIsFrame {
			return false
		}
		last := &f.frames[len(f.frames)-1]
		last.pixels = append(last.pixels, body...)
		return true
	}
	if len(body) < 22 || body[20] > 2 || body[21] > 1 {
		return false
	}
	at := func(i int) int64 { return int64(binary.BigEndian.Uint32(body[4*i:])) }
	width, height, x, y := at(0), at(1), at(2), at(3)
	if width == 0 || height == 0 || x+width > int64(f.width) || y+height > int64(f.height) {
		return false
	}
	if f.pixels == nil {
		if len(f.frames) > 0 || width != int64(f.width) || height != int64(f.height) {
			return false
		}
		f.stillIsFrame = true
	}
	f.frames = append(f.frames, pngFrame{control: slices.Clone(body[:22])})
	return true
}

// finish cuts off everything after the pixels, and clears the colors of the palette that they do
// not use. It reports whether all pixels are there.
func (f *pngKept) finish() bool {
	if f.kind == pngPalette && f.palette == nil {
		return false
	}
	var ok bool
	if f.pixels, ok = f.cut(f.pixels, f.width, f.height); !ok {
		return false
	}
	if len(f.frames) == 0 || int(f.framesAnnounced) != len(f.frames) {
		f.broken = true
	}
	for i := range f.frames {
		if f.broken || i == 0 && f.stillIsFrame {
			continue
		}
		frame := &f.frames[i]
		width, height := binary.BigEndian.Uint32(frame.control), binary.BigEndian.Uint32(frame.control[4:])
		frame.pixels, ok = f.cut(frame.pixels, int(width), int(height))
		f.broken = f.broken || !ok
	}
	if f.broken {
		f.animation, f.frames = nil, nil
	}
	for i := range len(f.palette) / 3 {
		if !f.used[i] {
			clear(f.palette[3*i : 3*i+3])
			if i < len(f.alpha) {
				f.alpha[i] = 255
			}
		}
	}
	return true
}

// cut returns compressed pixels up to their end, and whether all of them are there. It notes which
// colors of the palette they use.
func (f *pngKept) cut(packed []byte, width, height int) ([]byte, bool) {
	src := bytes.NewReader(packed)
	z, err := zlib.NewReader(src) // it never reads too far, because src is a ByteReader
	if err != nil {
		return nil, false
	}
	bits := f.depth * f.channels()
	for _, pass := range f.passes(width, height) {
		if pass[0] > 0 && !f.readRows(z, (pass[0]*bits+7)/8, (bits+7)/8, pass[0], pass[1]) {
			return nil, false
		}
	}
	if n, err := io.ReadFull(z, make([]byte, 1)); n > 0 || err != io.EOF { // at EOF, the checksum is right too
		return nil, false
	}
	packed = slices.Clone(packed[:len(packed)-src.Len()])
	copy(packed, "\x78\x9c") // the level of compression does not matter
	return packed, true
}

// passes returns the widths and heights of the passes of an interlaced picture (8.2), or of the
// whole picture.
func (f *pngKept) passes(width, height int) [][2]int {
	if !f.interlaced {
		return [][2]int{{width, height}}
	}
	var passes [][2]int
	for _, p := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		passes = append(passes, [2]int{(width - p[0] + p[2] - 1) / p[2], (height - p[1] + p[3] - 1) / p[3]})
	}
	return passes
}

// readRows reads rows of size bytes, each with its filter in front (9.2). A pixel has so many
// bytes. It notes which colors of the palette they use.
func (f *pngKept) readRows(r io.Reader, size, pixel, width, rows int) bool {
	row, above := make([]byte, 1+size), make([]byte, size)
	for range rows {
		if _, err := io.ReadFull(r, row); err != nil || row[0] > 4 {
			return false
		}
		if f.kind == pngPalette {
			unfilter(row[0], row[1:], above, pixel)
			f.use(row[1:], width)
			copy(above, row[1:])
		}
	}
	return true
}

// unfilter undoes the filter of a row.
func unfilter(filter byte, row, above []byte, pixel int) {
	for i := range row {
		left, corner := 0, 0
		if i >= pixel {
			left, corner = int(row[i-pixel]), int(above[i-pixel])
		}
		up := int(above[i])
		switch filter {
		case 1:
			row[i] += byte(left)
		case 2:
			row[i] += byte(up)
		case 3:
			row[i] += byte((left + up) / 2)
		case 4:
			row[i] += byte(paeth(left, up, corner))
		}
	}
}

// paeth returns the neighbour that is nearest to left + up - corner (9.4).
func paeth(left, up, corner int) int {
	distance := func(v int) int {
		d := left + up - corner - v
		return max(d, -d)
	}
	switch dl, du, dc := distance(left), distance(up), distance(corner); {
	case dl <= du && dl <= dc:
		return left
	case du <= dc:
		return up
	}
	return corner
}

// use notes which colors of the palette a row uses.
func (f *pngKept) use(row []byte, width int) {
	perByte := 8 / f.depth
	for x := range width {
		shift := f.depth * (perByte - 1 - x%perByte)
		f.used[row[x/perByte]>>shift&byte(1<<f.depth-1)] = true
	}
}

// write returns the file.
func (f *pngKept) write(orientation int) []byte {
	out := appendChunk([]byte(pngSignature), "IHDR", f.ihdr)
	if orientation > 1 {
		out = appendChunk(out, "eXIf", orientationEXIF(orientation))
	}
	optional := func(kind string, body []byte) {
		if body != nil {
			out = appendChunk(out, kind, body)
		}
	}
	optional("cICP", f.colors["cICP"])
	// A profile, or sRGB, makes gamma and primaries redundant.
	switch profile := f.colors["iCCP"]; {
	case profile != nil:
		optional("iCCP", append([]byte("icc\x00\x00"), storeZlib(profile)...))
	case f.colors["sRGB"] != nil:
		optional("sRGB", f.colors["sRGB"])
	default:
		optional("gAMA", f.colors["gAMA"])
		optional("cHRM", f.colors["cHRM"])
	}
	optional("PLTE", f.palette)
	optional("tRNS", f.alpha)
	optional("acTL", f.animation)
	sequence := uint32(0)
	numbered := func(kind string, body []byte) {
		out = appendChunk(out, kind, append(binary.BigEndian.AppendUint32(nil, sequence), body...))
		sequence++
	}
	if !f.stillIsFrame || f.frames == nil {
		out = appendChunk(out, "IDAT", f.pixels)
	}
	for i, frame := range f.frames {
		numbered("fcTL", frame.control)
		if i == 0 && f.stillIsFrame {
			out = appendChunk(out, "IDAT", f.pixels)
		} else {
			numbered("fdAT", frame.pixels)
		}
	}
	return appendChunk(out, "IEND", nil)
}

// appendChunk appends a chunk with its checksum.
func appendChunk(out []byte, kind string, content []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(content)))
	start := len(out)
	out = append(append(out, kind...), content...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
}

// storeZlib returns data as zlib without compression (RFC 1950 and 1951). So its form does not
// depend on the version of a compressor.
func storeZlib(data []byte) []byte {
	const block = 0xffff
	out := []byte{0x78, 0x01}
	sum := adler32.Checksum(data)
	for {
		part := data[:min(len(data), block)]
		data = data[len(part):]
		last := byte(0)
		if len(data) == 0 {
			last = 1
		}
		out = binary.LittleEndian.AppendUint16(append(out, last), uint16(len(part)))
		out = binary.LittleEndian.AppendUint16(out, ^uint16(len(part)))
		out = append(out, part...)
		if last == 1 {
			return binary.BigEndian.AppendUint32(out, sum)
		}
	}
}

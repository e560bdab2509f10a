package media

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// gifKept has the parts of a GIF that are kept.
type gifKept struct {
	screen  []byte    // the signature and the logical screen
	colors  []byte    // the global color table
	used    [256]bool // colors of the global table
	repeats []byte    // how often an animation repeats; nil for once
	control []byte    // graphic control of the next frame
	frames  []gifFrame
}

// gifFrame is a frame: its graphic control, its place and flags, its own color table, and its coded
// pixels.
type gifFrame struct {
	control, place, colors, pixels []byte
}

// stripGIF writes a GIF anew from what its pixels need (GIF89a): the frames, the colors that they
// use, their timing, and the number of repetitions (Netscape's extension). Each part has exactly
// one form.
func stripGIF(data []byte) ([]byte, error) {
	if _, err := inspectGIF(section(data)); err != nil {
		return nil, err
	}
	f := &gifKept{}
	if !f.read(data) {
		return nil, errNotStripped
	}
	return f.write(), nil
}

// read reads the file and reports whether it is understood.
func (f *gifKept) read(data []byte) bool {
	if len(data) < 13 {
		return false
	}
	f.screen = slices.Clone(data[:13])
	var offset int
	if f.colors, offset = readColors(data, 13, &f.screen[10]); offset < 0 {
		return false
	}
	f.screen[10] |= 0x70 // the original picture had 2^24 colors
	if f.colors == nil {
		f.screen[11] = 0 // the background color
	}
	f.screen[12] = 0 // the aspect ratio of pixels
	f.used[f.screen[11]] = true
	for offset < len(data) {
		var ok bool
		switch data[offset] {
		case 0x3b: // trailer
			return len(f.frames) > 0
		case 0x21:
			offset, ok = f.readExtension(data, offset)
		case 0x2c:
			offset, ok = f.readFrame(data, offset)
		}
		if !ok {
			return false
		}
	}
	return len(f.frames) > 0 // many GIFs have no trailer
}

// readColors reads a color table if the flags announce one. It returns the offset after it, or -1
// if the file is cut. It clears all flags that are not about the table.
func readColors(data []byte, offset int, flags *byte) (colors []byte, end int) {
	if *flags&0x80 == 0 {
		*flags = 0
		return nil, offset
	}
	*flags &= 0x87
	end = offset + colorTableSize(*flags)
	if end > len(data) {
		return nil, -1
	}
	return slices.Clone(data[offset:end]), end
}

// colorTableSize returns the size of a color table according to its flags, in bytes.
func colorTableSize(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// readExtension reads an extension. It returns the offset after it, and whether it is understood.
func (f *gifKept) readExtension(data []byte, offset int) (int, bool) {
	const plainText, graphicControl, application = 0x01, 0xf9, 0xff
	if offset+3 > len(data) {
		return 0, false
	}
	label, first := data[offset+1], data[offset+2]
	end, ok := blocksEnd(data, offset+2)
	// If the first block has the wrong size, decoders disagree on where the extension ends, and so
	// on what belongs to a picture.
	if !ok || label == plainText && first != 12 || label == application && first == 0 || label == graphicControl && first != 4 {
		return 0, false
	}
	switch body := data[offset:end]; {
	case label == graphicControl:
		f.control = exactControl(body[3:7])
	case label == application && len(body) >= 19 && string(body[2:14]) == "\x0bNETSCAPE2.0" && body[14] == 3 && body[15] == 1:
		f.repeats = slices.Clone(body[16:18])
	}
	return end, true
}

// exactControl returns a graphic control without its reserved bits, with a transparent color only
// if its flag is set, and with a disposal only if that is defined.
func exactControl(body []byte) []byte {
	flags := body[0] & 0x1d
	if flags>>2 > 3 {
		flags &= 1
	}
	transparent := body[3]
	if flags&1 == 0 {
		transparent = 0
	}
	return []byte{flags, body[1], body[2], transparent}
}

// readFrame reads an image with its color table. It returns the offset after it, and whether it is
// understood.
func (f *gifKept) readFrame(data []byte, offset int) (int, bool) {
	if offset+10 > len(data) {
		return 0, false
	}
	frame := gifFrame{control: f.control, place: slices.Clone(data[offset+1 : offset+10])}
	f.control = nil
	interlaced := frame.place[8] & 0x40
	var start int
	if frame.colors, start = readColors(data, offset+10, &frame.place[8]); start < 0 || start >= len(data) {
		return 0, false
	}
	frame.place[8] |= interlaced
	end, ok := blocksEnd(data, start+1)
	if !ok {
		return 0, false
	}
	w := gifCodes{data: joinBlocks(data[start+1 : end])}
	pixels := int(binary.LittleEndian.Uint16(frame.place[4:])) * int(binary.LittleEndian.Uint16(frame.place[6:]))
	if !w.read(int(data[start]), pixels) {
		return 0, false
	}
	frame.pixels = append([]byte{data[start]}, splitBlocks(w.data)...)

	used := &w.used
	if frame.control != nil && frame.control[0]&1 == 1 {
		used[frame.control[3]] = false // the transparent color is not shown
	}
	if frame.colors == nil {
		for i := range used {
			f.used[i] = f.used[i] || used[i]
		}
	} else {
		clearUnused(frame.colors, used)
	}
	f.frames = append(f.frames, frame)
	return end, true
}

// clearUnused makes unused colors black.
func clearUnused(colors []byte, used *[256]bool) {
	for i := range len(colors) / 3 {
		if !used[i] {
			clear(colors[3*i : 3*i+3])
		}
	}
}

// blocksEnd returns the offset after the data blocks that begin at offset, and whether they are all
// there.
func blocksEnd(data []byte, offset int) (int, bool) {
	for offset < len(data) {
		size := int(data[offset])
		offset += 1 + size
		if size == 0 {
			return offset, true
		}
	}
	return 0, false
}

// joinBlocks returns the content of data blocks.
func joinBlocks(blocks []byte) []byte {
	var out []byte
	for len(blocks) > 0 && blocks[0] > 0 {
		size := 1 + int(blocks[0])
		out = append(out, blocks[1:size]...)
		blocks = blocks[size:]
	}
	return out
}

// splitBlocks puts data into blocks and adds the empty block at the end.
func splitBlocks(data []byte) []byte {
	var out []byte
	for part := range slices.Chunk(data, 255) {
		out = append(append(out, byte(len(part))), part...)
	}
	return append(out, 0)
}

// gifCodes are the pixels of a frame, coded by LZW (GIF89a, appendix F).
type gifCodes struct {
	data []byte
	used [256]bool // colors of the color table
}

// read walks through the codes of so many pixels of so many bits, and cuts off everything after
// them. Pixels can be missing at the end; decoders decide whether that matters. It notes which
// colors are used. The first use of a color always has a code of its own, so only such codes count.
func (g *gifCodes) read(bits, pixels int) bool {
	if bits < 1 || bits > 11 {
		return false
	}
	const widest = 12
	clearCode := 1 << bits
	end := clearCode + 1
	var lengths [1 << widest]int32 // of a code, in pixels
	for i := range clearCode {
		lengths[i] = 1
	}
	width, next, last := bits+1, end, -1
	position := 0 // in bits
	for found := 0; found < pixels; {
		code := g.code(position, width)
		if code < 0 || code == end {
			break
		}
		position += width
		if code == clearCode {
			width, next, last = bits+1, end, -1
			continue
		}
		if code > next {
			return false
		}
		if last >= 0 && next < 1<<widest {
			lengths[next] = lengths[last] + 1
		}
		if code < clearCode {
			g.used[code&255] = true
		}
		found += int(lengths[code])
		last = code
		// As in decoders, codes grow one code after the table does.
		if next++; next >= 1<<width {
			if width == widest {
				next, last = next-1, -1
			} else {
				width++
			}
		}
	}
	g.finish(position, width, end)
	return true
}

// code returns the code at a position, or -1 after the last one.
func (g *gifCodes) code(position, width int) int {
	if position+width > 8*len(g.data) {
		return -1
	}
	v := 0
	for i := range 3 {
		if at := position/8 + i; at < len(g.data) {
			v |= int(g.data[at]) << (8 * i)
		}
	}
	return v >> (position % 8) & (1<<width - 1)
}

// finish writes the end code at a position, and drops everything after it.
func (g *gifCodes) finish(position, width, end int) {
	out := append(slices.Clone(g.data[:(position+7)/8]), 0, 0, 0)
	if used := position % 8; used > 0 {
		out[position/8] &= 1<<used - 1
	}
	v := end << (position % 8)
	for i := range 3 {
		out[position/8+i] |= byte(v >> (8 * i))
	}
	g.data = out[:(position+width+7)/8]
}

// write returns the file.
func (f *gifKept) write() []byte {
	clearUnused(f.colors, &f.used)
	out := append(bytes.Clone(f.screen), f.colors...)
	if f.repeats != nil {
		out = append(append(append(out, "\x21\xff\x0bNETSCAPE2.0\x03\x01"...), f.repeats...), 0)
	}
	for _, frame := range f.frames {
		if frame.control != nil {
			out = append(append(append(out, 0x21, 0xf9, 4), frame.control...), 0)
		}
		out = append(append(out, 0x2c), frame.place...)
		out = append(append(out, frame.colors...), frame.pixels...)
	}
	return append(out, 0x3b)
}

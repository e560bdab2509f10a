package media

import (
	"bytes"
	"encoding/binary"
	"slices"

	"firstframe/render/media/planarjpeg"
)

// jpegKept has the parts of a JPEG that are kept.
type jpegKept struct {
	frame     *jpegFrame
	jfif      bool
	transform int // from Adobe's segment; -1 without one
	profile   profileChunks
	scans     []*jpegScan

	quant    [4][]byte // tables at this point of the file
	tables   [2][4]*jpegTable
	interned map[string]*jpegTable // all tables; equal ones are shared
	interval int
}

// stripJPEG writes a JPEG anew from what its pixels need: the tables that scans use (ITU T.81), the
// coded data up to the last MCU, whether it is JFIF, Adobe's colour transform, and the colours of
// the ICC profile. Each part has exactly one form.
func stripJPEG(data []byte) ([]byte, error) {
	h, err := inspectJPEG(section(data))
	if err != nil {
		return nil, err
	}
	f := &jpegKept{transform: -1, interned: map[string]*jpegTable{}}
	if !f.read(data) || len(f.scans) == 0 {
		return nil, errNotStripped
	}
	return f.write(h.orientation), nil
}

// read reads the file and reports whether it is understood.
func (f *jpegKept) read(data []byte) bool {
	for offset := 2; ; {
		// Any number of 0xff may precede a marker.
		for offset+1 < len(data) && data[offset] == 0xff && data[offset+1] == 0xff {
			offset++
		}
		if offset+2 > len(data) || data[offset] != 0xff {
			return false
		}
		marker := data[offset+1]
		if marker == markerEOI {
			return f.whole()
		}
		if offset+4 > len(data) {
			return false
		}
		size := int(binary.BigEndian.Uint16(data[offset+2:]))
		if size < 2 || offset+2+size > len(data) {
			return false
		}
		content := data[offset+4 : offset+2+size]
		offset += 2 + size
		if marker != markerSOS {
			if !f.segment(marker, content) {
				return false
			}
			continue
		}
		s := f.readScanHeader(content)
		if s == nil {
			return false
		}
		w := &jpegWalk{jpegBits: jpegBits{data: data[offset:]}, jpegScan: s}
		end, ok := w.read(f.frame)
		if !ok {
			return false
		}
		f.scans = append(f.scans, s)
		offset += end + scanLength(data[offset+end:])
	}
}

// segment reads what matters in a segment and reports whether it is understood.
func (f *jpegKept) segment(marker byte, content []byte) bool {
	const markerJPG, markerDAC = 0xc8, 0xcc
	switch {
	case marker >= markerSOF0 && marker <= markerSOF2:
		if f.frame != nil {
			return false
		}
		f.frame = readJPEGFrame(marker, content)
		return f.frame != nil
	case marker == markerDHT:
		return f.readCodes(content)
	case marker == markerDQT:
		return f.readQuant(content)
	case marker == markerDRI:
		if len(content) != 2 {
			return false
		}
		f.interval = int(binary.BigEndian.Uint16(content))
	case marker == markerAPP0 && bytes.HasPrefix(content, []byte("JFIF\x00")):
		return f.note(&f.jfif, true)
	case marker == markerAPP14 && bytes.HasPrefix(content, []byte("Adobe")) && len(content) >= 12:
		return f.noteTransform(int(content[11]))
	case marker == markerAPP2:
		return f.profile.add(bytes.NewReader(content)) == nil
	case marker > markerSOF2 && marker < 0xd0 && marker != markerJPG && marker != markerDAC:
		return false // some other kind of frame
	}
	return true
}

// note sets *what. It refuses to change it after the first scan, because decoders would disagree on
// the colours of pixels that are already coded.
func (f *jpegKept) note(what *bool, value bool) bool {
	if len(f.scans) > 0 {
		return *what == value
	}
	*what = value
	return true
}

// noteTransform sets the colour transform. Like note, it refuses to change it after the first scan.
func (f *jpegKept) noteTransform(value int) bool {
	if len(f.scans) > 0 {
		return f.transform == value
	}
	f.transform = value
	return true
}

// readCodes reads Huffman tables (T.81 B.2.4.2).
func (f *jpegKept) readCodes(content []byte) bool {
	for len(content) > 0 {
		if len(content) < 17 || content[0]>>4 > 1 || content[0]&15 > 3 {
			return false
		}
		class, slot := content[0]>>4, content[0]&15
		counts := [16]byte(content[1:17])
		total := 0
		for _, n := range counts {
			total += int(n)
		}
		if total > 256 || 17+total > len(content) {
			return false
		}
		key := string(class) + string(content[1:17+total])
		if f.interned[key] == nil {
			t := newJPEGTable(class, counts, content[17:17+total])
			if t == nil || len(f.interned) == 8*planarjpeg.MaxScans {
				return false
			}
			f.interned[key] = t
		}
		f.tables[class][slot] = f.interned[key]
		content = content[17+total:]
	}
	return true
}

// readQuant reads quantization tables (T.81 B.2.4.1).
func (f *jpegKept) readQuant(content []byte) bool {
	for len(content) > 0 {
		size := 1 + 64*(1+int(content[0]>>4))
		if content[0]>>4 > 1 || content[0]&15 > 3 || len(content) < size {
			return false
		}
		f.quant[content[0]&15] = content[:size]
		content = content[size:]
	}
	return true
}

// readScanHeader reads the header of a scan (T.81 B.2.3), or returns nil. A scan must not repeat
// coefficients: nobody would see the first ones, so they could hide anything.
func (f *jpegKept) readScanHeader(content []byte) *jpegScan {
	if f.frame == nil || len(f.scans) == planarjpeg.MaxScans || len(content) < 1 {
		return nil
	}
	n := int(content[0])
	if n < 1 || n > len(f.frame.components) || len(content) != 4+2*n {
		return nil
	}
	rest := content[1+2*n:]
	s := &jpegScan{
		first: int(rest[0]), last: int(rest[1]), high: int(rest[2] >> 4), low: int(rest[2] & 15),
		interval: f.interval, quant: map[byte][]byte{},
	}
	if !f.frame.progressive {
		s.first, s.last, s.high, s.low = 0, 63, 0, 0
	} else if s.last > 63 || s.first > s.last || s.first == 0 && s.last != 0 || s.first > 0 && n > 1 || s.high != 0 && s.high != s.low+1 || s.low > 13 {
		return nil
	}
	for i := range n {
		c := f.frame.component(content[1+2*i])
		selector := content[2+2*i]
		if c == nil || slices.Contains(s.components, c) || selector>>4 > 3 || selector&15 > 3 || !s.announce(c) {
			return nil
		}
		s.components = append(s.components, c)
		s.quant[c.quant] = f.quant[c.quant]
		if !f.assign(s, selector) {
			return nil
		}
	}
	return s
}

// announce notes which coefficients of a component the scan has. It reports whether they are new.
func (s *jpegScan) announce(c *jpegComponent) bool {
	for k := s.first; k <= s.last; k++ {
		if before := c.shifts[k]; s.high == 0 && before != 0 || s.high != 0 && before != s.high+1 {
			return false
		}
		c.shifts[k] = s.low + 1
	}
	c.seen = true
	return true
}

// assign finds the tables that a component of a scan needs. It reports whether they exist.
func (f *jpegKept) assign(s *jpegScan, selector byte) bool {
	dc, ac := f.tables[0][selector>>4], f.tables[1][selector&15]
	needDC := s.first == 0 && s.high == 0
	needAC := s.last > 0
	if !needDC {
		dc, selector = nil, selector&15
	}
	if !needAC {
		ac, selector = nil, selector&0xf0
	}
	s.dc, s.ac, s.slots = append(s.dc, dc), append(s.ac, ac), append(s.slots, selector)
	return (!needDC || dc != nil) && (!needAC || ac != nil)
}

// whole reports whether the file has everything that decoders need. Of a progressive picture, some
// decoders use the quantization tables of the first scan and some those at the end, so these must
// be equal.
func (f *jpegKept) whole() bool {
	if f.frame == nil || slices.ContainsFunc(f.frame.components, func(c *jpegComponent) bool { return !c.seen }) {
		return false
	}
	for _, s := range f.scans {
		for slot, then := range s.quant {
			now := f.quant[slot]
			if f.frame.progressive && then == nil {
				then, s.quant[slot] = now, now
			}
			if then == nil || f.frame.progressive && !bytes.Equal(then, now) {
				return false
			}
		}
	}
	return true
}

// write returns the file. Everything for the whole picture comes first. A Huffman table comes right
// before the first scan that needs it.
func (f *jpegKept) write(orientation int) []byte {
	out := []byte{0xff, 0xd8}
	if f.jfif {
		out = appendSegment(out, markerAPP0, []byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"))
	}
	if orientation > 1 {
		out = appendSegment(out, markerAPP1, append([]byte(exifPrefix+"\x00"), orientationEXIF(orientation)...))
	}
	if n := len(f.frame.components); f.transform >= 0 && n > 1 {
		transform := f.transform
		if transform > 0 { // decoders read any other number as the only one that is defined
			transform = map[int]int{3: 1, 4: 2}[n]
		}
		out = appendSegment(out, markerAPP14, []byte{'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, byte(transform)})
	}
	w := jpegWriter{out: append(out, profileSegments(keptProfile(f.profile.join(), len(f.frame.components)))...)}
	// Programs expect the quantization tables in front of the frame header.
	for _, s := range f.scans {
		for _, c := range s.components {
			if w.quant[c.quant] == nil {
				w.quantTable(c.quant, s.quant[c.quant])
			}
		}
	}
	w.out = appendSegment(w.out, f.frame.marker, f.frame.content())
	for _, s := range f.scans {
		w.scan(f.frame, s)
	}
	return append(w.out, 0xff, markerEOI)
}

// jpegWriter writes a file. It knows which tables are already written.
type jpegWriter struct {
	out      []byte
	quant    [4][]byte
	codes    [2][4][]byte
	interval int
}

// scan writes a scan, with the tables that it needs and that are not written yet.
func (w *jpegWriter) scan(f *jpegFrame, s *jpegScan) {
	for _, c := range s.components {
		w.quantTable(c.quant, s.quant[c.quant])
	}
	if s.interval != w.interval {
		w.out = appendSegment(w.out, markerDRI, binary.BigEndian.AppendUint16(nil, uint16(s.interval)))
		w.interval = s.interval
	}
	for i, selector := range s.slots {
		w.codeTable(s.dc[i], selector>>4)
		w.codeTable(s.ac[i], selector&15)
	}
	w.out = appendSegment(w.out, markerSOS, s.content(f))
	w.out = append(w.out, s.data...)
}

// quantTable writes a quantization table unless it is already there.
func (w *jpegWriter) quantTable(slot byte, table []byte) {
	if !bytes.Equal(w.quant[slot], table) {
		w.out, w.quant[slot] = appendSegment(w.out, markerDQT, table), table
	}
}

// codeTable writes a Huffman table unless it is already there.
func (w *jpegWriter) codeTable(t *jpegTable, slot byte) {
	if t == nil {
		return
	}
	written := &w.codes[t.class][slot]
	if content := t.segment(slot); !bytes.Equal(*written, content) {
		w.out, *written = appendSegment(w.out, markerDHT, content), content
	}
}

// name returns the id of a component in the file. It is the component's number, unless the ids R, G
// and B are what makes the picture RGB.
func (f *jpegFrame) name(c *jpegComponent) byte {
	i := slices.Index(f.components, c)
	if len(f.components) == 3 && f.components[0].id == 'R' && f.components[1].id == 'G' && f.components[2].id == 'B' {
		return c.id
	}
	return byte(i + 1)
}

// content returns the frame header.
func (f *jpegFrame) content() []byte {
	out := []byte{8}
	out = binary.BigEndian.AppendUint16(out, uint16(f.height))
	out = binary.BigEndian.AppendUint16(out, uint16(f.width))
	out = append(out, byte(len(f.components)))
	for _, c := range f.components {
		out = append(out, f.name(c), byte(c.h<<4|c.v), c.quant)
	}
	return out
}

// content returns the header of the scan.
func (s *jpegScan) content(f *jpegFrame) []byte {
	out := []byte{byte(len(s.components))}
	for i, c := range s.components {
		out = append(out, f.name(c), s.slots[i])
	}
	return append(out, byte(s.first), byte(s.last), byte(s.high<<4|s.low))
}

// appendSegment appends a segment.
func appendSegment(out []byte, marker byte, content []byte) []byte {
	out = append(out, 0xff, marker)
	out = binary.BigEndian.AppendUint16(out, uint16(2+len(content)))
	return append(out, content...)
}

// scanLength returns the length of the coded data of a scan. It ends at the next marker that is
// neither a stuffed zero nor a restart (T.81 B.1.1.5).
func scanLength(data []byte) int {
	for i := 0; i+1 < len(data); i++ {
		if next := data[i+1]; data[i] == 0xff && next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7) {
			return i
		}
	}
	return len(data)
}

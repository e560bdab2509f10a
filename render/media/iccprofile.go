package media

import (
	"encoding/binary"
	"slices"
)

// Sizes in an ICC profile (ICC.1:2022, 7.1).
const (
	iccHeaderSize = 128
	iccRowSize    = 12 // of the table of tags
)

// rebuildProfile writes a profile anew, with nothing but what turns the pixels
// of a picture into colours: the white point, the primaries and the curves, or
// tables of colours. Everything else is left out, as it says whose profile it
// is: descriptions, serial numbers of displays, dates, measurements, unknown
// tags, and what lies between the tags. All that is kept has one form only, so
// that a rebuilt profile stays as it is when it is rebuilt.
//
// The result is nil where the profile is not for one of the color spaces, is
// damaged, says nothing of colours, or cannot be reduced to limit bytes. A large
// table of colours is thinned out first, and left out where the primaries and the
// curves say nearly the same. Programs take a picture without a profile for
// sRGB.
func rebuildProfile(data []byte, limit int, spaces ...string) []byte {
	p, ok := parseProfile(data)
	if !ok || !slices.Contains(spaces, p.space) {
		return nil
	}
	for {
		out := p.encode()
		if out == nil || len(out) <= limit {
			return out
		}
		if !p.shrink() {
			return nil
		}
	}
}

// iccProfile is what is kept of a profile.
type iccProfile struct {
	space   string // of the pixels: "RGB ", "GRAY" or "CMYK"
	pcs     string // that the profile leads to: "XYZ " or "Lab "
	version byte   // 2 or 4
	intent  byte   // 0 to 3
	input   bool   // of the class for cameras and scanners
	tags    map[string][]byte
	tables  map[string]*iccTable
}

// iccTables are the tags with tables from pixels to colours, in the order in
// which they are given up when there is no room for them: the last one first.
// Readers take A2B0 where another one is missing.
var iccTables = []string{"A2B0", "A2B1", "A2B2"}

// parseProfile reads the outline of a profile and the tags that are kept.
func parseProfile(data []byte) (*iccProfile, bool) {
	if len(data) < iccHeaderSize+4 {
		return nil, false
	}
	size := binary.BigEndian.Uint32(data)
	if size < iccHeaderSize+4 || int64(size) > int64(len(data)) || string(data[36:40]) != "acsp" {
		return nil, false
	}
	data = data[:size]
	p := &iccProfile{
		space: string(data[16:20]), pcs: string(data[20:24]), version: data[8], intent: data[67],
		tags: map[string][]byte{}, tables: map[string]*iccTable{},
	}
	switch string(data[12:16]) {
	case "mntr", "prtr", "spac":
	case "scnr":
		p.input = true
	default: // links between profiles and lists of names describe no pixels
		return nil, false
	}
	if p.version != 2 && p.version != 4 || p.pcs != "XYZ " && p.pcs != "Lab " {
		return nil, false
	}
	if p.intent > 3 || !slices.Equal(data[64:67], []byte{0, 0, 0}) {
		p.intent = 0
	}
	return p, p.readTags(data)
}

// readTags reads the tags that are kept. Of those that are damaged nothing is.
func (p *iccProfile) readTags(data []byte) bool {
	count := binary.BigEndian.Uint32(data[iccHeaderSize:])
	table := data[iccHeaderSize+4:]
	if count > maxICCTags || int(count) > len(table)/iccRowSize {
		return false
	}
	seen := map[string]bool{}
	for tag := range count {
		row := table[tag*iccRowSize:]
		name := string(row[:4])
		offset, length := uint64(binary.BigEndian.Uint32(row[4:])), uint64(binary.BigEndian.Uint32(row[8:]))
		if offset+length > uint64(len(data)) || seen[name] {
			return false // of two with one name every reader takes the one it likes
		}
		seen[name] = true
		content := data[offset : offset+length]
		switch name {
		case "rXYZ", "gXYZ", "bXYZ", "wtpt":
			p.keep(name, exactXYZ(content))
		case "rTRC", "gTRC", "bTRC", "kTRC":
			curve, _ := exactCurve(content)
			p.keep(name, curve)
		case "chad":
			p.keep(name, exactNumbers(content, "sf32", 9))
		case "cicp":
			p.keep(name, exactCodes(content))
		case "A2B0", "A2B1", "A2B2":
			if t := parseTable(content, p.channels()); t != nil {
				p.tables[name] = t
			}
		}
	}
	return p.reduce()
}

func (p *iccProfile) keep(name string, content []byte) {
	if content != nil {
		p.tags[name] = content
	}
}

func (p *iccProfile) channels() int {
	return map[string]int{"GRAY": 1, "RGB ": 3, "CMYK": 4}[p.space]
}

// iccColors are the tags that say what a pixel's colour is.
var iccColors = map[string][]string{
	"RGB ": {"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"},
	"GRAY": {"kTRC"},
}

// byFormula reports whether the tags say what colour a pixel has without a table.
func (p *iccProfile) byFormula() bool {
	names, ok := iccColors[p.space]
	missing := func(name string) bool { return p.tags[name] == nil }
	return ok && (p.space == "GRAY" || p.pcs == "XYZ ") && !slices.ContainsFunc(names, missing)
}

// reduce drops the tags that mean nothing for pixels of this space, and reports
// whether there is a colour.
func (p *iccProfile) reduce() bool {
	formula := p.byFormula()
	for name := range p.tags {
		common := name == "wtpt" || name == "chad" || name == "cicp" && p.space == "RGB "
		if !common && !(formula && slices.Contains(iccColors[p.space], name)) {
			delete(p.tags, name)
		}
	}
	return formula || len(p.tables) > 0
}

// shrink gives something up, and reports whether there was something. The
// tables of other intents go before one becomes coarser, and that before a table
// goes without which the colours are nearly the same.
func (p *iccProfile) shrink() bool {
	kept := slices.DeleteFunc(slices.Clone(iccTables), func(name string) bool { return p.tables[name] == nil })
	if len(kept) == 0 {
		return false
	}
	last := kept[len(kept)-1]
	switch {
	case len(kept) > 1:
		delete(p.tables, last)
	case !p.tables[last].thin():
		delete(p.tables, last)
		return p.byFormula()
	}
	return true
}

// encode writes the profile. The dates, the makers, the flags, the attributes
// and the id in the header are zero. One without primaries and curves becomes
// one of a scanner: others would have to have tables for the way back, too.
func (p *iccProfile) encode() []byte {
	class := "mntr"
	if p.input || !p.byFormula() {
		class = "scnr"
	}
	out := make([]byte, iccHeaderSize)
	out[8] = p.version
	out[9] = 0x40 // version 2.4 or 4.4
	copy(out[12:], class+p.space+p.pcs)
	copy(out[36:], "acsp")
	out[67] = p.intent
	copy(out[68:], d50)

	names, contents := []string{"desc", "cprt"}, [][]byte{p.text("desc", "Color"), p.text("text", "-")}
	for _, name := range []string{"wtpt", "chad", "cicp", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC", "kTRC", "A2B0", "A2B1", "A2B2"} {
		content := p.tags[name]
		if t := p.tables[name]; t != nil {
			content = t.encode()
		}
		if content != nil {
			names, contents = append(names, name), append(contents, content)
		}
	}
	out = binary.BigEndian.AppendUint32(out, uint32(len(names)))
	offset := len(out) + iccRowSize*len(names)
	var body []byte
	places := map[string]int{} // equal ones are stored once
	for i, content := range contents {
		at, ok := places[string(content)]
		if !ok {
			at = offset + len(body)
			places[string(content)] = at
			body = append(body, content...)
			body = append(body, make([]byte, -len(body)&3)...)
		}
		out = append(out, names[i]...)
		out = binary.BigEndian.AppendUint32(out, uint32(at))
		out = binary.BigEndian.AppendUint32(out, uint32(len(content)))
	}
	out = append(out, body...)
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

// d50 is the illuminant of every profile (ICC.1:2022, 7.2.16).
const d50 = "\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d"

// text is a tag of text, which readers want to be there: in version 4 of one
// type for all, with the language and UTF-16.
func (p *iccProfile) text(kind, words string) []byte {
	switch {
	case p.version == 4:
		out := append([]byte("mluc"), 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 12, 'e', 'n', 'U', 'S')
		out = binary.BigEndian.AppendUint32(out, uint32(2*len(words)))
		out = binary.BigEndian.AppendUint32(out, 28)
		for _, r := range []byte(words) {
			out = append(out, 0, r)
		}
		return out
	case kind == "text":
		return append([]byte("text\x00\x00\x00\x00"), words+"\x00"...)
	}
	out := append([]byte("desc"), 0, 0, 0, 0)
	out = binary.BigEndian.AppendUint32(out, uint32(len(words)+1))
	out = append(out, words+"\x00"...)
	return append(out, make([]byte, 4+4+2+1+67)...) // no text in Unicode, nor in Macintosh's script
}

// exactXYZ returns a tag of one colour (10.31), or nil.
func exactXYZ(content []byte) []byte { return exactNumbers(content, "XYZ ", 3) }

// exactNumbers returns a tag of so many numbers of four bytes, or nil.
func exactNumbers(content []byte, kind string, n int) []byte {
	if len(content) < 8+4*n || string(content[:4]) != kind {
		return nil
	}
	return append([]byte(kind+"\x00\x00\x00\x00"), content[8:8+4*n]...)
}

// exactCodes returns a tag of the codes for a video's colours (10.3), or nil.
func exactCodes(content []byte) []byte {
	if len(content) < 12 || string(content[:4]) != "cicp" || content[11] > 1 {
		return nil
	}
	return append([]byte("cicp\x00\x00\x00\x00"), content[8:12]...)
}

// exactCurve returns the curve that content begins with (10.6, 10.18), and how
// long it is there; or nil.
func exactCurve(content []byte) (curve []byte, length int) {
	if len(content) < 12 {
		return nil, 0
	}
	switch string(content[:4]) {
	case "curv":
		n := binary.BigEndian.Uint32(content[8:])
		if n > maxCurve {
			return nil, 0
		}
		length = 12 + 2*int(n)
	case "para":
		function := binary.BigEndian.Uint16(content[8:])
		if function > 4 {
			return nil, 0
		}
		length = 12 + 4*[5]int{1, 3, 4, 5, 7}[function]
	default:
		return nil, 0
	}
	if len(content) < length {
		return nil, 0
	}
	curve = slices.Clone(content[:length])
	clear(curve[4:8])
	if string(curve[:4]) == "para" {
		clear(curve[10:12])
	}
	return curve, length
}

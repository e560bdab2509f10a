package media

import (
	"encoding/binary"
	"slices"
)

// Sizes in an ICC profile (ICC.1:2022, 7.1).
const (
	iccHeaderSize = 128
	iccRowSize    = 12 // in the table of tags
)

// rebuildProfile writes a profile anew with only what turns pixels into colours: the white point,
// the primaries and the curves, or tables of colours. Everything else could tell whose profile it
// is, so it is left out: descriptions, serial numbers of displays, dates, measurements, unknown
// tags, and the gaps between tags. Each part has exactly one form, so rebuilding twice changes
// nothing.
//
// It returns nil if the profile is not for one of the color spaces, is damaged, has no colours, or
// cannot be reduced to limit bytes. To save space, it thins out a large table of colours, and drops
// it if the primaries and the curves say nearly the same. Programs treat a picture without a
// profile as sRGB.
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

// iccProfile has the parts of a profile that are kept.
type iccProfile struct {
	space   string // of the pixels: "RGB ", "GRAY" or "CMYK"
	pcs     string // space of the colours: "XYZ " or "Lab "
	version byte   // 2 or 4
	intent  byte   // rendering intent, 0 to 3
	input   bool   // of the class for cameras and scanners
	tags    map[string][]byte
	tables  map[string]*iccTable
}

// iccTables are the tags with tables that map pixels to colours. If there is no room, the last one
// goes first, because readers fall back to A2B0.
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
	default: // links between profiles and lists of named colours do not describe pixels
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

// readTags reads the tags that are kept. It drops damaged ones. It reports whether the profile has
// colours.
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
			return false // of two tags with one name, readers disagree on which one counts
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

// keep notes a tag unless its content is nil.
func (p *iccProfile) keep(name string, content []byte) {
	if content != nil {
		p.tags[name] = content
	}
}

// channels returns how many channels a pixel has, or 0 for an unknown space.
func (p *iccProfile) channels() int {
	return map[string]int{"GRAY": 1, "RGB ": 3, "CMYK": 4}[p.space]
}

// iccColors has the tags that define the colour of a pixel without a table, by space.
var iccColors = map[string][]string{
	"RGB ": {"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"},
	"GRAY": {"kTRC"},
}

// byFormula reports whether the tags define the colour of a pixel without a table.
func (p *iccProfile) byFormula() bool {
	names, ok := iccColors[p.space]
	missing := func(name string) bool { return p.tags[name] == nil }
	return ok && (p.space == "GRAY" || p.pcs == "XYZ ") && !slices.ContainsFunc(names, missing)
}

// reduce drops the tags that mean nothing for pixels of this space. It reports whether the profile
// has colours.
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

// shrink makes the profile smaller, and reports whether it could. First the tables of further
// intents go. Then the last one becomes coarser. Then it goes too, if the colours are nearly the
// same without it.
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

// encode returns the profile. Dates, makers, flags, attributes and the id in the header are zero. A
// profile without primaries and curves becomes one of a scanner, because any other class would also
// need tables for the opposite direction.
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
	places := map[string]int{} // equal contents are stored once
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

// d50 is the illuminant in the header of every profile (ICC.1:2022, 7.2.16).
const d50 = "\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d"

// text returns a tag of text. Readers insist on some. In version 4, all have one type, with a
// language and UTF-16.
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
	return append(out, make([]byte, 4+4+2+1+67)...) // no text in Unicode, and none in a Macintosh script
}

// exactXYZ returns a tag with one colour (10.31), or nil.
func exactXYZ(content []byte) []byte { return exactNumbers(content, "XYZ ", 3) }

// exactNumbers returns a tag with n numbers of four bytes, or nil.
func exactNumbers(content []byte, kind string, n int) []byte {
	if len(content) < 8+4*n || string(content[:4]) != kind {
		return nil
	}
	return append([]byte(kind+"\x00\x00\x00\x00"), content[8:8+4*n]...)
}

// exactCodes returns a tag with codes for the colours of a video (10.3), or nil.
func exactCodes(content []byte) []byte {
	if len(content) < 12 || string(content[:4]) != "cicp" || content[11] > 1 {
		return nil
	}
	return append([]byte("cicp\x00\x00\x00\x00"), content[8:12]...)
}

// exactCurve returns the curve at the start of content (10.6, 10.18), and its length there. It
// returns nil if there is none.
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

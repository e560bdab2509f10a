package planaravif

import "slices"

// properties describe a picture.
type properties struct {
	width, height uint64
	colors        *Colors // of an nclx colr box, or nil
	profile       []byte
}

// parseProperties reads the properties of an item from an iprp box (ISO/IEC 23008-12, 9.3). It
// fails for one that is not known, because that could turn or crop the picture.
func parseProperties(data []byte, item uint32) (properties, error) {
	var p properties
	var all []box
	var wanted []int
	for b, err := range boxes(data) {
		if err != nil {
			return p, err
		}
		switch b.kind {
		case "ipco":
			for property, err := range boxes(b.content) {
				if err != nil {
					return p, err
				}
				all = append(all, property)
			}
		case "ipma":
			indices, ok := parseAssociations(b.content, item)
			if !ok {
				return p, errBoxes
			}
			wanted = append(wanted, indices...)
		}
	}
	var seen []string
	for _, index := range wanted {
		if index < 1 || index > len(all) {
			return p, errBoxes
		}
		kind, ok := p.add(all[index-1])
		if !ok || slices.Contains(seen, kind) {
			return p, errUnknown
		}
		seen = append(seen, kind)
	}
	return p, nil
}

// parseAssociations returns the numbers of the properties of an item, from an ipma box.
func parseAssociations(data []byte, item uint32) (indices []int, ok bool) {
	f := fields{data: data}
	version, flags := f.full()
	for range f.uint(4) {
		id := f.id(version, 1)
		for range f.uint(1) {
			index := 0
			if flags&1 == 0 {
				index = int(f.uint(1)) & 0x7f
			} else {
				index = int(f.uint(2)) & 0x7fff
			}
			if id == item {
				indices = append(indices, index)
			}
		}
		if f.over {
			return nil, false
		}
	}
	return indices, true
}

// add reads a property. It returns its kind, and whether it is known.
func (p *properties) add(b box) (kind string, ok bool) {
	f := fields{data: b.content}
	switch b.kind {
	case "ispe":
		f.full()
		p.width, p.height = f.uint(4), f.uint(4)
		return b.kind, !f.over
	case "pixi", "av1C": // the sequence header has the same values
		return b.kind, true
	case "colr":
		kind = string(b.content[:min(4, len(b.content))])
		f.uint(4)
		switch kind {
		case "nclx":
			primaries, transfer, matrix, full := f.uint(2), f.uint(2), f.uint(2), f.uint(1)
			p.colors = &Colors{uint8(primaries), uint8(transfer), uint8(matrix), full&0x80 != 0}
			return kind, !f.over && primaries|transfer|matrix <= 0xff
		case "prof", "rICC":
			p.profile = slices.Clone(f.data)
			return "prof", len(p.profile) > 0
		}
	}
	return b.kind, false
}

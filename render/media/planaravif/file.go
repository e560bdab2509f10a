package planaravif

import (
	"errors"
	"slices"
)

// File is an AVIF file with one picture.
type File struct {
	Width, Height int
	Profile       []byte // ICC profile, or nil
	Packet        []byte // XMP to write, or nil; Parse does not read it
	sequence      sequence
	frame         []byte // the OBU of the frame
}

// errUnknown means that a file has a part that changes how its picture looks, and that this package
// does not know.
var errUnknown = errors.New("avif: the file has parts that are not known")

// Begins reports whether head is the start of a still picture in AVIF. It needs 12 bytes.
func Begins(head []byte) bool {
	return len(head) >= 12 && string(head[4:12]) == "ftypavif"
}

// Parse reads a file. It fails if the file is cut, if its parts contradict each other, or if it has
// something that changes its picture and is not known, like an alpha plane or a rotation. It
// ignores metadata and other pictures.
func Parse(data []byte) (*File, error) {
	if !Begins(data) {
		return nil, errors.New("avif: it does not begin like an AVIF file")
	}
	var meta []byte
	for b, err := range boxes(data) {
		switch {
		case err != nil:
			return nil, err
		case b.kind == "meta" && meta == nil:
			meta = b.content
		case b.kind == "meta" || b.kind == "moov" || b.kind == "moof":
			return nil, errUnknown
		}
	}
	if meta == nil {
		return nil, errBoxes
	}
	it, err := parseMeta(meta)
	if err != nil {
		return nil, err
	}
	p, err := parseProperties(it.properties, it.primary)
	if err != nil {
		return nil, err
	}
	at, ok := it.places[it.primary]
	if !ok || it.kinds[it.primary] != "av01" {
		return nil, errUnknown
	}
	coded := at.in(data)
	if coded == nil {
		return nil, errBoxes
	}
	return newFile(coded, p)
}

// newFile makes a file from a coded picture and its properties.
func newFile(coded []byte, p properties) (*File, error) {
	header, frame, err := splitOBUs(coded)
	if err != nil {
		return nil, err
	}
	s, err := parseSequence(header)
	if err != nil {
		return nil, err
	}
	if p.width != uint64(s.width) || p.height != uint64(s.height) {
		return nil, errors.New("avif: the sizes in the file contradict each other")
	}
	if p.colors != nil {
		s.colors = *p.colors // they count more than the sequence header's (MIAF, 7.3.6.4)
	}
	if s.colors.Matrix == matrixInverse {
		return nil, errSequence
	}
	return &File{Width: s.width, Height: s.height, Profile: p.profile, sequence: s, frame: slices.Clone(frame)}, nil
}

// items are what a meta box tells.
type items struct {
	primary    uint32
	kinds      map[uint32]string
	places     map[uint32]place
	properties []byte // content of the iprp box
}

// place is where an item is in the file.
type place struct{ offset, size uint64 }

// parseMeta reads the content of a meta box.
func parseMeta(data []byte) (*items, error) {
	f := fields{data: data}
	if version, _ := f.full(); version != 0 || f.over {
		return nil, errUnknown
	}
	it := &items{}
	var seen []string
	for b, err := range boxes(f.data) {
		if err != nil {
			return nil, err
		}
		if slices.Contains(seen, b.kind) && b.kind != "free" {
			return nil, errUnknown
		}
		seen = append(seen, b.kind)
		ok := true
		switch b.kind {
		case "hdlr", "free", "grpl", "uuid":
		case "pitm":
			f := fields{data: b.content}
			version, _ := f.full()
			it.primary = f.id(version, 1)
			ok = !f.over
		case "iinf":
			it.kinds, ok = parseKinds(b.content)
		case "iloc":
			it.places, ok = parsePlaces(b.content)
		case "iprp":
			it.properties = b.content
		case "iref":
			ok = onlyDescriptions(b.content)
		default:
			return nil, errUnknown
		}
		if !ok {
			return nil, errBoxes
		}
	}
	return it, nil
}

// parseKinds reads the types of all items from an iinf box.
func parseKinds(data []byte) (kinds map[uint32]string, ok bool) {
	f := fields{data: data}
	version, _ := f.full()
	f.id(version, 1) // how many there are
	kinds = map[uint32]string{}
	for b, err := range boxes(f.data) {
		if err != nil {
			return nil, false
		}
		e := fields{data: b.content}
		version, _ := e.full()
		if b.kind != "infe" || version < 2 || version > 3 {
			return nil, false
		}
		id := e.id(version, 3)
		protection := e.uint(2)
		if e.over || protection != 0 || len(e.data) < 4 {
			return nil, false
		}
		if _, twice := kinds[id]; twice {
			return nil, false
		}
		kinds[id] = string(e.data[:4])
	}
	return kinds, !f.over
}

// parsePlaces reads the places of all items from an iloc box (ISO/IEC 14496-12, 8.11.3). An item in
// several parts, or outside of the file, has none.
func parsePlaces(data []byte) (places map[uint32]place, ok bool) {
	f := fields{data: data}
	version, _ := f.full()
	sizes := int(f.uint(2))
	offsetSize, lengthSize, baseSize, indexSize := sizes>>12, sizes>>8&15, sizes>>4&15, sizes&15
	if version > 2 {
		return nil, false
	}
	if version == 0 {
		indexSize = 0
	}
	for _, size := range []int{offsetSize, lengthSize, baseSize, indexSize} {
		if size != 0 && size != 4 && size != 8 {
			return nil, false
		}
	}
	places = map[uint32]place{}
	for range f.id(version, 2) {
		id := f.id(version, 2)
		method := uint64(0)
		if version > 0 {
			method = f.uint(2)
		}
		reference, base, extents := f.uint(2), f.uint(baseSize), f.uint(2)
		if extents != 1 {
			// At once, because parts can take no room, and there can be many.
			f.skip(int(extents) * (indexSize + offsetSize + lengthSize))
		} else {
			f.uint(indexSize)
			at := place{base + f.uint(offsetSize), f.uint(lengthSize)}
			if method == 0 && reference == 0 && at.offset >= base {
				places[id] = at
			}
		}
		if f.over {
			return nil, false
		}
	}
	return places, true
}

// onlyDescriptions reports whether an iref box has only references from metadata and thumbnails.
// Any other could change how the picture looks.
func onlyDescriptions(data []byte) bool {
	f := fields{data: data}
	f.full()
	for b, err := range boxes(f.data) {
		if err != nil || b.kind != "cdsc" && b.kind != "thmb" {
			return false
		}
	}
	return !f.over
}

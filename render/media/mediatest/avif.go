package mediatest

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// AVIF is an AVIF file in parts. Write puts them together as other programs do, so tests can add
// what ours never writes.
type AVIF struct {
	Coded      string // the picture: OBUs of AV1
	Properties []string
	Profile    string // an ICC profile
	EXIF, XMP  string // items, if not empty
	Meta       string // boxes at the end of the meta box
	End        string // bytes at the end of the file
}

// ReadAVIF takes a file of ours apart.
func ReadAVIF(data []byte) AVIF {
	coded := data[bytes.Index(data, []byte("mdat"))+4:]
	list := data[bytes.Index(data, []byte("ipco"))+4:]
	a := AVIF{Coded: string(coded)}
	for range 4 {
		size := binary.BigEndian.Uint32(list)
		a.Properties = append(a.Properties, string(list[:size]))
		list = list[size:]
	}
	return a
}

// Bytes returns the file.
func (a AVIF) Bytes() []byte {
	u16 := func(v int) string { return string(binary.BigEndian.AppendUint16(nil, uint16(v))) }
	u32 := func(v int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(v))) }
	const full = "\x00\x00\x00\x00"

	kinds, contents := []string{"av01"}, []string{a.Coded}
	if a.EXIF != "" {
		kinds, contents = append(kinds, "Exif"), append(contents, u32(6)+"Exif\x00\x00"+a.EXIF)
	}
	if a.XMP != "" {
		kinds, contents = append(kinds, "mime"), append(contents, a.XMP)
	}
	properties := a.Properties
	if a.Profile != "" {
		properties = append(properties[:len(properties):len(properties)], Box("colr", "prof", a.Profile))
	}
	associations := ""
	for i := range properties {
		associations += string([]byte{byte(i + 1)})
	}
	infes, references := "", ""
	for i, kind := range kinds {
		name := "\x00"
		if kind == "mime" {
			name = "\x00application/rdf+xml\x00"
		}
		infes += Box("infe", "\x02\x00\x00\x00", u16(i+1), "\x00\x00", kind, name)
		if i > 0 {
			references += Box("cdsc", u16(i+1), u16(1), u16(1))
		}
	}
	meta := func(offset int) string {
		places := ""
		for i, c := range contents {
			places += u16(i+1) + "\x00\x00" + u16(1) + u32(offset) + u32(len(c))
			offset += len(c)
		}
		parts := []any{full,
			Box("hdlr", full, full, "pict", strings.Repeat("\x00", 12), "secret place\x00"),
			Box("pitm", full, u16(1)),
			Box("iloc", full, "\x44\x00", u16(len(contents)), places),
			Box("iinf", full, u16(len(kinds)), infes),
			Box("iprp", Box("ipco", strings.Join(properties, "")), Box("ipma", full, u32(1), u16(1), string([]byte{byte(len(properties))}), associations)),
		}
		if references != "" {
			parts = append(parts, Box("iref", full, references))
		}
		return Box("meta", append(parts, a.Meta)...)
	}
	head := Box("ftyp", "avif\x00\x00\x00\x00avifmif1miaf")
	offset := len(head) + len(meta(0)) + 8
	return []byte(head + meta(offset) + Box("mdat", strings.Join(contents, "")) + a.End)
}

package mediatest

import (
	"encoding/binary"
	"strings"
)

// Tag is an entry of an EXIF directory.
type Tag struct {
	ID, Kind uint16
	Count    uint32 // of numbers or characters
	Value    string // bytes, little-endian
}

// Short returns a tag with a number of 16 bits.
func Short(id, value uint16) Tag { return Tag{id, 3, 1, string([]byte{byte(value), byte(value >> 8)})} }

// ASCII returns a tag with a text.
func ASCII(id uint16, s string) Tag {
	return Tag{id, 2, uint32(len(s) + 1), s + "\x00"}
}

// Rational returns a tag with fractions, each a numerator and a denominator.
func Rational(id uint16, pairs ...uint32) Tag {
	var b []byte
	for _, v := range pairs {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return Tag{id, 5, uint32(len(pairs) / 2), string(b)}
}

// Long returns the bytes of a number of 32 bits.
func Long(v uint32) string { return string(binary.LittleEndian.AppendUint32(nil, v)) }

// EXIF returns a little-endian EXIF block. The first directory points to the others: the first one
// for EXIF, the second one for GPS.
func EXIF(ifd0 []Tag, pointed ...[]Tag) string {
	pointers := []uint16{0x8769, 0x8825}[:len(pointed)]
	for _, id := range pointers {
		ifd0 = append(ifd0, Tag{id, 4, 1, "\x00\x00\x00\x00"})
	}
	out := []byte("II*\x00\x08\x00\x00\x00")
	pointerAt := len(out) + 2 + 12*(len(ifd0)-len(pointers)) + 8
	out = AppendDirectory(out, ifd0)
	for i, directory := range pointed {
		binary.LittleEndian.PutUint32(out[pointerAt+12*i:], uint32(len(out)))
		out = AppendDirectory(out, directory)
	}
	return string(out)
}

// AppendDirectory appends a directory, without a further one after it.
func AppendDirectory(out []byte, tags []Tag) []byte {
	values := len(out) + 2 + 12*len(tags) + 4
	var data []byte
	out = binary.LittleEndian.AppendUint16(out, uint16(len(tags)))
	for _, t := range tags {
		out = binary.LittleEndian.AppendUint16(out, t.ID)
		out = binary.LittleEndian.AppendUint16(out, t.Kind)
		out = binary.LittleEndian.AppendUint32(out, t.Count)
		if len(t.Value) <= 4 {
			out = append(out, (t.Value + "\x00\x00\x00\x00")[:4]...)
			continue
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(values+len(data)))
		data = append(data, t.Value...)
	}
	out = append(out, 0, 0, 0, 0) // no further directory
	return append(out, data...)
}

// Contents of APP1 segments: the start of one with EXIF, and one with XMP.
const (
	EXIFHead  = "Exif\x00\x00"
	XMPPacket = "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>"
)

// XMPWith returns an XMP packet that describes a picture with attributes and elements.
func XMPWith(attributes, elements string) string {
	return "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">" +
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="urn:dc" dc:format="x"/>` +
		`<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" ` + attributes + ">" + elements +
		"</rdf:Description></rdf:RDF></x:xmpmeta>\n   \n<?xpacket end=\"w\"?>"
}

// FullEXIF returns an EXIF block with an orientation, a camera, the owner's name, and a place.
func FullEXIF(orientation uint16) string {
	return EXIF(
		[]Tag{
			ASCII(0x010e, "secret place"),
			ASCII(0x010f, "Nikon"),
			ASCII(0x0110, "D  800\u202eE"),
			Short(0x0112, orientation),
			ASCII(0x013b, "Jane Owner"),
		},
		[]Tag{
			Rational(0x829a, 10, 2500),
			Rational(0x829d, 28, 10),
			Short(0x8827, 400),
			ASCII(0x9003, "2024:05:06 07:08:09"),
			Rational(0x920a, 35, 1),
			ASCII(0xa430, "Jane Owner"),
			ASCII(0xa431, "SN-4711"),
			ASCII(0xa434, strings.Repeat("x", 200)),
			ASCII(0xa435, "LENS-0815"),
		},
		[]Tag{
			ASCII(0x0001, "N"),
			Rational(0x0002, 48, 1, 51, 1, 29, 1),
			ASCII(0x001b, "secret place"),
		},
	)
}

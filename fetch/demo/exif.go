package demo

import (
	"bytes"
	"encoding/binary"
	"image"
	"slices"
)

// photo is the metadata that a camera writes into a picture.
type photo struct {
	make, model, lens string
	taken             string // as EXIF wants it: 2006:01:02 15:04:05
	orientation       uint16
	exposure, fnumber [2]uint32 // fractions
	focal             [2]uint32 // mm
	iso               uint16
	lat, lon          [3]uint32 // degrees, minutes, seconds; north and east
}

// exif returns a JPEG with the metadata inserted before everything else, as cameras do.
func (p photo) exif(jpeg []byte) []byte {
	tiff := p.tiff()
	segment := []byte{0xff, 0xe1}
	segment = binary.BigEndian.AppendUint16(segment, uint16(2+6+len(tiff)))
	segment = append(segment, "Exif\x00\x00"...)
	segment = append(segment, tiff...)
	return slices.Insert(jpeg, 2, segment...)
}

// tiff returns three directories in a row, each followed by its long values. The first one holds
// the offsets of the others, so their sizes must be known first. That is why they are built twice.
func (p photo) tiff() []byte {
	build := func(exifAt, gpsAt uint32) (head, exif, gps []byte) {
		head = directory{
			text(0x010f, p.make), text(0x0110, p.model), short(0x0112, p.orientation), text(0x0132, p.taken),
			long(0x8769, exifAt), long(0x8825, gpsAt),
		}.bytes(8)
		exif = directory{
			fractions(0x829a, p.exposure), fractions(0x829d, p.fnumber), short(0x8827, p.iso), text(0x9003, p.taken),
			fractions(0x920a, p.focal), text(0xa434, p.lens),
		}.bytes(exifAt)
		degrees := func(d [3]uint32) [][2]uint32 { return [][2]uint32{{d[0], 1}, {d[1], 1}, {d[2], 1}} }
		gps = directory{
			text(1, "N"), fractions(2, degrees(p.lat)...), text(3, "E"), fractions(4, degrees(p.lon)...),
		}.bytes(gpsAt)
		return head, exif, gps
	}
	head, exif, _ := build(0, 0)
	exifAt := 8 + uint32(len(head))
	head, exif, gps := build(exifAt, exifAt+uint32(len(exif)))
	out := []byte("MM\x00\x2a\x00\x00\x00\x08")
	return append(append(append(out, head...), exif...), gps...)
}

// directory is an image file directory of TIFF. Its entries must be sorted by their ids.
type directory []tag

// tag is an entry of a directory.
type tag struct {
	id, kind uint16
	count    uint32
	value    []byte
}

// text returns a tag with a string.
func text(id uint16, s string) tag {
	return tag{id, 2, uint32(len(s) + 1), append([]byte(s), 0)}
}

// short returns a tag with a 16-bit number.
func short(id, v uint16) tag {
	return tag{id, 3, 1, binary.BigEndian.AppendUint16(nil, v)}
}

// long returns a tag with a 32-bit number.
func long(id uint16, v uint32) tag {
	return tag{id, 4, 1, binary.BigEndian.AppendUint32(nil, v)}
}

// fractions returns a tag with numbers, each as numerator and denominator.
func fractions(id uint16, values ...[2]uint32) tag {
	var b []byte
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v[0])
		b = binary.BigEndian.AppendUint32(b, v[1])
	}
	return tag{id, 5, uint32(len(values)), b}
}

// bytes encodes a directory that begins at the offset at of the file.
func (d directory) bytes(at uint32) []byte {
	var head, tail bytes.Buffer
	write := func(v any) { binary.Write(&head, binary.BigEndian, v) }
	// A count, 12 bytes per entry, and the offset of the next directory: 0, because there is none.
	end := at + 2 + 12*uint32(len(d)) + 4
	write(uint16(len(d)))
	for _, e := range d {
		write(e.id)
		write(e.kind)
		write(e.count)
		if len(e.value) <= 4 {
			write([4]byte(append(slices.Clone(e.value), 0, 0, 0, 0)[:4]))
			continue
		}
		write(end + uint32(tail.Len()))
		tail.Write(e.value)
		if tail.Len()%2 == 1 {
			tail.WriteByte(0) // values must begin at even offsets
		}
	}
	write(uint32(0))
	return append(head.Bytes(), tail.Bytes()...)
}

// turned returns img as a camera stores it when held upright: lying on its side. A viewer turns it
// clockwise by a quarter, which is orientation 6.
func turned(img *image.RGBA) *image.RGBA {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	out := image.NewRGBA(image.Rect(0, 0, h, w))
	for y := range w {
		for x := range h {
			out.SetRGBA(x, y, img.RGBAAt(w-1-y, x))
		}
	}
	return out
}

package planarjpeg

import (
	"bytes"
	"encoding/binary"
	"io"
	"unsafe"
)

// Kind says what the components of a JPEG mean.
type Kind int

// The kinds.
const (
	Gray  Kind = iota
	YCbCr      // as in JFIF
	RGB
	CMYK // inverted, as Adobe writes it: 255 means no ink
	YCCK // K as in CMYK, and YCbCr of the C, M and Y there
)

// Inks reports whether the components are amounts of ink.
func (k Kind) Inks() bool { return k == CMYK || k == YCCK }

// Info is what a file says in front of its first scan.
type Info struct {
	Width, Height int
	Kind          Kind
	frame         []byte // content of the frame header
	progressive   bool
}

// Inspect reads a file up to its first scan. It returns ErrUnsupported if neither Decode nor
// Components can decode the file.
func Inspect(r io.Reader) (Info, error) {
	d := new(decoder)
	d.src = r
	if err := d.begin(); err != nil {
		return Info{}, err
	}
	var info Info
	for {
		marker, content, err := d.next()
		switch {
		case err != nil:
			return Info{}, err
		case marker == markerEOI || marker == markerSOS && info.frame == nil:
			return Info{}, errCorrupt
		case marker == markerSOS:
			info.Kind = d.kind()
			return info, nil
		case marker == markerDHT || marker == markerDQT:
			continue // not needed here
		}
		if err := d.interpret(marker, content); err != nil {
			return Info{}, err
		}
		if d.components != nil && info.frame == nil {
			info.frame, info.progressive = bytes.Clone(content), d.progressive
			info.Height, info.Width = int(binary.BigEndian.Uint16(content[1:])), int(binary.BigEndian.Uint16(content[3:]))
		}
	}
}

// Memory returns how many bytes Decode takes. For kinds that Decode does not support, it returns
// how many Components takes.
func (i *Info) Memory(width, height int) int64 {
	d := &decoder{width: width, height: height, alike: i.Kind > YCbCr}
	if d.parseFrame(i.frame) != nil {
		return 0 // never, because Inspect has parsed it
	}
	const tables = 16 << 10
	memory := int64(unsafe.Sizeof(*d)) + tables
	for j := range d.components {
		c := &d.components[j]
		blocks := int64(c.stride) * int64(c.rows)
		memory += blocks * int64(c.points*c.points)
		if i.progressive {
			memory += blocks * 64 * 2
		}
	}
	return memory
}

// Subsampled reports whether some components have fewer samples than others.
func (i *Info) Subsampled() bool {
	d := new(decoder)
	if d.parseFrame(i.frame) != nil {
		return false
	}
	for _, c := range d.components {
		if c.h != d.components[0].h || c.v != d.components[0].v {
			return true
		}
	}
	return false
}

// kind returns what the components mean, which the standard does not define.
//
// Three components are YCbCr in a file with a JFIF segment. In other files they are red, green and
// blue if Adobe's segment or the ids of the components say so. Four are CMYK, unless Adobe's
// segment says that the first three are YCbCr. As in browsers, Pillow and ImageMagick, CMYK always
// counts as inverted, even without Adobe's segment.
func (d *decoder) kind() Kind {
	c := d.components
	switch {
	case len(c) == 1:
		return Gray
	case len(c) == 4 && d.adobe && d.transform != 0:
		return YCCK
	case len(c) == 4:
		return CMYK
	case d.jfif:
		return YCbCr
	case d.adobe && d.transform == 0 || c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B':
		return RGB
	}
	return YCbCr
}

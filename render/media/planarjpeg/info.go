package planarjpeg

import (
	"bytes"
	"encoding/binary"
	"io"
	"unsafe"
)

// Kind is what the components of a JPEG are.
type Kind int

const (
	Gray  Kind = iota
	YCbCr      // of JFIF
	RGB
	CMYK // inverted, as Adobe writes it: 255 means no ink
	YCCK // YCbCr of what CMYK stores as C, M and Y, and K
)

// Inks tells whether the components are amounts of ink.
func (k Kind) Inks() bool { return k == CMYK || k == YCCK }

// Info is what a file says before its first scan.
type Info struct {
	Width, Height int
	Kind          Kind
	frame         []byte // content of the frame header
	progressive   bool
}

// Inspect reads a file up to its first scan. It returns ErrUnsupported for what
// neither Decode nor Components can decode.
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
			continue // which are of no concern here
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

// Memory tells how many bytes Decode takes, or Components for kinds that Decode
// does not know.
func (i *Info) Memory(width, height int) int64 {
	d := &decoder{width: width, height: height, alike: i.Kind > YCbCr}
	if d.parseFrame(i.frame) != nil {
		return 0 // never, as Inspect has parsed it
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

// Subsampled tells whether some components have fewer samples than others.
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

// kind tells what the components are, which the standard does not say. Three are
// red, green and blue if Adobe's segment says so, or else the names of the
// components, unless there is a segment of JFIF, which is YCbCr only. Four are
// CMYK, unless Adobe's segment says that the first three are YCbCr. Without that
// segment CMYK counts as inverted too, as in browsers, Pillow and ImageMagick.
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

package planaravif

import (
	"errors"
)

// Colors are the numbers of ITU-T H.273 that tell what the samples mean.
type Colors struct {
	Primaries, Transfer, Matrix uint8
	Full                        bool // black is 0 and white is 255
}

// Numbers of H.273.
const (
	unspecified   = 2
	primaries709  = 1
	transferSRGB  = 13
	matrix601     = 6
	matrixInverse = 0 // GBR instead of a luminance; AV1 codes it differently
)

// sequence is a sequence header of AV1 (5.5) for a still picture with 8 bits a sample.
type sequence struct {
	profile       uint32 // 0: half chroma or none; 1: full chroma
	level         uint32
	sizeBits      [2]uint32 // of width and height, minus one
	width, height int
	tools         uint32 // use_128x128_superblock to enable_restoration, 6 bits
	gray          bool
	colors        Colors
	position      uint32 // of chroma samples
	separate      uint32 // separate_uv_delta_q
}

// toolBits is how many bits there are between the size and the colours of a still picture.
const toolBits = 6

// errSequence means that a sequence header is none of a plain picture.
var errSequence = errors.New("avif: unsupported sequence header")

// parseSequence reads a sequence header.
func parseSequence(data []byte) (sequence, error) {
	var s sequence
	b := bits{data: data}
	s.profile = b.read(3)
	still := b.read(2) // still_picture, reduced_still_picture_header
	s.level = b.read(5)
	s.sizeBits = [2]uint32{b.read(4), b.read(4)}
	s.width, s.height = 1+int(b.read(s.sizeBits[0]+1)), 1+int(b.read(s.sizeBits[1]+1))
	s.tools = b.read(toolBits)
	deep := b.read(1)
	if still != 3 || s.profile > 1 || deep != 0 {
		return s, errSequence
	}
	s.gray = s.profile == 0 && b.read(1) == 1
	s.colors = Colors{Primaries: unspecified, Transfer: unspecified, Matrix: unspecified}
	if b.read(1) == 1 {
		s.colors = Colors{Primaries: uint8(b.read(8)), Transfer: uint8(b.read(8)), Matrix: uint8(b.read(8))}
	}
	if s.colors.Matrix == matrixInverse {
		return s, errSequence
	}
	s.colors.Full = b.read(1) == 1
	if !s.gray {
		if s.profile == 0 {
			s.position = b.read(2)
		}
		s.separate = b.read(1)
	}
	grain := b.read(1)
	if grain != 0 || !b.trailing() {
		return s, errSequence
	}
	return s, nil
}

// bytes writes the sequence header.
func (s *sequence) bytes() []byte {
	var b bits
	b.write(s.profile, 3)
	b.write(3, 2)
	b.write(s.level, 5)
	b.write(s.sizeBits[0], 4)
	b.write(s.sizeBits[1], 4)
	b.write(uint32(s.width-1), s.sizeBits[0]+1)
	b.write(uint32(s.height-1), s.sizeBits[1]+1)
	b.write(s.tools, toolBits)
	b.write(0, 1) // 8 bits
	if s.profile == 0 {
		b.write(one(s.gray), 1)
	}
	b.write(1, 1)
	b.write(uint32(s.colors.Primaries), 8)
	b.write(uint32(s.colors.Transfer), 8)
	b.write(uint32(s.colors.Matrix), 8)
	b.write(one(s.colors.Full), 1)
	if !s.gray {
		if s.profile == 0 {
			b.write(s.position, 2)
		}
		b.write(s.separate, 1)
	}
	b.write(0, 1) // no film grain
	b.write(1, 1) // trailing_bits: a one, and zeros up to a byte
	return b.data
}

// one returns a flag as a bit.
func one(flag bool) uint32 {
	if flag {
		return 1
	}
	return 0
}

// configuration returns the content of an av1C box (AV1-ISOBMFF, 2.3), without the sequence header,
// which is with the picture.
func (s *sequence) configuration() []byte {
	half := one(s.profile == 0)
	return []byte{0x81, byte(s.profile<<5 | s.level), byte(one(s.gray)<<4 | half<<3 | half<<2 | s.position), 0}
}

// bits reads or writes bits, the highest of a byte first.
type bits struct {
	data []byte
	pos  int // in bits
	over bool
}

// read reads up to 32 bits. Behind the end there are zeros.
func (b *bits) read(n uint32) (v uint32) {
	for range n {
		v <<= 1
		if b.pos/8 >= len(b.data) {
			b.over = true
			continue
		}
		v |= uint32(b.data[b.pos/8]>>(7-b.pos%8)) & 1
		b.pos++
	}
	return v
}

// trailing reports whether the rest is one bit, and zeros up to the end of its byte.
func (b *bits) trailing() bool {
	if b.read(1) != 1 {
		return false
	}
	for b.pos%8 != 0 {
		if b.read(1) != 0 {
			return false
		}
	}
	return !b.over && b.pos == 8*len(b.data)
}

// write appends the lowest n bits of v.
func (b *bits) write(v, n uint32) {
	for i := range n {
		if b.pos%8 == 0 {
			b.data = append(b.data, 0)
		}
		b.data[len(b.data)-1] |= byte(v>>(n-1-i)&1) << (7 - b.pos%8)
		b.pos++
	}
}

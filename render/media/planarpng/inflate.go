package planarpng

import (
	"cmp"
	"encoding/binary"
	"hash"
	"hash/adler32"
	"math/bits"
)

// Sizes in bytes.
const (
	windowSize = 32 << 10 // how far back a match can refer (RFC 1951 2)
	maxMatch   = 258      // the longest match

	// The buffer has room for step bytes whenever more are unpacked, and tail bytes more for what
	// the last symbols write.
	step = 64 << 10
	tail = maxMatch + 16
)

// inflater unpacks a zlib stream (RFC 1950). Its output stays in one buffer, together with the
// window that matches can refer to, so that each byte is written once.
type inflater struct {
	in  *input
	out []byte
	sum hash.Hash32 // of the output

	read, end int // the part of out that is not read yet

	block  func(*inflater) error // continues the block; nil between two blocks
	stored int                   // bytes left in a stored block
	final  bool                  // this block is the last
	done   bool                  // the stream ended, with the right checksum

	literals  literalTable
	distances distanceTable
}

// begin begins a stream. At most so many bytes will be read at once.
func (z *inflater) begin(in *input, most int) error {
	z.in = in
	z.out = make([]byte, windowSize+most+step+tail)
	z.sum = adler32.New()
	method, flags := in.bits(8), in.bits(8)
	if err := in.overrun(); err != nil {
		return err
	}
	const dictionary = 0x20 // a PNG must not have one
	if method&15 != 8 || method>>4 > 7 || (method<<8|flags)%31 != 0 || flags&dictionary != 0 {
		return errCorrupt
	}
	return nil
}

// next returns the next n bytes, or fewer if the stream ends. They are valid until the next call.
func (z *inflater) next(n int) ([]byte, error) {
	for z.end-z.read < n && !z.done {
		if err := z.more(); err != nil {
			return nil, err
		}
	}
	got := z.out[z.read:min(z.read+n, z.end)]
	z.read += len(got)
	return got, nil
}

// more unpacks until the buffer is full or the stream ends.
func (z *inflater) more() error {
	full := len(z.out) - tail
	if full-z.end < step {
		keep := min(z.read, z.end-windowSize)
		z.end = copy(z.out, z.out[keep:z.end])
		z.read -= keep
	}
	start := z.end
	for z.end < full && !(z.final && z.block == nil) {
		err := error(nil)
		if z.block == nil {
			err = z.header()
		} else {
			err = z.block(z)
		}
		// An error of the input comes first: the zeros that were read in its place can be corrupt.
		if err := cmp.Or(z.in.overrun(), err); err != nil {
			return err
		}
	}
	z.sum.Write(z.out[start:z.end])
	if z.final && z.block == nil {
		z.done = true
		return z.verify()
	}
	return nil
}

// verify reads and checks the checksum of all bytes (RFC 1950 2.2).
func (z *inflater) verify() error {
	z.in.align()
	sum := bits.ReverseBytes32(uint32(z.in.bits(16) | z.in.bits(16)<<16))
	if err := z.in.overrun(); err != nil {
		return err
	}
	if sum != z.sum.Sum32() {
		return errSum
	}
	z.in.align()
	return nil
}

// header reads the header of a block (RFC 1951 3.2.3).
func (z *inflater) header() error {
	z.final = z.in.bits(1) == 1
	z.block = (*inflater).decode
	switch z.in.bits(2) {
	case 0:
		z.in.align()
		z.stored = z.in.bits(16)
		if z.in.bits(16) != z.stored^0xffff {
			return errCorrupt
		}
		z.in.align()
		z.block = (*inflater).copyStored
		return nil
	case 1:
		return z.fixedCodes()
	case 2:
		return z.dynamicCodes()
	}
	return errCorrupt
}

// copyStored copies a block that is not compressed (RFC 1951 3.2.4).
func (z *inflater) copyStored() error {
	for full := len(z.out) - tail; z.stored > 0 && z.end < full; {
		n, err := z.in.read(z.out[z.end:min(z.end+z.stored, full)])
		if err != nil {
			return err
		}
		z.end += n
		z.stored -= n
	}
	if z.stored == 0 {
		z.block = nil
	}
	return nil
}

// decode decodes symbols until the block ends or the buffer is full (RFC 1951 3.2.5). Each turn
// begins with at least 56 bits. That is enough for three entries of literals. A length and its
// distance need up to 48 bits.
func (z *inflater) decode() error {
	in := z.in
	acc, count := in.acc, in.count
	out, n, full := z.out, z.end, len(z.out)-tail
	literals := &z.literals.entries
	err := error(nil)
	for n < full {
		acc, count = in.fill(acc, count)
		e := literals[acc&(1<<literalBits-1)]
		for left := 3; left > 0 && e&isLiteral != 0; left-- {
			binary.LittleEndian.PutUint16(out[n:], uint16(e>>8))
			n += int(e >> 24 & 3)
			acc, count = acc>>(e&63), count-int(e&63)
			e = literals[acc&(1<<literalBits-1)]
		}
		if e&isLiteral != 0 {
			continue
		}
		if count < 48 {
			acc, count = in.fill(acc, count)
		}
		if e&isLink != 0 {
			e = z.literals.links[(e>>8&0xffff+entry(acc>>literalBits)&(1<<(e&15)-1))%maxLinks]
		}
		if e&isLiteral != 0 {
			out[n] = uint8(e >> 8)
			n++
			acc, count = acc>>(e&63), count-int(e&63)
			continue
		}
		if e&isLength == 0 {
			if e&endOfBlock == 0 {
				err = errCorrupt
			}
			acc, count = acc>>(e&63), count-int(e&63)
			z.block = nil
			break
		}
		length := int(e>>8&511) + int(acc&(1<<(e&63)-1)>>(e>>17&15))
		acc, count = acc>>(e&63), count-int(e&63)

		d := z.distances.entries[acc&(1<<distanceBits-1)]
		if d&isLink != 0 {
			d = z.distances.links[(d>>8&0xffff+entry(acc>>distanceBits)&(1<<(d&15)-1))%maxLinks]
		}
		distance := int(d>>8&0x7fff) + int(acc&(1<<(d&63)-1)>>(d>>23&15))
		acc, count = acc>>(d&63), count-int(d&63)
		if d == 0 || distance > n {
			err = errCorrupt
			break
		}
		repeat(out[:n+length+8], n, distance)
		n += length
	}
	in.acc, in.count, z.end = acc, count, n
	return err
}

// repeat copies bytes from a distance before n, until at most seven bytes of out are left. Most
// distances of 1 are areas of one colour; BenchmarkInflate has both.
func repeat(out []byte, n, distance int) {
	from, end := n-distance, len(out)-8
	switch {
	case distance >= 8:
		for ; n < end; n += 8 {
			binary.LittleEndian.PutUint64(out[n:], binary.LittleEndian.Uint64(out[from:]))
			from += 8
		}
	case distance == 1:
		v := uint64(out[from]) * 0x0101010101010101
		for ; n < end; n += 8 {
			binary.LittleEndian.PutUint64(out[n:], v)
		}
	default:
		for ; n < end; n++ {
			out[n] = out[from]
			from++
		}
	}
}

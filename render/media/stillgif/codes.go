package stillgif

import (
	"bufio"
	"io"
)

// blocks reads the content of data sub-blocks (15), up to the empty one.
type blocks struct {
	in    *bufio.Reader
	left  int // bytes left in this block
	ended bool
}

// next makes the next byte available and reports whether there is one.
func (b *blocks) next() (bool, error) {
	if b.left == 0 && !b.ended {
		n, err := b.in.ReadByte()
		if err != nil {
			return false, whole(err)
		}
		b.left, b.ended = int(n), n == 0
	}
	return !b.ended, nil
}

// full fills p, or reads all bytes that are left.
func (b *blocks) full(p []byte) (n int, err error) {
	for n < len(p) {
		if ok, err := b.next(); !ok || err != nil {
			return n, err
		}
		read, err := io.ReadFull(b.in, p[n:min(len(p), n+b.left)])
		if err != nil {
			return n, whole(err)
		}
		n, b.left = n+read, b.left-read
	}
	return n, nil
}

// skip skips everything up to the empty block.
func (b *blocks) skip() error {
	for {
		if ok, err := b.next(); !ok || err != nil {
			return err
		}
		if _, err := b.in.Discard(b.left); err != nil {
			return whole(err)
		}
		b.left = 0
	}
}

// The limits of codes.
const (
	maxBits  = 12
	maxCodes = 1 << maxBits
	// A color has at least two bits (appendix F). The standard allows up to 8, but decoders accept
	// as many as leave room for codes.
	minWidth, maxWidth = 2, maxBits - 1
)

// codes unpacks the pixels of a frame (appendix F). They are coded by LZW, with codes that grow
// from one bit more than a color has to 12 bits. Of a color with more than eight bits, the lower
// eight count.
type codes struct {
	src   *blocks
	buf   [255]byte
	pos   int    // of the next unused byte of buf
	end   int    // of buf
	acc   uint32 // unused bits, the next one lowest
	count int    // of the bits in acc

	width  int              // bits of a color
	bits   int              // bits of the next code
	next   int              // the code that is defined next
	last   int              // the code before, or -1 after a clear code
	prefix [maxCodes]uint16 // the code that a code extends by one color
	suffix [maxCodes]uint8  // the last color of a code
	first  [maxCodes]uint8  // the first color of a code
	length [maxCodes]uint16 // how many colors a code has

	rest []uint8 // colors of the last code that are not read yet
	out  [maxCodes]uint8
}

// newCodes starts to read codes for colors of so many bits.
func newCodes(src *blocks, width int) (*codes, error) {
	if width < minWidth || width > maxWidth {
		return nil, errCorrupt
	}
	c := &codes{src: src, width: width}
	for i := range 1 << width {
		c.suffix[i], c.first[i], c.length[i] = uint8(i), uint8(i), 1
	}
	c.clear()
	return c, nil
}

// clear forgets all codes except the codes of single colors.
func (c *codes) clear() {
	c.bits, c.next, c.last = c.width+1, 1<<c.width+2, -1
}

// read fills p with colors.
func (c *codes) read(p []uint8) error {
	for {
		n := copy(p, c.rest)
		p, c.rest = p[n:], c.rest[n:]
		if len(p) == 0 {
			return nil
		}
		code, err := c.code()
		if err != nil {
			return err
		}
		switch {
		case code == 1<<c.width:
			c.clear()
		case code == 1<<c.width+1:
			return errTooLittle
		default:
			if err := c.expand(code); err != nil {
				return err
			}
		}
	}
}

// expand unpacks a code. It defines the next one: the code before, plus the first color of this
// one.
func (c *codes) expand(code int) error {
	known := code < c.next
	if !known && (code > c.next || c.last < 0 || c.next == maxCodes) {
		return errCorrupt
	}
	if c.last >= 0 && c.next < maxCodes {
		first := c.first[c.last] // if this code is the one being defined
		if known {
			first = c.first[code]
		}
		c.prefix[c.next], c.suffix[c.next] = uint16(c.last), first
		c.first[c.next], c.length[c.next] = c.first[c.last], c.length[c.last]+1
		c.next++
		if c.next == 1<<c.bits && c.bits < maxBits {
			c.bits++
		}
	}
	c.last = code
	n := int(c.length[code])
	c.rest = c.out[:n]
	for i := n - 1; i >= 0; i-- {
		c.rest[i] = c.suffix[code]
		code = int(c.prefix[code])
	}
	return nil
}

// code reads the next code.
func (c *codes) code() (int, error) {
	for c.count < c.bits {
		if c.pos == c.end {
			if ok, err := c.src.next(); err != nil {
				return 0, err
			} else if !ok {
				return 0, errTooLittle
			}
			n, err := c.src.full(c.buf[:c.src.left])
			if err != nil {
				return 0, err
			}
			c.pos, c.end = 0, n
		}
		c.acc |= uint32(c.buf[c.pos]) << c.count
		c.pos++
		c.count += 8
	}
	code := int(c.acc & (1<<c.bits - 1))
	c.acc >>= c.bits
	c.count -= c.bits
	return code, nil
}

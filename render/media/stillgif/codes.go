package stillgif

import (
	"bufio"
	"io"
)

// blocks reads the bytes of data sub-blocks (15), up to the empty one.
type blocks struct {
	in    *bufio.Reader
	left  int // of this block
	ended bool
}

// next makes the next byte available, and reports whether there is one.
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

// full reads as many bytes as p has, or as there are.
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

// skip reads to the empty block.
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

const (
	maxBits  = 12
	maxCodes = 1 << maxBits
	// How many bits a color may have: two at least (appendix F), and where the
	// standard has up to 8, as many as leave room for codes.
	minWidth, maxWidth = 2, maxBits - 1
)

// codes unpacks the pixels of a frame (appendix F): LZW with codes that grow from
// one bit more than colors have to 12 bits. Of a color that is wider than a byte
// the lower eight bits count.
type codes struct {
	src   *blocks
	buf   [255]byte
	pos   int // of what is not yet used of buf
	end   int
	acc   uint32 // bits that are not yet used, the next one lowest
	count int

	width  int // of colors
	bits   int // of the next code
	next   int // the code that is defined next
	last   int // the code before, or -1 after a clear code
	prefix [maxCodes]uint16
	suffix [maxCodes]uint8 // the last color of a code
	first  [maxCodes]uint8
	length [maxCodes]uint16

	rest []uint8 // of the last code's colors, what has not been asked for
	out  [maxCodes]uint8
}

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

func (c *codes) clear() {
	c.bits, c.next, c.last = c.width+1, 1<<c.width+2, -1
}

// read unpacks as many colors as p has.
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

// expand unpacks a code, and defines the next one: the code before with the first
// color of this one.
func (c *codes) expand(code int) error {
	known := code < c.next
	if !known && (code > c.next || c.last < 0 || c.next == maxCodes) {
		return errCorrupt
	}
	if c.last >= 0 && c.next < maxCodes {
		first := c.first[c.last] // of a code that is being defined
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

package planarpng

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// chunks reads a file chunk by chunk (W3C PNG 5.3), and checks their sums.
type chunks struct {
	src  *bufio.Reader
	left int64 // of the content of this one
	crc  uint32
	head [8]byte
}

// next begins the next chunk.
func (c *chunks) next() (kind string, err error) {
	if err := c.full(c.head[:]); err != nil {
		return "", err
	}
	c.left = int64(binary.BigEndian.Uint32(c.head[:]))
	c.crc = crc32.ChecksumIEEE(c.head[4:])
	return string(c.head[4:]), nil
}

// full reads as many bytes as p has.
func (c *chunks) full(p []byte) error {
	_, err := io.ReadFull(c.src, p)
	return whole(err)
}

// whole makes an error of the end of the file, which is none where it should be.
func whole(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// read reads some of the content.
func (c *chunks) read(p []byte) (int, error) {
	n, err := c.src.Read(p[:min(int64(len(p)), c.left)])
	err = whole(err)
	c.crc = crc32.Update(c.crc, crc32.IEEETable, p[:n])
	c.left -= int64(n)
	return n, err
}

// content reads a chunk that has exactly as many bytes as p.
func (c *chunks) content(p []byte) error {
	if c.left != int64(len(p)) {
		return errCorrupt
	}
	for len(p) > 0 {
		n, err := c.read(p)
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return c.end()
}

// skip reads what is left of the content.
func (c *chunks) skip() error {
	for c.left > 0 {
		p, err := c.src.Peek(int(min(c.left, int64(c.src.Size()))))
		if err != nil {
			return whole(err)
		}
		c.crc = crc32.Update(c.crc, crc32.IEEETable, p)
		c.left -= int64(len(p))
		c.src.Discard(len(p))
	}
	return c.end()
}

// end checks the sum behind the content.
func (c *chunks) end() error {
	if err := c.full(c.head[:4]); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(c.head[:]) != c.crc {
		return errSum
	}
	return nil
}

// input is the content of one IDAT chunk after the other, bit by bit.
type input struct {
	chunks
	buf      [32 << 10]byte
	pos, end int   // of what is not yet used of buf
	start    int   // where the content of this chunk begins
	size     int64 // of this chunk
	err      error

	// The next bits are the lowest of acc, and count tells how many there are;
	// those above are zero or already right. Where there are no more, zeros are
	// added, and missing tells how many.
	acc     uint64
	count   int
	missing int
}

// begin begins with the chunk that is the first.
func (in *input) begin() { in.size = in.left }

// load reads more, of this chunk or the next. Those that acc has been filled
// with stay in buf, as they may be given back.
func (in *input) load() error {
	if keep := in.pos - 8; keep > 0 {
		copy(in.buf[:], in.buf[keep:in.end])
		in.pos, in.end, in.start = 8, in.end-keep, in.start-keep
	}
	for in.left == 0 {
		head, err := in.src.Peek(4 + 8)
		if err != nil {
			return whole(err)
		}
		if string(head[8:]) != "IDAT" { // which stays, as maybe no more is needed
			return errTooLittle
		}
		if err := in.chunks.end(); err != nil {
			return err
		}
		if _, err := in.next(); err != nil {
			return err
		}
		in.start, in.size = in.end, in.left
	}
	n, err := in.chunks.read(in.buf[in.end:])
	in.end += n
	return err
}

// overrun is the error that more bits were used than there are.
func (in *input) overrun() error {
	if in.missing > in.count {
		return in.err
	}
	return nil
}

// fill returns acc and count with at least 56 bits. It takes and returns them
// because its callers keep them in registers.
func (in *input) fill(acc uint64, count int) (uint64, int) {
	if in.end-in.pos >= 8 {
		acc |= binary.LittleEndian.Uint64(in.buf[in.pos:in.pos+8]) << (count & 63)
		in.pos += (63 - count) >> 3
		return acc, count | 56
	}
	return in.fillSlowly(acc, count)
}

func (in *input) fillSlowly(acc uint64, count int) (uint64, int) {
	for in.end-in.pos < 8 && in.err == nil {
		in.err = in.load()
	}
	for ; count < 56; count += 8 {
		if in.pos < in.end {
			acc |= uint64(in.buf[in.pos]) << count
			in.pos++
		} else {
			in.missing += 8
		}
	}
	return acc, count
}

// peek returns the next bits, up to 16 of them.
func (in *input) peek(n int) int {
	if in.count < n {
		in.acc, in.count = in.fill(in.acc, in.count)
	}
	return int(in.acc & (1<<n - 1))
}

// bits reads up to 16 bits.
func (in *input) bits(n int) int {
	v := in.peek(n)
	in.skipBits(n)
	return v
}

func (in *input) skipBits(n int) { in.acc, in.count = in.acc>>n, in.count-n }

// align goes on to the next byte, and gives back what acc has been filled with.
func (in *input) align() {
	if in.missing <= in.count {
		in.pos -= (in.count - in.missing) >> 3
		in.acc, in.count, in.missing = 0, 0, 0
	}
}

// read reads some bytes. It must be aligned.
func (in *input) read(p []byte) (int, error) {
	for in.pos == in.end && in.err == nil {
		in.err = in.load()
	}
	n := copy(p, in.buf[in.pos:in.end])
	in.pos += n
	if n == 0 {
		return 0, in.err
	}
	return n, nil
}

// finish reads the rest of the chunk in which the stream has ended. There may be
// some bytes that nobody needs: image/png, which reads 4096 of a chunk at once,
// sees only whether there are more than that.
func (in *input) finish() error {
	if in.err != nil && in.err != errTooLittle {
		return in.err
	}
	if in.pos < in.start {
		return errTooMuch
	}
	if used := in.size - in.left - int64(in.end-in.pos); used > 0 && in.size > (used+4095)&^4095 {
		return errTooMuch
	}
	return in.skip()
}

package planarpng

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// chunks reads a file chunk by chunk (PNG 5.3) and checks their checksums.
type chunks struct {
	src  *bufio.Reader
	left int64  // bytes left in this chunk
	crc  uint32 // of this chunk so far
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

// full fills p.
func (c *chunks) full(p []byte) error {
	_, err := io.ReadFull(c.src, p)
	return whole(err)
}

// whole returns err. It turns io.EOF into io.ErrUnexpectedEOF, because the file must not end here.
func whole(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// read reads some of the content of the chunk.
func (c *chunks) read(p []byte) (int, error) {
	n, err := c.src.Read(p[:min(int64(len(p)), c.left)])
	err = whole(err)
	c.crc = crc32.Update(c.crc, crc32.IEEETable, p[:n])
	c.left -= int64(n)
	return n, err
}

// content reads a chunk into p. It fails unless the chunk has exactly the length of p.
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

// skip reads the rest of the chunk.
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

// end checks the checksum of the chunk.
func (c *chunks) end() error {
	if err := c.full(c.head[:4]); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(c.head[:]) != c.crc {
		return errSum
	}
	return nil
}

// input reads the bits of all IDAT chunks, one after the other.
type input struct {
	chunks
	buf      [32 << 10]byte
	pos, end int   // of the unused part of buf
	start    int   // where the content of this chunk begins in buf
	size     int64 // of this chunk
	err      error // that ended the input

	// The lowest count bits of acc are the next ones. Bits above them are zero, or already correct.
	// Behind the end, zeros are added, and missing counts them.
	acc     uint64
	count   int
	missing int
}

// begin starts with the current chunk, the first IDAT.
func (in *input) begin() { in.size = in.left }

// load reads more bytes, from this chunk or the next. The bytes that are in acc stay in buf,
// because align can give them back.
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
		if string(head[8:]) != "IDAT" { // it is only peeked at: maybe nothing more is needed
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

// overrun returns an error if more bits were used than exist.
func (in *input) overrun() error {
	if in.missing > in.count {
		return in.err
	}
	return nil
}

// fill returns acc and count with at least 56 bits. It takes and returns them because its callers
// keep them in registers. It reads a whole word and has no branch for the number of bits; see
// BenchmarkDecode.
func (in *input) fill(acc uint64, count int) (uint64, int) {
	if in.end-in.pos >= 8 {
		acc |= binary.LittleEndian.Uint64(in.buf[in.pos:in.pos+8]) << (count & 63)
		in.pos += (63 - count) >> 3
		return acc, count | 56
	}
	return in.fillSlowly(acc, count)
}

// fillSlowly adds single bytes, near the end of buf.
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

// peek returns the next n bits, at most 16.
func (in *input) peek(n int) int {
	if in.count < n {
		in.acc, in.count = in.fill(in.acc, in.count)
	}
	return int(in.acc & (1<<n - 1))
}

// bits reads n bits, at most 16.
func (in *input) bits(n int) int {
	v := in.peek(n)
	in.skipBits(n)
	return v
}

// skipBits skips n bits, which must be in acc.
func (in *input) skipBits(n int) { in.acc, in.count = in.acc>>n, in.count-n }

// align goes to the next byte, and gives the bytes in acc back to buf.
func (in *input) align() {
	if in.missing <= in.count {
		in.pos -= (in.count - in.missing) >> 3
		in.acc, in.count, in.missing = 0, 0, 0
	}
}

// read reads some bytes. The input must be aligned.
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

// finish reads the rest of the chunk in which the stream ended. As in image/png, a few more bytes
// can follow: image/png reads 4096 bytes of a chunk at once, and notices only what comes after
// them.
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

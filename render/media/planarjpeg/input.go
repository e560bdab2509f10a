package planarjpeg

import (
	"encoding/binary"
	"errors"
	"io"
)

// input reads a file from start to end: bytes of segments and bits of scans.
type input struct {
	src      io.Reader
	buf      [64 << 10]byte
	pos, end int   // of the unread part of buf
	err      error // of src

	// The highest count bits of acc are the next ones of a scan. Bits below them are zero, or
	// already correct. Behind a marker or the end of the file, zeros are added, and missing counts
	// them.
	acc     uint64
	count   int
	missing int
}

// load makes at least n bytes available, and reports whether there are so many. n must be less than
// the size of buf.
func (in *input) load(n int) bool {
	for in.end-in.pos < n && in.err == nil {
		if in.pos > 0 {
			in.end = copy(in.buf[:], in.buf[in.pos:in.end])
			in.pos = 0
		}
		var read int
		read, in.err = in.src.Read(in.buf[in.end:])
		in.end += read
	}
	return in.end-in.pos >= n
}

// failure returns why load returned false.
func (in *input) failure() error {
	if in.err == nil || errors.Is(in.err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return in.err
}

// byte reads a byte.
func (in *input) byte() (byte, error) {
	if !in.load(1) {
		return 0, in.failure()
	}
	in.pos++
	return in.buf[in.pos-1], nil
}

// marker finds the next marker. Like other decoders, it skips everything in front of it.
func (in *input) marker() (byte, error) {
	for {
		b, err := in.byte()
		if err != nil {
			return 0, err
		}
		for b == 0xff {
			if b, err = in.byte(); err != nil {
				return 0, err
			}
			if b != 0 && b != 0xff {
				return b, nil
			}
		}
	}
}

// segment returns the content of the segment whose marker was just read. It is valid until the next
// read.
func (in *input) segment() ([]byte, error) {
	if !in.load(2) {
		return nil, in.failure()
	}
	size := int(binary.BigEndian.Uint16(in.buf[in.pos:]))
	if size < 2 {
		return nil, errCorrupt
	}
	// The longest segment has 65535 bytes, less than buf.
	if !in.load(size) {
		return nil, in.failure()
	}
	content := in.buf[in.pos+2 : in.pos+size]
	in.pos += size
	return content, nil
}

// align drops the bits that fill up the last byte of a scan or of a restart interval.
func (in *input) align() { in.acc, in.count, in.missing = 0, 0, 0 }

// overrun reports whether more bits were used than exist.
func (in *input) overrun() bool { return in.missing > in.count }

// fill returns acc and count with at least 56 bits. It takes and returns them because its callers
// keep them in registers. It reads a whole word unless that contains 0xff; see BenchmarkDecode.
func (in *input) fill(acc uint64, count int) (uint64, int) {
	if in.end-in.pos >= 8 {
		next := binary.BigEndian.Uint64(in.buf[in.pos : in.pos+8])
		// No byte is 0xff, because no byte of the inverse is zero.
		if (^next-0x0101010101010101)&next&0x8080808080808080 == 0 {
			in.pos += (63 - count) >> 3
			return acc | next>>count, count | 56
		}
	}
	return in.fillSlowly(acc, count)
}

// fillSlowly adds single bytes. It removes the zeros that are stuffed in after 0xff (T.81 B.1.1.5).
func (in *input) fillSlowly(acc uint64, count int) (uint64, int) {
	for count <= 56 {
		var b byte
		switch {
		case !in.load(1):
			in.missing += 8
		case in.buf[in.pos] != 0xff:
			b = in.buf[in.pos]
			in.pos++
		case in.load(2) && in.buf[in.pos+1] == 0:
			b = 0xff
			in.pos += 2
		default: // a marker, which is not consumed
			in.missing += 8
		}
		acc |= uint64(b) << (56 - count)
		count += 8
	}
	return acc, count
}

// bits reads n bits, at most 16.
func (in *input) bits(n int) int {
	if in.count < 16 {
		in.acc, in.count = in.fill(in.acc, in.count)
	}
	v := int(in.acc >> (64 - n))
	in.acc <<= n
	in.count -= n
	return v
}

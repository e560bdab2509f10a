package planaravif

import (
	"encoding/binary"
	"errors"
	"iter"
)

// maxBoxes bounds the walk over a file that has nothing but boxes. Files have some twenty.
const maxBoxes = 4096

// errBoxes means that the boxes of a file do not fit into each other.
var errBoxes = errors.New("avif: the file is cut or broken")

// boxes yields the boxes of data, with their types. After the last one it yields an error if the
// rest is no box.
func boxes(data []byte) iter.Seq2[box, error] {
	return func(yield func(box, error) bool) {
		for n := 0; len(data) > 0; n++ {
			b, rest, ok := nextBox(data)
			if !ok || n == maxBoxes {
				yield(box{}, errBoxes)
				return
			}
			if !yield(b, nil) {
				return
			}
			data = rest
		}
	}
}

// box is a box (ISO/IEC 14496-12, 4.2).
type box struct {
	kind    string
	content []byte
}

// nextBox takes the first box off.
func nextBox(data []byte) (b box, rest []byte, ok bool) {
	if len(data) < 8 {
		return box{}, nil, false
	}
	size, head := uint64(binary.BigEndian.Uint32(data)), 8
	kind := string(data[4:8])
	switch size {
	case 0: // up to the end
		size = uint64(len(data))
	case 1:
		if len(data) < 16 {
			return box{}, nil, false
		}
		size, head = binary.BigEndian.Uint64(data[8:]), 16
	}
	if size < uint64(head) || size > uint64(len(data)) {
		return box{}, nil, false
	}
	return box{kind, data[head:size]}, data[size:], true
}

// fields reads the fields of a box. Behind the end there are zeros.
type fields struct {
	data []byte
	over bool
}

// uint reads a number of up to eight bytes.
func (f *fields) uint(size int) (v uint64) {
	if size > len(f.data) {
		f.data, f.over = nil, true
		return 0
	}
	for _, b := range f.data[:size] {
		v = v<<8 | uint64(b)
	}
	f.data = f.data[size:]
	return v
}

// skip leaves out so many bytes.
func (f *fields) skip(size int) {
	if size > len(f.data) {
		f.data, f.over = nil, true
		return
	}
	f.data = f.data[size:]
}

// full reads the version of a full box, and skips its flags.
func (f *fields) full() (version int, flags uint32) {
	v := uint32(f.uint(4))
	return int(v >> 24), v & 0xffffff
}

// id reads a number that has two bytes before a version, and four from then on.
func (f *fields) id(version, since int) uint32 {
	if version < since {
		return uint32(f.uint(2))
	}
	return uint32(f.uint(4))
}

// appendBox appends a box.
func appendBox(out []byte, kind string, contents ...[]byte) []byte {
	size := 8
	for _, c := range contents {
		size += len(c)
	}
	out = append(binary.BigEndian.AppendUint32(out, uint32(size)), kind...)
	for _, c := range contents {
		out = append(out, c...)
	}
	return out
}

package media

import (
	"encoding/binary"
	"io"
	"iter"
)

// topBox is a box of a film, of those that are in no other one.
type topBox struct {
	kind     string
	at, size int64 // in the file, with the head
	head     int64 // bytes of the length and the type
	open     bool  // up to the end of the file, without a length
}

// topBoxes yields the outermost boxes of a film, without reading what is in them. It ends where the
// file is broken.
func topBoxes(src *io.SectionReader) iter.Seq[topBox] {
	return func(yield func(topBox) bool) {
		var head [16]byte
		at := int64(0)
		for range maxTopBoxes {
			n, _ := src.ReadAt(head[:], at)
			if n < 8 {
				return
			}
			b := topBox{kind: string(head[4:8]), at: at, size: int64(binary.BigEndian.Uint32(head[:])), head: 8}
			switch b.size {
			case 0:
				b.size, b.open = src.Size()-at, true
			case 1:
				if n < 16 {
					return
				}
				b.size, b.head = int64(binary.BigEndian.Uint64(head[8:])), 16
			}
			if b.size < b.head || b.size > src.Size()-at || !yield(b) {
				return
			}
			at += b.size
		}
	}
}

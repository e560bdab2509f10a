package planarpng

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"strings"
	"testing"
)

// inflate unpacks a zlib stream, n bytes at a time.
func inflate(stream []byte, n int) ([]byte, error) {
	in := new(input)
	in.src = bufio.NewReader(bytes.NewReader(append(chunk("IDAT", stream), chunk("IEND", nil)...)))
	if _, err := in.next(); err != nil {
		return nil, err
	}
	in.begin()
	z := new(inflater)
	if err := z.begin(in, n); err != nil {
		return nil, err
	}
	var out []byte
	for {
		part, err := z.next(n)
		if err != nil || len(part) == 0 {
			return out, err
		}
		out = append(out, part...)
	}
}

// asStream returns the output of flate as a zlib stream.
func asStream(packed, unpacked []byte) []byte {
	return binary.BigEndian.AppendUint32(append([]byte{0x78, 0x9c}, packed...), adler32.Checksum(unpacked))
}

// agree compares with compress/flate: the same bytes, or two errors.
func agree(t *testing.T, data []byte) {
	t.Helper()
	r := bytes.NewReader(data)
	want, failure := io.ReadAll(io.LimitReader(flate.NewReader(r), 1<<20))
	if len(want) == 1<<20 {
		return
	}
	if failure == nil {
		data = data[:len(data)-r.Len()]
	}
	stream := asStream(data, want)
	for _, n := range []int{3, 40_000} {
		got, err := inflate(stream, n)
		if (err == nil) != (failure == nil) {
			t.Fatalf("got %v, but compress/flate says %v", err, failure)
		}
		if damaged := flate.CorruptInputError(0); errors.As(failure, &damaged) && err == errSum {
			t.Fatalf("it was unpacked, but compress/flate says %v", failure)
		}
		if err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%d bytes differ from the %d of compress/flate", len(got), len(want))
		}
	}
}

// asBytes returns bits as bytes, in the order in which they are read: codes with their first bit
// first, numbers with their lowest bit first.
func asBytes(groups string) []byte {
	var out []byte
	for i, b := range strings.ReplaceAll(groups, " ", "") {
		if i%8 == 0 {
			out = append(out, 0)
		}
		out[i/8] |= byte(b-'0') << (i % 8)
	}
	return out
}

// number returns the bits of a number, the lowest first.
func number(v, n int) string {
	s := ""
	for i := range n {
		s += string(rune('0' + v>>i&1))
	}
	return s
}

// codes returns the header of a last block with codes of these lengths, by symbol. The number of
// literals is at least 257. The codes of the lengths themselves have four bits.
func codes(literals map[int]int, count int, distances ...int) string {
	s := "1 01" + number(count-257, 5) + number(len(distances)-1, 5) + number(15, 4)
	for _, symbol := range lengthOrder {
		s += map[bool]string{true: "001", false: "000"}[symbol < 16]
	}
	for symbol := range count {
		s += fmt.Sprintf("%04b", literals[symbol])
	}
	for _, n := range distances {
		s += fmt.Sprintf("%04b", n)
	}
	return s
}

func TestOddStreams(t *testing.T) {
	abc := map[int]int{'a': 2, 'b': 2, 256: 2, 257: 2} // 00, 01, 10 for the end, 11 for a length of 3
	long := map[int]int{'a': 1, 256: 15, 257: 15}
	for n := 2; n < 15; n++ {
		long['a'+n] = n
	}
	const repeated = "1 01 00000 00000 0000" // codes for 16, 17, 18 and 0
	for _, test := range []struct {
		name, bits string
		good       bool
	}{
		{"nothing", "", false},
		{"a stored block", "1 00 00000 1000000000000000 0111111111111111 10101010", true},
		{"its length is wrong", "1 00 00000 1000000000000000 0111111111111110 10101010", false},
		{"it is cut", "1 00 00000 1100000000000000 0011111111111111 10101010", false},
		{"an empty one", "0 00 00000 0000000000000000 1111111111111111 1 10 0000000", true},
		{"an unknown block", "1 11 0000000", false},
		{"fixed codes", "1 10 10010001 110010000 0000000", true},
		{"no end", "1 10 10010001 110010000", false},
		{"a match", "1 10 10010001 0000001 00000 0000000", true},
		{"the longest", "1 10 10010001 11000101 00000 0000000", true},
		{"as long, of a shorter one", "1 10 10010001 11000100 11111 00000 0000000", true},
		{"too far", "1 10 10010001 0000001 00001 0000000", false},
		{"before the beginning", "1 10 0000001 00000 0000000", false},
		{"the literal 286", "1 10 10010001 11000110 00000 0000000", false},
		{"the literal 287", "1 10 10010001 11000111 00000 0000000", false},
		{"the distance 30", "1 10 10010001 0000001 11110 0000000", false},
		{"the distance 31", "1 10 10010001 0000001 11111 0000000", false},
		{"codes of its own", codes(abc, 258, 1, 1) + "00 01 11 1 10", true},
		{"codes of 15 bits", codes(long, 258, 1, 1) + "0 10 111111111111111 0 111111111111110", true},
		{"one distance", codes(abc, 258, 1) + "00 01 11 0 10", true},
		{"another than that", codes(abc, 258, 1) + "00 01 11 1 10", false},
		{"no distance", codes(abc, 258, 0) + "00 01 10", true},
		{"one is needed", codes(abc, 258, 0) + "00 01 11 10", false},
		{"one distance of two bits", codes(abc, 258, 2) + "00 01 10", false},
		{"too few distances", codes(abc, 258, 2, 2, 2) + "00 01 10", false},
		{"too many distances", codes(abc, 258, 1, 1, 1) + "00 01 10", false},
		{"one literal, the end", codes(map[int]int{256: 1}, 257, 0) + "0", true},
		{"another than the end", codes(map[int]int{256: 1}, 257, 0) + "1 0", false},
		{"no literal", codes(nil, 257, 0) + "0", false},
		{"too few literals", codes(map[int]int{'a': 2, 256: 2}, 257, 0) + "00 01", false},
		{"too many literals", codes(map[int]int{'a': 1, 'b': 1, 256: 1}, 257, 0) + "00 01", false},
		{"no code for the end", codes(map[int]int{'a': 1, 'b': 1}, 257, 0) + "0 1", false},
		{"287 literals", codes(abc, 287, 1, 1) + "00 01 10", false},
		{"31 distances", codes(abc, 258, append(make([]int, 29), 1, 1)...) + "00 01 10", false},
		{"no codes of lengths", repeated + "000 000 000 000 0000000000", false},
		{"too many of them", repeated + "100 100 100 000 0000000000", false},
		{"a repetition of nothing", repeated + "100 000 000 100 1 00 0000000000", false},
		{"repetitions beyond the end", repeated + "000 000 100 100 1 1111111 1 1111111 1 1111111", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := io.ReadAll(flate.NewReader(bytes.NewReader(asBytes(test.bits))))
			if (err == nil) != test.good {
				t.Errorf("compress/flate says %v", err)
			}
			agree(t, asBytes(test.bits))
		})
	}
}

func TestHeaderOfStream(t *testing.T) {
	good := packed(t, []byte("anything"), -1)
	for _, head := range [][2]byte{{0x78, 0x9d}, {0x79, 0x9b}, {0x88, 0x1c}, {0x78, 0xbb}} {
		bad := append(head[:], good[2:]...)
		if _, err := inflate(bad, 100); err == nil {
			t.Errorf("%x is accepted as the start of a stream", head)
		}
	}
	bad := bytes.Clone(good)
	bad[len(bad)-1]++
	if _, err := inflate(bad, 100); err == nil {
		t.Error("a wrong checksum is accepted")
	}
}

// FuzzInflate looks for streams that compress/flate unpacks differently:
//
//	go test -fuzz FuzzInflate -fuzzminimizetime 1s ./render/media/planarpng
func FuzzInflate(f *testing.F) {
	for _, level := range []int{-2, 0, 1, 9} {
		f.Add(packed(f, drawn(50, 20, 3, -1), level)[2:])
	}
	f.Add(asBytes("1 10 00110001 0000001 00000 0000000"))
	f.Fuzz(func(t *testing.T, data []byte) { agree(t, data) })
}

// BenchmarkInflate compares with compress/flate: a photograph, and an area of one colour.
func BenchmarkInflate(b *testing.B) {
	for _, picture := range []struct {
		name string
		data []byte
	}{{"photograph", drawn(960, 640, 3, -1)}, {"one colour", make([]byte, 640*(1+3*960))}} {
		stream := packed(b, picture.data, -1)
		b.Run(picture.name+"/planarpng", func(b *testing.B) {
			b.SetBytes(int64(len(picture.data)))
			for b.Loop() {
				if _, err := inflate(stream, 1+3*960); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(picture.name+"/flate", func(b *testing.B) {
			b.SetBytes(int64(len(picture.data)))
			for b.Loop() {
				if _, err := io.ReadAll(flate.NewReader(bytes.NewReader(stream[2:]))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

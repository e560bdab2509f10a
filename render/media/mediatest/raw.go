package mediatest

import (
	"encoding/binary"
	"hash/adler32"
)

// The files in raw.go are made without an encoder of the standard library. Their bytes stay the
// same with every version of Go, so tests can compare hashes of what is made from them.

// Pattern returns a sample of a picture with gradients, edges and some noise, without floating
// point.
func Pattern(x, y, channel int) uint8 {
	v := x*(2+channel) + y*(3-channel) + (x*y*31>>3)&15
	if (x/24+y/16)%3 == 0 {
		v = 255 - v
	}
	return uint8(v)
}

// RawPNG returns a PNG of the pattern: 8 or 16 bits a sample, color type 0 (gray), 2 (RGB), 3
// (palette), 4 (gray and alpha) or 6 (RGB and alpha). More chunks, each a type and its content,
// follow the header.
func RawPNG(width, height int, depth, colorType byte, more ...string) []byte {
	samples := map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colorType]
	var rows []byte
	for y := range height {
		rows = append(rows, 0) // no filter
		for x := range width {
			for c := range samples {
				v := Pattern(x, y, c)
				if depth == 16 {
					rows = append(rows, v)
				}
				rows = append(rows, v)
			}
		}
	}
	chunks := append([]string{"IHDR", IHDR(uint32(width), uint32(height), depth, colorType, 0)}, more...)
	if colorType == 3 {
		var palette []byte
		for i := range 256 {
			palette = append(palette, byte(i), byte(255-i), byte(7*i))
		}
		chunks = append(chunks, "PLTE", string(palette))
	}
	return PNGFile(append(chunks, "IDAT", string(Stored(rows)), "IEND", "")...)
}

// Stored returns data as a zlib stream without compression (RFC 1950 and 1951).
func Stored(data []byte) []byte {
	out := []byte{0x78, 0x01}
	sum := adler32.Checksum(data)
	for len(data) > 0 {
		part := data[:min(len(data), 0xffff)]
		data = data[len(part):]
		last := byte(0)
		if len(data) == 0 {
			last = 1
		}
		out = binary.LittleEndian.AppendUint16(append(out, last), uint16(len(part)))
		out = binary.LittleEndian.AppendUint16(out, ^uint16(len(part)))
		out = append(out, part...)
	}
	return binary.BigEndian.AppendUint32(out, sum)
}

// RawJPEG returns a baseline JPEG of so many blocks of 8 × 8 pixels, with 1 component (gray), 3
// (YCbCr) or 4 (CMYK). Its Huffman codes are as simple as possible: the code of a symbol is the
// symbol itself, with 4 bits for DC and 8 bits for AC.
func RawJPEG(blocksX, blocksY, components int) []byte {
	segment := func(out []byte, marker byte, content string) []byte {
		out = binary.BigEndian.AppendUint16(append(out, 0xff, marker), uint16(2+len(content)))
		return append(out, content...)
	}
	divisors, symbols := make([]byte, 64), make([]byte, 255)
	for i := range divisors {
		divisors[i] = byte(3 + i/4)
	}
	for i := range symbols {
		symbols[i] = byte(i)
	}
	size := string([]byte{byte(8 * blocksY >> 8), byte(8 * blocksY), byte(8 * blocksX >> 8), byte(8 * blocksX)})
	out := segment([]byte{0xff, 0xd8}, 0xdb, "\x00"+string(divisors))
	frame, scan := []byte{byte(components)}, []byte{byte(components)}
	for c := range components {
		frame = append(frame, byte(c+1), 0x11, 0)
		scan = append(scan, byte(c+1), 0)
	}
	out = segment(out, 0xc0, "\x08"+size+string(frame))
	out = segment(out, 0xc4, "\x00\x00\x00\x00\x0c"+string(make([]byte, 12))+string(symbols[:12]))
	out = segment(out, 0xc4, "\x10"+string(make([]byte, 7))+"\xff"+string(make([]byte, 8))+string(symbols))
	out = segment(out, 0xda, string(scan)+"\x00\x3f\x00")
	w := jpegBits{out: out}
	before := make([]int, components)
	for block := range blocksX * blocksY {
		for c := range before {
			w.block(block%blocksX, block/blocksX, c, &before[c])
		}
	}
	w.put(0x7f, 7) // fills up the last byte
	return append(w.out, 0xff, 0xd9)
}

// jpegBits writes the bits of a scan.
type jpegBits struct {
	out        []byte
	acc, count int
}

// put writes the lowest bits of v.
func (w *jpegBits) put(v, count int) {
	for i := count - 1; i >= 0; i-- {
		w.acc = w.acc<<1 | v>>i&1
		if w.count++; w.count == 8 {
			w.out = append(w.out, byte(w.acc))
			if byte(w.acc) == 0xff {
				w.out = append(w.out, 0)
			}
			w.acc, w.count = 0, 0
		}
	}
}

// block writes a mean and some frequencies. before is the mean of the block before.
func (w *jpegBits) block(x, y, channel int, before *int) {
	mean := int(Pattern(8*x, 8*y, channel)) - 128
	w.value(0, mean-*before, 4)
	*before = mean
	for i := range 5 {
		w.value(i, int(Pattern(x+i, y, channel))%23-11, 8)
	}
	w.put(0, 8) // end of block
}

// value writes a value after a run of zeros, with a code of so many bits.
func (w *jpegBits) value(run, v, codeBits int) {
	size, magnitude := 0, max(v, -v)
	for magnitude>>size > 0 {
		size++
	}
	if size == 0 && codeBits == 8 {
		return // a zero among the frequencies is part of the next run, or left out
	}
	w.put(run<<4|size, codeBits)
	if v < 0 {
		v += 1<<size - 1
	}
	w.put(v, size)
}

package media

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Decoders must know some things before the first sample. The functions in this file write that
// anew, one for each kind of box. They return nil if they do not understand it.

// mp4Configs has the boxes that configure decoders.
var mp4Configs = map[string]func(content []byte) []byte{
	"avcC": exactAVC, "hvcC": exactHEVC, "av1C": exactAV1, "vpcC": exactVP9,
	"esds": exactES, "dOps": exactOpus, "dfLa": exactFLAC, "dac3": exactAC3, "dec3": exactEAC3,
}

// exactAVC rewrites an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
func exactAVC(content []byte) []byte {
	if len(content) < 7 || content[0] != 1 {
		return nil
	}
	out := []byte{1, content[1], content[2], content[3], content[4] | 0xfc}
	rest, ok := content[5:], true
	for _, kind := range []byte{7, 8} { // sets for sequences and for pictures
		if len(rest) < 1 {
			return nil
		}
		count := rest[0]
		if kind == 7 {
			count &= 0x1f
			out = append(out, 0xe0|count)
		} else {
			out = append(out, count)
		}
		if out, rest, ok = appendSets(out, rest[1:], int(count), func(nal byte) bool { return nal&0x1f == kind }); !ok {
			return nil
		}
	}
	// High profiles should have a description of the pixels after that. Reserved bits are ones.
	if slices.Contains([]byte{100, 110, 122, 144}, content[1]) && len(rest) >= 4 && rest[0] >= 0xfc {
		out = append(out, rest[0], 0xf8|rest[1], 0xf8|rest[2], 0)
	}
	return out
}

// appendSets appends parameter sets, and returns what is after them.
func appendSets(out, rest []byte, count int, right func(nal byte) bool) (sets, behind []byte, ok bool) {
	for range count {
		if len(rest) < 2 {
			return nil, nil, false
		}
		size := 2 + int(binary.BigEndian.Uint16(rest))
		if size > maxParameterSet || size > len(rest) || size > 2 && !right(rest[2]) {
			return nil, nil, false
		}
		out, rest = append(out, rest[:size]...), rest[size:]
	}
	return out, rest, true
}

// exactHEVC rewrites an HEVCDecoderConfigurationRecord (8.3.3.1): with the parameter sets and
// without messages.
func exactHEVC(content []byte) []byte {
	if len(content) < 23 || content[0] != 1 {
		return nil
	}
	out := slices.Clone(content[:23])
	for i, reserved := range map[int]byte{13: 0xf0, 15: 0xfc, 16: 0xfc, 17: 0xf8, 18: 0xf8} {
		out[i] |= reserved
	}
	clear(out[19:21]) // pictures per second, on average
	out[22] = 0
	rest := content[23:]
	for range content[22] {
		if len(rest) < 3 {
			return nil
		}
		kind, count := rest[0]&0x3f, int(binary.BigEndian.Uint16(rest[1:]))
		start := append(slices.Clone(out), rest[0]&0xbf, rest[1], rest[2])
		array, behind, ok := appendSets(start, rest[3:], count, func(nal byte) bool { return nal>>1&0x3f == kind })
		if !ok {
			return nil
		}
		if rest = behind; 32 <= kind && kind <= 34 {
			out = array
			out[22]++
		}
	}
	return out
}

// exactAV1 rewrites an AV1CodecConfigurationRecord, with nothing but the header of the sequence.
func exactAV1(content []byte) []byte {
	if len(content) < 4 || content[0] != 0x81 {
		return nil
	}
	out := slices.Clone(content[:4])
	for rest := content[4:]; len(rest) >= 2; {
		// The kind is in bits 3 to 6. The size has one byte, because such headers are short.
		kind, size := rest[0]>>3&15, 2+int(rest[1])
		if rest[0]&0x86 != 2 || rest[1] > 127 || size > len(rest) {
			break
		}
		if kind == 1 {
			return append(out, rest[:size]...)
		}
		rest = rest[size:]
	}
	return out
}

// exactVP9 rewrites a VPCodecConfigurationRecord. For VP8 and VP9, nothing may follow the fields.
func exactVP9(content []byte) []byte {
	if len(content) < 12 || content[0] != 1 {
		return nil
	}
	return append([]byte{1, 0, 0, 0}, content[4], content[5], content[6], content[7], content[8], content[9], 0, 0)
}

// exactOpus rewrites an OpusSpecificBox.
func exactOpus(content []byte) []byte {
	if len(content) < 11 || content[0] != 0 {
		return nil
	}
	size := 11
	if content[10] != 0 {
		size += 2 + int(content[1]) // a mapping of the channels
	}
	if size > len(content) {
		return nil
	}
	return slices.Clone(content[:size])
}

// exactFLAC rewrites a FLACSpecificBox: STREAMINFO without the checksum of the sound.
func exactFLAC(content []byte) []byte {
	const size = 34
	if len(content) < 8+size || content[4]&0x7f != 0 || !bytes.Equal(content[5:8], []byte{0, 0, size}) {
		return nil
	}
	out := append([]byte{0, 0, 0, 0, 0x80, 0, 0, size}, content[8:8+size-16]...)
	return append(out, make([]byte, 16)...)
}

// exactAC3 rewrites an AC3SpecificBox.
func exactAC3(content []byte) []byte {
	if len(content) < 3 {
		return nil
	}
	return []byte{content[0], content[1], content[2] & 0xe0}
}

// exactEAC3 rewrites an EC3SpecificBox: three bytes for each stream, or four if others depend on
// it.
func exactEAC3(content []byte) []byte {
	if len(content) < 2 {
		return nil
	}
	size := 2
	for range 1 + content[1]&7 {
		if size += 3; size > len(content) {
			return nil
		}
		if content[size-1]>>1&15 > 0 {
			size++
		}
	}
	if size > len(content) {
		return nil
	}
	return slices.Clone(content[:size])
}

// exactES rewrites the ES_Descriptor of sound (ISO/IEC 14496-1, 7.2.6.5), without its bit rates.
func exactES(content []byte) []byte {
	if len(content) < 4 {
		return nil
	}
	es, ok := descriptor(content[4:], 3)
	if !ok || len(es) < 3 {
		return nil
	}
	flags, at := es[2], 3
	if flags&0x80 != 0 {
		at += 2
	}
	if flags&0x40 != 0 && at < len(es) {
		at += 1 + int(es[at])
	}
	if flags&0x20 != 0 {
		at += 2
	}
	if at > len(es) {
		return nil
	}
	config, ok := descriptor(es[at:], 4)
	if !ok || len(config) < 13 {
		return nil
	}
	decoder := append([]byte{config[0], 0x15}, make([]byte, 11)...)
	if specific, ok := descriptor(config[13:], 5); ok {
		exact := exactAudioConfig(specific)
		if exact == nil {
			return nil
		}
		decoder = append(append(decoder, 5, byte(len(exact))), exact...)
	}
	out := append([]byte{0, 0, 0, 0, 3, byte(3 + 2 + len(decoder) + 3), 0, 0, 0, 4, byte(len(decoder))}, decoder...)
	return append(out, 6, 1, 2)
}

// descriptor returns the content of the descriptor at the start of content, if it has this tag. Its
// length is in groups of seven bits.
func descriptor(content []byte, tag byte) ([]byte, bool) {
	if len(content) < 2 || content[0] != tag {
		return nil, false
	}
	size := 0
	for i, b := range content[1:min(5, len(content))] {
		size = size<<7 | int(b&0x7f)
		if b < 0x80 {
			content = content[2+i:]
			if size > len(content) {
				return nil, false
			}
			return content[:size], true
		}
	}
	return nil, false
}

// exactAudioConfig returns an AudioSpecificConfig of AAC (ISO/IEC 14496-3, 1.6.2.1) up to its last
// bit. It does not understand one with its own list of channels, which would have a comment.
func exactAudioConfig(content []byte) []byte {
	const aac, sbr, ps = 2, 5, 29
	b := bitString{data: content}
	frequency := func() {
		if b.bits(4) == 15 {
			b.bits(24)
		}
	}
	kind := b.bits(5)
	frequency()
	channels := b.bits(4)
	extended := kind == sbr || kind == ps
	if extended {
		frequency()
		kind = b.bits(5)
	}
	if channels == 0 || kind < 1 || kind > 4 {
		return nil
	}
	b.bits(1) // samples per frame
	if b.bits(1) == 1 {
		b.bits(14)
	}
	if b.bits(1) == 1 || b.at > 8*len(content) {
		return nil
	}
	if end := b; !extended && end.bits(11) == 0x2b7 && end.bits(5) == sbr {
		if end.bits(1) == 1 {
			b = end
			frequency()
			if end := b; end.bits(11) == 0x548 {
				end.bits(1)
				b = end
			}
		}
	}
	if b.at > 8*len(content) {
		return nil
	}
	out := slices.Clone(content[:(b.at+7)/8])
	if used := b.at % 8; used > 0 {
		out[len(out)-1] &= 0xff << (8 - used)
	}
	return out
}

// bitString reads bits. Behind its end, all bits are zero.
type bitString struct {
	data []byte
	at   int
}

// bits reads n bits.
func (b *bitString) bits(n int) int {
	v := 0
	for range n {
		v <<= 1
		if b.at/8 < len(b.data) {
			v |= int(b.data[b.at/8] >> (7 - b.at%8) & 1)
		}
		b.at++
	}
	return v
}

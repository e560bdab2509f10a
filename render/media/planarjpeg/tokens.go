package planarjpeg

import "math/bits"

// token is a symbol of a scan, with the bits that follow it.
//
//	bits 0–8    symbol
//	bits 9–13   number of bits
//	bits 16–31  the bits
type token uint32

// noSymbol is the symbol of a token that has only bits.
const noSymbol = 256

// newToken returns a token.
func newToken(symbol, length int, v uint32) token {
	return token(v<<16 | uint32(length)<<9 | uint32(symbol))
}

// tokens collects the tokens of a scan.
type tokens struct {
	band
	mask   uint64 // coefficients in the band
	list   []token
	counts *symbolCounts
	mean   int32   // of the block before
	ends   int     // how many blocks up to here have nothing more
	late   []token // corrections of these blocks
}

// start begins a scan.
func (t *tokens) start(b band, counts *symbolCounts) {
	t.band, t.counts, t.mean, t.ends = b, counts, 0, 0
	t.list, t.late = t.list[:0], t.late[:0]
	t.mask = ^uint64(0) << b.first & (^uint64(0) >> (63 - b.last))
}

// add adds a symbol and the bits after it.
func (t *tokens) add(symbol, length int, v uint32) {
	t.counts[symbol&255]++
	t.list = append(t.list, newToken(symbol, length, v))
}

// addValue adds a value after a run of zeros. A negative value is written as the bits of the value
// minus one, cut to its size (T.81 F.1.2.1.1).
func (t *tokens) addValue(run int, v int32) {
	sign := v >> 31
	size := bits.Len32(uint32(v ^ sign - sign))
	t.add(run<<4|size, size, uint32(v+sign)&(1<<size-1))
}

// block adds the coefficients of a block.
func (t *tokens) block(b *quantized) {
	switch {
	case t.first == 0:
		t.addValue(0, b.value[0]-t.mean)
		t.mean = b.value[0]
	case t.high == 0:
		t.upperBits(b)
	default:
		t.nextBit(b)
	}
}

// upperBits adds the coefficients of a band without their lowest bits (T.81 G.1.2.2).
func (t *tokens) upperBits(b *quantized) {
	zero := t.first // the first coefficient that is not coded yet
	for some := b.some[t.low&1] & t.mask; some != 0; some &= some - 1 {
		k := bits.TrailingZeros64(some) & 63
		v := b.value[k]
		sign := v >> 31
		v = (v ^ sign - sign) >> t.low
		t.end()
		for ; k-zero > 15; zero += 16 {
			t.add(0xf0, 0, 0)
		}
		t.addValue(k-zero, v^sign-sign)
		zero = k + 1
	}
	if zero <= t.last {
		t.endOfBand(0, 0)
	}
}

// nextBit adds the lowest bit of the coefficients of a band (T.81 G.1.2.3). The bits of
// coefficients that are known to be non-zero come without codes, after the next symbol.
func (t *tokens) nextBit(b *quantized) {
	known := b.some[1] & t.mask
	new := b.some[0] & t.mask &^ known
	lastNew := 63 - bits.LeadingZeros64(new)
	run, next := 0, t.first
	corrections, count := uint64(0), 0
	for some := known | new; some != 0; some &= some - 1 {
		k := bits.TrailingZeros64(some) & 63
		run += k - next
		next = k + 1
		for ; run > 15 && k <= lastNew; run -= 16 {
			t.end()
			t.add(0xf0, 0, 0)
			t.list = appendBits(t.list, corrections, count)
			corrections, count = 0, 0
		}
		v := b.value[k]
		if known>>k&1 != 0 {
			sign := v >> 31
			corrections = corrections<<1 | uint64((v^sign-sign)&1)
			count++
			continue
		}
		t.end()
		t.add(run<<4|1, 1, uint32(^v)>>31)
		t.list = appendBits(t.list, corrections, count)
		corrections, count, run = 0, 0, 0
	}
	if run > 0 || next <= t.last || count > 0 {
		t.endOfBand(corrections, count)
	}
}

// appendBits appends bits without a symbol.
func appendBits(list []token, v uint64, count int) []token {
	for count > 0 {
		n := min(count, 15)
		count -= n
		list = append(list, newToken(noSymbol, n, uint32(v>>count)&(1<<n-1)))
	}
	return list
}

// endOfBand notes that a block has nothing more, except corrections.
func (t *tokens) endOfBand(corrections uint64, count int) {
	t.late = appendBits(t.late, corrections, count)
	if t.ends++; t.ends == 0x7fff {
		t.end()
	}
}

// end adds how many blocks had nothing more, and their corrections.
func (t *tokens) end() {
	if t.ends == 0 {
		return
	}
	length := bits.Len(uint(t.ends)) - 1
	t.add(length<<4, length, uint32(t.ends)&(1<<length-1))
	t.list = append(t.list, t.late...)
	t.ends, t.late = 0, t.late[:0]
}

package planarjpeg

import (
	"math"
	"math/rand/v2"
	"testing"

	"firstframe/render/media/planar"
)

// noisy returns a random picture with slopes, edges and noise. The depth, from 0 to 255, is how
// strong the noise is.
func noisy(seed uint64, width, height int, gray bool, depth uint8) *planar.Picture {
	random := rand.New(rand.NewPCG(seed, 1))
	p := &planar.Picture{Y: planar.NewPlane(width, height)}
	all := []planar.Plane{p.Y}
	if !gray {
		p.Cb, p.Cr = planar.NewPlane((width+1)/2, (height+1)/2), planar.NewPlane((width+1)/2, (height+1)/2)
		all = append(all, p.Cb, p.Cr)
	}
	for _, plane := range all {
		base, dx, dy, edge := random.IntN(256), random.IntN(9)-4, random.IntN(9)-4, random.IntN(width+1)
		for y := range plane.Height {
			row := plane.Row(y)
			for x := range row {
				v := base + x*dx + y*dy + random.IntN(int(depth)+1) - int(depth)/2
				if x > edge {
					v = 255 - v
				}
				row[x] = uint8(min(max(v, 0), 255))
			}
		}
	}
	return p
}

// checkEncoded encodes a picture, and decodes the file with image/jpeg and with Decode. Both must
// find the same, and no block may lose more than its divisors and zones allow.
func checkEncoded(t *testing.T, p *planar.Picture, quality int) {
	t.Helper()
	data, err := Encode(p, quality, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := decodeTwice(t, data)
	pairs := [][2]planar.Plane{{p.Y, got.Y}, {p.Cb, got.Cb}, {p.Cr, got.Cr}}
	if p.Gray() {
		pairs = pairs[:1]
	}
	for i, pair := range pairs {
		// The transform changes no sum of squares. Each sample is rounded, twice if it is cut off.
		var q quantizer
		q.set(i, quality)
		most := 0.0
		for k, divisor := range q.table {
			worth := max(float64(q.limit[k]+(q.runs[62]+q.last)*q.unit[k])/(1<<forwardBits), float64(divisor))
			most += worth * worth
		}
		blocks := (pair[0].Width + 7) / 8 * ((pair[0].Height + 7) / 8)
		samples := float64(pair[0].Width * pair[0].Height)
		if sum := loss(pair[0], pair[1]) * samples; math.Sqrt(sum) > math.Sqrt(most*float64(blocks))+2*math.Sqrt(samples) {
			t.Errorf("component %d lost %.0f, more than %.0f", i, sum, most*float64(blocks))
		}
	}
}

func TestEncodeCorners(t *testing.T) {
	sizes := [][2]int{{1, 1}, {1, 16384}, {16384, 1}, {7, 9}, {16, 16}, {65, 33}}
	for _, size := range sizes {
		for _, gray := range []bool{false, true} {
			for _, depth := range []uint8{0, 3, 255} {
				for _, quality := range []int{1, 82, 100} {
					checkEncoded(t, noisy(uint64(quality), size[0], size[1], gray, depth), quality)
				}
			}
		}
	}
}

// At quality 100, all divisors are 1 and everything is rounded to the nearest.
func TestHighestQuality(t *testing.T) {
	for i := range 3 {
		var q quantizer
		q.set(i, 100)
		for k, divisor := range q.table {
			if divisor != 1 || q.limit[k] != 1<<forwardBits/2 || q.up[k] != 1<<forwardBits/2 || q.runs[62] != 0 || q.last != 0 {
				t.Fatalf("%d, %d: divisor %d, limit %d", i, k, divisor, q.limit[k])
			}
		}
	}
}

// A higher quality must divide by no more, so that no step of the scale makes a file worse.
func TestQualityIsMonotonic(t *testing.T) {
	var q, before quantizer
	for i := range 3 {
		before.set(i, 1)
		for quality := 2; quality <= 100; quality++ {
			q.set(i, quality)
			for k := range q.table {
				if q.table[k] > before.table[k] {
					t.Fatalf("%d, %d: %d at quality %d, and %d below", i, k, q.table[k], quality, before.table[k])
				}
			}
			before = q
		}
	}
}

// Noise takes the most memory. Its tokens must fit into what EncodeMemory promises.
func TestEncodeMemory(t *testing.T) {
	const width, height = 256, 192
	p := noisy(1, width, height, false, 255)
	for _, quality := range []int{1, 82, 100} {
		e := new(encoder)
		e.analyse([]planar.Plane{p.Y, p.Cb, p.Cr}, colorBands, quality)
		memory := int64(0)
		for _, s := range e.scans {
			memory += int64(4 * (cap(s.list) + cap(s.late)))
		}
		if most := EncodeMemory(width, height); memory > most {
			t.Errorf("the tokens take %d bytes at quality %d, more than %d", memory, quality, most)
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add(uint64(1), uint16(1), uint16(1), uint8(82), false, uint8(0))
	f.Add(uint64(2), uint16(16), uint16(40), uint8(1), false, uint8(255))
	f.Add(uint64(3), uint16(33), uint16(17), uint8(100), true, uint8(255))
	f.Add(uint64(4), uint16(300), uint16(9), uint8(70), false, uint8(40))
	f.Fuzz(func(t *testing.T, seed uint64, width, height uint16, quality uint8, gray bool, depth uint8) {
		w := 1 + int(width)%400
		h := 1 + int(height)%max(1, 20000/w)
		checkEncoded(t, noisy(seed, w, h, gray, depth), 1+int(quality)%100)
	})
}

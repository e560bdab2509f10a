package planar

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/disintegration/imaging"
)

// draw returns a plane as of a photograph: slow changes, edges and noise.
func draw(width, height int) Plane {
	p := NewPlane(width, height)
	random := rand.New(rand.NewPCG(1, 2))
	for y := range height {
		for x := range width {
			v := 128 + 60*math.Sin(float64(x)/17) + 50*math.Cos(float64(y)/13) + float64(random.IntN(9)-4)
			if (x/23+y/19)%5 == 0 {
				v = 255 - v
			}
			p.Pix[y*width+x] = uint8(min(max(v, 0), 255))
		}
	}
	return p
}

// zonePlate has all frequencies in all directions, the highest in its corners.
func zonePlate(size int) Plane {
	p := NewPlane(size, size)
	for y := range size {
		for x := range size {
			dx, dy := float64(x-size/2), float64(y-size/2)
			p.Pix[y*size+x] = uint8(127.5 + 127*math.Cos(math.Pi*(dx*dx+dy*dy)/float64(size)))
		}
	}
	return p
}

// asImage returns a gray NRGBA for imaging.
func asImage(p Plane) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	for y := range p.Height {
		pack(m.Pix[y*m.Stride:], p.Row(y), p.Row(y), p.Row(y))
	}
	return m
}

func fromImage(m *image.NRGBA) Plane { return FromGray(m).Y }

// psnr returns the peak signal-to-noise ratio in decibels.
func psnr(t *testing.T, got, want Plane) float64 {
	t.Helper()
	if got.Width != want.Width || got.Height != want.Height {
		t.Fatalf("got %d × %d, want %d × %d", got.Width, got.Height, want.Width, want.Height)
	}
	sum := 0.0
	for y := range want.Height {
		for x, v := range want.Row(y) {
			d := float64(got.Row(y)[x]) - float64(v)
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(want.Width*want.Height)/sum)
}

// Whatever the ratio and the steps, the result must be like imaging's Lanczos in one step.
func TestResizeIsAsLanczos(t *testing.T) {
	for _, test := range []struct{ fromWidth, fromHeight, width, height int }{
		{400, 300, 200, 150}, // halved
		{400, 300, 100, 75},  // twice
		{400, 300, 190, 143}, // halved, then a little smaller
		{400, 300, 380, 285},
		{401, 299, 200, 149}, // not halved
		{402, 301, 201, 151}, // only the height changes
		{400, 300, 400, 200},
		{400, 300, 300, 300},
		{16, 16, 8, 8},
		{7, 5, 3, 2},
		{10, 1000, 1, 100},
		{1000, 3, 500, 1},
	} {
		p := draw(test.fromWidth, test.fromHeight)
		want := fromImage(imaging.Resize(asImage(p), test.width, test.height, imaging.Lanczos))
		got := resize(p, test.width, test.height)
		if db := psnr(t, got, want); db < 40 {
			t.Errorf("%+v: %.1f dB", test, db)
		}
	}
}

// Frequencies that a smaller plane cannot have must vanish, and not appear as low ones. The result
// must be about as good as with Lanczos, which people know.
func TestNoAliasing(t *testing.T) {
	p := zonePlate(512)
	for _, size := range []int{256, 240, 200, 128, 100} {
		lanczos := beyond(fromImage(imaging.Resize(asImage(p), size, size, imaging.Lanczos)))
		got := beyond(resize(p, size, size))
		if got > 1.3*lanczos+1 {
			t.Errorf("to %d: the error in gray areas is %.1f, with Lanczos %.1f", size, got, lanczos)
		}
	}
}

// beyond returns the standard deviation in those parts of a zone plate whose frequencies are too
// high for the plane by at least a fifth.
func beyond(p Plane) float64 {
	sum, n := 0.0, 0.0
	for y := range p.Height {
		for x, v := range p.Row(y) {
			dx, dy := float64(2*x-p.Width)/float64(p.Width), float64(2*y-p.Height)/float64(p.Height)
			limit := 1.2 * float64(p.Width) / 512
			if dx*dx+dy*dy > limit*limit {
				sum += (float64(v) - 127.5) * (float64(v) - 127.5)
				n++
			}
		}
	}
	return math.Sqrt(sum / n)
}

// A plane of one value keeps it, at the edges too. The darkest and the lightest value must not wrap
// around.
func TestFlatPlanesStayFlat(t *testing.T) {
	for _, v := range []uint8{0, 1, 127, 128, 254, 255} {
		p := NewPlane(34, 22)
		for i := range p.Pix {
			p.Pix[i] = v
		}
		for _, got := range halve(p).Pix {
			if got != v {
				t.Fatalf("%d became %d", v, got)
			}
		}
	}
}

// The sums of the filter are largest and smallest for black and white samples in the pattern of its
// weights.
func TestHalvingOfExtremesIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		p := NewPlane(34, 22)
		for i := range p.Pix {
			p.Pix[i] = uint8(255 * random.IntN(2))
		}
		got, want := halve(p), halvePlainly(p)
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Fatalf("%v became %v, want %v", p.Pix, got.Pix, want.Pix)
		}
	}
}

// BenchmarkHalve compares halve with the same filter for one sample at a time, and with imaging.
func BenchmarkHalve(b *testing.B) {
	p := draw(960, 640)
	for _, way := range []struct {
		name string
		half func() Plane
	}{
		{"halve", func() Plane { return halve(p) }},
		{"plain", func() Plane { return halvePlainly(p) }},
		{"imaging", func() Plane { return resizeColumns(resizeRows(p, p.Width/2), p.Height/2) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.SetBytes(960 * 640)
			for b.Loop() {
				way.half()
			}
		})
	}
}

// halvePlainly filters first the rows and then the columns.
func halvePlainly(p Plane) Plane {
	weights := [5]int32{weight0, weight1, -weight2, -weight3, weight4}
	at := func(i, size int) int { return min(max(i, 0), size-1) }
	rows := make([]int32, p.Width/2*p.Height)
	for y := range p.Height {
		row := p.Row(y)
		for x := range p.Width / 2 {
			sum := int32(0)
			for i, w := range weights {
				sum += w * (int32(row[at(2*x-i, p.Width)]) + int32(row[at(2*x+1+i, p.Width)]))
			}
			rows[y*(p.Width/2)+x] = sum
		}
	}
	out := NewPlane(p.Width/2, p.Height/2)
	for y := range out.Height {
		for x := range out.Width {
			sum := int32(0)
			for i, w := range weights {
				sum += w * (rows[at(2*y-i, p.Height)*out.Width+x] + rows[at(2*y+1+i, p.Height)*out.Width+x])
			}
			out.Pix[y*out.Width+x] = uint8(min(max((sum+1<<13)>>14, 0), 255))
		}
	}
	return out
}

func TestTurn(t *testing.T) {
	p := draw(7, 5)
	m := asImage(p)
	for orientation, want := range map[int]*image.NRGBA{
		0: m, 1: m, 9: m,
		2: imaging.FlipH(m), 3: imaging.Rotate180(m), 4: imaging.FlipV(m), 5: imaging.Transpose(m),
		6: imaging.Rotate270(m), 7: imaging.Transverse(m), 8: imaging.Rotate90(m),
	} {
		pic := &Picture{p, draw(4, 3), draw(4, 3)}
		got := pic.Turn(orientation)
		if db := psnr(t, got.Y, fromImage(want)); !math.IsInf(db, 1) {
			t.Errorf("orientation %d: %.1f dB", orientation, db)
		}
		if sideways := orientation >= 5 && orientation <= 8; sideways != (got.Cb.Width == 3) {
			t.Errorf("orientation %d: the chroma is not turned", orientation)
		}
	}
	if got := (&Picture{Y: p}).Turn(6); !got.Gray() {
		t.Error("a gray picture has colours")
	}
}

// Converting a colour to planes and back loses only what 8 bits lose.
func TestColors(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	extremes := []color.NRGBA{{0, 0, 0, 255}, {255, 255, 255, 255}, {255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 0, 255}, {0, 255, 255, 255}, {255, 0, 255, 255}}
	for i := range 1000 {
		c := color.NRGBA{uint8(random.Uint32()), uint8(random.Uint32()), uint8(random.Uint32()), 255}
		if i < len(extremes) {
			c = extremes[i]
		}
		m := image.NewNRGBA(image.Rect(0, 0, 3, 3))
		for j := range 9 {
			m.SetNRGBA(j%3, j/3, c)
		}
		p := FromNRGBA(m)
		y, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
		for j := range p.Y.Pix {
			if p.Y.Pix[j] != y {
				t.Fatalf("%v: luminance %d, want %d", c, p.Y.Pix[j], y)
			}
		}
		for j := range p.Cb.Pix {
			if near(p.Cb.Pix[j], cb) > 1 || near(p.Cr.Pix[j], cr) > 1 {
				t.Fatalf("%v: chroma %d, %d, want %d, %d", c, p.Cb.Pix[j], p.Cr.Pix[j], cb, cr)
			}
		}
		if r, g, b := p.color(2, 2, float64(y)); near(r, c.R) > 2 || near(g, c.G) > 2 || near(b, c.B) > 2 {
			t.Fatalf("%v came back as %d, %d, %d", c, r, g, b)
		}
	}
}

func near(a, b uint8) int { return max(int(a), int(b)) - min(int(a), int(b)) }

func TestMeanColor(t *testing.T) {
	paint := func(c ...color.NRGBA) *Picture {
		m := image.NewNRGBA(image.Rect(0, 0, 2*len(c), 2))
		for i := range m.Pix {
			m.SetNRGBA(i%m.Rect.Dx(), i/m.Rect.Dx()%2, c[i%m.Rect.Dx()/2])
		}
		return FromNRGBA(m)
	}
	gray := &Picture{Y: NewPlane(3, 3)}
	black, white := color.NRGBA{0, 0, 0, 255}, color.NRGBA{255, 255, 255, 255}
	for _, test := range []struct {
		p       *Picture
		r, g, b uint8
	}{
		{paint(black), 0, 0, 0},
		{paint(white), 255, 255, 255},
		{paint(color.NRGBA{18, 52, 86, 255}), 18, 52, 86},
		{paint(black, white), 0xba, 0xba, 0xba}, // half of the light, not of the sample
		{gray, 0, 0, 0},
	} {
		if r, g, b := test.p.MeanColor(); near(r, test.r) > 1 || near(g, test.g) > 1 || near(b, test.b) > 1 {
			t.Errorf("got %d, %d, %d, want %d, %d, %d", r, g, b, test.r, test.g, test.b)
		}
	}
}

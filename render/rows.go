package render

import (
	"math"
	"strconv"
	"strings"

	"firstframe/render/gallery"
)

// A browser chooses among the renditions of an eager tile before it has the style sheet, so the
// page must say how wide the tile will be. All tiles of a row have the same height, so that depends
// on the tile's neighbours. This file lays out the first rows as assets/style.css does, in windows
// of many widths. All lengths are in rem, which are em in a media query: so a reader's larger font
// changes nothing.

// rowHeight is the smallest height of a row, as in style.css: clamp(least, base + slope × width,
// most).
type rowHeight struct{ least, base, slope, most float64 }

var (
	tileRow     = rowHeight{7.25, 5, .09, 20} // --row
	featuredRow = rowHeight{9, 8, .12, 30}    // --featured-row
)

// The windows for which sizes lays out the rows: 320 to 2880 pixels wide, in steps of a pixel.
const narrowest, widest, windowStep = 20.0, 180.0, 1.0 / 16

// sizesError is how wrong a tile's width may be in sizes. Half of the 10 % that nobody would see is
// for what is not known here, such as a scroll bar.
const sizesError = .05

// clampTo returns v limited to a range, as clamp does in CSS.
func clampTo(least, v, most float64) float64 { return max(least, min(v, most)) }

// window is how style.css lays out rows in a window.
type window struct {
	room    float64 // the width of a list
	gap     float64 // between two tiles
	row     float64 // the smallest height of a row
	stretch float64 // how far a row may stretch
	filler  float64 // how much of the free space of the last row stays empty, in ratios
}

// windowOf returns how rows are laid out in a window of this width.
func windowOf(width float64, h rowHeight) window {
	w := window{
		room:    width - float64(2*clampTo(1, .04*width, 4)),
		gap:     clampTo(.5, .014*width, 1.5),
		row:     clampTo(h.least, h.base+float64(h.slope*width), h.most),
		stretch: 1.8,
		filler:  30,
	}
	if width <= 60 {
		w.stretch = 2.3
	}
	if width <= 40 {
		w.stretch, w.filler = 2.9, 2
	}
	return w
}

// room returns the ratio with which a tile is laid out. A picture narrower than that gets more room
// than it fills.
func room(ratio float64) float64 { return max(ratio, .3) }

// basis returns the width of a tile before its row grows.
func (w window) basis(ratio float64) float64 { return min(w.room, room(ratio)*w.row) }

// widths writes the widths of the first pictures into out, by the ratios of all of the list.
func (w window) widths(ratios, out []float64) {
	for start := 0; start < len(out); {
		end, used := start+1, w.basis(ratios[start])
		for end < len(ratios) {
			wider := used + w.gap + w.basis(ratios[end])
			if wider > w.room {
				break
			}
			end, used = end+1, wider
		}
		filler := 0.0
		if end == len(ratios) && used+w.gap <= w.room {
			filler = w.filler
			used += w.gap
		}
		w.grow(ratios[start:end], out[start:min(end, len(out))], w.room-used, filler)
		start = end
	}
}

// grow shares the free space of a row among its pictures by their ratios, until they have stretched
// as far as they may. It writes the widths of the first ones into out.
func (w window) grow(ratios, out []float64, free, filler float64) {
	total := filler
	for _, r := range ratios {
		total += room(r)
	}
	// A tile for which the window is too narrow begins smaller than others, in proportion. It is
	// alone in its row, so all tiles of a row reach their limit at the same time.
	for i := range out {
		r := room(ratios[i])
		tile := min(w.basis(ratios[i])+float64(free*r/total), r*w.row*w.stretch)
		out[i] = tile * min(1, ratios[i]/.3)
	}
}

// sizes returns the value of the attribute of the same name, for each of the first n pictures of a
// list with these ratios.
func (h rowHeight) sizes(ratios []float64, n int) []string {
	n = min(n, len(ratios))
	steps := int((widest-narrowest)/windowStep) + 1
	shares := make([]float64, n*steps) // of the width of the window, one window after the other
	for k := range steps {
		width := narrowest + float64(float64(k)*windowStep)
		out := shares[k*n : (k+1)*n]
		windowOf(width, h).widths(ratios, out)
		for i := range out {
			out[i] /= width
		}
	}
	list := make([]string, n)
	for i := range list {
		list[i] = sizesOf(func(k int) float64 { return shares[k*n+i] }, steps)
	}
	return list
}

// sizesOf returns the value of sizes for a picture that has a share of each window. It names as few
// widths as its error allows.
func sizesOf(share func(k int) float64, steps int) string {
	var b strings.Builder
	for k := 0; k < steps; {
		least, most := 0.0, math.Inf(1) // what a share may be to be right for all windows since k
		for ; k < steps; k++ {
			l, m := max(least, share(k)*(1-sizesError)), min(most, share(k)*(1+sizesError))
			if l > m {
				break
			}
			least, most = l, m
		}
		value := math.Round(float64(50 * (least + most)))
		if value < 100*least || value > 100*most {
			value = math.Round(float64(500*(least+most))) / 10
		}
		if k < steps {
			last := narrowest + float64(float64(k-1)*windowStep)
			b.WriteString("(max-width:" + strconv.FormatFloat(last, 'f', -1, 64) + "em) ")
		}
		b.WriteString(strconv.FormatFloat(value, 'f', -1, 64) + "vw")
		if k < steps {
			b.WriteString(", ")
		}
	}
	return b.String()
}

// loadFirst makes the first n tiles of a list load at once, and says how wide they are.
func (h rowHeight) loadFirst(tiles []Tile, images []*gallery.Image, n int) {
	n = max(0, min(n, len(tiles)))
	ratios := make([]float64, len(images))
	for i, m := range images {
		ratios[i] = aspect(m.Renditions.Largest())
	}
	for i, sizes := range h.sizes(ratios, n) {
		tiles[i].Eager, tiles[i].Sizes = true, sizes
	}
}

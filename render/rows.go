package render

import (
	"html/template"
	"strconv"
	"strings"

	"firstframe/render/gallery"
)

// The rows of pictures are made here and not by the browser. A style sheet can only fill one row
// after the other, and then one row is three times as high as the next. Here the breaks between
// rows are chosen together, as in a good paragraph. A page says for each tile how much of a row it
// takes, and assets/style.css has the same spans and gaps.
//
// All sums of products are rounded to float64 on the way, so that every machine breaks rows at the
// same places.

// span is a range of windows in which a list has the same rows. Everything in a list is in
// proportion to its width, so within a span it only grows.
type span struct {
	widest float64 // the widest window, in em; the last span has no end
	sum    float64 // the sum of the ratios in a row: the list is as many times as wide as a row is high
	gap    int     // between two pictures, in parts of the list
	vw     float64 // the width of the list, in percent of the window
}

// spans are in the order of style.css. An em is one of the browser's settings, so a reader's larger
// font gives larger pictures.
var spans = [...]span{
	{30, 2.1, 240, 91},
	{44, 2.9, 150, 92},
	{62, 3.8, 150, 92},
	{86, 4.8, 150, 92},
	{116, 5.8, 150, 92.5},
	{0, 7, 120, 94.5},
}

// parts is how many parts of a list are its width: a part is a hundredth of a percent. A browser
// that rounds must not break a row, so a full row leaves one part free.
const parts, fullRow = 10_000, parts - 1

// slack is how much higher or lower than others a row may be. It is less than the 15 % that are
// promised, because places are rounded.
const slack = .145

// featuredScale is how much higher the rows of the featured images are.
const featuredScale = 1.6

// room returns the ratio with which a tile is laid out. A picture narrower than that gets more room
// than it fills, so that it is big enough for a finger.
func room(ratio float64) float64 { return max(ratio, .3) }

// tileRow is a row of tiles, from start to end.
type tileRow struct {
	start, end int
	height     float64 // of its tiles, by the width of the list
}

// apart returns how far a height is from a target, or a scale from 1: about the square of the
// logarithm of their quotient.
func apart(quotient float64) float64 {
	d := quotient - 1/quotient
	return d * d / 4
}

// height returns the height at which n tiles fill a row. sum is the sum of their rooms.
func (s span) height(sum float64, n int) float64 {
	return float64(parts-(n-1)*s.gap) / (parts * sum)
}

// cost returns how bad a row of n tiles is, and how high its tiles are. It is not allowed if the
// tiles would be too low. sum is the sum of the tiles' rooms, and last whether it is the last row.
func (s span) cost(target, sum float64, n int, last bool) (height, cost float64, allowed bool) {
	height = s.height(sum, n)
	off := height / target
	switch {
	case off < 1-slack:
		// A panorama, for which the list is too narrow, is alone in its row.
		return height, min(apart(off), .25), n == 1
	case off <= 1+slack:
		return height, apart(off), true
	case last:
		// The last row is seldom full.
		return target, .05 * (1 - 1/off), true
	}
	// A short row looks like a mistake, and a very short one like a big mistake.
	height = target * (1 + slack)
	return height, .2 + (1 - (1+slack)/off), true
}

// breakRows divides tiles among rows whose heights are near the target, at the least cost. It
// returns the mean cost of a row.
func (s span) breakRows(rooms []float64, target float64) ([]tileRow, float64) {
	type way struct {
		cost   float64
		row    tileRow
		before int // how many rows are before it
	}
	best := make([]way, len(rooms)+1) // the best way to end a row before each tile
	for end := 1; end <= len(rooms); end++ {
		sum, found := 0.0, false
		for start := end - 1; start >= 0; start-- {
			sum += rooms[start]
			height, cost, allowed := s.cost(target, sum, end-start, end == len(rooms))
			if !allowed {
				break
			}
			if cost += best[start].cost; !found || cost < best[end].cost {
				found, best[end] = true, way{cost, tileRow{start, end, height}, best[start].before + 1}
			}
		}
	}
	rows := make([]tileRow, best[len(rooms)].before)
	for i, end := len(rows)-1, len(rooms); i >= 0; i-- {
		rows[i], end = best[end].row, best[end].row.start
	}
	return rows, best[len(rooms)].cost / float64(max(1, len(rows)))
}

// scales are the heights that are tried, as parts of the usual one. One that suits the shapes of the
// pictures leaves few rows short. The last few are only for phones, where a row has one to three
// pictures: with these, two landscapes fit side by side.
var scales = [...]float64{
	1, .97, 1.03, .94, 1.06, .91, 1.09, .88, 1.13, .85, 1.17, .82, 1.21, .79, 1.25, .76, 1.3, .73, .7, .67, .64,
}

// phoneScales is the number of the last scales, and phoneSum the least sum of a row without them.
const phoneScales, phoneSum = 4, 3

// rows divides tiles among rows. Their heights differ by at most 15 % from a common height that is
// near scale times the usual one. Only a panorama can be lower.
func (s span) rows(rooms []float64, scale float64) []tileRow {
	var best []tileRow
	least := 0.0
	tried := scales[:]
	if s.sum >= phoneSum {
		tried = scales[:len(scales)-phoneScales]
	}
	for _, more := range tried {
		rows, cost := s.breakRows(rooms, scale*more/s.sum)
		if cost += float64(apart(more) / 4); best == nil || cost < least {
			best, least = rows, cost
		}
	}
	return best
}

// largeRows places one or two tiles in rows that are full: side by side if they are not too low
// then.
func (s span) largeRows(rooms []float64) []tileRow {
	sum := 0.0
	for _, r := range rooms {
		sum += r
	}
	if len(rooms) > 0 && sum <= s.sum {
		return []tileRow{{0, len(rooms), s.height(sum, len(rooms))}}
	}
	var rows []tileRow
	for i, r := range rooms {
		rows = append(rows, tileRow{i, i + 1, s.height(r, 1)})
	}
	return rows
}

// place is the width of a tile and the space at its sides, in parts of the list.
type place struct{ width, before, after int }

// places writes the places of a row's tiles into out, which is as long as the list. A row that is
// not full is in the middle, but the last row begins where all rows begin.
func (s span) places(r tileRow, rooms []float64, out []place) {
	n := r.end - r.start
	all, gaps := fullRow, (n-1)*s.gap
	if n == 1 {
		all = parts // it cannot break
	}
	sum := 0.0
	for _, x := range rooms[r.start:r.end] {
		sum += x
	}
	used := min(all-gaps, int(float64(parts*r.height*sum)))
	if free := all - gaps - used; free <= 1 {
		used = all - gaps
	}
	// Edges are rounded, not widths: so the errors do not add up.
	done, edge := 0.0, 0
	for i := r.start; i < r.end; i++ {
		done += rooms[i]
		next := int(float64(float64(used)*done/sum) + .5)
		out[i] = place{width: next - edge}
		edge = next
	}
	if r.end < len(rooms) {
		free := all - gaps - used
		out[r.start].before, out[r.end-1].after = free/2, free-free/2
	}
}

// layOut gives the tiles of a list their places, and makes the first n load at once. The tiles show
// these images. Their rows have scale times the usual height, or 0 for as much as there is.
func layOut(tiles []Tile, images []*gallery.Image, scale float64, n int) {
	rooms := make([]float64, len(images))
	for i, m := range images {
		rooms[i] = room(aspect(m.Renditions.Largest()))
	}
	var all [len(spans)][]place
	for k, s := range spans {
		all[k] = make([]place, len(tiles))
		rows := s.largeRows
		if scale > 0 {
			rows = func(rooms []float64) []tileRow { return s.rows(rooms, scale) }
		}
		for _, r := range rows(rooms) {
			s.places(r, rooms, all[k])
		}
	}
	for i := range tiles {
		t := &tiles[i]
		at := func(k int) place { return all[k][i] }
		t.Style += template.CSS(placeStyle(at))
		if t.Eager = i < n; t.Eager {
			t.Sizes = sizesOf(at, aspect(images[i].Renditions.Largest()), scale == 0)
		}
	}
}

// placeStyle returns the properties for a tile's place in each span: --s1 to --s6 are its widths, as
// far as they differ from the one before, and --m1 to --m6 the space at its sides, if there is any.
func placeStyle(at func(k int) place) string {
	var b []byte
	last := -1
	for k := range spans {
		p, number := at(k), strconv.Itoa(k+1)
		if p.width != last {
			b = appendPercent(append(b, ";--s"+number+":"...), p.width)
			last = p.width
		}
		if p.before+p.after > 0 {
			b = appendPercent(append(b, ";--m"+number+":"...), p.before)
			b = appendPercent(append(b, ' '), p.after)
		}
	}
	return string(b)
}

// appendPercent appends a number of parts as a percentage.
func appendPercent(b []byte, n int) []byte {
	return append(strconv.AppendFloat(b, float64(n)/100, 'f', -1, 64), '%')
}

// said is how much of a tile's width sizes names. A browser never takes a rendition that is too small,
// even by one pixel. Nobody sees that a picture is enlarged by a few percent, but everybody waits for
// the next larger rendition.
const said = .98

// sizesOf returns the value of the attribute of the same name, for a picture of a ratio that has
// these places. A browser chooses among the renditions of an eager tile before it has the style
// sheet, so the page must say how wide the tile will be. A large picture is limited by the height
// of the window, too.
func sizesOf(at func(k int) place, ratio float64, large bool) string {
	var b strings.Builder
	value := func(k int) string {
		vw := float64(float64(at(k).width)/parts*spans[k].vw*min(1, ratio/.3)) * said
		digits := 0
		if vw < 20 {
			digits = 1
		}
		width := strconv.FormatFloat(vw, 'f', digits, 64) + "vw"
		if large {
			width = "min(" + width + ", " + strconv.FormatFloat(75*ratio, 'f', 0, 64) + "vh)"
		}
		return width
	}
	for k, s := range spans {
		width := value(k)
		if k == len(spans)-1 {
			b.WriteString(width)
		} else if value(k+1) != width {
			b.WriteString("(max-width:" + strconv.FormatFloat(s.widest, 'f', -1, 64) + "em) " + width + ", ")
		}
	}
	return b.String()
}

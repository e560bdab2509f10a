package render

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// A list of ratios for which rows are hard to make, or usual.
func listsOfRatios() map[string][]float64 {
	repeat := func(n int, ratios ...float64) []float64 { return slices.Repeat(ratios, n)[:n] }
	lists := map[string][]float64{
		"none": nil, "one": {1.78}, "one tower": {.05}, "one panorama": {20}, "two": {1.5, .67},
		"three": {1, 1, 1}, "panoramas": repeat(60, 20), "towers": repeat(60, .05), "squares": repeat(60, 1),
		"wide": repeat(60, 1.7778), "high": repeat(60, .5625), "panoramas and towers": repeat(60, 20, .05),
		"a panorama now and then": repeat(60, 1.5, 10, .67), "camera": repeat(60, 1.5, 1.5, .6667, 1.5, 1.3333, .75, 1.7778),
		"phone": repeat(60, .5625, .75, 1.3333, .5625, 1.7778),
	}
	random := rand.New(rand.NewPCG(1, 2))
	usual := []float64{.5625, .6667, .75, .8, 1, 1.25, 1.3333, 1.5, 1.7778, 2.3333}
	for i := range 300 {
		hostile, pictures := make([]float64, 1+random.IntN(perPage)), make([]float64, 1+random.IntN(perPage))
		for k := range hostile {
			hostile[k] = .05 * math.Pow(400, random.Float64())
		}
		for k := range pictures {
			pictures[k] = usual[random.IntN(len(usual))]
		}
		lists[fmt.Sprint("hostile ", i)], lists[fmt.Sprint("usual ", i)] = hostile, pictures
	}
	return lists
}

// roomsOf returns the rooms of pictures.
func roomsOf(ratios []float64) []float64 {
	rooms := make([]float64, len(ratios))
	for i, r := range ratios {
		rooms[i] = room(r)
	}
	return rooms
}

// Rows must look alike at every width, whatever the shapes are: nothing is cropped, and no row is
// more than 15 % higher or lower than the others. Only a panorama, for which the page is too
// narrow, is lower.
func TestRows(t *testing.T) {
	var short, all [len(spans)]int // of usual shapes
	for name, ratios := range listsOfRatios() {
		rooms := roomsOf(ratios)
		for k, s := range spans {
			for _, scale := range []float64{1, featuredScale} {
				what := fmt.Sprintf("%s, span %d, scale %v", name, k+1, scale)
				rows := s.rows(rooms, scale)
				out := make([]place, len(rooms))
				next := 0
				for _, r := range rows {
					if r.start != next || r.end <= r.start {
						t.Fatalf("%s: a row has the tiles from %d to %d after tile %d", what, r.start, r.end, next)
					}
					next = r.end
					s.places(r, rooms, out)
				}
				if next != len(rooms) {
					t.Fatalf("%s: only %d of %d tiles have a place", what, next, len(rooms))
				}
				checkPlaces(t, s, rows, rooms, out, what)
				if strings.HasPrefix(name, "usual") && scale == 1 {
					for _, r := range rows {
						all[k]++
						if out[r.start].before+out[r.end-1].after > 0 {
							short[k]++
						}
					}
				}
			}
		}
	}
	// Ten shapes in any order are much for a phone. On larger screens nearly all rows are full.
	for k, most := range [len(spans)]float64{.25, .08, .025, .001} {
		if t.Logf("span %d: of %d rows, %d are short", k+1, all[k], short[k]); float64(short[k]) > most*float64(all[k]) {
			t.Errorf("span %d: of %d rows, %d are short", k+1, all[k], short[k])
		}
	}
}

// checkPlaces checks the places of tiles as a browser would use them.
func checkPlaces(t *testing.T, s span, rows []tileRow, rooms []float64, out []place, what string) {
	t.Helper()
	least, most := math.Inf(1), 0.0
	for i, r := range rows {
		used := (r.end - r.start - 1) * s.gap
		for k := r.start; k < r.end; k++ {
			p := out[k]
			used += p.before + p.width + p.after
			if p.width < 1 || p.before < 0 || p.after < 0 || (p.before > 0 && k != r.start) || (p.after > 0 && k != r.end-1) {
				t.Fatalf("%s: row %d: %+v is no place", what, i, p)
			}
		}
		// All tiles of a row are equally high. A rounded edge moves by half a part, and a full row
		// is a part narrower than the list.
		for k := r.start; k < r.end; k++ {
			if h := float64(out[k].width) / rooms[k]; math.Abs(h-parts*r.height) > 2/rooms[k]+2 {
				t.Fatalf("%s: row %d: a tile is %v high, want %v", what, i, h, parts*r.height)
			}
		}
		lone := r.end-r.start == 1
		if last := i == len(rows)-1; used > parts || !lone && used > fullRow || !last && used < fullRow {
			t.Fatalf("%s: row %d of %d takes %d parts", what, i, len(rows), used)
		}
		if panorama := lone && out[r.start].width == parts; !panorama {
			least, most = min(least, r.height), max(most, r.height)
		} else if panorama {
			most = max(most, r.height)
		}
	}
	if most > 0 && !math.IsInf(least, 1) && most > least*1.15/.85 {
		t.Errorf("%s: rows are between %.4f and %.4f high", what, least, most)
	}
}

// One or two pictures fill the page.
func TestLargeRows(t *testing.T) {
	for _, test := range []struct {
		ratios []float64
		want   [len(spans)]int // how many rows they have
	}{
		{[]float64{1.5}, [...]int{1, 1, 1, 1, 1, 1}},
		{[]float64{.67, .67}, [...]int{1, 1, 1, 1, 1, 1}},
		{[]float64{1.78, 1.78}, [...]int{2, 2, 1, 1, 1, 1}},
		{[]float64{10, 1}, [...]int{2, 2, 2, 2, 2, 2}},
	} {
		for k, s := range spans {
			rows := s.largeRows(test.ratios)
			out := make([]place, len(test.ratios))
			for _, r := range rows {
				s.places(r, test.ratios, out)
			}
			if last := rows[len(rows)-1]; len(rows) != test.want[k] || last.end-last.start == 1 && out[last.start].width != parts {
				t.Errorf("%v in span %d: got the rows %v with %v", test.ratios, k+1, rows, out)
			}
		}
	}
}

// laidOut returns the tiles of pictures with these ratios.
func laidOut(ratios []float64, scale float64, n int) []Tile {
	images := make([]*gallery.Image, len(ratios))
	for i, r := range ratios {
		images[i] = &gallery.Image{Renditions: media.Renditions{{Path: "media/a.jpg", Width: int(math.Round(10_000 * r)), Height: 10_000}}}
	}
	tiles := make([]Tile, len(images))
	layOut(tiles, images, scale, n)
	return tiles
}

// The style sheet and sizes must get the same places, in as few bytes as possible.
func TestLayOut(t *testing.T) {
	tiles := laidOut([]float64{1.5, 1.5, 10, 1}, 1, 1)
	if got, want := tiles[0].Style, ";--s1:100%;--s2:49.25%;--s4:46.52%;--m4:2.73% 0%;--s5:38.5%;--m5:10.75% 0%;--s6:22.33%;--m6:27.07% 0%"; string(got) != want {
		t.Errorf("got the style %q, want %q", got, want)
	}
	if got, want := tiles[2].Style, ";--s1:100%"; string(got) != want {
		t.Errorf("got the style %q of a panorama, want %q", got, want)
	}
	if !tiles[0].Eager || tiles[1].Eager || tiles[0].Sizes == "" || tiles[1].Sizes != "" {
		t.Errorf("got %+v, want only the first one to load at once", tiles[:2])
	}
	if got, want := laidOut([]float64{1.5}, 0, 9)[0].Sizes, "(max-width:30em) min(89vw, 112vh), (max-width:86em) min(90vw, 112vh), (max-width:116em) min(91vw, 112vh), min(93vw, 112vh)"; got != want {
		t.Errorf("got the sizes %q of a large picture, want %q", got, want)
	}
	if laidOut(nil, 1, 9) == nil {
		t.Error("no tiles became nil")
	}
}

// What sizes says must be right for every window: a wrong one makes pictures blurred, or twice as
// large as needed.
func TestSizesAreRight(t *testing.T) {
	part := regexp.MustCompile(`^(?:\(max-width:([\d.]+)em\) )?([\d.]+)vw$`)
	for name, ratios := range listsOfRatios() {
		for i, tile := range laidOut(ratios, 1, 9)[:min(9, len(ratios))] {
			share := 0.0 // of the list, in percent
			for k, s := range spans {
				if m := regexp.MustCompile(fmt.Sprintf(`--s%d:([\d.]+)%%`, k+1)).FindStringSubmatch(string(tile.Style)); m != nil {
					share, _ = strconv.ParseFloat(m[1], 64)
				}
				narrowest, widest := 20.0, s.widest
				if k > 0 {
					narrowest = spans[k-1].widest + .01
				}
				if widest == 0 {
					widest = 180
				}
				for _, width := range []float64{narrowest, widest} {
					edge := max(1, min(.04*width, 4)) // as in style.css
					want := share * (width - 2*edge) / width * min(1, ratios[i]/.3)
					for p := range strings.SplitSeq(tile.Sizes, ", ") {
						m := part.FindStringSubmatch(p)
						if m == nil {
							t.Fatalf("%q is not a width", p)
						}
						if most, err := strconv.ParseFloat(m[1], 64); err == nil && width > most {
							continue
						}
						if said, _ := strconv.ParseFloat(m[2], 64); math.Abs(said-want) > .05*want+.1 {
							t.Fatalf("%s at %v em: picture %d takes %.2f vw, but %q says %q", name, width, i, want, tile.Sizes, p)
						}
						break
					}
				}
			}
		}
	}
}

func BenchmarkLayOut(b *testing.B) {
	ratios := make([]float64, perPage)
	for i := range ratios {
		ratios[i] = []float64{1.78, .56, 1, 1.5}[i%4]
	}
	for b.Loop() {
		laidOut(ratios, 1, firstScreen)
	}
}

package render

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The browser tests compare these widths with those of the style sheet.
func TestSizes(t *testing.T) {
	wide, high := 16.0/9, 2.0/3
	for _, test := range []struct {
		ratios []float64
		n      int
		want   []string
	}{
		{nil, 9, []string{}},
		{[]float64{wide}, 0, []string{}},
		// One that is alone stretches to its limit, or to a part of the free space.
		{[]float64{wide}, 9, []string{"(max-width:27.3125em) 71.5vw, (max-width:40em) 65vw, (max-width:49.25em) 39.1vw, (max-width:62.25em) 35.3vw, (max-width:81.75em) 32vw, (max-width:115em) 28.9vw, (max-width:171em) 26.2vw, 24vw"}},
		{[]float64{wide, wide, wide, wide, wide, high, high, high}, 1, []string{"(max-width:30.4375em) 91vw, (max-width:64.6875em) 45vw, (max-width:133.4375em) 30vw, 23vw"}},
	} {
		if got := tileRow.sizes(test.ratios, test.n); !slices.Equal(got, test.want) {
			t.Errorf("%v: got %q, want %q", test.ratios, got, test.want)
		}
	}
}

// What sizes says must be right for every window: a single wrong break makes pictures blurred, or
// twice as large as needed.
func TestSizesAreRight(t *testing.T) {
	part := regexp.MustCompile(`^(?:\(max-width:([\d.]+)em\) )?([\d.]+)vw$`)
	lists := [][]float64{
		{1.78, 1.78, 1.78, 1.78, 1.78, 1.78, 1.78, 1.78, 1.78, 1.78}, {.56, .67, 1, 1.5, 1.78, 2.4, 10, .1, 1.33, 1},
		{10, 10, 10}, {.1, .1, .1}, {1}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
	}
	for _, h := range []rowHeight{tileRow, featuredRow} {
		for _, ratios := range lists {
			got := h.sizes(ratios, 9)
			for width := narrowest; width <= widest; width += windowStep {
				want := make([]float64, len(got))
				windowOf(width, h).widths(ratios, want)
				for i, sizes := range got {
					for p := range strings.SplitSeq(sizes, ", ") {
						m := part.FindStringSubmatch(p)
						if m == nil {
							t.Fatalf("%q is not a width", p)
						}
						if most, err := strconv.ParseFloat(m[1], 64); err == nil && width > most {
							continue
						}
						share, _ := strconv.ParseFloat(m[2], 64)
						// It is rounded to a tenth.
						if off := math.Abs(share - 100*want[i]/width); off > 100*sizesError*want[i]/width+.05 {
							t.Fatalf("%v at %v em: picture %d is %.2f em wide, but %q says %q", ratios, width, i, want[i], sizes, p)
						}
						break
					}
				}
			}
		}
	}
}

func BenchmarkSizes(b *testing.B) {
	ratios := make([]float64, perPage)
	for i := range ratios {
		ratios[i] = []float64{1.78, .56, 1, 1.5}[i%4]
	}
	for b.Loop() {
		tileRow.sizes(ratios, firstScreen)
	}
}

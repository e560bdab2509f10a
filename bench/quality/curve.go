package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/disintegration/imaging"
	"golang.org/x/sync/errgroup"

	"firstframe/bench"
)

// shrink makes a picture of the wanted area, if it is larger.
func shrink(m image.Image) image.Image {
	w, h := float64(m.Bounds().Dx()), float64(m.Bounds().Dy())
	if f := math.Sqrt(area / (w * h)); f < 1 {
		m = imaging.Resize(m, int(math.Round(f*w)), int(math.Round(f*h)), imaging.Lanczos)
	}
	return m
}

// point is a file: its size in bytes, its difference to the picture, and the processor time of
// encoding, in seconds for a million pixels.
type point struct{ bytes, norm, seconds float64 }

// result has what an encoder made of all pictures, at all its qualities.
type result struct {
	encoder
	curves [][]point
}

// measure encodes all pictures, and compares the files with them.
func (b *bytesBench) measure(ctx context.Context, e encoder) (*result, error) {
	r := &result{encoder: e, curves: make([][]point, len(b.pics))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i, p := range b.pics {
		group.Go(func() error {
			var err error
			r.curves[i], err = e.measure(ctx, p)
			return err
		})
	}
	return r, group.Wait()
}

// measure encodes a picture at all qualities.
func (e *encoder) measure(ctx context.Context, p picture) ([]point, error) {
	var to []target
	for _, quality := range e.qualities {
		name := strings.TrimSuffix(p.name, ".png") + "-" + strconv.Itoa(quality) + e.extension
		to = append(to, target{quality, name})
		defer os.Remove(name)
	}
	seconds, err := e.encode(ctx, p.name, to)
	if err != nil {
		return nil, err
	}
	curve := make([]point, len(to))
	for i, t := range to {
		info, err := os.Stat(t.name)
		if err != nil {
			return nil, err
		}
		norm, err := e.compare(ctx, p.name, t.name)
		if err != nil {
			return nil, err
		}
		curve[i] = point{float64(info.Size()), norm, seconds[i] / p.area * 1e6}
	}
	return curve, nil
}

// compare returns the difference between a picture and an encoded file.
func (e *encoder) compare(ctx context.Context, picture, name string) (float64, error) {
	if e.decode != nil {
		decoded := name + ".png"
		defer os.Remove(decoded)
		if err := e.decode(ctx, name, decoded); err != nil {
			return 0, err
		}
		name = decoded
	}
	return butteraugli(ctx, picture, name)
}

var norm = regexp.MustCompile(`3-norm: ([0-9.]+)`)

// butteraugli returns the 3-norm of the difference between two files.
func butteraugli(ctx context.Context, a, b string) (float64, error) {
	out, err := exec.CommandContext(ctx, "butteraugli_main", a, b).Output()
	if err != nil {
		return 0, fmt.Errorf("butteraugli_main: %w", err)
	}
	m := norm.FindSubmatch(out)
	if m == nil {
		return 0, errors.New("butteraugli_main: it printed no 3-norm")
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// bytesAt returns how many bytes a picture would have with this difference. The points must come
// from a rising quality, so with falling differences. It returns false if they do not cover the
// difference.
func bytesAt(curve []point, norm float64) (float64, bool) {
	if curve[0].norm < norm {
		return 0, false
	}
	for i, b := range curve {
		switch {
		case b.norm == norm:
			return b.bytes, true
		case b.norm < norm:
			a := curve[i-1]
			part := (norm - a.norm) / (b.norm - a.norm)
			return math.Exp(math.Log(a.bytes) + part*(math.Log(b.bytes)-math.Log(a.bytes))), true
		}
	}
	return 0, false
}

// print prints the bytes of all encoders, relative to the first one, and how good their files are
// at the same number on their scales.
func print(results []*result) {
	first := results[0]
	head := []string{"bytes at equal quality"}
	for _, q := range first.qualities {
		head = append(head, "at "+strconv.Itoa(q))
	}
	var rows, scales [][]string
	for _, r := range results {
		rows = append(rows, r.relative(first))
		for j, q := range r.qualities {
			mean := func(of func(point) float64) float64 {
				sum := 0.0
				for _, curve := range r.curves {
					sum += of(curve[j])
				}
				return sum / float64(len(r.curves))
			}
			scales = append(scales, []string{r.name, strconv.Itoa(q),
				fmt.Sprintf("%.3f", mean(func(p point) float64 { return p.norm })),
				fmt.Sprintf("%.1f", mean(func(p point) float64 { return p.bytes })/1000),
				fmt.Sprintf("%.2f", mean(func(p point) float64 { return p.seconds }))})
		}
	}
	bench.Table(os.Stdout, 1, append(head, "mean", "geometric", "left out"), rows...)
	bench.Table(os.Stdout, 1, []string{"encoder", "its quality", "3-norm", "kB", "s/MP"}, scales...)
}

// relative returns the row of an encoder: the mean of all pictures at each quality of the
// reference, the mean of those, their geometric mean, and how many pictures were left out in all
// columns together, because the encoder's qualities do not cover that of the reference.
func (r *result) relative(first *result) []string {
	row, sum, logs, out := []string{r.name}, 0.0, 0.0, 0
	for j := range first.qualities {
		ratios, ratioLogs, n := 0.0, 0.0, 0.0
		for i, curve := range r.curves {
			want := first.curves[i][j]
			bytes, ok := bytesAt(curve, want.norm)
			if !ok {
				out++
				continue
			}
			ratios, ratioLogs, n = ratios+bytes/want.bytes, ratioLogs+math.Log(bytes/want.bytes), n+1
		}
		row, sum, logs = append(row, fmt.Sprintf("%.3f", ratios/n)), sum+ratios/n, logs+ratioLogs/n
	}
	columns := float64(len(first.qualities))
	return append(row, fmt.Sprintf("%.3f", sum/columns), fmt.Sprintf("%.3f", math.Exp(logs/columns)), strconv.Itoa(out))
}

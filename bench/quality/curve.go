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

// point is a file: its size in bytes and its difference to the picture.
type point struct{ bytes, norm float64 }

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
	for i, picture := range b.pics {
		r.curves[i] = make([]point, len(e.qualities))
		for j, quality := range e.qualities {
			group.Go(func() error {
				name := strings.TrimSuffix(picture, ".png") + "-" + strconv.Itoa(quality) + e.extension
				defer os.Remove(name)
				var err error
				r.curves[i][j], err = e.measure(ctx, picture, name, quality)
				return err
			})
		}
	}
	return r, group.Wait()
}

// measure encodes a picture as a file with this name.
func (e *encoder) measure(ctx context.Context, picture, name string, quality int) (point, error) {
	if err := e.encode(ctx, picture, name, quality); err != nil {
		return point{}, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return point{}, err
	}
	if e.decode != nil {
		decoded := name + ".png"
		defer os.Remove(decoded)
		if err := e.decode(ctx, name, decoded); err != nil {
			return point{}, err
		}
		name = decoded
	}
	norm, err := butteraugli(ctx, picture, name)
	return point{float64(info.Size()), norm}, err
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
// from a rising quality, so with falling differences.
func bytesAt(curve []point, norm float64) float64 {
	i := 1
	for i < len(curve)-1 && curve[i].norm > norm {
		i++
	}
	a, b := curve[i-1], curve[i]
	if a.norm == b.norm {
		return b.bytes
	}
	part := (norm - a.norm) / (b.norm - a.norm)
	return math.Exp(math.Log(a.bytes) + part*(math.Log(b.bytes)-math.Log(a.bytes)))
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
		row, sum := []string{r.name}, 0.0
		for j := range first.qualities {
			mean := 0.0
			for i, curve := range r.curves {
				want := first.curves[i][j]
				mean += bytesAt(curve, want.norm) / want.bytes / float64(len(r.curves))
			}
			row, sum = append(row, fmt.Sprintf("%.3f", mean)), sum+mean
		}
		rows = append(rows, append(row, fmt.Sprintf("%.3f", sum/float64(len(first.qualities)))))
		for j, q := range r.qualities {
			p := point{}
			for _, curve := range r.curves {
				p.bytes += curve[j].bytes / float64(len(r.curves))
				p.norm += curve[j].norm / float64(len(r.curves))
			}
			scales = append(scales, []string{r.name, strconv.Itoa(q), fmt.Sprintf("%.3f", p.norm), fmt.Sprintf("%.1f", p.bytes/1000)})
		}
	}
	bench.Table(os.Stdout, 1, append(head, "mean"), rows...)
	bench.Table(os.Stdout, 1, []string{"encoder", "its quality", "3-norm", "kB"}, scales...)
}

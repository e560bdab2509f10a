// Quality compares how many bytes encoders need for the same quality.
//
// The measure of quality is the 3-norm of Butteraugli, which models how visible a difference is; 0
// means none. For each picture, the program finds the bytes that an encoder needs for the quality
// that the reference has at 70, 82 and 90. It interpolates between the qualities of the encoder:
// the logarithm of the bytes over the 3-norm.
//
// The script run installs the other encoders and starts this program. main.go prepares the
// pictures, encoders.go lists the encoders, and curve.go measures them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/disintegration/imaging"
	"github.com/spf13/pflag"

	"firstframe/bench"
)

func main() { bench.Main("quality", run) }

// reference has the qualities at which encoders are compared.
var reference = []int{70, 82, 90}

// area is about how many pixels the pictures have.
const area = 500_000

// bytesBench is one comparison.
type bytesBench struct {
	dir    string // for everything that is written
	npm    string
	before string // an older checkout, or ""
	avif   bool   // compare encoders of AVIF, not of JPEG
	limit  int    // the number of pictures, or 0 for all
	pics   []picture
}

// picture is a PNG with its number of pixels.
type picture struct {
	name string
	area float64
}

func (b *bytesBench) path(name string) string { return filepath.Join(b.dir, name) }

func run(ctx context.Context) error {
	var b bytesBench
	pictures := pflag.String("pictures", "", "read the folders hd and ai in `DIR`")
	pflag.StringVar(&b.npm, "npm", "", "use sharp installed in `DIR`")
	pflag.StringVar(&b.before, "before", "", "also measure the version of firstframe in `DIR`, as the reference")
	pflag.BoolVar(&b.avif, "avif", false, "measure encoders of AVIF, not of JPEG; that takes longer")
	pflag.IntVar(&b.limit, "limit", 0, "read `N` pictures of each folder, for a trial; 0 reads all")
	pflag.Parse()
	if *pictures == "" || b.npm == "" {
		return errors.New("--pictures and --npm are required; see bench/quality/run")
	}
	var err error
	if b.dir, err = os.MkdirTemp("", "firstframe-quality-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := b.prepare(ctx, *pictures); err != nil {
		return err
	}
	var results []*result
	for _, e := range b.encoders() {
		fmt.Fprintln(os.Stderr, e.name)
		r, err := b.measure(ctx, e)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		results = append(results, r)
	}
	fmt.Printf("%d pictures of about %.1f million pixels\n", len(b.pics), area/1e6)
	print(results)
	return nil
}

// prepare builds our encoders and shrinks the pictures. Both sets may show the same motifs, so it
// takes every third picture of the second set and the others of the first.
func (b *bytesBench) prepare(ctx context.Context, pictures string) error {
	if err := os.WriteFile(b.path("sharp.mjs"), sharpScript, 0o644); err != nil {
		return err
	}
	if err := b.build(ctx); err != nil {
		return err
	}
	for i, set := range []string{"hd", "ai"} {
		files, err := filepath.Glob(filepath.Join(pictures, set, "*.*"))
		if err != nil {
			return err
		}
		slices.Sort(files)
		if b.limit > 0 {
			files = files[:min(b.limit, len(files))]
		}
		for j, file := range files {
			if (j%3 == 2) != (i == 1) {
				continue
			}
			m, err := imaging.Open(file, imaging.AutoOrientation(true))
			if err != nil {
				return fmt.Errorf("opening %s: %w", file, err)
			}
			m = shrink(m)
			name := b.path(fmt.Sprintf("%s-%02d.png", set, j+1))
			if err := imaging.Save(m, name); err != nil {
				return err
			}
			b.pics = append(b.pics, picture{name, float64(m.Bounds().Dx() * m.Bounds().Dy())})
		}
	}
	if len(b.pics) == 0 {
		return errors.New("no pictures")
	}
	return nil
}

// build builds our encoders. Those of an older version make only JPEGs.
func (b *bytesBench) build(ctx context.Context) error {
	dir, err := filepath.Abs("bench/quality/encode")
	if err != nil {
		return err
	}
	jpeg, avif := filepath.Join(dir, "main.go"), filepath.Join(dir, "avif.go")
	// The tag is the one of the action: with it, libavif is the one in the program.
	if _, _, err := start(ctx, "go", "build", "-tags", "nodynamic", "-o", b.path("encode-now"), jpeg, avif); err != nil {
		return err
	}
	if b.before == "" {
		return nil
	}
	_, _, err = start(ctx, "go", "build", "-C", b.before, "-o", b.path("encode-before"), jpeg)
	return err
}

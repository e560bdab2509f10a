// Compare measures a first build beside other programs with the same pictures. sharp makes only the
// renditions; thumbsup and Hugo make a gallery. The script bench/peers installs them and runs this
// program.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"firstframe/bench"
)

func main() { bench.Main("compare", run) }

// The settings of all programs.
const (
	widths  = "480,960,1920"
	quality = "82"
	// atOnce is the number of pictures that a program works on at the same time. On a machine with
	// more than two processors, bench/peers gives the comparison two of them.
	atOnce = "2"
	// avifQuality is sharp's quality of AVIF with the same 3-norm of Butteraugli as firstframe's AVIF
	// of the quality above. bench/quality --avif shows both.
	avifQuality = "60"
)

// sharpScript makes renditions with sharp.
//
//go:embed sharp.mjs
var sharpScript []byte

// hugoConfig configures a site with a page for each picture, like ours. So Hugo can work on several
// pictures at once.
//
//go:embed hugo.toml
var hugoConfig string

// hugoTemplate is the page of a picture.
//
//go:embed hugo.html
var hugoTemplate []byte

func run(ctx context.Context) error {
	var c comparison
	pflag.StringVar(&c.pictures, "pictures", "", "read the folders phone, hd and ai in `DIR`")
	pflag.StringVar(&c.npm, "npm", "", "use sharp and thumbsup installed in `DIR`")
	pflag.StringVar(&c.hugo, "hugo", "", "use `FILE` as Hugo")
	pflag.IntVar(&c.pairs, "pairs", 5, "take the median of `N` runs, alternating with sharp")
	pflag.IntVar(&c.few, "few", 3, "take the median of `N` runs of thumbsup and Hugo; 0 skips them")
	pflag.StringVar(&c.formats, "formats", "jpeg", "make renditions in `FORMATS`: jpeg, or avif,jpeg, which only sharp makes, too")
	many := pflag.Int("many", 500, "compare the memory for `N` pictures with that for few; 0 skips this")
	var o bench.Options
	pflag.StringVar(&o.Dir, "scratch", "", "work in `DIR`, and keep it")
	pflag.StringVar(&o.Profile, "profile", "", "write a CPU profile of each run of firstframe to `DIR`")
	pflag.Parse()
	if !slices.Contains([]string{"jpeg", "avif,jpeg"}, c.formats) {
		return errors.New("--formats must be jpeg or avif,jpeg")
	}
	for _, dir := range []*string{&c.pictures, &c.npm, &c.hugo} {
		if *dir == "" {
			return errors.New("--pictures, --npm and --hugo are required; see bench/peers")
		}
		var err error
		if *dir, err = filepath.Abs(*dir); err != nil {
			return err
		}
	}

	lab, done, err := bench.Open(ctx, o)
	if err != nil {
		return err
	}
	defer done()
	c.Lab = lab
	fmt.Println(bench.Machine())
	if err := c.prepare(); err != nil {
		return err
	}
	for _, set := range []string{"phone", "hd", "ai"} {
		if err := c.set(ctx, set); err != nil {
			return err
		}
	}
	fmt.Printf("\nA first build beside its peers, medians of %d runs in turn, of thumbsup and Hugo of %d:\n", c.pairs, c.few)
	head := []string{"pictures", "program", "wall", "CPU", "memory", "firstframe's wall", "firstframe's CPU"}
	if c.avif() {
		head = append(head, "CPU for 1 MP")
	}
	bench.Table(os.Stdout, 2, head, c.rows...)
	if *many > 0 {
		return c.memory(ctx, *many)
	}
	return nil
}

// comparison holds the settings and the resulting rows.
type comparison struct {
	*bench.Lab
	pictures, npm, hugo string
	formats             string
	pairs, few          int
	rows                [][]string
	megapixels          float64 // of all renditions of the current set, as sharp counts them, or 0
}

// avif reports whether renditions in AVIF are compared.
func (c *comparison) avif() bool { return c.formats != "jpeg" }

// prepare writes the files that the other programs read.
func (c *comparison) prepare() error {
	for name, data := range map[string][]byte{
		"sharp.mjs":                sharpScript,
		"hugo/layouts/index.html":  []byte("{{range .RegularPages}}<a href=\"{{.RelPermalink}}\">{{.Title}}</a>\n{{end}}"),
		"hugo/layouts/single.html": hugoTemplate,
		"hugo/hugo.toml":           fmt.Appendf(nil, hugoConfig, filepath.Join(c.pictures, "phone")),
		"hugo/content/_index.md":   []byte("---\ntitle: Gallery\n---\n"),
	} {
		if err := c.write(name, data); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(filepath.Join(c.pictures, "phone"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		page := strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))
		if err := c.write("hugo/content/"+page+".md", fmt.Appendf(nil, "---\ntitle: %s\npicture: %s\n---\n", page, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// write writes a file in the scratch folder.
func (c *comparison) write(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(c.Path(name)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(c.Path(name), data, 0o644)
}

// contender is a program to compare firstframe with.
type contender struct {
	name    string
	runs    int
	command []string // a command that writes to the folder "out" of the scratch folder
}

// contenders returns the programs to compare for a set.
func (c *comparison) contenders(set string) []contender {
	pictures, out := filepath.Join(c.pictures, set), c.Path("out")
	sharp := func(way ...string) []string {
		return append([]string{"node", c.Path("sharp.mjs"), c.npm, pictures, out, widths, quality, atOnce}, way...)
	}
	if c.avif() {
		return []contender{{name: "sharp, AVIF", runs: c.pairs, command: sharp("once", avifQuality)}}
	}
	list := []contender{
		{name: "sharp, the renditions alone", runs: c.pairs, command: sharp("each")},
		{name: "sharp, all from one decoding", runs: c.pairs, command: sharp("once")},
	}
	switch set {
	case "ai":
		list = append(list, contender{name: "sharp, enlarging to 1920", runs: c.pairs, command: sharp("enlarge")})
	case "phone":
		list = append(list,
			// thumbsup keeps its default sizes: 120, 300 and 1000 high. They are smaller, so it is
			// faster.
			contender{name: "thumbsup, three smaller sizes", runs: c.few, command: []string{
				filepath.Join(c.npm, "node_modules", ".bin", "thumbsup"), "--input", pictures, "--output", out,
				"--photo-quality", quality, "--concurrency", atOnce, "--database-file", filepath.Join(out, "thumbsup.db")}},
			contender{name: "Hugo, Lanczos", runs: c.few, command: []string{
				c.hugo, "--quiet", "--source", c.Path("hugo"), "--destination", out, "--cacheDir", filepath.Join(out, "cache")}})
	}
	return list
}

// set measures one set.
func (c *comparison) set(ctx context.Context, set string) error {
	service, err := c.Serve(ctx, "--pictures", filepath.Join(c.pictures, set))
	if err != nil {
		return err
	}
	defer service.Close()
	contenders := c.contenders(set)
	ours := make([]bench.Use, 0, c.pairs)
	theirs := make([][]bench.Use, len(contenders))
	for round := -1; round < c.pairs; round++ { // round -1 brings the files into memory
		fmt.Fprintf(c.Log, "%s: round %d of %d\n", set, round+1, c.pairs)
		u, err := c.build(ctx, service)
		if err != nil {
			return err
		}
		if round >= 0 {
			ours = append(ours, u)
		}
		for i, peer := range contenders {
			if round < 0 && peer.runs < c.pairs || round >= peer.runs {
				continue
			}
			u, err := c.peer(ctx, peer)
			if err != nil {
				return err
			}
			if round >= 0 {
				theirs[i] = append(theirs[i], u)
			}
		}
	}
	c.row(set, "firstframe, the whole site", ours, nil)
	for i, peer := range contenders {
		if len(theirs[i]) > 0 {
			c.row(set, peer.name, theirs[i], ours)
		}
	}
	return nil
}

// build measures a first build by firstframe.
func (c *comparison) build(ctx context.Context, service *bench.Service, flags ...string) (bench.Use, error) {
	return c.FirstBuild(ctx, service, append([]string{"--widths", widths, "--quality", quality, "--formats", c.formats, "--jobs", atOnce}, flags...)...)
}

// peer measures a run of another program.
func (c *comparison) peer(ctx context.Context, peer contender) (bench.Use, error) {
	for _, dir := range []string{c.Path("out"), c.Path("hugo", "resources")} {
		if err := os.RemoveAll(dir); err != nil {
			return bench.Use{}, err
		}
	}
	if err := os.MkdirAll(c.Path("out"), 0o755); err != nil {
		return bench.Use{}, err
	}
	u, out, err := c.Measure(ctx, nil, peer.command...)
	if err == nil && c.avif() {
		c.megapixels, err = strconv.ParseFloat(string(bytes.TrimSpace(out)), 64)
	}
	return u, err
}

// row adds the row of a program. ours are firstframe's runs in the same rounds, or nil. The ratio
// that it shows is the median of the ratios of the rounds.
func (c *comparison) row(set, name string, uses, ours []bench.Use) {
	part := func(number func(bench.Use) float64) string {
		if ours == nil || len(uses) == 0 {
			return ""
		}
		rounds := make([]int, len(uses))
		for i := range rounds {
			rounds[i] = i
		}
		return fmt.Sprintf("%.2f ×", bench.Median(rounds, func(i int) float64 { return number(ours[i]) / number(uses[i]) }))
	}
	row := []string{set, name, fmt.Sprintf("%.2f s", bench.Median(uses, bench.Wall)),
		fmt.Sprintf("%.2f s", bench.Median(uses, bench.CPU)), bench.MB(bench.Median(uses, bench.Memory)),
		part(bench.Wall), part(bench.CPU)}
	if c.avif() {
		row = append(row, fmt.Sprintf("%.2f s", bench.Median(uses, bench.CPU)/c.megapixels))
	}
	c.rows = append(c.rows, row)
}

// memory measures the set phone as it is, and with its pictures copied until they are many.
func (c *comparison) memory(ctx context.Context, many int) error {
	var rows [][]string
	for _, count := range []int{0, many} {
		fmt.Fprintf(c.Log, "memory: %d pictures\n", count)
		service, err := c.Serve(ctx, "--pictures", filepath.Join(c.pictures, "phone"), "--count", strconv.Itoa(count))
		if err != nil {
			return err
		}
		defer service.Close()
		u, err := c.build(ctx, service)
		if err != nil {
			return err
		}
		downloads, err := service.Count(ctx)
		if err != nil {
			return err
		}
		rows = append(rows, []string{strconv.Itoa(downloads.Downloads), bench.MB(bench.Memory(u)),
			fmt.Sprintf("%.1f s", u.Wall), fmt.Sprintf("%.0f ms", u.Wall/float64(downloads.Downloads)*1000)})
	}
	fmt.Println("Memory of a first build of the set phone, with two jobs:")
	bench.Table(os.Stdout, 0, []string{"pictures", "memory", "wall", "wall each"}, rows...)
	return nil
}

// Network measures a first build over a slow network. It also measures the downloads alone and the
// work on the pictures alone. A build does both at once, so it should take hardly longer than the
// longer of the two.
//
//	go run ./bench/network --pictures DIR
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"firstframe/bench"
	"firstframe/fetch"
)

func main() { bench.Main("network", run) }

func run(ctx context.Context) error {
	pictures := pflag.String("pictures", "", "read the folders of the sets in `DIR`")
	sets := pflag.StringSlice("sets", []string{"phone", "hd", "ai", "hd:96"}, "measure these `SETS`; :N copies the pictures until there are N")
	rate := pflag.String("rate", "100", "limit all downloads together to `MBIT` a second")
	latency := pflag.String("latency", "40ms", "let a round trip take `TIME`")
	runs := pflag.Int("runs", 3, "take the median of `N` runs")
	var o bench.Options
	pflag.StringVar(&o.Dir, "scratch", "", "work in `DIR`, and keep it")
	pflag.Parse()
	if *pictures == "" {
		return errors.New("--pictures is required: the folder that holds phone, hd and ai")
	}
	folder, err := filepath.Abs(*pictures)
	if err != nil {
		return err
	}

	lab, done, err := bench.Open(ctx, o)
	if err != nil {
		return err
	}
	defer done()
	fmt.Println(bench.Machine())
	var rows [][]string
	for _, set := range *sets {
		set, count, _ := strings.Cut(set, ":")
		m := measured{Lab: lab, service: []string{"--pictures", filepath.Join(folder, set), "--count", cmp.Or(count, "0")}}
		for i := range *runs {
			fmt.Fprintf(lab.Log, "%s: round %d of %d\n", set, i+1, *runs)
			if err := m.round(ctx, "--rate", *rate, "--latency", *latency); err != nil {
				return err
			}
		}
		rows = append(rows, m.row(set))
	}
	fmt.Printf("\nA first build at %s Mbit/s and %s, medians of %d runs:\n", *rate, *latency, *runs)
	bench.Table(os.Stdout, 1, []string{"set", "pictures", "bytes", "network alone", "pictures alone", "together", "together ÷ the longer one"}, rows...)
	return nil
}

// measured holds the results for a set of pictures.
type measured struct {
	*bench.Lab
	service []string // the service's flags

	count                    int       // number of pictures
	bytes                    int64     // their size
	network, local, together []float64 // seconds of each run
}

// round measures the downloads, the work on the pictures, and both together, once each.
func (m *measured) round(ctx context.Context, slow ...string) error {
	for _, step := range []struct {
		flags []string
		run   func(context.Context, *bench.Service) (float64, error)
		times *[]float64
	}{
		{slices.Concat(m.service, slow), m.download, &m.network},
		{m.service, m.build, &m.local},
		{slices.Concat(m.service, slow), m.build, &m.together},
	} {
		service, err := m.Serve(ctx, step.flags...)
		if err != nil {
			return err
		}
		seconds, err := step.run(ctx, service)
		if err := errors.Join(err, service.Close()); err != nil {
			return err
		}
		*step.times = append(*step.times, seconds)
	}
	return nil
}

// build returns the seconds of a first build by firstframe.
func (m *measured) build(ctx context.Context, service *bench.Service) (float64, error) {
	u, err := m.FirstBuild(ctx, service)
	return u.Wall, err
}

// download lists and downloads the pictures as firstframe does, and drops them. It returns the
// seconds. The listing and the pictures use separate connections, as they come from separate hosts.
func (m *measured) download(ctx context.Context, service *bench.Service) (float64, error) {
	var listing http.Transport
	defer listing.CloseIdleConnections()
	pictures := http.Transport{MaxIdleConnsPerHost: fetch.AtOnce}
	defer pictures.CloseIdleConnections()
	begun := time.Now()
	var files []struct {
		URL string `json:"cdn_url"`
	}
	err := get(ctx, &listing, service.URL+"/v1/minimax/files/?limit=1000", func(body io.Reader) error {
		return json.NewDecoder(body).Decode(&files)
	})
	if err != nil {
		return 0, err
	}
	sizes := make([]int64, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(fetch.AtOnce)
	for i, f := range files {
		group.Go(func() error {
			return get(ctx, &pictures, f.URL, func(body io.Reader) (err error) {
				sizes[i], err = io.Copy(io.Discard, body)
				return err
			})
		})
	}
	err = group.Wait()
	took := time.Since(begun).Seconds()
	m.count, m.bytes = len(files), 0
	for _, n := range sizes {
		m.bytes += n
	}
	return took, err
}

// get sends a request and reads the body with read. It fails if the status is not 200.
func get(ctx context.Context, transport *http.Transport, url string, read func(io.Reader) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+bench.Token)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return read(resp.Body)
}

// row returns the table row of a set.
func (m *measured) row(set string) []string {
	same := func(seconds float64) float64 { return seconds }
	network, local := bench.Median(m.network, same), bench.Median(m.local, same)
	together := bench.Median(m.together, same)
	seconds := func(s float64) string { return fmt.Sprintf("%.2f s", s) }
	return []string{set, strconv.Itoa(m.count), bench.MB(float64(m.bytes)), seconds(network), seconds(local), seconds(together),
		fmt.Sprintf("%.2f ×", together/max(network, local))}
}

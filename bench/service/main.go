//go:build unix

// Service serves pictures on loopback as the service does, for measuring: it is
// fetchtest's, with copies of pictures, or as many small ones as are wanted, and
// with a slow network on demand. It prints its address, and ends when its
// standard input does.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"firstframe/bench"
	"firstframe/fetch/fetchtest"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}

func run() error {
	folder := pflag.String("pictures", "", "serve the JPEG and PNG files in `DIR`")
	count := pflag.Int("count", 0, "serve `N` pictures: the folder's, each as often as needed, with other bytes each time")
	images := pflag.Int("images", 0, "serve `N` small pictures that are made here")
	rate := pflag.Float64("rate", 0, "of all connections together, in `MBIT` a second; 0 is as fast as it goes")
	latency := pflag.Duration("latency", 0, "the `TIME` that a round trip takes")
	pflag.Parse()

	s := &server{service: &fetchtest.Service{Token: bench.Token}, latency: *latency}
	if *folder != "" {
		pictures, err := load(*folder, *count)
		if err != nil {
			return err
		}
		s.set(pictures)
	} else {
		s.set(small(*images))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started this is gone
		os.Exit(0)
	}()
	fmt.Println("http://" + l.Addr().String())
	if *rate > 0 {
		// A network takes no time of the processors: it must not wait for the
		// pictures. Only root may have it so.
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, -15)
		l = &slowListener{l, &bucket{perSecond: *rate * 1e6 / 8}}
	}
	return (&http.Server{Handler: s, ConnContext: newConnection}).Serve(l)
}

// server is the service, and what the measuring wants of it.
type server struct {
	service *fetchtest.Service
	latency time.Duration

	mu       sync.Mutex
	count    bench.Count
	listings map[string]*answer // by their queries
}

// answer is a listing that was made.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

func (s *server) set(pictures []fetchtest.Picture) {
	s.service.Set(pictures)
	s.service.Paths() // makes now what would be made at the first request
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listings = map[string]*answer{}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/bench/count":
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(s.count)
		s.count = bench.Count{}
	case "/bench/images":
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err != nil || n < 0 {
			http.Error(w, "n is not a number of images", http.StatusBadRequest)
			return
		}
		s.set(small(n))
	case "/v1/minimax/files/", "/v1/minimax/videos/":
		wait(r, s.latency)
		s.list(w, r)
	default:
		wait(r, s.latency)
		s.mu.Lock()
		s.count.Downloads++
		s.mu.Unlock()
		s.service.ServeHTTP(w, r)
	}
}

// list answers from what was answered before: making a listing of thousands of
// images takes longer than reading it, and is not what is measured.
func (s *server) list(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count.Listings++
	key := r.Header.Get("Authorization") + " " + r.URL.String()
	a := s.listings[key]
	if a == nil {
		a = &answer{header: http.Header{}, status: http.StatusOK}
		s.service.ServeHTTP(a, r)
		s.listings[key] = a
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes())
}

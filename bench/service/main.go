//go:build unix

// Service serves pictures on loopback for measurements. It is the service of package fetchtest with
// the pictures of a folder or with small generated ones, and a slow network on demand. It prints
// its address, and ends when its standard input does.
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
	count := pflag.Int("count", 0, "serve `N` pictures; copies with other bytes make up for missing ones")
	images := pflag.Int("images", 0, "serve `N` small generated pictures")
	rate := pflag.Float64("rate", 0, "limit all connections together to `MBIT` a second; 0 is no limit")
	latency := pflag.Duration("latency", 0, "let a round trip take `TIME`")
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
		_, _ = io.Copy(io.Discard, os.Stdin) // until the parent process ends
		os.Exit(0)
	}()
	fmt.Println("http://" + l.Addr().String())
	if *rate > 0 {
		// A real network does not compete for the processors, so it must not wait for the work on
		// the pictures. Only root can raise the priority; for others the error is ignored.
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, -15)
		l = &slowListener{l, &bucket{perSecond: *rate * 1e6 / 8}}
	}
	return (&http.Server{Handler: s, ConnContext: newConnection}).Serve(l)
}

// server is the service with latency and a count of requests.
type server struct {
	service *fetchtest.Service
	latency time.Duration

	mu       sync.Mutex
	count    bench.Count
	listings map[string]*answer // earlier answers by token and address
}

// answer is a recorded listing. It is an http.ResponseWriter.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the header to set.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader records the status.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write records a part of the body.
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// set replaces the pictures.
func (s *server) set(pictures []fetchtest.Picture) {
	s.service.Set(pictures)
	s.service.Paths() // draws the pictures now and not at the first request
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listings = map[string]*answer{}
}

// ServeHTTP answers a request of firstframe's or of a measuring program's.
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
			http.Error(w, "n must be a number of images", http.StatusBadRequest)
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

// list repeats the earlier answer to the same request. Making a listing of thousands of images
// takes longer than reading it, and would distort the measurement.
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

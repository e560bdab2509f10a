// Package workshop shows a site while its owner works on it: it serves the output folder, and lets
// open pages follow what is built. Its files:
//
//	workshop.go  the server, and what it knows about the builds
//	site.go      serves the files of the site
//	page.go      adds the workshop's script to a page that is served
//	events.go    tells open pages about builds
//	watch.go     notices changes of the owner's files
//	script.js    the workshop's part of an open page
//	waiting.html what is served until there is a site
//
// Nothing of it is ever in the output folder.
package workshop

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server serves a site to the computer that it runs on. Its methods can be called by several
// goroutines at the same time.
type Server struct {
	dir      string // the output folder
	listener net.Listener
	start    string // tells the pages of this server from those of an earlier one

	mu       sync.Mutex
	under    string // the path that the site will be published under, with a slash at both ends
	builds   int    // builds that changed the site
	problem  *Problem
	visitors map[chan struct{}]bool // the open pages; a value in a channel means that there is news
}

// Problem says why the site could not be built.
type Problem struct {
	Messages []string `json:"messages"` // with the file and the line, if they are known
	Hint     string   `json:"hint"`     // "" for none
}

// Listen returns a server for the site in dir, which need not exist yet. It takes the address at
// once. If that fails, nothing else has happened. An address without a host is on loopback.
func Listen(addr, dir string) (*Server, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if host == "" {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &Server{dir: dir, listener: listener, start: rand.Text(), under: "/", visitors: map[chan struct{}]bool{}}, nil
}

// URL returns the address of the site.
func (s *Server) URL() string { return fmt.Sprintf("http://%s/", s.listener.Addr()) }

// Serve serves the site until ctx ends. That is not an error.
func (s *Server) Serve(ctx context.Context) error {
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close ends a server that does not serve yet.
func (s *Server) Close() error { return s.listener.Close() }

// Built says that the site was built. Open pages show no problem any more. If the build changed
// something, they are loaded again.
func (s *Server) Built(changed bool) {
	s.tell(func() {
		s.problem = nil
		if changed {
			s.builds++
		}
	})
}

// Failed says that the site could not be built. Open pages show why.
func (s *Server) Failed(p Problem) { s.tell(func() { s.problem = &p }) }

// Under says under which path the site will be published, such as /gallery/. It is served there, too,
// because the page 404 has links that begin with this path.
func (s *Server) Under(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.under = path
}

// publishedUnder returns the path of Under, or a slash.
func (s *Server) publishedUnder() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.under
}

// tell changes what the server knows, and tells all open pages.
func (s *Server) tell(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	for visitor := range s.visitors {
		select {
		case visitor <- struct{}{}:
		default: // the page has not heard the last news yet, and will hear both
		}
	}
}

// now returns what an open page must know.
func (s *Server) now() news {
	s.mu.Lock()
	defer s.mu.Unlock()
	return news{Build: fmt.Sprintf("%s-%d", s.start, s.builds), Problem: s.problem}
}

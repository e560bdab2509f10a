package fetchtest

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Fault answers a request instead of the service. body is the body of the right answer: the
// listing, or the bytes of the download; nil when there is none.
type Fault func(w http.ResponseWriter, r *http.Request, body []byte)

// plan is a fault that has yet to happen.
type plan struct {
	name  string // name of the picture, or prompt of the video or image; "" for any download
	times int    // how often it still happens; below 0 forever
	fault Fault
}

// FailListing makes the next requests for the listing of files fail: as many as times, or all when
// times is below 0. Faults happen in the order of the calls, each after the previous one is used
// up.
func (s *Service) FailListing(times int, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listing = append(s.listing, &plan{times: times, fault: fault})
}

// FailVideos is like FailListing, but for the listing of videos.
func (s *Service) FailVideos(times int, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.videoListings = append(s.videoListings, &plan{times: times, fault: fault})
}

// FailImages is like FailListing, but for the listing of images.
func (s *Service) FailImages(times int, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.imageListings = append(s.imageListings, &plan{times: times, fault: fault})
}

// FailDownload is like FailListing, but for downloads: of the pictures with this name, or of the
// covers and clips of the videos, and of the images, with this prompt. When name is "", it applies
// to all downloads.
func (s *Service) FailDownload(name string, times int, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.downloads = append(s.downloads, &plan{name: name, times: times, fault: fault})
}

// Recover ends all faults.
func (s *Service) Recover() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listing, s.videoListings, s.imageListings, s.downloads = nil, nil, nil, nil
}

// fault returns the fault for this request and uses it up once; nil when there is none.
func (s *Service) fault(plans *[]*plan, name string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := *plans
	i := slices.IndexFunc(list, func(p *plan) bool {
		return p.times != 0 && (p.name == "" || p.name == name)
	})
	if i < 0 {
		return nil
	}
	list[i].times-- // below 0 it stays there
	return list[i].fault
}

// Answer answers with status and body. headers are names and values in turn.
func Answer(status int, body string, headers ...string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// Data answers with data, as if it were a picture of contentType.
func Data(data []byte, contentType string) Fault {
	return Answer(http.StatusOK, string(data), "Content-Type", contentType, "Content-Length", strconv.Itoa(len(data)))
}

// Redirect answers with a redirect to url.
func Redirect(status int, url string) Fault {
	return Answer(status, "", "Location", url)
}

// Hang never answers. Not even a header arrives before the client leaves.
func Hang() Fault {
	return func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() }
}

// Stall sends n bytes of the body and then nothing until the client leaves.
func Stall(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, body []byte) {
		start(w, body, n)
		<-r.Context().Done()
	}
}

// Drip sends one byte of the body each interval, until the client leaves.
func Drip(interval time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, body []byte) {
		start(w, body, 0)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for i := range body {
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
			_, _ = w.Write(body[i : i+1])
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// Cut announces the length of the whole body in Content-Length, sends n bytes, and closes the
// connection.
func Cut(n int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, body []byte) {
		start(w, body, n)
		panic(http.ErrAbortHandler)
	}
}

// CutChunked sends n bytes of the body in chunks and closes the connection without the final chunk.
func CutChunked(n int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, body []byte) {
		_, _ = w.Write(body[:min(n, len(body))])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// CutOld answers in HTTP/1.0 without a length, so the end of the connection is the end of the body.
// It sends only n bytes. No client can notice that.
func CutOld(n int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, body []byte) {
		conn := hijack(w)
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.0 200 OK\r\n\r\n")
		_, _ = conn.Write(body[:min(n, len(body))])
	}
}

// Reset resets the connection instead of answering.
func Reset() Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		conn := hijack(w)
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // makes Close send a reset instead of an end
		}
		_ = conn.Close()
	}
}

// Endless sends the body and then zeros until the client leaves.
func Endless() Fault {
	return func(w http.ResponseWriter, _ *http.Request, body []byte) {
		_, err := w.Write(body)
		for zeros := make([]byte, 32<<10); err == nil; {
			_, err = w.Write(zeros)
		}
	}
}

// Bomb sends the body and n zeros after it, compressed, even if the client did not ask for that.
func Bomb(n int64) Fault {
	return func(w http.ResponseWriter, _ *http.Request, body []byte) {
		w.Header().Set("Content-Encoding", "gzip")
		zip := gzip.NewWriter(w)
		_, _ = io.Copy(zip, io.MultiReader(bytes.NewReader(body), io.LimitReader(zeros{}, n)))
		_ = zip.Close()
	}
}

// zeros is an endless reader of zeros.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// start announces body and sends its first n bytes.
func start(w http.ResponseWriter, body []byte, n int) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body[:min(n, len(body))])
	_ = http.NewResponseController(w).Flush()
}

// hijack takes the connection from the server. This works only with HTTP/1, where it is not shared.
func hijack(w http.ResponseWriter) net.Conn {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return conn
}

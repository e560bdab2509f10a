// Package fetchtest is the service as an http.Handler over a set of pictures: its listings of files and of the videos
// that were made from them (video.go), and the CDN that the listings point to, on the same host. It answers as the service does, down to the shape of its ids and paths, and
// it fails on demand in the ways in which services and networks fail (fault.go). It serves the tests, and --demo.
package fetchtest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// DefaultAccount is the account of a Service that names none.
const DefaultAccount = "288230376151711"

// defaultLimit is the service's own, when the request has none.
const defaultLimit = 10

// unknownUpload is the hour in the path of a picture that does not tell when it was uploaded: that of the sample in
// the service's documentation.
var unknownUpload = time.Date(2024, time.October, 11, 21, 0, 0, 0, time.UTC)

// Picture is an upload: an image that videos were made from, as a rule, but it need be neither.
type Picture struct {
	ID          string        // file_id; made from the other fields when empty
	Name        string        // file_name
	Type        string        // file_type, as in "jpeg" or "png"; also the extension in the path
	Data        []byte        // what is downloaded; it need not be a picture
	Draw        func() []byte // makes Data for each download, where it is slow to make and may not be asked for; else nil
	Uploaded    time.Time     // for the path and Last-Modified; when zero, there is no Last-Modified
	Account     string        // whose it is; the first of the service when empty
	Scene       int           // file_scene; 10 when 0
	Status      int           // file_status; 1 when 0
	ContentType string        // of the download; by Type when empty
	Unlisted    bool          // not in the listing of files; it is there all the same, and may be in that of videos
}

// Service answers for the service. Its fields must not change after the first request; Set and SetVideos change the
// pictures and the videos.
type Service struct {
	Token     string    // that a listing must carry; any will do when empty
	Accounts  []string  // that are configured; DefaultAccount when there are none
	Pictures  []Picture // in the order in which they are listed
	Videos    []Video   // in the order in which they are listed: that of the service is the newest first
	HideFiles bool      // the listing of files is empty, as if it were retired
	CDN       string    // root of the URLs in the listings; "http://" or "https://" and the request's host when empty
	Record    bool      // keep the requests for Requests

	mu            sync.Mutex
	entries       []entry          // Pictures, as they are listed; nil when they and the videos have to be made again
	videos        []videoEntry     // Videos, as they are listed
	paths         map[string]entry // what is downloaded, by its path
	listing       []*plan
	videoListings []*plan
	downloads     []*plan
	counts        map[string]int // requests by path
	requests      []Request
}

// Request is a request that was made.
type Request struct {
	Path   string
	Query  string
	Header http.Header
}

// entry is a picture, or something else that can be downloaded, with what is derived from it.
type entry struct {
	Picture
	path string
}

// data is what is downloaded.
func (p Picture) data() []byte {
	if p.Draw != nil {
		return p.Draw()
	}
	return p.Data
}

// Set replaces the pictures, between two requests or during them.
func (s *Service) Set(pictures []Picture) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Pictures, s.entries = slices.Clone(pictures), nil
}

// Paths returns the paths of the downloads, in the order of the pictures.
func (s *Service) Paths() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.derive()
	paths := make([]string, len(s.entries))
	for i, e := range s.entries {
		paths[i] = e.path
	}
	return paths
}

// Listings returns how many requests there were for the listing of files.
func (s *Service) Listings() int { return s.Count(filesPath) }

// VideoListings returns how many requests there were for the listing of videos, with every page.
func (s *Service) VideoListings() int { return s.Count(videosPath) }

// Downloads returns how many requests there were for anything but a listing.
func (s *Service) Downloads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for path, count := range s.counts {
		if path != filesPath && path != videosPath {
			n += count
		}
	}
	return n
}

// Count returns how many requests there were for path.
func (s *Service) Count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[path]
}

// Requests returns the requests so far, when s records them.
func (s *Service) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

const (
	filesPath  = "/v1/minimax/files/"
	videosPath = "/v1/minimax/videos/"
)

// ServeHTTP answers a listing or a download, or fails as it was told to.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.count(r)
	switch r.URL.Path {
	case filesPath:
		if fault := s.fault(&s.listing, ""); fault != nil {
			fault(w, r, s.list(r).body)
			return
		}
		s.list(r).write(w)
	case videosPath:
		if fault := s.fault(&s.videoListings, ""); fault != nil {
			fault(w, r, s.listVideos(r).body)
			return
		}
		s.listVideos(r).write(w)
	default:
		e, ok := s.find(r.URL.Path)
		if fault := s.fault(&s.downloads, e.Name); fault != nil {
			fault(w, r, e.data())
			return
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", cmp.Or(e.ContentType, "image/"+e.Type))
		http.ServeContent(w, r, "", e.Uploaded, bytes.NewReader(e.data()))
	}
}

func (s *Service) count(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil {
		s.counts = map[string]int{}
	}
	s.counts[r.URL.Path]++
	if s.Record {
		s.requests = append(s.requests, Request{r.URL.Path, r.URL.RawQuery, r.Header.Clone()})
	}
}

func (s *Service) find(path string) (entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.derive()
	e, ok := s.paths[path]
	return e, ok
}

// reply is an answer in JSON.
type reply struct {
	status int
	body   []byte
}

func (a reply) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that has left is none of our business
}

func refuse(status int, message string) reply {
	return reply{status, encode(struct {
		Error string `json:"error"`
		Code  int    `json:"code"`
	}{message, status})}
}

func encode(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // of strings and numbers only, it cannot fail
	}
	return body
}

// file is an item of the listing.
type file struct {
	ID     string `json:"file_id"`
	Name   string `json:"file_name"`
	Type   string `json:"file_type"`
	URL    string `json:"cdn_url"`
	Path   string `json:"oss_path"`
	Scene  int    `json:"file_scene"`
	Status int    `json:"file_status"`
}

// list answers a request for the files of an account.
func (s *Service) list(r *http.Request) reply {
	account, limit, no := s.asked(r, defaultLimit)
	if no != nil {
		return *no
	}
	root := s.root(r)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.derive()
	files := []file{} // never null
	for _, e := range s.entries {
		if len(files) == limit || s.HideFiles {
			break
		}
		if e.Account != account || e.Unlisted {
			continue
		}
		files = append(files, file{e.ID, e.Name, e.Type, root + e.path, e.path[1:], e.Scene, e.Status})
	}
	return reply{http.StatusOK, encode(files)}
}

// asked returns which account a request for a listing is about, and how many items it asks for, or what refuses it. The
// token comes first, and then what is asked for.
func (s *Service) asked(r *http.Request, limit int) (account string, n int, no *reply) {
	deny := func(status int, message string) (string, int, *reply) {
		answer := refuse(status, message)
		return "", 0, &answer
	}
	if r.Method != http.MethodGet {
		return deny(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	if s.Token != "" && r.Header.Get("Authorization") != "Bearer "+s.Token {
		return deny(http.StatusUnauthorized, "Unauthorized")
	}
	query := r.URL.Query()
	account = query.Get("account")
	switch {
	case account == "" && len(s.accounts()) > 1:
		return deny(http.StatusBadRequest, "Parameter account is required when you have multiple accounts configured")
	case account == "":
		account = s.accounts()[0]
	case !slices.Contains(s.accounts(), account):
		return deny(http.StatusNotFound, "Unable to find configuration for account "+account)
	}
	if query.Has("limit") {
		n, err := strconv.Atoi(query.Get("limit"))
		if err != nil || n < 1 {
			return deny(http.StatusBadRequest, "Parameter limit must be a positive number")
		}
		limit = n
	}
	return account, limit, nil
}

// root is where the URLs of a listing begin.
func (s *Service) root(r *http.Request) string {
	switch {
	case s.CDN != "":
		return s.CDN
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (s *Service) accounts() []string {
	if len(s.Accounts) == 0 {
		return []string{DefaultAccount}
	}
	return s.Accounts
}

// derive makes the entries of the pictures and the videos, once for each set of them. s.mu is held.
func (s *Service) derive() {
	if s.entries != nil {
		return
	}
	s.entries = make([]entry, len(s.Pictures))
	s.paths = make(map[string]entry, len(s.Pictures))
	for i, p := range s.Pictures {
		p.Account = cmp.Or(p.Account, s.accounts()[0])
		p.Scene = cmp.Or(p.Scene, 10)
		p.Status = cmp.Or(p.Status, 1)
		h := sha256.New()
		for _, part := range []string{p.ID, p.Name, p.Type, p.Account, p.Uploaded.UTC().Format(time.RFC3339)} {
			fmt.Fprintf(h, "%d:%s", len(part), part) // with its length, so that no two pictures run together alike
		}
		h.Write(p.Data)
		if p.ID == "" {
			p.ID = fmt.Sprintf("user:1234-minimax:%s-file:%018d", p.Account, number(h, "file"))
		}
		e := entry{p, path(p, "multi_chat_file", h)}
		s.entries[i], s.paths[e.path] = e, e
	}
	s.deriveVideos()
}

// path is where p is on the CDN: in a folder of the hour in which it was uploaded, in UTC+8, under a name of one of the
// two kinds that there are.
func path(p Picture, folder string, h hash.Hash) string {
	uploaded := p.Uploaded
	if uploaded.IsZero() {
		uploaded = unknownUpload
	}
	hour := uploaded.In(time.FixedZone("UTC+8", 8*60*60)).Format("2006-01-02-15")
	extension := p.Type
	if extension == "jpeg" {
		extension = "jpg"
	}
	id := h.Sum([]byte("path"))[4:20]
	name := fmt.Sprintf("%d%09d-%018d_%d", uploaded.Unix(), number(h, "nanoseconds")%1e9, number(h, "uploader"), uploaded.Unix())
	if id[0]&1 == 0 {
		id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // the version and the variant of a random UUID
		name = fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	}
	return fmt.Sprintf("/moss/prod/%s/user/%s/%s.%s", hour, folder, name, extension)
}

// number derives a number of 18 digits from h, another one for each purpose.
func number(h hash.Hash, purpose string) uint64 {
	sum := sha256.Sum256(h.Sum([]byte(purpose)))
	return 1e17 + binary.BigEndian.Uint64(sum[:])%9e17
}

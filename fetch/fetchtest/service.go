// Package fetchtest is a fake of the service, as an http.Handler over a set of pictures and videos.
// The tests and --demo talk to it over real HTTP.
//
// Service answers like the real one, down to the shape of its ids and paths (service.go). It has
// the listing of files and the downloads that all listings point to. The listing of videos is in
// video.go, and that of the images that the service made itself is in image.go. On demand, it fails
// in the ways in which services and networks fail: each Fault is one such way (fault.go).
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
	"strings"
	"sync"
	"time"
)

// DefaultAccount is the account of a Service without Accounts.
const DefaultAccount = "288230376151711"

// defaultLimit is the number of files in an answer when the request has no limit.
const defaultLimit = 10

// unknownUpload is the hour in the path of a Picture without Uploaded. It is from the sample in the
// service's documentation.
var unknownUpload = time.Date(2024, time.October, 11, 21, 0, 0, 0, time.UTC)

// Picture is an upload. Usually it is an image that videos were made from, but it can be anything.
type Picture struct {
	ID          string        // file_id; derived from the other fields when empty
	Name        string        // file_name
	Type        string        // file_type, for example "jpeg" or "png"; also the extension in the path
	Data        []byte        // bytes of the download, not necessarily a picture
	Draw        func() []byte // returns the bytes instead of Data, when a download asks for them; or nil
	Uploaded    time.Time     // time in the path and in Last-Modified; when zero, there is no Last-Modified
	Account     string        // the first account of the service when empty
	Scene       int           // file_scene; 10 when 0
	Status      int           // file_status; 1 when 0
	ContentType string        // Content-Type of the download; derived from Type when empty
	Unlisted    bool          // missing in the listing of files, but can be downloaded, and videos can name it
}

// Service is the fake. Its fields must not change after the first request. Set, SetVideos and
// SetImages replace the pictures, the videos and the images.
type Service struct {
	Token     string    // required token for listings; when empty, any token is accepted
	Accounts  []string  // configured accounts; DefaultAccount when empty
	Pictures  []Picture // in the order of the listing
	Videos    []Video   // in the order of the listing; the real service lists the newest first
	Images    []Image   // the same
	HideFiles bool      // the listing of files is empty, as if it were retired
	CDN       string    // root of the URLs in listings; when empty, the scheme and the host of the request
	Record    bool      // remember requests for Requests

	mu            sync.Mutex
	entries       []entry          // from Pictures; nil when all must be derived again
	videos        []videoEntry     // from Videos
	images        []imageEntry     // from Images
	paths         map[string]entry // downloads by path
	listing       []*plan
	videoListings []*plan
	imageListings []*plan
	downloads     []*plan
	counts        map[string]int // requests by path
	requests      []Request
}

// Request is a request that the service received.
type Request struct {
	Path   string
	Query  string
	Header http.Header
}

// entry is a Picture with its defaults filled in, or another download, and its path.
type entry struct {
	Picture
	path string
}

// data returns the bytes of the download.
func (p Picture) data() []byte {
	if p.Draw != nil {
		return p.Draw()
	}
	return p.Data
}

// Set replaces the pictures, even while requests are running.
func (s *Service) Set(pictures []Picture) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Pictures, s.entries = slices.Clone(pictures), nil
}

// Paths returns the paths of the pictures, in the order of Pictures.
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

// Listings returns the number of requests for the listing of files.
func (s *Service) Listings() int { return s.Count(filesPath) }

// VideoListings returns the number of requests for the listing of videos. Each page counts.
func (s *Service) VideoListings() int { return s.Count(videosPath) }

// ImageListings returns the number of requests for the listing of images. Each page counts.
func (s *Service) ImageListings() int { return s.Count(imagesPath) }

// Downloads returns the number of requests for anything but a listing.
func (s *Service) Downloads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for path, count := range s.counts {
		if path != filesPath && path != videosPath && path != imagesPath {
			n += count
		}
	}
	return n
}

// Count returns the number of requests for path.
func (s *Service) Count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[path]
}

// Requests returns all requests so far if Record is set.
func (s *Service) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// The paths of the listings.
const (
	filesPath    = "/v1/minimax/files/"
	videosPath   = "/v1/minimax/videos/"
	imagesPath   = "/v1/minimax/images/"
	accountsPath = "/v1/minimax/accounts"
)

// ServeHTTP answers a request, or lets the next planned fault answer it.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.count(r)
	switch r.URL.Path {
	case filesPath:
		s.answer(w, r, s.list, &s.listing)
	case videosPath:
		s.answer(w, r, s.listVideos, &s.videoListings)
	case imagesPath:
		s.answer(w, r, s.listImages, &s.imageListings)
	case accountsPath:
		s.listAccounts(r).write(w)
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

// answer answers a request for a listing, or lets the next planned fault answer it.
func (s *Service) answer(w http.ResponseWriter, r *http.Request, list func(*http.Request) reply, faults *[]*plan) {
	if fault := s.fault(faults, ""); fault != nil {
		fault(w, r, list(r).body)
		return
	}
	list(r).write(w)
}

// count counts r, and remembers it if Record is set.
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

// find returns the download at path, if there is one.
func (s *Service) find(path string) (entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.derive()
	e, ok := s.paths[path]
	return e, ok
}

// reply is an answer with a JSON body.
type reply struct {
	status int
	body   []byte
}

// write sends the reply.
func (a reply) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // an error means that the client has left
}

// refuse returns an error of the service.
func refuse(status int, message string) reply {
	return reply{status, encode(struct {
		Error string `json:"error"`
		Code  int    `json:"code"`
	}{message, status})}
}

// encode returns v as JSON.
func encode(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // cannot happen with strings and numbers
	}
	return body
}

// file is an item in the listing of files.
type file struct {
	ID     string `json:"file_id"`
	Name   string `json:"file_name"`
	Type   string `json:"file_type"`
	URL    string `json:"cdn_url"`
	Path   string `json:"oss_path"`
	Scene  int    `json:"file_scene"`
	Status int    `json:"file_status"`
}

// list answers a request for the listing of files.
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

// pageAfter returns the entries of an account after the one with the id last, at most limit, and
// whether there are more. about returns the id and the account of an entry. Without last it returns
// the first entries, and without such an entry none.
func pageAfter[E any](entries []E, account, last string, limit int, about func(E) (id, account string)) (page []E, more bool) {
	begun := last == ""
	for _, e := range entries {
		id, of := about(e)
		if of != account {
			continue
		}
		if begun && len(page) == limit {
			return page, true
		}
		if begun {
			page = append(page, e)
		}
		begun = begun || id == last
	}
	return page, false
}

// asked returns the account and the number of items that a request for a listing asks for, or the
// reply that refuses it. It checks the token before the parameters.
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
		return deny(http.StatusBadRequest,
			"Parameter account is required when you have multiple accounts configured: "+strings.Join(s.accounts(), ","))
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

// listAccounts answers a request for the accounts. Each is called "Name of " and its id.
func (s *Service) listAccounts(r *http.Request) reply {
	if s.Token != "" && r.Header.Get("Authorization") != "Bearer "+s.Token {
		return refuse(http.StatusUnauthorized, "Unauthorized")
	}
	accounts := map[string]any{}
	for _, id := range s.accounts() {
		user := map[string]any{"id": id, "name": "Name of " + id}
		accounts[id] = map[string]any{"account": id, "jwt": map[string]any{"token": "secret of " + id, "user": user}, "maxJobs": 1}
	}
	return reply{http.StatusOK, encode(accounts)}
}

// root returns the beginning of all URLs in a listing.
func (s *Service) root(r *http.Request) string {
	switch {
	case s.CDN != "":
		return s.CDN
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// accounts returns the configured accounts, at least one.
func (s *Service) accounts() []string {
	if len(s.Accounts) == 0 {
		return []string{DefaultAccount}
	}
	return s.Accounts
}

// derive makes the entries from the pictures, the videos and the images, unless it has already done
// so. The caller holds s.mu.
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
			fmt.Fprintf(h, "%d:%s", len(part), part) // the lengths prevent that different parts give the same hash
		}
		h.Write(p.Data)
		if p.ID == "" {
			p.ID = fmt.Sprintf("user:1234-minimax:%s-file:%018d", p.Account, number(h, "file"))
		}
		e := entry{p, path(p, "multi_chat_file", h)}
		s.entries[i], s.paths[e.path] = e, e
	}
	s.deriveVideos()
	s.deriveImages()
}

// path returns the path of p on the CDN. Its folder is named after the hour of the upload in UTC+8.
// The file name has one of the two forms that the service uses.
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

// number derives a number of 18 digits from h. It differs for each purpose.
func number(h hash.Hash, purpose string) uint64 {
	sum := sha256.Sum256(h.Sum([]byte(purpose)))
	return 1e17 + binary.BigEndian.Uint64(sum[:])%9e17
}

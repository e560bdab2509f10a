package workshop

import (
	"bytes"
	"cmp"
	_ "embed"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"firstframe/render/gallery"
)

//go:embed script.js
var script []byte

//go:embed waiting.html
var waiting []byte

// The addresses of the workshop's own files. They are hidden names, so no file of a site has them.
const (
	scriptPath = "/.firstframe/script.js"
	eventsPath = "/.firstframe/events"
)

// handler returns the handler of all requests.
func (s *Server) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The browser must keep nothing, because any file can change at any time.
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		// A page from elsewhere must not load parts of a site that is not published yet. A script
		// such as data.js could be read by it.
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		switch {
		case !isLocal(r.Host):
			// A page from elsewhere can let its own name lead to this computer, and would then be
			// allowed to read everything here.
			http.Error(w, "this server is for this computer only: use http://localhost with its port", http.StatusMisdirectedRequest)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD are possible", http.StatusMethodNotAllowed)
		case r.URL.Path == eventsPath:
			s.serveEvents(w, r)
		case r.URL.Path == scriptPath:
			serveBytes(w, r, scriptPath, script)
		case r.URL.Path+"/" == s.publishedUnder():
			http.Redirect(w, r, r.URL.EscapedPath()+"/", http.StatusMovedPermanently)
		default:
			s.serveSite(w, r)
		}
	})
}

// isLocal reports whether a Host header names this computer.
func isLocal(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// serveSite serves a site like a web host. It does not serve hidden files, because they belong to
// firstframe or the owner. For what is missing, it serves the page 404.html. The folder is opened
// for each request, because a run can make it, and its owner can remove it.
func (s *Server) serveSite(w http.ResponseWriter, r *http.Request) {
	// The build is asked for before the page is read. If a build ends in between, the page is
	// loaded once too often, and not never.
	v := visit{w, r, s.now().Build}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		v.wait()
		return
	}
	defer root.Close()
	site := root.FS()
	if _, _, err := find(site, r); err != nil { // what the site has itself comes first
		r = s.withoutPath(r)
	}
	name := nameOf(r)
	file, isFolder, err := find(site, r)
	if err != nil || gallery.IsHiddenFile(name) {
		v.miss(site)
		return
	}
	redirects := isFolder != strings.HasSuffix(r.URL.Path, "/") || path.Base(name) == gallery.IndexName
	if !isPage(file) || redirects {
		if known := mediaTypes[path.Ext(name)]; known != "" && !redirects {
			w.Header().Set("Content-Type", known)
		}
		http.FileServerFS(site).ServeHTTP(w, r)
		return
	}
	data, err := fs.ReadFile(site, file)
	if err != nil {
		v.miss(site)
		return
	}
	v.page(http.StatusOK, data)
}

// nameOf returns the name of the file or folder that a request is about.
func nameOf(r *http.Request) string { return cmp.Or(strings.Trim(r.URL.Path, "/"), ".") }

// find returns the file that a request gets, and whether it asks for a folder. A folder is served only
// if it has a page.
func find(site fs.FS, r *http.Request) (file string, isFolder bool, err error) {
	name := nameOf(r)
	info, err := fs.Stat(site, name)
	if err != nil || !info.IsDir() {
		return name, false, err
	}
	file = strings.TrimPrefix(gallery.PageIn(name), "./")
	_, err = fs.Stat(site, file)
	return file, true, err
}

// withoutPath returns a request without the path that the site will be published under.
func (s *Server) withoutPath(r *http.Request) *http.Request {
	rest, ok := strings.CutPrefix(r.URL.Path, s.publishedUnder())
	if !ok {
		return r
	}
	r = r.Clone(r.Context())
	r.URL.Path, r.URL.RawPath = "/"+rest, ""
	return r
}

// isPage reports whether a file of the site is HTML.
func isPage(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".html" || ext == ".htm"
}

// mediaTypes are the types of files that not every computer knows by their extensions.
var mediaTypes = map[string]string{
	".mp4": "video/mp4", ".webm": "video/webm", ".avif": "image/avif", ".webp": "image/webp", ".ico": "image/x-icon",
	".webmanifest": "application/manifest+json", ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
	".xml": "application/xml", ".json": "application/json",
}

// visit is a request for a part of the site.
type visit struct {
	w     http.ResponseWriter
	r     *http.Request
	build string // of the site, when the request came
}

// miss answers that something is not there: with the site's own page, if there is a site.
func (v visit) miss(site fs.FS) {
	page, err := fs.ReadFile(site, gallery.MissingName)
	if err == nil {
		v.page(http.StatusNotFound, page)
		return
	}
	if _, err := fs.Stat(site, gallery.IndexName); err != nil {
		v.wait()
		return
	}
	http.NotFound(v.w, v.r)
}

// wait answers while there is no site. The page loads itself again when there is one.
func (v visit) wait() { v.page(http.StatusServiceUnavailable, waiting) }

// page serves HTML with the workshop's script.
func (v visit) page(status int, data []byte) {
	data = withScript(data, v.build)
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if status == http.StatusOK {
		serveBytes(v.w, v.r, "", data)
		return
	}
	v.w.WriteHeader(status)
	if v.r.Method != http.MethodHead {
		v.w.Write(data)
	}
}

// serveBytes serves a file that is in memory.
func serveBytes(w http.ResponseWriter, r *http.Request, name string, data []byte) {
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
}

package workflows

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
)

// host is what outlives the machines: the caches, the published site, and the owner's settings.
type host struct {
	t       *testing.T
	server  *httptest.Server
	live    string // folder of the published site, or ""
	media   string // folder that holds media/, if it is another one
	caches  []cacheEntry
	uploads map[string]string // archives and folders, by name
	secrets map[string]any
	inputs  map[string]any
	service *fetchtest.Service
	api     string         // address of the service
	hub     *hub           // GitHub, or nil: then the program is simply there
	event   map[string]any // what started the run
	vars    map[string]any // variables of the repository
	env     map[string]any // variables of the workflow
	runs    int
	now     *attempt // the current or the last attempt
	broken  bool     // whether deployments fail
	unbuilt bool     // whether the action builds the program
	noPages bool     // whether nobody has set up GitHub Pages
	closed  bool     // whether the published site refuses to answer
	cut     bool     // whether its state arrives only in part

	files      string // folder with the files of the repository
	repository string // folder with more of them, or ""

	deployed int
	last     map[string]map[string]any // outputs of the steps of the last run
	log      string                    // log of the last run
	loot     string                    // environment of steps on machines that an attacker controls
	masks    []string                  // values that the runner was told to mask
	spent    cost
}

// cost is what runs have cost so far.
type cost struct {
	jobs, scripts int
	actions       []string // other actions, by name
	programs      int      // programs that the scripts started; counted only if traced is true
	traced        bool
	time          time.Duration // in scripts
	site          atomic.Int64  // requests to the published site
}

// cacheEntry is a saved cache.
type cacheEntry struct {
	key, dir string
	poisoned bool // whether unpacking it writes outside its folder
}

// attempt is one attempt at a run. It holds what an attempt at the failed jobs takes over.
type attempt struct {
	run, number int
	conclusions map[string]string
	results     map[string]any
	uploads     map[string]string
}

// newHost returns a host without a published site. Its server serves what is published.
func newHost(t *testing.T) *host {
	h := &host{t: t, files: root + "/.github/init", uploads: map[string]string{}, secrets: map[string]any{"USEAPI_TOKEN": "user:1234-secret-token"}}
	h.server = httptest.NewServer(http.StripPrefix("/repo", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.spent.site.Add(1)
		switch {
		case h.closed:
			http.Error(w, "closed", http.StatusForbidden)
			return
		case h.live == "":
			http.NotFound(w, r)
			return
		case h.cut && strings.HasSuffix(r.URL.Path, gallery.StateName):
			w.Header().Set("Content-Length", "1000000")
			_, _ = io.WriteString(w, `{"version":1,`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		webHost(h.live).ServeHTTP(w, r)
	})))
	t.Cleanup(h.server.Close)
	return h
}

// hide lets the owner hide an image by a file in the repository.
func (h *host) hide(file string) {
	h.t.Helper()
	h.commit("content/images/"+file, "---\nhidden: true\n---\n")
}

// commit puts a file into the repository.
func (h *host) commit(file, text string) {
	h.t.Helper()
	if h.repository == "" {
		h.repository = h.t.TempDir()
	}
	file = filepath.Join(h.repository, file)
	check(h.t, os.MkdirAll(filepath.Dir(file), 0o755))
	check(h.t, os.WriteFile(file, []byte(text), 0o644))
}

// serve starts the service and lets our action use it.
func (h *host) serve(pictures ...string) *fetchtest.Service {
	s := &fetchtest.Service{Token: "user:1234-secret-token"}
	server := httptest.NewServer(s)
	h.t.Cleanup(server.Close)
	h.service, h.api = s, server.URL
	setNames(s, pictures...)
	return s
}

// setNames makes the service list pictures of these names.
func setNames(s *fetchtest.Service, names ...string) {
	pictures := make([]fetchtest.Picture, len(names))
	for i, name := range names {
		pictures[i] = picture(name)
	}
	s.Set(pictures)
}

// run runs a workflow and returns the conclusions of its jobs. Each job has its own machine.
func (h *host) run(name string) map[string]string {
	h.t.Helper()
	h.runs++
	return h.try(name, &attempt{run: h.runs, number: 1})
}

// rerun does what "Re-run failed jobs" does: it runs the failed jobs of an earlier attempt, and the
// jobs that need them.
func (h *host) rerun(name string, a *attempt) map[string]string {
	h.t.Helper()
	again := &attempt{run: a.run, number: a.number + 1, conclusions: maps.Clone(a.conclusions), results: a.results, uploads: a.uploads}
	maps.DeleteFunc(again.conclusions, func(_, conclusion string) bool { return conclusion != "success" })
	return h.try(name, again)
}

// try makes an attempt.
func (h *host) try(name string, a *attempt) map[string]string {
	h.now, h.last, h.log, h.uploads = a, map[string]map[string]any{}, "", map[string]string{}
	maps.Copy(h.uploads, a.uploads)
	a.conclusions, a.results = h.call(name, h.inputs, a.conclusions, a.results)
	a.uploads = h.uploads
	return a.conclusions
}

// call runs the jobs of a workflow that have no conclusion yet.
func (h *host) call(name string, inputs map[string]any, done map[string]string, before map[string]any) (map[string]string, map[string]any) {
	w := readYAML[workflow](h.t, name)
	h.env = w.Env
	conclusions, results := map[string]string{}, map[string]any{}
	maps.Copy(conclusions, done)
	maps.Copy(results, before)
	for len(conclusions) < len(w.Jobs) {
		for _, name := range slices.Sorted(maps.Keys(w.Jobs)) {
			job := w.Jobs[name]
			ready := conclusions[name] == "" && !slices.ContainsFunc(job.Needs, func(n string) bool { return conclusions[n] == "" })
			if !ready {
				continue
			}
			conclusion, outputs := h.matrix(job, inputs, results, conclusions)
			conclusions[name] = conclusion
			results[name] = map[string]any{"result": conclusions[name], "outputs": outputs}
		}
	}
	return conclusions, results
}

// matrix runs a job once for each value of its matrix.
func (h *host) matrix(job *workflowJob, inputs, results map[string]any, conclusions map[string]string) (conclusion string, outputs map[string]any) {
	if len(job.Strategy.Matrix) == 0 {
		return h.job(job, inputs, results, conclusions, nil)
	}
	conclusion = "success"
	for name, values := range job.Strategy.Matrix {
		for _, value := range values {
			got, _ := h.job(job, inputs, results, conclusions, map[string]any{name: value})
			if got != "success" {
				conclusion = got
			}
		}
	}
	return conclusion, nil
}

// job runs a job on a new machine, or the workflow that it uses.
func (h *host) job(job *workflowJob, inputs, results map[string]any, conclusions map[string]string, matrix map[string]any) (string, map[string]any) {
	m := &machine{host: h, temp: h.t.TempDir(), workspace: h.t.TempDir()}
	s := m.scope(inputs)
	s.values["needs"], s.values["matrix"] = results, matrix
	for _, n := range job.Needs {
		s.failed = s.failed || conclusions[n] != "success"
	}
	if !s.holds(h.t, job.If) {
		return "skipped", nil
	}
	s.failed = false
	h.spent.jobs++
	if job.Uses != "" {
		with := map[string]any{}
		for name, value := range job.With {
			with[name] = value
			if e := expressionForm.FindStringSubmatch(asString(value)); e != nil {
				with[name] = s.evaluate(h.t, e[1])
			}
		}
		called, _ := h.call(root+"/"+strings.TrimPrefix(job.Uses, "./"), with, nil, nil)
		for _, conclusion := range called {
			s.failed = s.failed || conclusion == "failure"
		}
	}
	m.steps(s, job.Steps)
	outputs := map[string]any{}
	for name, value := range job.Outputs {
		outputs[name] = s.expand(h.t, value)
	}
	if s.failed {
		return "failure", outputs
	}
	return "success", outputs
}

// evict removes the caches whose keys begin with prefix.
func (h *host) evict(prefix string) {
	h.caches = slices.DeleteFunc(h.caches, func(c cacheEntry) bool { return strings.HasPrefix(c.key, prefix) })
}

// images returns the names of the published images. The name of a hidden image is empty.
func (h *host) images() []string {
	h.t.Helper()
	data, err := os.ReadFile(filepath.Join(h.live, gallery.StateName))
	check(h.t, err)
	var state gallery.State
	check(h.t, json.Unmarshal(data, &state))
	var names []string
	for _, m := range state.Images {
		for _, r := range m.Renditions {
			info, err := os.Stat(filepath.Join(cmp.Or(h.media, h.live), r.Path))
			if err != nil || info.Size() != r.Bytes {
				h.t.Errorf("%s of %s is missing or incomplete", r.Path, m.Name)
			}
		}
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names
}

// webHost serves a folder as GitHub Pages does: with the page 404.html for missing addresses.
func webHost(folder string) http.Handler {
	site := os.DirFS(folder)
	files := http.FileServerFS(site)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.Trim(r.URL.Path, "/")
		if strings.HasSuffix(r.URL.Path, "/") {
			name = path.Join(name, "index.html")
		}
		_, err := fs.Stat(site, name)
		page, perr := fs.ReadFile(site, "404.html")
		if err == nil || perr != nil {
			files.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write(page)
	})
}

// picture returns a small picture. Pictures of different names differ.
func picture(name string) fetchtest.Picture {
	sum := sha256.Sum256([]byte(name))
	m := image.NewGray(image.Rect(0, 0, 64, 48))
	for i := range m.Pix {
		m.Pix[i] = sum[(i/8)%len(sum)]
	}
	var data bytes.Buffer
	if err := jpeg.Encode(&data, m, nil); err != nil {
		panic(err)
	}
	number := binary.BigEndian.Uint32(sum[:])
	return fetchtest.Picture{
		ID: fmt.Sprintf("%018d", 300_000_000_000_000_000+uint64(number)), Name: name, Type: "jpeg", Data: data.Bytes(),
		Uploaded: time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(number%2400) * time.Hour),
	}
}

// reset begins to count anew.
func (c *cost) reset(traced bool) {
	c.jobs, c.scripts, c.actions, c.programs, c.traced, c.time = 0, 0, nil, 0, traced, 0
	c.site.Store(0)
}

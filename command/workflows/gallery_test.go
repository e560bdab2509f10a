package workflows

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
	"firstframe/render/slowtest"
)

// published runs the workflow of the gallery with inputs and checks what is published afterwards.
func (h *host) published(name, images string, inputs map[string]any) {
	h.t.Helper()
	h.inputs = inputs
	got := h.run(galleryWorkflow)
	h.check(name, images, got)
}

// check checks what is published.
func (h *host) check(name, images string, conclusions map[string]string) {
	h.t.Helper()
	if got := strings.Join(h.images(), " "); got != images {
		h.t.Errorf("%s: published are %q, want %q; the jobs are %v\n%s", name, got, images, conclusions, h.log)
	}
}

// TestScheduledRuns runs a schedule that nobody watches. Whatever happens to the service, to the
// cache and to deployments, the site keeps every image that was ever published, and nothing is
// published twice.
func TestScheduledRuns(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg")
	var early cacheEntry
	for _, tt := range []struct {
		name     string
		before   func()
		build    string // the conclusion of the build job
		deployed bool
		changed  string
		images   string
	}{
		{"the first", func() {}, "success", true, "true", "a.jpg b.jpg"},
		{"nothing new", func() {
			i := slices.IndexFunc(h.caches, func(c cacheEntry) bool { return strings.HasPrefix(c.key, "site-") })
			early = h.caches[i]
		}, "success", false, "false", "a.jpg b.jpg"},
		{"one new image", func() { setNames(s, "a.jpg", "b.jpg", "c.jpg") }, "success", true, "true", "a.jpg b.jpg c.jpg"},
		{"the service is down", func() { s.FailListing(-1, fetchtest.Answer(402, `{"error":"expired"}`)) }, "failure", false, "", "a.jpg b.jpg c.jpg"},
		{"the service lists nothing", func() { s.Recover(); setNames(s) }, "success", true, "true", "a.jpg b.jpg c.jpg"},
		{"nothing in the cache, other images listed", func() { h.evict("site-"); setNames(s, "c.jpg", "d.jpg") }, "success", true, "true", "a.jpg b.jpg c.jpg d.jpg"},
		{"an old cache, an image no longer listed", func() { h.caches = append(h.caches, early); setNames(s, "d.jpg") }, "success", true, "", "a.jpg b.jpg c.jpg d.jpg"},
		{"nothing new again", func() {}, "success", false, "false", "a.jpg b.jpg c.jpg d.jpg"},
		{"it cannot be deployed", func() { h.broken = true; setNames(s, "c.jpg", "d.jpg", "e.jpg") }, "success", false, "true", "a.jpg b.jpg c.jpg d.jpg"},
		{"it can again", func() { h.broken = false }, "success", true, "false", "a.jpg b.jpg c.jpg d.jpg e.jpg"},
		{"one cannot be downloaded", func() {
			setNames(s, "c.jpg", "d.jpg", "e.jpg", "f.jpg", "g.jpg")
			s.FailDownload("f.jpg", -1, fetchtest.Answer(404, ""))
		}, "success", true, "true", "a.jpg b.jpg c.jpg d.jpg e.jpg g.jpg"},
		{"nothing is cached, and the site cannot be read", func() { h.evict("site-"); h.closed = true }, "failure", false, "", "a.jpg b.jpg c.jpg d.jpg e.jpg g.jpg"},
		{"nothing is cached, nothing new", func() { h.closed = false }, "success", false, "", "a.jpg b.jpg c.jpg d.jpg e.jpg g.jpg"},
	} {
		tt.before()
		deployed := h.deployed
		got := h.run(galleryWorkflow)
		if got["build"] != tt.build || (h.deployed > deployed) != tt.deployed {
			t.Fatalf("%s: the jobs are %v, deployed %v; want build %s, deployed %v\n%s", tt.name, got, h.deployed > deployed, tt.build, tt.deployed, h.log)
		}
		if changed := h.last["gallery"]["changed"]; tt.changed != "" && changed != tt.changed {
			t.Errorf("%s: changed=%v, want %s\n%s", tt.name, changed, tt.changed, h.log)
		}
		if got := strings.Join(h.images(), " "); got != tt.images {
			t.Fatalf("%s: published are %s, want %s\n%s", tt.name, got, tt.images, h.log)
		}
	}
	if pages := crawl(t, h.server.URL+"/repo/"); pages < 8 {
		t.Errorf("there are only %d pages", pages)
	}
}

// TestPublishedSiteIsGone checks that a run does not take a lost site for a first run. With the
// cache the site is published again. Without it, somebody must confirm that its images may be lost.
func TestPublishedSiteIsGone(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg", "c.jpg")
	h.run(galleryWorkflow)
	setNames(s, "b.jpg")
	h.run(galleryWorkflow)
	for _, tt := range []struct {
		name, workflow string
		cached         bool
		inputs         map[string]any
		images         string // "" where the run must fail
	}{
		{"with the cache", galleryWorkflow, true, nil, "a.jpg b.jpg c.jpg"},
		{"without the cache, although there is one", galleryWorkflow, true, map[string]any{"rebuild": true}, ""},
		{"without a cache", galleryWorkflow, false, nil, ""},
		{"on several machines", shardsWorkflow, false, nil, ""},
		{"on several machines, start anew", shardsWorkflow, false, map[string]any{"start-anew": true}, "b.jpg"},
		{"start anew", galleryWorkflow, false, map[string]any{"start-anew": true}, "b.jpg"},
	} {
		h.live, h.inputs = "", tt.inputs
		if !tt.cached {
			h.evict("site-")
		}
		deployed := h.deployed
		got := h.run(tt.workflow)
		if tt.images == "" {
			if h.deployed > deployed || !strings.Contains(h.log, "although one was published before") || !strings.Contains(h.log, "start-anew") {
				t.Errorf("%s: the jobs are %v\n%s", tt.name, got, h.log)
			}
			continue
		}
		if h.deployed == deployed {
			t.Fatalf("%s: nothing was published: the jobs are %v\n%s", tt.name, got, h.log)
		}
		if got := strings.Join(h.images(), " "); got != tt.images {
			t.Errorf("%s: published are %s, want %s", tt.name, got, tt.images)
		}
	}
}

// TestSiteWithAnErrorIsNotPublished gives the site a link that leads nowhere. It must not replace the
// site that stands, and somebody must see why. A warning stops nothing.
func TestSiteWithAnErrorIsNotPublished(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	s := h.serve("a.jpg")
	h.published("the first", "a.jpg", nil)
	setNames(s, "a.jpg", "b.jpg")
	h.commit("content/about.md", "A [page](none.html) that is gone.")
	// With the cache of the failed run, too, and with each input.
	for i, workflow := range []string{galleryWorkflow, galleryWorkflow, shardsWorkflow, galleryWorkflow, galleryWorkflow} {
		deployed := h.deployed
		h.inputs = []map[string]any{nil, nil, nil, {"rebuild": true}, {"start-anew": true}}[i]
		got := h.run(workflow)
		h.check("a link leads nowhere", "a.jpg", got)
		if h.deployed > deployed || !strings.Contains(h.log, "none.html: it is missing, and about/index.html (from content/about.md) refers to it") {
			t.Errorf("the jobs are %v\n%s", got, h.log)
		}
	}
	h.inputs = nil
	h.check("the failed jobs again", "a.jpg", h.rerun(galleryWorkflow, h.now))
	h.commit("content/about.md", "All is well.")
	h.commit("theme/templates/404.html", `{{define "main"}}<img src="https://pixel.example.net/1.gif" alt="x">{{end}}`)
	h.published("a picture of another host", "a.jpg b.jpg", nil)
	if !strings.Contains(h.log, "404.html: it loads a picture from pixel.example.net") {
		t.Errorf("the log has no warning\n%s", h.log)
	}
}

// TestForkWithoutToken checks that a fork without the secret does not fail every night.
func TestForkWithoutToken(t *testing.T) {
	h := newHost(t)
	h.secrets = map[string]any{}
	got := h.run(galleryWorkflow)
	if got["settings"] != "success" || got["build"] != "skipped" || got["deploy"] != "skipped" {
		t.Errorf("the jobs are %v", got)
	}
	if !strings.Contains(h.log, "::notice title=No gallery yet::") {
		t.Errorf("the log has no hint: %s", h.log)
	}
}

// TestSettingsInRepository checks that the workflow follows firstframe.yaml, so that nobody has to
// edit it: neither the address of Pages nor what the form begins with overrides the file. If the
// file is lost, the site that stands is not published without what it says.
func TestSettingsInRepository(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.serve("a.jpg", "b.jpg")
	h.commit("firstframe.yaml", "title: From the file\nbase_url: https://gallery.example/\nsource: files\nlimit: 1\noriginals: true\n")
	form := map[string]any{}
	for name, input := range readYAML[struct {
		On struct {
			Form struct {
				Inputs map[string]struct{ Default any } `yaml:"inputs"`
			} `yaml:"workflow_dispatch"`
		} `yaml:"on"`
	}](t, workflowsFolder+"/gallery.yml").On.Form.Inputs {
		form[name] = input.Default
	}
	if len(form) < 4 {
		t.Fatalf("the form has only the inputs %v", form)
	}
	for name, inputs := range map[string]map[string]any{"by schedule": nil, "by hand": form} {
		h.published(name, "a.jpg", inputs)
		if strings.Contains(h.log, "overrides") {
			t.Errorf("%s: something overrides the file\n%s", name, h.log)
		}
	}
	page, err := os.ReadFile(filepath.Join(h.live, "index.html"))
	check(t, err)
	if !strings.Contains(string(page), "From the file") || !strings.Contains(string(page), "https://gallery.example/") {
		t.Errorf("the page is not as the file says:\n%s", page)
	}
	h.published("a choice in the form", "a.jpg b.jpg", map[string]any{"limit": "0"})
	if !strings.Contains(h.log, "--limit overrides limit in firstframe.yaml, for this run") {
		t.Errorf("the log does not say that the form overrides the file\n%s", h.log)
	}
	h.commit("firstframe.yaml", "title: From the file\nbase_url: # that of Pages\nsource: files\noriginals: true\n")
	h.published("a line without a value", "a.jpg b.jpg", nil)
	page, err = os.ReadFile(filepath.Join(h.live, "index.html"))
	check(t, err)
	if !strings.Contains(string(page), "/repo/") {
		t.Errorf("the page does not have the address of Pages:\n%s", page)
	}

	check(t, os.Remove(filepath.Join(h.repository, "firstframe.yaml")))
	live := h.live
	got := h.run(galleryWorkflow)
	if got["build"] != "failure" || h.live != live || !strings.Contains(h.log, "this run would change the gallery's title and remove the originals") {
		t.Errorf("the jobs are %v\n%s", got, h.log)
	}
}

// TestPicturesWithoutToken publishes a folder of the repository, without a secret.
func TestPicturesWithoutToken(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	s := h.serve("b.jpg")
	h.secrets = map[string]any{}
	h.commit("firstframe.yaml", "pictures: mine\n")
	h.commit("mine/summer/beach.jpg", string(picture("a.jpg").Data))
	h.published("a folder", "beach.jpg", nil)
	if s.Listings() > 0 {
		t.Error("the service was asked without a token")
	}
}

// TestStartAnewWithSite starts anew although the site is not gone, with and without the cache.
// Nothing may be lost.
func TestStartAnewWithSite(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg")
	h.published("the first", "a.jpg b.jpg", nil)
	setNames(s, "c.jpg")
	h.published("without the cache", "a.jpg b.jpg c.jpg", map[string]any{"rebuild": true, "start-anew": true})
	if !strings.Contains(h.log, "::warning title=The site is not gone::") {
		t.Errorf("the log does not say why\n%s", h.log)
	}
	h.evict("site-")
	setNames(s, "d.jpg")
	h.published("with no cache", "a.jpg b.jpg c.jpg d.jpg", map[string]any{"start-anew": true})
	h.live, h.caches = "", nil
	h.published("it is gone", "d.jpg", map[string]any{"rebuild": true, "start-anew": true})
}

// TestRerun re-runs failed jobs. Such an attempt uses what the older run had found. If a newer run
// has published since, it would publish less than there is.
func TestRerun(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg")
	h.published("the first", "a.jpg b.jpg", nil)

	setNames(s, "b.jpg", "c.jpg")
	h.broken = true
	h.published("it cannot be deployed", "a.jpg b.jpg", nil)
	undeployed := h.now
	h.broken = false
	h.check("it can again", "a.jpg b.jpg c.jpg", h.rerun(galleryWorkflow, undeployed))

	h.broken = true
	setNames(s, "c.jpg", "d.jpg")
	h.published("it cannot be deployed once more", "a.jpg b.jpg c.jpg", nil)
	undeployed, h.broken = h.now, false
	s.FailListing(1, fetchtest.Answer(402, `{"error":"expired"}`))
	h.published("the service refuses", "a.jpg b.jpg c.jpg", nil)
	unbuilt := h.now
	setNames(s, "d.jpg", "e.jpg")
	h.published("all is well", "a.jpg b.jpg c.jpg d.jpg e.jpg", nil)
	setNames(s, "e.jpg")
	for _, old := range []*attempt{undeployed, unbuilt} {
		got := h.rerun(galleryWorkflow, old)
		h.check("an old run again", "a.jpg b.jpg c.jpg d.jpg e.jpg", got)
		if !strings.Contains(h.log, "Re-run all jobs") {
			t.Errorf("the log does not say what to do: %v\n%s", got, h.log)
		}
	}
	setNames(s, "f.jpg")
	h.published("the next night", "a.jpg b.jpg c.jpg d.jpg e.jpg f.jpg", nil)

	s.FailListing(1, fetchtest.Answer(402, `{"error":"expired"}`))
	h.published("the service refuses", "a.jpg b.jpg c.jpg d.jpg e.jpg f.jpg", nil)
	setNames(s, "g.jpg")
	h.check("nothing was published since", "a.jpg b.jpg c.jpg d.jpg e.jpg f.jpg g.jpg", h.rerun(galleryWorkflow, h.now))
}

// TestScheduleIsKept checks that a scheduled run enables its own workflow again, also if the
// gallery cannot be updated, and that nothing else happens if GitHub refuses. Other runs do not
// ask.
func TestScheduleIsKept(t *testing.T) {
	t.Parallel()
	const call = "github-token  api --silent --method PUT repos/me/gallery/actions/workflows/gallery.yml/enable\n"
	for _, tt := range []struct {
		name    string
		event   map[string]any
		vars    map[string]any
		refuses string
		calls   int
		warned  bool
	}{
		{"at night", map[string]any{"name": "schedule"}, nil, "", 1, false},
		{"GitHub refuses", map[string]any{"name": "schedule"}, nil, "Resource not accessible by integration", 1, true},
		{"a private repository", map[string]any{"name": "schedule", "repository": map[string]any{"private": true}}, nil, "", 0, false},
		{"the owner does not want it", map[string]any{"name": "schedule"}, map[string]any{"KEEP_SCHEDULE": "false"}, "", 0, false},
		{"by hand", map[string]any{"name": "workflow_dispatch"}, nil, "", 0, false},
		{"after a push", map[string]any{"name": "push"}, nil, "", 0, false},
	} {
		h := newHost(t)
		s := h.serve("a.jpg")
		h.hub = newHub(t, "")
		h.event, h.vars, h.hub.refuses = tt.event, tt.vars, tt.refuses
		s.FailListing(-1, fetchtest.Answer(402, `{"error":"expired"}`))
		got := h.run(galleryWorkflow)
		if n := strings.Count(h.hub.calls(), call); n != tt.calls || strings.Count(h.hub.calls(), "\n") != n {
			t.Errorf("%s: gh was called with %q", tt.name, h.hub.calls())
		}
		if want := map[bool]string{true: "success", false: "skipped"}[tt.calls > 0]; got["schedule"] != want || got["build"] != "failure" {
			t.Errorf("%s: the jobs are %v\n%s", tt.name, got, h.log)
		}
		if strings.Contains(h.log, "::warning title=The schedule may stop::") != tt.warned {
			t.Errorf("%s: the log is\n%s", tt.name, h.log)
		}
	}
}

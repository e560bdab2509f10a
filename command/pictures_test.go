//go:build unix

package command

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"firstframe/fetch"
	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
)

// TestBrokenOriginalInCache puts a broken picture into the cache, as an older version did. It must
// not be taken from there again and again.
func TestBrokenOriginalInCache(t *testing.T) {
	t.Parallel()
	m := newComputer(t)
	m.pictures("a.jpg", "b.jpg")
	api := &fetch.API{Root: m.api, Token: m.service.Token}
	listed, err := api.Files(t.Context(), "", 0)
	must(t, err)
	m.service.FailDownload("b.jpg", 1, func(w http.ResponseWriter, r *http.Request, body []byte) {
		fetchtest.Data(body[:len(body)/2], "image/jpeg")(w, r, body)
	})
	cache := &fetch.Cache{Dir: m.cache, AllowPrivateHosts: true}
	defer cache.Close()
	for _, f := range listed.Files {
		o, err := cache.Original(t.Context(), f)
		must(t, err)
		must(t, cache.Remember(o))
	}
	if exit, said := m.run(""); exit != exitIncomplete || m.service.Downloads() != 2 {
		t.Fatalf("exit code %d after %d downloads: %s", exit, m.service.Downloads(), said)
	}
	m.complete(1)
	m.succeed()
	m.complete(2)
	if m.service.Downloads() != 3 {
		t.Errorf("%d downloads", m.service.Downloads())
	}
}

// TestOtherPicture serves other bytes for a published image. They are refused, and they must not be
// taken from the cache when the right bytes are back.
func TestOtherPicture(t *testing.T) {
	t.Parallel()
	m := newComputer(t)
	m.pictures("a.jpg")
	m.succeed()
	must(t, os.RemoveAll(m.cache))
	m.service.FailDownload("a.jpg", 1, fetchtest.Data(picture("b.jpg").Data, "image/jpeg"))
	if exit, said := m.run("", "--widths=100"); exit != exitIncomplete || !strings.Contains(said, "another picture than the published one") {
		t.Errorf("exit code %d: %s", exit, said)
	}
	m.complete(1)
	if exit, said := m.run("", "--widths=100"); exit != exitOK {
		t.Errorf("exit code %d: %s", exit, said)
	}
	m.complete(1)
}

// TestOutageEnds runs during an outage and after it. During the outage everything available is
// published, and one warning says what is missing. The next run downloads the rest.
func TestOutageEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   fetchtest.Fault
		flags   []string
		warning string // warning about what is missing, or "" if there is a line for each host and reason
	}{
		"nothing answers": {
			fetchtest.Hang(), []string{"--time-budget", "1s"},
			"40 files are left for the next run, because the --time-budget of 1s is used up\n",
		},
		"the host is busy": {fetchtest.Answer(503, "", "Retry-After", "86400"), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newComputer(t)
			// Three are published already, and two more are in the cache.
			known, cached, missing := pictureNames(1, 3), pictureNames(4, 2), pictureNames(6, 40)
			out := m.out
			m.out += "-elsewhere"
			m.pictures(cached...)
			m.succeed()
			m.out = out
			m.pictures(known...)
			m.succeed()
			m.pictures(append(append(known, cached...), missing...)...)
			m.service.FailDownload("", -1, test.fault)

			exit, said := m.run("", test.flags...)
			if exit != exitIncomplete {
				t.Errorf("exit code %d", exit)
			}
			m.complete(5)
			if n := strings.Count(said, "warning: "); n > 8 || test.warning != "" && n != 1 || !strings.Contains(said, test.warning) {
				t.Errorf("%d warnings: %s", n, said)
			}
			m.service.Recover()
			m.succeed()
			m.complete(45)
		})
	}
}

// TestOutageKeepsImages changes the settings during an outage. Published images stay as they are,
// and nothing is removed.
func TestOutageKeepsImages(t *testing.T) {
	t.Parallel()
	m := newComputer(t)
	m.pictures(pictureNames(1, 8)...)
	m.succeed()
	must(t, os.RemoveAll(m.cache))
	m.pictures(pictureNames(2, 7)...)
	m.service.FailDownload("", -1, fetchtest.Answer(503, "", "Retry-After", "86400"))
	before, err := snapshotTree(m.out + "/media")
	must(t, err)
	exit, said := m.run("", "--widths=100", "--prune=force")
	if exit != exitIncomplete || strings.Count(said, "127.0.0.1: ") > 8 || !strings.Contains(said, "no image was removed") {
		t.Errorf("exit code %d: %s", exit, said)
	}
	m.complete(8)
	after, err := snapshotTree(m.out + "/media")
	must(t, err)
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("the pictures have changed")
	}
}

// TestBadPicturesHideNoOthers lists pictures that fail in every run. They can look like an outage
// of their host. Other pictures must still get their turn: the order of downloads changes every
// day.
func TestBadPicturesHideNoOthers(t *testing.T) {
	t.Parallel()
	m := newComputer(t)
	names := pictureNames(1, 45)
	for i, name := range names {
		if i%9 != 0 {
			m.service.FailDownload(name, -1, fetchtest.Answer(503, "", "Retry-After", "86400"))
		}
	}
	m.pictures(names...)
	published := 0
	for day := 0; published < 5 && day < 60; day++ {
		m.run(fmt.Sprintf("SOURCE_DATE_EPOCH=%d; export SOURCE_DATE_EPOCH; ", 1_795_000_000+day*86_400), "-q")
		if state, _, err := gallery.Load(os.DirFS(m.out)); err == nil {
			published = len(state.Images)
		}
	}
	m.complete(5)
}

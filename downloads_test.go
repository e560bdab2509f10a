//go:build unix

package main

import (
	"net/http"
	"testing"

	"firstframe/fetch"
	"firstframe/fetch/fetchtest"
)

// An older version kept whatever it had downloaded under the name of its file. A
// picture that does not decode must not be taken from there again and again.
func TestBrokenOriginalInCache(t *testing.T) {
	t.Parallel()
	m := newComputer(t)
	m.pictures("a.jpg", "b.jpg")
	api := &fetch.API{Root: m.api, Token: m.service.Token}
	listed, err := api.Files(t.Context(), "", 0)
	check(t, err)
	m.service.FailDownload("b.jpg", 1, func(w http.ResponseWriter, r *http.Request, body []byte) {
		fetchtest.Data(body[:len(body)/2], "image/jpeg")(w, r, body)
	})
	cache := &fetch.Cache{Dir: m.cache, AllowPrivateHosts: true}
	defer cache.Close()
	for _, f := range listed.Files {
		o, err := cache.Original(t.Context(), f)
		check(t, err)
		check(t, cache.Keep(o))
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

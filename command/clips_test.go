//go:build unix

package command

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firstframe/fetch"
	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// TestBadPicturesLeaveClips downloads a clip although pictures of the same host fail.
func TestBadPicturesLeaveClips(t *testing.T) {
	t.Parallel()
	m := newComputer(t)
	m.pictures(pictureNames(1, 1)...)
	m.succeed()
	m.pictures(pictureNames(1, 20)...)
	for _, name := range pictureNames(2, 19) {
		m.service.FailDownload(name, -1, fetchtest.Answer(503, "", "Retry-After", "86400"))
	}
	m.service.SetVideos([]fetchtest.Video{{Prompt: "Dawn", Status: 2, Files: pictureNames(1, 1), Clip: demoClip()}})
	exit, said := m.run("", "--source", "both", "--clips")
	if exit != exitIncomplete || strings.Contains(said, "the clip of") {
		t.Errorf("exit code %d: %s", exit, said)
	}
	m.complete(1)
}

// TestPosterIsTriedAgain fails to download the cover of a clip. It is tried again on another day.
func TestPosterIsTriedAgain(t *testing.T) {
	t.Parallel()
	m := newComputer(t)
	m.pictures(pictureNames(1, 1)...)
	m.service.SetVideos([]fetchtest.Video{{
		Prompt: "Dawn", Status: fetchtest.Completed, Files: pictureNames(1, 1), Clip: demoClip(), Cover: picture("cover.jpg").Data,
	}})
	failing := func(w http.ResponseWriter, r *http.Request, body []byte) {
		if fetch.MediaType(body) == "video/mp4" {
			fetchtest.Data(body, "video/mp4")(w, r, body)
			return
		}
		fetchtest.Answer(502, "", "Retry-After", "86400")(w, r, body)
	}
	m.service.FailDownload("Dawn", -1, failing)
	run := func(day int) (posters, downloads int) {
		before := m.service.Downloads()
		exit, said := m.run(fmt.Sprintf("SOURCE_DATE_EPOCH=%d; export SOURCE_DATE_EPOCH; ", 1_795_000_000+day*86_400),
			"--source", "both", "--clips")
		if exit != exitOK {
			t.Errorf("exit code %d: %s", exit, said)
		}
		m.complete(1)
		state, _, err := gallery.Load(os.DirFS(m.out))
		must(t, err)
		clip := state.Images[0].Videos[0].Clip
		if clip == nil {
			t.Fatal("there is no clip")
		}
		return len(clip.Poster), m.service.Downloads() - before
	}
	for i, step := range []struct{ day, posters, downloads int }{
		{0, 0, 3}, {0, 0, 0}, {1, 0, 1}, {2, 0, 0}, {3, 1, 1}, {3, 1, 0}, {9, 1, 0},
	} {
		if i == 4 {
			m.service.Recover()
			must(t, os.RemoveAll(m.cache)) // the clip is not downloaded again
		}
		posters, downloads := run(step.day)
		if min(posters, 1) != step.posters || downloads != step.downloads {
			t.Errorf("day %d: %d posters after %d downloads", step.day, posters, downloads)
		}
	}
}

// TestCutClipIsTriedAgain gets a clip that is cut, so it cannot be stripped. It is not downloaded
// by every run, but it is tried again later.
func TestCutClipIsTriedAgain(t *testing.T) {
	t.Parallel()
	m := newComputer(t)
	m.pictures(pictureNames(1, 1)...)
	video := fetchtest.Video{Prompt: "Dawn", Status: fetchtest.Completed, Files: pictureNames(1, 1), Clip: demoClip()}
	m.service.SetVideos([]fetchtest.Video{video})
	m.service.FailDownload("Dawn", 1, func(w http.ResponseWriter, r *http.Request, body []byte) {
		fetchtest.Data(body[:len(body)/2], "video/mp4")(w, r, body)
	})
	for i, step := range []struct{ day, exit, downloads int }{
		{0, exitIncomplete, 2}, {0, exitOK, 0}, {1, exitOK, 2}, {1, exitOK, 0}, {40, exitOK, 0},
	} {
		before := m.service.Downloads()
		exit, said := m.run(fmt.Sprintf("SOURCE_DATE_EPOCH=%d; export SOURCE_DATE_EPOCH; ", 1_795_000_000+step.day*86_400),
			"--source", "both", "--clips")
		if downloads := m.service.Downloads() - before; exit != step.exit || downloads != step.downloads {
			t.Errorf("run %d: exit code %d after %d downloads: %s", i, exit, downloads, said)
		}
		m.complete(1)
	}
	state, _, err := gallery.Load(os.DirFS(m.out))
	must(t, err)
	if v := state.Images[0].Videos[0]; v.Clip == nil || len(v.Clip.Poster) == 0 || v.IsWithheld() || len(state.Skipped) > 0 {
		t.Errorf("%+v, %+v", v, state.Skipped)
	}
}

// TestClipStaysWithoutPoster loses the poster of a clip that the service no longer has. The clip
// must stay, with and without the service.
func TestClipStaysWithoutPoster(t *testing.T) {
	t.Parallel()
	m := newComputer(t)
	m.pictures(pictureNames(1, 1)...)
	m.service.SetVideos([]fetchtest.Video{{
		Prompt: "Dawn", Status: fetchtest.Completed, Files: pictureNames(1, 1), Clip: demoClip(), Cover: picture("cover.jpg").Data,
	}})
	clip := func(source string) *media.Clip {
		if exit, said := m.run("", source, "--clips"); exit != exitOK {
			t.Errorf("%s: exit code %d: %s", source, exit, said)
		}
		m.complete(1)
		state, _, err := gallery.Load(os.DirFS(m.out))
		must(t, err)
		c := state.Images[0].Videos[0].Clip
		if c == nil {
			t.Fatalf("%s: there is no clip", source)
		}
		return c
	}
	must(t, os.Remove(filepath.Join(m.out, clip("--source=both").PosterPath())))
	must(t, os.RemoveAll(m.cache))
	m.service.FailDownload("Dawn", -1, fetchtest.Answer(404, ""))
	for _, source := range []string{"--offline", "--source=both"} {
		if n := len(clip(source).Poster); n > 0 {
			t.Errorf("%s: there are %d renditions of a poster that is lost", source, n)
		}
	}
}

package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
)

// exampleBase is the address of the sites in tests.
const exampleBase = "https://example.org/gallery/"

// readSite returns the bytes of a file of a site.
func readSite(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// contentOf returns the bytes of a document.
func contentOf(t *testing.T, d document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.content(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wantXML checks that a document is well-formed.
func wantXML(t *testing.T, data []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, data)
		}
	}
}

// parsedAtom is an Atom feed as a reader sees it.
type parsedAtom struct {
	ID      string `xml:"id"`
	Updated string `xml:"updated"`
	Author  string `xml:"author>name"`
	Entries []struct {
		ID       string `xml:"id"`
		Title    string `xml:"title"`
		Updated  string `xml:"updated"`
		Content  string `xml:"content"`
		Category []struct {
			Term string `xml:"term,attr"`
		} `xml:"category"`
		Links []struct {
			Rel    string `xml:"rel,attr"`
			Href   string `xml:"href,attr"`
			Length int64  `xml:"length,attr"`
		} `xml:"link"`
	} `xml:"entry"`
}

// readAtom parses the Atom feed of a site.
func readAtom(t *testing.T, dir string) parsedAtom {
	t.Helper()
	data := readSite(t, dir, gallery.AtomName)
	wantXML(t, data)
	var feed parsedAtom
	if err := xml.Unmarshal(data, &feed); err != nil {
		t.Fatal(err)
	}
	return feed
}

// readJSONFeed parses the JSON feed of a site.
func readJSONFeed(t *testing.T, dir string) jsonFeed {
	t.Helper()
	var feed jsonFeed
	if err := json.Unmarshal(readSite(t, dir, gallery.JSONFeedName), &feed); err != nil {
		t.Fatal(err)
	}
	return feed
}

// Both feeds have the newest images with absolute addresses, and keep their ids.
func TestFeeds(t *testing.T) {
	for _, n := range []int{0, 1, 60} {
		dir := filepath.Join(t.TempDir(), "out")
		opts := exampleOptions(t, "")
		opts.BaseURL = exampleBase
		s := daily(n)
		if n > 0 {
			s.Images[0].Caption = "See [about](index.html) *this*."
		}
		buildExample(t, dir, s, opts)
		wantComplete(t, dir, "/gallery/")
		atom, feed := readAtom(t, dir), readJSONFeed(t, dir)
		want := min(n, feedLength)
		if len(atom.Entries) != want || len(feed.Items) != want || atom.ID != exampleBase || atom.Author == "" {
			t.Fatalf("of %d images %d and %d are in the feeds, want %d", n, len(atom.Entries), len(feed.Items), want)
		}
		if n == 0 {
			if atom.Updated != "1970-01-01T00:00:00Z" {
				t.Errorf("an empty feed is of %s", atom.Updated)
			}
			continue
		}
		first, item := atom.Entries[0], feed.Items[0]
		page := exampleBase + "image/" + s.Images[0].Slug + "/"
		picture := exampleBase + s.Images[0].Renditions[1].Path
		if first.ID != page || item.ID != page || first.Updated != atom.Updated || item.Published != atom.Updated {
			t.Errorf("the newest is %s and %s of %s, want %s of %s", first.ID, item.ID, first.Updated, page, atom.Updated)
		}
		if first.Links[1].Href != picture || first.Links[1].Length != s.Images[0].Renditions[1].Bytes || item.Image != picture {
			t.Errorf("its picture is %v and %s, want %s", first.Links[1], item.Image, picture)
		}
		if first.Content != item.HTML || !strings.Contains(item.HTML, `<a href="`+exampleBase+`index.html">`) || item.Summary != "See about this." {
			t.Errorf("its words are %q and %q", item.HTML, item.Summary)
		}
		if first.Category[0].Term != "daily" || item.Tags[0] != "daily" {
			t.Errorf("its tags are %v and %v", first.Category, item.Tags)
		}
	}
}

// The site shows days only. The hour of an upload is kept in the state, for sorting.
func TestNoTimesOfDay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	opts := exampleOptions(t, "")
	opts.BaseURL = exampleBase
	s := gallerytest.State(2)
	at := time.Date(2024, 7, 1, 17, 34, 56, 0, time.UTC)
	for i := range s.Images {
		m := &s.Images[i]
		m.Uploaded, m.Camera = at, &media.Camera{Model: "Maker", Taken: "2024-07-01T17:34:56"}
		m.Videos = []gallery.Video{{Key: "video", Status: "completed", Created: at}}
	}
	// What earlier versions kept is reduced when it is read.
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if s, err = gallery.Decode(data); err != nil {
		t.Fatal(err)
	}
	buildExample(t, dir, s, opts)
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		secrets := []string{"34:56", strconv.FormatInt(at.Unix(), 10)}
		if base := filepath.Base(name); base != gallery.StateName && base != gallery.BackupName {
			secrets = append(secrets, "T17", "17:00", strconv.FormatInt(at.Truncate(time.Hour).Unix(), 10))
		}
		for _, secret := range secrets {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s holds %s", name, secret)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if page := readSite(t, dir, gallery.ImagePath(s.Images[0].Slug)); bytes.Count(page, []byte(`datetime="2024-07-01"`)) != 2 {
		t.Errorf("the page does not have both dates: %s", page)
	}
}

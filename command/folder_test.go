package command

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"firstframe/command/terminal"
	"firstframe/fetch"
	"firstframe/render/gallery"
)

// A picture of a folder has the date that its owner would give it.
func TestPictureDate(t *testing.T) {
	day := func(s string) time.Time {
		at, err := time.Parse(time.DateOnly, s)
		must(t, err)
		return at
	}
	taken, written := time.Date(2021, 2, 3, 4, 5, 6, 0, time.UTC), time.Date(2024, 8, 1, 10, 11, 12, 0, time.UTC)
	for _, tt := range []struct {
		name           string
		taken, written time.Time
		want           time.Time
	}{
		{"IMG_20200101_101500.jpg", taken, written, day("2021-02-03")},
		{"old.jpg", time.Date(1931, 5, 6, 7, 8, 9, 0, time.UTC), written, day("1931-05-06")},
		{"broken clock.jpg", time.Date(1, 5, 6, 7, 8, 9, 0, time.UTC), written, day("2024-08-01")},
		{"IMG_20200131_101500.jpg", time.Time{}, written, day("2020-01-31")},
		{"PXL_20200131_101500123.jpg", time.Time{}, written, day("2020-01-31")},
		{"20200131.png", time.Time{}, written, day("2020-01-31")},
		{"Screenshot 2020-01-31 at 10.15.png", time.Time{}, written, day("2020-01-31")},
		{"2020_01_31.png", time.Time{}, written, day("2020-01-31")},
		{"2020.01.31 beach.png", time.Time{}, written, day("2020-01-31")},
		{"99999999 2020-01-31.png", time.Time{}, written, day("2020-01-31")},
		{"20200231.png", time.Time{}, written, day("2024-08-01")},
		{"120200131.png", time.Time{}, written, day("2024-08-01")},
		{"202001311.png", time.Time{}, written, day("2024-08-01")},
		{"30200131.png", time.Time{}, written, day("2024-08-01")},
		{"2020-01.png", time.Time{}, written, day("2024-08-01")},
		{"beach.png", time.Time{}, written, day("2024-08-01")},
		{"beach.png", time.Time{}, time.Time{}, time.Time{}},
	} {
		got := pictureDate(&fetch.File{Name: tt.name}, fetch.Original{Modified: tt.written}, tt.taken)
		if !got.Equal(tt.want) || got.IsZero() != tt.want.IsZero() {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Each folder becomes a page, so there is a limit for them. The first ones stay.
func TestFolderTags(t *testing.T) {
	r := &run{ui: &terminal.Terminal{Stdout: io.Discard, Stderr: io.Discard}}
	l := &listing{places: map[string]int{}, pictures: map[string]pictureWords{}}
	var found fetch.Listing
	for i := range maxFolderTags/2 + 10 {
		f := fetch.File{ID: strconv.Itoa(i), Picture: &fetch.Picture{}}
		found.Files = append(found.Files, f)
		l.pictures[f.Key()] = pictureWords{folders: []string{"a" + strconv.Itoa(i), "b" + strconv.Itoa(i)}}
	}
	var many []string
	for i := range gallery.MaxTags + 1 {
		many = append(many, "a"+strconv.Itoa(i))
	}
	l.pictures[found.Files[5].Key()] = pictureWords{folders: many}
	l.add(sourceFolder, found)
	r.limitTags(l)
	tags := map[string]bool{}
	for _, words := range l.pictures {
		for _, name := range words.folders {
			tags[name] = true
		}
		if len(words.folders) > gallery.MaxTags {
			t.Errorf("a picture has %d tags", len(words.folders))
		}
	}
	last := l.pictures[found.Files[len(found.Files)-1].Key()]
	if len(tags) != maxFolderTags || len(last.folders) != 0 || !tags["a0"] || !tags["b0"] {
		t.Errorf("there are %d tags; the last picture has %q", len(tags), last.folders)
	}
}

// Pictures that are too deep to be found are not lost without a word.
func TestDeepFolder(t *testing.T) {
	m := newComputer(t)
	mine := filepath.Join(m.dir, "mine")
	deep := filepath.Join(mine, strings.Repeat("d/", 40))
	must(t, os.MkdirAll(deep, 0o755))
	for _, dir := range []string{mine, deep} {
		must(t, os.WriteFile(filepath.Join(dir, "a.jpg"), picture(filepath.Base(dir)+".jpg").Data, 0o644))
	}
	exit, said := m.run("", "--pictures", mine, "--source=folder")
	if exit != exitOK || !strings.Contains(said, "not all of it was read") {
		t.Errorf("exit code %d: %s", exit, said)
	}
	m.complete(1)
}

// Ten thousand files that are not pictures are one line, and none of them gets into the site.
func TestManyOtherFiles(t *testing.T) {
	m := newComputer(t)
	mine := filepath.Join(m.dir, "mine")
	must(t, os.Mkdir(mine, 0o755))
	for i := range 10_000 {
		must(t, os.WriteFile(filepath.Join(mine, strconv.Itoa(i)+".txt"), []byte("text"), 0o644))
	}
	must(t, os.WriteFile(filepath.Join(mine, "a.jpg"), picture("a.jpg").Data, 0o644))
	exit, said := m.run("", "--pictures", mine, "--source=folder")
	if exit != exitOK || strings.Count(said, "\n") != 1 || !strings.Contains(said, "10,000 files in ") || !strings.Contains(said, "and 9,995 more") {
		t.Errorf("exit code %d: %s", exit, said)
	}
	m.complete(1)
}

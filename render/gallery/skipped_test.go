package gallery_test

import (
	"testing"
	"time"

	"firstframe/render/gallery"
)

// A file that is not an image rests for 1, 2, 4, up to 32 days. It is tried again on the last of
// them, at any hour.
func TestSkippedIsTriedAgain(t *testing.T) {
	day := time.Date(2026, 11, 18, 23, 59, 59, 0, time.UTC)
	var s gallery.Skipped
	for tries, rest := range []int{1, 2, 4, 8, 16, 32, 32, 32} {
		s = s.Again(gallery.Skipped{Key: "k", Type: "text/html", Entry: "e"}, day)
		next := time.Date(day.Year(), day.Month(), day.Day()+rest, 0, 0, 0, 0, time.UTC)
		want := gallery.Skipped{Key: "k", Type: "text/html", Tries: tries + 1, Next: next.Format(time.DateOnly), Entry: "e"}
		if s != want {
			t.Errorf("got %+v, want %+v", s, want)
		}
		if s.Due("e", day) || s.Due("e", next.Add(-time.Second)) || !s.Due("e", next) || !s.Due("e", next.AddDate(1, 0, 0)) {
			t.Errorf("after %d tries: it is due on the wrong day", s.Tries)
		}
		if !s.Due("other", day) {
			t.Error("an entry that has changed is not due")
		}
		day = next
	}
	if s = s.Again(gallery.Skipped{Entry: "other"}, day); s.Tries != 1 {
		t.Errorf("%d tries of an entry that has changed", s.Tries)
	}
	for name, s := range map[string]gallery.Skipped{
		"of an older version": {Key: "k", Type: "text/html"},
		"no day":              {Next: "2026-11-99", Entry: "e", Tries: 1},
		"a wrong clock":       {Next: "2099-01-01", Entry: "e", Tries: 1},
	} {
		if !s.Due("e", day) {
			t.Errorf("%s: it is not due", name)
		}
	}
	if s := (gallery.Skipped{Tries: -5}).Again(gallery.Skipped{}, day); s.Tries != 1 {
		t.Errorf("%+v", s)
	}
	if s := (gallery.Skipped{Tries: 1 << 40}).Again(gallery.Skipped{}, day); !s.Due("", day.AddDate(0, 0, 32)) || s.Due("", day.AddDate(0, 0, 31)) {
		t.Errorf("%+v", s)
	}
}

package render

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What a listing leaves out must not take a video, its date or its clip away.
func TestMergeVideos(t *testing.T) {
	hour := func(h int) time.Time { return time.Date(2024, 9, 1, h, 0, 0, 0, time.UTC) }
	clip := &Clip{Width: 1}
	m := Image{Videos: []Video{
		{Key: "a", Status: "processing", Created: hour(1)},
		{Key: "b", Status: "completed", Created: hour(2), Clip: clip},
	}}
	m.MergeVideos([]Video{
		{Key: "c", Status: "queued", Created: hour(3)}, {Key: "a", Status: "completed"}, {Key: "b", Status: "completed", Created: hour(2)},
	})
	var keys []string
	for _, v := range m.Videos {
		keys = append(keys, v.Key)
	}
	if !slices.Equal(keys, []string{"c", "b", "a"}) {
		t.Fatalf("got %v, want the newest first", keys)
	}
	if b, a := m.Videos[1], m.Videos[2]; b.Clip != clip || a.Status != "completed" || !a.Created.Equal(hour(1)) {
		t.Errorf("got %+v and %+v", b, a)
	}
}

func TestFirstSentence(t *testing.T) {
	for _, tt := range []struct {
		in, want string
	}{
		{"A dawn. It moves.", "A dawn"},
		{"One? Two!", "One"},
		{"version 1.5 of it", "version 1.5 of it"},
		{"一只猫。它在跑。", "一只猫"},
		{"no end", "no end"},
		{"", ""},
		{strings.Repeat("word ", 30), "word word word…"},
		{strings.Repeat("x", 30), strings.Repeat("x", 16) + "…"},
	} {
		if got := firstSentence(tt.in, 17); got != tt.want {
			t.Errorf("firstSentence(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// A state from elsewhere must not name files of other kinds as clips.
func TestHostileClip(t *testing.T) {
	for _, path := range []string{"../x.mp4", "media/x.mp4", "media/0123456789abcdef-00.js", "index.html"} {
		s := exampleState(1)
		s.Images[0].Videos = []Video{{Key: "a", Clip: &Clip{Published: Published{path, 1, ""}, Width: 1, Height: 1}}}
		if _, err := decodeState(encodeState(t, s)); err == nil {
			t.Errorf("the clip %s is taken", path)
		}
	}
}

// Prompts are words from outside.
func TestHostilePrompt(t *testing.T) {
	opts := exampleOptions(t, "")
	s := exampleState(1)
	s.Images[0].Title = ""
	s.Images[0].Videos = []Video{{Key: "a", Status: `"><script>alert(1)</script>`, Prompt: `<script>alert(2)</script>"onload=alert(3) </title>`}}
	dir := filepath.Join(t.TempDir(), "out")
	buildExample(t, dir, s, opts)
	for _, name := range []string{"index.html", imagePath(s.Images[0].Slug), dataName} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("<script>alert")) || bytes.Contains(data, []byte("ZgotmplZ")) {
			t.Errorf("%s has markup of a prompt", name)
		}
	}
}

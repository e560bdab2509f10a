package media

import "testing"

func TestParseName(t *testing.T) {
	for name, want := range map[string]Name{
		"media/0123456789abcdef-480-0a1b.jpg": {"0123456789abcdef", "480", "0a1b", "image/jpeg"},
		"media/0123456789abcdef-0a1b.jpg":     {"0123456789abcdef", "", "0a1b", "image/jpeg"},
		"media/0123456789abcdef-0a1b.webp":    {"0123456789abcdef", "", "0a1b", "image/webp"},
		"media/0123456789abcdef-0a1b.mp4":     {"0123456789abcdef", "", "0a1b", "video/mp4"},
	} {
		if got, ok := ParseName(name); !ok || got != want || got.String() != name {
			t.Errorf("%s: got %+v, %t, want %+v", name, got, ok, want)
		}
	}
	for _, name := range []string{
		"", "media/", "0123456789abcdef-0a1b.jpg", "assets/0123456789abcdef-0a1b.jpg", "media/media/0123456789abcdef-0a1b.jpg",
		"media/0123456789abcdef", "media/0123456789abcdef.jpg", "media/0123456789abcdef-.jpg", "media/0123456789abcdef-0a1b",
		"media/0123456789abcdef-0a1b.svg", "media/0123456789abcdef-0a1b.JPG", "media/0123456789abcdef-0a1b.jpg\n", "media/0123456789abcdef-0A1B.jpg",
		"media/0123456789abcde-0a1b.jpg", "media/0123456789abcdef0-0a1b.jpg", "media/0123456789abcdeg-0a1b.jpg", "media/../456789abcdef-0a1b.jpg",
		"media/0123456789abcdef-480-0a1b.png", "media/0123456789abcdef-480-0a1b.mp4", "media/0123456789abcdef--0a1b.jpg",
		"media/0123456789abcdef-4e0-0a1b.jpg", "media/0123456789abcdef-480-.jpg", "media/0123456789abcdef-480-0a-1b.jpg", "media/0123456789abcdef-480-a/b.jpg",
	} {
		if got, ok := ParseName(name); ok || got != (Name{}) {
			t.Errorf("%q: got %+v, %t", name, got, ok)
		}
	}
}

// A file that says something else has another name.
func TestMarkedNames(t *testing.T) {
	packet := Provenance{Origin: Origin{SourceType: "print"}}.Packet()
	mark := MarkOf(packet)
	if len(mark) != 8 || !IsHex(mark) || MarkOf(fullProvenance().Packet()) == mark || MarkOf(nil) != "" {
		t.Errorf("the mark is %q", mark)
	}
	for _, plain := range []string{"media/0123456789abcdef-480-0a1b2c3d4e.jpg", "media/0123456789abcdef-0a1b2c3d4e.png", "media/0123456789abcdef-0a1b2c3d4e.mp4"} {
		name, _ := ParseName(plain)
		marked := name.WithMark(mark)
		want := plain[:len(plain)-4] + mark + plain[len(plain)-4:]
		parsed, ok := ParseName(want)
		if marked.String() != want || !ok || parsed != marked || parsed.Mark() != mark || name.Mark() != "" {
			t.Errorf("%s: got %s with the mark %q", want, marked, parsed.Mark())
		}
		if marked.WithMark("") != name || marked.WithMark("12345678") != name.WithMark("12345678") || Unmarked(want) != plain || Unmarked(plain) != plain {
			t.Errorf("%s: the mark is not taken off", want)
		}
		if again := marked.StrippedAgain(); again.Mark() != mark || again.WithMark("") != name.StrippedAgain() {
			t.Errorf("%s is called %s after it is stripped again", want, again)
		}
	}
	for _, other := range []string{"", "index.html", "media/0123456789abcdef-0a.jpg", "static/0123456789abcdef-0a1b2c3d4e12345678.jpg"} {
		if got := Unmarked(other); got != other {
			t.Errorf("%q became %q", other, got)
		}
	}
}

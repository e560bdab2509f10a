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

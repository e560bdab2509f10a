package render

import (
	"strings"
	"testing"
)

// Whatever an asset is called, its published name fits every server and file
// system, and is one that a later run knows and removes.
func TestHashedName(t *testing.T) {
	for name, want := range map[string]string{
		"style.css":                      "assets/style.HASH.css",
		"My Photo.JPG":                   "assets/my-photo.HASH.jpg",
		"a.tar.gz":                       "assets/a.tar.HASH.gz",
		"LICENSE":                        "assets/license.HASH",
		"x.日本":                           "assets/x.--.HASH",
		"ß.É":                            "assets/-.-.HASH",
		"İ.svg":                          "assets/i.HASH.svg",
		"a.foo-bar":                      "assets/a.foo-bar.HASH",
		"a.":                             "assets/a..HASH",
		strings.Repeat("a", 250) + ".js": "assets/" + strings.Repeat("a", 100) + ".HASH.js",
		"a." + strings.Repeat("b", 250):  "assets/a." + strings.Repeat("b", 98) + ".HASH",
	} {
		got := hashedName(name, nil)
		if want := strings.Replace(want, "HASH", "e3b0c44298", 1); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
		if !assetForm.MatchString(got) || !isOurs(got) {
			t.Errorf("%s: %s is not known as ours", name, got)
		}
	}
}

package render

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"firstframe/render/gallery"
)

// shownTags returns an image's tags as the owner wrote them, without what does harm on a page.
func shownTags(m *gallery.Image) []string {
	var tags []string
	for _, tag := range m.Tags {
		if tag = printable(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// foldTag returns a tag as it is compared with others: "Sea" and "sea" are one tag.
func foldTag(tag string) string { return norm.NFC.String(cases.Fold().String(tag)) }

// tagNames are the names under which tags are shown, by the spellings that the owner uses.
type tagNames map[string]string

// newTagNames names the tags of images, which are newest first. Of several spellings, the one that
// the oldest image has becomes the name: so a new image changes no name.
func newTagNames(images []*gallery.Image) tagNames {
	names, first := tagNames{}, map[string]string{}
	for _, m := range slices.Backward(images) {
		tags := shownTags(m)
		slices.Sort(tags)
		for _, tag := range tags {
			if names[tag] == "" {
				folded := foldTag(tag)
				first[folded] = cmp.Or(first[folded], tag)
				names[tag] = first[folded]
			}
		}
	}
	return names
}

// of returns the names of an image's tags, each once.
func (n tagNames) of(m *gallery.Image) []string {
	var tags []string
	for _, tag := range shownTags(m) {
		if name := cmp.Or(n[tag], tag); !slices.Contains(tags, name) {
			tags = append(tags, name)
		}
	}
	return tags
}

// longestSlug is the maximum length of a tag's part of an address, in bytes.
const longestSlug = 48

// letters replaces the letters that Unicode does not decompose into a letter and its accent.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "&", " and ")

// notPlain matches characters that are not allowed in a slug.
var notPlain = regexp.MustCompile(`[^a-z0-9]+`)

// plainSlug makes a tag's slug from its letters and digits. whole is false if some were lost, as
// with every script but the Latin.
func plainSlug(tag string) (slug string, whole bool) {
	whole = true
	var b strings.Builder
	for _, r := range norm.NFKD.String(letters.Replace(strings.ToLower(tag))) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		if r > unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r)) {
			whole = false
		}
		b.WriteRune(r)
	}
	slug = strings.Trim(notPlain.ReplaceAllString(b.String(), "-"), "-")
	if len(slug) > longestSlug {
		return strings.TrimRight(slug[:longestSlug], "-"), false
	}
	return slug, whole && slug != ""
}

// tagSlugs returns an address for each spelling of a tag of the images, which are newest first and
// whose tags have these names. The
// spellings of one tag share it. If several tags have the same letters, the oldest of these tags
// gets the plain address: a new tag must not change an address. The others get a hash, and so do
// tags that lose letters.
func tagSlugs(images []*gallery.Image, names tagNames) map[string]string {
	slugs, taken := map[string]string{}, map[string]bool{}
	var hashed []string
	for _, m := range slices.Backward(images) {
		tags := names.of(m)
		slices.Sort(tags)
		for _, tag := range tags {
			if _, known := slugs[tag]; known {
				continue
			}
			slug, whole := plainSlug(tag)
			if !whole || taken[slug] {
				slug = ""
				hashed = append(hashed, tag)
			}
			slugs[tag], taken[slug] = slug, true
		}
	}
	for _, tag := range hashed {
		plain, _ := plainSlug(tag)
		sum := sha256.Sum256([]byte(tag))
		digits := hex.EncodeToString(sum[:])
		// More digits are needed if another tag is written like this address.
		for n := 6; slugs[tag] == ""; n++ {
			if slug := strings.TrimPrefix(plain+"-"+digits[:n], "-"); !taken[slug] {
				slugs[tag], taken[slug] = slug, true
			}
		}
	}
	for spelling, name := range names {
		slugs[spelling] = slugs[name]
	}
	return slugs
}

// compareNaturally compares texts like strings.Compare, but numbers in them by their values: "2"
// comes before "10".
func compareNaturally(a, b string) int {
	for a != "" && b != "" {
		x, y := leadingDigits(a), leadingDigits(b)
		if x == "" || y == "" {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		m, n := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if c := cmp.Or(cmp.Compare(len(m), len(n)), cmp.Compare(m, n)); c != 0 {
			return c
		}
		a, b = a[len(x):], b[len(y):]
	}
	return cmp.Compare(len(a), len(b))
}

// leadingDigits returns the digits that a text begins with.
func leadingDigits(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}

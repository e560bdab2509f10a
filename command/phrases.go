package command

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
)

// count returns a number of things, as in "1 image" and "1,200 images".
func count(n int, thing string) string { return plural(n, thing, "") }

// plural is count for things with an irregular plural, and for phrases such as "image is" and
// "images are".
func plural(n int, one, many string) string {
	return comma(n) + " " + english.PluralWord(n, one, many)
}

// comma returns n with a comma after each thousand.
func comma(n int) string { return humanize.Comma(int64(n)) }

// maxNamed is how many images a warning about many of them names.
const maxNamed = 5

// someOf names the first few images, and counts the others.
func someOf(slugs []string) string {
	if more := len(slugs) - maxNamed; more > 0 {
		return fmt.Sprintf("%s and %s more", strings.Join(slugs[:maxNamed], ", "), comma(more))
	}
	return strings.Join(slugs, ", ")
}

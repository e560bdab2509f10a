// Package spelling finds the word that a mistyped word was meant to be.
package spelling

import (
	"iter"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/cases"
)

// Nearest returns the known word with the smallest edit distance to word, or "" if more than about
// a third of the letters would have to change. Case does not count. Of equally near words it
// returns the first.
func Nearest(word string, known iter.Seq[string]) string {
	fold := cases.Fold()
	folded := fold.String(word)
	best, nearest := utf8.RuneCountInString(folded)/3+2, ""
	for other := range known {
		if d := levenshtein.ComputeDistance(folded, fold.String(other)); d < best {
			best, nearest = d, other
		}
	}
	return nearest
}

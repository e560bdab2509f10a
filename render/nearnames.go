package render

import (
	"regexp"
	"strings"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// nearNames are the names that the owner could have meant.
type nearNames struct {
	same  map[string]string // the names to show, by names without case and extension
	twice map[string]bool   // such names that several images have
	free  []nearName        // the names that can be misspelt, such as those of images without a caption
	tries int               // comparisons with those so far
}

// nearName is a name that can be misspelt.
type nearName struct{ stem, digits, shown string }

// newNearNames returns an empty list of names.
func newNearNames() *nearNames {
	return &nearNames{same: map[string]string{}, twice: map[string]bool{}}
}

// add adds a name, and how it is shown: "" for a name that is not suggested. If the name is free,
// it can also be misspelt.
func (n *nearNames) add(name, shown string, free bool) {
	folded := folded(name)
	if n.same[folded] == "" {
		n.same[folded] = shown
	} else if n.same[folded] != shown {
		n.twice[folded] = true
	}
	if free && len(folded) <= maxNearName {
		n.free = append(n.free, nearName{folded, digits(folded), shown})
	}
}

// addImage adds the names of an image.
func (n *nearNames) addImage(image Named, free bool) {
	if image.Slug != "" {
		n.same[image.Slug] = image.Slug
	}
	for _, name := range image.Names {
		shown := name.Text
		if name.Private {
			shown = image.Slug // "" if it is not known yet
		}
		n.add(name.Text, shown, free)
	}
}

// folded returns a name without its extension and its case.
func folded(name string) string { return cases.Fold().String(norm.NFC.String(stem(name))) }

// digits returns the digits of a name. Names that differ in a digit belong to two pictures, so
// neither is misspelt.
func digits(name string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, name)
}

// pictureName matches names with the extension of a picture.
var pictureName = regexp.MustCompile(`(?i)\.(jpe?g|png|gif|webp)$`)

// find returns the name that was probably meant, or "". It has no extension if the given name has
// none, unless several images have the name without it.
func (n *nearNames) find(name string) string {
	shown := n.nearest(name)
	if pictureName.MatchString(name) || n.twice[folded(shown)] {
		return shown
	}
	return pictureName.ReplaceAllString(shown, "")
}

// nearest returns the name that was probably meant, as its image has it, or "".
func (n *nearNames) nearest(name string) string {
	folded := folded(name)
	if shown := n.same[folded]; shown != "" {
		return shown
	}
	best, nearest := min(len(folded)/3+2, len(folded)), ""
	for _, other := range n.free {
		length := len(other.stem) - len(folded)
		if n.tries >= maxNearTries || len(folded) > maxNearName || max(length, -length) >= best || other.digits != digits(folded) {
			continue
		}
		n.tries++
		if d := levenshtein.ComputeDistance(folded, other.stem); d < best {
			best, nearest = d, other.shown
		}
	}
	return nearest
}

// didYouMean returns the end of a message about a name that does not exist. nearest is the name
// that was probably meant, or "".
func didYouMean(nearest string) string {
	if nearest == "" {
		return ""
	}
	return "; did you mean " + nearest + "?"
}

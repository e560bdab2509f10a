package media

import (
	"cmp"
	"slices"
	"strings"
)

// Renditions are the renditions of one picture in the order of CompareRenditions: the JPEGs come
// before the AVIFs, and in each format the smallest comes first. A run makes all that are planned.
// Later, the file of any of them can be lost.
type Renditions []Rendition

// CompareRenditions compares two renditions by format and then by width.
func CompareRenditions(a, b Rendition) int {
	switch {
	case a.isAVIF() == b.isAVIF():
		return cmp.Compare(a.Width, b.Width)
	case a.isAVIF():
		return 1
	}
	return -1
}

// isAVIF reports whether the rendition is an AVIF, according to its name.
func (r Rendition) isAVIF() bool { return strings.HasSuffix(r.Path, avifFormat.extension) }

// MediaType returns the media type of the rendition, according to its name.
func (r Rendition) MediaType() string {
	name, _ := ParseName(r.Path)
	return name.Type
}

// JPEG returns the JPEGs.
func (l Renditions) JPEG() Renditions {
	n := slices.IndexFunc(l, Rendition.isAVIF)
	if n < 0 {
		return l
	}
	return l[:n]
}

// Common returns the renditions that every program can show: the JPEGs. If all of them are lost, it
// returns the AVIFs, because some programs can show those.
func (l Renditions) Common() Renditions {
	if jpegs := l.JPEG(); len(jpegs) > 0 {
		return jpegs
	}
	return l
}

// AVIF returns the AVIFs. It returns none if the largest of them are lost, so that a JPEG is larger
// than all that are left.
func (l Renditions) AVIF() Renditions {
	jpegs := l.JPEG()
	avif := l[len(jpegs):]
	if len(avif) > 0 && len(jpegs) > 0 && avif[len(avif)-1].Width < jpegs[len(jpegs)-1].Width {
		return nil
	}
	return avif
}

// Smallest returns the smallest rendition that every program can show. The list must not be empty.
func (l Renditions) Smallest() Rendition { return l.Common()[0] }

// Largest returns the largest rendition, in whichever format it is. Of two with the same width, it
// returns the AVIF. The list must not be empty.
func (l Renditions) Largest() Rendition {
	common := l.Common()
	largest := common[len(common)-1]
	if avif := l.AVIF(); len(avif) > 0 {
		largest = avif[len(avif)-1]
	}
	return largest
}

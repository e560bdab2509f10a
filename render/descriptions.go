package render

import (
	"cmp"
	"strconv"
	"time"

	"firstframe/render/gallery"
)

// Search engines show a sentence about each page. If the owner did not write one, it is made here.
// A sentence depends only on what its page shows, so a page that need not change does not change.

// longestDescription is the maximum length of a description that is the beginning of a text, in
// characters. Search engines show about as many.
const longestDescription = 160

// summary says how many images there are, and from which months. The images that are shown can be
// fewer than n.
func (w *Words) summary(n int, shown []*gallery.Image) string {
	if n == 0 {
		return w.say("empty")
	}
	var from, to time.Time
	for _, m := range shown {
		if m.Uploaded.IsZero() {
			continue
		}
		if from.IsZero() || m.Uploaded.Before(from) {
			from = m.Uploaded
		}
		if m.Uploaded.After(to) {
			to = m.Uploaded
		}
	}
	if from.IsZero() {
		return w.say("pictures", "n", n)
	}
	from, to = from.UTC(), to.UTC()
	first, last := w.monthInText(from), w.monthInText(to)
	switch {
	case first == last:
		return w.say("picturesIn", "n", n, "month", last)
	case from.Year() == to.Year():
		first = w.dates.Months[from.Month()-1]
	}
	return w.say("picturesBetween", "n", n, "from", first, "to", last)
}

// monthInText writes a month and its year within a sentence.
func (w *Words) monthInText(t time.Time) string {
	return fill(w.dates.Month, "{month}", w.dates.Months[t.Month()-1], "{year}", strconv.Itoa(t.Year()))
}

// countFor returns how many images the description of a page of a group counts: all on page 1,
// which changes with every new image, and on any other page those that it shows.
func (g group) countFor(s pageRange) int {
	if s.number > 1 || g.topic.Order.Oldest {
		return s.end - s.start
	}
	return len(g.images)
}

// description returns the description of a page of a group, if the owner gave none.
func (g group) description(w *Words, s pageRange) string {
	n := g.countFor(s)
	if g.kind == kindTag {
		return w.say("picturesTagged", "n", n, "tag", g.label)
	}
	return w.summary(n, g.images[s.start:s.end])
}

// description returns the description of a text: the owner's, or else the site's, or else the
// beginning of the text, or else its title.
func (t Text) description(site string) (string, error) {
	if given := cmp.Or(t.Description, site); given != "" {
		return given, nil
	}
	body, err := plainText(t.Body)
	return cmp.Or(shorten(body, longestDescription), t.Title), err
}

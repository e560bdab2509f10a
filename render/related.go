package render

import (
	"fmt"
	"html/template"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"firstframe/render/batch"
	"firstframe/render/gallery"
)

// An image's page shows images that are related to it. A new image must not change the pages of all
// others, so an image is only related to older ones, and everything that counts is counted among
// older ones. The oldest images would have too few of these. So there is an exception for the first
// page's worth of them, which are related to each other. Another one is for the variations that the
// service made of one request.

const (
	mostRelated    = 6  // images on a page that are related to its own
	mostWithPrompt = 12 // images on a page that have the same prompt, and as many variations

	// mostSharing is how many images a term leads to: the newest ones that have it. Without a
	// limit, a tag that all images have would make the time grow with the square of their number.
	mostSharing = 48
	mostWords   = 12 // words of a prompt that count: the rarest
	mostKnown   = 64 // words of a prompt that are read
	shortest    = 3  // letters of a word that counts
	mostRecent  = 24 // images that are considered although they share nothing, so that six are found
)

// What it counts to share something. The weight of a tag, a word and a colour is multiplied by how
// rare it is: by the bits of the number of images for each image that has it.
const (
	tagWeight   = 6
	wordWeight  = 2
	hueWeight   = 1
	monthWeight = 4
	// Sketches that are less than farColors apart, see sketch.distance, count half of what is
	// missing to that.
	farColors = 32
)

// relations are the images that the page of each image leads to, by positions. Positions count from
// the oldest image, so that those of old images stay.
type relations struct {
	related    [][]int32 // the most related first
	prompt     [][]int32 // with the same prompt, newest first, without the variations
	variations [][]int32 // newest first
}

// terms are what an image can share with others.
type terms struct {
	tags, words, hues []string
	month             string
	prompt            string // the words of the whole prompt
	batch             string // of the pictures that the service made of one request
	colors            sketch
	colored           bool // whether colors are known
}

// share is a term of an image: its number, and the weight of sharing it.
type share struct {
	term   int32
	at     int32 // how many older images have it
	weight int32
	kind   shareKind
}

// shareKind says how a term counts.
type shareKind uint8

const (
	fixedShare  shareKind = iota // always the same
	rareShare                    // the more, the rarer it is
	promptShare                  // the same, but only if it is among the rarest of the prompt
)

// relater finds related images.
type relater struct {
	known   []terms
	shares  [][]share // of each image
	holders [][]int32 // the images that have a term, oldest first
	prompts [][]int32 // the images that have the prompt of an image, oldest first
	batches [][]int32 // the images of the batch of an image, oldest first
}

// relate finds the relations of images, which are newest first.
func relate(images []*gallery.Image) *relations {
	n := len(images)
	r := &relater{known: make([]terms, n), shares: make([][]share, n)}
	_ = batch.Do(n, func(from, to int) error {
		for i := from; i < to; i++ {
			r.known[i] = termsOf(images[n-1-i])
		}
		return nil
	})
	r.collect()
	found := &relations{make([][]int32, n), make([][]int32, n), make([][]int32, n)}
	_ = batch.Do(n, func(from, to int) error {
		score := make([]int32, n)
		for i := from; i < to; i++ {
			found.related[i] = r.related(i, score)
			found.prompt[i] = r.samePrompt(i)
			found.variations[i] = r.variations(i)
		}
		return nil
	})
	return found
}

// lazyRelations returns a function that finds the relations of images when it is first called.
func lazyRelations(images []*gallery.Image) func() *relations {
	return sync.OnceValue(func() *relations { return relate(images) })
}

// related returns the images that are related to image i of the pager's, which are newest first.
func (g *pager) related(i int) []*gallery.Image {
	return g.fromOldest(g.relations().related[len(g.images)-1-i])
}

// withPrompt returns the images with the same prompt as image i of the pager's.
func (g *pager) withPrompt(i int) []*gallery.Image {
	return g.fromOldest(g.relations().prompt[len(g.images)-1-i])
}

// variations returns the other pictures that the service made of the same request as image i of the
// pager's.
func (g *pager) variations(i int) []*gallery.Image {
	return g.fromOldest(g.relations().variations[len(g.images)-1-i])
}

// small returns small tiles of images for the page of an image: each has one picture in each
// format, and no sketch. Many pages show the same ones, so each is made once.
func (g *pager) small(p *Page, images []*gallery.Image) []Tile {
	tiles := make([]Tile, len(images))
	for i, m := range images {
		known, ok := g.smallTiles.Load(m)
		if !ok {
			small, w := m.Renditions.Common().Smallest(), g.site.words
			tile := Tile{
				Slug: m.Slug, Href: p.Root + gallery.ImagePath(m.Slug), Title: w.title(m), Alt: w.alt(m),
				Src: p.media() + small.Path, Width: small.Width, Height: small.Height, Ratio: ratio(m.Renditions.Largest()),
				AI: w.label(shareOf(g.site.origin(m))),
			}
			if avif := m.Renditions.AVIF(); len(avif) > 0 {
				tile.AVIF = p.media() + avif.Smallest().Path
			}
			tile.Img = template.HTMLAttr(fmt.Sprintf(`src="%s" width="%d" height="%d" alt="%s"`,
				template.HTMLEscapeString(tile.Src), tile.Width, tile.Height, template.HTMLEscapeString(tile.Alt)))
			tile.Style = template.CSS("--r:" + tile.Ratio + ";--c:" + shownColor(m))
			known, _ = g.smallTiles.LoadOrStore(m, tile)
		}
		tiles[i] = known.(Tile)
	}
	return tiles
}

// fromOldest returns the images at positions that count from the oldest.
func (g *pager) fromOldest(positions []int32) []*gallery.Image {
	list := make([]*gallery.Image, len(positions))
	for k, at := range positions {
		list[k] = g.images[len(g.images)-1-int(at)]
	}
	return list
}

// termsOf returns what an image can share.
func termsOf(m *gallery.Image) terms {
	var t terms
	for _, tag := range shownTags(m) {
		if tag = foldTag(tag); !slices.Contains(t.tags, tag) {
			t.tags = append(t.tags, tag)
		}
	}
	words := strings.FieldsFunc(strings.ToLower(m.Prompt()), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	t.prompt = strings.Join(words, " ")
	if m.Generated != nil {
		t.batch = m.Generated.Batch
	}
	for _, word := range words {
		if utf8.RuneCountInString(word) >= shortest && !slices.Contains(t.words, word) {
			if t.words = append(t.words, word); len(t.words) == mostKnown {
				break
			}
		}
	}
	t.hues = hueNames(m)
	if !m.Uploaded.IsZero() {
		t.month = monthFolder(m.Uploaded)
	}
	t.colors, t.colored = sketchOf(m)
	return t
}

// collect numbers the terms of all images, and notes who has them.
func (r *relater) collect() {
	numbers := map[string]int32{}
	for i := range r.known {
		t := &r.known[i]
		add := func(prefix, name string, weight int32, kind shareKind) {
			key := prefix + name
			number, ok := numbers[key]
			if !ok {
				number = int32(len(r.holders))
				numbers[key], r.holders = number, append(r.holders, nil)
			}
			r.shares[i] = append(r.shares[i], share{number, int32(len(r.holders[number])), weight, kind})
			r.holders[number] = append(r.holders[number], int32(i))
		}
		r.shares[i] = make([]share, 0, len(t.tags)+len(t.words)+len(t.hues)+1)
		for _, tag := range t.tags {
			add("t", tag, tagWeight, rareShare)
		}
		for _, word := range t.words {
			add("w", word, wordWeight, promptShare)
		}
		for _, hue := range t.hues {
			add("h", hue, hueWeight, rareShare)
		}
		if t.month != "" {
			add("m", t.month, monthWeight, fixedShare)
		}
	}
	r.prompts = r.alike(func(t *terms) string { return t.prompt })
	r.batches = r.alike(func(t *terms) string { return t.batch })
}

// alike returns for each image all images with the same value, oldest first; nil if the value is "".
func (r *relater) alike(value func(*terms) string) [][]int32 {
	byValue, all := map[string][]int32{}, make([][]int32, len(r.known))
	for i := range r.known {
		if v := value(&r.known[i]); v != "" {
			byValue[v] = append(byValue[v], int32(i))
		}
	}
	for i := range r.known {
		all[i] = byValue[value(&r.known[i])]
	}
	return all
}

// isVariation reports whether the service made two images of one request.
func (t *terms) isVariation(other *terms) bool { return t.batch != "" && t.batch == other.batch }

// limit returns how many images, from the oldest, can be related to image i.
func (r *relater) limit(i int) int {
	if first := min(perPage, len(r.known)); i < first {
		return first
	}
	return i
}

// samePrompt returns the images with the prompt of image i, newest first.
func (r *relater) samePrompt(i int) []int32 {
	limit := int32(r.limit(i))
	var found []int32
	for _, other := range slices.Backward(r.prompts[i]) {
		if other < limit && other != int32(i) && len(found) < mostWithPrompt && !r.known[i].isVariation(&r.known[other]) {
			found = append(found, other)
		}
	}
	return found
}

// variations returns the other images of the batch of image i, newest first. Unlike other relations,
// they lead to newer images, too: a request makes all of its pictures at once, so a new image changes
// only the pages of a few.
func (r *relater) variations(i int) []int32 {
	var found []int32
	for _, other := range slices.Backward(r.batches[i]) {
		if other != int32(i) && len(found) < mostWithPrompt {
			found = append(found, other)
		}
	}
	return found
}

// holdersOf returns the images that have a term of image i and can be related to it, and how many
// of them are other images.
func (r *relater) holdersOf(i, limit int, s share) (holders []int32, others int) {
	holders = r.holders[s.term]
	if limit == i {
		return holders[:s.at], int(s.at)
	}
	end, _ := slices.BinarySearch(holders, int32(limit))
	return holders[:end], end - 1
}

// counting is a term that counts for an image.
type counting struct {
	holders []int32
	others  int
	weight  int32
}

// counting returns the terms of image i that count.
func (r *relater) counting(i, limit int) []counting {
	var list, words []counting
	for _, s := range r.shares[i] {
		holders, others := r.holdersOf(i, limit, s)
		if others == 0 {
			continue
		}
		rarity := int32(bits.Len(uint(limit / others)))
		switch {
		case s.kind == fixedShare:
			list = append(list, counting{holders, others, s.weight})
		case s.kind == rareShare:
			list = append(list, counting{holders, others, s.weight * rarity})
		case rarity > 1: // a word in most prompts says nothing
			words = append(words, counting{holders, others, s.weight * rarity})
		}
	}
	slices.SortStableFunc(words, func(a, b counting) int { return a.others - b.others })
	return append(list, words[:min(len(words), mostWords)]...)
}

// related returns the images that are related to image i, the most related first, and among equals
// the newest. score has a zero for each image, and has so again when related returns.
func (r *relater) related(i int, score []int32) []int32 {
	limit := r.limit(i)
	var touched []int32
	consider := func(other, weight int32) {
		if score[other] == 0 {
			touched = append(touched, other)
			score[other] = 1 // the same for all: so that a score of zero says that it is new
		}
		score[other] += weight
	}
	for _, c := range r.counting(i, limit) {
		left := mostSharing
		for _, other := range slices.Backward(c.holders) {
			if other == int32(i) {
				continue
			}
			if left--; left < 0 {
				break
			}
			consider(other, c.weight)
		}
	}
	for other := max(0, limit-mostRecent); other < limit; other++ {
		if other != i {
			consider(int32(other), 0)
		}
	}
	var best []int32
	better := func(a, b int32) bool { return score[a] > score[b] || score[a] == score[b] && a > b }
	me := &r.known[i]
	for _, other := range touched {
		you := &r.known[other]
		if me.prompt != "" && me.prompt == you.prompt || me.isVariation(you) {
			continue // the page shows these by themselves
		}
		if me.colored && you.colored {
			score[other] += int32(max(0, farColors-me.colors.distance(&you.colors)) / 2)
		}
		if len(best) == mostRelated && !better(other, best[mostRelated-1]) {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, other, func(a, b int32) int {
			if better(a, b) {
				return -1
			}
			return 1
		})
		best = slices.Insert(best, at, other)
		best = best[:min(len(best), mostRelated)]
	}
	for _, other := range touched {
		score[other] = 0
	}
	return best
}

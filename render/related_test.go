package render

import (
	"cmp"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
)

// relatedState returns a state whose images have random tags, prompts, colours and dates: some are
// on many images, and some on few.
func relatedState(n int, random *rand.Rand) *gallery.State {
	s := gallerytest.State(n)
	pick := func(most int) int { return int(float64(most) * random.Float64() * random.Float64() * random.Float64()) }
	for i := range s.Images {
		m := &s.Images[len(s.Images)-1-i]
		m.Uploaded = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 9 * time.Hour)
		for range pick(5) {
			m.Tags = append(m.Tags, []string{"tag", "Tag"}[random.IntN(2)]+fmt.Sprint(pick(40)))
		}
		var words []string
		for range pick(30) {
			words = append(words, fmt.Sprintf("word%d", pick(300)))
		}
		if random.IntN(3) > 0 {
			m.Videos = []gallery.Video{{Key: fmt.Sprintf("%020x", i), Status: "completed", Prompt: strings.Join(words, " ")}}
		}
		if m.Color = fmt.Sprintf("#%06x", random.IntN(1<<24)); random.IntN(8) == 0 {
			m.Color, m.Uploaded = "", time.Time{}
		}
		if random.IntN(4) > 0 {
			m.Tints = fmt.Sprintf("%018x", random.Uint64())
		}
	}
	gallery.SortImages(s.Images)
	return s
}

// weigh returns what it counts that image i shares things with image k, both counted from the
// oldest. It looks at all images each time, as the code under test must not.
func weigh(known []terms, i, k, limit int) int {
	me, you := &known[i], &known[k]
	sum := 0
	// sharing returns how many others have a term, and whether it leads to image k.
	sharing := func(has func(*terms) bool) (others int, leads bool) {
		newer := 0
		for at := range limit {
			if at == i || !has(&known[at]) {
				continue
			}
			others++
			if at > k {
				newer++
			}
		}
		return others, has(you) && newer < mostSharing
	}
	rarity := func(others int) int { return bits.Len(uint(limit / others)) }
	for _, tag := range me.tags {
		if others, leads := sharing(func(t *terms) bool { return slices.Contains(t.tags, tag) }); leads {
			sum += tagWeight * rarity(others)
		}
	}
	for _, hue := range me.hues {
		if others, leads := sharing(func(t *terms) bool { return slices.Contains(t.hues, hue) }); leads {
			sum += hueWeight * rarity(others)
		}
	}
	if _, leads := sharing(func(t *terms) bool { return t.month == me.month }); leads && me.month != "" {
		sum += monthWeight
	}
	type word struct {
		others int
		leads  bool
	}
	var words []word
	for _, text := range me.words {
		if others, leads := sharing(func(t *terms) bool { return slices.Contains(t.words, text) }); others > 0 && rarity(others) > 1 {
			words = append(words, word{others, leads})
		}
	}
	slices.SortStableFunc(words, func(a, b word) int { return a.others - b.others })
	for _, w := range words[:min(len(words), mostWords)] {
		if w.leads {
			sum += wordWeight * rarity(w.others)
		}
	}
	if sum == 0 && k < limit-mostRecent {
		return -1 // it is not considered
	}
	if me.colored && you.colored {
		sum += max(0, farColors-me.colors.distance(&you.colors)) / 2
	}
	return sum
}

// weighAll returns the images that are related to image i.
func weighAll(known []terms, i int) []int32 {
	limit := i
	if first := min(perPage, len(known)); i < first {
		limit = first
	}
	type found struct {
		at    int32
		score int
	}
	var all []found
	for k := range limit {
		if k == i || known[i].prompt != "" && known[i].prompt == known[k].prompt {
			continue
		}
		if score := weigh(known, i, k, limit); score >= 0 {
			all = append(all, found{int32(k), score})
		}
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Or(b.score-a.score, int(b.at-a.at)) })
	var list []int32
	for _, f := range all[:min(len(all), mostRelated)] {
		list = append(list, f.at)
	}
	return list
}

// What is found by lists of who shares what must be what is found by comparing each image with each
// other one.
func TestRelated(t *testing.T) {
	t.Parallel()
	for seed, n := range []int{0, 1, 2, 7, 60, 61, 150, 260} {
		random := rand.New(rand.NewPCG(uint64(seed), 16))
		images := relatedState(n, random).Visible()
		found := relate(images)
		if again := relate(images); gocmp.Diff(found.related, again.related)+gocmp.Diff(found.prompt, again.prompt) != "" {
			t.Errorf("seed %d: a second call finds others", seed)
		}
		known := make([]terms, n)
		for i, m := range images {
			known[n-1-i] = termsOf(m)
		}
		for i := range n {
			if got, want := found.related[i], weighAll(known, i); !slices.Equal(got, want) {
				t.Fatalf("seed %d: of %d images, %d is related to %d, want %d", seed, n, i, got, want)
			}
			if want := min(mostRelated, n-1); len(found.related[i]) < want && known[i].prompt == "" {
				t.Errorf("seed %d: image %d of %d has only %d related ones", seed, i, n, len(found.related[i]))
			}
		}
	}
}

// A new image must not change what older images lead to, and neither must one that is hidden again.
func TestRelatedStays(t *testing.T) {
	t.Parallel()
	all := relatedState(300, rand.New(rand.NewPCG(3, 16))).Visible()
	want := relate(all)
	for _, newer := range []int{1, 2, 100, 240} {
		got := relate(all[newer:])
		if diff := gocmp.Diff(want.related[:300-newer], got.related) + gocmp.Diff(want.prompt[:300-newer], got.prompt); diff != "" {
			t.Errorf("without the %d newest images: %s", newer, diff)
		}
	}
	for i, list := range want.related {
		for _, other := range slices.Concat(list, want.prompt[i]) {
			if int(other) == i || int(other) > max(i, perPage-1) {
				t.Errorf("image %d leads to %d", i, other)
			}
		}
	}
}

// Images with the same words as a prompt belong together, whatever their case and punctuation. They
// have a place of their own, so they are not among the related ones.
func TestSamePrompt(t *testing.T) {
	s := gallerytest.State(40)
	for i, prompt := range map[int]string{0: "A lake, at dawn.", 5: "a lake at dawn", 9: "A lake at dusk", 20: "A lake at  DAWN!", 30: "…", 31: "…"} {
		s.Images[39-i].Videos = []gallery.Video{{Prompt: prompt}}
	}
	found := relate(s.Visible())
	for i, want := range map[int][]int32{0: {20, 5}, 5: {20, 0}, 20: {5, 0}, 9: nil, 30: nil, 7: nil} {
		if got := found.prompt[i]; !slices.Equal(got, want) {
			t.Errorf("image %d has the prompt of %d, want %d", i, got, want)
		}
		for _, other := range want {
			if slices.Contains(found.related[i], other) {
				t.Errorf("image %d is shown twice on the page of %d", other, i)
			}
		}
	}
	if got := found.related[5]; got[0] != 9 {
		t.Errorf("image 5 is related to %d, and first of all to 9", got)
	}
}

// Pictures of one request are variations of each other, whichever is newer. They are shown nowhere
// else on each other's pages. The newest ones are shown if there are many.
func TestVariations(t *testing.T) {
	s := gallerytest.State(40)
	batch := func(name string, positions ...int) {
		for _, i := range positions {
			m := &s.Images[39-i]
			m.Generated, m.Tags = &gallery.Generated{Batch: name, Prompt: "A lake, at dawn."}, []string{"a tag"}
		}
	}
	batch("a", 2, 30, 31)
	batch("b", 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)
	batch("", 20, 21)
	found := relate(s.Visible())
	for i, want := range map[int][]int32{
		2: {31, 30}, 30: {31, 2}, 31: {30, 2}, 5: {18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7}, 18: {17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6},
		20: nil, 3: nil,
	} {
		if got := found.variations[i]; !slices.Equal(got, want) {
			t.Errorf("image %d has the variations %d, want %d", i, got, want)
		}
		for _, other := range slices.Concat(found.related[i], found.prompt[i]) {
			if slices.Contains(want, other) {
				t.Errorf("image %d is shown twice on the page of %d", other, i)
			}
		}
	}
	if got := found.prompt[20]; len(got) != mostWithPrompt {
		t.Errorf("image 20 has the prompt of %d, want %d of them", got, mostWithPrompt)
	}
}

// A new variation changes the pages of the others, which lead to it. A hidden one is on none.
func TestNewVariation(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s := gallerytest.State(80)
	for i := range s.Images {
		s.Images[i].Uploaded = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(-i) * time.Hour)
	}
	for _, i := range []int{0, 70, 75} {
		s.Images[i].Generated = &gallery.Generated{Batch: "batch"}
	}
	fresh, old, other, hidden := s.Images[0], gallery.ImagePath(s.Images[70].Slug), gallery.ImagePath(s.Images[71].Slug), s.Images[75].Slug
	s.Images[75] = *gallery.Tombstone(hidden, "key")
	s.Images = s.Images[1:]
	buildExample(t, dir, s, exampleOptions(t, ""))
	before := treeOf(t, dir)
	if strings.Contains(before[old], "Variations") {
		t.Error("there is a variation, but it is hidden")
	}
	s.Images = append([]gallery.Image{fresh}, s.Images...)
	buildExample(t, dir, s, exampleOptions(t, ""))
	after := treeOf(t, dir)
	link := `<a href="../../` + gallery.ImagePath(fresh.Slug)
	if _, list, _ := strings.Cut(after[old], "<h2>Variations</h2>"); !strings.Contains(list, link) || strings.Contains(after[old], hidden) {
		t.Errorf("the page does not lead to its new variation:\n%s", after[old])
	}
	if before[other] != after[other] {
		t.Error("the page of another image has changed")
	}
}

// The page of an image shows its related images without scripts, and never one that is hidden. The
// data say the same.
func TestRelatedOnPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s := relatedState(70, rand.New(rand.NewPCG(4, 16)))
	hidden := s.Images[30].Slug
	s.Images[30] = *gallery.Tombstone(hidden, s.Images[30].Keys...)
	buildExample(t, dir, s, exampleOptions(t, ""))
	wantComplete(t, dir, "/")
	images := s.Visible()
	found := relate(images)
	for row, m := range readData(t, dir) {
		var want []any
		for _, at := range found.related[len(images)-1-row] {
			want = append(want, float64(at))
			other := images[len(images)-1-int(at)]
			if page := string(readSite(t, dir, gallery.ImagePath(images[row].Slug))); !strings.Contains(page, `<a href="../../`+gallery.ImagePath(other.Slug)) {
				t.Errorf("the page of image %d does not lead to %s", row, other.Slug)
			}
		}
		if diff := gocmp.Diff(want, m["related"]); diff != "" {
			t.Errorf("the data of image %d: %s", row, diff)
		}
		if page := readSite(t, dir, gallery.ImagePath(images[row].Slug)); strings.Contains(string(page), hidden) {
			t.Errorf("the page of image %d names a hidden image", row)
		}
	}
}

// BenchmarkRelated finds the related images of a large gallery with tags and prompts.
func BenchmarkRelated(b *testing.B) {
	images := relatedState(10_000, rand.New(rand.NewPCG(5, 16))).Visible()
	b.ReportAllocs()
	for b.Loop() {
		relate(images)
	}
}

// One more image changes the pages of no others but its neighbour's and that of the image that
// leaves the index, whatever it shares with them.
func TestNewImageChangesNoRelatedPage(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	s := relatedState(130, rand.New(rand.NewPCG(6, 16)))
	fresh := s.Images[0]
	fresh.Tags, fresh.Videos = []string{"tag0", "tag1", "tag2"}, s.Images[40].Videos
	s.Images = s.Images[1:]
	buildExample(t, dir, s, exampleOptions(t, ""))
	before := treeOf(t, dir)
	s.Images = append([]gallery.Image{fresh}, s.Images...)
	buildExample(t, dir, s, exampleOptions(t, ""))
	var changed []string
	for name, data := range treeOf(t, dir) {
		if strings.HasPrefix(name, gallery.ImageFolder) && before[name] != data {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	want := []string{gallery.ImagePath(s.Images[0].Slug), gallery.ImagePath(s.Images[1].Slug), gallery.ImagePath(s.Images[perPage].Slug)}
	slices.Sort(want)
	if diff := gocmp.Diff(want, changed); diff != "" {
		t.Error(diff)
	}
}

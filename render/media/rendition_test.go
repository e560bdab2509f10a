package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"firstframe/render/media/mediatest"
)

func TestPlanWidths(t *testing.T) {
	old := []int{480, 960, 1920}
	for _, test := range []struct {
		wanted        []int
		width, height int
		want          []int
	}{
		{nil, 4032, 3024, []int{440, 864, 1200, 1920}},
		{nil, 1920, 1080, []int{440, 864, 1200, 1920}},
		{old, 1921, 1080, []int{480, 960, 1920}},
		{old, 1919, 1080, []int{480, 960, 1919}},
		{old, 1200, 800, []int{480, 960, 1200}},
		{old, 1104, 800, []int{480, 960, 1104}}, // 15 % more than 960
		{old, 1103, 800, []int{480, 1103}},
		{old, 1000, 600, []int{480, 1000}},
		{old, 960, 600, []int{480, 960}},
		{old, 500, 300, []int{500}},
		{old, 480, 300, []int{480}},
		{nil, 300, 200, []int{300}},
		{nil, 1, 1, []int{1}},
		{[]int{100, 105, 110, 300}, 4000, 3000, []int{110, 300}},
		{[]int{320}, 4000, 3000, []int{320}},

		// Narrower than 4:3: as high as one of 4:3 in a row, and as many pixels alone.
		{old, 3024, 4032, []int{270, 540, 1440}},
		{nil, 1024, 1536, []int{220, 432, 600, 1024}},
		{old, 3000, 3000, []int{360, 720, 1663}},
		{old, 400, 4000, []int{36, 72, 400}},
		{[]int{320}, 3000, 4000, []int{240}},

		// Wider than 2:1: as many pixels as one of 2:1.
		{old, 4000, 2000, []int{480, 960, 1920}},
		{old, 4000, 400, []int{1073, 2147, 4000}},
		{old, 16384, 1, []int{16384}},
	} {
		if got := planWidths(test.wanted, test.width, test.height); !slices.Equal(got, test.want) {
			t.Errorf("%v of %d × %d: got %v, want %v", test.wanted, test.width, test.height, got, test.want)
		}
	}
}

// Memory and files are limited: no shape makes a rendition of more pixels.
func TestPlannedPixels(t *testing.T) {
	for width := 1; width <= 1<<14; width = 1 + width*3/2 {
		for height := 1; height <= 1<<14; height = 1 + height*3/2 {
			plan := new(Maker).Plan(hash, width, height)
			if r := plan[len(plan)-1]; r.Width*r.Height > 1920*1440*101/100 {
				t.Errorf("of %d × %d, a rendition has %d × %d pixels", width, height, r.Width, r.Height)
			}
		}
	}
}

const hash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func TestPlan(t *testing.T) {
	form := regexp.MustCompile(`^media/0011223344556677-\d+-[0-9a-f]{10}\.jpg$`)
	m := new(Maker)
	plan := m.Plan(hash, 4032, 3024)
	var sizes []string
	for _, r := range plan {
		sizes = append(sizes, fmt.Sprintf("%d×%d", r.Width, r.Height))
		if !form.MatchString(r.Path) || r.Bytes != 0 {
			t.Errorf("got %+v", r)
		}
	}
	if want := []string{"440×330", "864×648", "1200×900", "1920×1440"}; !slices.Equal(sizes, want) {
		t.Errorf("got %v, want %v", sizes, want)
	}
	if got := m.Plan(hash, 0, 10); got != nil {
		t.Errorf("an empty picture: got %v", got)
	}
	for _, size := range [][2]int{{1, 16384}, {16384, 1}, {3, 16384}, {16384, 3}, {1, 1}} {
		for _, r := range m.Plan(hash, size[0], size[1]) {
			if r.Width < 1 || r.Height < 1 || r.Width > size[0] || r.Height > size[1] {
				t.Errorf("of %v: %+v", size, r)
			}
		}
	}
}

// If bytes change under a name, caches serve the old ones for ever. If a name changes for no
// reason, the files of every image are made again.
func TestKeysFollowTheSettings(t *testing.T) {
	paths := func(m *Maker, hash string) []string {
		var out []string
		for _, r := range m.Plan(hash, 4032, 3024) {
			out = append(out, r.Path)
		}
		return out
	}
	base := paths(new(Maker), hash)
	if same := paths(&Maker{Quality: 82, Widths: []int{440, 864, 1200, 1920}, Background: color.NRGBA{255, 255, 255, 255}, Budget: 1, Timeout: 1}, hash); !slices.Equal(base, same) {
		t.Error("explicit defaults give other names")
	}
	for name, other := range map[string][]string{
		"quality":    paths(&Maker{Quality: 81}, hash),
		"background": paths(&Maker{Background: color.NRGBA{1, 2, 3, 255}}, hash),
		"original":   paths(new(Maker), "f"+hash[1:]),
		"chain":      paths(&Maker{Widths: []int{440, 864, 1200, 2400}}, hash),
		"widths":     paths(&Maker{Widths: []int{220, 432, 1200, 1920}}, hash),
	} {
		for i := range base {
			if base[i] == other[i] {
				t.Errorf("%s: the name %s stays", name, base[i])
			}
		}
	}
	// The JPEG beside AVIFs has the bytes that it had without them.
	with := paths(&Maker{AVIF: true}, hash)
	if with[0] != base[1] {
		t.Errorf("with AVIF, the JPEG is %s, not %s", with[0], base[1])
	}
}

// A page has many names of files. They are short after compression because all renditions of an
// image have the same key.
func TestRenditionsShareAKey(t *testing.T) {
	keys := map[string]bool{}
	for _, r := range (&Maker{AVIF: true}).Plan(hash, 4032, 3024) {
		name, _ := ParseName(r.Path)
		keys[name.Key] = true
	}
	if len(keys) != 1 {
		t.Errorf("the renditions of an image have %d keys", len(keys))
	}
}

// Beside AVIFs there is one JPEG, in the width that is best for cards.
func TestPlanWithAVIF(t *testing.T) {
	for _, test := range []struct {
		wanted []int
		width  int
		want   string
	}{
		{[]int{480, 960, 1920}, 4032, "960.jpg 480.avif 960.avif 1920.avif"},
		{[]int{480, 960, 1920}, 1400, "960.jpg 480.avif 960.avif 1400.avif"},
		{[]int{480, 960, 1920}, 1024, "1024.jpg 480.avif 1024.avif"},
		{nil, 300, "300.jpg 300.avif"},
		{[]int{480, 768, 1152, 1920}, 4032, "768.jpg 480.avif 768.avif 1152.avif 1920.avif"},
		{[]int{320, 640, 1280, 2560}, 4032, "640.jpg 320.avif 640.avif 1280.avif 2560.avif"},
		{[]int{1600, 3200}, 4032, "1600.jpg 1600.avif 3200.avif"},
		{[]int{100, 200}, 4032, "200.jpg 100.avif 200.avif"},
		{[]int{600, 1200, 2400}, 4032, "600.jpg 600.avif 1200.avif 2400.avif"},
	} {
		var got []string
		plan := (&Maker{Widths: test.wanted, AVIF: true}).Plan(hash, test.width, test.width*3/4)
		for _, r := range plan {
			name, _ := ParseName(r.Path)
			got = append(got, name.Width+extension(name.Type))
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%v of %d: got %s, want %s", test.wanted, test.width, got, test.want)
		}
		if !slices.IsSortedFunc(plan, CompareRenditions) {
			t.Errorf("%v of %d: not sorted", test.wanted, test.width)
		}
	}
}

// A video element takes one file as its poster, in a format that every browser shows.
func TestCover(t *testing.T) {
	data := mediatest.JPEG(t, mediatest.DrawPicture(100, 60))
	for _, avif := range []bool{false, true} {
		var written []string
		m := &Maker{Widths: []int{40, 80}, AVIF: avif, Write: func(name string, _ []byte) error {
			written = append(written, name)
			return nil
		}}
		poster, err := m.Cover(t.Context(), keep(t, "image/jpeg", data))
		if err != nil {
			t.Fatal(err)
		}
		if len(poster) != 1 || poster[0].Width != 80 || poster[0].MediaType() != "image/jpeg" || !slices.Equal(written, []string{poster[0].Path}) {
			t.Errorf("AVIF %v: wrote %v, returned %+v", avif, written, poster)
		}
	}
}

// Any rendition can be lost. What is left must still be shown as well as possible.
func TestRenditionsForPrograms(t *testing.T) {
	list := func(names string) Renditions {
		l := Renditions{}
		for name := range strings.FieldsSeq(names) {
			width, extension, _ := strings.Cut(name, ".")
			n, _ := strconv.Atoi(width)
			l = append(l, Rendition{Path: "media/" + hash[:16] + "-" + width + "-0a." + extension, Width: n, Height: n, Bytes: 1})
		}
		return l
	}
	for _, test := range []struct{ all, common, avif, largest string }{
		{"480.jpg 960.jpg", "480.jpg 960.jpg", "", "960.jpg"},
		{"960.jpg 480.avif 1920.avif", "960.jpg", "480.avif 1920.avif", "1920.avif"},
		{"960.jpg 480.avif 960.avif", "960.jpg", "480.avif 960.avif", "960.avif"},
		{"960.jpg 480.avif", "960.jpg", "", "960.jpg"}, // the others are lost
		{"480.avif 960.avif", "480.avif 960.avif", "480.avif 960.avif", "960.avif"},
	} {
		l := list(test.all)
		if diff := cmp.Diff(list(test.common), l.Common()); diff != "" {
			t.Errorf("%s, common: %s", test.all, diff)
		}
		if diff := cmp.Diff(list(test.avif), l.AVIF(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s, AVIF: %s", test.all, diff)
		}
		if got := l.Largest(); got != list(test.largest)[0] {
			t.Errorf("%s: the largest is %+v", test.all, got)
		}
		if got := l.Smallest(); got != list(test.common)[0] {
			t.Errorf("%s: the smallest is %+v", test.all, got)
		}
	}
}

func TestMakeWritesWhatIsPlanned(t *testing.T) {
	data := mediatest.JPEG(t, mediatest.DrawPicture(1300, 90))
	o := keep(t, "image/jpeg", data)
	var order []int
	var sums []string
	m := &Maker{}
	m.Write = func(name string, data []byte) error {
		order, sums = append(order, len(data)), append(sums, Sum(data))
		return nil
	}
	pic, err := m.Make(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	slices.Reverse(sums)
	for i, r := range pic.Renditions {
		sizes = append(sizes, int(r.Bytes))
		if r.Sum != sums[i] {
			t.Errorf("%s has the sum %s, want %s", r.Path, r.Sum, sums[i])
		}
		pic.Renditions[i].Bytes, pic.Renditions[i].Sum = 0, ""
	}
	if diff := cmp.Diff(m.Plan(o.SHA256, 1300, 90), pic.Renditions); diff != "" {
		t.Error(diff)
	}
	slices.Reverse(order)
	if !slices.Equal(order, sizes) || !slices.IsSorted(sizes) {
		t.Errorf("wrote %v in reverse, reported %v", order, sizes)
	}
	if pic.Width != 1300 || pic.Height != 90 || pic.Camera != nil {
		t.Errorf("got %+v", pic)
	}
}

func TestMakeIsRepeatable(t *testing.T) {
	data := mediatest.PNG(t, mediatest.DrawPicture(700, 100))
	_, first := mustMake(t, new(Maker), "image/png", data)
	_, second := mustMake(t, new(Maker), "image/png", data)
	for i := range first {
		if !bytes.Equal(first[i], second[i]) {
			t.Errorf("rendition %d differs", i)
		}
	}
}

func TestExtremePictures(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 16384}, {16384, 1}, {2, 9000}, {9000, 2}} {
		m := image.NewGray(image.Rect(0, 0, size[0], size[1]))
		pic, _ := mustMake(t, new(Maker), "image/png", mediatest.PNG(t, m))
		if pic.Width != size[0] || pic.Height != size[1] {
			t.Errorf("got %d × %d, want %v", pic.Width, pic.Height, size)
		}
	}
}

func TestErrorOfWriteIsHandedOn(t *testing.T) {
	full := errors.New("disk full")
	calls := 0
	m := &Maker{Write: func(string, []byte) error { calls++; return full }}
	_, err := m.Make(t.Context(), keep(t, "image/png", mediatest.PNG(t, mediatest.Blocks(1000, 600))))
	if bad := (*PictureError)(nil); !errors.Is(err, full) || errors.As(err, &bad) {
		t.Errorf("got %v", err)
	}
	if calls != 1 {
		t.Errorf("%d calls after the disk was full", calls-1)
	}
}

func TestNothingIsWrittenAfterAnInterruption(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	m := &Maker{Write: func(string, []byte) error { calls++; cancel(); return nil }}
	_, err := m.Make(ctx, keep(t, "image/png", mediatest.PNG(t, mediatest.Blocks(1000, 600))))
	if err != context.Canceled || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
}

// A rendition is the same, whichever processor makes it.
func TestIdleProcessorsHelp(t *testing.T) {
	o := keep(t, "image/jpeg", mediatest.JPEG(t, mediatest.DrawPicture(2000, 300)))
	make := func(idle func() (func(), bool)) (Picture, map[string][]byte) {
		var mu sync.Mutex
		written := map[string][]byte{}
		m := &Maker{Idle: idle, Write: func(name string, data []byte) error {
			mu.Lock()
			defer mu.Unlock()
			written[name] = data
			return nil
		}}
		pic, err := m.Make(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return pic, written
	}
	wantPicture, want := make(nil)
	for idle := range 4 {
		var taken, released atomic.Int32
		pic, written := make(func() (func(), bool) {
			if int(taken.Load()) == idle {
				return nil, false
			}
			taken.Add(1)
			return func() { released.Add(1) }, true
		})
		if diff := cmp.Diff(wantPicture, pic); diff != "" {
			t.Errorf("with %d: %s", idle, diff)
		}
		if diff := cmp.Diff(want, written); diff != "" {
			t.Errorf("with %d: other renditions", idle)
		}
		if n := min(idle, len(pic.Renditions)-1); int(taken.Load()) != n || int(released.Load()) != n {
			t.Errorf("of %d, %d were taken and %d released, want %d", idle, taken.Load(), released.Load(), n)
		}
	}
}

func TestErrorOfAnIdleProcessorIsHandedOn(t *testing.T) {
	full := errors.New("disk full")
	var released atomic.Int32
	m := &Maker{
		Widths: []int{480, 1000},
		Idle:   func() (func(), bool) { return func() { released.Add(1) }, true },
		Write: func(name string, _ []byte) error {
			if strings.Contains(name, "-1000-") {
				return full
			}
			return nil
		},
	}
	_, err := m.Make(t.Context(), keep(t, "image/png", mediatest.PNG(t, mediatest.Blocks(1000, 600))))
	if !errors.Is(err, full) || released.Load() != 1 {
		t.Errorf("got %v, and %d released", err, released.Load())
	}
}

//go:build unix

package command

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"firstframe/fetch"
	"firstframe/fetch/fetchtest"
	"firstframe/render/check"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// nights is a gallery whose runs have only time for a number of pictures. Its clock is what they
// write: no test depends on how fast a machine is.
type nights struct {
	*computer
}

// newNights returns a gallery. The service lists nothing yet.
func newNights(t *testing.T) *nights {
	m := newComputer(t)
	t.Setenv("USEAPI_TOKEN", m.service.Token)
	t.Setenv("USEAPI_ACCOUNT", "")
	t.Setenv("GITHUB_ACTIONS", "")
	return &nights{m}
}

// run makes a run with one job. The time budget is used up when it has made so many files in
// media/. Below 0, there is time for everything. It returns the exit code, and everything that was
// printed.
func (n *nights) run(files int, args ...string) (code int, said string) {
	n.t.Helper()
	return n.disturbed(n.t.Context(), files, nil, args...)
}

// disturbed is run with a function that is called before each operation that changes the disk, and
// can make it fail. ctx ends when the run is interrupted.
func (n *nights) disturbed(ctx context.Context, files int, step func(operation, path string) error, args ...string) (code int, said string) {
	n.t.Helper()
	var mu sync.Mutex
	end := func(error) {}
	h := hooks{
		limited: func(ctx context.Context, _ time.Duration, cause error) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			mu.Lock()
			defer mu.Unlock()
			end = func(error) { cancel(cause) }
			if files == 0 {
				end(nil)
			}
			return ctx, func() { cancel(nil) }
		},
		step: func(operation, path string) error {
			mu.Lock()
			defer mu.Unlock()
			if operation == "rename" && strings.HasPrefix(path, "media/") {
				if files--; files == 0 {
					end(nil)
				}
			}
			if step == nil {
				return nil
			}
			return step(operation, path)
		},
	}
	all := append([]string{"--api=" + n.api, "--allow-private-hosts", "--out=" + n.out, "--cache=" + n.cache, "--jobs=1"}, args...)
	var out bytes.Buffer
	code = runHooked(ctx, repositoryFiles(), all, strings.NewReader(""), &out, &out, h)
	return code, out.String()
}

// wants runs, and checks the exit code. Afterwards the site must be whole, with so many images as
// --widths=48 makes them, and so many as --widths=64 does.
func (n *nights) wants(files, code, new, old int, args ...string) (said string) {
	n.t.Helper()
	got, said := n.run(files, args...)
	if got != code {
		n.t.Errorf("exit code %d, want %d: %s", got, code, said)
	}
	var counts [2]int
	for _, m := range n.images() {
		for i, width := range []int{48, 64} {
			plan := (&media.Maker{Widths: []int{width}}).Plan(m.SHA256, m.Width, m.Height)
			if len(m.Renditions) == 1 && m.Renditions[0].Path == plan[0].Path {
				counts[i]++
			}
		}
	}
	if want := [2]int{new, old}; counts != want {
		n.t.Errorf("the site has %d new and old images, want %d", counts, want)
	}
	n.complete(new + old)
	return said
}

// images returns the images of the site.
func (n *nights) images() []gallery.Image {
	n.t.Helper()
	state, _, err := gallery.Load(os.DirFS(n.out))
	must(n.t, err)
	return state.Images
}

// TestNightsMakePicturesAgain changes the widths of a gallery whose nights have time for two
// pictures each. The site is whole all the time, new images do not wait, what waits keeps all that
// it has, and after some nights there is nothing more to do.
func TestNightsMakePicturesAgain(t *testing.T) {
	n := newNights(t)
	n.pictures("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg")
	n.wants(-1, exitOK, 0, 5, "--widths=64")
	before := n.tree(n.out)
	if said := n.wants(0, exitOK, 0, 5, "--widths=48", "--dry-run"); !strings.Contains(said, "5 made again") {
		t.Errorf("a dry run says: %s", said)
	}
	said := n.wants(0, exitIncomplete, 0, 5, "--widths=48", "--time-budget=90m")
	if want := "warning: 5 images keep their old pictures until the next run, because the --time-budget of 1h30m is used up\n"; !strings.Contains(said, want) {
		t.Errorf("a run without time says: %s", said)
	}
	if got := n.tree(n.out); len(got) != len(before) {
		t.Errorf("a run without time has left %d files, want %d", len(got), len(before))
	}
	n.wants(2, exitIncomplete, 2, 3, "--widths=48")
	after := n.tree(n.out)
	for _, m := range n.images() {
		for _, r := range m.Renditions {
			if r.Width == 64 && before[r.Path] != after[r.Path] {
				t.Errorf("%s was touched before its image was made again", r.Path)
			}
		}
	}
	// A new image comes first, also in a night without time for anything else.
	n.pictures("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "new.jpg")
	said = n.wants(1, exitIncomplete, 3, 3, "--widths=48")
	if !strings.Contains(said, "6 images in "+n.out+", 1 new, 3 with old pictures") {
		t.Errorf("a night with a new image says: %s", said)
	}
	n.wants(2, exitIncomplete, 5, 1, "--widths=48")
	n.wants(2, exitOK, 6, 0, "--widths=48")
	if said := n.wants(2, exitOK, 6, 0, "--widths=48"); !strings.Contains(said, "nothing new") {
		t.Errorf("a run after all nights says: %s", said)
	}
	n.same(n.calm("--widths=48"))
}

// calm returns the site that a single run makes that has all the time it wants.
func (n *nights) calm(args ...string) map[string]string {
	n.t.Helper()
	other := *n.computer
	other.out = filepath.Join(n.t.TempDir(), "out")
	if code, said := (&nights{&other}).run(-1, args...); code != exitOK {
		n.t.Fatalf("exit code %d: %s", code, said)
	}
	return n.tree(other.out)
}

// same checks that the site is the one that a single run makes.
func (n *nights) same(want map[string]string) {
	n.t.Helper()
	got := n.tree(n.out)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !sameEntry(got[name], want[name], true) {
			n.t.Errorf("%s differs from that of a single run", name)
		}
	}
	if len(got) != len(want) {
		n.t.Errorf("the site has %d files, want %d", len(got), len(want))
	}
}

// tree returns the files of a site.
func (n *nights) tree(dir string) map[string]string {
	n.t.Helper()
	tree, err := snapshotTree(dir)
	must(n.t, err)
	return tree
}

// TestOrderOfWork checks what comes first if the time is short: new images before known ones, what
// needs no download, and then the newest. Every fourth place belongs to the order of the day, which
// changes: so each task comes early on some day.
func TestOrderOfWork(t *testing.T) {
	cache := &fetch.Cache{Dir: t.TempDir()}
	r := &run{cache: cache}
	var tasks []task
	for i := range 40 {
		hour := time.Date(2024, 7, 1, i, 0, 0, 0, time.UTC)
		if i%2 == 0 {
			tasks = append(tasks, task{file: &listedFile{File: &fetch.File{ID: fmt.Sprint(i)}, uploaded: hour.Unix()}})
			continue
		}
		shown := &gallery.Image{Uploaded: hour, Renditions: []media.Rendition{{}}}
		tasks = append(tasks, task{image: shown})
	}
	tasks = append(tasks, task{image: &gallery.Image{}}) // has lost its renditions
	fresh, again := split(tasks)
	if len(fresh) != 21 || len(again) != 20 {
		t.Fatalf("%d new images and %d to be made again", len(fresh), len(again))
	}
	early := map[int]bool{}
	for day := range 80 {
		t.Setenv("SOURCE_DATE_EPOCH", fmt.Sprint(1_795_000_000+day*86_400))
		order := r.order(again)
		if sorted := slices.Sorted(slices.Values(order)); len(sorted) != 20 || len(slices.Compact(sorted)) != 20 {
			t.Fatalf("%d is no order", order)
		}
		last := len(again)
		for i, at := range order {
			if i < 5 {
				early[at] = true
			}
			if (i+1)%everyFourth == 0 {
				continue
			}
			if at > last {
				t.Errorf("in %d, an older one comes before %d", order, at)
			}
			last = at
		}
	}
	if len(early) != 20 {
		t.Errorf("only %d of 20 tasks come early on some day", len(early))
	}
}

// TestUnfinishedParts merges parts of machines that had not the time for everything. Each image
// gets the best complete set of files that there is: as the settings want it, or as the site has
// it, or as the part has it. The next run makes the rest.
func TestUnfinishedParts(t *testing.T) {
	n := newNights(t)
	n.pictures("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg")
	parts := filepath.Join(n.dir, "parts")
	part := func(files, code int, args ...string) {
		t.Helper()
		args = append(args, "--shard=1/1", "--out="+filepath.Join(parts, "1"))
		if got, said := n.run(files, args...); got != code {
			t.Fatalf("exit code %d, want %d: %s", got, code, said)
		}
	}
	part(4, exitIncomplete, "--widths=64")
	said := n.wants(0, exitIncomplete, 0, 4, "--widths=64", "--merge="+parts)
	if !strings.Contains(said, "1 file is left for the next run") {
		t.Errorf("merging an unfinished part says: %s", said)
	}
	part(-1, exitOK, "--widths=64")
	part(2, exitIncomplete, "--widths=48")
	n.wants(0, exitIncomplete, 2, 3, "--widths=48", "--merge="+parts) // four known images, and a new one with an old set
	must(t, os.RemoveAll(n.out))
	said = n.wants(0, exitIncomplete, 2, 3, "--widths=48", "--merge="+parts)
	if !strings.Contains(said, "5 new, 3 with old pictures") {
		t.Errorf("a first merge says: %s", said)
	}
	n.wants(-1, exitOK, 5, 0, "--widths=48")
	n.same(n.calm("--widths=48"))
}

// TestNightsWithOtherSettings changes several settings at once, in nights that end early in every
// way: the time budget is used up, an interrupt comes, or the machine is switched off. The site
// must be whole after each of them, and in the end it is that of a single run. What the owner takes
// off the site leaves it in the first night.
func TestNightsWithOtherSettings(t *testing.T) {
	n := newNights(t)
	n.pictures(pictureNames(1, 12)...)
	n.wants(-1, exitOK, 0, 12, "--widths=64", "--originals")
	settings := []string{"--widths=30,48", "--quality=50", "--originals=false", "--title=Another"}
	for night := range 3 {
		if code, said := n.run(3, settings...); code != exitIncomplete {
			t.Fatalf("night %d: exit code %d: %s", night, code, said)
		}
		n.complete(12)
		for _, m := range n.images() {
			if m.Original != nil {
				t.Fatal("an original is published longer than its owner wants it to be")
			}
		}
		if night == 1 {
			must(t, os.RemoveAll(n.cache)) // from now on, each original must be downloaded again
		}
		interrupted, interrupt := context.WithCancel(t.Context())
		code, said := n.disturbed(interrupted, -1, endAfter(night, func() error { interrupt(); return nil }), settings...)
		if code != exitInterrupted {
			t.Fatalf("interrupted in night %d: exit code %d: %s", night, code, said)
		}
		n.complete(12)
		code, said = n.disturbed(t.Context(), -1, endAfter(night, func() error { return syscall.EIO }), settings...)
		if code != exitFailed {
			t.Fatalf("switched off in night %d: exit code %d: %s", night, code, said)
		}
		report, err := check.Site(t.Context(), os.DirFS(n.out), check.Options{})
		if err != nil || len(report.Errors) > 0 || report.Images != 12 {
			t.Fatalf("switched off in night %d: the site has %d images, and errors: %v: %v", night, report.Images, report.Errors, err)
		}
	}
	if code, said := n.run(-1, settings...); code != exitOK {
		t.Fatalf("exit code %d: %s", code, said)
	}
	n.complete(12)
	n.same(n.calm(settings...))
}

// endAfter returns a function for disturbed. After so many files in media/, it does what end does
// in each operation.
func endAfter(files int, end func() error) func(operation, path string) error {
	return func(operation, path string) error {
		if operation == "rename" && strings.HasPrefix(path, "media/") {
			files--
		}
		if files < 0 {
			return end()
		}
		return nil
	}
}

// TestNightsBringNewClips changes the widths of a gallery. A new clip does not wait until all
// pictures are made again, and a clip that waits is counted as such.
func TestNightsBringNewClips(t *testing.T) {
	n := newNights(t)
	n.pictures("a.jpg", "b.png", "c.jpg")
	n.wants(-1, exitOK, 0, 3, "--widths=64", "--source=both", "--clips")
	n.service.SetVideos(filmed)
	said := n.wants(0, exitIncomplete, 0, 3, "--widths=48", "--source=both", "--clips")
	if !strings.Contains(said, "1 file is left for the next run") || !strings.Contains(said, "3 images keep their old pictures") {
		t.Errorf("a night without time says: %s", said)
	}
	n.wants(2, exitIncomplete, 0, 3, "--widths=48", "--source=both", "--clips") // the clip and its poster
	clips := 0
	for _, m := range n.images() {
		for _, v := range m.Videos {
			if v.Clip != nil {
				clips++
			}
		}
	}
	if clips != 1 {
		t.Errorf("the site has %d clips, want the new one", clips)
	}
	n.wants(-1, exitOK, 3, 0, "--widths=48", "--source=both", "--clips")
}

// TestInterruptedWorkIsNotLost interrupts a first build. The next run takes the renditions that it
// has left in the folder, and does not make them again. To see that, the test puts a rendition of
// another picture in place of one of them. If the state says that a file has other bytes, it is
// damaged, and made again.
func TestInterruptedWorkIsNotLost(t *testing.T) {
	n := newNights(t)
	n.service.Set([]fetchtest.Picture{tinyPicture(1), tinyPicture(65_000)})
	build := func() {
		t.Helper()
		if code, said := n.run(-1); code != exitOK {
			t.Fatalf("exit code %d: %s", code, said)
		}
		n.complete(2)
	}
	read := func(name string) []byte {
		t.Helper()
		data, err := os.ReadFile(name)
		must(t, err)
		return data
	}
	files := func() []string {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(n.out, "media", "*.jpg"))
		must(t, err)
		return names
	}
	build()
	whole, made := n.tree(n.out), files()
	other := map[string][]byte{made[0]: read(made[1]), made[1]: read(made[0])}
	if len(other[made[0]]) == len(other[made[1]]) {
		t.Fatal("the test needs renditions with different lengths")
	}
	must(t, os.WriteFile(made[0], other[made[0]], 0o644))
	build()
	n.same(whole)

	must(t, os.RemoveAll(n.out))
	code, said := n.disturbed(t.Context(), -1, endAfter(1, func() error { return syscall.EIO }))
	if code != exitFailed {
		t.Fatalf("exit code %d: %s", code, said)
	}
	left := files()
	if len(left) != 1 {
		t.Fatalf("the killed run has left %d renditions", len(left))
	}
	must(t, os.WriteFile(left[0], other[left[0]], 0o644))
	build()
	if !bytes.Equal(read(left[0]), other[left[0]]) {
		t.Error("a rendition that an interrupted run has left was made again")
	}
}

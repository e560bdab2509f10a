package gallery_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
)

// A state from elsewhere must not name files of other kinds as clips.
func TestHostileClip(t *testing.T) {
	for _, path := range []string{"../x.mp4", "media/x.mp4", "media/0123456789abcdef-00.js", "index.html"} {
		s := gallerytest.State(1)
		s.Images[0].Videos = []gallery.Video{{Key: "a", Clip: &media.Clip{Published: media.Published{Path: path, Bytes: 1, Sum: ""}, Width: 1, Height: 1}}}
		if _, err := gallery.Decode(encodeState(t, s)); err == nil {
			t.Errorf("the clip %s is taken", path)
		}
	}
}

// encodeState returns the bytes of a state.
func encodeState(t *testing.T, s *gallery.State) []byte {
	t.Helper()
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A state that is written and read again is the same.
func TestStateRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 3} {
		want := gallerytest.State(n)
		want.Skipped = []gallery.Skipped{{Key: "00", Type: "text/html"}, {Key: "01", Type: "text/html", Tries: 2, Next: "2026-11-24", Entry: "0f"}}
		data := encodeState(t, want)
		got, err := gallery.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(gallery.Image{})); diff != "" {
			t.Error(diff)
		}
		if again := encodeState(t, got); !bytes.Equal(data, again) {
			t.Errorf("encoded again it has other bytes")
		}
	}
}

// A state that is cut at any byte, or has a flipped bit, must never cost an image: the copy beside
// it replaces it.
func TestDamagedState(t *testing.T) {
	data := encodeState(t, gallerytest.State(3))
	damaged := map[string][]byte{}
	for i := range data {
		damaged[fmt.Sprintf("cut at %d", i)] = data[:i]
		flipped := bytes.Clone(data)
		flipped[i] ^= 1 << (i % 8)
		damaged[fmt.Sprintf("bit flipped at %d", i)] = flipped
	}
	for name, bad := range damaged {
		site := fstest.MapFS{
			gallery.StateName: {Data: bad}, gallery.BackupName: {Data: data}, "index.html": {},
		}
		s, repaired, err := gallery.Load(site)
		if errors.Is(err, gallery.ErrNewerState) && strings.Contains(name, "flipped") {
			continue // the flip made another version number of it: refused, nothing lost
		}
		if err != nil || len(s.Images) != 3 || !repaired {
			t.Fatalf("%s: %v images, repaired %v, %v", name, s, repaired, err)
		}
	}
}

// Without the copy, the whole lines and the pictures are enough.
func TestSalvage(t *testing.T) {
	dir := t.TempDir()
	full := gallerytest.JPEG(t, 48, 32)
	s := gallerytest.State(3)
	os.Mkdir(filepath.Join(dir, "media"), 0o755)
	for _, m := range s.Images {
		if err := os.WriteFile(filepath.Join(dir, m.Renditions[0].Path), full, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data := encodeState(t, s)
	for i := range data {
		write := func(name string, data []byte) {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		write("index.html", nil)
		write(gallery.StateName, data[:i])
		got, repaired, err := gallery.Load(os.DirFS(dir))
		if err != nil || !repaired || len(got.Images) != 3 {
			t.Fatalf("cut at %d: %d images, repaired %v, %v", i, len(got.Images), repaired, err)
		}
	}
}

// In what is left of a damaged site, the cover of a clip is not taken for an image.
func TestSalvageWithCovers(t *testing.T) {
	s := gallerytest.State(2)
	s.Demo = true
	cover := media.Rendition{Path: "media/00000000000000cc-48-0a.jpg", Width: 48, Height: 32, Bytes: 1}
	s.Images[0].Videos = []gallery.Video{{Key: "key", Status: "completed", Clip: &media.Clip{
		Published: media.Published{Path: "media/00000000000000cd-0a.mp4", Bytes: 1}, Width: 48, Height: 32, Poster: []media.Rendition{cover},
	}}}
	data := encodeState(t, s)
	picture := &fstest.MapFile{Data: gallerytest.JPEG(t, 48, 32)}
	site := fstest.MapFS{"index.html": {}, cover.Path: picture}
	for _, m := range s.Images {
		site["image/"+m.Slug+"/index.html"] = &fstest.MapFile{}
		site[m.Renditions[0].Path] = picture
	}
	for name, state := range map[string][]byte{
		"another checksum": bytes.Replace(data, []byte("checksum"), []byte("chocksum"), 1), "empty": nil,
	} {
		site[gallery.StateName] = &fstest.MapFile{Data: state}
		got, repaired, err := gallery.Load(site)
		if err != nil || !repaired || !got.InPieces || len(got.Images) != 2 || got.Demo != (state != nil) {
			t.Errorf("%s: %d images, repaired %v, in pieces %v, demo %v, %v", name, len(got.Images), repaired, got.InPieces, got.Demo, err)
		}
	}
}

// A file in media/ that is not a picture takes no memory, even if it is large.
func TestSalvageHugeFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "media"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int64{"index.html": 0, "media/00000000000000cc-48-0a.jpg": 1 << 40, "media/00000000000000cd-48-0a.jpg": 64 << 20} {
		if err := errors.Join(os.WriteFile(filepath.Join(dir, name), nil, 0o644), os.Truncate(filepath.Join(dir, name), size)); err != nil {
			t.Skip(err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, _, err := gallery.Load(os.DirFS(dir))
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; err != nil || len(s.Images) > 0 || n > 8<<20 {
		t.Errorf("%d images, %d bytes of memory, %v", len(s.Images), n, err)
	}
}

// The state of a newer version is refused.
func TestNewerState(t *testing.T) {
	site := fstest.MapFS{gallery.StateName: {Data: []byte(`{"version": 5, "anything": []}`)}, "index.html": {}}
	if _, _, err := gallery.Load(site); !errors.Is(err, gallery.ErrNewerState) {
		t.Errorf("got %v, want ErrNewerState", err)
	}
}

// A state from elsewhere must not bring in paths or markup.
func TestHostileState(t *testing.T) {
	for name, spoil := range map[string]func(*gallery.Image){
		"slug":      func(m *gallery.Image) { m.Slug = "../../../etc" },
		"rendition": func(m *gallery.Image) { m.Renditions[0].Path = "../index.html" },
		"another's": func(m *gallery.Image) { m.Renditions[0].Path = gallerytest.Image(2).Renditions[0].Path },
		"width":     func(m *gallery.Image) { m.Renditions[0].Width++ },
		"hash":      func(m *gallery.Image) { m.SHA256 = gallerytest.Image(2).SHA256 },
		"filed":     func(m *gallery.Image) { m.Original = &media.Published{Path: "media/00000000000000cc-0a.jpg", Bytes: 1} },
		"original":  func(m *gallery.Image) { m.Original = &media.Published{Path: "/etc/passwd"} },
		"colour":    func(m *gallery.Image) { m.Color = "red;}</style>" },
		"tints":     func(m *gallery.Image) { m.Tints = "1234567;}</style>x" },
		"size":      func(m *gallery.Image) { m.Width = -1 },
	} {
		s := gallerytest.State(1)
		spoil(&s.Images[0])
		if _, err := gallery.Decode(encodeState(t, s)); !errors.Is(err, gallery.ErrDamaged) {
			t.Errorf("%s: got %v, want errDamaged", name, err)
		}
	}
}

// The order in which two equal files are met must not matter.
func TestMergeOrder(t *testing.T) {
	a, b := gallerytest.Image(1), gallerytest.Image(1)
	b.Keys, b.Name, b.Uploaded = []string{"0b"}, "later.jpg", a.Uploaded.Add(time.Hour)
	c := gallerytest.Image(1)
	c.Keys, c.Name = []string{"0c"}, "same-hour.jpg"
	orders := [][]gallery.Image{{a, b, c}, {a, c, b}, {b, a, c}, {b, c, a}, {c, a, b}, {c, b, a}}
	var want gallery.Image
	for i, order := range orders {
		m := order[0]
		m.Merge(order[1])
		m.Merge(order[2])
		if i == 0 {
			want = m
		}
		if diff := cmp.Diff(want, m, cmpopts.IgnoreUnexported(gallery.Image{})); diff != "" {
			t.Errorf("order %d: %s", i, diff)
		}
	}
	if want.Name != "picture-1.jpg" || len(want.Keys) != 3 {
		t.Errorf("got %q with keys %v, want the earliest", want.Name, want.Keys)
	}
}

// A picture of a folder that the service lists, too, is one image. It has what each of them says, in
// whatever order they are met.
func TestMergeFolder(t *testing.T) {
	folder, video, file := gallerytest.Image(1), gallerytest.Image(1), gallerytest.Image(1)
	folder.Keys, folder.Name, folder.Source, folder.Folders = []string{"0b"}, "beach.jpg", gallery.SourceFolder, []string{"2024", "summer"}
	video.Keys, video.Name, video.Source, video.Uploaded = []string{"0c"}, "", gallery.SourceVideos, folder.Uploaded.Add(-time.Hour)
	file.Keys, file.Name, file.Source, file.Uploaded = []string{"0d"}, "later.jpg", gallery.SourceFiles, folder.Uploaded.Add(time.Hour)
	for i, order := range [][]gallery.Image{
		{folder, video, file}, {folder, file, video}, {video, folder, file}, {video, file, folder}, {file, folder, video}, {file, video, folder},
	} {
		m := order[0]
		m.Merge(order[1])
		m.Merge(order[2])
		if !slices.Equal(m.Keys, []string{"0c", "0b", "0d"}) || m.Name != "" || m.Source != gallery.SourceFiles ||
			!m.Uploaded.Equal(video.Uploaded) || !slices.Equal(m.Folders, folder.Folders) {
			t.Errorf("order %d: got %+v", i, m)
		}
	}
	m := folder
	m.Merge(video)
	if m.Source != gallery.SourceVideos {
		t.Errorf("the source is %q, want videos", m.Source)
	}
}

// Cameras count. So pictures of a folder that were taken in the same hour are sorted by name, and
// all others by slug.
func TestSortFolder(t *testing.T) {
	images := make([]gallery.Image, 4)
	for i := range images {
		images[i] = gallerytest.Image(i)
		images[i].Uploaded = images[0].Uploaded
	}
	images[1].Source, images[1].Name = gallery.SourceFolder, "IMG_0002.jpg"
	images[3].Source, images[3].Name = gallery.SourceFolder, "IMG_0001.jpg"
	want := []string{images[1].Slug, images[3].Slug, min(images[0].Slug, images[2].Slug), max(images[0].Slug, images[2].Slug)}
	for range 2 {
		slices.Reverse(images)
		gallery.SortImages(images)
		for i, m := range images {
			if m.Slug != want[i] {
				t.Errorf("place %d: got %s, want %s", i, m.Slug, want[i])
			}
		}
	}
}

// No run writes a state with two images of one slug. It would make every run write. So it becomes
// one image, the same in any order, and a hidden one stays hidden.
func TestDuplicateSlugs(t *testing.T) {
	a, b, other := gallerytest.Image(1), gallerytest.Image(1), gallerytest.Image(2)
	b.Keys, b.Name, b.Uploaded, b.Renditions = []string{"0b"}, "later.jpg", a.Uploaded.Add(time.Hour), b.Renditions[:1]
	hidden := *gallery.Tombstone(a.Slug, "0c")
	var want []byte
	for _, images := range [][]gallery.Image{{a, other, b}, {b, other, a}, {b, a, other}} {
		got, err := gallery.Decode(encodeState(t, &gallery.State{Images: slices.Clone(images)}))
		if err != nil || len(got.Images) != 2 {
			t.Fatalf("got %v, %v", got, err)
		}
		gallery.SortImages(got.Images)
		data := encodeState(t, got)
		if want == nil {
			want = data
		}
		if !bytes.Equal(data, want) {
			t.Errorf("in another order the state is\n%s, and not\n%s", data, want)
		}
		m := got.Images[slices.IndexFunc(got.Images, func(m gallery.Image) bool { return m.Slug == a.Slug })]
		if m.Name != "picture-1.jpg" || len(m.Keys) != 2 || len(m.Renditions) != 2 {
			t.Errorf("it became %+v", m)
		}
		withHidden := append(slices.Clone(images), hidden)
		got, err = gallery.Decode(encodeState(t, &gallery.State{Images: withHidden}))
		if err != nil || len(got.Images) != 2 || !got.Images[slices.IndexFunc(got.Images, func(m gallery.Image) bool { return m.Slug == a.Slug })].Hidden {
			t.Errorf("what was hidden is shown again: %v, %v", got, err)
		}
	}
}

// What is left of a hidden image must not reveal anything about it.
func TestTombstone(t *testing.T) {
	hidden := gallerytest.Image(1)
	s := &gallery.State{Images: []gallery.Image{*gallery.Tombstone(hidden.Slug, "key")}}
	s.Images[0].Merge(hidden)
	data := encodeState(t, s)
	for _, private := range []string{"picture-1", "2024", "media/", "#102030", hidden.SHA256} {
		if bytes.Contains(data, []byte(private)) {
			t.Errorf("a hidden image is kept with %q: %s", private, data)
		}
	}
	if _, err := gallery.Decode(data); err != nil {
		t.Error(err)
	}
	// Whichever of two files was met first, hiding one of them hides the image.
	m := gallerytest.Image(1)
	m.Merge(*gallery.Tombstone(hidden.Slug, "key"))
	if diff := cmp.Diff(s.Images[0].Slug, m.Slug); diff != "" || !m.Hidden || m.Name != "" || len(m.Keys) != 2 {
		t.Errorf("merged with a hidden file it is %+v", m)
	}
}

// That a video was made from an image is remembered when the image is hidden, whatever else is
// forgotten. It is remembered of images that are gone, too, and if the state is damaged.
func TestUseIsKept(t *testing.T) {
	m := gallerytest.Image(1)
	m.Videos = []gallery.Video{{Key: "video", Prompt: "a dawn"}}
	m.Merge(*gallery.Tombstone(m.Slug, "key"))
	s := &gallery.State{Images: []gallery.Image{m, gallerytest.Image(2)}, Filmed: true}
	data := encodeState(t, s)
	if bytes.Contains(data, []byte("dawn")) {
		t.Errorf("a prompt of a hidden image is kept: %s", data)
	}
	for name, data := range map[string][]byte{"whole": data, "damaged": data[:len(data)-5]} {
		got, _, err := gallery.Load(fstest.MapFS{gallery.StateName: {Data: data}, "index.html": {}})
		if err != nil || !got.Filmed || len(got.Images) != 2 {
			t.Fatalf("%s: it became %+v, %v", name, got, err)
		}
		for _, m := range got.Images {
			if m.WasUsed() != m.Hidden {
				t.Errorf("%s: it became %+v", name, m)
			}
		}
	}
}

// An older state may have more of a hidden image than is needed, and the second in which a
// photograph was taken. Neither is kept.
func TestOldStateIsReduced(t *testing.T) {
	s := gallerytest.State(2)
	s.Images[0].Hidden = true
	s.Images[1].Camera = &media.Camera{Make: "Maker", Taken: "2024-07-01T12:34:56"}
	s.Images[1].Uploaded = time.Date(2024, 7, 1, 12, 34, 56, 0, time.UTC)
	s.Images[1].Videos = []gallery.Video{{Key: "video", Created: time.Date(2024, 7, 2, 12, 34, 56, 0, time.UTC)}}
	data := encodeState(t, s)
	for name, site := range map[string]fstest.MapFS{
		"whole":   {gallery.StateName: {Data: data}, "index.html": {}},
		"damaged": {gallery.StateName: {Data: data[:len(data)-5]}, "index.html": {}},
	} {
		got, _, err := gallery.Load(site)
		if err != nil || len(got.Images) != 2 {
			t.Fatalf("%s: %d images, %v", name, len(got.Images), err)
		}
		again := encodeState(t, got)
		for _, old := range []string{s.Images[0].SHA256, s.Images[0].Name, "34:56", "T12:34"} {
			if bytes.Contains(again, []byte(old)) {
				t.Errorf("%s: %q is kept: %s", name, old, again)
			}
		}
		for _, kept := range []string{s.Images[0].Slug, s.Images[0].Keys[0], `"taken":"2024-07-01"`, "2024-07-01T12:00:00Z"} {
			if !bytes.Contains(again, []byte(kept)) {
				t.Errorf("%s: %q is lost: %s", name, kept, again)
			}
		}
	}
}

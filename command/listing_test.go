package command

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"firstframe/fetch/fetchtest"
)

// TestListingOrder checks that the order of listings and accounts does not matter, even if a
// listing has a file twice with different values.
func TestListingOrder(t *testing.T) {
	for _, source := range []string{"both", "auto", "videos", "images"} {
		var first map[string]string
		for seed := range 8 {
			c := newChanging(t, "1001", "1002")
			if seed%2 == 1 {
				slices.Reverse(c.accounts)
			}
			for a, account := range []string{"1001", "1002"} {
				c.shuffled(account, 5*a, rand.New(rand.NewPCG(uint64(seed), 1)))
			}
			c.run("--source="+source, "--prompts")
			site := map[string]string{}
			tree, err := snapshotTree(filepath.Join(c.dir, "out"))
			if err != nil {
				t.Fatal(err)
			}
			for name, entry := range tree {
				site[name] = entry[strings.LastIndex(entry, " "):]
			}
			if first == nil {
				first = site
			}
			for name := range site {
				if site[name] != first[name] || len(site) != len(first) {
					t.Errorf("%s, seed %d: %s differs", source, seed, name)
				}
			}
		}
	}
}

// shuffled lists uploads, videos and images in a random order. Some pictures are in both accounts.
func (c *changing) shuffled(account string, from int, random *rand.Rand) {
	files := []string{c.file(account+"-1", 30, "other.png"), c.file(account+"-1", 31, "another.png")}
	var videos, images []string
	for n := range 8 {
		files = append(files, c.file(fmt.Sprint(account, "-", n), (n+from)%9, fmt.Sprint(n%5, ".png")))
		videos = append(videos, c.video(fmt.Sprint(account, "v", n), fmt.Sprint("prompt ", n), fmt.Sprint(account, "-", n/2), (n/2+from)%9))
		images = append(images, c.image(fmt.Sprint(account, "i", n), fmt.Sprint("prompt ", n), []string{fmt.Sprint(account, "-", n), ""}[n%2], (n+from)%9, n))
	}
	for _, items := range [][]string{files, videos, images} {
		random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	}
	c.files[account], c.videos[account], c.images[account] = list(files...), list(videos...), list(images...)
}

// TestRequestsWithNothingNew counts the requests of a run with nothing new. It requests the
// listings and nothing else. docs/large-galleries.md says how many requests that are.
func TestRequestsWithNothingNew(t *testing.T) {
	t.Setenv("USEAPI_TOKEN", "user:1234-secret-token")
	for _, tt := range []struct {
		source          string
		accounts        int
		videos          int // of each account
		files, listings int // requests for files and for videos
		images, pages   int // pictures that the service made, and requests for them
	}{
		{"files", 1, 5, 1, 0, 2, 0},
		{"videos", 1, 5, 0, 2, 2, 0},
		{"videos", 1, 100, 0, 2, 2, 0},
		{"videos", 1, 101, 0, 3, 2, 0},
		{"videos", 1, 250, 0, 4, 2, 0},
		{"both", 1, 0, 1, 1, 0, 1},
		{"both", 1, 5, 1, 2, 0, 1},
		{"both", 1, 250, 1, 4, 0, 1},
		{"auto", 1, 0, 1, 1, 2, 0}, // the service of 2024
		{"auto", 1, 5, 1, 2, 2, 0},
		{"auto", 1, 250, 1, 4, 2, 0},
		{"files", 2, 5, 2, 0, 2, 0},
		{"auto", 2, 5, 2, 4, 2, 0},
		// The other account does not list an image that only videos have. So the end of its listing
		// is requested once more.
		{"videos", 2, 5, 0, 6, 2, 0},
		{"both", 1, 5, 1, 2, 100, 1},
		{"both", 1, 0, 1, 1, 101, 2},
		{"images", 1, 5, 0, 0, 5, 1},
	} {
		s := &fetchtest.Service{Token: "user:1234-secret-token", Record: true}
		args := []string{"--allow-private-hosts", "--source=" + tt.source, "--widths=32"}
		var pictures []fetchtest.Picture
		var videos []fetchtest.Video
		for a := range tt.accounts {
			id := fmt.Sprint(1001 + a)
			s.Accounts, args = append(s.Accounts, id), append(args, "--account="+id)
			for i := range 2 {
				p := tinyPicture(10*a + i)
				p.Account = id
				pictures = append(pictures, p)
			}
			for i := range tt.videos {
				videos = append(videos, fetchtest.Video{
					Prompt: fmt.Sprint(i), Status: fetchtest.Completed, Account: id, Created: time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC),
					Files: []string{pictures[2*a+i%2].Name},
				})
			}
		}
		for i := range tt.images {
			s.Images = append(s.Images, fetchtest.Image{Prompt: fmt.Sprint(i), Status: fetchtest.Completed, Data: tinyPicture(i % 7).Data, Type: "png"})
		}
		s.Set(pictures)
		s.SetVideos(videos)
		server := httptest.NewServer(s)
		defer server.Close()
		dir := t.TempDir()
		args = append(args, "--api", server.URL, "--out", filepath.Join(dir, "out"), "--cache", filepath.Join(dir, "cache"))
		command := func() string {
			var stdout, stderr bytes.Buffer
			if code := Run(t.Context(), repositoryFiles(), args, strings.NewReader(""), &stdout, &stderr); code != exitOK {
				t.Fatalf("%+v: exit code %d: %s", tt, code, &stderr)
			}
			return stdout.String()
		}
		command()
		files, listings, pages, all := s.Listings(), s.VideoListings(), s.ImageListings(), len(s.Requests())
		if said := command(); !strings.HasPrefix(said, "nothing new") {
			t.Errorf("%+v: %s", tt, said)
		}
		files, listings, pages, all = s.Listings()-files, s.VideoListings()-listings, s.ImageListings()-pages, len(s.Requests())-all
		if files != tt.files || listings != tt.listings || pages != tt.pages || all != files+listings+pages {
			t.Errorf("%+v: %d requests, %d for files, %d for videos and %d for images", tt, all, files, listings, pages)
		}
	}
}

// TestSourcesAreDocumented looks for every value of --source where owners read about it or choose it.
func TestSourcesAreDocumented(t *testing.T) {
	for _, name := range []string{"docs/settings.md", "action.yml", ".github/workflows/gallery.yml", ".github/init/firstframe.yaml"} {
		data, err := os.ReadFile(filepath.Join("..", name))
		must(t, err)
		for _, source := range sources() {
			if named := regexp.MustCompile(`\b` + source + `\b`); !named.Match(data) {
				t.Errorf("%s does not say that --source can be %s", name, source)
			}
		}
	}
}

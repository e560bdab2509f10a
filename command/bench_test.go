package command

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"firstframe/fetch/fetchtest"
	"firstframe/render/media"
)

// benchedSite is the site of a gallery of small pictures, and a function that runs the command on it.
type benchedSite struct {
	service *fetchtest.Service
	dir     string
	run     func()
}

// newBenchedSite builds a site.
func newBenchedSite(b *testing.B, images int) *benchedSite {
	b.Helper()
	program, err := exec.LookPath("firstframe")
	if err != nil {
		b.Fatal(err)
	}
	s := &benchedSite{service: &fetchtest.Service{Token: "user:1234-secret-token"}, dir: b.TempDir()}
	server := httptest.NewServer(s.service)
	b.Cleanup(server.Close)
	var pictures []fetchtest.Picture
	for i := range images {
		p := picture(fmt.Sprintf("%d.jpg", i))
		p.ID = strconv.Itoa(400_000_000_000_000_000 + i)
		pictures = append(pictures, p)
	}
	s.service.Set(pictures)
	s.run = func() {
		cmd := exec.Command(program, "--api", server.URL, "--allow-private-hosts", "--base-url", "https://example.org/", "--cache", "cache")
		cmd.Dir = s.dir
		cmd.Env = []string{"HOME=" + s.dir, "USEAPI_TOKEN=" + s.service.Token, "GITHUB_ACTIONS=true"}
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	s.run()
	return s
}

// BenchmarkUnchangedRun measures a scheduled run with nothing new, from the start of the process to
// its end, and counts its requests.
func BenchmarkUnchangedRun(b *testing.B) {
	for _, images := range []int{10, 500} {
		b.Run(strconv.Itoa(images), func(b *testing.B) {
			site := newBenchedSite(b, images)
			s := site.service
			listings, downloads := s.Listings()+s.VideoListings(), s.Downloads()
			for b.Loop() {
				site.run()
			}
			b.ReportMetric(float64(s.Listings()+s.VideoListings()-listings)/float64(b.N), "listings/op")
			b.ReportMetric(float64(s.Downloads()-downloads)/float64(b.N), "downloads/op")
		})
	}
}

// BenchmarkOrigin measures a run after the owner has said something else about how all pictures were
// made. It writes the packets of all files and all pages anew.
func BenchmarkOrigin(b *testing.B) {
	site := newBenchedSite(b, 1000)
	content := filepath.Join(site.dir, "content")
	if err := os.Mkdir(content, 0o755); err != nil {
		b.Fatal(err)
	}
	origins := []string{"digitalCreation", media.TrainedAlgorithmicMedia}
	for i := 0; b.Loop(); i++ {
		words := fmt.Sprintf("---\ndigital_source_type: %s\nai_system: Painter\n---\n", origins[i%2])
		if err := os.WriteFile(filepath.Join(content, "index.md"), []byte(words), 0o644); err != nil {
			b.Fatal(err)
		}
		site.run()
	}
}

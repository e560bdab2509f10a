package command

import (
	"fmt"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"testing"

	"firstframe/fetch/fetchtest"
)

// BenchmarkUnchangedRun measures a scheduled run with nothing new, from the start of the process to
// its end, and counts its requests.
func BenchmarkUnchangedRun(b *testing.B) {
	program, err := exec.LookPath("firstframe")
	if err != nil {
		b.Fatal(err)
	}
	for _, images := range []int{10, 500} {
		b.Run(strconv.Itoa(images), func(b *testing.B) {
			s := &fetchtest.Service{Token: "user:1234-secret-token"}
			server := httptest.NewServer(s)
			defer server.Close()
			var pictures []fetchtest.Picture
			for i := range images {
				p := picture(fmt.Sprintf("%d.jpg", i))
				p.ID = strconv.Itoa(400_000_000_000_000_000 + i)
				pictures = append(pictures, p)
			}
			s.Set(pictures)
			dir := b.TempDir()
			run := func() {
				cmd := exec.Command(program, "--api", server.URL, "--allow-private-hosts", "--base-url", "https://example.org/", "--cache", "cache")
				cmd.Dir = dir
				cmd.Env = []string{"HOME=" + dir, "USEAPI_TOKEN=" + s.Token, "GITHUB_ACTIONS=true"}
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
			}
			run()
			listings, downloads := s.Listings()+s.VideoListings(), s.Downloads()
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(s.Listings()+s.VideoListings()-listings)/float64(b.N), "listings/op")
			b.ReportMetric(float64(s.Downloads()-downloads)/float64(b.N), "downloads/op")
		})
	}
}

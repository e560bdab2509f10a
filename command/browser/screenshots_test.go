package browser

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"firstframe/render/gallery"
)

// TestScreenshots takes the pictures of the demo for the README. .ci/screenshots runs it.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("FIRSTFRAME_SCREENSHOTS")
	if dir == "" {
		t.Skip("FIRSTFRAME_SCREENSHOTS names no folder for the pictures")
	}
	needBrowser(t)
	demo := buildDemo(t)
	generated := demo.pick(t, "generated landscape", func(m gallery.Image) bool { return m.Generated != nil && m.Width > m.Height })
	for _, shot := range []struct {
		name, page, scheme string
		size               size
	}{
		{"index.jpg", "index.html", "light", size{1280, 860}},
		{"image.jpg", generated, "dark", size{1280, 860}},
		{"phone.jpg", "index.html", "dark", size{390, 844}},
	} {
		p := open(t, shot.size)
		p.media("", "prefers-color-scheme="+shot.scheme)
		p.visit(demo.root, shot.page)
		// A loaded picture is not painted yet: the browser decodes it first.
		ask[bool](p, `(async () => {
			await Promise.all([...document.images].filter(i => i.getBoundingClientRect().top < innerHeight).map(i => i.decode()));
			for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
			return true;
		})()`)
		quality := int64(82)
		answer, err := chromedp.Call(p.ctx, page.CaptureScreenshot,
			page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatJpeg, Quality: &quality})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, shot.name), answer.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

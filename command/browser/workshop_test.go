package browser

import (
	"bufio"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"

	"firstframe/fetch/fetchtest"
)

// TestWorkshop edits a caption while a page is open. The page must show each change, and each
// mistake over the last good page.
func TestWorkshop(t *testing.T) {
	t.Parallel()
	p := open(t, desktop)
	dir := t.TempDir()
	service := &fetchtest.Service{Token: token}
	service.Set(longPictures(t, 24))
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	mistake := "---\ntitle: [a\n---\n"
	write(t, dir, "content/index.md", mistake)
	root := preview(t, dir, "--api", server.URL, "--allow-private-hosts")

	// The first build fails, so there is no site yet.
	const problem = `(document.querySelector("firstframe-problem")?.shadowRoot.textContent ?? "")`
	p.mayMiss()
	p.visit(root, "")
	p.await(`document.title === "The gallery is being built"`)
	p.await(problem + `.includes("index.md:2")`)
	p.faults = nil // of the status
	write(t, dir, "content/index.md", "---\ntitle: First title\n---\n")
	p.await(`document.readyState === "complete" && document.querySelector("h1").textContent === "First title"`)
	p.clean("the first build")

	// The page stays where it is.
	ask[bool](p, `(scrollTo(0, 200), true)`)
	write(t, dir, "content/index.md", "---\ntitle: Second title\n---\n")
	p.await(`document.querySelector("h1").textContent === "Second title"`)
	p.await(`scrollY === 200`)

	// A mistake is shown over the page, also over an open viewer.
	p.visit(root, "")
	p.click(".tiles a")
	p.await(`document.querySelector(".viewer[open]") !== null`)
	write(t, dir, "content/index.md", mistake)
	p.await(problem + `.includes("index.md:2")`)
	p.await(`document.querySelector("firstframe-problem").matches(":popover-open")`)
	p.is(`document.querySelector("firstframe-problem").role`, "alert", "the role of the mistake")
	p.is(`document.querySelector("h1").textContent`, "Second title", "the page below")
	p.press(kb.Escape)
	p.await(`document.querySelector(".viewer[open]") === null`)
	ask[bool](p, `document.querySelector("firstframe-problem").shadowRoot.querySelector("button").click() ?? true`)
	p.await(`document.querySelector("firstframe-problem").getBoundingClientRect().height === 0`)
	p.visit(root, "")
	p.await(problem + `.includes("index.md:2")`)
	for _, s := range []size{{360, 740}, desktop} {
		p.resize(s)
		p.fits("the mistake")
	}

	write(t, dir, "content/index.md", "---\ntitle: Second title\n---\n")
	p.await(`document.querySelector("firstframe-problem") === null`)
	p.clean("the edits")
}

// notePaint notes when a page was painted first, in milliseconds of the clock.
const notePaint = `addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => setTimeout(() => { window.painted = Date.now() })))`

// TestPreviewFigures measures how long it takes from saving a caption until the page shows it, in a
// gallery of 1,000 images. A machine may be busy, so no time fails the test.
func TestPreviewFigures(t *testing.T) {
	if os.Getenv("FIRSTFRAME_FIGURES") == "" {
		t.Skip("FIRSTFRAME_FIGURES is not set")
	}
	needBrowser(t)
	dir := t.TempDir()
	service := &fetchtest.Service{Token: token}
	service.Set(longPictures(t, 1000))
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	if said, err := command(t, dir, "--api", server.URL, "--allow-private-hosts", "--source=files").CombinedOutput(); err != nil {
		t.Fatalf("building the site: %v\n%s", err, said)
	}
	root := preview(t, dir, "--api", server.URL, "--allow-private-hosts", "--source=files")
	p := open(t, desktop)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: notePaint})
	p.visit(root, "")
	var times []float64
	for i := range 31 {
		words := fmt.Sprint("Words ", i)
		write(t, dir, "content/images/picture-999.jpg.md", "---\ntitle: "+words+"\n---\n")
		saved := float64(time.Now().UnixMicro()) / 1000
		p.await(fmt.Sprintf(`window.painted && document.body.innerHTML.includes("%s\"")`, words))
		if took := ask[float64](p, `window.painted`) - saved; i > 0 { // the folder is new at first
			times = append(times, took)
		}
	}
	slices.Sort(times)
	t.Logf("from saving a caption to the painted page, of %d: median %.0f ms, 95 %% within %.0f ms, shortest %.0f ms, longest %.0f ms",
		len(times), times[len(times)/2], times[len(times)*95/100], times[0], times[len(times)-1])
}

// preview runs the command with --serve in dir, until the test ends, and returns the address of the
// site.
func preview(t *testing.T, dir string, flags ...string) string {
	t.Helper()
	cmd := command(t, dir, append([]string{"--serve=127.0.0.1:0"}, flags...)...)
	messages, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the end of the test kills it
	line, err := bufio.NewReader(messages).ReadString('\n')
	root := regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+/`).FindString(line)
	if err != nil || root == "" {
		t.Fatalf("the first line is %q, %v; want one with an address", line, err)
	}
	return root
}

// write writes a file of the owner in dir, as many editors do.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	name = filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+"~", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+"~", name); err != nil {
		t.Fatal(err)
	}
}

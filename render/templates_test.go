package render

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
)

// A theme's template that writes without end is an error before the first request, and takes no
// more memory than a page may have.
func TestTemplateWithoutEnd(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "templates/image.html"),
		`{{define "main"}}{{range 9000000000000}}`+strings.Repeat("x", 100<<10)+`{{end}}{{end}}`)
	before := mediatest.Allocated()
	err := CheckTemplates(exampleOptions(t, dir))
	if want := "making image/0000000000000000/index.html: "; err == nil || !strings.HasPrefix(err.Error(), want) ||
		!strings.HasSuffix(err.Error(), "the result is larger than 64 MiB") {
		t.Errorf("got error %.300v", err)
	}
	if used := (mediatest.Allocated() - before) >> 20; used > 1000 {
		t.Errorf("%d MiB were allocated", used)
	}
}

// A template that takes too long is left behind.
func TestTemplateOutOfTime(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "templates/text.html"), `{{define "main"}}{{range 20000000}}{{end}}{{end}}`)
	opts := exampleOptions(t, dir)
	opts.Content.Texts = []Text{{Name: "about"}}
	pages, err := opts.pager(nil).texts()
	if err != nil {
		t.Fatal(err)
	}
	p, err := pages[0].make()
	if err != nil {
		t.Fatal(err)
	}
	late := errors.New("out of time")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(late)
	if err := p.executeWithin(ctx, io.Discard); !errors.Is(err, late) || !strings.HasPrefix(err.Error(), "making about/index.html: ") {
		t.Errorf("got error %v", err)
	}
}

// The parser recurses as deep as a template is nested. Some megabytes of nested conditions would
// end the process without a message.
func TestLargeTemplate(t *testing.T) {
	for n, want := range map[int]string{
		15_000: "",
		30_000: "parsing the templates: text.html is larger than 256 KiB",
	} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "templates/text.html"),
			`{{define "main"}}`+strings.Repeat("{{if 1}}", n)+strings.Repeat("{{end}}", n)+`{{end}}`)
		_, _, err := LoadTheme(builtin, dir)
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%d levels: got error %v, want %q", n, err, want)
		}
	}
}

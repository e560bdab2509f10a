package command

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"firstframe/command/terminal"
	"firstframe/fetch"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

var update = flag.Bool("update", false, "rewrite docs/limits.md, docs/licenses.txt or testdata/messages.txt, which the test compares")

const limitsFile = "../docs/limits.md"

// limits returns the limits of this package.
func limits() [][3]string {
	o := options{flags: pflag.NewFlagSet("firstframe", pflag.ContinueOnError)}
	o.define()
	def := func(name string) string { return o.flags.Lookup(name).DefValue + " (`--" + name + "`)" }
	return [][3]string{
		{"an original", def("max-bytes"), "the download fails, exit 3"},
		{"a video", def("max-clip-bytes"), "the download fails, exit 3"},
		{"one listing or one download, including retries and waits", def("timeout"), "exit 1 for a listing, exit 3 for a download"},
		{"downloading and making pictures", def("time-budget"), "the next run goes on, exit 3"},
		{"published files restored at the same time", fmt.Sprint(restoredAtOnce), "the others wait"},
		{"clips downloaded at the same time", fmt.Sprint(clipsAtOnce), "the others wait"},
		{"the token", humanize.IBytes(longestToken), "exit 2"},
		{"the file of settings", humanize.IBytes(maxSettings), "exit 2"},
		{"parts for `--merge`", fmt.Sprint(mostShards), "exit 2"},
		{"folders of pictures that become tags", humanize.Comma(maxFolderTags), "the others are no tags, with a warning"},
		{"a part's `" + gallery.PartName + "`", humanize.IBytes(longestPartFile), "exit 1"},
		{"warnings and errors that GitHub shows beside a run", fmt.Sprint(terminal.MaxAnnotations), "the rest is only in the log"},
		{"lines of each list in a step's summary", fmt.Sprint(maxListed), "the rest is counted"},
		{"a text in a step's summary", fmt.Sprint(terminal.MaxMarkdown) + " letters", "cut"},
	}
}

// TestLimits compares the tables of docs/limits.md with the limits in the code. After a change,
// run:
//
//	go test ./command -run TestLimits -update
func TestLimits(t *testing.T) {
	var b strings.Builder
	for _, part := range []struct {
		title string
		rows  [][3]string
	}{
		{"The command", limits()},
		{"What the service and other hosts send", fetch.Limits()},
		{"Content, themes, states and pictures", slices.Concat(render.Limits(), gallery.Limits(), media.Limits())},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n| what | limit | beyond it |\n|---|---|---|\n", part.title)
		for _, row := range part.rows {
			if slices.Contains(row[:], "") || strings.ContainsAny(strings.Join(row[:], ""), "|\n") {
				t.Errorf("this row would break the table: %q", row)
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", row[0], row[1], row[2])
		}
	}
	const start, end = "<!-- TestLimits writes the following tables. -->\n", "\n<!-- End of the tables. -->\n"
	old, err := os.ReadFile(limitsFile)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(old), start)
	_, tail, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s lacks the lines before and after the tables", limitsFile)
	}
	want := head + start + b.String() + end + tail
	if *update {
		if err := os.WriteFile(limitsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(old) != want {
		t.Errorf("%s is stale: run go test ./command -run TestLimits -update", limitsFile)
	}
}

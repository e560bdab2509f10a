package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"firstframe/fetch"
	"firstframe/render"
)

// terminal is where every word to a person goes through. The result goes to
// stdout, everything else to stderr.
type terminal struct {
	stdout, stderr io.Writer
	private        fetch.Redactor // of the token and the accounts
	quiet, verbose bool
	actions        bool // the log is read by the runner of GitHub Actions

	mu          sync.Mutex
	bar         *progressbar.ProgressBar
	annotations int
	stages      []stage
}

func (t *terminal) failure(format string, args ...any) { t.say("31", "error", format, args...) }

func (t *terminal) hint(text string) { t.say("36", "hint", "%s", text) }

func (t *terminal) warn(format string, args ...any) {
	if !t.quiet {
		t.say("33", "warning", format, args...)
	}
}

// advise prints a warning that one can do something about.
func (t *terminal) advise(hint, warning string) {
	if !t.quiet {
		t.warn("%s", warning)
		t.hint(hint)
	}
}

func (t *terminal) info(format string, args ...any) {
	if !t.quiet {
		t.say("", "", format, args...)
	}
}

// detail prints what only -v shows.
func (t *terminal) detail(format string, args ...any) {
	if t.verbose {
		t.say("", "", format, args...)
	}
}

// say prints one line, whatever is in its arguments.
func (t *terminal) say(color, kind, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bar != nil {
		_ = t.bar.Clear()
	}
	text := t.clean(fmt.Sprintf(format, args...))
	if t.annotates(kind) {
		fmt.Fprintf(t.stderr, "::%s title=firstframe::%s\n", kind, escapeCommand(text))
		return
	}
	if kind != "" {
		kind += ": "
		if t.colored() {
			kind = "\x1b[" + color + "m" + kind + "\x1b[0m"
		}
	}
	fmt.Fprintf(t.stderr, "firstframe: %s%s\n", kind, text)
}

func (t *terminal) colored() bool { return isTerminal(t.stderr) && os.Getenv("NO_COLOR") == "" }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// clean makes text from outside harmless where it is printed: it stays on its
// line, does not turn the reading direction or colour a terminal, holds no
// command for a CI runner, and neither the token nor an account.
func (t *terminal) clean(s string) string {
	return strings.ReplaceAll(t.private.Hide(render.OneLine(s)), "##[", "# #[")
}

// cleaned makes findings about files from elsewhere harmless.
func (t *terminal) cleaned(findings []render.Finding) []render.Finding {
	clean := make([]render.Finding, len(findings))
	for i, f := range findings {
		clean[i] = render.Finding{File: t.clean(f.File), Problem: t.clean(f.Problem)}
	}
	return clean
}

// line prints the result.
func (t *terminal) line(s string) error {
	_, err := fmt.Fprintln(t.stdout, t.clean(s))
	return err
}

// document prints the result as JSON, again without a command for a runner.
func (t *terminal) document(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	_, err := t.stdout.Write(b.Bytes())
	return err
}

// bar is a progress bar, or nothing where nobody would see it.
type bar struct{ t *terminal }

// progress shows a bar for n things on a terminal.
func (t *terminal) progress(what string, n int) bar {
	if n > 0 && !t.quiet && isTerminal(t.stderr) {
		t.bar = progressbar.NewOptions(n,
			progressbar.OptionSetWriter(t.stderr),
			progressbar.OptionSetDescription(what),
			progressbar.OptionSetRenderBlankState(true), // the first thing may take a while
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionEnableColorCodes(t.colored()),
			progressbar.OptionClearOnFinish(),
		)
	}
	return bar{t}
}

// Add counts n tasks done.
func (b bar) Add(n int) {
	b.t.mu.Lock()
	defer b.t.mu.Unlock()
	if b.t.bar != nil {
		_ = b.t.bar.Add(n)
	}
}

// Close takes the bar away.
func (b bar) Close() {
	b.t.mu.Lock()
	defer b.t.mu.Unlock()
	if b.t.bar != nil {
		_ = b.t.bar.Clear()
		b.t.bar = nil
	}
}

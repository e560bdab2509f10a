// Package terminal prints what the program says to a person at a terminal, a script, or a CI runner.
// Its files:
//
//	terminal.go  the rules for messages, all messages, the result, and the progress bar
//	prompt.go    asks for a secret
//	runner.go    what a CI runner reads: groups of log lines, annotations, outputs and the summary
package terminal

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

// The rules:
//
//   - Stdout is for the result: one line, one JSON document, or a text that was asked for, such as
//     the help. Everything else goes to Stderr.
//   - A message is one line, in lower case and without a final period:
//     "firstframe: error: …", "firstframe: warning: …", "firstframe: hint: …", "firstframe: …".
//   - An error says what happened. Its hint says what to do or what to type next.
//   - Quiet leaves errors and their hints only. Verbose adds details.
//   - Any part of a message can come from outside. Clean makes it harmless, and hides secrets.
//   - Colours and the progress bar are for terminals only. NO_COLOR turns the colours off.

// Terminal prints everything that the program says. Its methods can be called by several goroutines
// at the same time. The fields must not change while they are.
type Terminal struct {
	Stdout, Stderr io.Writer
	Private        fetch.Redactor // hides the token and the account ids
	Quiet, Verbose bool
	Runner         bool // a CI runner reads Stderr

	mu          sync.Mutex
	said        map[string]bool          // the warnings and notes of this run
	before      map[string]bool          // those of the run before, which are not repeated
	bar         *progressbar.ProgressBar // nil while none is shown
	documented  bool
	annotations int
	stages      []Stage
}

// kind is a kind of message, with the number of its colour on a terminal.
type kind struct{ name, color string }

var (
	plainKind   = kind{}
	errorKind   = kind{"error", "31"}
	warningKind = kind{"warning", "33"}
	hintKind    = kind{"hint", "36"}
)

// Error prints an error.
func (t *Terminal) Error(format string, args ...any) { t.say(errorKind, format, args...) }

// Hint prints what to do about the error before it. If nobody knows, the text is "", and nothing is
// printed.
func (t *Terminal) Hint(text string) {
	if text != "" {
		t.say(hintKind, "%s", text)
	}
}

// Warn prints a warning.
func (t *Terminal) Warn(format string, args ...any) { t.Advise("", format, args...) }

// Advise prints a warning, and what to do about it as Hint does.
func (t *Terminal) Advise(hint, format string, args ...any) {
	if t.isNews(format, args...) {
		t.say(warningKind, format, args...)
		t.Hint(hint)
	}
}

// Note prints something that is good to know, once for all runs in a row.
func (t *Terminal) Note(format string, args ...any) {
	if t.isNews(format, args...) {
		t.say(plainKind, format, args...)
	}
}

// BeginAgain begins another run of the same program. The warnings and notes of the run before it are
// not repeated.
func (t *Terminal) BeginAgain() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.before, t.said = t.said, nil
}

// isNews reports whether a warning or a note is printed, and remembers it.
func (t *Terminal) isNews(format string, args ...any) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.said == nil {
		t.said = map[string]bool{}
	}
	text := fmt.Sprintf(format, args...)
	t.said[text] = true
	return !t.Quiet && !t.before[text]
}

// Info prints something that is good to know.
func (t *Terminal) Info(format string, args ...any) {
	if !t.Quiet {
		t.say(plainKind, format, args...)
	}
}

// Detail prints what only -v shows.
func (t *Terminal) Detail(format string, args ...any) {
	if t.Verbose {
		t.say(plainKind, format, args...)
	}
}

// say prints one line to Stderr, whatever the arguments contain.
func (t *Terminal) say(k kind, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bar != nil {
		_ = t.bar.Clear()
	}
	text := t.Clean(fmt.Sprintf(format, args...))
	if t.annotates(k) {
		t.annotate(k, text)
		return
	}
	prefix := ""
	if k != plainKind {
		prefix = k.name + ": "
		if t.colored() {
			prefix = "\x1b[" + k.color + "m" + prefix + "\x1b[0m"
		}
	}
	fmt.Fprintf(t.Stderr, "firstframe: %s%s\n", prefix, text)
}

func (t *Terminal) colored() bool { return Is(t.Stderr) && os.Getenv("NO_COLOR") == "" }

// Is reports whether a stream is a terminal.
func Is(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Clean makes text from outside harmless where it is printed. It stays on its line, cannot turn the
// reading direction or colour a terminal, and contains no command for a CI runner and no secret.
func (t *Terminal) Clean(s string) string {
	return strings.ReplaceAll(t.Private.Hide(render.OneLine(s)), "##[", "# #[")
}

// Result prints the result as one line to Stdout.
func (t *Terminal) Result(s string) error { return t.Print(t.Clean(s) + "\n") }

// Document prints the result as JSON to Stdout. The strings in it must be clean. Readers expect one
// document, so all but the first one are ignored.
func (t *Terminal) Document(v any) error {
	if t.documented {
		return nil
	}
	t.documented = true
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	return t.Print(b.String())
}

// Print prints a text of the program's own to Stdout, as it is.
func (t *Terminal) Print(text string) error {
	_, err := io.WriteString(t.Stdout, text)
	return err
}

// Bar is a progress bar. It shows nothing where Stderr is not a terminal.
type Bar struct{ t *Terminal }

// Progress shows a bar for n things. Only one bar can be shown at a time.
func (t *Terminal) Progress(what string, n int) Bar {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n > 0 && !t.Quiet && Is(t.Stderr) {
		t.bar = progressbar.NewOptions(n,
			progressbar.OptionSetWriter(t.Stderr),
			progressbar.OptionSetDescription(what),
			progressbar.OptionSetRenderBlankState(true), // the first thing may take a while
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionEnableColorCodes(t.colored()),
			progressbar.OptionClearOnFinish(),
		)
	}
	return Bar{t}
}

// Add counts n things as done.
func (b Bar) Add(n int) {
	b.t.mu.Lock()
	defer b.t.mu.Unlock()
	if b.t.bar != nil {
		_ = b.t.bar.Add(n)
	}
}

// Close removes the bar.
func (b Bar) Close() {
	b.t.mu.Lock()
	defer b.t.mu.Unlock()
	if b.t.bar != nil {
		_ = b.t.bar.Clear()
		b.t.bar = nil
	}
}

package terminal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"firstframe/render"
)

// HasRunner reports whether a CI runner reads what the program prints. It knows only
// GitHub Actions.
func HasRunner() bool { return os.Getenv("GITHUB_ACTIONS") == "true" }

// Stage is a part of a run.
type Stage struct {
	Name string
	Took time.Duration // 0 until it has ended

	began time.Time
}

// Begin ends the current stage and begins the next one. The lines of a stage fold up in a runner's
// log. Elsewhere it does nothing.
func (t *Terminal) Begin(stage string) {
	if !t.Runner {
		return
	}
	t.End()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stages = append(t.stages, Stage{Name: stage, began: time.Now()})
	fmt.Fprintf(t.Stderr, "::group::%s\n", escapeCommand(stage))
}

// End ends the current stage, if there is one.
func (t *Terminal) End() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.stages); n > 0 && t.stages[n-1].Took == 0 {
		t.stages[n-1].Took = max(time.Since(t.stages[n-1].began), 1)
		fmt.Fprintln(t.Stderr, "::endgroup::")
	}
}

// Stages returns the stages so far; none where no runner reads Stderr.
func (t *Terminal) Stages() []Stage { return t.stages }

const (
	// MaxAnnotations is how many annotations the runner shows for a step. It drops the others.
	MaxAnnotations = 10
	// keptForErrors is how many of them warnings cannot use: errors come last and matter most.
	keptForErrors = 3
)

// annotates reports whether a message becomes an annotation, which is shown beside the run and not
// only in its log. It counts the annotations. The caller must hold mu.
func (t *Terminal) annotates(k kind) bool {
	limit := 0
	switch k {
	case errorKind:
		limit = MaxAnnotations
	case warningKind:
		limit = MaxAnnotations - keptForErrors
	}
	if !t.Runner || t.annotations >= limit {
		return false
	}
	t.annotations++
	return true
}

// annotate prints a message as an annotation.
func (t *Terminal) annotate(k kind, text string) {
	fmt.Fprintf(t.Stderr, "::%s title=firstframe::%s\n", k.name, escapeCommand(text))
}

// escapeCommand makes text the data of a runner's command.
func escapeCommand(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// WriteOutputs adds outputs, each a name and a value, to those of the step. It does nothing where
// the runner has no file for them.
func WriteOutputs(outputs [][2]string) error {
	return appendTo(os.Getenv("GITHUB_OUTPUT"), formatOutputs(outputs))
}

// formatOutputs puts each value between delimiters that nobody can guess. So no value can end early
// and set another output.
func formatOutputs(outputs [][2]string) string {
	var b strings.Builder
	for _, o := range outputs {
		delimiter := "end-" + rand.Text()
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o[0], delimiter, o[1], delimiter)
	}
	return b.String()
}

// WriteSummary adds Markdown to the summary of the step. It does nothing where the runner has no
// file for it.
func WriteSummary(markdown string) error {
	return appendTo(os.Getenv("GITHUB_STEP_SUMMARY"), markdown)
}

// appendTo appends text to a file, unless its name is empty.
func appendTo(name, text string) error {
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// MaxMarkdown is the longest text that Markdown returns, in letters without the references.
const MaxMarkdown = 300

// Markdown makes text mean itself in Markdown, on one line. Whatever could begin markup, a link or
// a mention becomes a character reference. A long text is cut at MaxMarkdown letters.
func Markdown(s string) string {
	var b strings.Builder
	letters := []rune(render.OneLine(s))
	for _, r := range letters[:min(len(letters), MaxMarkdown)] {
		if r > ' ' && r < 0x7f && !isAlphanumeric(r) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	if len(letters) > MaxMarkdown {
		b.WriteString("…")
	}
	return b.String()
}

// isAlphanumeric reports whether r is a letter or a digit of ASCII.
func isAlphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

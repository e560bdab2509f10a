package command

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// stage is a part of a run, and when it began.
type stage struct {
	name  string
	began time.Time
	took  time.Duration
}

// stage ends a part of the run and begins the next, unless name is "". In a
// runner's log the lines of each fold up.
func (t *terminal) stage(name string) {
	if !t.actions {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.stages); n > 0 && t.stages[n-1].took == 0 {
		t.stages[n-1].took = max(time.Since(t.stages[n-1].began), 1)
		fmt.Fprintln(t.stderr, "::endgroup::")
	}
	if name != "" {
		t.stages = append(t.stages, stage{name: name, began: time.Now()})
		fmt.Fprintf(t.stderr, "::group::%s\n", escapeCommand(name))
	}
}

const (
	// maxAnnotations is how many of a step are shown; the runner drops the others.
	maxAnnotations = 10
	// keptForErrors of them are not for warnings: errors come last and matter most.
	keptForErrors = 3
)

// annotates reports whether a message is to be shown beside the run, and not
// only in its log.
func (t *terminal) annotates(kind string) bool {
	limit := map[string]int{"warning": maxAnnotations - keptForErrors, "error": maxAnnotations}[kind]
	if !t.actions || t.annotations >= limit {
		return false
	}
	t.annotations++
	return true
}

// escapeCommand makes text the data of a runner's command.
func escapeCommand(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// stepOutputs puts each value between delimiters that nobody can guess, so
// that no value can end before its end and give another output.
func stepOutputs(outputs [][2]string) string {
	var b strings.Builder
	for _, o := range outputs {
		delimiter := "end-" + rand.Text()
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o[0], delimiter, o[1], delimiter)
	}
	return b.String()
}

// appendTo appends text to a file of the runner's, if it gave one.
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

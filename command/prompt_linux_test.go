package command

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"firstframe/command/commandtest"
)

// pseudoTerminal opens a terminal. What is written to the keyboard is typed, and what is read from
// it is what the screen shows.
func pseudoTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there is no pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { keyboard.Close() })
	var number, lock int32
	control(t, keyboard, syscall.TIOCSPTLCK, unsafe.Pointer(&lock))
	control(t, keyboard, syscall.TIOCGPTN, unsafe.Pointer(&number))
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { terminal.Close() })
	return keyboard, terminal
}

// control sends a request to a terminal.
func control(t *testing.T, f *os.File, request uintptr, value unsafe.Pointer) {
	t.Helper()
	if _, _, err := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(value)); err != 0 {
		t.Fatal(err)
	}
}

// shows reports whether a terminal shows what is typed.
func shows(t *testing.T, terminal *os.File) bool {
	t.Helper()
	var state syscall.Termios
	control(t, terminal, syscall.TCGETS, unsafe.Pointer(&state))
	return state.Lflag&syscall.ECHO != 0
}

// askForToken starts a run that asks for a token, and waits until the terminal shows nothing that
// is typed.
func askForToken(t *testing.T, terminal *os.File, messages *strings.Builder) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), commandtest.Program(t), "--token-file=-", "--api=http://127.0.0.1:1", "--allow-private-hosts",
		"--timeout=1ms", "--out="+filepath.Join(dir, "out"), "--cache="+filepath.Join(dir, "cache"))
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, terminal, messages
	cmd.Env = append(os.Environ(), "USEAPI_TOKEN=", "USEAPI_ACCOUNT=", "GITHUB_ACTIONS=")
	must(t, cmd.Start())
	for deadline := time.Now().Add(time.Minute); shows(t, terminal); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the terminal still shows what is typed")
		}
	}
	return cmd
}

// TestTokenIsNotShown types a token at a terminal. The terminal must not show it.
func TestTokenIsNotShown(t *testing.T) {
	t.Parallel()
	keyboard, terminal := pseudoTerminal(t)
	var messages strings.Builder
	cmd := askForToken(t, terminal, &messages)
	_, err := keyboard.WriteString("user:1234-secret-token\n")
	must(t, err)
	_ = cmd.Wait() // no service answers
	if !strings.HasPrefix(messages.String(), "Token: \nfirstframe: error: listing files: ") {
		t.Errorf("the run said %q", &messages)
	}
	if !shows(t, terminal) {
		t.Error("the terminal does not show what is typed after the run")
	}
	_, err = terminal.WriteString("the end")
	must(t, err)
	screen := ""
	for !strings.Contains(screen, "the end") {
		b := make([]byte, 100)
		n, err := keyboard.Read(b)
		must(t, err)
		screen += string(b[:n])
	}
	if strings.Contains(screen, "secret") {
		t.Errorf("the terminal shows %q", screen)
	}
}

// TestPromptIsInterrupted interrupts a run that asks for a token. The terminal must show again what
// is typed.
func TestPromptIsInterrupted(t *testing.T) {
	t.Parallel()
	_, terminal := pseudoTerminal(t)
	var messages strings.Builder
	cmd := askForToken(t, terminal, &messages)
	must(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, &messages)
	}
	if !shows(t, terminal) {
		t.Error("the terminal does not show what is typed")
	}
}

package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
	"time"
)

// TestInterruptedAtToken interrupts a run that waits for the token.
func TestInterruptedAtToken(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stdin, silent := io.Pipe()
	time.AfterFunc(10*time.Millisecond, cancel)
	defer time.AfterFunc(10*time.Second, func() { silent.Close() }).Stop() // if nothing else ends the run, an empty token does
	var stdout, stderr bytes.Buffer
	if code := Run(ctx, repositoryFiles(), []string{"--token-file=-"}, stdin, &stdout, &stderr); code != exitInterrupted {
		t.Errorf("exit code %d, want %d: %s", code, exitInterrupted, &stderr)
	}
}

// TestIdsInNamesAndPrompts puts private values into names and prompts: ids of the owner's other
// accounts and of strangers, tokens, and addresses of the service. They must not be published, and
// they must not keep the gallery from being published.
func TestIdsInNamesAndPrompts(t *testing.T) {
	c := newChanging(t, "1234567", "7654321")
	name := "holiday 7654321.png"
	c.files["1234567"] = list(c.file("f1", 1, name), c.file("f2", 2, "b.png"), c.file("f3", 3, "user:9-minimax:8-file:7.png"))
	c.files["7654321"] = list(c.file("g1", 4, "user:1234-0123456789abcdef0123.png"))
	var videos []string
	for i, prompt := range []string{
		"as account 7654321 does", "like user:9-minimax:8-file:311111111111111111", "user:1234-0123456789abcdef0123",
		"as https://cdn.example/moss/prod/2024-10-12-05/user/multi_chat_file/a.png", "Bearer 0123456789abcdef0123",
	} {
		videos = append(videos, c.video(fmt.Sprint("v", i), prompt, "f2", 2))
	}
	c.videos["1234567"] = list(videos...)
	for _, args := range [][]string{{"--source=both", "--prompts"}, {"--check"}} {
		if code, said := c.run(args...); code != exitOK {
			t.Errorf("%v: exit code %d: %s", args, code, said)
		}
	}
	c.wantPublic(1, 2, 3, 4)
	// A caption file still finds the image.
	c.caption(name, "hidden: true")
	c.run("--source=both", "--prompts")
	c.wantPublic(2, 3, 4)
}

// TestNameBecomesPrivate checks that a published name is removed once it is known to be private.
func TestNameBecomesPrivate(t *testing.T) {
	c := newChanging(t, "1234567")
	c.files["1234567"] = list(c.file("f1", 1, "holiday 7654321.png"))
	c.run()
	c.accounts = append(c.accounts, "7654321")
	for _, args := range [][]string{{}, {"--check"}} {
		if code, said := c.run(args...); code != exitOK {
			t.Errorf("%v: exit code %d: %s", args, code, said)
		}
	}
}

package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"
	"time"
)

// Whoever is asked for the token may interrupt, too.
func TestInterruptedAtToken(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stdin, silent := io.Pipe()
	time.AfterFunc(10*time.Millisecond, cancel)
	defer time.AfterFunc(10*time.Second, func() { silent.Close() }).Stop() // an empty token, if nothing else ends it
	var stdout, stderr bytes.Buffer
	if code := Run(ctx, repositoryFiles(), []string{"--token-file=-"}, stdin, &stdout, &stderr); code != exitInterrupted {
		t.Errorf("exit code %d, want %d: %s", code, exitInterrupted, &stderr)
	}
}

// The ids of the owner's other accounts and of strangers, and what has the form
// of a token or of an address of the service, are not published with a name or a
// prompt; and they do not keep the gallery from being published.
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
	// The owner's words find the image all the same.
	c.caption(name, "hidden: true")
	c.run("--source=both")
	c.wantPublic(2, 3, 4)
}

// A name that was published before it was known to be private is taken back.
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

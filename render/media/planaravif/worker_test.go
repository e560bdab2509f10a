package planaravif

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"firstframe/render/media/planar"
	"firstframe/render/slowtest"
)

// The tests start themselves as workers.
func TestMain(m *testing.M) {
	switch os.Args[len(os.Args)-1] {
	case "serve":
		if err := Serve(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	case "hang":
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	case "die":
		io.CopyN(io.Discard, os.Stdin, 100)
		os.Exit(9)
	}
	os.Exit(m.Run())
}

// testWorkers returns workers that do what the argument says.
func testWorkers(t testing.TB, argument string) *Workers {
	t.Helper()
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &Workers{Command: []string{name, argument}}
	t.Cleanup(w.Close)
	return w
}

// A worker must make what this process would make, for one picture after another.
func TestWorkers(t *testing.T) {
	slowtest.Skip(t)
	skipIfDynamic(t)
	w := testWorkers(t, "serve")
	gray := drawings(40, 30)["a gradient"]
	gray.Cb, gray.Cr = planar.Plane{}, planar.Plane{}
	pictures := []*planar.Picture{drawings(64, 48)["a gradient"], gray, drawings(33, 35)["lines"]}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for _, p := range pictures {
				got, err := w.Encode(t.Context(), p, 70, []byte("profile"))
				if err != nil {
					t.Error(err)
					return
				}
				want, err := Encode(p, 70, []byte("profile"))
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d bytes, want %d (%v)", len(got), len(want), err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(w.idle); n < 1 || n > 2 {
		t.Errorf("there are %d processes", n)
	}
	if _, err := w.Encode(t.Context(), planar.New(0, 0), 70, nil); err == nil {
		t.Error("an empty picture is encoded")
	}
	// Samples in a row of a larger plane.
	part := *pictures[0]
	part.Y.Width, part.Y.Height, part.Cb.Width, part.Cb.Height, part.Cr.Width, part.Cr.Height = 32, 20, 16, 10, 16, 10
	if _, err := w.Encode(t.Context(), &part, 70, nil); err != nil {
		t.Error(err)
	}
}

// A process that ends must be an error, and the next picture needs another process.
func TestWorkerEnds(t *testing.T) {
	p := drawings(64, 48)["a gradient"]
	w := testWorkers(t, "die")
	for range 2 {
		if _, err := w.Encode(t.Context(), p, 70, nil); err == nil || !strings.Contains(err.Error(), "the encoder ended") {
			t.Errorf("got %v", err)
		}
	}
	w.Command = []string{"/missing/program"}
	if _, err := w.Encode(t.Context(), p, 70, nil); err == nil || !strings.Contains(err.Error(), "starting the encoder") {
		t.Errorf("got %v", err)
	}
}

// Nobody must wait for a long encoding after an interruption.
func TestWorkerIsInterrupted(t *testing.T) {
	w := testWorkers(t, "hang")
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if _, err := w.Encode(ctx, drawings(64, 48)["a gradient"], 70, nil); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	if len(w.idle) > 0 {
		t.Error("its process is used again")
	}
}

// Serve must end with its input, even in the middle of a picture, and must not trust it.
func TestServeEnds(t *testing.T) {
	var request bytes.Buffer
	if err := writePicture(&request, drawings(64, 48)["a gradient"], 70, nil); err != nil {
		t.Fatal(err)
	}
	if err := Serve(bytes.NewReader(nil), io.Discard); err != nil {
		t.Error(err)
	}
	for _, input := range []string{request.String()[:10], request.String()[:100], strings.Repeat("\xff", 100)} {
		if err := Serve(strings.NewReader(input), io.Discard); err == nil {
			t.Errorf("%d bytes are accepted", len(input))
		}
	}
}

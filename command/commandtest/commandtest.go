// Package commandtest builds the command for tests that run it as a process of its own, and requests
// the pages that it serves.
package commandtest

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"firstframe/render/memorytest"
)

// Main runs the tests of a package that run the command, and returns their exit code. Such tests
// mostly wait for processes, disks or a browser, so more of them run at once than there are
// processors. They write many small files, which are in memory if that is possible.
func Main(m *testing.M) int {
	memorytest.UseMemory()
	defer os.RemoveAll(folder())
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", strconv.Itoa(4*runtime.GOMAXPROCS(0))); err != nil {
			panic(err) // package testing has this flag
		}
	}
	return m.Run()
}

// Program returns the path of the command. The first call builds it, without the race detector:
// that makes drawing ten times slower, and the tests of package command look for races. It leaves
// out the tables for debuggers, so that linking takes less time.
func Program(t *testing.T) string {
	t.Helper()
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

var build = sync.OnceValues(func() (string, error) {
	file := filepath.Join(folder(), "firstframe")
	if out, err := exec.Command("go", "build", "-tags", "nodynamic", "-buildvcs=false", "-ldflags=-s -w", "-o", file, "firstframe").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the command: %v\n%s", err, out)
	}
	return file, nil
})

// folder returns the folder for the command. Each process of tests has its own.
func folder() string {
	return filepath.Join(os.TempDir(), fmt.Sprint("firstframe-test-", os.Getpid()))
}

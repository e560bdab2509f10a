package command

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"testing"
	"testing/fstest"

	"firstframe/command/commandtest"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary the command firstframe for the tests that start it.
func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){
		"firstframe": func() { Main(repositoryFiles()) },
		"measured":   measured,
	})
}

// measured runs the command of its arguments and prints its memory in the unit of the system. A
// process counts the memory of the process that started it, too. The process of the tests is large,
// and this one is small.
func measured() {
	c := exec.Command(os.Args[1], os.Args[2:]...)
	_ = c.Run()
	fmt.Println(reflect.ValueOf(c.ProcessState.SysUsage()).Elem().FieldByName("Maxrss"))
	os.Exit(c.ProcessState.ExitCode())
}

// tests are the tests of this package. Most of them wait for the disk.
type tests struct{ *testing.M }

func (t tests) Run() int { return commandtest.Main(t.M) }

// repositoryRoot returns the root of the repository. Scripts run the test binary in other folders,
// so the working directory does not help.
func repositoryRoot() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..")
}

// repositoryFiles returns the Files that package main embeds.
func repositoryFiles() Files {
	root := os.DirFS(repositoryRoot())
	ignore, err := os.ReadFile(filepath.Join(repositoryRoot(), "out.gitignore"))
	if err != nil {
		panic(err)
	}
	return Files{Theme: root, Starter: root, GitIgnore: ignore}
}

// must ends the test if there is an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// writeFiles writes files below dir. Their names have slashes. None may exist.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	must(t, os.CopyFS(dir, tree))
}

// number returns the number in an environment variable, or otherwise if the variable is not set.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		return otherwise
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, want a number above 0", name, value)
	}
	return n
}

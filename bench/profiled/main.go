// Profiled is firstframe with a CPU profile of the run. The command itself has no flag for that,
// because only people with the source at hand need one.
//
//	profiled PROFILE REPOSITORY [FLAG...]
//
// It writes the profile to the file PROFILE. It reads the files that firstframe embeds from the
// folder REPOSITORY.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"

	"firstframe/command"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: profiled PROFILE REPOSITORY [FLAG...]")
		os.Exit(2)
	}
	code, err := run(os.Args[1], os.Args[2], os.Args[3:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "profiled:", err)
		code = 1
	}
	os.Exit(code)
}

// run runs firstframe with the given flags and returns its exit code. It fails if it cannot read
// the repository or write the profile.
func run(profile, repository string, flags []string) (code int, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	gitIgnore, err := os.ReadFile(filepath.Join(repository, "out.gitignore"))
	if err != nil {
		return 0, err
	}
	f, err := os.Create(profile)
	if err != nil {
		return 0, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return 0, err
	}
	root := os.DirFS(repository)
	files := command.Files{Theme: root, Starter: root, GitIgnore: gitIgnore}
	code = command.Run(ctx, files, flags, os.Stdin, os.Stdout, os.Stderr)
	pprof.StopCPUProfile()
	return code, f.Close()
}

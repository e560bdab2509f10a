// Package command is the command: it reads what was asked for, does one run, and reports it. Package
// fetch talks to the network and knows files and originals. Package render makes the site and knows
// images and renditions. Neither knows the other: image.go turns the one into the other.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"

	"firstframe/command/terminal"
	"firstframe/render"
)

// Files are what the program carries in itself.
type Files struct {
	// Theme holds templates/ and assets/.
	Theme fs.FS
	// Starter holds what --init writes, under the names that it has in this repository.
	Starter fs.FS
	// GitIgnore is the .gitignore of the output folder.
	GitIgnore []byte
}

// The exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitRefused     = 4
	exitGuarded     = 5
	exitInterrupted = 130
)

// Main runs the command as a process does: with the process's arguments, streams and signals. It
// exits with the command's exit code.
func Main(files Files) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	// Package net/http logs what a server sends unasked, as it came: it may be the
	// token, or a command for a CI runner. Whatever is to be said, terminal says.
	log.SetOutput(io.Discard)
	os.Exit(Run(ctx, files, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Run runs the whole command, and returns its exit code.
func Run(ctx context.Context, files Files, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return runStepwise(ctx, files, args, stdin, stdout, stderr, nil)
}

// runStepwise is Run with a function that is called before each operation that changes the disk, and
// may let it fail; see render.OutputOptions.
func runStepwise(ctx context.Context, files Files, args []string, stdin io.Reader, stdout, stderr io.Writer,
	step func(operation, path string) error) int {
	ui := &terminal.Terminal{Stdout: stdout, Stderr: stderr, Actions: os.Getenv("GITHUB_ACTIONS") == "true"}
	// Errors in the options are reported before the token and the accounts are read from them.
	environment := options{token: os.Getenv("USEAPI_TOKEN"), accounts: parseAccounts(nil)}
	ui.Private = environment.redactor()
	opts, err := parseOptions(args, interruptible{ctx, stdin})
	if errors.Is(err, pflag.ErrHelp) {
		fmt.Fprint(stdout, helpText, flagUsages(opts.flags), helpEnd)
		return exitOK
	}
	if err != nil {
		return fail(ui, err)
	}
	ui.Private = opts.redactor()
	ui.Quiet, ui.Verbose = opts.quiet, opts.verbose
	switch {
	case opts.version:
		fmt.Fprintln(stdout, "firstframe", version())
		return exitOK
	case opts.exportTheme != "":
		n, err := render.ExportTheme(files.Theme, opts.exportTheme)
		if err != nil {
			return fail(ui, err)
		}
		fmt.Fprintf(stdout, "%d files written to %s\n", n, opts.exportTheme)
		return exitOK
	}
	if opts.init {
		if err := initFolder(files.Starter, ".", stdout); err != nil {
			return fail(ui, err)
		}
		return exitOK
	}
	if opts.check != "" {
		code, err := checkSite(ctx, opts, ui)
		if err != nil {
			return fail(ui, err)
		}
		return code
	}
	if opts.demo {
		service, err := startDemo(&opts)
		if err != nil {
			return fail(ui, err)
		}
		defer service.Close()
	}
	r := &run{files: files, opts: opts, ui: ui, step: step}
	code, err := r.update(ctx)
	ui.End()
	if err == nil {
		err = r.tellRunner()
	}
	if err != nil {
		return fail(ui, err)
	}
	if opts.serve != "" && !opts.dryRun {
		if err := serve(ctx, opts.serve, opts.out, ui); err != nil {
			return fail(ui, err)
		}
	}
	return code
}

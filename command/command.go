// Package command is the firstframe command. It reads what was asked for, does it, and reports it.
// Its files, in the order in which a reader needs them:
//
//	command.go      Main and Run: chooses what to do; the exit codes
//	options.go      the flags, and which values and combinations make sense
//	settings.go     the file of settings, which holds the flags of a gallery
//	places.go       the addresses and folders that flags name
//	credentials.go  the token and the accounts
//	help.go         -h, and hints for mistyped flags
//	errors.go       the exit code and the hint of each error
//
//	run.go          one run, one step per line: the file to read first
//	prepare.go      everything that is checked before the first request
//	encoder.go      the processes that encode AVIFs for a run
//	restore.go      begins with the published site
//	state.go        reads the state of the last run, and completes the new one
//	guard.go        stops a run that would take something away because a setting is gone
//	listing.go      asks the accounts what they have
//	folder.go       lists the pictures in a folder of the owner's
//	offline.go      --offline: what a run does without a request
//	unused.go       uploads that no video was made from
//	captions.go     finds the images that captions and other words are about
//	generated.go    pictures that the service made itself
//	plan.go         compares listing, state and settings: what must be made
//	dryrun.go       --dry-run: reports the plan instead of doing it
//	budget.go       the time budget, and what comes first
//	pictures.go     downloads originals and makes renditions
//	shards.go       --shard makes some of the pictures; --merge takes pictures of other machines
//	image.go        converts what was fetched into what is published
//	exif.go         publishes as much about the camera as the owner says
//	clips.go        downloads the finished videos
//	hidden.go       hides images, and shows them again, as the owner says
//	prune.go        removes images that are no longer listed
//	pages.go        writes the site
//	memory.go       sets the garbage collector for each phase of a run
//	result.go       what the run did, as a line and as JSON
//	summary.go      what the run did, for a CI runner
//	phrases.go      numbers and lists in messages
//	limits.go       the limits of the command
//
//	demo.go         --demo: a service with generated pictures
//	accounts.go     --accounts: the ids of the accounts, on a terminal only
//	starter.go      --init: the first files of a gallery
//	schema.go       a JSON Schema of the settings, for editors
//	serve.go        --serve: shows the site, and builds it again when its owner changes something
//	check.go        --check: what is wrong with a site
//	version.go      the version of the program
//
// Package command/terminal prints all messages. Package command/workshop serves the site and watches
// the owner's files for --serve.
//
// Package fetch talks to the network and knows files and originals. Package render makes the site
// and knows images and renditions. Neither knows the other: image.go converts from one to the
// other.
//
// Everything that the owner gave is checked before anything is written. An image leaves the site
// only if the owner hides it or asks for --prune. A file that cannot be used is a problem in the
// result, and the run goes on. An error ends the run, and the site stays as it was.
package command

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/pflag"

	"firstframe/command/terminal"
	"firstframe/render"
	"firstframe/render/media"
)

// Files are the files that the program carries in itself.
type Files struct {
	// Theme contains templates/ and assets/.
	Theme fs.FS
	// Starter contains what --init writes, under the names that it has in this repository.
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

// Main runs the command with the arguments, streams and signals of the process. It ends the process
// with the command's exit code.
func Main(files Files) {
	if slices.Equal(os.Args[1:], []string{encoderArgument}) {
		os.Exit(serveEncoder())
	}
	if name, err := os.Executable(); err == nil {
		media.EncodeWith(name, encoderArgument)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	// Package net/http logs unexpected answers as they are. They may contain the token, or a
	// command for a CI runner.
	log.SetOutput(io.Discard)
	os.Exit(Run(ctx, files, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Run runs the command and returns its exit code.
func Run(ctx context.Context, files Files, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return runHooked(ctx, files, args, stdin, stdout, stderr, hooks{})
}

// runHooked is Run with the hooks of a test.
func runHooked(ctx context.Context, files Files, args []string, stdin io.Reader, stdout, stderr io.Writer,
	h hooks) int {
	ui := &terminal.Terminal{Stdout: stdout, Stderr: stderr, Runner: terminal.HasRunner()}
	// An error in the options is reported before they say what the token and the accounts are.
	environment := options{token: os.Getenv("USEAPI_TOKEN"), accounts: parseAccounts(nil)}
	ui.Private = environment.redactor()
	opts, err := parseOptions(args, tokenInput(ctx, stdin, ui))
	code := exitOK
	switch {
	case errors.Is(err, pflag.ErrHelp):
		err = ui.Print(help(opts.flags))
	case err == nil:
		ui.Private = opts.redactor()
		ui.Quiet, ui.Verbose = opts.quiet, opts.verbose
		code, err = dispatch(ctx, &run{files: files, args: args, opts: opts, ui: ui, hooks: h})
	}
	if err != nil {
		return fail(ui, err, opts.json)
	}
	return code
}

// dispatch does what the options ask for: it builds the site, unless they ask for something else.
// It returns the exit code.
func dispatch(ctx context.Context, r *run) (int, error) {
	switch {
	case r.opts.version:
		return exitOK, r.ui.Print("firstframe " + version() + "\n")
	case r.opts.exportTheme != "":
		n, err := render.ExportTheme(r.files.Theme, r.opts.exportTheme)
		if err != nil {
			return 0, err
		}
		r.ui.Info("keep only the files that you change: the others then come with each new version")
		return exitOK, r.ui.Result(count(n, "file") + " written to " + r.opts.exportTheme)
	case r.opts.init:
		return exitOK, writeStarter(r.files.Starter, r.opts.flags, ".", r.ui)
	case r.opts.showAccounts:
		return exitOK, showAccounts(ctx, r.opts, r.ui)
	case r.opts.check != "":
		return checkSite(ctx, r.opts, r.ui)
	}
	if r.opts.demo {
		service, err := startDemo(&r.opts)
		if err != nil {
			return 0, err
		}
		defer service.Close()
	}
	if r.opts.serve != "" {
		return serve(ctx, r)
	}
	if err := r.build(ctx); err != nil {
		return 0, err
	}
	r.ui.End()
	return r.result.Exit, r.tellRunner()
}

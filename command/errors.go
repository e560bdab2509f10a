package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"firstframe/command/terminal"
	"firstframe/fetch"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/secrets"
)

// usageError is a wrong use of the command. The hint says what to type instead.
type usageError struct {
	error
	hint string
}

func (e *usageError) Unwrap() error { return e.error }

// usage returns a usageError.
func usage(hint, format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...), hint}
}

// hintedError is an error with a hint: what to do about it.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// hinted returns an error like fmt.Errorf, with a hint.
func hinted(hint, format string, args ...any) error {
	return &hintedError{fmt.Errorf(format, args...), hint}
}

// ownersError is an error in the owner's words or theme. An edit mends it.
type ownersError struct{ error }

func (e *ownersError) Unwrap() error { return e.error }

// listingError is why there is no listing.
type listingError struct {
	error
	images bool // there is a gallery
}

func (e *listingError) Unwrap() error { return e.error }

// hint returns what to do until there is a listing. The service may not answer for days, or never
// again after a subscription has ended.
func (e *listingError) hint() string {
	hint := ""
	if service, ok := errors.AsType[*fetch.ServiceError](e.error); ok {
		hint = service.Hint()
	}
	if hint == "" {
		hint = "try again later"
	}
	if e.images {
		hint += "; until then, --offline builds the site from what you have"
	}
	return hint
}

// errNothingUsable ends a run that would publish an empty site.
var errNothingUsable = errors.New("none of the listed files can be used, so there is nothing to publish")

// diagnose returns the exit code for an error that ends the command, and what to do about the
// error, or "" if nobody knows. The exit code of a run that ends without an error is in result.go.
func diagnose(err error) (code int, hint string) {
	var (
		wrong   *usageError
		guarded *guardedError
		service *fetch.ServiceError
		listing *listingError
		hinted  *hintedError
		secret  *secrets.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		return exitInterrupted, ""
	case errors.As(err, &wrong):
		return exitUsage, wrong.hint
	case errors.As(err, &guarded):
		return exitGuarded, guarded.hint
	case errors.As(err, &hinted):
		return exitFailed, hinted.hint
	case errors.Is(err, errNothingUsable):
		return exitFailed, "the warnings above say what is wrong with each file; --quiet hides them"
	case errors.As(err, &listing):
		code = exitFailed
		if errors.As(err, &service) && service.Refused() {
			code = exitRefused
		}
		return code, listing.hint()
	case errors.As(err, &service) && service.Refused():
		return exitRefused, service.Hint()
	case errors.As(err, &service):
		return exitFailed, service.Hint()
	case errors.As(err, &secret):
		return exitFailed, "remove it from content/, static/, the theme or the settings; if others have seen it there, replace it at the service"
	case errors.Is(err, render.ErrForeign):
		return exitFailed, "choose another folder with --out, or an empty one"
	case errors.Is(err, render.ErrLocked):
		return exitFailed, "wait until the other run has ended, or choose another folder with --out"
	case errors.Is(err, gallery.ErrNewerState):
		return exitFailed, "update firstframe, which is version " + version() + " here, or choose another folder with --out"
	}
	return exitFailed, diskHint(err)
}

// diskHint returns what to do about an error of the disk, or "" if nobody knows.
func diskHint(err error) string {
	flag := ""
	if _, ok := errors.AsType[*render.WriteError](err); ok {
		flag = "out"
	}
	if _, ok := errors.AsType[*fetch.StoreError](err); ok {
		flag = "cache"
	}
	switch {
	case flag == "":
		return ""
	case errors.Is(err, syscall.ENOSPC):
		return "free some space, and run it again: nothing is lost"
	}
	return "choose a folder that can be written with --" + flag
}

// failedRun is what --json prints in place of the result if an error ends the command.
type failedRun struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"` // what to do about it
	Exit  int    `json:"exit"`
}

// fail prints an error that ends the command, with its hint, also as JSON if that is wanted. It
// returns the exit code.
func fail(ui *terminal.Terminal, err error, json bool) int {
	ui.End()
	code, hint := diagnose(err)
	if code == exitInterrupted {
		err = errors.New("interrupted; nothing is half-written, and the next run goes on from here")
	}
	complain(ui, err, hint)
	if json {
		// The messages say the same, so the exit code stays that of the error.
		_ = ui.Document(failedRun{ui.Clean(err.Error()), ui.Clean(hint), code})
	}
	if code != exitInterrupted {
		summarizeFailure(ui, err, hint)
	}
	return code
}

// complain prints an error, and what to do about it. Of several errors, each can have a hint of its
// own.
func complain(ui *terminal.Terminal, err error, hint string) {
	problems, hinted := problemsIn(err), false
	for _, e := range problems {
		ui.Error("%v", e)
		if _, own := diagnose(e); own != "" && len(problems) > 1 {
			ui.Hint(own)
			hinted = true
		}
	}
	if !hinted {
		ui.Hint(hint)
	}
}

// problemsIn returns the errors of a list that became one error, so that each gets a line of its
// own. What was wrapped around the list is left out: each of them names its file and line.
func problemsIn(err error) []error {
	var list interface{ Unwrap() []error }
	if !strings.Contains(err.Error(), "\n") || !errors.As(err, &list) {
		return []error{err}
	}
	var all []error
	for _, one := range list.Unwrap() {
		all = append(all, problemsIn(one)...)
	}
	return all
}

// fatal reports whether an error would be the same for every file, because the disk cannot be
// written.
func fatal(err error) bool {
	var write *render.WriteError
	var store *fetch.StoreError
	return errors.As(err, &write) || errors.As(err, &store)
}

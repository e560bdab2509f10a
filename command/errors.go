package command

import (
	"context"
	"errors"
	"fmt"

	"firstframe/command/terminal"
	"firstframe/fetch"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/secrets"
)

// usageError is a wrong use of the command, with what to type instead.
type usageError struct{ message, hint string }

func (e *usageError) Error() string { return e.message }

func usage(hint, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), hint}
}

type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

var errNothingUsable = errors.New("none of the files that the service lists can be used")

// fail prints an error with its hint, and returns its exit code.
func fail(ui *terminal.Terminal, err error) int {
	ui.End()
	if errors.Is(err, context.Canceled) {
		ui.Error("interrupted; the site is as complete as it was")
		return exitInterrupted
	}
	hint := hintFor(err)
	ui.Error("%v", err)
	if hint != "" {
		ui.Hint(hint)
	}
	summarizeFailure(ui, err, hint)
	if _, wrong := errors.AsType[*usageError](err); wrong {
		return exitUsage
	}
	if service, ok := errors.AsType[*fetch.ServiceError](err); ok && service.Refused() {
		return exitRefused
	}
	return exitFailed
}

// hintFor says what can be done about an error; "" where nobody knows.
func hintFor(err error) string {
	var (
		wrong   *usageError
		service *fetch.ServiceError
		hinted  *hintedError
	)
	_, secret := errors.AsType[*secrets.Error](err)
	switch {
	case errors.As(err, &wrong):
		return wrong.hint
	case errors.As(err, &service):
		return service.Hint()
	case errors.As(err, &hinted):
		return hinted.hint
	case secret:
		return "take it out of content/, the theme or the settings; if others have seen it there, replace it at the service"
	case errors.Is(err, render.ErrForeign):
		return "choose another folder with --out, or an empty one"
	case errors.Is(err, render.ErrLocked):
		return "wait until it has ended"
	case errors.Is(err, gallery.ErrNewerState):
		return "update firstframe"
	}
	return ""
}

// fatal reports whether an error would be the same for every file: the disk's.
func fatal(err error) bool {
	var write *render.WriteError
	var store *fetch.StoreError
	return errors.As(err, &write) || errors.As(err, &store)
}

package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/pflag"
)

const helpText = `firstframe publishes the images that you made AI videos from as a static site.

Usage:
  firstframe --demo                     build a gallery of generated pictures in out/
  firstframe                            build your gallery; the token is in USEAPI_TOKEN
  firstframe --serve                    build it and look at it in a browser
  firstframe --account 123 --out site   one account of several, into another folder
  firstframe --dry-run -v               say what a run would do
  firstframe --check                    is what is in out/ whole, and fit to be published?

Flags:
`

const helpEnd = `
Environment:
  USEAPI_TOKEN        the API token of useapi.net; see also --token-file
  USEAPI_ACCOUNT      accounts to list, separated by commas or lines, as with
                      --account
  SOURCE_DATE_EPOCH   what to take for today, in Unix seconds: the date of
                      images without any other date
  NO_COLOR            no colour in messages

Exit codes:
  0  built, or nothing to do          4  the service refused; the old site stands
  1  failed; the old site stands      5  a removal was refused; nothing was removed
  2  wrong use                      130  interrupted; the old site stands
  3  built, but some images are missing or out of date
`

// flagUsages lists the flags in 80 columns. What pflag makes itself says
// "[=true|false]" of every switch.
func flagUsages(flags *pflag.FlagSet) string {
	const indent, width = 26, 54
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		placeholder, text := pflag.UnquoteUsage(f)
		left := "      --" + f.Name
		if f.Shorthand != "" {
			left = "  -" + f.Shorthand + ", --" + f.Name
		}
		switch {
		case f.Value.Type() == "bool":
		case f.NoOptDefVal != "":
			left += "[=" + placeholder + "]"
		default:
			left += " " + placeholder
		}
		if d := f.DefValue; d != "" && d != "false" && d != "0" && d != "[]" {
			text += " (" + strings.Trim(d, "[]") + ")"
		}
		lines := wrap(text, width)
		if len(left) >= indent {
			lines = append([]string{""}, lines...) // the text begins below
		}
		for i, line := range lines {
			if i > 0 {
				left = ""
			}
			fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("%-*s%s", indent, left, line), " "))
		}
	})
	return b.String()
}

// wrap breaks a text into lines of at most width letters, between words.
func wrap(text string, width int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+1+len(word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// kinds say what a flag's value has to be.
var kinds = map[string]string{
	"bool": "true or false", "int": "a whole number", "intSlice": "whole numbers, separated by commas",
	"duration": "a time like 30s or 5m",
}

// explain turns an error of the flags into one that says what to type.
func (o *options) explain(err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	message, hint := err.Error(), "firstframe -h lists the flags"
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		if near := o.nearestFlag(unknown.GetSpecifiedName()); near != "" {
			hint = "did you mean --" + near + "?"
		}
	case errors.As(err, &missing):
		f := missing.GetFlag()
		placeholder, _ := pflag.UnquoteUsage(f)
		message, hint = "--"+f.Name+" needs a value", "say it like --"+f.Name+" "+placeholder
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		message = fmt.Sprintf("--%s %q is not %s", f.Name, invalid.GetValue(), kinds[f.Value.Type()])
	}
	return &usageError{message, hint}
}

// nearestFlag returns the flag with the smallest edit distance to name, or ""
// where more than a third of it would have to change.
func (o *options) nearestFlag(name string) string {
	best, nearest := len(name)/3+2, ""
	o.flags.VisitAll(func(f *pflag.Flag) {
		if d := levenshtein.ComputeDistance(name, f.Name); d < best {
			best, nearest = d, f.Name
		}
	})
	return nearest
}

package command

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"firstframe/render/spelling"
)

// helpStart is what -h prints before the flags.
const helpStart = `firstframe publishes the images that you made AI videos from as a static site.

Usage:
  firstframe --demo                     build a gallery of generated pictures in demo/
  firstframe                            build your gallery; the token is in USEAPI_TOKEN
  firstframe --pictures holiday         build a gallery of a folder of pictures; no token
  firstframe --init                     write its settings, first texts and a workflow for GitHub
  firstframe --serve                    look at it in a browser while you change it
  firstframe --account 123 --out site   one account of several, into another folder
  firstframe --dry-run -v               report what a run would do
  firstframe --offline                  build it again with other words, without the service
  firstframe --check                    check that the site in out/ is complete and safe to publish

A flag counts for one run. Settings that last are in firstframe.yaml: base_url is --base-url.

Flags:
`

// helpEnd is what -h prints after the flags.
const helpEnd = `
Environment:
  USEAPI_TOKEN        the API token of useapi.net; see also --token-file
  USEAPI_ACCOUNT      accounts to list, separated by commas or lines, as with
                      --account
  SOURCE_DATE_EPOCH   the time to use as now, in Unix seconds: the date of
                      images that have no other date
  NO_COLOR            no colour in messages

Exit codes:
  0  built, or nothing to do          4  the service refused; the old site stands
  1  failed; the old site stands      5  a removal was refused; nothing was removed
  2  wrong usage                    130  interrupted; the old site stands
  3  built, but some images are missing or out of date
`

// help returns what -h prints.
func help(flags *pflag.FlagSet) string { return helpStart + flagUsages(flags) + helpEnd }

// flagUsages lists the flags in 80 columns. The list that pflag makes contains
// "[=true|false]" after every switch.
func flagUsages(flags *pflag.FlagSet) string {
	const indent, width = 26, 54
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		placeholder, text := pflag.UnquoteUsage(f)
		text = strings.TrimPrefix(text, placeholder+": ")
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
		if d := defaultText(f); d != "" && d != "false" && d != "0" {
			text += " (" + d + ")"
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

// defaultText returns a flag's default as it is written on the command line, or "" if it has none.
func defaultText(f *pflag.Flag) string { return plainValue(f, f.DefValue) }

// plainValue returns a value of a flag as it is written on the command line. The library shows lists
// in brackets.
func plainValue(f *pflag.Flag, value string) string {
	if _, isList := f.Value.(pflag.SliceValue); isList {
		return strings.Trim(value, "[]")
	}
	return value
}

// wrap breaks a text between words into lines of at most width bytes.
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

// kinds says what the value of a flag must be, by the type of the flag.
var kinds = map[string]string{
	"bool": "true or false", "int": "a whole number", "intSlice": "whole numbers, separated by commas",
	"stringSlice": "names, separated by commas",
	"duration":    "a time like 30s or 5m",
}

// examples are values as somebody would type them, of the flags whose default is not a good example.
var examples = map[string]string{
	"account": "1234=Studio", "base-url": "https://name.github.io/gallery/", "cache": "~/firstframe-originals",
	"export-theme": "theme", "formats": "avif,jpeg", "limit": "100", "media-url": "https://media.example.org/", "merge": "part1",
	"pictures": "~/Pictures/holiday", "restore": "https://name.github.io/gallery/", "shard": "1/4", "time-budget": "30m",
	"timeout": "5m", "title": `"Low tide"`, "token-file": "token.txt",
}

// example returns a hint with a flag as somebody would type it.
func example(f *pflag.Flag) string {
	if f.Value.Type() == "bool" {
		return "for example: --" + f.Name + " or --" + f.Name + "=false"
	}
	return "for example: --" + f.Name + " " + cmp.Or(examples[f.Name], defaultText(f))
}

// explain turns an error of pflag into one that says what to type.
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
		message = "there is no flag --" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			message = "there is no flag -" + unknown.GetSpecifiedName()
		}
		if near := o.nearestFlag(unknown.GetSpecifiedName()); near != "" {
			hint = "did you mean --" + near + "?"
		}
	case errors.As(err, &missing):
		f := missing.GetFlag()
		message, hint = "--"+f.Name+" needs a value", example(f)
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		message, hint = fmt.Sprintf("--%s must be %s, not %q", f.Name, kinds[f.Value.Type()], invalid.GetValue()), example(f)
	}
	return usage(hint, "%s", message)
}

// explainArgument returns the error for the first argument that is neither a flag nor the value of
// one. It says what may have been meant: a command, as other programs have them, or the value of a
// flag that needs an equals sign.
func (o *options) explainArgument(arg string, args []string) error {
	at := slices.Index(args, arg)
	if at == 0 && arg == "help" {
		return pflag.ErrHelp
	}
	hint, near := "firstframe -h lists the flags", o.nearestFlag(arg)
	var before *pflag.Flag
	if at > 0 {
		before = o.flags.Lookup(strings.TrimPrefix(args[at-1], "--"))
	}
	switch {
	case before != nil && before.NoOptDefVal != "" && before.Value.Type() != "bool":
		hint = "did you mean --" + before.Name + "=" + arg + "?"
	case before != nil: // it is meant as a value of a switch
	case near != "":
		hint = "did you mean --" + near + "?"
	case at == 0:
		hint = "firstframe alone builds the gallery; " + hint
	}
	if at == 0 {
		return usage(hint, "there is no command %q", arg)
	}
	return usage(hint, "unexpected argument %q", arg)
}

// nearestFlag returns the flag that name was probably meant to be, or "".
func (o *options) nearestFlag(name string) string {
	return spelling.Nearest(name, func(yield func(string) bool) {
		more := true
		o.flags.VisitAll(func(f *pflag.Flag) { more = more && yield(f.Name) })
	})
}

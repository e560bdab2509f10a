// Firstframe publishes the images that you made AI videos from: it asks the
// service which images there are, downloads the new ones, makes renditions,
// and renders a static site.
//
// A run reads top to bottom in this file: the options are checked, the files
// listed, what is missing is downloaded and made into renditions, and the site
// is written. Package fetch talks to the network and knows files and
// originals; package render makes the site and knows images and renditions;
// neither knows the other. Here the one is turned into the other.
package command

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
	"golang.org/x/term"

	"firstframe/fetch"
	"firstframe/fetch/fetchtest"
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
	ui := &terminal{stdout: stdout, stderr: stderr, actions: os.Getenv("GITHUB_ACTIONS") == "true"}
	// What is wrong with the options is said before the token is read.
	ui.keepPrivate(options{token: os.Getenv("USEAPI_TOKEN"), accounts: parseAccounts(nil)})
	opts, err := parseOptions(args, interruptible{ctx, stdin})
	if errors.Is(err, pflag.ErrHelp) {
		fmt.Fprint(stdout, helpText, flagUsages(opts.flags), helpEnd)
		return exitOK
	}
	if err != nil {
		return ui.fail(err)
	}
	ui.keepPrivate(opts)
	ui.quiet, ui.verbose = opts.quiet, opts.verbose
	switch {
	case opts.version:
		fmt.Fprintln(stdout, "firstframe", version())
		return exitOK
	case opts.exportTheme != "":
		n, err := render.ExportTheme(files.Theme, opts.exportTheme)
		if err != nil {
			return ui.fail(err)
		}
		fmt.Fprintf(stdout, "%d files written to %s\n", n, opts.exportTheme)
		return exitOK
	}
	if opts.init {
		if err := initFolder(files.Starter, ".", stdout); err != nil {
			return ui.fail(err)
		}
		return exitOK
	}
	if opts.check != "" {
		code, err := checkSite(ctx, opts, ui)
		if err != nil {
			return ui.fail(err)
		}
		return code
	}
	if opts.demo {
		service, err := startDemo(&opts)
		if err != nil {
			return ui.fail(err)
		}
		defer service.Close()
	}
	g := &gallery{files: files, opts: opts, ui: ui, step: step}
	code, err := g.update(ctx)
	ui.stage("")
	if err == nil {
		err = g.tellRunner()
	}
	if err != nil {
		return ui.fail(err)
	}
	if opts.serve != "" && !opts.dryRun {
		if err := serve(ctx, opts.serve, opts.out, ui); err != nil {
			return ui.fail(err)
		}
	}
	return code
}

// ---- Options ----

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

// options are the flags and what the environment says, checked.
type options struct {
	accounts []account
	token    string
	source   string
	limit    int

	out, cache, content, theme string
	title, baseURL, mediaURL   string
	widths                     []int
	quality                    int
	originals, prompts, clips  bool
	noIndex                    bool
	prune                      string // "", "guarded" or "force"
	shard                      shard  // the zero value is the whole
	merge                      []string

	jobs      int
	maxBytes  int64
	maxClip   int64
	maxPixels int
	timeout   time.Duration
	budget    time.Duration // for all downloads

	demo         bool
	serve        string
	check        string
	restore      string
	published    bool // before, at the address of restore: it must be there
	dryRun, json bool
	quiet        bool
	verbose      bool
	version      bool
	exportTheme  string
	init         bool
	api          string
	allowPrivate bool

	flags *pflag.FlagSet
}

// account is an account of the service. The id is private; the label, which
// the owner gave it, is not.
type account struct{ id, label string }

// usageError is a wrong use of the command, with what to type instead.
type usageError struct{ message, hint string }

func (e *usageError) Error() string { return e.message }

func usage(hint, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), hint}
}

// tokenHint says where the token comes from.
const tokenHint = "set USEAPI_TOKEN to your API token (see https://useapi.net/docs/start-here/setup-useapi), " +
	"or try firstframe --demo, which needs none"

// parseOptions reads the flags, the environment and the token, and refuses
// what makes no sense before anything is read or written.
func parseOptions(args []string, stdin io.Reader) (options, error) {
	o := options{flags: pflag.NewFlagSet("firstframe", pflag.ContinueOnError)}
	given := o.define()
	if err := o.checkArguments(args); err != nil {
		return o, err
	}
	if err := o.flags.Parse(args); err != nil {
		return o, o.explain(err)
	}
	if o.flags.NArg() > 0 {
		return o, usage("a value of --serve, --check or --prune follows an equals sign, as in --serve=127.0.0.1:8000",
			"unexpected argument %q", o.flags.Arg(0))
	}
	if o.version || o.exportTheme != "" || o.init {
		return o, nil
	}
	var err error
	if o.maxBytes, err = parseSize("max-bytes", given.maxBytes); err != nil {
		return o, err
	}
	if o.maxClip, err = parseSize("max-clip-bytes", given.maxClip); err != nil {
		return o, err
	}
	if o.shard, err = parseShard(given.shard); err != nil {
		return o, err
	}
	for _, check := range []func() error{o.checkValues, o.checkCombinations, o.checkAddresses, o.checkFolders} {
		if err := check(); err != nil {
			return o, err
		}
	}
	if o.demo {
		return o, nil
	}
	o.accounts = parseAccounts(given.accounts)
	if err := o.checkLabels(); err != nil {
		return o, err
	}
	if o.check == checkOut {
		o.check = o.out
	}
	if o.check != "" && given.tokenFile == "" && os.Getenv("USEAPI_TOKEN") == "" {
		return o, nil // looked for if it is there, but not needed
	}
	o.token, err = readToken(given.tokenFile, stdin)
	return o, err
}

// written are the values of flags that have to be read once more.
type written struct {
	accounts                            []string
	tokenFile, shard, maxBytes, maxClip string
}

// define defines the flags, in the order in which they are listed.
func (o *options) define() *written {
	given := &written{}
	f := o.flags
	f.SortFlags = false
	f.Usage = func() {}
	f.StringArrayVar(&given.accounts, "account", nil, "list this account, `ID[=Label]`; repeatable. Only the label is ever shown")
	f.StringVar(&given.tokenFile, "token-file", "", "read the token from `FILE` (- is standard input) instead of USEAPI_TOKEN")
	f.StringVar(&o.source, "source", "auto", "which `LISTING`: files, videos, both, or auto: both, but no upload that was never made into a video")
	f.IntVar(&o.limit, "limit", 0, "at most `N` images from each listing; 0 is all")
	f.StringVarP(&o.out, "out", "o", "out", "write the site to `DIR`")
	f.StringVar(&o.cache, "cache", "", "keep the originals in `DIR` (default: the user's cache folder)")
	f.StringVar(&o.title, "title", "", "the gallery's title: `TEXT` instead of that in content/index.md")
	f.StringVar(&o.baseURL, "base-url", "", "the `URL` at which the site will be published")
	f.StringVar(&o.mediaURL, "media-url", "", "the `URL` of a copy of the folder media/, where it is not to be got from the site")
	f.BoolVar(&o.noIndex, "noindex", false, "ask search engines not to list the site")
	f.StringVar(&o.content, "content", "content", "read the owner's words from `DIR`, if it exists")
	f.StringVar(&o.theme, "theme", "", "overlay the built-in templates/ and assets/ with those in `DIR`")
	f.BoolVar(&o.init, "init", false, "write a first content/ and a workflow for GitHub here, replacing nothing, and end")
	f.StringVar(&o.exportTheme, "export-theme", "", "copy the built-in templates/ and assets/ to `DIR`, and end")
	f.IntSliceVar(&o.widths, "widths", []int{480, 960, 1920}, "`WIDTHS` of the renditions in pixels; none is larger than its image")
	f.IntVar(&o.quality, "quality", 82, "JPEG quality of the renditions, `N` from 1 to 100")
	f.BoolVar(&o.originals, "originals", false, "publish the originals too, stripped of their metadata")
	f.BoolVar(&o.prompts, "prompts", false, "publish the prompts of the videos")
	f.BoolVar(&o.clips, "clips", false, "publish the finished videos, stripped of their metadata")
	f.StringVar(&o.prune, "prune", "", "remove images that are no longer listed, unless that are more than half; `force` removes those, too")
	f.Lookup("prune").NoOptDefVal = "guarded"
	f.StringVar(&given.shard, "shard", "", "make only part K of N of the pictures, as `K/N`, and no pages: for --merge")
	f.StringArrayVar(&o.merge, "merge", nil, "take the pictures from the parts in `DIR`, which other machines made; repeatable")
	f.IntVarP(&o.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "make renditions of `N` images at the same time")
	f.StringVar(&given.maxBytes, "max-bytes", "64MiB", "the largest original that is downloaded, as a `SIZE`")
	f.StringVar(&given.maxClip, "max-clip-bytes", "64MiB", "the largest video that is downloaded, as a `SIZE`")
	f.IntVar(&o.maxPixels, "max-pixels", 64_000_000, "the largest image that is decoded: `N` pixels")
	f.DurationVar(&o.timeout, "timeout", 5*time.Minute, "the `TIME` that one listing or one download may take, with all tries")
	f.DurationVar(&o.budget, "time-budget", 30*time.Minute, "the `TIME` for all downloads together; what is left then is for the next run")
	f.BoolVar(&o.demo, "demo", false, "use a built-in service with generated pictures: no token, no network")
	f.StringVar(&o.serve, "serve", "", "after building, serve the site on loopback until interrupted: at `ADDR`, or 127.0.0.1:8080")
	f.Lookup("serve").NoOptDefVal = "127.0.0.1:8080"
	f.StringVar(&o.check, "check", "", "build nothing, and check the site in `DIR`, or in that of --out: is it whole, and without secrets?")
	f.Lookup("check").NoOptDefVal = checkOut
	f.StringVar(&o.restore, "restore", "", "where there is no site in the output folder, begin with the one that is published at `URL`")
	f.BoolVar(&o.published, "restore-required", false, "fail if nothing is published at the address of --restore, instead of starting a new gallery")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "say what a run would do; write nothing")
	f.BoolVar(&o.json, "json", false, "print the result as JSON")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print errors only")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "say every request and every file")
	f.BoolVar(&o.version, "version", false, "print the version, and end")
	f.StringVar(&o.api, "api", "https://api.useapi.net", "the service's root `URL`")
	f.BoolVar(&o.allowPrivate, "allow-private-hosts", false, "allow downloads from private addresses, for a service of your own")
	return given
}

func parseSize(flag, s string) (int64, error) {
	n, err := humanize.ParseBytes(s)
	if err != nil || n < 1 || n > 1<<40 {
		return 0, usage("say it like 64MiB", "--%s %q is not a size", flag, s)
	}
	return int64(n), nil
}

// tokenStart is how a token begins.
var tokenStart = regexp.MustCompile(`user:[0-9]+-`)

// checkArguments refuses what pflag would take for something else: a token,
// which must not be repeated in an error, and a flag with one dash, of which
// -out=site would be the folder "ut=site".
func (o *options) checkArguments(args []string) error {
	for _, arg := range args {
		if tokenStart.MatchString(arg) {
			return usage(tokenHint, "the token must not be an argument: others can see those")
		}
		name, _, _ := strings.Cut(arg, "=")
		if letters, one := strings.CutPrefix(name, "-"); one && len(letters) > 1 && o.flags.Lookup(letters) != nil {
			return usage("did you mean -"+name+"?", "%s is no flag", name)
		}
	}
	return nil
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

func (o *options) checkValues() error {
	slices.Sort(o.widths)
	o.widths = slices.Compact(o.widths)
	switch {
	case !slices.Contains([]string{sourceAuto, sourceFiles, sourceVideos, sourceBoth}, o.source):
		return usage("use auto, files, videos or both", "--source %q is not a listing", o.source)
	case o.limit < 0:
		return usage("0 lists all", "--limit %d is negative", o.limit)
	case len(o.widths) == 0 || o.widths[0] < 1:
		return usage("say it like --widths 480,960,1920", "--widths: a width must be 1 or more")
	case len(o.widths) > 8 || o.widths[len(o.widths)-1] > 16384:
		return usage("say it like --widths 480,960,1920", "--widths: at most 8 widths of at most 16384 pixels")
	case o.quality < 1 || o.quality > 100:
		return usage("82 is the default", "--quality %d is not between 1 and 100", o.quality)
	case o.prune != "" && o.prune != "guarded" && o.prune != "force":
		return usage("use --prune or --prune=force", "--prune %q is not known", o.prune)
	case o.jobs < 1:
		return usage("one for each core is the default", "--jobs %d is less than 1", o.jobs)
	case o.maxPixels < 1:
		return usage("64000000 is the default", "--max-pixels %d is less than 1", o.maxPixels)
	case o.timeout <= 0:
		return usage("say it like --timeout 5m", "--timeout %v is not a time to wait", o.timeout)
	case o.budget <= 0:
		return usage("for example: --time-budget 30m", "--time-budget %v is not a time to wait", o.budget)
	}
	return nil
}

// checkLabels refuses a label that looks as if another account had become a part of it: labels are published, and ids are
// private. Its errors do not show the label.
func (o *options) checkLabels() error {
	for i, a := range o.accounts {
		if strings.Contains(a.label, "=") || hasNumber(a.label) {
			return usage("separate accounts by commas or lines in USEAPI_ACCOUNT, and give each an --account of its own",
				"the label of account %d may hold the id of another one", i+1)
		}
	}
	return nil
}

// checkCombinations refuses flags that contradict each other.
func (o *options) checkCombinations() error {
	given := func(name string) bool { return o.flags.Changed(name) }
	for _, pair := range [][2]string{
		{"demo", "account"}, {"demo", "token-file"}, {"demo", "api"},
		{"quiet", "verbose"}, {"dry-run", "serve"},
		{"shard", "merge"}, {"shard", "serve"}, {"shard", "dry-run"}, {"shard", "prune"}, {"shard", "check"},
		{"restore", "demo"}, {"restore", "check"}, {"restore", "dry-run"},
		{"check", "demo"}, {"check", "serve"}, {"check", "dry-run"}, {"check", "prune"},
	} {
		if given(pair[0]) && given(pair[1]) {
			return usage("leave one of them out", "--%s and --%s contradict each other", pair[0], pair[1])
		}
	}
	if o.published && o.restore == "" {
		return usage("say where the site is published: --restore URL", "--restore-required needs --restore")
	}
	return nil
}

// hostForm is a host that can stand in a Content-Security-Policy.
var hostForm = regexp.MustCompile(`^([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[0-9]+)?$`)

func (o *options) checkAddresses() error {
	api, err := url.Parse(o.api)
	if err != nil || api.Scheme != "https" && api.Scheme != "http" || api.Host == "" || api.User != nil || api.RawQuery != "" {
		return usage("say it like https://api.useapi.net", "--api is not the address of a service")
	}
	if api.Scheme == "http" && !o.allowPrivate {
		return usage("use https, or --allow-private-hosts with a service of your own",
			"--api is http, which shows the token to everybody on the way")
	}
	o.api = strings.TrimSuffix(o.api, "/")
	for _, f := range []struct {
		name    string
		address *string
	}{{"base-url", &o.baseURL}, {"media-url", &o.mediaURL}, {"restore", &o.restore}} {
		if *f.address == "" {
			continue
		}
		u, err := url.Parse(*f.address)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || !hostForm.MatchString(u.Host) ||
			u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return usage("say it like https://name.github.io/gallery/", "--%s %q is not the address of a site", f.name, *f.address)
		}
		*f.address = strings.TrimSuffix(u.String(), "/") + "/"
	}
	// The folder's own name is a part of every picture's address. A host may end like it.
	if u, err := url.Parse(o.mediaURL); err == nil && strings.HasSuffix(u.Path, "media/") {
		o.mediaURL = strings.TrimSuffix(o.mediaURL, "media/")
	}
	if o.serve != "" {
		host, _, err := net.SplitHostPort(o.serve)
		if err != nil {
			return usage("say it like --serve=127.0.0.1:8000", "--serve %q is not an address and a port", o.serve)
		}
		if ip := net.ParseIP(host); host != "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return usage("put the folder on a web server to show it to others", "--serve %q is not a loopback address", o.serve)
		}
	}
	return nil
}

// checkFolders finds the cache, and refuses one in the site: it is private.
func (o *options) checkFolders() error {
	if o.out == "" {
		return usage("say it like --out site", "--out is empty")
	}
	if _, err := os.Stat(filepath.Join(o.out, "index.html")); err == nil && o.shard.of > 0 {
		return usage("choose another folder with --out", "there is a site in %s, and --shard makes none", o.out)
	}
	if o.cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return usage("say where the originals are kept: --cache DIR", "there is no cache folder: %v", err)
		}
		o.cache = filepath.Join(dir, "firstframe")
	}
	if inside(o.cache, o.out) {
		return usage("choose a folder that is not published", "--cache %s is inside --out %s", o.cache, o.out)
	}
	if o.theme != "" {
		if _, err := os.Stat(o.theme); err != nil {
			return usage("", "reading the theme: %v", err)
		}
	}
	// A link that leads nowhere is there all the same, and is refused later.
	if _, err := os.Lstat(o.content); err != nil {
		if o.flags.Changed("content") || !errors.Is(err, fs.ErrNotExist) {
			return usage("", "reading the content folder: %v", err)
		}
		o.content = ""
	}
	return nil
}

// inside reports whether dir is parent or in it. Where a path cannot be
// resolved it is compared as it is written.
func inside(dir, parent string) bool {
	resolve := func(p string) string {
		p, _ = filepath.Abs(p)
		// Of a path that is not there yet the part that is decides.
		for rest := ""; ; {
			if real, err := filepath.EvalSymlinks(p); err == nil {
				return filepath.Join(real, rest)
			}
			if filepath.Dir(p) == p {
				return filepath.Join(p, rest)
			}
			p, rest = filepath.Dir(p), filepath.Join(filepath.Base(p), rest)
		}
	}
	rel, err := filepath.Rel(resolve(parent), resolve(dir))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// parseAccounts reads --account, else USEAPI_ACCOUNT. Without any, the service
// chooses the only one there is.
func parseAccounts(given []string) []account {
	if len(given) == 0 {
		given = strings.FieldsFunc(os.Getenv("USEAPI_ACCOUNT"), func(r rune) bool { return strings.ContainsRune(",\r\n", r) })
	}
	var accounts []account
	for _, s := range given {
		id, label, _ := strings.Cut(s, "=")
		a := account{strings.TrimSpace(id), render.OneLine(label)}
		if a.id != "" && !slices.ContainsFunc(accounts, func(b account) bool { return b.id == a.id }) {
			accounts = append(accounts, a)
		}
	}
	if len(accounts) == 0 {
		return []account{{}}
	}
	return accounts
}

// label is what the owner calls the account with this id, or "".
func (o *options) label(id string) string {
	for _, a := range o.accounts {
		if a.id == id && id != "" {
			return a.label
		}
	}
	return ""
}

// longestToken bounds what is read of a token file: not a picture, by mistake.
const longestToken = 4096

func readToken(file string, stdin io.Reader) (string, error) {
	token, from := os.Getenv("USEAPI_TOKEN"), "USEAPI_TOKEN"
	if file != "" {
		from = "--token-file"
		in := stdin
		if file != "-" {
			f, err := os.Open(file)
			if err != nil {
				return "", usage("", "reading the token: %v", err)
			}
			defer f.Close()
			in = f
		}
		data, err := io.ReadAll(io.LimitReader(in, longestToken+1))
		if errors.Is(err, context.Canceled) {
			return "", err
		}
		if err != nil {
			return "", usage("", "reading the token: %v", err)
		}
		token = string(data)
	}
	token = strings.TrimSpace(token)
	switch {
	case token == "":
		return "", usage(tokenHint, "there is no token in %s", from)
	case len(token) > longestToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "", usage("it is one line like user:1234-abcd…", "what is in %s is not a token", from)
	}
	return token, nil
}

// interruptible is a reader that ends with its context: somebody may be asked
// for a token, and think better of it.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i interruptible) Read(p []byte) (int, error) {
	var n int
	var err error
	b, done := make([]byte, len(p)), make(chan struct{})
	go func() { // left behind when nothing comes
		n, err = i.r.Read(b)
		close(done)
	}()
	select {
	case <-done:
		return copy(p, b[:n]), err
	case <-i.ctx.Done():
		return 0, i.ctx.Err()
	}
}

// ---- The run ----

// The sources: the listings that images come from.
const (
	sourceAuto   = "auto" // both, without the uploads that no video was made from
	sourceFiles  = "files"
	sourceVideos = "videos"
	sourceBoth   = "both"
)

// gallery is one run.
type gallery struct {
	files Files
	opts  options
	ui    *terminal

	site  render.Options
	maker *render.Maker
	cache *fetch.Cache
	state *render.State

	repaired bool // the state, from its copy or from pieces

	result   result
	siteSize func() (int64, error) // of a site that was built; nil where none was
	fresh    []string              // the slugs of the new images
	lost     int                   // images without any picture left, here or at the service
	parts    []part
	buried   []render.Image      // what the published site hides, for a part of it
	decoded  *semaphore.Weighted // the pixels of the files that are verified now

	// step is called before each operation that changes the disk; see render.OutputOptions. Nil outside
	// of tests.
	step func(operation, path string) error

	alike map[string]int // how often each warning of a file was due
	late  int            // files for which there was no time left

	names      map[string]render.FileName // of the listed files, by their keys; nil where there are no captions
	tombstones map[string]bool            // slugs of the images that were hidden before
	unhidden   []render.Image             // those that the owner shows again
	leftOut    []string                   // names of the uploads that are left out, where there are captions
}

// result is what a run did. It is the document that --json prints.
type result struct {
	Changed  bool   `json:"changed"`
	DryRun   bool   `json:"dry_run,omitempty"`
	Out      string `json:"out"`
	Images   int    `json:"images"`   // in the gallery
	New      int    `json:"new"`      // of them, since the last run
	Remade   int    `json:"remade"`   // of them, whose renditions were made again
	Unlisted int    `json:"unlisted"` // of them, that the service does not list any more
	Removed  int    `json:"removed"`  // images taken out by --prune
	Skipped  int    `json:"skipped"`  // files that are no images, found by this run
	Unused   int    `json:"unused"`   // uploads that no video was made from, and that are not published

	SoundsAndFilms int `json:"sounds_and_films"` // among the uploads, found by this run

	Clips   int `json:"clips"`   // that were added by this run
	Failed  int `json:"failed"`  // files that could not be downloaded, made or read
	Written int `json:"written"` // files of the site that were written

	SiteBytes int64 `json:"site_bytes"` // of all published files
	ClipBytes int64 `json:"clip_bytes"` // of them, those of videos

	Problems []problem `json:"problems"`
	Exit     int       `json:"exit"`
}

// problem is a file of which there is no image now.
type problem struct {
	Name  string `json:"name"`
	Error string `json:"error"`
}

// listing is what all accounts listed together.
type listing struct {
	files    []fetch.File             // one for each key, by upload date and key
	places   map[string]int           // of the files while they are added, by key; nil before one is met again
	sources  map[string]string        // of each file, by its key
	videos   map[string][]fetch.Video // by the keys of their source images
	complete map[string]bool          // sources in whose listings nothing can be missing
	cut      bool                     // something may be missing in one of them
	asked    map[string]int           // accounts, by source; below 0 where one's listing was cut
	items    map[string]int           // in the listings, by their source
	empty    bool                     // an account has nothing in any of them
	without  map[string][]string      // labels of the accounts that have nothing in a listing, or no such listing, by its source

	// By the ids of the accounts: whether videos were ever made from its images,
	// and whether all of them are listed now.
	used, sure map[string]bool
}

func newListing() listing {
	return listing{
		sources: map[string]string{}, videos: map[string][]fetch.Video{}, complete: map[string]bool{},
		asked: map[string]int{}, items: map[string]int{}, without: map[string][]string{}, used: map[string]bool{}, sure: map[string]bool{},
	}
}

// task is an image that has to be made: of a file, of an image that is known
// already, or of both.
type task struct {
	file   *fetch.File
	source string        // that listed the file
	image  *render.Image // nil for a new one
}

// outcome is what became of a task.
type outcome struct {
	image   *render.Image
	skipped *render.Skipped
	err     error
}

// update makes the site what the listings say, and returns the exit code.
func (g *gallery) update(ctx context.Context) (int, error) {
	debug.SetGCPercent(startGarbage)
	g.ui.stage("Settings")
	if err := g.prepare(); err != nil {
		return 0, err
	}
	if err := g.openParts(); err != nil {
		return 0, err
	}
	defer g.closeParts()
	var out *render.Output
	if !g.opts.dryRun {
		var err error
		if out, err = render.OpenOutput(g.opts.out, render.OutputOptions{Secrets: g.opts.unpublishable(), Step: g.step}); err != nil {
			return 0, err
		}
		defer out.Close()
	}
	defer g.cache.Close()
	if g.opts.restore != "" {
		g.ui.stage("Restoring")
		if err := g.restore(ctx, out); err != nil {
			return 0, fmt.Errorf("restoring the site: %w", err)
		}
	}
	if err := g.loadState(); err != nil {
		return 0, err
	}
	g.ui.stage("Listing")
	// While the service answers there is time to look at the disk.
	var upToDate []bool
	looked := make(chan error, 1)
	go func() {
		var err error
		upToDate, err = g.upToDate(g.state.Images)
		looked <- err
	}()
	listed, err := g.list(ctx)
	if err := <-looked; err != nil {
		return 0, err
	}
	if err != nil {
		return g.withoutListing(ctx, out, err)
	}
	g.names = g.namesOf(listed.files)
	listed.files = slices.DeleteFunc(listed.files, func(f fetch.File) bool { return !g.opts.shard.has(f.Key()) })
	tasks := g.reconcile(listed, upToDate)
	if err := g.checkCaptions(ctx, tasks); err != nil {
		return 0, err
	}
	g.warnOfUnused(listed)
	if g.opts.dryRun {
		return g.preview(listed, tasks)
	}
	if len(tasks) > 0 {
		debug.SetGCPercent(usualGarbage)
		if len(g.state.Images)+len(tasks) > largeGallery {
			debug.SetGCPercent(largeGarbage)
		}
		// A disk that cannot be written to is found before anything is downloaded.
		if err := g.cache.Open(); err != nil {
			return 0, err
		}
	}
	g.ui.stage("Pictures")
	outcomes, made, err := g.perform(ctx, out, tasks)
	if err != nil {
		return 0, err
	}
	g.merge(tasks, outcomes, made)
	if g.opts.shard.of > 0 {
		return g.finishPart(out)
	}
	if g.hasNoImage() && len(listed.sources) > 0 {
		return 0, g.nothingUsable()
	}
	g.relate(listed)
	if err := g.film(ctx, listed); err != nil {
		return 0, err
	}
	return g.publish(ctx, out, g.finishState(listed))
}

// hasToHide reports whether the site shows an image that the owner hides now.
func (g *gallery) hasToHide() bool {
	if g.opts.shard.of > 0 || len(g.site.Content.Captions) == 0 {
		return false
	}
	matches := g.site.Content.Match(g.allNamed())
	for i := range g.state.Images {
		if m := &g.state.Images[i]; !m.Hidden && (g.hides(m) || matches.Hides(i)) {
			return true
		}
	}
	return false
}

// withoutListing ends a run that could not find out what there is.
func (g *gallery) withoutListing(ctx context.Context, out *render.Output, cause error) (int, error) {
	if ctx.Err() != nil || !g.hasToHide() {
		return 0, cause
	}
	if err := g.ambiguous(g.site.Content.Match(g.allNamed()), true); err != nil {
		return 0, err
	}
	return g.takeDown(ctx, out, cause)
}

// takeDown publishes the site without what the owner hides, where there is no
// listing. That cannot wait until there is one: the service may not answer for
// days, and when a subscription has ended never again. All images stay as they
// are, and the cause is one of the run's problems.
func (g *gallery) takeDown(ctx context.Context, out *render.Output, cause error) (int, error) {
	g.problem("", cause)
	if hint := hintFor(cause); hint != "" && !g.opts.quiet {
		g.ui.hint(hint)
	}
	g.relate(listing{})
	code := g.finishState(listing{})
	if g.opts.dryRun {
		g.result.Changed = true
		return g.report(code)
	}
	return g.publish(ctx, out, code)
}

// publish writes the site, and reports the run with this exit code.
func (g *gallery) publish(ctx context.Context, out *render.Output, code int) (int, error) {
	if len(g.state.Images) > largeGallery {
		debug.SetGCPercent(largeGarbage)
	}
	g.ui.stage("Pages")
	if err := g.renew(out); err != nil {
		return 0, err
	}
	if err := render.Build(ctx, out, g.state, g.site); err != nil {
		return 0, err
	}
	g.result.Written = out.Written()
	g.result.Changed = out.Written()+out.Removed() > 0
	g.siteSize = out.Size
	return g.report(code)
}

// renew takes out of what is published what earlier versions left in it.
func (g *gallery) renew(out *render.Output) error {
	dropped := 0
	for i := range g.state.Images {
		m := &g.state.Images[i]
		if m.Hidden || m.Stripped >= render.StrippedNow {
			continue // as all are, but for the first run of a version
		}
		n, err := out.Renew(m, g.planned(m))
		if err != nil {
			return err
		}
		dropped += n
	}
	if dropped > 0 {
		g.ui.warn("%s of an earlier version cannot be stripped of their metadata, and are not published any more", count(dropped, "file"))
	}
	return nil
}

// prepare checks what the owner gave before the first request is made.
func (g *gallery) prepare() error {
	theme, warnings, err := render.LoadTheme(g.files.Theme, g.opts.theme)
	if err != nil {
		return err
	}
	content, more, err := g.loadContent()
	if err != nil {
		return err
	}
	for _, w := range slices.Concat(warnings, more) {
		g.ui.warn("%s", w)
	}
	g.site = render.Options{
		Title: g.opts.title, BaseURL: g.opts.baseURL, MediaURL: g.opts.mediaURL, Theme: theme, Content: content, GitIgnore: g.files.GitIgnore,
		NoIndex: g.opts.noIndex, Changing: g.makeRoom,
	}
	if err := g.site.CheckSecrets(g.opts.unpublishable()); err != nil {
		return fmt.Errorf("looking through the words: %w", err)
	}
	for _, w := range g.site.Warnings() {
		g.ui.warn("%s", w)
	}
	g.maker = &render.Maker{Widths: g.opts.widths, Quality: g.opts.quality, MaxPixels: g.opts.maxPixels}
	g.cache = &fetch.Cache{
		Dir: g.opts.cache, MaxBytes: g.opts.maxBytes, Timeout: g.opts.timeout, TimeBudget: g.opts.budget,
		AllowPrivateHosts: g.opts.allowPrivate, UserAgent: userAgent(), Logf: g.ui.detail, Step: g.step,
	}
	g.decoded = semaphore.NewWeighted(int64(g.opts.maxPixels))
	g.result.Out, g.result.DryRun, g.result.Problems = g.opts.out, g.opts.dryRun, []problem{}
	if err := render.CheckTemplates(g.site); err != nil {
		return err
	}
	return render.CheckOutput(g.opts.out)
}

// loadContent reads the owner's words, else those of the demo where it runs.
func (g *gallery) loadContent() (*render.Content, []string, error) {
	switch {
	case g.opts.content == "" && g.opts.demo:
		return render.LoadContent(fetchtest.Content())
	case g.opts.content == "":
		return &render.Content{Captions: map[string]render.Caption{}}, nil, nil // as of an empty folder
	}
	dir, err := render.OpenContent(g.opts.content)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the content folder: %w", err)
	}
	defer dir.Close()
	content, warnings, err := render.LoadContent(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the content folder %s: %w", g.opts.content, err)
	}
	return content, warnings, nil
}

// restore brings back the site that is published, where there is none here, or
// one of whose state only pieces are left. All of it is downloaded and verified
// before the first file is written, and the state comes last: until it is there,
// the next run begins again. Where nothing is published yet, this is the first
// run, unless the owner knows better; whatever else goes wrong ends it, because a
// run without the state would publish less than there was. A part of a site only
// needs to know what is hidden.
func (g *gallery) restore(ctx context.Context, out *render.Output) error {
	there, err := render.HasSite(os.DirFS(g.opts.out))
	if err != nil {
		return err
	}
	left := &render.State{}
	if there {
		if err := g.readState(); err != nil || !g.state.InPieces {
			return err
		}
		left = g.state
		g.ui.warn("%s is damaged or missing", filepath.Join(g.opts.out, render.StateName))
	}
	if restored, err := g.bringBack(ctx, out, left); !restored || err != nil {
		return err
	}
	g.state = nil
	return nil
}

// bringBack restores the published site, together with images that only pieces of
// a state here tell of. It reports whether there is one.
func (g *gallery) bringBack(ctx context.Context, out *render.Output, left *render.State) (bool, error) {
	data, err := g.cache.Published(ctx, g.opts.restore+render.StateName, render.MaxState)
	var failed *fetch.DownloadError
	if errors.As(err, &failed) && failed.Status == http.StatusNotFound {
		if g.opts.published {
			return false, &hintedError{fmt.Errorf("there is no gallery at %s, although one was published before", g.opts.restore), missingHint}
		}
		g.ui.info("nothing is published at %s yet", g.opts.restore)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	state, media, err := render.ReadPublished(data)
	if err != nil {
		return false, fmt.Errorf("reading %s: %w", render.StateName, err)
	}
	if err := g.checkDemo(state, g.opts.restore, "choose another address with --restore"); err != nil {
		return false, err
	}
	if g.opts.shard.of > 0 {
		g.buried = slices.DeleteFunc(state.Images, func(m render.Image) bool { return !m.Hidden })
		return false, nil
	}
	state.Adopt(left)
	if err := g.cache.Open(); err != nil {
		return false, err
	}
	// Named by the output folder, which is locked: what is in it was left by a
	// run that was killed.
	abs, err := filepath.Abs(g.opts.out)
	if err != nil {
		return false, err
	}
	folder := filepath.Join(g.opts.cache, fmt.Sprintf("restored-%x", sha256.Sum256([]byte(abs)))[:25])
	defer g.removeAll(folder)
	if err := g.removeAll(folder); err != nil {
		return false, err
	}
	if err := g.before("mkdir", folder); err != nil {
		return false, err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return false, err
	}
	if err := g.fetchPublished(ctx, media, folder); err != nil {
		return false, err
	}
	read := func(m render.Medium) ([]byte, error) {
		return os.ReadFile(filepath.Join(folder, filepath.Base(m.Path)))
	}
	if err := out.Restore(ctx, state, media, read); err != nil {
		return false, err
	}
	g.ui.info("restored %s from %s", count(len(state.Images), "image"), g.opts.restore)
	return true, nil
}

// before asks for an operation that is about to change the disk; see step.
func (g *gallery) before(operation, path string) error {
	if g.step == nil {
		return nil
	}
	return g.step(operation, path)
}

func (g *gallery) removeAll(folder string) error {
	if err := g.before("remove", folder); err != nil {
		return err
	}
	return os.RemoveAll(folder)
}

// missingHint says what to do when a site that was published is not there.
const missingHint = "check the address: a renamed repository and another domain change it. " +
	"If the site is gone, publish it again from a copy or a cache of it (in the workflow: run it without rebuild). " +
	"To go on without it, leave out --restore-required (in the workflow: run it with start-anew); " +
	"images that the service does not list any more are lost then"

// restoredAtOnce is how many published files are got at the same time. Each is
// held in memory until it is verified.
const restoredAtOnce = 4

// fetchPublished downloads published files into a folder, and verifies them.
func (g *gallery) fetchPublished(ctx context.Context, media []render.Medium, folder string) error {
	bar := g.ui.progress("files", len(media))
	defer bar.Close()
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(restoredAtOnce)
	for _, m := range media {
		group.Go(func() error {
			defer bar.Add(1)
			data, err := g.verified(shared, m, func() ([]byte, error) {
				return g.cache.Published(shared, cmp.Or(g.opts.mediaURL, g.opts.restore)+m.Path, m.Bytes)
			})
			if err != nil {
				return fmt.Errorf("%s: %w", m.Path, err)
			}
			name := filepath.Join(folder, filepath.Base(m.Path))
			if err := g.before("write", name); err != nil {
				return err
			}
			return os.WriteFile(name, data, 0o600)
		})
	}
	return cmp.Or(group.Wait(), ctx.Err())
}

// verified returns the bytes of a file that another machine has made, if they are those that a run
// there has written. It reads no more than a download may have, and all calls together decode no
// more pixels at a time than one picture may have.
func (g *gallery) verified(ctx context.Context, m render.Medium, read func() ([]byte, error)) ([]byte, error) {
	if limit := max(g.opts.maxBytes, g.opts.maxClip); m.Bytes > limit {
		return nil, &fetch.TooLargeError{Limit: limit}
	}
	if m.Pixels() > int64(g.opts.maxPixels) {
		return nil, fmt.Errorf("it has more than %s pixels", humanize.Comma(int64(g.opts.maxPixels)))
	}
	data, err := read()
	if err != nil {
		return nil, err
	}
	if err := g.decoded.Acquire(ctx, m.Pixels()); err != nil {
		return nil, err
	}
	defer g.decoded.Release(m.Pixels())
	return data, m.Verify(data)
}

// How much garbage there may be in memory before it is collected, in percent of
// what is in use.
const (
	// startGarbage is for the start, and for what little a run with nothing new
	// does: below 16 MB nothing is collected, which would be a sixth of the work.
	startGarbage = 400
	usualGarbage = 100 // where there is something to do
	// In a large gallery most of what is in memory is in use. Collecting what is
	// garbage early costs an eighth of the work where pictures are made, a tenth
	// where pages are, and hardly any where states and listings are read.
	largeGarbage = 25

	largeState   = 4 << 20 // bytes of the state from which on a gallery is large,
	largeGallery = 5_000   // and images
)

// makeRoom lets pages be made with as much garbage as usual, unless the run is
// one that makes pictures, too: those have taken the most memory that it needs.
func (g *gallery) makeRoom() {
	if g.result.New+g.result.Remade == 0 {
		debug.SetGCPercent(usualGarbage)
	}
}

// readState reads the state in the output folder.
func (g *gallery) readState() (err error) {
	if info, err := os.Stat(filepath.Join(g.opts.out, render.StateName)); err == nil && info.Size() > largeState {
		debug.SetGCPercent(largeGarbage)
	}
	if g.state, g.repaired, err = render.LoadState(os.DirFS(g.opts.out)); err != nil {
		return fmt.Errorf("reading %s: %w", filepath.Join(g.opts.out, render.StateName), err)
	}
	return nil
}

// loadState reads the state, unless restore has, and prepares it for this run.
func (g *gallery) loadState() error {
	if g.state == nil {
		if err := g.readState(); err != nil {
			return err
		}
	}
	if g.repaired {
		g.ui.warn("%s was damaged or missing, and has been put together again with %s",
			filepath.Join(g.opts.out, render.StateName), count(len(g.state.Images), "image"))
	}
	if err := g.checkDemo(g.state, g.opts.out, "choose another folder with --out, or remove that one"); err != nil {
		return err
	}
	g.state.Demo = g.opts.demo
	for _, hidden := range g.buried {
		if !slices.ContainsFunc(g.state.Images, func(m render.Image) bool { return m.Slug == hidden.Slug }) {
			g.state.Images = append(g.state.Images, hidden)
		}
	}
	g.forgetSecrets()
	g.unhidden = g.site.Content.Unhide(g.state)
	return nil
}

// forgetSecrets takes out of the state what became a secret only now, as the id of an account that is
// named the first time: it would be published further on, or end every run that writes something.
func (g *gallery) forgetSecrets() {
	for i := range g.state.Images {
		m := &g.state.Images[i]
		if g.ui.private.Hide(m.Name) != m.Name {
			m.Name = "" // a name with a part struck out is none
		}
		for j := range m.Videos {
			v := &m.Videos[j]
			v.Prompt = g.ui.private.Hide(v.Prompt)
		}
	}
}

// checkDemo refuses the state of the demo for a real gallery, and the other way round.
func (g *gallery) checkDemo(s *render.State, where, hint string) error {
	if len(s.Images) == 0 || s.Demo == g.opts.demo {
		return nil
	}
	return usage(hint, "the site in %s is %s: demo pictures and yours must not be mixed", where, map[bool]string{true: "a real gallery", false: "the demo"}[g.opts.demo])
}

// list asks every account for what it has.
func (g *gallery) list(ctx context.Context) (listing, error) {
	api := &fetch.API{
		Root: g.opts.api, Token: g.opts.token, Timeout: g.opts.timeout, UserAgent: userAgent(), Logf: g.ui.detail,
		Expected: len(g.state.Images), Known: g.knownOfVideos(),
	}
	for _, s := range g.opts.secrets() {
		api.Secrets = append(api.Secrets, s.value)
	}
	l := newListing()
	for i := range g.opts.accounts {
		before := l.items[sourceFiles] + l.items[sourceVideos]
		if err := g.listAccount(ctx, api, &l, i); err != nil {
			return l, err
		}
		l.empty = l.empty || l.items[sourceFiles]+l.items[sourceVideos] == before
	}
	for source, n := range l.asked {
		l.complete[source] = n == len(g.opts.accounts)
	}
	if (g.opts.prompts || g.opts.clips) && l.asked[sourceVideos] == 0 && !g.opts.demo {
		g.ui.advise("use --source both, which asks for files and videos", "prompts and clips come with the videos, which were not asked for")
	}
	l.remember(g.state, g.unhidden, g.opts.accounts)
	sortFiles(l.files)
	l.places = nil
	if len(l.files) == 0 {
		return l, g.emptyListing()
	}
	return l, nil
}

// listAccount asks for what one of the accounts has. The listing of files comes
// first: where it is refused, nothing else is asked.
func (g *gallery) listAccount(ctx context.Context, api *fetch.API, l *listing, i int) error {
	a, n := g.opts.accounts[i], 0
	if g.opts.source != sourceVideos {
		var err error
		if n, err = g.ask(ctx, l, sourceFiles, api.Files, a); err != nil || g.opts.source == sourceFiles {
			return err
		}
	}
	if g.opts.source == sourceAuto && n == 0 {
		g.ui.info("no files are listed for %s: taking the source images of its videos", a.name(i, len(g.opts.accounts)))
	}
	_, err := g.ask(ctx, l, sourceVideos, api.Videos, a)
	if service, ok := errors.AsType[*fetch.ServiceError](err); ok && service.Status == http.StatusNotFound && g.opts.source == sourceAuto {
		// It knows the account: it has answered about the files. So it has no such
		// listing, as in 2024.
		g.ui.detail("the service does not list the videos of %s", a.name(i, len(g.opts.accounts)))
		l.without[sourceVideos] = append(l.without[sourceVideos], a.label)
		return nil
	}
	return err
}

// ask takes over what an account has in one of the listings, and returns how
// many files there are.
func (g *gallery) ask(ctx context.Context, l *listing, source string, list func(context.Context, string, int) (fetch.Listing, error), a account) (int, error) {
	answer, err := list(ctx, a.id, g.opts.limit)
	if err != nil {
		return 0, err
	}
	for _, err := range answer.Skipped {
		g.problem("", err)
	}
	l.add(source, answer)
	silent := countFunc(answer.Videos, func(v fetch.Video) bool { return len(v.Files) == 0 })
	if silent > 0 {
		g.ui.detail("%s no source image: text to video", plural(silent, "video has", "videos have"))
	}
	if silent < len(answer.Videos) {
		l.used[a.id], l.sure[a.id] = true, answer.Complete && len(answer.Skipped) == 0
	}
	if source == sourceVideos && len(answer.Skipped) > 0 {
		l.used[a.id] = true // what cannot be read may be a video that was made from an image
	}
	l.asked[source]++
	if !answer.Complete {
		l.cut = true
		l.asked[source] = -len(g.opts.accounts) // never all of them
	}
	n := len(answer.Files) + len(answer.Skipped) + len(answer.Videos)
	if l.items[source] += n; n == 0 {
		l.without[source] = append(l.without[source], a.label)
	}
	return len(answer.Files) + len(answer.Skipped), nil
}

// knownOfVideos are the keys of the images that only the listing of videos has:
// if one is missing in it, the image is not listed any more.
func (g *gallery) knownOfVideos() []string {
	var keys []string
	for i := range g.state.Images {
		if m := &g.state.Images[i]; m.Listed && !m.Hidden && m.Source == sourceVideos {
			keys = append(keys, m.Keys...)
		}
	}
	return keys
}

// sortFiles puts files in the order of their upload dates and keys: the
// service's means nothing and may change. Both are made of an address or an
// id, once for each file and not for each comparison.
func sortFiles(files []fetch.File) {
	type dated struct {
		uploaded int64
		key      string
		from     int // -1 when the file is in its place
	}
	order := make([]dated, len(files))
	for i := range files {
		order[i] = dated{files[i].Uploaded().Unix(), files[i].Key(), i}
	}
	slices.SortFunc(order, func(a, b dated) int {
		return cmp.Or(cmp.Compare(a.uploaded, b.uploaded), cmp.Compare(a.key, b.key))
	})
	// They change places in circles: a second list would take as much memory.
	for i := range order {
		first := files[i]
		for to := i; order[to].from >= 0; {
			from := order[to].from
			order[to].from = -1
			if from == i {
				files[to] = first
				break
			}
			files[to], to = files[from], from
		}
	}
}

// name is how an account is called in a message: its id is private.
func (a account) name(i, n int) string {
	switch {
	case a.label != "":
		return a.label
	case n > 1:
		return fmt.Sprintf("account %d of %d", i+1, n)
	}
	return "the account"
}

// add takes over one account's answer. The same file from both sources is one,
// that of the listing of files, which knows more of it. Of one that a listing has
// twice, it does not matter which comes first.
func (l *listing) add(source string, answer fetch.Listing) {
	if len(l.sources) == 0 {
		// Into the same memory: a file is read before another takes its place.
		l.files, l.sources = answer.Files[:0], make(map[string]string, len(answer.Files))
	}
	for _, f := range answer.Files {
		key := f.Key()
		known := l.sources[key]
		if known == "" {
			if l.places != nil {
				l.places[key] = len(l.files)
			}
			l.files, l.sources[key] = append(l.files, f), source
			continue
		}
		other := l.place(key)
		if known == source && f.Account == other.Account && sayMore(&f, other) || known != source && source == sourceFiles {
			*other, l.sources[key] = f, source
		}
	}
	for _, v := range answer.Videos {
		for _, key := range v.Files {
			l.videos[key] = append(l.videos[key], v)
		}
	}
}

// place is where the file with this key is.
func (l *listing) place(key string) *fetch.File {
	if l.places == nil {
		l.places = make(map[string]int, len(l.files))
		for i := range l.files {
			l.places[l.files[i].Key()] = i
		}
	}
	return &l.files[l.places[key]]
}

// sayMore reports whether f is to be taken, and not another entry of the same
// file: one that has a name, and else by the order of what they say.
func sayMore(f, other *fetch.File) bool {
	return cmp.Or(cmp.Compare(f.Name, other.Name), cmp.Compare(f.URL, other.URL), cmp.Compare(f.Type, other.Type),
		cmp.Compare(f.Scene, other.Scene), cmp.Compare(f.Status, other.Status)) > 0
}

// remember marks the accounts from whose images videos were made before, though
// none may be listed today. The state does not tell whose an image is: while one
// of its uploads is not listed, it may be that of any account, if its label does
// not say more; and so may be what is not in the state any more. What the owner
// shows again is not in it now.
func (l *listing) remember(state *render.State, unhidden []render.Image, accounts []account) {
	var used []*render.Image // not copied: others look at what is in place
	byKey := map[string]int{}
	for _, images := range [][]render.Image{state.Images, unhidden} {
		for i := range images {
			if m := &images[i]; m.WasUsed() {
				for _, key := range m.Keys {
					byKey[key] = len(used)
				}
				used = append(used, m)
			}
		}
	}
	listed := make([]int, len(used)) // uploads of each image
	for i := range l.files {
		if at, known := byKey[l.files[i].Key()]; known {
			l.used[l.files[i].Account] = true
			listed[at]++
		}
	}
	for i, m := range used {
		if listed[i] < len(m.Keys) {
			l.rememberUnlisted(m, accounts)
		}
	}
	for _, a := range accounts {
		l.used[a.id] = l.used[a.id] || state.Filmed
	}
}

// rememberUnlisted marks the accounts that a used image may be of. Its label is
// that of the account of its first upload.
func (l *listing) rememberUnlisted(m *render.Image, accounts []account) {
	labelled := len(m.Keys) == 1 && m.Account != "" &&
		slices.ContainsFunc(accounts, func(a account) bool { return a.label == m.Account })
	for _, a := range accounts {
		if !labelled || a.label == m.Account {
			l.used[a.id] = true
		}
	}
}

// unused reports whether a file is an upload that no video was made from, as far
// as the listings tell: in an account in which some are used.
func (l *listing) unused(f *fetch.File) bool {
	key := f.Key()
	return l.used[f.Account] && l.sources[key] == sourceFiles && len(l.videos[key]) == 0
}

// warnOfUnused names the images that were published although they seem to be
// such uploads: by another --source, or when it was not known yet that videos
// are listed. What the owner has decided about is not named.
func (g *gallery) warnOfUnused(l listing) {
	if g.opts.source != sourceAuto || g.opts.shard.of > 0 {
		return
	}
	suspects := map[string]bool{}
	for i := range l.files {
		if f := &l.files[i]; l.sure[f.Account] && l.unused(f) {
			suspects[f.Key()] = true
		}
	}
	var slugs []string
	for i := range g.state.Images {
		m := &g.state.Images[i]
		suspect := slices.ContainsFunc(m.Keys, func(key string) bool { return suspects[key] })
		used := m.WasUsed() || slices.ContainsFunc(m.Keys, func(key string) bool { return len(l.videos[key]) > 0 })
		if suspect && !used && !m.Hidden && !g.hides(m) && !g.site.Content.Shows(m.Slug) {
			slugs = append(slugs, m.Slug)
		}
	}
	if len(slugs) == 0 {
		return
	}
	g.ui.advise(fmt.Sprintf("to take one out, write hidden: true in %s; to keep it without this warning, hidden: false",
		g.captionFile()),
		fmt.Sprintf("%s published although no video that is listed was made from %s: %s", plural(len(slugs), "image is", "images are"),
			map[bool]string{true: "it", false: "them"}[len(slugs) == 1], someOf(slugs)))
}

// namedInWarning is how many slugs a warning about many names.
const namedInWarning = 5

func someOf(slugs []string) string {
	if more := len(slugs) - namedInWarning; more > 0 {
		return fmt.Sprintf("%s and %s more", strings.Join(slugs[:namedInWarning], ", "), humanize.Comma(int64(more)))
	}
	return strings.Join(slugs, ", ")
}

// hasNoImage reports whether the gallery has no image, not even a hidden one.
func (g *gallery) hasNoImage() bool { return len(g.state.Images)+len(g.unhidden) == 0 }

var errNothingUsable = errors.New("none of the files that the service lists can be used")

// nothingUsable is the error where no file could be used and there is no site:
// an empty one is never what its owner wants.
func (g *gallery) nothingUsable() error {
	g.sumUp()
	return errNothingUsable
}

// emptyListing is an error where there is no gallery either: an empty site is
// never what its owner wants.
func (g *gallery) emptyListing() error {
	if len(g.result.Problems) > 0 {
		if g.hasNoImage() {
			return errNothingUsable
		}
		return nil
	}
	if g.hasNoImage() {
		return &hintedError{errors.New("the service lists no images"), g.emptyHint()}
	}
	g.ui.advise(g.emptyHint(), "the service lists no images; all that were published stay")
	return nil
}

// emptyHint says why nothing may be listed, and what to try.
func (g *gallery) emptyHint() string {
	why := "only images that a video was made from are listed"
	if g.opts.source == sourceFiles {
		why = "the listing of files may have nothing although there are images: try --source videos"
	}
	return why + "; with several accounts name one with --account ID"
}

type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// namesOf are the names of the files, where there are captions that may be about
// them. They are those that were uploaded, and not only what may be shown: they
// never leave this run.
func (g *gallery) namesOf(files []fetch.File) map[string]render.FileName {
	if len(g.site.Content.Captions) == 0 {
		return nil
	}
	names := make(map[string]render.FileName, len(files))
	for i := range files {
		if f := &files[i]; f.Name != "" {
			names[f.Key()] = render.FileName{Text: f.Name, Private: publicName(f) == ""}
		}
	}
	return names
}

// named is an image with all its names that are known: the one that is shown,
// and those under which its files are listed now.
func (g *gallery) named(m *render.Image) render.Named {
	n := render.Named{Slug: m.Slug, Hidden: m.Hidden}
	if m.Name != "" {
		n.Names = append(n.Names, render.FileName{Text: m.Name})
	}
	for _, key := range m.Keys {
		if name, ok := g.names[key]; ok && name.Text != m.Name {
			n.Names = append(n.Names, name)
		}
	}
	return n
}

// allNamed are all images, with their names; none where there are no captions.
func (g *gallery) allNamed() []render.Named {
	if len(g.site.Content.Captions) == 0 {
		return nil
	}
	all := make([]render.Named, len(g.state.Images))
	for i := range g.state.Images {
		all[i] = g.named(&g.state.Images[i])
	}
	return all
}

// hides reports whether the owner hides an image, by whatever name.
func (g *gallery) hides(m *render.Image) bool {
	var names []string
	for _, name := range g.named(m).Names {
		names = append(names, name.Text)
	}
	return g.site.Content.Hides(m.Slug, names...)
}

// checkCaptions refuses a caption that may mean several images, before anything
// is written. Uploads of the same bytes are one image: where new ones have the
// same name, they are downloaded to know that. Parts are made without this: the
// run that merges them looks at all of them.
func (g *gallery) checkCaptions(ctx context.Context, tasks []task) error {
	if len(g.site.Content.Captions) == 0 || g.opts.shard.of > 0 {
		return nil
	}
	named := g.allNamed()
	known := len(named)
	var files []task
	for _, t := range tasks {
		if t.image == nil {
			named = append(named, render.Named{Names: []render.FileName{g.names[t.file.Key()]}})
			files = append(files, t)
		}
	}
	matches := g.site.Content.Match(named)
	if !g.opts.dryRun { // which downloads nothing
		for _, a := range matches.Ambiguous {
			for _, i := range a.Images {
				if i < known {
					continue
				}
				original, err := g.original(ctx, files[i-known])
				if notImage := new(fetch.NotImageError); errors.As(err, &notImage) {
					named[i] = render.Named{}
				} else if fatal(err) || ctx.Err() != nil {
					return cmp.Or(ctx.Err(), err)
				} else if err == nil {
					named[i].Slug = render.Slug(original.SHA256)
				}
			}
		}
		matches = g.site.Content.Match(render.Join(named))
	}
	return g.ambiguous(matches, false)
}

// ambiguous returns an error for the captions that may mean several images: for
// all of them, or for those that hide.
func (g *gallery) ambiguous(matches render.Matches, hiding bool) error {
	var errs []string
	for _, a := range matches.Ambiguous {
		if hiding && !a.Hides {
			continue
		}
		var slugs []string
		unknown := 0
		for _, slug := range matches.Slugs(a) {
			if slug == "" {
				unknown++
			} else {
				slugs = append(slugs, slug)
			}
		}
		if unknown > 0 && g.opts.dryRun {
			g.ui.warn("%s: several images may have this name", a.File)
			continue
		}
		if unknown > 0 {
			slugs = append(slugs, fmt.Sprintf("%d that cannot be downloaded now", unknown))
		}
		errs = append(errs, fmt.Sprintf("%s: %d images have this name: %s", a.File, len(a.Images), someOf(slugs)))
	}
	if len(errs) == 0 {
		return nil
	}
	return &hintedError{errors.New(strings.Join(errs, "; ")),
		fmt.Sprintf("give the file the name of the one that is meant, as in %s; nothing was changed", g.captionFile())}
}

// captionFile is the name of a caption, for hints.
func (g *gallery) captionFile() string {
	return filepath.Join(cmp.Or(g.opts.content, "content"), "images", "SLUG.md")
}

// reconcile compares the listing with the state, and returns what is to be
// done. It is told which images are as the settings want them.
func (g *gallery) reconcile(l listing, upToDate []bool) []task {
	images := g.state.Images
	byKey := make(map[string]int, len(images))
	for i := range images {
		for _, key := range images[i].Keys {
			byKey[key] = i
		}
	}
	skipped, today := g.skipped(), now()
	var tasks []task
	fileOf := make([]*fetch.File, len(images))
	for i := range l.files {
		f := &l.files[i]
		switch at, known := byKey[f.Key()]; {
		case !known:
			s, skipped := skipped[f.Key()]
			if g.opts.source == sourceAuto && l.unused(f) && !g.isUnhidden(f.Key()) {
				if !skipped {
					g.result.Unused++
				}
				if name, captioned := g.names[f.Key()]; captioned {
					g.leftOut = append(g.leftOut, name.Text)
				}
				continue
			}
			if skipped && !s.Due(f.Entry(), today) {
				continue
			}
			tasks = append(tasks, task{file: f, source: l.sources[f.Key()]})
		default:
			if fileOf[at] == nil || images[at].Keys[0] == f.Key() {
				fileOf[at] = f
			}
			if l.sources[f.Key()] == sourceFiles && !images[at].Hidden {
				images[at].Source = sourceFiles // which of the two was asked first must not matter
			}
		}
	}
	for i := range images {
		m, f := &images[i], fileOf[i]
		if l.complete[m.Source] || f != nil {
			m.Listed = f != nil
		}
		if f != nil && !m.Hidden {
			g.describe(m, f)
		}
		if !m.Hidden && !upToDate[i] {
			t := task{file: f, image: m}
			if t.file != nil {
				t.source = l.sources[t.file.Key()]
			}
			tasks = append(tasks, t)
		}
	}
	return tasks
}

// isUnhidden reports whether the owner shows an image again that came from this
// file: then it is wanted, whatever it was used for.
func (g *gallery) isUnhidden(key string) bool {
	return slices.ContainsFunc(g.unhidden, func(m render.Image) bool { return slices.Contains(m.Keys, key) })
}

// keepUnhidden puts those back that did not come: they are tried again by the
// next run. It returns their slugs.
func (g *gallery) keepUnhidden() []string {
	var missing []string
	for _, hidden := range g.unhidden {
		i := slices.IndexFunc(g.state.Images, func(m render.Image) bool {
			// Before a download, only the key is known.
			return m.Slug == hidden.Slug || m.Slug == "" && slices.ContainsFunc(m.Keys, func(key string) bool { return slices.Contains(hidden.Keys, key) })
		})
		if i < 0 {
			g.state.Images = append(g.state.Images, hidden)
			missing = append(missing, hidden.Slug)
			continue
		}
		g.state.Images[i].Used = g.state.Images[i].Used || hidden.Used
	}
	return missing
}

// skipped is what the state says of files and videos that were not what they
// should be, by their keys.
func (g *gallery) skipped() map[string]render.Skipped {
	skipped := make(map[string]render.Skipped, len(g.state.Skipped))
	for _, s := range g.state.Skipped {
		skipped[s.Key] = s
	}
	return skipped
}

// setSkipped puts that into the state, sorted.
func (g *gallery) setSkipped(skipped map[string]render.Skipped) {
	g.state.Skipped = slices.SortedFunc(maps.Values(skipped), func(a, b render.Skipped) int { return cmp.Compare(a.Key, b.Key) })
}

// upToDate reports of each image whether it is as the settings want it. Several
// are looked at at once: it means a look at every file. An error is the disk's:
// what cannot be looked at is not gone.
func (g *gallery) upToDate(images []render.Image) ([]bool, error) {
	whole := make([]bool, len(images))
	group := errgroup.Group{}
	group.SetLimit(runtime.GOMAXPROCS(0))
	const atOnce = 256
	for from := 0; from < len(images); from += atOnce {
		group.Go(func() error {
			for i := from; i < min(from+atOnce, len(images)); i++ {
				if images[i].Hidden {
					whole[i] = true
					continue
				}
				var err error
				if whole[i], err = g.isUpToDate(&images[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return whole, group.Wait()
}

// isUpToDate reports whether the image's renditions are those of the settings,
// and in place. What is not in place is taken off the image.
func (g *gallery) isUpToDate(m *render.Image) (bool, error) {
	if all, err := render.KeepInPlace(g.opts.out, m); !all || err != nil {
		return false, err
	}
	if !g.opts.originals {
		m.Original, m.Withheld = nil, 0 // the sweep takes the file away
	} else if !m.IsWithheld() && (m.Original == nil || m.Original.Path != render.OriginalPath(m.SHA256, m.Type)) {
		return false, nil
	}
	return g.planned(m), nil
}

// planned reports whether the image's renditions are those of the settings.
func (g *gallery) planned(m *render.Image) bool {
	same := func(a, b render.Rendition) bool { return a.Path == b.Path }
	return slices.EqualFunc(m.Renditions, g.maker.Plan(m.SHA256, m.Width, m.Height), same)
}

// perform does the tasks, several at once, and returns their outcomes in the
// same order, and the memory that their images are in. The files of those that
// were done are cleared. Only what would be so for every task is an error: the
// others are in their outcomes.
func (g *gallery) perform(ctx context.Context, out *render.Output, tasks []task) ([]outcome, []render.Image, error) {
	g.maker.Write = out.Write
	g.tombstones = map[string]bool{}
	for i := range g.state.Images {
		if m := &g.state.Images[i]; m.Hidden {
			g.tombstones[m.Slug] = true
		}
	}
	bar := g.ui.progress("images", len(tasks))
	defer bar.Close()
	outcomes, made := make([]outcome, len(tasks)), make([]render.Image, len(tasks))
	downloads, cpu := fetch.NewQueue(len(tasks)), semaphore.NewWeighted(int64(g.opts.jobs))
	g.maker.Idle = func() (release func(), ok bool) {
		return func() { cpu.Release(1) }, cpu.TryAcquire(1)
	}
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(fetch.AtOnce + g.opts.jobs)
	for _, i := range fetch.Turns(len(tasks), now()) {
		if downloads.Next(shared) != nil {
			break
		}
		t := tasks[i]
		group.Go(func() error {
			o := g.do(shared, downloads, cpu, t)
			outcomes[i] = o
			if o.image != nil {
				made[i] = *o.image
				outcomes[i].image = &made[i]
			}
			if o.err == nil && t.file != nil {
				*t.file = fetch.File{} // what it said is in the image, or not needed any more: a tenth of the memory
			}
			bar.Add(1)
			if fatal(o.err) || shared.Err() != nil {
				return o.err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	return outcomes, made, ctx.Err()
}

// errNoOriginal is the outcome for an image whose renditions cannot be made
// again, because it is in no listing and not in the cache.
var errNoOriginal = errors.New("it is not listed any more, and its original is not in the cache")

// do gets an original and makes its renditions.
func (g *gallery) do(ctx context.Context, downloads *fetch.Queue, cpu *semaphore.Weighted, t task) outcome {
	if o, ok := g.fromParts(ctx, t); ok {
		downloads.Done()
		return o
	}
	original, err := g.original(ctx, t)
	downloads.Done()
	var notImage *fetch.NotImageError
	if errors.As(err, &notImage) && t.image == nil {
		return outcome{skipped: &render.Skipped{Key: t.file.Key(), Type: notImage.Type, Entry: t.file.Entry()}, err: err}
	}
	if err != nil {
		return outcome{err: err}
	}
	if t.image != nil && t.image.SHA256 != "" && t.image.SHA256 != original.SHA256 {
		g.cache.Forget(original)
		return outcome{err: errors.New("its bytes are not those that were published; the old ones stay")}
	}
	slug := render.Slug(original.SHA256)
	if t.image == nil && (g.tombstones[slug] || g.site.Content.Hides(slug, t.file.Name)) {
		return outcome{image: render.Tombstone(slug, t.file.Key())}
	}
	if err := cpu.Acquire(ctx, 1); err != nil {
		return outcome{err: err}
	}
	defer cpu.Release(1)
	source := sourceOf(original)
	picture, err := g.maker.Make(ctx, source)
	if err := g.keep(original, err); err != nil {
		return outcome{err: err}
	}
	m := g.imageOf(t, original, picture)
	if g.opts.originals {
		published, err := g.maker.Publish(ctx, source)
		if _, ok := errors.AsType[*render.WithheldError](err); ok {
			m.Withhold()
		}
		if err != nil {
			return outcome{image: m, err: err} // without it, but not without its page
		}
		m.Original = &published
	}
	return outcome{image: m}
}

// keep lets the cache keep an original that could be used, and forget one that
// could not: its server may have all of it the next time. It returns the error
// of using it, or of keeping it.
func (g *gallery) keep(o fetch.Original, err error) error {
	if err == nil {
		return g.cache.Keep(o)
	}
	if !fatal(err) && !errors.Is(err, context.Canceled) {
		g.cache.Forget(o)
	}
	return err
}

// original finds the bytes of a task's image: in the cache, which spares a
// download when only the settings changed, else where the listing says.
func (g *gallery) original(ctx context.Context, t task) (fetch.Original, error) {
	if t.image != nil && t.image.SHA256 != "" {
		if o, ok := g.cache.Stored(t.image.SHA256); ok {
			return o, nil
		}
	}
	if t.file == nil {
		return fetch.Original{}, errNoOriginal
	}
	return g.cache.Original(ctx, *t.file)
}

// imageOf turns what was fetched into what is published: the only place that
// knows the words of both.
func (g *gallery) imageOf(t task, o fetch.Original, p render.Picture) *render.Image {
	m := &render.Image{
		Slug: render.Slug(o.SHA256), Type: o.Type, SHA256: o.SHA256, Bytes: o.Bytes,
		Width: p.Width, Height: p.Height, Color: p.Color, Camera: p.Camera, Renditions: p.Renditions,
		Stripped: render.StrippedNow,
	}
	if t.image != nil && t.image.Slug == m.Slug {
		m.Keys, m.Name, m.Uploaded = t.image.Keys, t.image.Name, t.image.Uploaded
		m.Scene, m.Status, m.Source, m.Listed = t.image.Scene, t.image.Status, t.image.Source, t.image.Listed
		m.Account = t.image.Account
	}
	if t.file == nil {
		return m
	}
	m.Listed = true
	m.Source = cmp.Or(m.Source, t.source)
	if len(m.Keys) == 0 {
		m.Keys = []string{t.file.Key()}
	}
	if m.Uploaded.IsZero() {
		m.Uploaded = uploadDate(t.file, o)
	}
	g.describe(m, t.file)
	return m
}

// describe takes over what the listing says of an image. A field that it
// leaves out is not one that the owner cleared.
func (g *gallery) describe(m *render.Image, f *fetch.File) {
	if m.Keys[0] != f.Key() {
		return
	}
	m.Account = g.opts.label(f.Account)
	if f.Name != "" {
		m.Name = publicName(f)
	}
	m.Scene = cmp.Or(f.Scene, m.Scene)
	m.Status = cmp.Or(f.Status, m.Status)
}

// uploadDate is the hour in the file's address, else that of the date that its
// server gave, else this one: that of the run that first saw it.
func uploadDate(f *fetch.File, o fetch.Original) time.Time {
	t := now()
	if !o.Modified.IsZero() {
		t = o.Modified
	}
	if uploaded := f.Uploaded(); !uploaded.IsZero() {
		t = uploaded
	}
	return t.UTC().Truncate(time.Hour)
}

// now is the time, in UTC, or what SOURCE_DATE_EPOCH says it is.
func now() time.Time {
	if epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(epoch, 0).UTC()
	}
	return time.Now().UTC()
}

var (
	longNumber = regexp.MustCompile(`[0-9]{6,}`)
	// idNumber is what the ids of files and accounts have: no camera counts so far.
	idNumber = regexp.MustCompile(`[0-9]{15,}`)
)

// publicName is the file's name, unless it tells one of the secrets, a number of
// the owner's account, or what may be the number of another file: names that
// upload tools make up do that.
func publicName(f *fetch.File) string {
	if f.Secret || f.Account != "" && strings.Contains(f.Name, f.Account) {
		return ""
	}
	if !hasNumber(f.Name) {
		return f.Name // as most: the rest takes longer
	}
	if idNumber.MatchString(f.Name) {
		return ""
	}
	for _, private := range longNumber.FindAllString(f.ID+" "+f.URL, -1) {
		if strings.Contains(f.Name, private) {
			return ""
		}
	}
	return f.Name
}

// hasNumber reports whether longNumber finds one in s.
func hasNumber(s string) bool {
	digits := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			digits = 0
		} else if digits++; digits == 6 {
			return true
		}
	}
	return false
}

// merge puts the outcomes into the state, in the order of the tasks: the same
// bytes from several files are one image. The images of the outcomes are in made.
func (g *gallery) merge(tasks []task, outcomes []outcome, made []render.Image) {
	if len(outcomes) == 0 {
		return
	}
	bySlug := make(map[string]int, len(g.state.Images)+len(outcomes))
	for i, m := range g.state.Images {
		bySlug[m.Slug] = i
	}
	if len(g.state.Images) == 0 {
		// A first build has them in memory once: each is read before another
		// takes its place.
		g.state.Images = made[:0]
	}
	skipped, today := g.skipped(), now()
	kept := 0
	for i, o := range outcomes {
		switch {
		case errors.Is(o.err, errNoOriginal) && len(tasks[i].image.Renditions) == 0:
			g.lost++
			g.ui.detail("%s has no pictures: %v", taskName(tasks[i]), o.err)
		case errors.Is(o.err, errNoOriginal):
			kept++
			g.ui.detail("%s keeps the renditions that it has: %v", taskName(tasks[i]), o.err)
		case o.skipped != nil:
			before := skipped[o.skipped.Key]
			if fetch.SoundOrFilm(o.skipped.Type) { // videos are made from those, too
				skipped[o.skipped.Key] = before.AgainLate(*o.skipped, today)
				g.result.SoundsAndFilms++
				g.ui.detail("%s is a sound or a film: %s", taskName(tasks[i]), o.skipped.Type)
				continue
			}
			skipped[o.skipped.Key] = before.Again(*o.skipped, today)
			g.result.Skipped++
			g.note(taskName(tasks[i]), o.err)
		case o.err != nil && wasSoundOrFilm(tasks[i], skipped):
			s := skipped[tasks[i].file.Key()]
			skipped[s.Key] = s.AgainLate(s, today)
			g.ui.detail("%s was a sound or a film: %v", taskName(tasks[i]), o.err)
		case o.err != nil:
			g.problem(taskName(tasks[i]), o.err)
		}
		if o.image != nil {
			for _, key := range o.image.Keys {
				delete(skipped, key)
			}
			at, known := bySlug[o.image.Slug]
			if !known {
				bySlug[o.image.Slug] = len(g.state.Images)
				g.state.Images = append(g.state.Images, *o.image)
				if !o.image.Hidden {
					g.result.New++
					g.fresh = append(g.fresh, o.image.Slug)
				}
				continue
			}
			if tasks[i].image != nil {
				g.result.Remade++
			}
			g.state.Images[at].Merge(*o.image)
		}
	}
	g.setSkipped(skipped)
	if kept > 0 {
		g.ui.warn("%s cannot be made again with these settings: not listed any more, and not in the cache",
			count(kept, "image"))
	}
	if g.lost > 0 {
		g.ui.advise("if they are published, move "+g.opts.out+" away and run with --restore URL: it brings them back",
			plural(g.lost, "image has", "images have")+" no pictures any more, and cannot be made again: not listed, and not in the cache")
	}
}

// wasSoundOrFilm reports whether a file without an image is known as a sound or a film. It is no
// failure when it is gone.
func wasSoundOrFilm(t task, skipped map[string]render.Skipped) bool {
	return t.image == nil && t.file != nil && fetch.SoundOrFilm(skipped[t.file.Key()].Type)
}

func taskName(t task) string {
	if t.file != nil && publicName(t.file) != "" {
		return publicName(t.file)
	}
	if t.image != nil {
		return cmp.Or(t.image.Name, t.image.Slug)
	}
	return "a file without a name"
}

// problem notes a file that could not be used: the run goes on, and its exit
// code says that something is missing.
func (g *gallery) problem(name string, err error) {
	g.result.Failed++
	g.note(name, err)
}

// shownAlike is how many files are named for which the same is said. An outage
// would say it of thousands.
const shownAlike = 3

// note keeps an error for the result, and warns of it unless that was said often enough.
func (g *gallery) note(name string, err error) {
	g.result.Problems = append(g.result.Problems, problem{g.ui.clean(name), g.ui.clean(err.Error())})
	if errors.Is(err, fetch.ErrTimeBudget) {
		g.late++
		g.ui.detail("%s: %v", name, err)
		return
	}
	if name == "" {
		g.ui.warn("%v", err)
		return
	}
	if g.alike == nil {
		g.alike = map[string]int{}
	}
	g.alike[err.Error()]++
	if g.alike[err.Error()] > shownAlike {
		g.ui.detail("%s: %v", name, err)
		return
	}
	g.ui.warn("%s: %v", name, err)
}

// sumUp says of how many more files a warning was due.
func (g *gallery) sumUp() {
	for _, message := range slices.Sorted(maps.Keys(g.alike)) {
		if more := g.alike[message] - shownAlike; more > 0 {
			g.ui.warn("%s more: %s", humanize.Comma(int64(more)), message)
		}
	}
	if g.late > 0 {
		g.ui.warn("%s left to the next run: the %v of --time-budget for all downloads are over",
			plural(g.late, "file is", "files are"), g.opts.budget)
	}
}

// relate tells every image which videos were made from it. Prompts and clips
// that are not to be published do not even get into the state.
func (g *gallery) relate(l listing) {
	for i := range g.state.Images {
		m := &g.state.Images[i]
		if m.Hidden {
			m.Used = m.Used || slices.ContainsFunc(m.Keys, func(key string) bool { return len(l.videos[key]) > 0 })
			continue
		}
		if len(l.videos) == 0 && len(m.Videos) == 0 {
			continue
		}
		var listed []render.Video
		for _, key := range m.Keys {
			for _, v := range l.videos[key] {
				listed = append(listed, render.Video{Key: v.Key(), Status: v.State(), Created: v.Created(), Prompt: v.Prompt})
			}
		}
		m.MergeVideos(listed)
		for j := range m.Videos {
			if !g.opts.prompts {
				m.Videos[j].Prompt = ""
			}
			if !g.opts.clips {
				m.Videos[j].Clip, m.Videos[j].Withheld = nil, 0
			}
		}
	}
}

// take is a video whose clip has to be got, or the poster of its clip: the same
// for every image that it was made from.
type take struct {
	listed fetch.Video
	videos []*render.Video
	clip   *render.Clip // nil until it is there
	known  bool         // the clip is published, and lacks its poster
	cover  bool         // a poster is due
	err    error        // of the clip
	bare   error        // why it has no poster
}

// clipType is the media type of a clip.
const clipType = "video/mp4"

// clipsAtOnce is how many clips are got at the same time. Each is held in
// memory while it is stripped.
const clipsAtOnce = 4

// film gets the finished videos, where they are to be published.
func (g *gallery) film(ctx context.Context, l listing) error {
	takes := g.takes(l)
	bar := g.ui.progress("clips", len(takes))
	defer bar.Close()
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(clipsAtOnce)
	for _, i := range fetch.Turns(len(takes), now()) {
		t := takes[i]
		group.Go(func() error {
			g.shoot(shared, t)
			bar.Add(1)
			if fatal(t.err) || shared.Err() != nil {
				return t.err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	skipped, today := g.skipped(), now()
	for _, t := range takes {
		g.finishTake(t, skipped, today)
	}
	g.setSkipped(skipped)
	return ctx.Err()
}

// finishTake puts what became of a take into the state. A clip that cannot be
// stripped may be one that is cut where it is stored, so it is tried again as one
// that is no video.
func (g *gallery) finishTake(t *take, skipped map[string]render.Skipped, today time.Time) {
	key, cover := t.listed.Key(), t.listed.CoverKey()
	skip := func(key, mediaType, entry string) {
		skipped[key] = skipped[key].Again(render.Skipped{Key: key, Type: mediaType, Entry: entry}, today)
	}
	var wrongType *fetch.NotVideoError
	_, withheld := errors.AsType[*render.WithheldError](t.err)
	switch {
	case errors.As(t.err, &wrongType):
		skip(key, wrongType.Type, t.listed.Entry())
		g.result.Skipped++
		g.note("a clip", t.err)
	case withheld:
		skip(key, clipType, t.listed.Entry())
		g.problem("a clip", t.err)
	case t.err != nil:
		g.problem("a clip", t.err)
	default:
		delete(skipped, key)
		if !t.known {
			g.result.Clips++
		}
	}
	switch {
	case t.bare != nil:
		g.ui.detail("a clip has no poster: %v", t.bare)
		skip(cover, "application/octet-stream", t.listed.CoverEntry())
	case t.clip != nil && len(t.clip.Poster) > 0:
		delete(skipped, cover)
	}
	for _, v := range t.videos {
		switch v.Clip = t.clip; {
		case withheld:
			v.Withhold()
		case t.clip != nil:
			v.Withheld = 0
		}
	}
}

// takes are the finished videos that are listed and not published yet, or lack
// their poster, in the order of their keys.
func (g *gallery) takes(l listing) []*take {
	if !g.opts.clips {
		return nil
	}
	skipped, today := g.skipped(), now()
	due := func(key, entry string) bool {
		s, noted := skipped[key]
		return !noted || s.Due(entry, today)
	}
	byKey := map[string]*take{}
	for i := range g.state.Images {
		m := &g.state.Images[i]
		if m.Slug != "" && len(m.Renditions) == 0 {
			continue // it has no page to show it on, and a new one, in a preview, no slug
		}
		for _, key := range m.Keys {
			for _, v := range l.videos[key] {
				if v.URL != "" && v.State() == "completed" {
					byKey[v.Key()] = &take{listed: v, cover: v.Cover != "" && due(v.CoverKey(), v.CoverEntry())}
				}
			}
		}
	}
	for i := range g.state.Images {
		videos := g.state.Images[i].Videos
		for j := range videos {
			v := &videos[j]
			t := byKey[v.Key]
			if t == nil {
				continue
			}
			// What an older version could not strip is due at once.
			old := skipped[v.Key].Type == clipType && !v.IsWithheld()
			switch {
			case v.Clip == nil && !old && !due(v.Key, t.listed.Entry()):
				continue
			case v.Clip != nil && (len(v.Clip.Poster) > 0 || !t.cover):
				continue
			case v.Clip != nil:
				t.clip, t.known = v.Clip, true
			}
			t.videos = append(t.videos, v)
		}
	}
	var takes []*take
	for _, t := range byKey {
		if len(t.videos) > 0 {
			takes = append(takes, t)
		}
	}
	slices.SortFunc(takes, func(a, b *take) int { return cmp.Compare(a.listed.Key(), b.listed.Key()) })
	return takes
}

// shoot gets a clip and its poster. A cover that cannot be downloaded costs the clip its
// poster, not more.
func (g *gallery) shoot(ctx context.Context, t *take) {
	if !t.known {
		if t.clip, t.err = g.clip(ctx, t.listed); t.err != nil {
			t.clip = nil
			return
		}
	}
	if !t.cover {
		return
	}
	poster, err := g.poster(ctx, t.listed)
	switch {
	case err == nil:
		clip := *t.clip
		clip.Poster = poster
		t.clip = &clip
	case fatal(err) || ctx.Err() != nil:
		t.clip, t.err = nil, err
	case !errors.Is(err, fetch.ErrTimeBudget) && !errors.Is(err, fetch.ErrResting):
		t.bare = err
	case !t.known:
		t.clip, t.err = nil, err // the next run gets both
	}
}

// clip gets one finished video.
func (g *gallery) clip(ctx context.Context, v fetch.Video) (*render.Clip, error) {
	original, err := g.cache.Clip(ctx, v, g.opts.maxClip)
	if err != nil {
		return nil, err
	}
	clip, err := g.maker.Film(ctx, sourceOf(original))
	return clip, g.keep(original, err)
}

// poster gets the cover of a video.
func (g *gallery) poster(ctx context.Context, v fetch.Video) ([]render.Rendition, error) {
	cover, err := g.cache.Cover(ctx, v)
	if err != nil {
		return nil, err
	}
	picture, err := g.maker.Make(ctx, sourceOf(cover))
	return picture.Renditions, g.keep(cover, err)
}

// sourceOf is an original in the words of package render.
func sourceOf(o fetch.Original) render.Original {
	return render.Original{Path: o.Path, SHA256: o.SHA256, Type: o.Type, Bytes: o.Bytes}
}

// fatal reports whether an error would be the same for every file: the disk's.
func fatal(err error) bool {
	var write *render.WriteError
	var store *fetch.StoreError
	return errors.As(err, &write) || errors.As(err, &store)
}

// finishState applies the owner's words and removals, and returns the exit code.
func (g *gallery) finishState(l listing) int {
	missing := g.keepUnhidden()
	if len(missing) > 0 && l.sources != nil {
		g.ui.warn("%s not shown again, because the service does not list it now or it cannot be downloaded: %s",
			plural(len(missing), "hidden image is", "hidden images are"), someOf(missing))
	}
	matches := g.site.Content.Match(g.allNamed())
	matches.Apply(g.state.Images)
	if l.sources != nil { // else the names are not known
		for _, w := range matches.Warnings(g.leftOut...) {
			g.ui.warn("%s", w)
		}
	}
	g.dropLabels()
	wasUsed := func(m render.Image) bool { return m.WasUsed() }
	if len(l.videos) > 0 && len(g.opts.accounts) == 1 && !slices.ContainsFunc(g.state.Images, wasUsed) {
		g.state.Filmed = true // by an image that did not come; of several accounts, that would count for all
	}
	code := exitOK
	if g.result.Failed > 0 || g.lost > 0 || g.result.Skipped > 0 && !g.opts.demo {
		code = exitIncomplete
	}
	if g.opts.prune != "" {
		code = g.prune(l, code)
	}
	for _, m := range g.state.Images {
		if m.Hidden {
			continue
		}
		g.result.Images++
		if !m.Listed {
			g.result.Unlisted++
		}
	}
	return code
}

// dropLabels takes the labels off the images that are not those of any account
// now: of an image that is not listed any more only the label is known, not
// the account.
func (g *gallery) dropLabels() {
	for i := range g.state.Images {
		m := &g.state.Images[i]
		if !slices.ContainsFunc(g.opts.accounts, func(a account) bool { return a.label == m.Account }) {
			m.Account = ""
		}
	}
}

// prune removes the images that no listing has any more. Absence is not
// deletion: the service lists a part of what there is, and sometimes nothing.
// So nothing goes unless every listing was whole and every download worked,
// and unless that is forced no more than half, and nothing while an account has
// nothing, or the listing that an image was in, in any account that it may be of.
func (g *gallery) prune(l listing, code int) int {
	switch {
	case g.result.Failed > 0:
		g.ui.warn("nothing is pruned: some files could not be got")
		return code
	case l.cut:
		g.ui.warn("nothing is pruned: the listing was cut, so what is missing in it may still be there")
		return code
	}
	gone, all, empty := 0, 0, l.empty
	for _, m := range g.state.Images {
		if m.Hidden {
			continue
		}
		all++
		if !m.Listed {
			gone++
			empty = empty || l.mayBeMissing(&m)
		}
	}
	if gone > 0 && g.opts.prune != "force" && (empty || 2*gone > all) {
		why := ""
		if empty {
			why = "a listing is empty, and "
		}
		g.ui.failure("nothing is pruned: %s%d of %s would be removed", why, gone, count(all, "image"))
		g.ui.hint("if that is meant, use --prune=force")
		return exitGuarded
	}
	g.state.Images = slices.DeleteFunc(g.state.Images, func(m render.Image) bool {
		removed := !m.Hidden && !m.Listed
		g.state.Filmed = g.state.Filmed || removed && m.WasUsed()
		return removed
	})
	g.state.Skipped = slices.DeleteFunc(g.state.Skipped, func(s render.Skipped) bool { return !l.has(s.Key) })
	g.result.Removed = gone
	return code
}

// mayBeMissing reports whether an image may be that of an account which has nothing
// now in a listing that the image was in. Of what videos were made from, both were.
func (l *listing) mayBeMissing(m *render.Image) bool {
	mayBeOf := func(label string) bool { return m.Account == "" || label == m.Account }
	return slices.ContainsFunc(l.without[m.Source], mayBeOf) || m.WasUsed() && slices.ContainsFunc(l.without[sourceVideos], mayBeOf)
}

// has reports whether a file or a video of this key is listed.
func (l *listing) has(key string) bool {
	if l.sources[key] != "" {
		return true
	}
	for _, videos := range l.videos {
		if slices.ContainsFunc(videos, func(v fetch.Video) bool { return v.Key() == key || v.CoverKey() == key }) {
			return true
		}
	}
	return false
}

// preview says what a run would do. Of a file that is new it is not known what
// it is until it is downloaded: it is counted as an image.
func (g *gallery) preview(l listing, tasks []task) (int, error) {
	outcomes, due := make([]outcome, len(tasks)), len(tasks)
	for i, t := range tasks {
		if t.image != nil && t.file == nil {
			if _, ok := g.cache.Stored(t.image.SHA256); !ok {
				outcomes[i].err = errNoOriginal
				due--
				continue
			}
		}
		if t.image != nil {
			g.result.Remade++
			g.ui.detail("would make renditions of %s", taskName(t))
			continue
		}
		if g.site.Content.Hides("", t.file.Name) {
			g.state.Images = append(g.state.Images, *render.Tombstone("", t.file.Key()))
			continue
		}
		g.result.New++
		g.ui.detail("would download %s", taskName(t))
		m := render.Image{Keys: []string{t.file.Key()}, Source: t.source, Listed: true}
		g.describe(&m, t.file)
		g.state.Images = append(g.state.Images, m)
	}
	g.merge(tasks, outcomes, nil)
	if g.hasNoImage() && len(l.sources) > 0 {
		return 0, g.nothingUsable()
	}
	g.relate(l)
	takes := g.takes(l)
	g.result.Clips = countFunc(takes, func(t *take) bool { return !t.known })
	code := g.finishState(l)
	g.result.Changed = due > 0 || g.result.Removed > 0 || len(takes) > 0
	if !g.result.Changed {
		same, err := render.UpToDate(g.opts.out, g.state, g.site)
		if err != nil {
			return 0, err
		}
		g.result.Changed = !same
	}
	return g.report(code)
}

// report prints the result, and returns the exit code.
func (g *gallery) report(code int) (int, error) {
	g.result.Exit = code
	g.sumUp()
	if err := g.weigh(); err != nil {
		return code, err
	}
	if g.opts.json {
		return code, g.ui.document(g.result)
	}
	if !g.opts.quiet {
		return code, g.ui.line(g.result.summary())
	}
	return code, nil
}

// weigh finds the size of the site, where somebody is told: it means a look
// at every file, and a run with nothing new says nothing of it.
func (g *gallery) weigh() error {
	if !g.opts.json && !g.result.Changed && !g.ui.actions {
		return nil
	}
	measure := g.siteSize
	if measure == nil {
		measure = func() (int64, error) { return render.Size(g.opts.out) }
	}
	size, err := measure()
	if err != nil {
		return fmt.Errorf("measuring the site: %w", err)
	}
	g.result.SiteBytes = size
	counted := map[string]bool{}
	for _, m := range g.state.Images {
		for _, v := range m.Videos {
			if v.Clip != nil && !counted[v.Clip.Path] {
				counted[v.Clip.Path] = true
				g.result.ClipBytes += v.Clip.Bytes
			}
		}
	}
	return nil
}

// summary is the result in one line.
func (r result) summary() string {
	unused := count(r.Unused, "unused upload") + " left out (--source both publishes " + map[bool]string{true: "it", false: "them"}[r.Unused == 1] + ")"
	if !r.Changed && r.Failed == 0 && r.Skipped == 0 {
		s := fmt.Sprintf("nothing new: %s in %s", count(r.Images, "image"), r.Out)
		if r.Unused > 0 {
			s += ", " + unused
		}
		return s
	}
	parts := []string{count(r.Images, "image") + " in " + r.Out, fmt.Sprintf("%d new", r.New)}
	if r.Unused > 0 {
		parts = append(parts, unused)
	}
	if r.SoundsAndFilms > 0 {
		parts = append(parts, plural(r.SoundsAndFilms, "sound or film", "sounds and films"))
	}
	for _, p := range []struct {
		n    int
		what string
	}{{r.Remade, "made again"}, {r.Skipped, "skipped"}, {r.Failed, "failed"}, {r.Removed, "removed"}, {r.Unlisted, "unlisted"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if r.Clips > 0 {
		parts = append(parts, count(r.Clips, "clip"))
	}
	if r.DryRun {
		if r.Changed && r.New+r.Remade+r.Removed+r.Clips == 0 {
			parts = append(parts, "other pages")
		}
		return "dry run: " + strings.Join(parts, ", ")
	}
	parts = append(parts, count(r.Written, "file")+" written", humanize.Bytes(uint64(r.SiteBytes)))
	if r.ClipBytes > 0 {
		parts = append(parts, humanize.Bytes(uint64(r.SiteBytes-r.ClipBytes))+" without clips")
	}
	return strings.Join(parts, ", ")
}

func count(n int, what string) string { return plural(n, what, what+"s") }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(int64(n)) + " " + many
}

func countFunc[T any](items []T, is func(T) bool) int {
	n := 0
	for _, item := range items {
		if is(item) {
			n++
		}
	}
	return n
}

// ---- A new gallery ----

// initFolder writes the words and the workflow that a gallery begins with into
// a folder, where they are not there yet, and says what is left to do.
func initFolder(starter fs.FS, dir string, stdout io.Writer) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the folder: %w", err)
	}
	defer root.Close()
	const workflow = ".github/workflows/gallery.yml"
	_, err = root.Stat("action.yml")
	fork := err == nil
	files := []struct{ from, to string }{
		{".github/init/content/index.md", "content/index.md"},
		{".github/init/content/images/example.txt", "content/images/example.txt"},
		{workflow, workflow},
	}
	for _, f := range files {
		data, err := fs.ReadFile(starter, f.from)
		if err != nil {
			return err
		}
		if f.to == workflow && !fork {
			data = bytes.Replace(data, []byte("uses: ./\n"), []byte("uses: OWNER/firstframe@COMMIT\n"), 1)
		}
		what := "written"
		err = writeNew(root, f.to, data)
		if errors.Is(err, fs.ErrExist) {
			what = "kept as it is"
		} else if err != nil {
			return fmt.Errorf("writing %s: %w", f.to, err)
		}
		fmt.Fprintf(stdout, "%s: %s\n", f.to, what)
	}
	steps := []string{
		"write the gallery's title and introduction into content/index.md",
		"commit and push",
		"on GitHub, Settings > Secrets and variables > Actions: add the secret USEAPI_TOKEN",
		"Settings > Pages > Source: choose GitHub Actions",
		"Actions > gallery: enable the workflow, and run it",
	}
	if !fork {
		steps = slices.Insert(steps, 1, "in "+workflow+" put the repository that has firstframe, and a commit of it, for OWNER/firstframe@COMMIT")
	}
	fmt.Fprintln(stdout, "What is left to do:")
	for i, step := range steps {
		fmt.Fprintf(stdout, "  %d. %s\n", i+1, step)
	}
	return nil
}

// writeNew writes a file that must not be there.
func writeNew(root *os.Root, name string, data []byte) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// ---- Several machines ----

// A shard is one of several equal parts of the files; the zero value is all.
// Which part a file is in depends on nothing but its id, so that every machine
// comes to the same answer by itself.
type shard struct{ number, of int } // the first is 1

const (
	// partName is the file that makes a folder a part. It is written last.
	partName = "shard.json"
	// longestPartFile bounds it: its two numbers have a few digits.
	longestPartFile = 1 << 10
)

// mostShards bounds the number of parts: each asks for the whole listing.
const mostShards = 256

func parseShard(s string) (shard, error) {
	if s == "" {
		return shard{}, nil
	}
	var p shard
	number, of, _ := strings.Cut(s, "/")
	p.number, _ = strconv.Atoi(number)
	p.of, _ = strconv.Atoi(of)
	if p.number < 1 || p.number > p.of || p.of > mostShards {
		return shard{}, usage("say it like --shard 3/8", "--shard %q is not a part", s)
	}
	return p, nil
}

// has reports whether the file with this key is in the part.
func (s shard) has(key string) bool {
	if s.of == 0 {
		return true
	}
	sum := sha256.Sum256([]byte(key))
	return binary.BigEndian.Uint32(sum[:])%uint32(s.of) == uint32(s.number-1)
}

// partFile is what stands in a part's file.
type partFile struct {
	Shard int `json:"shard"`
	Of    int `json:"of"`
}

// part is what another machine made.
type part struct {
	dir    string
	root   *os.Root
	file   partFile
	images map[string]*render.Image // by key
	skips  map[string]render.Skipped
}

// finishPart writes which part this is. The pages are made of all parts.
func (g *gallery) finishPart(out *render.Output) (int, error) {
	render.SortImages(g.state.Images)
	if err := out.SaveState(g.state); err != nil {
		return 0, err
	}
	data, err := json.Marshal(partFile{g.opts.shard.number, g.opts.shard.of})
	if err != nil {
		return 0, fmt.Errorf("encoding %s: %w", partName, err)
	}
	if err := out.Write(partName, append(data, '\n')); err != nil {
		return 0, err
	}
	code := exitOK
	if g.result.Failed > 0 {
		code = exitIncomplete
	}
	g.result.Images = len(g.state.Images)
	g.result.Written = out.Written()
	g.result.Changed = out.Written() > 0
	return g.report(code)
}

// openParts reads the parts in the folders of --merge, each of which is one or
// holds some, and refuses them if one of all is missing.
func (g *gallery) openParts() error {
	for _, dir := range g.opts.merge {
		found, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*", partName))
		if err != nil {
			return fmt.Errorf("looking for parts in %s: %w", dir, err)
		}
		// What other machines made must not lead out of the folder that it was put into.
		found = slices.DeleteFunc(found, func(name string) bool {
			info, err := os.Lstat(filepath.Dir(name))
			return err != nil || !info.IsDir()
		})
		if _, err := os.Stat(filepath.Join(dir, partName)); err == nil {
			found = append(found, filepath.Join(dir, partName))
		}
		if len(found) == 0 {
			return fmt.Errorf("reading the parts: there is none in %s", dir)
		}
		for _, name := range found {
			p, err := openPart(filepath.Dir(name))
			if err != nil {
				return fmt.Errorf("reading the part in %s: %w", filepath.Dir(name), err)
			}
			g.parts = append(g.parts, p)
		}
	}
	if len(g.parts) == 0 {
		return nil
	}
	of, there := g.parts[0].file.Of, map[int]bool{}
	for _, p := range g.parts {
		if p.file.Of != of {
			return fmt.Errorf("%s is one of %d parts, and %s one of %d", g.parts[0].dir, of, p.dir, p.file.Of)
		}
		there[p.file.Shard] = true
	}
	for number := range of {
		if !there[number+1] {
			return &hintedError{fmt.Errorf("part %d of %d is missing", number+1, of),
				fmt.Sprintf("make it with --shard %d/%d; nothing was written", number+1, of)}
		}
	}
	return nil
}

// escapeGlob makes a folder's name match itself only.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// openPart reads the state of a part. A part may come from anywhere: only regular files in it are
// read, and no more of them than a part can have.
func openPart(dir string) (p part, err error) {
	p = part{dir: dir, images: map[string]*render.Image{}, skips: map[string]render.Skipped{}}
	if p.root, err = os.OpenRoot(dir); err != nil {
		return p, err
	}
	defer func() {
		if err != nil {
			p.root.Close()
		}
	}()
	data, err := render.ReadRegular(p.root, partName, longestPartFile)
	if err != nil {
		return p, fmt.Errorf("reading %s: %w", partName, err)
	}
	if err := json.Unmarshal(data, &p.file); err != nil || p.file.Shard < 1 || p.file.Of < p.file.Shard || p.file.Of > mostShards {
		return p, fmt.Errorf("%s is not what --shard writes", partName)
	}
	state, err := render.OpenState(p.root.FS())
	if err != nil {
		return p, err
	}
	for i := range state.Images {
		for _, key := range state.Images[i].Keys {
			p.images[key] = &state.Images[i]
		}
	}
	for _, s := range state.Skipped {
		p.skips[s.Key] = s
	}
	return p, nil
}

func (g *gallery) closeParts() {
	for _, p := range g.parts {
		p.root.Close()
	}
}

// errWithheld is the outcome for an image of whose original another machine says so.
var errWithheld = errors.New("its original cannot be stripped, and is not published")

// fromParts takes what a task asks for from the part that made it, if one did
// and with the same settings. Else this run does the task itself, also where a
// file of the part is damaged: the site is the same then, and nobody has to find
// out which machine is to be asked again.
func (g *gallery) fromParts(ctx context.Context, t task) (outcome, bool) {
	if t.file == nil {
		return outcome{}, false
	}
	key := t.file.Key()
	for _, p := range g.parts {
		if s, skipped := p.skips[key]; skipped && t.image == nil && s.Entry == t.file.Entry() {
			return outcome{skipped: &s, err: &fetch.NotImageError{Type: s.Type}}, true
		}
		found := p.images[key]
		if found == nil || t.image != nil && t.image.Slug != found.Slug {
			continue
		}
		if t.image == nil && g.site.Content.Hides(found.Slug, t.file.Name) {
			return outcome{image: render.Tombstone(found.Slug, key)}, true
		}
		if found.Hidden {
			continue // by captions of then
		}
		if !ofItself(found) {
			continue
		}
		m := *found // another task may have the same
		if all, err := render.KeepInPlace(p.dir, &m); !all || err != nil || !g.planned(&m) || g.opts.originals && m.Original == nil && !m.IsWithheld() {
			continue
		}
		files, err := g.readFiles(ctx, p, &m)
		if ctx.Err() != nil {
			return outcome{err: ctx.Err()}, true
		}
		if err != nil {
			g.ui.warn("the part in %s: %v; %s is made again here", p.dir, err, taskName(t))
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if err := g.maker.Write(name, files[name]); err != nil {
				return outcome{err: err}, true
			}
		}
		// The date in the part is that of the file which it saw first.
		original := fetch.Original{SHA256: m.SHA256, Type: m.Type, Bytes: m.Bytes, Modified: m.Uploaded}
		image := g.imageOf(t, original, render.Picture{
			Width: m.Width, Height: m.Height, Color: m.Color, Camera: m.Camera, Renditions: m.Renditions,
		})
		if g.opts.originals && m.IsWithheld() {
			image.Withhold()
			return outcome{image: image, err: errWithheld}, true
		}
		if g.opts.originals {
			image.Original = m.Original
		}
		return outcome{image: image}, true
	}
	return outcome{}, false
}

// ofItself reports whether a part says nothing of an image that its original would not say. What it
// lacks, or what is another's, is made here.
func ofItself(m *render.Image) bool {
	return render.IsPicture(m.Type) && render.Slug(m.SHA256) == m.Slug &&
		(m.Original == nil || m.Original.Path == render.OriginalPath(m.SHA256, m.Type))
}

// readFiles reads the files of an image in a part, verified, by their paths. Its errors name the file.
func (g *gallery) readFiles(ctx context.Context, p part, m *render.Image) (map[string][]byte, error) {
	// The clips come later, with the videos. What an earlier version left in a file is not taken over.
	wanted := render.Image{Renditions: m.Renditions, Stripped: render.StrippedNow}
	if g.opts.originals {
		wanted.Original = m.Original
	}
	files := map[string][]byte{}
	for _, f := range wanted.Media() {
		data, err := g.verified(ctx, f, func() ([]byte, error) { return f.Read(p.root) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
		files[f.Path] = data
	}
	return files, nil
}

// ---- The demo ----

// startDemo runs the service with generated pictures on a loopback port, and
// points the options at it.
func startDemo(o *options) (*http.Server, error) {
	o.token = "demo"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the demo: %w", err)
	}
	server := &http.Server{
		Handler:           &fetchtest.Service{Token: o.token, Pictures: fetchtest.Demo(), Videos: fetchtest.DemoVideos()},
		ReadHeaderTimeout: 10 * time.Second,
	}
	go server.Serve(listener) // until Close, which does not wait for a picture that is being drawn
	o.api, o.allowPrivate, o.accounts = "http://"+listener.Addr().String(), true, []account{{}}
	// The demo shows what there is, unless it is told not to.
	if !o.flags.Changed("source") {
		o.source = sourceBoth
	}
	o.prompts = o.prompts || !o.flags.Changed("prompts")
	o.clips = o.clips || !o.flags.Changed("clips")
	return server, nil
}

// ---- Looking at it ----

// serve serves dir until ctx ends. Hidden files are ours or the owner's, and
// are not served; for what is not there the page 404 is.
func serve(ctx context.Context, addr, dir string, ui *terminal) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("serving %s: %w", dir, err)
	}
	defer root.Close()
	if host, port, _ := net.SplitHostPort(addr); host == "" {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return &hintedError{fmt.Errorf("serving %s: %w", dir, err), "choose another port, as in --serve=127.0.0.1:8000"}
	}
	server := &http.Server{Handler: siteHandler(root.FS()), ReadHeaderTimeout: 10 * time.Second}
	ui.info("serving %s at http://%s/ until interrupted", dir, listener.Addr())
	stopped := context.AfterFunc(ctx, func() { server.Close() })
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving %s: %w", dir, err)
	}
	return nil
}

func siteHandler(site fs.FS) http.Handler {
	files := http.FileServerFS(site)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.Trim(r.URL.Path, "/")
		if name == "" {
			name = "."
		}
		info, err := fs.Stat(site, name)
		if err == nil && info.IsDir() {
			_, err = fs.Stat(site, strings.TrimPrefix(name+"/index.html", "./"))
		}
		if err == nil && !strings.Contains("/"+name, "/.") || name == "." {
			files.ServeHTTP(w, r)
			return
		}
		page, err := fs.ReadFile(site, "404.html")
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		w.Write(page)
	})
}

// ---- Checking a site ----

// checkOut is the value of --check without one: the folder of --out. No folder
// is called so.
const checkOut = "--out"

// checked is the document that --check --json prints.
type checked struct {
	Out      string           `json:"out"`
	Images   int              `json:"images"`
	Files    int              `json:"files"`
	Bytes    int64            `json:"bytes"` // of what is published
	Errors   []render.Finding `json:"errors"`
	Warnings []render.Finding `json:"warnings"`
	Exit     int              `json:"exit"`
}

// checkSite says what is wrong with the site in a folder, and returns the exit
// code. Nothing is asked for and nothing written.
func checkSite(ctx context.Context, o options, ui *terminal) (int, error) {
	root, err := os.OpenRoot(o.check)
	if err != nil {
		return 0, fmt.Errorf("checking %s: %w", o.check, err)
	}
	defer root.Close()
	checks := render.CheckOptions{RootPath: o.rootPath(), Secrets: o.unpublishable()}
	report, err := render.Check(ctx, root.FS(), checks)
	if err != nil {
		return 0, fmt.Errorf("checking %s: %w", o.check, err)
	}
	c := checked{
		Out: o.check, Images: report.Images, Files: report.Files, Bytes: report.Bytes,
		Errors: ui.cleaned(report.Errors), Warnings: ui.cleaned(report.Warnings),
	}
	for _, f := range c.Warnings {
		ui.warn("%s", f)
	}
	for _, f := range c.Errors {
		ui.failure("%s", f)
	}
	if len(c.Errors) > 0 {
		c.Exit = exitFailed
	}
	if o.json {
		return c.Exit, ui.document(c)
	}
	if !o.quiet {
		return c.Exit, ui.line(c.summary())
	}
	return c.Exit, nil
}

// summary is the result in one line.
func (c checked) summary() string {
	found := "no errors"
	if n := len(c.Errors); n > 0 {
		found = count(n, "error")
	}
	if n := len(c.Warnings); n > 0 {
		found += ", " + count(n, "warning")
	}
	return fmt.Sprintf("%s in %s: %s, %s, %s", found, c.Out, count(c.Images, "image"), count(c.Files, "file"),
		humanize.Bytes(uint64(c.Bytes)))
}

// rootPath is where the site is on its host, as --base-url says; else "".
func (o *options) rootPath() string {
	if u, err := url.Parse(o.baseURL); err == nil {
		return u.Path
	}
	return ""
}

// shortestSecret is the shortest token or account id that is looked for and
// struck out: a word or a number of a few digits is everywhere.
const shortestSecret = 6

// secret is a value of the owner's that must be neither published nor printed.
type secret struct{ name, value string }

func (o *options) secrets() []secret {
	secrets := []secret{{"the token", o.token}}
	for i, a := range o.accounts {
		secrets = append(secrets, secret{fmt.Sprintf("the id of account %d", i+1), a.id})
	}
	return slices.DeleteFunc(secrets, func(s secret) bool { return len(s.value) < shortestSecret })
}

// unpublishable are the secrets in all their forms, as package render looks for them.
func (o *options) unpublishable() []render.Secret {
	var secrets []render.Secret
	for _, s := range o.secrets() {
		secrets = append(secrets, render.Secret{Name: s.name, Forms: fetch.Forms(s.value)})
	}
	return secrets
}

// ---- Messages ----

// terminal is where every word to a person goes through. The result goes to
// stdout, everything else to stderr.
type terminal struct {
	stdout, stderr io.Writer
	private        fetch.Redactor // of the token and the accounts
	quiet, verbose bool
	actions        bool // the log is read by the runner of GitHub Actions

	mu          sync.Mutex
	bar         *progressbar.ProgressBar
	annotations int
	stages      []stage
}

// fail prints an error with its hint, and returns its exit code.
func (t *terminal) fail(err error) int {
	t.stage("")
	if errors.Is(err, context.Canceled) {
		t.say("31", "error", "interrupted; the site is as complete as it was")
		return exitInterrupted
	}
	hint := hintFor(err)
	t.failure("%v", err)
	if hint != "" {
		t.hint(hint)
	}
	t.summarizeFailure(err, hint)
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
	_, secret := errors.AsType[*render.SecretError](err)
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
	case errors.Is(err, render.ErrNewerState):
		return "update firstframe"
	}
	return ""
}

func (t *terminal) failure(format string, args ...any) { t.say("31", "error", format, args...) }

func (t *terminal) hint(text string) { t.say("36", "hint", "%s", text) }

func (t *terminal) warn(format string, args ...any) {
	if !t.quiet {
		t.say("33", "warning", format, args...)
	}
}

// advise prints a warning that one can do something about.
func (t *terminal) advise(hint, warning string) {
	if !t.quiet {
		t.warn("%s", warning)
		t.hint(hint)
	}
}

func (t *terminal) info(format string, args ...any) {
	if !t.quiet {
		t.say("", "", format, args...)
	}
}

// detail prints what only -v shows.
func (t *terminal) detail(format string, args ...any) {
	if t.verbose {
		t.say("", "", format, args...)
	}
}

// say prints one line, whatever is in its arguments.
func (t *terminal) say(color, kind, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bar != nil {
		_ = t.bar.Clear()
	}
	text := t.clean(fmt.Sprintf(format, args...))
	if t.annotates(kind) {
		fmt.Fprintf(t.stderr, "::%s title=firstframe::%s\n", kind, escapeCommand(text))
		return
	}
	if kind != "" {
		kind += ": "
		if t.colored() {
			kind = "\x1b[" + color + "m" + kind + "\x1b[0m"
		}
	}
	fmt.Fprintf(t.stderr, "firstframe: %s%s\n", kind, text)
}

func (t *terminal) colored() bool { return isTerminal(t.stderr) && os.Getenv("NO_COLOR") == "" }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// keepPrivate tells t what it must never print.
func (t *terminal) keepPrivate(o options) {
	var values []string
	for _, s := range o.secrets() {
		values = append(values, s.value)
	}
	t.private = fetch.NewRedactor(values...)
}

// clean makes text from outside harmless where it is printed: it stays on its
// line, does not turn the reading direction or colour a terminal, holds no
// command for a CI runner, and neither the token nor an account.
func (t *terminal) clean(s string) string {
	return strings.ReplaceAll(t.private.Hide(render.OneLine(s)), "##[", "# #[")
}

// cleaned makes findings about files from elsewhere harmless.
func (t *terminal) cleaned(findings []render.Finding) []render.Finding {
	clean := make([]render.Finding, len(findings))
	for i, f := range findings {
		clean[i] = render.Finding{File: t.clean(f.File), Problem: t.clean(f.Problem)}
	}
	return clean
}

// line prints the result.
func (t *terminal) line(s string) error {
	_, err := fmt.Fprintln(t.stdout, t.clean(s))
	return err
}

// document prints the result as JSON, again without a command for a runner.
func (t *terminal) document(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	_, err := t.stdout.Write(b.Bytes())
	return err
}

// bar is a progress bar, or nothing where nobody would see it.
type bar struct{ t *terminal }

// progress shows a bar for n things on a terminal.
func (t *terminal) progress(what string, n int) bar {
	if n > 0 && !t.quiet && isTerminal(t.stderr) {
		t.bar = progressbar.NewOptions(n,
			progressbar.OptionSetWriter(t.stderr),
			progressbar.OptionSetDescription(what),
			progressbar.OptionSetRenderBlankState(true), // the first thing may take a while
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionEnableColorCodes(t.colored()),
			progressbar.OptionClearOnFinish(),
		)
	}
	return bar{t}
}

// Add counts n tasks done.
func (b bar) Add(n int) {
	b.t.mu.Lock()
	defer b.t.mu.Unlock()
	if b.t.bar != nil {
		_ = b.t.bar.Add(n)
	}
}

// Close takes the bar away.
func (b bar) Close() {
	b.t.mu.Lock()
	defer b.t.mu.Unlock()
	if b.t.bar != nil {
		_ = b.t.bar.Clear()
		b.t.bar = nil
	}
}

// ---- GitHub Actions ----

// stage is a part of a run, and when it began.
type stage struct {
	name  string
	began time.Time
	took  time.Duration
}

// stage ends a part of the run and begins the next, unless name is "". In a
// runner's log the lines of each fold up.
func (t *terminal) stage(name string) {
	if !t.actions {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.stages); n > 0 && t.stages[n-1].took == 0 {
		t.stages[n-1].took = max(time.Since(t.stages[n-1].began), 1)
		fmt.Fprintln(t.stderr, "::endgroup::")
	}
	if name != "" {
		t.stages = append(t.stages, stage{name: name, began: time.Now()})
		fmt.Fprintf(t.stderr, "::group::%s\n", escapeCommand(name))
	}
}

const (
	// maxAnnotations is how many of a step are shown; the runner drops the others.
	maxAnnotations = 10
	// keptForErrors of them are not for warnings: errors come last and matter most.
	keptForErrors = 3
)

// annotates reports whether a message is to be shown beside the run, and not
// only in its log.
func (t *terminal) annotates(kind string) bool {
	limit := map[string]int{"warning": maxAnnotations - keptForErrors, "error": maxAnnotations}[kind]
	if !t.actions || t.annotations >= limit {
		return false
	}
	t.annotations++
	return true
}

// escapeCommand makes text the data of a runner's command.
func escapeCommand(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// tellRunner writes the step's summary and its outputs.
func (g *gallery) tellRunner() error {
	if !g.ui.actions {
		return nil
	}
	size := g.result.SiteBytes
	// The site is there, and people can read the log: that is no reason not to publish it.
	if err := appendTo(os.Getenv("GITHUB_STEP_SUMMARY"), g.summary(size)); err != nil {
		g.ui.warn("writing the step's summary: %v", err)
	}
	if g.opts.dryRun {
		return nil
	}
	r := g.result
	err := appendTo(os.Getenv("GITHUB_OUTPUT"), stepOutputs([][2]string{
		{"changed", strconv.FormatBool(r.Changed)},
		{"images", strconv.Itoa(r.Images)},
		{"new", strconv.Itoa(r.New)},
		{"failed", strconv.Itoa(r.Failed)},
		{"site-bytes", strconv.FormatInt(size, 10)},
		{"path", r.Out},
		{"exit", strconv.Itoa(r.Exit)},
	}))
	if err != nil {
		return fmt.Errorf("writing the step's outputs: %w", err)
	}
	return nil
}

// stepOutputs puts each value between delimiters that nobody can guess, so
// that no value can end before its end and give another output.
func stepOutputs(outputs [][2]string) string {
	var b strings.Builder
	for _, o := range outputs {
		delimiter := "end-" + rand.Text()
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o[0], delimiter, o[1], delimiter)
	}
	return b.String()
}

// appendTo appends text to a file of the runner's, if it gave one.
func appendTo(name, text string) error {
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// listedInSummary bounds each list of the step's summary, which may have 1 MiB in all.
const listedInSummary = 50

// summary is the step's summary, in Markdown.
func (g *gallery) summary(size int64) string {
	r := g.result
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", markdownText(g.ui.clean(r.summary())))
	b.WriteString("| Gallery | |\n|:--|--:|\n")
	row := func(label, value string) { fmt.Fprintf(&b, "| %s | %s |\n", label, value) }
	row("Images", humanize.Comma(int64(r.Images)))
	row("New", humanize.Comma(int64(r.New)))
	row("Made again", humanize.Comma(int64(r.Remade)))
	row("Removed", humanize.Comma(int64(r.Removed)))
	row("Failed", humanize.Comma(int64(r.Failed)))
	row("Skipped: no images", humanize.Comma(int64(r.Skipped)))
	row("Sounds and films", humanize.Comma(int64(r.SoundsAndFilms)))
	row("Unused uploads left out; `--source both` publishes them", humanize.Comma(int64(r.Unused)))
	row("No longer listed", humanize.Comma(int64(r.Unlisted)))
	bare := g.withoutAlt()
	row("Without alt text", humanize.Comma(int64(len(bare))))
	row("Size", fmt.Sprintf("%s, %.1f %% of the 1 GB that GitHub Pages takes",
		humanize.Bytes(uint64(size)), 100*float64(size)/render.PagesLimit))
	for _, s := range g.ui.stages {
		row("Time: "+s.name, fmt.Sprintf("%.2f s", s.took.Seconds()))
	}
	summaryList(&b, "Problems", len(r.Problems), func(i int) string {
		p := r.Problems[i]
		return strings.TrimPrefix(markdownText(p.Name)+": ", ": ") + markdownText(p.Error)
	})
	summaryList(&b, "New images", len(g.fresh), func(i int) string { return g.reference(g.fresh[i]) })
	summaryList(&b, "Without alt text: name them in content/images/", len(bare),
		func(i int) string { return g.reference(bare[i]) })
	return b.String()
}

// summaryList writes a list of n items that is folded up and cut.
func summaryList(b *strings.Builder, title string, n int, item func(int) string) {
	if n == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%s (%s)</summary>\n\n", title, humanize.Comma(int64(n)))
	for i := range min(n, listedInSummary) {
		fmt.Fprintf(b, "- %s\n", item(i))
	}
	if more := n - listedInSummary; more > 0 {
		fmt.Fprintf(b, "- and %s more\n", humanize.Comma(int64(more)))
	}
	b.WriteString("\n</details>\n")
}

// withoutAlt returns the slugs of the images of which the owner said nothing
// to those who cannot see them.
func (g *gallery) withoutAlt() []string {
	var slugs []string
	for _, m := range g.state.Images {
		if !m.Hidden && len(m.Renditions) > 0 && m.Alt == "" {
			slugs = append(slugs, m.Slug)
		}
	}
	return slugs
}

// reference is an image's slug, as a link where the site's address is known.
func (g *gallery) reference(slug string) string {
	if g.opts.baseURL == "" {
		return slug
	}
	return fmt.Sprintf("[%s](%s)", slug, strings.NewReplacer("(", "%28", ")", "%29").Replace(g.opts.baseURL+"image/"+slug+"/"))
}

// summarizeFailure is the summary of a run that ended with an error. Where it
// cannot be written, the log has it all the same.
func (t *terminal) summarizeFailure(err error, hint string) {
	if !t.actions {
		return
	}
	text := "### The gallery was not updated\n\n" + markdownText(t.clean(err.Error())) + "\n"
	if hint != "" {
		text += "\n" + markdownText(t.clean(hint)) + "\n"
	}
	_ = appendTo(os.Getenv("GITHUB_STEP_SUMMARY"), text)
}

// longestMarkdown bounds one text in the summary, in letters.
const longestMarkdown = 300

// markdownText makes one line of text mean itself in Markdown: whatever could
// begin markup, a link or a mention becomes a character reference.
func markdownText(s string) string {
	var b strings.Builder
	letters := []rune(render.OneLine(s))
	for _, r := range letters[:min(len(letters), longestMarkdown)] {
		if r > ' ' && r < 0x7f && !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	if len(letters) > longestMarkdown {
		b.WriteString("…")
	}
	return b.String()
}

// ---- The version ----

// version is the module's version, else the commit that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "devel " + s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}

func userAgent() string { return "firstframe/" + strings.ReplaceAll(version(), " ", "-") }

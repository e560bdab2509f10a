package command

import (
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/pflag"

	"firstframe/render/media"
)

// options is everything that was asked for, by flags and in the environment.
type options struct {
	accounts []account
	token    string
	source   string
	limit    int
	pictures string // "" for no folder of pictures
	absent   string // the folder of pictures, if it does not exist and the run goes on without it
	service  bool   // whether the service is asked; false if there are only pictures of a folder

	out, cache                string
	content, theme, static    string // folders; "" for none
	title, baseURL, mediaURL  string
	widths                    []int
	quality                   int
	formats                   []string
	originals, prompts, clips bool
	noIndex                   bool
	serviceCodes              bool
	exif                      string
	prune                     string // "", "guarded" or "force"
	shard                     shard
	merge                     []string

	jobs      int
	maxBytes  int64
	maxClip   int64
	maxPixels int
	timeout   time.Duration
	idle      time.Duration // ends a download that brings nothing; 0 is the default
	budget    time.Duration // for all downloads and pictures

	showAccounts bool
	demo         bool
	offline      bool
	serve        string
	check        string
	restore      string
	mustRestore  bool // a site must be published at the address of restore
	dryRun, json bool
	quiet        bool
	verbose      bool
	version      bool
	exportTheme  string
	init         bool
	api          string
	allowPrivate bool

	config   string // the file of settings
	settings settings
	flags    *pflag.FlagSet
}

// parseOptions reads the flags, the environment and the token. It refuses what makes no sense,
// before anything else is read or written.
func parseOptions(args []string, stdin io.Reader) (options, error) {
	o := options{flags: pflag.NewFlagSet("firstframe", pflag.ContinueOnError)}
	given := o.define()
	if err := o.checkArguments(args); err != nil {
		return o, err
	}
	if err := o.flags.Parse(args); err != nil {
		o.json = o.json || slices.Contains(args, "--json") // it may come after the mistake
		return o, o.explain(err)
	}
	if o.flags.NArg() > 0 {
		return o, o.explainArgument(o.flags.Arg(0), args)
	}
	if err := o.checkCombinations(); err != nil {
		return o, err
	}
	if o.version || o.exportTheme != "" || o.init {
		return o, nil
	}
	if o.demo && !o.flags.Changed("out") {
		o.out = demoOut
	}
	// The owner sees all mistakes at once. The file comes first, because it sets flags.
	err := o.readSettings()
	err = errors.Join(err,
		o.parseSize("max-bytes", given.maxBytes, &o.maxBytes), o.parseSize("max-clip-bytes", given.maxClip, &o.maxClip),
		parseShard(given.shard, &o.shard), checkClock(), o.checkValues(), o.checkAddresses(), o.checkFolders())
	if err != nil {
		return o, err
	}
	o.service = true
	if o.demo {
		return o, nil
	}
	if err := checkAccounts(namedAccounts(given.accounts)); err != nil {
		return o, err
	}
	o.accounts = parseAccounts(given.accounts)
	hasToken := given.tokenFile != "" || os.Getenv("USEAPI_TOKEN") != ""
	o.service = !o.offline && o.needsService(hasToken)
	if err := o.labelAccounts(); err != nil {
		return o, err
	}
	if err := o.checkLabels(); err != nil {
		return o, err
	}
	if o.check == checkOut {
		o.check = o.out
	}
	if !hasToken && (o.check != "" || !o.service) {
		return o, nil // without requests, the token is only looked for in what is published
	}
	o.token, err = readToken(given.tokenFile, stdin)
	return o, err
}

// needsService reports whether the service must be asked. Pictures of a folder need no service, so
// without a token it is asked only if a flag says so.
func (o *options) needsService(hasToken bool) bool {
	switch {
	case o.pictures == "" || o.showAccounts:
		return true
	case o.source == sourceFolder:
		return false
	}
	return hasToken || o.source != sourceAuto || o.flags.Changed("account")
}

// rawValues are the values of flags that need more parsing.
type rawValues struct {
	accounts                            []string
	tokenFile, shard, maxBytes, maxClip string
}

// define defines the flags, in the order of the help. A backquoted word in a text is the placeholder
// of the value. At the start, with a colon, it is not part of the sentence.
func (o *options) define() *rawValues {
	given := &rawValues{}
	f := o.flags
	f.SortFlags = false
	f.Usage = func() {}
	f.StringArrayVar(&given.accounts, "account", nil, "`ID[=Label]`: list this account; repeatable. Only the label is ever shown")
	f.BoolVar(&o.showAccounts, "accounts", false, "show the ids of the accounts that the token can use, on a terminal only, and exit")
	f.StringVar(&given.tokenFile, "token-file", "", "read the token from `FILE` (- is standard input) instead of USEAPI_TOKEN")
	f.StringVar(&o.config, "config", configName, "read the gallery's settings from `FILE`")
	f.StringVar(&o.source, "source", "auto", "`LISTING`: use "+english.WordSeries(sources(), "or")+"; both is all listings of the service; auto is files and videos, without the uploads that no video was made from; folder is only --pictures")
	f.IntVar(&o.limit, "limit", 0, "at most `N` images from each listing; 0 means all")
	f.StringVar(&o.pictures, "pictures", "", "publish the JPEG, PNG, GIF and WebP files in `DIR` and its folders, too; without a token, only those")
	f.StringVarP(&o.out, "out", "o", "out", "write the site to `DIR`; --demo writes to demo")
	f.StringVar(&o.cache, "cache", "", "keep the originals in `DIR` (default: the user's cache folder)")
	f.StringVar(&o.title, "title", "", "use `TEXT` as the gallery's title instead of the one in content/index.md")
	f.StringVar(&o.baseURL, "base-url", "", "`URL`: where the site will be published")
	f.StringVar(&o.mediaURL, "media-url", "", "`URL`: where a copy of the folder media/ is, if the site is published without it")
	f.BoolVar(&o.noIndex, "noindex", false, "ask search engines not to list the site")
	f.StringVar(&o.content, "content", "content", "read your titles, captions and pages from `DIR`, if it exists")
	f.StringVar(&o.theme, "theme", "theme", "change the look with the templates/, assets/ and custom.css in `DIR`, if it exists")
	f.StringVar(&o.static, "static", "static", "publish the files in `DIR` as they are, if it exists")
	f.BoolVar(&o.init, "init", false, "write settings, a first content/ and a workflow for GitHub here, keep existing files, and exit")
	f.StringVar(&o.exportTheme, "export-theme", "", "copy the built-in templates/ and assets/ to `DIR`, and exit")
	f.IntSliceVar(&o.widths, "widths", media.DefaultWidths(), "`WIDTHS`: how wide the renditions are, in pixels; none is wider than its image")
	f.IntVar(&o.quality, "quality", 82, "JPEG quality of the renditions, `N` from 1 to 100")
	f.StringSliceVar(&o.formats, "formats", []string{formatJPEG}, "`FORMATS`: jpeg, or avif,jpeg for files that are about a third smaller; older browsers, link cards and feeds then use a JPEG in one width")
	f.BoolVar(&o.originals, "originals", false, "publish the originals too, stripped of their metadata")
	f.BoolVar(&o.prompts, "prompts", false, "publish the prompts of the videos, and of pictures that the service made")
	f.BoolVar(&o.clips, "clips", false, "publish the finished videos, stripped of their metadata")
	f.BoolVar(&o.serviceCodes, "service-codes", false, "show the numbers that the service lists as an upload's scene and status")
	f.StringVar(&o.exif, "exif", exifFull, "`HOW`: what to publish about the camera: none, camera (and lens) or full (exposure and day, too); never a position")
	f.StringVar(&o.prune, "prune", "", "remove images that are no longer listed; refuses to remove more than half, or anything while a listing is empty; `force` overrides")
	f.Lookup("prune").NoOptDefVal = "guarded"
	f.StringVar(&given.shard, "shard", "", "`K/N`: make only part K of N of the pictures, and no pages; see --merge")
	f.StringArrayVar(&o.merge, "merge", nil, "use the pictures of the parts in `DIR`, which other machines made; repeatable")
	f.IntVarP(&o.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "make the renditions of `N` images at the same time")
	f.StringVar(&given.maxBytes, "max-bytes", "64MiB", "`SIZE`: how large an original may be; a larger one is not downloaded")
	f.StringVar(&given.maxClip, "max-clip-bytes", "64MiB", "`SIZE`: how large a video may be; a larger one is not downloaded")
	f.IntVar(&o.maxPixels, "max-pixels", 64_000_000, "`N`: how many pixels an image may have; a larger one is not published")
	f.DurationVar(&o.timeout, "timeout", 5*time.Minute, "`TIME`: how long one listing or one download may take, including retries")
	f.DurationVar(&o.budget, "time-budget", 30*time.Minute, "`TIME`: how long to download and make pictures; the next run does the rest")
	f.BoolVar(&o.demo, "demo", false, "use a built-in service with generated pictures: no token, no network")
	f.BoolVar(&o.offline, "offline", false, "send no request, need no token: make the site again from what is in its folder and the cache")
	f.StringVar(&o.serve, "serve", "", "serve the site on loopback until interrupted, at `ADDR` or 127.0.0.1:8080, and show each change of your words, theme and settings")
	f.Lookup("serve").NoOptDefVal = "127.0.0.1:8080"
	f.StringVar(&o.check, "check", "", "build nothing; check that the site in `DIR`, or in the folder of --out, is complete and has no secrets")
	f.Lookup("check").NoOptDefVal = checkOut
	f.StringVar(&o.restore, "restore", "", "if there is no site in the output folder, begin with the one that is published at `URL`")
	f.BoolVar(&o.mustRestore, "restore-required", false, "fail if nothing is published at the address of --restore, instead of starting a new gallery")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "report what a run would do; write nothing")
	f.BoolVar(&o.json, "json", false, "print the result as JSON")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print errors only")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "print every request and every file")
	f.BoolVar(&o.version, "version", false, "print the version, and exit")
	f.StringVar(&o.api, "api", "https://api.useapi.net", "the service's root `URL`")
	f.BoolVar(&o.allowPrivate, "allow-private-hosts", false, "allow downloads from private addresses, for a service of your own")
	return given
}

// parseSize reads the value of a flag, a size from 1 B to 1 TiB, into size, in bytes.
func (o *options) parseSize(flag, s string, size *int64) error {
	n, err := humanize.ParseBytes(s)
	if err != nil || n < 1 || n > 1<<40 {
		return usage("for example: "+o.written(flag, "64MiB"), "%s must be a size, not %q", o.named(flag), s)
	}
	*size = int64(n)
	return nil
}

// checkArguments refuses arguments that pflag would misunderstand: a token, which an error must not
// repeat, and a long flag with one dash. To pflag, -out=site means the folder "ut=site".
func (o *options) checkArguments(args []string) error {
	for _, arg := range args {
		if tokenStart.MatchString(arg) {
			return usage(tokenHint, "the token must not be an argument, because others on this machine can see it")
		}
		name, _, _ := strings.Cut(arg, "=")
		if letters, one := strings.CutPrefix(name, "-"); one && len(letters) > 1 && o.flags.Lookup(letters) != nil {
			return usage("did you mean -"+name+"?", "there is no flag %s", name)
		}
	}
	return nil
}

// checkValues refuses values that are out of range, and sorts the widths.
func (o *options) checkValues() error {
	slices.Sort(o.widths)
	o.widths = slices.Compact(o.widths)
	var problems []error
	refuse := func(wrong bool, hint, format string, args ...any) {
		if wrong {
			problems = append(problems, usage(hint, format, args...))
		}
	}
	refuse(!slices.Contains(sources(), o.source), "use "+english.WordSeries(sources(), "or"), "%s cannot be %q", o.named("source"), o.source)
	refuse(o.limit < 0, "0 means all", "%s must be 0 or more, not %d", o.named("limit"), o.limit)
	refuse(len(o.widths) == 0 || o.widths[0] < 1, "for example: "+o.written("widths", "440,864,1200,1920"), "%s: each width must be 1 or more", o.named("widths"))
	refuse(len(o.widths) > 8 || o.widths[len(o.widths)-1] > 16384, "for example: "+o.written("widths", "440,864,1200,1920"), "%s must be at most 8 widths, each of at most 16384 pixels", o.named("widths"))
	refuse(o.quality < 1 || o.quality > 100, "the default is 82", "%s must be from 1 to 100, not %d", o.named("quality"), o.quality)
	refuse(!o.formatsExist(), "use "+formatJPEG+" or "+formatAVIF+","+formatJPEG, "%s cannot be %q", o.named("formats"), strings.Join(o.formats, ","))
	refuse(slices.Equal(o.formats, []string{formatAVIF}), "for example: "+o.written("formats", formatAVIF+","+formatJPEG), "%s needs jpeg, too, for older browsers, link cards and feeds", o.named("formats"))
	refuse(!slices.Contains(exifLevels, o.exif), "use "+english.WordSeries(exifLevels, "or"), "%s cannot be %q", o.named("exif"), o.exif)
	refuse(o.prune != "" && o.prune != "guarded" && o.prune != "force", "use --prune or --prune=force", "--prune cannot be %q", o.prune)
	refuse(o.jobs < 1, "the default is the number of processors", "--jobs must be 1 or more, not %d", o.jobs)
	refuse(o.maxPixels < 1, "the default is 64000000", "%s must be 1 or more, not %d", o.named("max-pixels"), o.maxPixels)
	refuse(o.timeout <= 0, "for example: "+o.written("timeout", "5m"), "%s must be more than 0s, not %v", o.named("timeout"), o.timeout)
	refuse(o.budget <= 0, "for example: "+o.written("time-budget", "30m"), "%s must be more than 0s, not %v", o.named("time-budget"), o.budget)
	return errors.Join(problems...)
}

// The formats of renditions.
const (
	formatJPEG = "jpeg"
	formatAVIF = "avif"
)

// formatsExist reports whether the formats are known, and each is named once.
func (o *options) formatsExist() bool {
	known := map[string]bool{formatJPEG: true, formatAVIF: true}
	for _, name := range o.formats {
		if !known[name] {
			return false
		}
		delete(known, name)
	}
	return len(o.formats) > 0
}

// lastSecond is the last second of the year 9999, in Unix seconds. No later date can be written.
const lastSecond = 253402300799

// checkClock refuses a SOURCE_DATE_EPOCH that is not a time.
func checkClock() error {
	s := os.Getenv("SOURCE_DATE_EPOCH")
	if n, err := strconv.ParseInt(s, 10, 64); s != "" && (err != nil || n < 0 || n > lastSecond) {
		return usage("for example: SOURCE_DATE_EPOCH=1790000000", "SOURCE_DATE_EPOCH must be a time in seconds since 1970, not %q", s)
	}
	return nil
}

// checkCombinations refuses flags that cannot be used together.
func (o *options) checkCombinations() error {
	given := func(name string) bool { return o.flags.Changed(name) }
	for _, pair := range [][2]string{
		{"demo", "account"}, {"demo", "token-file"}, {"demo", "api"}, {"demo", "pictures"},
		{"quiet", "verbose"}, {"dry-run", "serve"},
		{"shard", "merge"}, {"shard", "serve"}, {"shard", "dry-run"}, {"shard", "prune"}, {"shard", "check"},
		{"restore", "demo"}, {"restore", "check"}, {"restore", "dry-run"},
		{"check", "demo"}, {"check", "serve"}, {"check", "dry-run"}, {"check", "prune"},
		{"init", "export-theme"}, {"init", "demo"}, {"init", "dry-run"}, {"init", "serve"}, {"init", "check"},
		{"export-theme", "demo"}, {"export-theme", "dry-run"}, {"export-theme", "serve"}, {"export-theme", "check"},
		{"accounts", "init"}, {"accounts", "export-theme"}, {"accounts", "demo"}, {"accounts", "serve"}, {"accounts", "check"},
		{"accounts", "json"},
		{"offline", "demo"}, {"offline", "restore"}, {"offline", "prune"}, {"offline", "shard"}, {"offline", "merge"},
		{"offline", "check"},
	} {
		if given(pair[0]) && given(pair[1]) {
			hint := "leave one of them out"
			if pair == [2]string{"check", "demo"} {
				hint = "leave --demo out: --check=" + demoOut + " checks the demo"
			}
			return usage(hint, "--%s and --%s cannot be used together", pair[0], pair[1])
		}
	}
	if o.mustRestore && o.restore == "" {
		return usage("add the address of the site: --restore URL", "--restore-required needs --restore")
	}
	return nil
}

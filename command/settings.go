package command

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"firstframe/render"
	"firstframe/render/plainyaml"
	"firstframe/render/spelling"
)

// configName is the file with the settings of a gallery, next to the content folder.
const configName = "firstframe.yaml"

// labelsKey is the only setting that is not a flag: the labels of the accounts, in their order. The
// ids of the accounts are private, so they cannot be in the file.
const labelsKey = "account_labels"

// notSettings are the flags that cannot be in the file of settings, and why. Without a reason, the
// flag is about one run.
var notSettings = map[string]string{
	"account":             "the ids of accounts are private: put them into USEAPI_ACCOUNT, and their labels into account_labels",
	"token-file":          "the token is a secret, and belongs neither into this file nor next to it: use USEAPI_TOKEN",
	"api":                 "the token is sent there, so only the flag --api can name another service",
	"allow-private-hosts": "it makes a run less safe, so only the flag --allow-private-hosts can say it",
	"config":              "it names this file",
	"cache":               "it is about one machine: use the flag --cache",
	"jobs":                "it is about one machine: use the flag --jobs",
	"prune":               "it removes images: use the flag --prune, for one run",
	"restore":             "",
	"restore-required":    "",
	"shard":               "",
	"merge":               "",
	"accounts":            "",
	"init":                "",
	"export-theme":        "",
	"demo":                "",
	"offline":             "",
	"serve":               "",
	"check":               "",
	"dry-run":             "",
	"json":                "",
	"quiet":               "",
	"verbose":             "",
	"version":             "",
}

// secretKeys are keys that somebody may try for the token.
var secretKeys = []string{"token", "useapi_token", "api_token", "api_key"}

// folderSettings are the settings that name a folder.
var folderSettings = []string{"content", "out", "pictures", "static", "theme"}

// notInDemo are the settings that the demo does not take from the file: it has pictures and
// accounts of its own, and a folder of its own.
var notInDemo = []string{"out", "source", "limit", "pictures", labelsKey}

// settings is what the file of settings says.
type settings struct {
	file   string         // its path, as messages show it
	lines  map[string]int // the lines of the flags that it sets
	labels []string       // of the accounts, in their order
	notes  []string       // what a flag overrides in this run
}

// keyOf returns the key of a flag in the file of settings.
func keyOf(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// flagOf returns the flag of a key.
func flagOf(key string) string { return strings.ReplaceAll(key, "_", "-") }

// isSetting reports whether a flag can be in the file of settings.
func isSetting(f *pflag.Flag) bool {
	_, excluded := notSettings[f.Name]
	return !excluded
}

// readSettings reads the file of settings, if there is one, and sets the flags that the command
// line does not set. It reports everything that is wrong with the file at once.
func (o *options) readSettings() error {
	data, err := o.openSettings()
	if o.settings.file == "" || err != nil {
		return err
	}
	if tokenStart.Match(data) {
		return usage("remove it, and put it into USEAPI_TOKEN; if others have seen it, replace it at the service",
			"%s contains what looks like a token", o.settings.file)
	}
	values := o.settingFields()
	found := map[int]error{} // by line
	if _, err := plainyaml.Decode(o.settings.file, 1, data, values.Addr().Interface()); err != nil {
		for _, err := range problemsIn(err) {
			problem, _ := errors.AsType[plainyaml.Problem](err)
			found[problem.Line] = err
		}
	}
	lines := plainyaml.Lines(data)
	for _, key := range slices.SortedFunc(maps.Keys(lines), func(a, b string) int { return cmp.Compare(lines[a], lines[b]) }) {
		problem := ""
		switch value := values.FieldByName(fieldOf(key)); {
		case found[lines[key]] != nil:
		case !value.IsValid():
			problem = o.notASetting(key)
		case !value.IsNil(): // it has a value
			problem = o.set(key, lines[key], value)
		}
		if problem != "" {
			found[lines[key]] = plainyaml.Problem{File: o.settings.file, Line: lines[key], Text: problem}
		}
	}
	var problems []error
	for _, line := range slices.Sorted(maps.Keys(found)) {
		problems = append(problems, found[line])
	}
	if len(problems) > 0 {
		return &usageError{errors.Join(problems...), "docs/settings.md lists all settings"}
	}
	return nil
}

// settingFields returns a new struct with a field for each key that the file can have.
func (o *options) settingFields() reflect.Value {
	var fields []reflect.StructField
	add := func(key string, t reflect.Type) {
		fields = append(fields, reflect.StructField{
			Name: fieldOf(key), Type: reflect.PointerTo(t), Tag: reflect.StructTag(fmt.Sprintf("yaml:%q", key)),
		})
	}
	o.flags.VisitAll(func(f *pflag.Flag) {
		switch {
		case !isSetting(f):
		case f.Value.Type() == "bool":
			add(keyOf(f.Name), reflect.TypeFor[bool]())
		case f.Value.Type() == "int":
			add(keyOf(f.Name), reflect.TypeFor[int]())
		case f.Value.Type() == "intSlice":
			add(keyOf(f.Name), reflect.TypeFor[[]int]())
		case f.Value.Type() == "stringSlice":
			add(keyOf(f.Name), reflect.TypeFor[[]string]())
		default:
			add(keyOf(f.Name), reflect.TypeFor[string]())
		}
	})
	add(labelsKey, reflect.TypeFor[[]string]())
	return reflect.New(reflect.StructOf(fields)).Elem()
}

// fieldOf returns the name of the field for a key.
func fieldOf(key string) string { return "Key_" + key }

// openSettings returns the bytes of the file of settings, or nil if there is none.
func (o *options) openSettings() ([]byte, error) {
	name := o.config
	if !o.flags.Changed("config") {
		name = configName
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			if _, err := os.Lstat("firstframe.yml"); err == nil {
				return nil, usage("rename it: mv firstframe.yml "+configName, "firstframe.yml is not read")
			}
			return nil, nil
		}
	}
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage("firstframe --init writes a first one, with the name "+configName, "there is no file %s", name)
	}
	if err != nil {
		return nil, usage("", "reading the settings: %v", err)
	}
	if !info.Mode().IsRegular() { // a message could show what a link leads to
		return nil, usage("put the file itself there, not a folder or a link", "%s is not a plain file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usage("", "reading the settings: %v", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	if err != nil {
		return nil, usage("", "reading the settings: %v", err)
	}
	if len(data) > maxSettings {
		return nil, usage("name the file with the settings of the gallery: --config FILE", "%s is larger than %s, which is too large for settings", name, humanize.IBytes(maxSettings))
	}
	o.settings.file, o.settings.lines = filepath.ToSlash(name), map[string]int{}
	return data, nil
}

// notASetting says why a key cannot be in the file.
func (o *options) notASetting(key string) string {
	if slices.Contains(secretKeys, key) {
		return "the token is a secret, and must not be in this file: put it into USEAPI_TOKEN"
	}
	flag := flagOf(key)
	if reason, excluded := notSettings[flag]; excluded {
		return key + " is not a setting, because " + cmp.Or(reason, "it is about one run: use the flag --"+flag)
	}
	known := []string{labelsKey}
	o.flags.VisitAll(func(f *pflag.Flag) {
		if isSetting(f) {
			known = append(known, keyOf(f.Name))
		}
	})
	text := fmt.Sprintf("there is no setting %.60q", key)
	if near := spelling.Nearest(keyOf(key), slices.Values(known)); near != "" {
		text += "; did you mean " + near + "?"
	}
	return text
}

// set takes a value of the file over, and returns what is wrong with it, or "".
func (o *options) set(key string, line int, value reflect.Value) string {
	name := flagOf(key)
	if o.demo && slices.Contains(notInDemo, key) {
		return ""
	}
	if key == labelsKey {
		for _, label := range value.Elem().Interface().([]string) {
			o.settings.labels = append(o.settings.labels, render.OneLine(label))
		}
		o.settings.lines[key] = line
		return ""
	}
	text := flagText(value.Elem().Interface())
	if slices.Contains(folderSettings, name) && text != "" {
		text = o.settings.folder(text)
	}
	f := o.flags.Lookup(name)
	if f.Changed {
		if plainValue(f, f.Value.String()) != text {
			o.settings.notes = append(o.settings.notes, fmt.Sprintf("--%s overrides %s in %s, for this run", name, key, o.settings.file))
		}
		return ""
	}
	if err := f.Value.Set(text); err != nil {
		return fmt.Sprintf("%s must be %s, not %q", key, kinds[f.Value.Type()], text)
	}
	o.settings.lines[name] = line
	return ""
}

// folder returns the path of a folder that the file names. A path that begins with ~/ is in the home
// folder, as in a shell. Any other relative path begins at the file.
func (s *settings) folder(name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(s.file), name)
}

// flagText returns a value of the file as it is written on the command line.
func flagText(value any) string {
	switch list := value.(type) {
	case []int:
		return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ",")
	case []string:
		return strings.Join(list, ",")
	}
	return fmt.Sprint(value)
}

// isGiven reports whether the command line or the file of settings says something about a flag.
func (o *options) isGiven(flag string) bool {
	_, inFile := o.settings.lines[flag]
	return inFile || o.flags.Changed(flag)
}

// named returns what a message calls a setting: its flag, or its place in the file if it comes from
// there.
func (o *options) named(flag string) string {
	if line, inFile := o.settings.lines[flag]; inFile && !o.flags.Changed(flag) {
		return fmt.Sprintf("%s:%d: %s", o.settings.file, line, keyOf(flag))
	}
	return "--" + flag
}

// written returns a setting as the owner would write it, in the file if it comes from there.
func (o *options) written(flag, value string) string {
	if _, inFile := o.settings.lines[flag]; inFile && !o.flags.Changed(flag) {
		return setting(o.flags.Lookup(flag), value)
	}
	return "--" + flag + " " + value
}

// setting returns a line of the file of settings.
func setting(f *pflag.Flag, value string) string {
	switch f.Value.Type() {
	case "intSlice", "stringSlice":
		value = "[" + strings.ReplaceAll(value, ",", ", ") + "]"
	case "string":
		value = inYAML(value)
	}
	return keyOf(f.Name) + ": " + value
}

// plainText matches the texts that need no quotes in YAML, alone and in a list.
var plainText = regexp.MustCompile(`^[\pL\pN_]([\pL\pN_ .-]*[\pL\pN_.-])?$`)

// inYAML returns a text as it is written in the file of settings. The word null is no text there.
func inYAML(text string) string {
	if plainText.MatchString(text) && !strings.EqualFold(text, "null") {
		return text
	}
	return strconv.Quote(text)
}

// labelAccounts gives the accounts the labels of the file of settings. A label in USEAPI_ACCOUNT or
// on the command line comes first.
func (o *options) labelAccounts() error {
	if (!o.service || o.check != "") && !o.namesAccounts() {
		return nil
	}
	if len(o.settings.labels) > len(o.accounts) {
		return usage("the accounts are in USEAPI_ACCOUNT, separated by commas",
			"%s has %d labels, but there is only %s", o.named(labelsKey), len(o.settings.labels), count(len(o.accounts), "account"))
	}
	for i, label := range o.settings.labels {
		if o.accounts[i].label == "" {
			o.accounts[i].label = label
		}
	}
	return nil
}

package command

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/pflag"

	"firstframe/render"
	"firstframe/render/media"
	"firstframe/render/plainyaml"
)

// settingNames returns the keys of all settings, sorted.
func settingNames() []string {
	names := []string{labelsKey}
	opts, _ := parseOptions([]string{"--version"}, strings.NewReader(""))
	opts.flags.VisitAll(func(f *pflag.Flag) {
		if isSetting(f) {
			names = append(names, keyOf(f.Name))
		}
	})
	slices.Sort(names)
	return names
}

// TestStarterSettings uses every line of the first file of settings that is only a comment. They
// must be valid, and the file must have all settings that owners need.
func TestStarterSettings(t *testing.T) {
	data, err := os.ReadFile("../.github/init/firstframe.yaml")
	must(t, err)
	t.Setenv("USEAPI_TOKEN", "user:1234-secret")
	t.Setenv("USEAPI_ACCOUNT", "1,2")
	t.Chdir(t.TempDir())
	must(t, os.WriteFile(configName, data, 0o644))
	if opts, err := parseOptions(nil, strings.NewReader("")); err != nil || len(opts.settings.lines) > 0 {
		t.Errorf("as it is, the file sets %v: %v", opts.settings.lines, err)
	}
	used := []byte(usedLines(data))
	must(t, os.WriteFile(configName, used, 0o644))
	for _, folder := range []string{"content", "pictures", "static", "theme"} {
		must(t, os.Mkdir(folder, 0o755))
	}
	opts, err := parseOptions(nil, strings.NewReader(""))
	must(t, err)
	if opts.accounts[1].label != "Home" || opts.exif != exifCamera || !slices.Equal(opts.widths, media.DefaultWidths()) {
		t.Errorf("the settings have no effect: %+v", opts)
	}
	lines := plainyaml.Lines(used)
	for _, name := range settingNames() {
		if lines[name] == 0 {
			t.Errorf("the setting %s is not in the file", name)
		}
	}
}

// TestDocumentedSettings compares the table in docs/settings.md with the settings and their
// defaults.
func TestDocumentedSettings(t *testing.T) {
	opts, _ := parseOptions([]string{"--version"}, strings.NewReader(""))
	var named []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (.*?) \\|").FindAllStringSubmatch(section(t, "docs/settings.md", "The settings"), -1) {
		named = append(named, row[1])
		f := opts.flags.Lookup(flagOf(row[1]))
		if f == nil {
			continue // labels, which have no default
		}
		def := strings.TrimSuffix(strings.ReplaceAll(defaultText(f), ",", ", "), "0s")
		if shown := strings.Trim(row[2], "`[]"); def != "" && shown != def && !strings.HasPrefix(row[2], "`"+def+"`, if") {
			t.Errorf("the default of %s is %q, not %q", row[1], def, shown)
		}
	}
	slices.Sort(named)
	if want := settingNames(); !slices.Equal(named, want) {
		t.Error("the settings in the table:", cmp.Diff(want, named))
	}
	// The list of the guarded ones.
	_, list, _ := strings.Cut(section(t, "docs/settings.md", "Nothing disappears by accident"), "This is so for ")
	list, _, _ = strings.Cut(list, "The others")
	for _, name := range settingNames() {
		_, guarded := forgettable[flagOf(name)]
		if guarded = guarded || name == labelsKey; guarded != strings.Contains(list, "`"+name+"`") {
			t.Errorf("is %s guarded? %v, but the document says otherwise", name, guarded)
		}
	}
}

// TestSchema checks that an editor knows the same settings as the program, with a type and a
// description for each.
func TestSchema(t *testing.T) {
	opts, _ := parseOptions([]string{"--version"}, strings.NewReader(""))
	var s struct {
		Properties map[string]struct {
			Type, Description string
			Enum              []string
			Default           any
		}
		AdditionalProperties *bool
	}
	must(t, json.Unmarshal(schema(opts.flags), &s))
	var names []string
	for name, p := range s.Properties {
		names = append(names, name)
		if p.Description == "" || strings.ContainsAny(p.Description, "`") || p.Type == "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	slices.Sort(names)
	if want := settingNames(); !slices.Equal(names, want) {
		t.Error(cmp.Diff(want, names))
	}
	if s.AdditionalProperties == nil || *s.AdditionalProperties {
		t.Error("an editor would accept every key")
	}
	if p := s.Properties["exif"]; !slices.Equal(p.Enum, exifLevels) || p.Default != exifFull {
		t.Errorf("exif: %+v", p)
	}
}

// TestSchemaValidates asks an independent validator, as an editor does: the first file of settings is
// valid with every line in use, and mistakes are not.
func TestSchemaValidates(t *testing.T) {
	opts, _ := parseOptions([]string{"--version"}, strings.NewReader(""))
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema(opts.flags)))
	must(t, err)
	compiler := jsonschema.NewCompiler()
	must(t, compiler.AddResource(schemaName, document))
	s, err := compiler.Compile(schemaName)
	must(t, err)
	data, err := os.ReadFile("../.github/init/firstframe.yaml")
	must(t, err)
	for text, valid := range map[string]bool{
		usedLines(data):           true,
		`base_url: ""`:            true,
		"clip: true":              false,
		"clips: yes":              false,
		"quality: 101":            false,
		"max_pixels: 0":           false,
		"limit: 0":                true,
		"widths: 480":             false,
		"formats: [jpeg, avif]":   true,
		"formats: jpeg":           false,
		"formats: [webp]":         false,
		"exif: some":              false,
		"source: elsewhere":       false,
		"base_url: gallery":       false,
		"account_labels: [1]":     false,
		"token: user:1234-abcdef": false,
	} {
		var value any
		must(t, yaml.Unmarshal([]byte(text), &value))
		if err := s.Validate(value); (err == nil) != valid {
			t.Errorf("%s: valid %v: %v", text, err == nil, err)
		}
	}
}

// usedLines returns the first file of settings with every line in use that is only a comment.
func usedLines(data []byte) string {
	return string(regexp.MustCompile(`(?m)^# ([a-z_]+: )`).ReplaceAll(data, []byte("$1")))
}

// TestEverySettingCanBeSet sets each setting in the file to something else than its default, and
// looks at its flag.
func TestEverySettingCanBeSet(t *testing.T) {
	t.Setenv("USEAPI_TOKEN", "user:1234-secret")
	opts, _ := parseOptions([]string{"--version"}, strings.NewReader(""))
	opts.flags.VisitAll(func(f *pflag.Flag) {
		if !isSetting(f) {
			return
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			must(t, os.Mkdir("folder", 0o755))
			value := map[string]string{"bool": "true", "int": "17", "intSlice": "[100, 200]", "duration": "17s", "string": "folder"}[f.Value.Type()]
			switch {
			case strings.HasSuffix(f.Name, "-url"):
				value = "https://example.com/"
			case strings.HasSuffix(f.Name, "-bytes"):
				value = "17MiB"
			case f.Name == "source":
				value = "videos"
			case f.Name == "exif":
				value = "none"
			case f.Name == "formats":
				value = "[avif, jpeg]"
			}
			must(t, os.WriteFile(configName, []byte(keyOf(f.Name)+": "+value+"\n"), 0o644))
			opts, err := parseOptions(nil, strings.NewReader(""))
			must(t, err)
			want := strings.ReplaceAll(value, ", ", ",")
			if got := opts.flags.Lookup(f.Name).Value.String(); got != want && got != filepath.Clean(want) {
				t.Errorf("%s, want %s", got, want)
			}
			if opts.flags.Changed(f.Name) || !opts.isGiven(f.Name) {
				t.Error("a setting must not look like a flag")
			}
		})
	})
}

// TestSettingLines reads the settings that a message tells the owner to write. They must have the
// values that they had.
func TestSettingLines(t *testing.T) {
	t.Setenv("USEAPI_TOKEN", "user:1234-secret")
	t.Setenv("USEAPI_ACCOUNT", "1,2")
	t.Chdir(t.TempDir())
	parse := func(args ...string) options {
		t.Helper()
		opts, err := parseOptions(args, nil)
		must(t, err)
		return opts
	}
	for _, text := range []string{
		"Settled", "By the sea", "海", "[Draft] sea", "sea [draft]", "a: b", "a, b", "{a}", "true", "yes", "null", "NULL", "~", "2024", "2024-05-06",
		"- a", "-", "? a", " a ", "#1", "a #1", `"quoted"`, `"a" b`, "it's", `back\slash`, "%a", "`a`", "*a", "&a", "a\u2028b",
	} {
		must(t, os.WriteFile(configName, nil, 0o644))
		opts := parse("--title", text)
		line := setting(opts.flags.Lookup("title"), opts.valueInUse("title"))
		must(t, os.WriteFile(configName, []byte(line+"\n"), 0o644))
		if got := parse().title; got != text {
			t.Errorf("%s: the title is %q, not %q", line, got, text)
		}

		opts.settings.labels = []string{text, "Home"}
		line = labelsKey + ": " + opts.valueInUse(labelsKey)
		must(t, os.WriteFile(configName, []byte(line+"\n"), 0o644))
		if got := parse().settings.labels; !slices.Equal(got, []string{render.OneLine(text), "Home"}) {
			t.Errorf("%s: the labels are %q, not %q and Home", line, got, text)
		}
	}
}

// FuzzSettings looks for a file of settings that stops the program, or that sets something without
// an error that it cannot set.
func FuzzSettings(f *testing.F) {
	for _, text := range []string{
		"", "title: A\nbase_url: https://example.org/\n", "widths: [480, 960]\nclips: true\n", "widths: 480", "formats: [a\",b]", "formats: [\"a,b\"]", "limit: 1.5", "limit: -1",
		"account_labels: [a, \"b\"]", "timeout: 5m", "max_bytes: 1 TB", "prune: force", "token: x", "title:\n", "out: ../x", "exif: [none]",
		"title: |\n  a\n  b\n", "? title\n: a", "title: *a", "widths: [1, [2]]", "Key_title: x", "static: \"\\u0000\"", "quality: 0x10", "\xef\xbb\xbftitle: x",
	} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	f.Chdir(dir)
	f.Setenv("USEAPI_TOKEN", "user:1234-secret")
	f.Setenv("USEAPI_ACCOUNT", "1,2")
	f.Fuzz(func(t *testing.T, data []byte) {
		must(t, os.WriteFile(configName, data, 0o644))
		o, err := parseOptions(nil, strings.NewReader(""))
		if err != nil {
			if code, _ := diagnose(err); code != exitUsage {
				t.Errorf("%q: exit code %d: %v", data, code, err)
			}
			return
		}
		for flag := range o.settings.lines {
			if _, forbidden := notSettings[flag]; forbidden {
				t.Errorf("%q sets --%s", data, flag)
			}
		}
		if o.prune != "" || o.allowPrivate || o.api != "https://api.useapi.net" || o.token != "user:1234-secret" || len(o.accounts) != 2 {
			t.Errorf("%q: %+v", data, o)
		}
	})
}

package render

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"

	"github.com/dustin/go-humanize"

	"firstframe/render/gallery"
	"firstframe/render/plainfs"
)

// Theme is the look of the site: the built-in templates and assets, overlaid by the owner's.
type Theme struct {
	templates map[string]*template.Template // by page kind
	assets    []asset
	names     map[string]string           // of an asset: "style.css" → "assets/style.1f0c….css"
	languages map[string]func() *wordFile // by tag, in lower case
	builtin   bool                        // without anything of the owner's
	folder    string                      // of the owner's files, for messages
	hash      []byte                      // of everything in the theme
}

// asset is a file in assets/, as it is published.
type asset struct {
	path string
	data []byte
}

// layoutName is the template that every page is made from. A page's own template defines its parts.
const layoutName = "layout.html"

// galleryName is the template of the page kinds that have none of their own.
const galleryName = "gallery.html"

// pageKinds are all kinds of pages. The template of a kind is KIND.html; see ownTemplate.
var pageKinds = []string{kindIndex, kindArchive, kindMonth, kindTag, kindImage, kindText, kindMissing}

// overlay is a file system in which the upper files hide the lower ones.
type overlay struct{ upper, lower fs.FS }

// Open opens the upper file, or the lower one if there is no upper one.
func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.upper.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o.lower.Open(name)
	}
	return f, err
}

// ReadFile reads the upper file, or the lower one if there is no upper one.
func (o overlay) ReadFile(name string) ([]byte, error) {
	data, err := fs.ReadFile(o.upper, name)
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ReadFile(o.lower, name)
	}
	return data, err
}

// ReadDir lists the names in both layers of a folder, sorted.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	var all []fs.DirEntry
	for _, layer := range []fs.FS{o.upper, o.lower} {
		entries, err := fs.ReadDir(layer, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		all = append(all, entries...)
	}
	byName := func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) }
	slices.SortStableFunc(all, byName)
	return slices.CompactFunc(all, func(a, b fs.DirEntry) bool { return byName(a, b) == 0 }), nil
}

// LoadTheme reads the built-in theme, overlaid by the folder dir unless that is "". The folder
// replaces files by their names, and it adds files:
//
//   - templates/KIND.html, for a page kind that would use gallery.html;
//   - templates/_NAME.html, with definitions for other templates to use;
//   - assets of any name, in folders too;
//   - custom.css, a style sheet that comes after the built-in one;
//   - templates/words/TAG.yaml, the words of a language.
//
// LoadTheme parses every template, so that an error in one is found before anything is written. The
// error names file and line. The warnings name files in dir that have no effect.
func LoadTheme(builtin fs.FS, dir string) (*Theme, []string, error) {
	t := &Theme{templates: map[string]*template.Template{}, names: map[string]string{}, builtin: dir == ""}
	if dir == "" {
		warnings, err := t.load(builtin, []fs.FS{builtin})
		return t, warnings, err
	}
	own, err := plainfs.Open(dir, plainfs.Limits{File: maxThemeFile, Bytes: maxThemeBytes, Files: maxThemeFiles})
	if err != nil {
		return nil, nil, fmt.Errorf("reading the theme: %w", err)
	}
	defer own.Close()
	if is, err := isTheme(own); err != nil {
		return nil, nil, fmt.Errorf("reading the theme %s: %w", dir, err)
	} else if !is {
		t, warnings, err := LoadTheme(builtin, "")
		return t, append(warnings, fmt.Sprintf("nothing in the theme folder %s is used: it has neither %s/ nor %s/ nor %s",
			dir, templateFolder, gallery.AssetFolder, customSheet)), err
	}
	t.folder = filepath.ToSlash(dir)
	unknown, err := t.load(overlay{own, builtin}, []fs.FS{builtin, own})
	if err != nil {
		return nil, nil, err
	}
	warnings, err := t.unusedFiles(builtin, own)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the theme %s: %w", dir, err)
	}
	slips, err := t.checkCustomSheet(builtin, own)
	return t, slices.Concat(warnings, slips, unknown), err
}

// isTheme reports whether a folder has something that a theme can have.
func isTheme(dir fs.FS) (bool, error) {
	entries, err := fs.ReadDir(dir, ".")
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return slices.Contains([]string{templateFolder, gallery.AssetFolder, customSheet}, e.Name())
	}), err
}

// load reads the files of all layers together. The words of a language come from each layer that
// has some, the lowest first.
func (t *Theme) load(files fs.FS, layers []fs.FS) ([]string, error) {
	if err := t.loadAssets(files, layers[0]); err != nil {
		return nil, err
	}
	if err := t.parseTemplates(files, layers); err != nil {
		return nil, err
	}
	return t.loadLanguages(files, layers)
}

// unusedFiles returns a warning for each file of a theme that has no effect. For a template this is
// most likely a typing error in its name. A folder without any effect is one warning.
func (t *Theme) unusedFiles(builtin, theme fs.FS) ([]string, error) {
	used := t.usedTemplates()
	var warnings []string
	err := fs.WalkDir(theme, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && name != "." {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if name == customSheet {
			if !t.linksTo(customSheet) {
				warnings = append(warnings, fmt.Sprintf(`the theme's %s is not used, because no template links to it; write {{.Asset %[1]q}} in %s/%s`,
					customSheet, templateFolder, layoutName))
			}
			return nil
		}
		if _, err := fs.Stat(builtin, name); err == nil || used[name] || t.publishes(name) || wordsForm.MatchString(name) {
			return nil
		}
		switch {
		case d.IsDir():
			warnings = append(warnings, fmt.Sprintf("the theme's folder %s is not used", name))
			return fs.SkipDir // one warning is enough
		case strings.HasPrefix(name, gallery.AssetFolder+"/"):
			warnings = append(warnings, fmt.Sprintf("the theme's file %s is not published: it looks like an editor's backup", name))
		default:
			warnings = append(warnings, fmt.Sprintf("the theme's file %s is not used: no built-in file has this name, and no template includes it", name))
		}
		return nil
	})
	return warnings, err
}

// checkCustomSheet returns a sentence for each slip in the theme's custom.css.
func (t *Theme) checkCustomSheet(builtin, theme fs.FS) ([]string, error) {
	sheet, err := fs.ReadFile(theme, customSheet)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the theme: %w", err)
	}
	style, err := fs.ReadFile(overlay{theme, builtin}, gallery.AssetFolder+"/style.css")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the theme: %w", err)
	}
	return checkSheet(path.Join(t.folder, customSheet), string(sheet), string(style)), nil
}

// publishes reports whether name is an asset, or a folder that contains some.
func (t *Theme) publishes(name string) bool {
	rest, ok := strings.CutPrefix(name, gallery.AssetFolder+"/")
	if !ok {
		return false
	}
	if _, ok := t.names[rest]; ok {
		return true
	}
	for asset := range t.names {
		if strings.HasPrefix(asset, rest+"/") {
			return true
		}
	}
	return false
}

// assetReference finds the files that a style sheet names.
var assetReference = regexp.MustCompile(`url\(\s*["']?([A-Za-z0-9._-][A-Za-z0-9._/-]*)["']?\s*\)`)

// loadAssets reads the assets and custom.css, and gives them names that contain a hash of their
// bytes, so that browsers can keep them forever. Style sheets come last, because they name the
// others.
//
// Built-in assets lose their comments. An owner's asset is published as it is, because its comments
// can be a license. An unchanged copy of a built-in one is treated like that one: it changes
// nothing.
func (t *Theme) loadAssets(files, builtin fs.FS) error {
	found, err := assetFiles(files)
	if err != nil {
		return fmt.Errorf("reading the assets: %w", err)
	}
	total := sha256.New()
	for _, file := range found {
		name := strings.TrimPrefix(file, gallery.AssetFolder+"/")
		if t.names[name] != "" {
			return fmt.Errorf("reading the assets: there are two of the name %s: keep the one beside %s/", name, gallery.AssetFolder)
		}
		data, err := fs.ReadFile(files, file)
		if err != nil {
			return fmt.Errorf("reading the assets: %w", err)
		}
		if original, err := fs.ReadFile(builtin, file); err == nil && bytes.Equal(data, original) {
			data = withoutComments(name, data)
		}
		if path.Ext(name) == ".css" {
			data = t.rewriteReferences(file, data)
		}
		published := hashedName(name, data)
		t.names[name] = published
		t.assets = append(t.assets, asset{published, data})
		total.Write([]byte(published))
	}
	t.hash = total.Sum(t.hash)
	return nil
}

// assetFiles returns the files of all assets in a theme, style sheets last. Files and folders whose
// names begin with a dot are left out, and so are backups: a draft must not be published with the
// assets beside it.
func assetFiles(files fs.FS) ([]string, error) {
	var sheets, others []string
	err := fs.WalkDir(files, gallery.AssetFolder, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case strings.HasPrefix(d.Name(), ".") || d.IsDir() || plainfs.IsBackup(d.Name()):
			return nil
		}
		if path.Ext(name) == ".css" {
			sheets = append(sheets, name)
		} else {
			others = append(others, name)
		}
		return nil
	})
	if _, missing := fs.Stat(files, customSheet); err == nil && missing == nil {
		sheets = append(sheets, customSheet)
	} else if !errors.Is(missing, fs.ErrNotExist) {
		err = cmp.Or(err, missing)
	}
	return append(others, sheets...), err
}

// commentMarks are the marks of comments by a file's extension. A comment ends with its line if it
// has no mark for its end.
var commentMarks = map[string]struct{ begin, end string }{
	".js":  {"//", "\n"},
	".css": {"/*", "*/"},
}

// withoutComments returns an asset without the comments that have lines of their own. Comments
// beside code stay. It does not parse the file, so no such line must begin inside a string, a
// template literal or another comment. TestBuiltinComments checks this for the built-in assets.
// Every run calls it, so it is no regular expression: that took a tenth of a run with nothing new.
func withoutComments(name string, data []byte) []byte {
	marks, ok := commentMarks[path.Ext(name)]
	if !ok {
		return data
	}
	kept := make([]byte, 0, len(data))
	for len(data) > 0 {
		rest, isComment := cutComment(data, marks.begin, marks.end)
		if !isComment {
			line, _, _ := bytes.Cut(data, []byte("\n"))
			rest = data[min(len(line)+1, len(data)):]
			kept = append(kept, data[:len(data)-len(rest)]...)
		}
		data = rest
	}
	return kept
}

// cutComment returns what follows the comment that data starts with, and whether it starts with one
// that has lines of its own. Code after the comment on its last line makes it another comment.
func cutComment(data []byte, begin, end string) (rest []byte, isComment bool) {
	comment, found := bytes.CutPrefix(bytes.TrimLeft(data, " \t"), []byte(begin))
	if !found {
		return nil, false
	}
	_, rest, found = bytes.Cut(comment, []byte(end))
	if !found || end == "\n" {
		return rest, found
	}
	blank, rest, found := bytes.Cut(rest, []byte("\n"))
	return rest, found && len(bytes.Trim(blank, " \t\r")) == 0
}

// rewriteReferences returns the style sheet in a file of the theme with the names under which the
// other assets are published. All of them are in one folder.
func (t *Theme) rewriteReferences(file string, sheet []byte) []byte {
	return assetReference.ReplaceAllFunc(sheet, func(ref []byte) []byte {
		target := path.Join(path.Dir(file), string(assetReference.FindSubmatch(ref)[1]))
		if published, ok := t.names[strings.TrimPrefix(target, gallery.AssetFolder+"/")]; ok {
			return []byte("url(" + path.Base(published) + ")")
		}
		return ref
	})
}

// assetForm matches the path of a published asset.
var assetForm = regexp.MustCompile(`^assets/.*\.[0-9a-f]{10}(\.[a-z0-9]+)?$`)

// assetExtension matches an extension that servers know. Any other ending is part of the name.
var assetExtension = regexp.MustCompile(`^\.[a-z0-9]{1,16}$`)

// longestAsset is the maximum length of an asset's published name, in bytes, without the hash and
// the extension. File systems allow 255 in all.
const longestAsset = 100

// hashedName returns where an asset is published. Upper case and other letters are not safe on
// every server, so they are replaced, and so is the slash of a folder.
func hashedName(name string, data []byte) string {
	sum := sha256.Sum256(data)
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	ext := path.Ext(clean)
	if !assetExtension.MatchString(ext) {
		ext = ""
	}
	stem := strings.TrimSuffix(clean, ext)
	return gallery.AssetFolder + "/" + stem[:min(len(stem), longestAsset)] + "." + hex.EncodeToString(sum[:5]) + ext
}

// parseTemplates makes one set of templates for each page kind's own template: the layout, the
// partials and the own one. A later definition replaces an earlier one of the same name. The layout
// and the partials are parsed once, and each set begins as a copy of them.
func (t *Theme) parseTemplates(files fs.FS, layers []fs.FS) error {
	partials, err := partials(layers)
	if err != nil {
		return fmt.Errorf("reading the templates: %w", err)
	}
	total := sha256.New()
	sets := map[string]*template.Template{} // by the name of the own template
	var shared *template.Template
	for _, kind := range pageKinds {
		own := ownTemplate(files, kind)
		if t.templates[kind] = sets[own]; sets[own] != nil {
			continue
		}
		sources, err := readTemplates(files, slices.Concat([]string{layoutName}, partials, []string{own}))
		if err != nil {
			return err
		}
		for _, s := range sources {
			fmt.Fprintf(total, "%s %d %s", s.name, len(s.text), s.text)
		}
		last := len(sources) - 1
		if shared == nil {
			shared = template.New("").Option("missingkey=error")
			if err := parseSources(shared, sources[:last]); err != nil {
				return err
			}
		}
		set, err := shared.Clone()
		if err != nil {
			return fmt.Errorf("parsing the templates: %w", err)
		}
		if err := parseSources(set, sources[last:]); err != nil {
			return err
		}
		t.templates[kind], sets[own] = set, set
	}
	t.hash = total.Sum(t.hash)
	return nil
}

// templateSource is a template that is not parsed yet. Its name is that of its file.
type templateSource struct{ name, text string }

// readTemplates reads the templates of a set. It fails if they are too large to be parsed.
func readTemplates(files fs.FS, names []string) ([]templateSource, error) {
	var sources []templateSource
	size := 0
	for _, name := range names {
		text, err := fs.ReadFile(files, path.Join(templateFolder, name))
		if err != nil {
			return nil, fmt.Errorf("reading the templates: %w", err)
		}
		if len(text) > maxTemplate {
			return nil, fmt.Errorf("parsing the templates: %s is larger than %s", name, humanize.IBytes(maxTemplate))
		}
		if size += len(text); size > maxTemplates {
			return nil, fmt.Errorf("parsing the templates: %s and the templates that it includes are larger than %s together",
				names[len(names)-1], humanize.IBytes(maxTemplates))
		}
		sources = append(sources, templateSource{name, string(text)})
	}
	return sources, nil
}

// parseSources adds templates to set.
func parseSources(set *template.Template, sources []templateSource) error {
	for _, s := range sources {
		// Parse errors name the template, so it is named after its file.
		if _, err := set.New(s.name).Parse(s.text); err != nil {
			return fmt.Errorf("parsing the templates: %w", err)
		}
	}
	return nil
}

// templateFolder is the folder of the templates in a theme.
const templateFolder = "templates"

// customSheet is the style sheet of a theme that comes after the built-in one. It is not in the
// folder of the assets, because it replaces nothing and need not be looked for.
const customSheet = "custom.css"

// ownTemplate returns the name of a page kind's template: KIND.html, or that of the gallery if
// there is no such file.
func ownTemplate(files fs.FS, kind string) string {
	name := kind + ".html"
	if _, err := fs.Stat(files, path.Join(templateFolder, name)); errors.Is(err, fs.ErrNotExist) {
		return galleryName
	}
	return name
}

// partials returns the names of the templates that others share: _NAME.html. They are in the order
// of parsing: first those that are built in, then those that the theme adds, last those that it
// replaces. So a file that it adds can replace a built-in definition, but none of its own.
func partials(layers []fs.FS) ([]string, error) {
	order := map[string]int{} // 1, 2 and 3
	for i, layer := range layers {
		entries, err := fs.ReadDir(layer, templateFolder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), "_") && path.Ext(e.Name()) == ".html" && !e.IsDir() {
				order[e.Name()] += i + 1
			}
		}
	}
	return slices.SortedFunc(maps.Keys(order), func(a, b string) int {
		return cmp.Or(cmp.Compare(order[a], order[b]), cmp.Compare(a, b))
	}), nil
}

// usedTemplates returns the template files from which a page can execute a definition.
func (t *Theme) usedTemplates() map[string]bool {
	files := map[string]bool{}
	for _, set := range t.templates {
		executed := map[string]bool{}
		var execute func(name string)
		execute = func(name string) {
			called := set.Lookup(name)
			if called == nil || called.Tree == nil || executed[name] {
				return
			}
			executed[name] = true
			files[path.Join(templateFolder, called.Tree.ParseName)] = true
			eachCall(called.Tree.Root, execute)
		}
		execute(layoutName)
	}
	return files
}

// linksTo reports whether a template names an asset.
func (t *Theme) linksTo(name string) bool {
	for _, set := range t.templates {
		for _, defined := range set.Templates() {
			if defined.Tree != nil && strings.Contains(defined.Tree.Root.String(), strconv.Quote(name)) {
				return true
			}
		}
	}
	return false
}

// eachCall calls do with the name of every template that a list of nodes executes.
func eachCall(list *parse.ListNode, do func(name string)) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TemplateNode:
			do(n.Name)
		case *parse.IfNode:
			eachCall(n.List, do)
			eachCall(n.ElseList, do)
		case *parse.RangeNode:
			eachCall(n.List, do)
			eachCall(n.ElseList, do)
		case *parse.WithNode:
			eachCall(n.List, do)
			eachCall(n.ElseList, do)
		}
	}
}

// ExportTheme copies the built-in theme to the folder dir, for the owner to change, and returns the
// number of files. It writes nothing if one of them exists already.
func ExportTheme(builtin fs.FS, dir string) (int, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("exporting the theme: %w", err)
	}
	root, err := os.OpenRoot(dir) // which refuses links that lead elsewhere
	if err != nil {
		return 0, fmt.Errorf("exporting the theme: %w", err)
	}
	defer root.Close()
	var names []string
	for _, folder := range []string{templateFolder, gallery.AssetFolder} {
		err := fs.WalkDir(builtin, folder, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if _, err := root.Lstat(filepath.FromSlash(name)); err == nil {
				return fmt.Errorf("%s exists already, and nothing is overwritten; choose another folder", filepath.Join(dir, name))
			}
			names = append(names, name)
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	for i, name := range names {
		if err := exportFile(builtin, root, name); err != nil {
			return i, fmt.Errorf("exporting the theme: %w", err)
		}
	}
	return len(names), nil
}

// exportFile copies a file of the built-in theme into a folder that does not have it.
func exportFile(builtin fs.FS, root *os.Root, name string) error {
	data, err := fs.ReadFile(builtin, name)
	if err != nil {
		return err
	}
	return plainfs.WriteNew(root, name, data)
}

// inlineStyle returns the style sheets for a page that cannot link to them, as one, and its source
// expression for a Content-Security-Policy. Its lines end as on Unix, because a browser hashes them
// so.
func (t *Theme) inlineStyle() (template.CSS, string) {
	var sheets []string
	for _, name := range []string{"style.css", customSheet} {
		for _, a := range t.assets {
			if a.path == t.names[name] {
				sheets = append(sheets, string(a.data))
			}
		}
	}
	if sheets == nil {
		return "", "none"
	}
	sheet := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.Join(sheets, "\n"))
	sum := sha256.Sum256([]byte(sheet))
	return template.CSS(sheet), "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"firstframe/render/plainfs"
)

func openTheme(dir string) (*plainfs.Folder, error) {
	return plainfs.Open(dir, plainfs.Limits{File: maxThemeFile, Bytes: maxThemeBytes, Files: maxThemeFiles})
}

// Theme is the look of the site: the templates and the assets, those that are
// built in, overlaid by any subset of the owner's.
type Theme struct {
	templates map[string]*template.Template // by page kind
	assets    []asset
	names     map[string]string           // of an asset: "style.css" → "assets/style.1f0c….css"
	languages map[string]func() *wordFile // by tag, in small letters
	builtin   bool                        // and nothing of the owner's
	hash      []byte                      // of everything in it
}

type asset struct {
	path string
	data []byte
}

// layoutName is the template that every page is made from; the page kinds
// define its parts.
const layoutName = "layout.html"

// pageKinds are the kinds of pages, each with its template.
var pageKinds = map[string]string{
	kindIndex:   "gallery.html",
	kindArchive: "gallery.html",
	kindMonth:   "gallery.html",
	kindTag:     "gallery.html",
	kindImage:   "image.html",
	kindText:    "text.html",
	kindMissing: "404.html",
}

// overlay is a file system whose upper files hide the lower ones.
type overlay struct{ upper, lower fs.FS }

// Open opens the upper file where there is one.
func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.upper.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o.lower.Open(name)
	}
	return f, err
}

// ReadFile reads the upper file where there is one.
func (o overlay) ReadFile(name string) ([]byte, error) {
	data, err := fs.ReadFile(o.upper, name)
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ReadFile(o.lower, name)
	}
	return data, err
}

// ReadDir lists a folder's names in both layers, sorted.
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

// LoadTheme reads the theme built in, overlaid by the folder dir unless that
// is "". It parses every template, so that an error in one is found before
// anything is written; the error names file and line. The warnings name files
// of dir that take no part in the site.
func LoadTheme(builtin fs.FS, dir string) (*Theme, []string, error) {
	t := &Theme{templates: map[string]*template.Template{}, names: map[string]string{}, builtin: dir == ""}
	if dir == "" {
		warnings, err := t.load(builtin, []fs.FS{builtin})
		return t, warnings, err
	}
	own, err := openTheme(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the theme: %w", err)
	}
	defer own.Close()
	warnings, err := unusedFiles(builtin, own)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the theme %s: %w", dir, err)
	}
	unknown, err := t.load(overlay{own, builtin}, []fs.FS{builtin, own})
	return t, append(warnings, unknown...), err
}

// load reads the files of all layers together. The words of a language come
// from each layer that has some, the lowest first.
func (t *Theme) load(files fs.FS, layers []fs.FS) ([]string, error) {
	if err := t.loadAssets(files, layers[0]); err != nil {
		return nil, err
	}
	if err := t.parseTemplates(files); err != nil {
		return nil, err
	}
	return t.loadLanguages(files, layers)
}

// unusedFiles finds what in a theme overrides nothing: a template that no page
// uses is most likely a name with a typing error. Assets may be new, since
// the owner's templates can name them, and so may languages.
func unusedFiles(builtin, theme fs.FS) ([]string, error) {
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
		if _, err := fs.Stat(builtin, name); err == nil || path.Dir(name) == "assets" && !d.IsDir() || wordsForm.MatchString(name) {
			return nil
		}
		if d.IsDir() {
			warnings = append(warnings, fmt.Sprintf("the theme's folder %s overrides nothing", name))
			return fs.SkipDir // one warning is enough
		}
		warnings = append(warnings, fmt.Sprintf("the theme's file %s overrides nothing", name))
		return nil
	})
	return warnings, err
}

// assetReference finds what a style sheet names.
var assetReference = regexp.MustCompile(`url\(\s*["']?([A-Za-z0-9._-]+)["']?\s*\)`)

// loadAssets reads the assets and gives them names that contain a hash of their bytes, so that
// browsers can keep them forever. Style sheets come last, because they name the others.
//
// Built-in assets lose their comments. An owner's asset is published as it is, for its comments may
// be a license. An unchanged copy of a built-in one is treated like that one: it changes nothing.
func (t *Theme) loadAssets(files, builtin fs.FS) error {
	entries, err := fs.ReadDir(files, "assets")
	if err != nil {
		return fmt.Errorf("reading the assets: %w", err)
	}
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int {
		return strings.Compare(sheetsLast(a.Name()), sheetsLast(b.Name()))
	})
	total := sha256.New()
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		data, err := fs.ReadFile(files, path.Join("assets", e.Name()))
		if err != nil {
			return fmt.Errorf("reading the assets: %w", err)
		}
		if original, err := fs.ReadFile(builtin, path.Join("assets", e.Name())); err == nil && bytes.Equal(data, original) {
			data = withoutComments(e.Name(), data)
		}
		if path.Ext(e.Name()) == ".css" {
			data = t.rewriteReferences(data)
		}
		published := hashedName(e.Name(), data)
		t.names[e.Name()] = published
		t.assets = append(t.assets, asset{published, data})
		total.Write([]byte(published))
	}
	t.hash = total.Sum(t.hash)
	return nil
}

// lineComments find the comments that have lines of their own, by a file's extension.
var lineComments = map[string]*regexp.Regexp{
	".js":  regexp.MustCompile(`(?m)^[ \t]*//.*\n`),
	".css": regexp.MustCompile(`(?m)^[ \t]*/\*([^*]|\*+[^*/])*\*+/[ \t\r]*\n`),
}

// withoutComments returns an asset without the comments that have lines of their own. Comments
// beside code stay. It does not parse the file: no such line may begin inside a string, a template
// literal or another comment. TestBuiltinComments checks this for the built-in assets.
func withoutComments(name string, data []byte) []byte {
	if comment := lineComments[path.Ext(name)]; comment != nil {
		return comment.ReplaceAll(data, nil)
	}
	return data
}

func sheetsLast(name string) string {
	if path.Ext(name) == ".css" {
		return "1" + name
	}
	return "0" + name
}

func (t *Theme) rewriteReferences(sheet []byte) []byte {
	return assetReference.ReplaceAllFunc(sheet, func(ref []byte) []byte {
		if published, ok := t.names[string(assetReference.FindSubmatch(ref)[1])]; ok {
			return []byte("url(" + path.Base(published) + ")")
		}
		return ref
	})
}

var assetForm = regexp.MustCompile(`^assets/.*\.[0-9a-f]{10}(\.[a-z0-9]+)?$`)

// assetExtension is one that servers know. Anything else behind a full stop is a
// part of the name.
var assetExtension = regexp.MustCompile(`^\.[a-z0-9]{1,16}$`)

// longestAsset is how long an asset's published name is, in bytes, without the
// hash and the extension: file systems allow for 255 in all.
const longestAsset = 100

// hashedName is where an asset is published. Upper case and other letters are
// not safe on every server, so they are replaced.
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
	return "assets/" + stem[:min(len(stem), longestAsset)] + "." + hex.EncodeToString(sum[:5]) + ext
}

// parseTemplates parses one set for each file that is a page's own: that, the
// layout, and the shared parts (names that begin with an underscore).
func (t *Theme) parseTemplates(files fs.FS) error {
	total := sha256.New()
	sets := map[string]*template.Template{}
	for _, kind := range []string{kindIndex, kindArchive, kindMonth, kindTag, kindImage, kindText, kindMissing} {
		own := pageKinds[kind]
		if t.templates[kind] = sets[own]; sets[own] != nil {
			continue
		}
		set := template.New(kind).Option("missingkey=error")
		for _, name := range []string{layoutName, "_tiles.html", own} {
			name = path.Join("templates", name)
			text, err := fs.ReadFile(files, name)
			if err != nil {
				return fmt.Errorf("reading the templates: %w", err)
			}
			if len(text) > maxTemplate {
				return fmt.Errorf("parsing the templates: %s is larger than %s", path.Base(name), humanize.IBytes(maxTemplate))
			}
			total.Write(text)
			// Parse errors name the template: call it by its file.
			if _, err := set.New(strings.TrimPrefix(name, "templates/")).Parse(string(text)); err != nil {
				return fmt.Errorf("parsing the templates: %w", err)
			}
		}
		t.templates[kind], sets[own] = set, set
	}
	t.hash = total.Sum(t.hash)
	return nil
}

// ExportTheme copies the theme built in to the folder dir, for the owner to
// change. A file that is there already is an error: nothing is overwritten.
func ExportTheme(builtin fs.FS, dir string) (int, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("exporting the theme: %w", err)
	}
	root, err := os.OpenRoot(dir) // a link in it must not lead elsewhere
	if err != nil {
		return 0, fmt.Errorf("exporting the theme: %w", err)
	}
	defer root.Close()
	count := 0
	for _, folder := range []string{"templates", "assets"} {
		err := fs.WalkDir(builtin, folder, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(builtin, name)
			if err != nil {
				return err
			}
			name = filepath.FromSlash(name)
			if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return err
			}
			f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if err != nil {
				return err
			}
			_, err = f.Write(data)
			count++
			return errors.Join(err, f.Close())
		})
		if err != nil {
			return count, fmt.Errorf("exporting the theme: %w", err)
		}
	}
	return count, nil
}

// inlineStyle returns the style sheet for a page that cannot link to it, and
// its source expression for a Content-Security-Policy. A browser takes the sum
// with the ends of lines that Unix has.
func (t *Theme) inlineStyle() (template.CSS, string) {
	for _, a := range t.assets {
		if a.path == t.names["style.css"] {
			sheet := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(a.data))
			sum := sha256.Sum256([]byte(sheet))
			return template.CSS(sheet), "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
		}
	}
	return "", "none"
}

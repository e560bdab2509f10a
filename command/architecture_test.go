package command

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A layer is a package and what it may import from the module.
type layer struct {
	name        string // one package, or all packages in a folder as in "bench/…"
	imports     string // packages that it may import
	testImports string // packages that only its tests may import as well
	why         string // reason for the limits
}

// layers lists all packages from top to bottom. A package may import only packages below it.
var layers = []layer{
	{"main", "command", "", "it embeds the files and calls the command"},
	{"bench/…", "bench command fetch fetch/fetchtest render/media/planar render/media/planaravif render/media/planarjpeg", "", "a benchmark imports only what it measures"},
	{"command/browser", "", "command/commandtest fetch/fetchtest render/gallery render/media render/slowtest", "it sees sites as visitors do"},
	{"command/workflows", "", "command/commandtest command/terminal fetch/fetchtest render/gallery render/slowtest", "it runs the command as GitHub does"},
	{"command/guides", "", "command/commandtest fetch/fetchtest render/media/mediatest render/slowtest", "it uses the command as an owner does"},
	{"command/commandtest", "render/memorytest", "", "it runs the command as a process"},
	{"command", "command/terminal command/workshop fetch fetch/demo render render/batch render/check render/gallery render/media render/plainfs render/plainyaml render/secrets render/spelling",
		"command/commandtest fetch/fetchtest render/media/mediatest render/slowtest", "it joins the network and the site"},
	{"command/workshop", "render/gallery render/plainfs", "", "it serves and watches files, and knows nothing of how they are made"},
	{"command/terminal", "fetch render", "", "it only talks to people and runners"},

	{"fetch/demo/clips", "fetch/demo", "", "it draws the frames of the clips in the demo"},
	{"fetch/demo", "fetch/fetchtest", "", "the demo fills the fake service with pictures"},
	{"fetch", "render/plainfs", "fetch/fetchtest", "the network knows nothing of the site"},
	{"fetch/fetchtest", "", "", "the fake service shares no code with its client"},

	{"render/check", "render/gallery render/media render/plainfs render/secrets",
		"render render/gallery/gallerytest render/media/mediatest", "the checker is an independent witness, so it shares no code with the pages"},
	{"render", "render/batch render/gallery render/media render/plainfs render/plainyaml render/secrets render/spelling render/timebox",
		"render/check render/gallery/gallerytest render/media/mediatest render/memorytest render/slowtest", "the site knows nothing of the network or of its checker"},
	{"render/gallery/gallerytest", "render/gallery render/media render/media/mediatest", "", "it makes states for tests"},
	{"render/gallery", "render/batch render/media render/plainfs", "render/gallery/gallerytest render/media/mediatest render/slowtest",
		"a gallery knows its media, but no pages"},
	{"render/media", "render/media/planar render/media/planaravif render/media/planarjpeg render/media/planarpng render/media/stillgif render/plainfs render/timebox",
		"render/check render/media/mediatest render/slowtest", "media know nothing of galleries"},
	{"render/media/mediatest", "", "", "it makes files for tests, so it shares no code with the decoders"},
	{"render/media/planarjpeg", "render/media/planar", "render/media/mediatest", "a codec knows only pixels"},
	{"render/media/planaravif", "render/media/planar", "render/media/mediatest render/slowtest", "a codec knows only pixels"},
	{"render/media/planarpng", "render/media/planar", "render/media/mediatest", "a codec knows only pixels"},
	{"render/media/stillgif", "", "", "a codec knows only pixels"},
	{"render/media/planar", "", "", "pixels are at the bottom"},
	{"render/plainyaml", "render/spelling", "", "it knows nothing of what it reads"},
	{"render/memorytest", "", "", "it knows nothing of the tests whose files it keeps"},
	{"render/slowtest", "", "", "it knows nothing of the tests that take long"},
	{"render/batch", "", "", "it knows nothing of what it runs"},
	{"render/plainfs", "", "", "it knows nothing of what it reads"},
	{"render/secrets", "", "", "it knows nothing of where it looks"},
	{"render/spelling", "", "", "it knows nothing of the words"},
	{"render/timebox", "", "", "it knows nothing of what it runs"},
}

// TestImports checks what each package imports from the module. A new package needs a row in
// layers.
func TestImports(t *testing.T) {
	used := map[int]bool{}
	for name, file := range goFiles(t) {
		folder := path.Dir(name)
		if folder == "." {
			folder = "main"
		}
		i := slices.IndexFunc(layers, func(l layer) bool {
			group, ok := strings.CutSuffix(l.name, "/…")
			return folder == l.name || ok && (folder == group || strings.HasPrefix(folder, group+"/"))
		})
		if i < 0 {
			t.Errorf("%s: package %s has no row in layers", name, folder)
			continue
		}
		used[i] = true
		allowed, says := strings.Fields(layers[i].imports), folder+" imports "
		if strings.HasSuffix(name, "_test.go") {
			allowed = append(append(allowed, strings.Fields(layers[i].testImports)...), folder)
			says = "tests of " + folder + " import "
		}
		for _, spec := range file.tree.Imports {
			imported, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), "firstframe/")
			if ours && !slices.Contains(allowed, imported) {
				t.Errorf("%s: %s%s. Only these are allowed: %s. Reason: %s", name, says, imported, cmp.Or(strings.Join(allowed, ", "), "none"), layers[i].why)
			}
		}
	}
	for i, l := range layers {
		if !used[i] {
			t.Errorf("remove the row of %s from layers: there is no such package", l.name)
		}
	}
}

// TestLayers checks the table itself. Imports must go down, and outside tests only bench, the demo
// and other packages for tests may import a package for tests.
func TestLayers(t *testing.T) {
	for i, l := range layers {
		for _, imported := range strings.Fields(l.imports) {
			if at := slices.IndexFunc(layers, func(other layer) bool { return other.name == imported }); at <= i && l.name != imported+"/…" {
				t.Errorf("%s may import %s, which is not below it", l.name, imported)
			}
			mayTest := l.name == "bench/…" || l.name == "fetch/demo" || strings.HasSuffix(l.name, "test")
			if strings.HasSuffix(imported, "test") && !mayTest {
				t.Errorf("%s may import %s, which is for tests", l.name, imported)
			}
		}
	}
}

// TestSizes checks that files have at most 700 lines, main.go at most 80, and functions outside
// tests at most 70.
func TestSizes(t *testing.T) {
	limit := func(what string, lines, most int) {
		if lines > most {
			t.Errorf("%s has %d lines, more than %d", what, lines, most)
		}
	}
	for name, file := range goFiles(t) {
		most := 700
		if name == "main.go" {
			most = 80
		}
		limit(name, file.line(file.tree.FileEnd)-1, most)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, d := range file.tree.Decls {
			if function, ok := d.(*ast.FuncDecl); ok {
				limit(name+": "+function.Name.Name, file.line(function.End())-file.line(function.Pos())+1, 70)
			}
		}
	}
}

// ownersNames are the files and folders that the owner of a gallery puts into a fork.
const ownersNames = "content firstframe.schema.json firstframe.yaml pictures static theme"

// TestTopLevel checks the names of the files and folders at the root of the repository. What Git
// ignores may be there too, and so may what an owner adds to a fork, where the checks also run.
func TestTopLevel(t *testing.T) {
	allowed := strings.Fields("assets bench command docs fetch render templates " +
		"CHANGELOG.md CONTRIBUTING.md LICENSE README.md action.yml go.mod go.sum main.go out.gitignore " + ownersNames)
	ignored, err := os.ReadFile("../.gitignore")
	must(t, err)
	entries, err := os.ReadDir("..")
	must(t, err)
	for _, entry := range entries {
		name := entry.Name()
		isIgnored := slices.ContainsFunc(strings.Fields(string(ignored)), func(pattern string) bool {
			match, _ := path.Match(strings.Trim(pattern, "/"), name)
			return match
		})
		if !strings.HasPrefix(name, ".") && !slices.Contains(allowed, name) && !isIgnored {
			t.Errorf("%s must not be at the top level: find a folder for it", name)
		}
	}
}

// A goFile is a parsed file with Go code.
type goFile struct {
	tree *ast.File
	set  *token.FileSet
	text string
}

// line returns the number of the line at a position.
func (f goFile) line(at token.Pos) int { return f.set.Position(at).Line }

// goFiles returns all files with Go code in the repository, by their paths with slashes. It finds
// them in new folders, too.
func goFiles(t *testing.T) map[string]goFile {
	t.Helper()
	found := map[string]goFile{}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != ".." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir // such as .git
		case d.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		rel, err := filepath.Rel("..", name)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file := goFile{set: token.NewFileSet(), text: string(text)}
		file.tree, err = parser.ParseFile(file.set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		found[filepath.ToSlash(rel)] = file
		return err
	})
	must(t, err)
	if len(found) < 100 {
		t.Fatalf("there are only %d files with Go code", len(found))
	}
	return found
}

// fileInComment matches the name of a Go file, with or without its folder.
var fileInComment = regexp.MustCompile(`[\w/]*\w\.go\b`)

// TestPackageComments checks the files that package comments name. Each must exist, in the package
// or from the root of the repository. A comment that names a file of its package is a table of
// contents, so it must name all files of the package.
func TestPackageComments(t *testing.T) {
	files, tables := goFiles(t), 0
	for name, file := range files {
		if file.tree.Doc == nil || strings.HasSuffix(name, "_test.go") {
			continue
		}
		folder, listed := path.Dir(name), map[string]bool{} // files of the package
		for _, named := range fileInComment.FindAllString(file.tree.Doc.Text(), -1) {
			own := path.Join(folder, named)
			_, inPackage := files[own]
			_, inRepository := files[named]
			switch {
			case inPackage && path.Dir(own) == folder:
				listed[own] = true
			case !inPackage && !inRepository:
				t.Errorf("%s: the package comment names %s, which does not exist", name, named)
			}
		}
		if len(listed) == 0 {
			continue // it explains the package without naming files
		}
		tables++
		for other := range files {
			if path.Dir(other) == folder && !strings.HasSuffix(other, "_test.go") && path.Base(other) != "doc.go" && !listed[other] {
				t.Errorf("%s: the package comment does not name %s", name, path.Base(other))
			}
		}
	}
	if tables < 8 {
		t.Errorf("only %d package comments are tables of contents", tables)
	}
}

package render

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"golang.org/x/text/unicode/norm"

	"firstframe/render/gallery"
	"firstframe/render/media"
	"firstframe/render/plainfs"
	"firstframe/render/secrets"
)

// Static is a folder of the owner's whose files are published as they are. A nil Static has no
// files.
type Static struct {
	dir    string // as the owner wrote it, with slashes
	folder *plainfs.Folder
	files  []staticFile // sorted by path
	domain string       // what the file CNAME says; "" if there is none
}

// staticFile is a file as it was when the run began.
type staticFile struct {
	path  string // in the folder, and in the site
	bytes int64
	sum   [sha256.Size]byte
}

// LoadStatic reads the folder dir, which it keeps open until Close. "" is no folder. It returns an
// error for anything but plain files, for a name that the site or a page of the content needs, for
// a file with one of the secrets, and beyond the limits. The warnings name files that are not
// published, and those with metadata.
func LoadStatic(dir string, content *Content, values []secrets.Secret) (*Static, []string, error) {
	if dir == "" {
		return nil, nil, nil
	}
	folder, err := plainfs.Open(dir, plainfs.Limits{Files: maxStaticFiles})
	if err != nil {
		return nil, nil, fmt.Errorf("reading the static folder: %w", err)
	}
	l := staticLoader{
		Static: &Static{dir: path.Clean(filepath.ToSlash(dir)), folder: folder}, content: content,
		secrets: secrets.Distinct(values), names: map[string]staticName{},
	}
	err = l.load()
	if err != nil {
		err = fmt.Errorf("reading the static folder: %w", err)
	}
	if err = cmp.Or(err, l.faults.err()); err != nil {
		folder.Close()
		return nil, nil, err
	}
	return l.Static, l.warnings(), nil
}

// Close closes the folder.
func (s *Static) Close() error {
	if s == nil {
		return nil
	}
	return s.folder.Close()
}

// compare compares a file with a path.
func (f staticFile) compare(name string) int { return cmp.Compare(f.path, name) }

// has reports whether there is a file of this path.
func (s *Static) has(name string) bool {
	if s == nil {
		return false
	}
	_, ok := slices.BinarySearchFunc(s.files, name, staticFile.compare)
	return ok
}

// paths returns the paths of all files, sorted.
func (s *Static) paths() []string {
	if s == nil {
		return nil
	}
	paths := make([]string, len(s.files))
	for i, f := range s.files {
		paths[i] = f.path
	}
	return paths
}

// Domain returns the domain in the file CNAME, in which some hosts look for the domain of the site,
// and the name of the file for messages. Both are "" if there is no such file.
func (s *Static) Domain() (domain, file string) {
	if !s.has(domainName) {
		return "", ""
	}
	return s.domain, s.name(domainName)
}

// hash returns a hash of all files, or nil if there are none.
func (s *Static) hash() []byte {
	if len(s.paths()) == 0 {
		return nil
	}
	h := sha256.New()
	for _, f := range s.files {
		fmt.Fprintf(h, "%d %s %x\n", len(f.path), f.path, f.sum)
	}
	return h.Sum(nil)
}

// documents calls write for each file. It fails if a file has changed since it was loaded.
func (s *Static) documents(write func(document) error) error {
	if s == nil {
		return nil
	}
	for _, f := range s.files {
		content := func(w io.Writer) error { return s.copy(w, f) }
		if err := write(document{f.path, content}); err != nil {
			return err
		}
	}
	return nil
}

// copy writes the bytes of a file. They can be large, so they are never in memory as a whole.
func (s *Static) copy(w io.Writer, f staticFile) error {
	file, err := s.folder.Open(f.path)
	if err != nil {
		return fmt.Errorf("reading %s: %w", s.name(f.path), err)
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, h), io.LimitReader(file, f.bytes+1)); err != nil {
		return err
	}
	if !bytes.Equal(h.Sum(nil), f.sum[:]) {
		return fmt.Errorf("%s has changed during this run; start it again", s.name(f.path))
	}
	return nil
}

// name returns the name of a file for messages.
func (s *Static) name(file string) string { return path.Join(s.dir, file) }

// canBeStatic reports whether a static file can have this path. Other files of a site are ours, or
// hidden.
func canBeStatic(name string) bool {
	return fs.ValidPath(name) && name != "." && !gallery.IsReserved(name) && !gallery.IsHiddenFile(name)
}

// domainName is the file that Domain is about. maxDomain is how many bytes of it are read.
const (
	domainName = "CNAME"
	maxDomain  = 256
)

// staticLoader reads a static folder.
type staticLoader struct {
	*Static
	content *Content
	secrets []secrets.Secret
	names   map[string]staticName // of all files and folders, by folded path
	total   int64                 // bytes so far
	buffer  bytes.Buffer          // the file that is being read

	faults   mistakes
	skipped  []string // sentences about files that are not published
	metadata []string // sentences about files with metadata
}

// staticName is a file or a folder.
type staticName struct {
	path   string
	folder bool
}

// load reads the names and bytes of all files. It goes on after a mistake of the owner's.
func (l *staticLoader) load() error {
	err := fs.WalkDir(l.folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if l.leavesOut(name) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if len(l.names) == maxStaticFiles {
			return fmt.Errorf("there are more than %s files and folders", humanize.Comma(maxStaticFiles))
		}
		err = l.checkName(staticName{name, d.IsDir()})
		l.faults.add(err)
		switch {
		case err != nil && d.IsDir():
			return fs.SkipDir // the mistake is in the names of all files in it
		case err != nil || d.IsDir():
			return nil
		}
		return l.add(name)
	})
	slices.SortFunc(l.files, func(a, b staticFile) int { return a.compare(b.path) })
	return err
}

// litter are files that an operating system or git leaves in folders.
var litter = []string{".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep", ".gitignore", ".gitattributes"}

// leavesOut reports whether a file or folder is not published. Unless it is litter, it notes why.
func (l *staticLoader) leavesOut(name string) bool {
	why := ""
	switch base := path.Base(name); {
	case slices.Contains(litter, base):
		return true
	case gallery.IsHiddenFile(name):
		why = "its name begins with a dot"
	case plainfs.IsBackup(base):
		why = "it looks like an editor's backup"
	default:
		return false
	}
	l.skipped = append(l.skipped, fmt.Sprintf("%s is not published: %s", printable(l.Static.name(name)), why))
	return true
}

// oddCharacters are those that some file systems and servers do not allow in a name.
const oddCharacters = `\:*?"<>|`

// checkName returns an error for a name that cannot be published. On some file systems, names that
// differ only in case or in their normal form are one file.
func (l *staticLoader) checkName(n staticName) error {
	shown := l.Static.name(n.path)
	switch {
	case !utf8.ValidString(n.path) || printable(n.path) != n.path:
		return fmt.Errorf("%q: the name has characters that cannot be shown", shown)
	case strings.ContainsAny(n.path, oddCharacters) || strings.TrimRight(n.path, " .") != n.path:
		return fmt.Errorf("%s: a name must not have any of %s, or end with a dot or a space, because not every system allows that",
			shown, oddCharacters)
	case gallery.IsReserved(n.path):
		return fmt.Errorf("%s: the site has a file or folder of this name itself; rename it", shown)
	}
	folded := strings.ToLower(norm.NFC.String(n.path))
	for _, t := range l.content.Texts {
		if folded == gallery.PageIn(t.Name) || folded == t.Name && !n.folder {
			return fmt.Errorf("%s: the page %s.md needs this name; rename one of them", shown, t.Name)
		}
	}
	if other, ok := l.names[folded]; ok && !(other.folder && n.folder) {
		return fmt.Errorf("%s and %s have the same name on some systems; rename one of them", l.Static.name(other.path), shown)
	}
	l.names[folded] = n
	return nil
}

// add reads a file, and adds it if it can be published. Why it cannot is a mistake, and not an error.
func (l *staticLoader) add(name string) error {
	shown := l.Static.name(name)
	file, err := l.folder.Open(name)
	if refused, ok := errors.AsType[*plainfs.RefusedError](err); ok {
		refused.Name = l.Static.name(refused.Name)
		l.faults.add(refused)
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	l.buffer.Reset()
	n, err := io.Copy(&l.buffer, io.LimitReader(file, maxStaticFile+1))
	l.total += n
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", shown, err)
	case n > maxStaticFile:
		l.faults.add(fmt.Errorf("%s is larger than %s", shown, humanize.IBytes(maxStaticFile)))
		return nil
	case l.total > maxStaticBytes:
		return fmt.Errorf("the files of the folder are larger than %[2]s together; the limit was reached at %[1]s", shown, humanize.IBytes(maxStaticBytes))
	}
	data := l.buffer.Bytes()
	for _, s := range l.secrets {
		if s.In(data) || s.In([]byte(name)) {
			l.faults.add(fmt.Errorf("%s: %w", shown, &secrets.Error{Secret: s.Name}))
			return nil
		}
	}
	if kinds := media.MetadataOf(data, media.Sniff(data)); len(kinds) > 0 {
		l.metadata = append(l.metadata, fmt.Sprintf("%s contains %s, and is published as it is; to remove that, run %s %s",
			shown, strings.Join(kinds, ", "), media.CleanCommand, forShell(shown)))
	}
	if name == domainName {
		l.domain = OneLine(string(data[:min(n, maxDomain)]))
	}
	l.files = append(l.files, staticFile{name, n, sha256.Sum256(data)})
	return nil
}

// forShell returns the name of a file as it is written in a shell, which must not read anything in it
// as a command.
func forShell(name string) string {
	if plainForm.MatchString(name) {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

// plainForm matches the names that need no quotation marks in a shell.
var plainForm = regexp.MustCompile(`^[A-Za-z0-9_./][A-Za-z0-9_./-]*$`)

// namedStatic is how many files with metadata are named if there are many. A folder can be full of
// photos.
const namedStatic = 5

// warnings returns what the owner should know of the files.
func (l *staticLoader) warnings() []string {
	if more := len(l.metadata) - namedStatic; more > 1 {
		l.metadata = append(l.metadata[:namedStatic], fmt.Sprintf("%s more files in %s contain metadata", humanize.Comma(int64(more)), l.dir))
	}
	return slices.Concat(l.skipped, l.metadata)
}

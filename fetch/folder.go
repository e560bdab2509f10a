package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"firstframe/render/plainfs"
)

// Folder is a folder with pictures of the owner's. Its listing needs no network and no token.
//
// A picture is known by its bytes: its key is a hash of them. So it stays the same picture when it
// is renamed, moved or copied, and another picture in its place is another one. The cache remembers
// the hash of each file, so a file is read again only if its size or its times have changed.
type Folder struct {
	Dir string

	// Except are files and folders that are not read if they are inside Dir, such as the folder
	// that the site is written to. They need not exist.
	Except []string

	// SiteFile is a file that every site has. A folder in Dir with a file of this name is not read:
	// its pictures are renditions of others. With "", all folders are read.
	SiteFile string

	Cache    *Cache   // remembers the hashes of the files, and has the limit for one picture
	ReadOnly bool     // whether List must write nothing
	Secrets  Redactor // marks names that must not be shown

	root    *os.Root      // open from List to Close
	settled time.Duration // for tests; 0 means the constant
}

// Contents is what a Folder contains.
type Contents struct {
	// Listing has one entry for all files with the same bytes, in the order of reading: folder by
	// folder, by name. It is incomplete if something could not be read.
	Listing

	// These are paths in the folder, in the order of reading, and safe to show.

	Failed  []FileError // what could not be read
	Foreign []string    // pictures of formats that are not published, such as HEIC
	Others  []string    // files that are not pictures
	Refused []string    // links, pipes, devices, and folders with a site in them

	// News says of each path in Foreign, Others and Refused whether it is new, or was something else
	// when the folder was last listed.
	News map[string]bool
}

// FileError is an error about one file.
type FileError struct {
	Path string
	Err  error
}

// Picture is what a Folder says about a File.
type Picture struct {
	Paths   []string // of all files with these bytes, relative to the folder, with slashes; sorted
	Folders []string // the names of the folders in these paths, safe to show
	SHA256  string

	folder   *Folder
	path     string    // the first path as the system has it, which need not be valid UTF-8
	modified time.Time // of the first path
}

// PictureKey returns the key of a picture in a folder, from the SHA-256 of its bytes in hex digits.
func PictureKey(sha256 string) string { return keyOf("picture\x00" + sha256) }

// errChanged means that somebody is writing the file.
var errChanged = errors.New("it changed while it was read; the next run tries again")

// Close closes the folder.
func (f *Folder) Close() {
	if f.root != nil {
		f.root.Close()
	}
}

// List lists the pictures in f and its folders. Links are not followed. Files and folders whose
// names begin with a dot are left out, and so are editors' backups and unfinished downloads. A
// limit above 0 is the largest number of pictures.
//
// A file that cannot be read is no error: it is in Failed. The error is the error of ctx when ctx
// has ended, a *StoreError when the cache cannot be written, and an error about the folder in all
// other cases.
func (f *Folder) List(ctx context.Context, limit int) (Contents, error) {
	var err error
	if f.root, err = os.OpenRoot(f.Dir); err != nil {
		return Contents{}, err
	}
	w := walk{Folder: f, known: f.remembered()}
	if err := w.folder(ctx, ".", 0); err != nil {
		return Contents{}, err
	}
	interrupted := w.read(ctx)
	if !f.ReadOnly { // also after an interrupt, because reading a large folder for the first time takes a while
		if err := f.remember(w.known, w.files, interrupted == nil); err != nil && interrupted == nil {
			return Contents{}, &StoreError{err}
		}
	}
	if interrupted != nil {
		return Contents{}, interrupted
	}
	return w.contents(limit), nil
}

// walk is the state of one call of List.
type walk struct {
	*Folder
	known  map[string]seenFile // what the cache remembers, by pathHash
	except []fs.FileInfo       // of Except; nil until the first folder is found
	files  []folderFile        // in the order of reading
	cut    bool                // whether there are more files or deeper folders than the limits allow
	Contents
}

// folderFile is a regular file in a folder.
type folderFile struct {
	path string
	seenFile
	modified time.Time
	fresh    bool // whether it was read just now
	err      error
}

// unfinishedForm matches the names that browsers give to files that they are still downloading.
var unfinishedForm = regexp.MustCompile(`(?i)\.(part|crdownload)$`)

// folder collects the files in a folder of f. Its error is about f itself, or the error of ctx.
func (w *walk) folder(ctx context.Context, name string, depth int) error {
	entries, err := w.entries(name)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && depth == 0:
		return err
	case err != nil:
		w.fail(name, err)
		return nil
	}
	if isCache(entries) {
		return nil
	}
	isSite := func(e fs.DirEntry) bool { return e.Name() == w.SiteFile && e.Type().IsRegular() }
	if depth > 0 && w.SiteFile != "" && slices.ContainsFunc(entries, isSite) {
		w.refuse(name)
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || plainfs.IsBackup(e.Name()) || unfinishedForm.MatchString(e.Name()) {
			continue
		}
		if err := w.entry(ctx, path.Join(name, e.Name()), depth); err != nil {
			return err
		}
	}
	return nil
}

// isCache reports whether a folder with these entries is a Cache, perhaps one that an earlier run had.
// It can have pictures that nobody should see any more.
func isCache(entries []fs.DirEntry) bool {
	folders := map[string]bool{}
	for _, e := range entries {
		folders[e.Name()] = e.IsDir()
	}
	return folders[originalsFolder] && folders[keysFolder] && folders[temporaryFolder]
}

// entries returns what is in a folder of f, sorted by name.
func (w *walk) entries(name string) ([]fs.DirEntry, error) {
	dir, err := w.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// entry collects a file, or the files in a folder.
func (w *walk) entry(ctx context.Context, name string, depth int) error {
	info, err := w.root.Lstat(name)
	switch {
	case err != nil:
		w.fail(name, err)
	case w.isExcept(info):
	case info.IsDir() && depth == maxFolderDepth:
		w.cut = true
	case info.IsDir():
		return w.folder(ctx, name, depth+1)
	case len(w.files) == maxEntries:
		w.cut = true
	case !info.Mode().IsRegular():
		w.refuse(name)
	default:
		file := folderFile{path: name, modified: info.ModTime()}
		file.stamp = stampOf(info)
		w.files = append(w.files, file)
	}
	return nil
}

// refuse notes that something is not read.
func (w *walk) refuse(name string) {
	w.files = append(w.files, folderFile{path: name, seenFile: seenFile{Type: refusedType}})
}

// isExcept reports whether a file or folder is one of Except.
func (w *walk) isExcept(info fs.FileInfo) bool {
	if w.except == nil {
		w.except = []fs.FileInfo{}
		for _, name := range w.Except {
			if own, err := os.Stat(name); err == nil {
				w.except = append(w.except, own)
			}
		}
	}
	return slices.ContainsFunc(w.except, func(own fs.FileInfo) bool { return os.SameFile(own, info) })
}

// fail notes that something could not be read.
func (w *walk) fail(name string, err error) {
	w.Failed = append(w.Failed, FileError{shownPath(name), pathless(err)})
}

// pathless returns an error of the system without its path, which the caller names.
func pathless(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

// read finds out what the files are: from the cache, or by reading them, several at a time.
func (w *walk) read(ctx context.Context) error {
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range w.files {
		file := &w.files[i]
		if file.Type == refusedType {
			continue
		}
		if seen, ok := w.known[pathHash(file.path)]; ok && seen.stamp == file.stamp {
			file.seenFile = seen
			continue
		}
		if shared.Err() != nil {
			break
		}
		group.Go(func() error {
			file.fresh = true
			file.err = w.inspect(shared, file)
			return shared.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// pictureName matches the names of files that should be pictures. If the bytes of such a file are
// something else, that is a problem, and not a file that has nothing to do with the gallery.
var pictureName = regexp.MustCompile(`(?i)\.(jpe?g|jpe|jfif|png|gif|webp)$`)

// inspect finds out what a file is: its type and, if it is a picture or has the name of one, its
// hash.
func (w *walk) inspect(ctx context.Context, file *folderFile) error {
	opened, err := plainfs.OpenFile(w.root, file.path)
	if err != nil {
		return err
	}
	defer opened.Close()
	before, err := opened.Stat()
	if err != nil {
		return err
	}
	in := &ownReader{ctx, opened}
	head, err := io.ReadAll(io.LimitReader(in, sniffed))
	if err != nil {
		return err
	}
	file.stamp, file.modified, file.Type = stampOf(before), before.ModTime(), MediaType(head)
	if !isPicture(file.Type) && !pictureName.MatchString(file.path) {
		return nil
	}
	if limit := w.Cache.maxBytes(); before.Size() > limit {
		return &TooLargeError{limit}
	}
	hash := sha256.New()
	hash.Write(head)
	n, err := io.Copy(hash, io.LimitReader(in, before.Size()-int64(len(head))+1)) // a file that grows might never end
	if err != nil {
		return err
	}
	after, err := opened.Stat()
	if err != nil {
		return err
	}
	if stampOf(after) != file.stamp || int64(len(head))+n != file.Size {
		return errChanged
	}
	file.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return nil
}

// ownReader reads a file of the owner's until its context ends. Its errors have no path, so they
// cannot be confused with errors of the cache.
type ownReader struct {
	ctx context.Context
	r   io.Reader
}

// Read reads from the file.
func (r *ownReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.r.Read(p)
	return n, pathless(err)
}

// contents returns what was found.
func (w *walk) contents(limit int) Contents {
	places := map[string]int{} // in Files, by SHA-256
	w.News = map[string]bool{}
	lists := map[ownersKind]*[]string{foreignKind: &w.Foreign, otherKind: &w.Others, refusedKind: &w.Refused}
	for i := range w.files {
		file := &w.files[i]
		if file.err != nil {
			w.fail(file.path, file.err)
			continue
		}
		if list := lists[file.kind()]; list != nil {
			shown := shownPath(file.path)
			*list = append(*list, shown)
			before, known := w.known[pathHash(file.path)]
			w.News[shown] = w.News[shown] || !known || before.kind() != file.kind() // several names can be hidden
			continue
		}
		at, known := places[file.SHA256]
		if !known && limit > 0 && len(w.Files) == limit {
			w.cut = true
			continue
		}
		if !known {
			at = len(w.Files)
			places[file.SHA256] = at
			w.Files = append(w.Files, File{
				Name: safeName(path.Base(file.path)), key: PictureKey(file.SHA256),
				Picture: &Picture{SHA256: file.SHA256, folder: w.Folder, path: file.path, modified: file.modified},
			})
		}
		w.addPath(w.Files[at].Picture, file.path)
	}
	slices.SortFunc(w.Failed, func(a, b FileError) int { return strings.Compare(a.Path, b.Path) })
	w.Complete = len(w.Failed) == 0 && !w.cut
	w.Secrets.withhold(&w.Listing)
	return w.Contents
}

// addPath adds the path of a file to its picture. The name of a folder is published, so one that
// contains a secret is left out.
func (w *walk) addPath(p *Picture, name string) {
	p.Paths = append(p.Paths, oneLine(name))
	if dir := path.Dir(name); dir != "." {
		for part := range strings.SplitSeq(dir, "/") {
			if part = safeName(part); part != "" && !slices.Contains(p.Folders, part) && !w.Secrets.has(part) && !identifies(part) {
				p.Folders = append(p.Folders, part)
			}
		}
	}
}

// safeName returns the name of a file or folder as valid UTF-8, without characters that could break
// a line or reverse the order of text.
func safeName(name string) string { return cutWords(oneLine(name), maxName) }

// shownPath returns a path for messages. It hides the names in it that may be the id of a file at the
// service: downloads are often named like that.
func shownPath(name string) string {
	parts := strings.Split(oneLine(name), "/")
	for i, part := range parts {
		if identifies(part) {
			parts[i] = redacted
		}
	}
	return strings.Join(parts, "/")
}

// Shown returns the first path of a picture, for messages.
func (p *Picture) Shown() string { return shownPath(p.Paths[0]) }

// fromFolder returns a copy of a picture in a folder, which is valid until Release. What is made of
// the picture takes a while, and the file can change meanwhile. The copy is not kept, because the
// folder still has the picture the next time.
func (c *Cache) fromFolder(ctx context.Context, p *Picture) (Original, error) {
	if err := c.Open(); err != nil {
		return Original{}, err
	}
	file, err := plainfs.OpenFile(p.folder.root, p.path)
	if err != nil {
		return Original{}, pathless(err)
	}
	defer file.Close()
	o, err := c.take(&ownReader{ctx, file}, -1, wanted{limit: c.maxBytes()})
	if err != nil {
		return Original{}, err
	}
	o.Modified = p.Date()
	if o.SHA256 != p.SHA256 {
		c.Release(o)
		_ = c.remove(p.folder.memory()) // if what it says about the file is wrong, it can be wrong about others
		return Original{}, errChanged
	}
	return o, nil
}

// Date returns when the file was changed last, or zero if that cannot be right.
func (p *Picture) Date() time.Time {
	if year := p.modified.UTC().Year(); year < 2000 || year > 2099 {
		return time.Time{}
	}
	return p.modified.UTC()
}

// Release removes the bytes of an original that is a copy of a picture in a folder. It does nothing
// for other originals.
func (c *Cache) Release(o Original) {
	if o.temporary {
		_ = c.remove(o.Path) // if this fails, a later run removes it
	}
}

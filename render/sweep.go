package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// sweep removes the files that the site does not refer to any more. It removes only files whose
// names firstframe could have made, and pages and static files that the last run wrote.
func (b *builder) sweep(ctx context.Context, left *manifest, images []*gallery.Image) error {
	if err := b.blankOldPages(ctx, left); err != nil {
		return err
	}
	known := newKnown(left, images)
	b.out.known = known
	err := b.out.Sweep(ctx, gallery.OwnFolders, func(name string, folder bool) bool {
		if folder {
			return path.Dir(name) == gallery.ImageFolder && left.has(gallery.PageIn(name))
		}
		_, used := known.size(name)
		return used || !isOurs(name)
	})
	if err != nil {
		return err
	}
	var gone []string
	for _, f := range b.old.files {
		if left.has(f.path) {
			continue
		}
		if isDocument(f.path) {
			if err := b.out.Remove(f.path); err != nil {
				return fmt.Errorf("removing old files: %w", err)
			}
		}
		if canBeStatic(f.path) { // a further page, or a static file
			gone = append(gone, f.path)
		}
	}
	return b.out.removeFiles(ctx, gone)
}

// removeFiles removes files, and then the folders in which nothing else is left.
func (o *Output) removeFiles(ctx context.Context, names []string) error {
	leave := map[string]bool{} // the files and the folders in which they are
	var folders []string       // at the root of the site
	for _, name := range names {
		if !strings.Contains(name, "/") {
			if err := o.Remove(name); err != nil {
				return fmt.Errorf("removing old files: %w", err)
			}
			continue
		}
		for ; name != "."; name = path.Dir(name) {
			if leave[name] = true; path.Dir(name) == "." {
				folders = append(folders, name)
			}
		}
	}
	slices.Sort(folders)
	return o.Sweep(ctx, slices.Compact(folders), func(name string, _ bool) bool { return !leave[name] })
}

// blankOldPages replaces the pages that will be removed by the page for missing ones. They link to
// each other, often in circles, and to media and assets that are also removed. Removing the pages
// one by one, in any order, would be wrong: for a moment a page would link to a removed page.
func (b *builder) blankOldPages(ctx context.Context, left *manifest) error {
	blank, err := b.out.Read(gallery.MissingName)
	if err != nil {
		return fmt.Errorf("removing old pages: %w", err)
	}
	for _, f := range b.out.lastManifest().files {
		if left.has(f.path) || path.Base(f.path) != gallery.IndexName || !b.out.exists(f.path) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.out.Write(f.path, blank); err != nil {
			return err
		}
	}
	return nil
}

// isOurs reports whether firstframe could have made the name of a file in one of our folders.
func isOurs(name string) bool {
	_, ok := media.ParseName(name)
	return ok || assetForm.MatchString(name) || path.Base(name) == gallery.IndexName
}

// Sweep removes the files in the named folders that keep does not want, and then the empty folders.
// It asks keep about files, and about the folders in the named ones: if keep wants a folder,
// everything in it stays. It looks at nothing outside the named folders.
func (o *Output) Sweep(ctx context.Context, folders []string, keep func(name string, folder bool) bool) error {
	for _, folder := range folders {
		if _, err := o.sweep(ctx, folder, keep); err != nil {
			return fmt.Errorf("removing old files: %w", err)
		}
	}
	return nil
}

// sweep sweeps one folder. It reports whether the folder was empty and so removed.
func (o *Output) sweep(ctx context.Context, folder string, keep func(string, bool) bool) (bool, error) {
	info, err := o.root.Lstat(folder)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return o.sweepFolder(ctx, folder, keep)
}

// sweepFolder is sweep for a folder that is not a link.
func (o *Output) sweepFolder(ctx context.Context, folder string, keep func(string, bool) bool) (bool, error) {
	folders, unwanted, left, err := o.contents(folder, keep)
	if err != nil {
		return false, err
	}
	for _, name := range unwanted {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := o.Remove(name); err != nil {
			return false, err
		}
		left--
	}
	for _, name := range folders {
		gone, err := o.sweepFolder(ctx, name, keep)
		if err != nil {
			return false, err
		}
		if gone {
			left--
		}
	}
	if left > 0 {
		return false, nil
	}
	return true, o.removeFolder(folder)
}

// contents returns the folders in a folder, the files that keep does not want, and the number of
// all entries.
func (o *Output) contents(folder string, keep func(string, bool) bool) (folders, unwanted []string, n int, err error) {
	err = eachEntry(o.dir, folder, func(e fs.DirEntry) error {
		n++
		switch name := path.Join(folder, e.Name()); {
		case keep(name, e.IsDir()):
		case e.IsDir():
			folders = append(folders, name)
		default:
			unwanted = append(unwanted, name)
		}
		return nil
	})
	slices.Sort(folders)
	slices.Sort(unwanted)
	return folders, unwanted, n, err
}

// remove removes a file or an empty folder.
func (o *Output) remove(name string) error {
	if err := o.step("remove", name); err != nil {
		return err
	}
	return o.root.Remove(name)
}

// Remove removes a file. A missing file is not an error.
func (o *Output) Remove(name string) error {
	err := o.remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		o.removed.Add(1)
		o.log("removed", name)
	}
	return err
}

// removeLeftovers removes the temporary files of a killed run, and links in the place of our
// folders.
func (o *Output) removeLeftovers() error {
	ended := o.lastRunEnded()
	err := eachEntry(o.dir, ".", func(e fs.DirEntry) error {
		switch name := e.Name(); {
		case gallery.IsTemporary(name):
			return o.remove(name)
		case e.Type()&fs.ModeSymlink != 0 && o.isFolder(name):
			// The link goes before anybody looks for files in it. The files that it leads to are
			// not the site's, and would disappear when the first new file replaces the link by a
			// folder.
			return o.remove(name)
		case e.IsDir() && !ended && o.isFolder(name):
			return o.removeTemporaries(name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("removing the leftovers of a killed run: %w", err)
	}
	return nil
}

// removeTemporaries removes all temporary files below a folder, which is not a link.
func (o *Output) removeTemporaries(folder string) error {
	return eachEntry(o.dir, folder, func(e fs.DirEntry) error {
		name := path.Join(folder, e.Name())
		switch {
		case e.IsDir():
			return o.removeTemporaries(name)
		case gallery.IsTemporary(e.Name()):
			return o.remove(name)
		}
		return nil
	})
}

// isFolder reports whether a name at the site's root belongs to a folder of ours.
func (o *Output) isFolder(name string) bool {
	return slices.Contains(gallery.OwnFolders, name) || o.lastManifest().hasFolder(name)
}

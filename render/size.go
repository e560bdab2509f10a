package render

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// known are the files that a run has left. A list of the media would take more
// memory than all else that is known of a large gallery: they are found by the
// images, whose slugs their names begin with.
type known struct {
	files  *manifest
	images []*gallery.Image // by slug
	others map[string]int64 // media that begin with another slug: clips and their posters
}

func newKnown(files *manifest, images []*gallery.Image) *known {
	k := &known{files: files, images: slices.SortedFunc(slices.Values(images), bySlug), others: map[string]int64{}}
	for _, m := range images {
		for f := range m.Files {
			if name, ok := media.ParseName(f.Path); !ok || name.Slug != m.Slug {
				k.others[f.Path] = f.Bytes
			}
		}
	}
	return k
}

func bySlug(a, b *gallery.Image) int { return cmp.Compare(a.Slug, b.Slug) }

// size returns the size of a file, in bytes, if the run has left it.
func (k *known) size(name string) (bytes int64, ok bool) {
	if k == nil {
		return 0, false
	}
	parsed, ok := media.ParseName(name)
	if !ok {
		f, ok := k.files.file(name)
		return f.bytes, ok
	}
	if i, ok := slices.BinarySearchFunc(k.images, &gallery.Image{Slug: parsed.Slug}, bySlug); ok {
		for f := range k.images[i].Files {
			if f.Path == name {
				return f.Bytes, true
			}
		}
	}
	bytes, ok = k.others[name]
	return bytes, ok
}

// Size returns the size of the files in dir that get published, in bytes: the
// hidden ones stay behind. A folder that is not there has none.
func Size(dir string) (int64, error) { return published(dir, nil) }

// Size returns that of the folder. What Build has written, or found as it was,
// is not looked at again.
func (o *Output) Size() (int64, error) { return published(o.dir, o.known) }

func published(dir string, known *known) (int64, error) {
	size, err := publishedIn(dir, ".", known)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil // a dry run has no folder
	}
	return size, err
}

func publishedIn(dir, folder string, known *known) (size int64, err error) {
	err = eachEntry(dir, folder, func(e fs.DirEntry) error {
		n, err := publishedSize(dir, folder, e, known)
		size += n
		return err
	})
	return size, err
}

// publishedSize is what an entry of a folder adds to it.
func publishedSize(dir, folder string, e fs.DirEntry, known *known) (int64, error) {
	name := path.Join(folder, e.Name())
	switch {
	case strings.HasPrefix(e.Name(), "."):
		return 0, nil
	case e.IsDir():
		if folder == gallery.ImageFolder {
			if page, ok := known.size(gallery.PageIn(name)); ok {
				return page, nil
			}
		}
		return publishedIn(dir, name, known)
	case !e.Type().IsRegular():
		return 0, nil
	}
	if bytes, ok := known.size(name); ok {
		return bytes, nil
	}
	info, err := e.Info()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

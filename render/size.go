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

// known are the files that a run has left. A list of all media would take more memory than
// everything else that is known of a large gallery. So media are looked up by their image, whose
// slug their names begin with.
type known struct {
	files  *manifest
	images []*gallery.Image // by slug
	others map[string]int64 // media that begin with another slug: clips and their posters
}

// newKnown returns the files of a manifest, and the media of images.
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

// bySlug compares images by their slugs.
func bySlug(a, b *gallery.Image) int { return cmp.Compare(a.Slug, b.Slug) }

// size returns the size of a file in bytes, if the run has left it.
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

// Size returns the size of the published files in dir, in bytes. Hidden files do not count. A
// missing folder has size 0.
func Size(dir string) (int64, error) { return published(dir, nil) }

// Size returns the size of the published files in the folder, in bytes. It does not look again at
// files that Plan.Write has written or found.
func (o *Output) Size() (int64, error) { return published(o.dir, o.known) }

// published returns the size of the published files in dir. It looks up the known ones; known can
// be nil.
func published(dir string, known *known) (int64, error) {
	size, err := publishedIn(dir, ".", known)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil // as in a first dry run
	}
	return size, err
}

// publishedIn returns the size of the published files below a folder.
func publishedIn(dir, folder string, known *known) (size int64, err error) {
	err = eachEntry(dir, folder, func(e fs.DirEntry) error {
		n, err := publishedSize(dir, folder, e, known)
		size += n
		return err
	})
	return size, err
}

// publishedSize returns the size of an entry of a folder, with everything in it.
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

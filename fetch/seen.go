package fetch

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"firstframe/render/plainfs"
)

// The memory of a Folder says what each of its files is. It is a file of the cache, so it can be
// deleted at any time. It contains no names: a file is known by the hash of its path.

// stamp is what changes when somebody writes to a file.
type stamp struct {
	Size     int64 `json:"size"`
	Modified int64 `json:"modified"`          // in nanoseconds since 1970
	Changed  int64 `json:"changed,omitempty"` // the same for the time that nobody can set; 0 where the system has none
}

// stampOf returns the stamp of a file.
func stampOf(info fs.FileInfo) stamp {
	return stamp{info.Size(), info.ModTime().UnixNano(), changeTime(info)}
}

// seenFile is what is known about a file in a folder.
type seenFile struct {
	stamp
	Type   string `json:"type"`             // its media type, as MediaType names it
	SHA256 string `json:"sha256,omitempty"` // "" if it is neither a picture nor named like one
}

// refusedType is the type of what is not read, such as a link. It has no stamp.
const refusedType = "refused"

// ownersKind is what a file is to its owner.
type ownersKind int

const (
	pictureKind ownersKind = iota // a picture, or a file that is named like one
	foreignKind                   // a picture of a format that is not published
	otherKind
	refusedKind
)

// kind returns what the file is to its owner.
func (s seenFile) kind() ownersKind {
	switch {
	case s.Type == refusedType:
		return refusedKind
	case s.SHA256 != "":
		return pictureKind
	case strings.HasPrefix(s.Type, "image/"):
		return foreignKind
	}
	return otherKind
}

// pathHash returns the name of a file in the memory.
func pathHash(path string) string { return keyOf("path\x00" + path) }

// memory returns the path of the memory of f. It depends on the path of the folder, so that each
// folder has its own.
func (f *Folder) memory() string {
	dir, err := filepath.Abs(f.Dir)
	if err != nil {
		dir = f.Dir
	}
	return filepath.Join(f.Cache.Dir, "folders", keyOf("folder\x00"+dir)+".json")
}

// remembered returns what the memory says, by pathHash. A memory that cannot be read says nothing.
func (f *Folder) remembered() map[string]seenFile {
	folder, name := filepath.Split(f.memory())
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil
	}
	defer root.Close()
	data, err := plainfs.Read(root, name, maxMemory)
	if err != nil {
		return nil
	}
	var seen map[string]seenFile
	if json.Unmarshal(data, &seen) != nil {
		return nil
	}
	for path, s := range seen {
		if s.SHA256 != "" && !isSHA256.MatchString(s.SHA256) {
			delete(seen, path)
		}
	}
	return seen
}

// settled is how old the last change of a file must be before its stamp counts. Some file systems
// store times in steps of two seconds, so a younger file can change without a new stamp.
const settled = 2 * time.Second

// remember writes the memory, if what it says has changed. If the files will not be reported, it does
// not remember those that must be.
func (f *Folder) remember(before map[string]seenFile, files []folderFile, reported bool) error {
	now, seen := time.Now(), make(map[string]seenFile, len(files))
	for i := range files {
		file, name := &files[i], pathHash(files[i].path)
		changed := time.Unix(0, cmp.Or(file.Changed, file.Modified))
		switch _, known := before[name]; {
		case file.err != nil || file.Type == "" || file.kind() != pictureKind && !known && !reported:
		case !file.fresh || now.Sub(changed) > cmp.Or(f.settled, settled):
			seen[name] = file.seenFile
		case file.kind() != pictureKind: // without a stamp it is read again, but it is no news
			seen[name] = seenFile{Type: file.Type}
		}
	}
	if maps.Equal(before, seen) {
		return nil
	}
	data, err := json.Marshal(seen)
	if err != nil {
		return err
	}
	c := f.Cache
	for _, dir := range []string{c.temporaries(), filepath.Dir(f.memory())} {
		if err := c.mkdir(dir); err != nil {
			return err
		}
	}
	return c.writeFile(f.memory(), data)
}

package fetchtest

import (
	"embed"
	"io/fs"
)

//go:embed content
var content embed.FS

// Content is what the owner of the demo's pictures wrote: an introduction, a
// further page and captions, in the form that a gallery's content folder has.
func Content() fs.FS {
	sub, err := fs.Sub(content, "content")
	if err != nil {
		panic(err) // the folder's name is a constant
	}
	return sub
}

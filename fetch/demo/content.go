package demo

import (
	"embed"
	"io/fs"
)

// content is the folder that Content returns.
//
//go:embed content
var content embed.FS

// Content returns the words of the demo's owner, laid out like a gallery's content folder: an
// introduction, another page, the captions, and texts about a tag and a month.
func Content() fs.FS {
	sub, err := fs.Sub(content, "content")
	if err != nil {
		panic(err) // cannot happen, because the name is a constant
	}
	return sub
}

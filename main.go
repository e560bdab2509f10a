// Firstframe publishes the images that you made AI videos from, as a static site.
package main

import (
	"embed"

	"firstframe/command"
)

// The names of shared templates begin with an underscore. Without "all", embed would skip them.
//
//go:embed all:templates assets
var theme embed.FS

// The files that --init writes are those that this repository uses and tests.
//
//go:embed .github/init .github/workflows/gallery.yml
var starter embed.FS

//go:embed out.gitignore
var gitIgnore []byte

func main() {
	command.Main(command.Files{Theme: theme, Starter: starter, GitIgnore: gitIgnore})
}

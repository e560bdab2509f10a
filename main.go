// Firstframe publishes the images that you made AI videos from, as a static site.
//
// This is a run, step by step, with the files of each step. All steps are called in command/run.go.
//
//	what was asked for             command/command.go, command/options.go
//	theme and words are checked    command/prepare.go, render/theme.go, render/content.go
//	the site, if out/ is lost      command/restore.go, fetch/sitefile.go, render/restore.go
//	the state of the last run      command/state.go, render/gallery/state.go
//	what the service lists         command/listing.go, fetch/files.go, fetch/videos.go
//	what is missing in the site    command/plan.go, command/unused.go, command/captions.go
//	originals are downloaded       command/pictures.go, fetch/cache.go, fetch/download.go
//	renditions are made of them    command/pictures.go, render/media/rendition.go
//	… or come from other machines  command/shards.go
//	original + renditions = image  command/image.go, render/gallery/merge.go
//	clips of the videos            command/clips.go, render/media/clip.go
//	hidden and removed images      command/hidden.go, command/prune.go
//	the site is written            command/pages.go, render/build.go, render/write.go
//	the result is reported         command/result.go, command/summary.go
//
// Package fetch knows the network and the originals. Package render knows the site. Neither of them
// imports the other. Package command brings them together.
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

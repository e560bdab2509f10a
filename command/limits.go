package command

import "firstframe/render/plainyaml"

// The limits of the command. The defaults of the flags are in options.go, and what a CI runner
// takes is in terminal/runner.go. limits_test.go writes all of them to docs/limits.md.
const (
	// longestToken is the size limit of a token file, in bytes. It keeps out a picture given by
	// mistake.
	longestToken = 4096
	// maxSettings is the size limit of the file of settings, in bytes. More could not be decoded.
	maxSettings = plainyaml.MaxBytes
	// mostShards is the highest number of parts. Each of them asks for the whole listing.
	mostShards = 256
	// longestPartFile is the size limit of a part's shard.json, in bytes. The two numbers in it have
	// a few digits.
	longestPartFile = 1 << 10
	// maxFolderTags is the highest number of folders of pictures that become tags. Each tag has a
	// page.
	maxFolderTags = 10_000
	// restoredAtOnce is how many published files are downloaded at the same time. Each is in memory
	// until it is verified.
	restoredAtOnce = 4
	// clipsAtOnce is how many clips are downloaded at the same time. Each is in memory while it is
	// stripped.
	clipsAtOnce = 4
	// maxListed is the longest list in the step's summary. The runner takes 1 MiB for the whole
	// summary.
	maxListed = 50
)

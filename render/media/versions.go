package media

// These versions are part of file names, or of the state. A published file is never written again
// under its name, so a change of its bytes must change its name. TestVersions makes such files and
// fails if a version and the bytes do not change together.
const (
	// pipelineVersion is part of the names of renditions. Bump it when the same original and
	// settings would give different bytes. A rendition in a cache then gets made again.
	pipelineVersion = 5

	// StripVersion is part of the names of published originals. Bump it when the same original
	// would be stripped to different bytes.
	StripVersion = 2

	// ClipVersion is part of the names of clips. Bump it when the same video would be stripped to
	// different bytes.
	ClipVersion = 2

	// StrippedNow is the version of all stripping rules: of originals, of clips, and of the
	// profiles in renditions. An image in the state notes the version that its files have. Bump it
	// together with StripVersion and ClipVersion, and when profiles keep something else. Files with
	// an older version are stripped again.
	StrippedNow = 2
)

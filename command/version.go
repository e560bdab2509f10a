package command

import (
	"cmp"
	"regexp"
	"runtime/debug"
	"strings"
)

// The linker sets these two, for example with
//
//	-ldflags "-X firstframe/command.release=v1.2.3 -X firstframe/command.repository=OWNER/firstframe"
//
// They are the only variables of this package that are not tables: the linker can set nothing else,
// and nothing else sets them. A build without a .git folder cannot know its version, and no build
// can know where it will be published.
var release, repository string

// origin is where the program comes from. A field is empty if the program does not know it.
type origin struct {
	repository string // such as OWNER/firstframe; only releases know it
	version    string // v1.2.3 for a release; Go makes up another one for a commit without a tag
	commit     string // 40 digits
}

// programOrigin returns what the linker has set, and otherwise what Go has read from .git.
func programOrigin() origin {
	o := origin{repository: repository, version: release}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return o
	}
	if v := info.Main.Version; v != "(devel)" {
		o.version = cmp.Or(o.version, v)
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			o.commit = s.Value
		}
	}
	return o
}

// String returns the version, or else what is known of the commit.
func (o origin) String() string {
	switch {
	case o.version != "":
		return o.version
	case o.commit != "":
		return "devel " + o.commit[:min(12, len(o.commit))]
	}
	return "devel"
}

// releaseForm matches the version of a release. Go's version of another commit is longer.
var releaseForm = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`)

// released reports whether the program is a release that knows its repository and its commit.
func (o origin) released() bool {
	return o.repository != "" && o.commit != "" && releaseForm.MatchString(o.version)
}

// action returns the action of a release as a workflow names it: by commit, because a tag can be
// moved, with the version in a comment. If the program is no release, action returns a placeholder.
func (o origin) action() string {
	if !o.released() {
		return "OWNER/firstframe@COMMIT"
	}
	return o.repository + "@" + o.commit + " # " + o.version
}

// version returns the version of the program. If it has none, version returns the commit that it
// was built from.
func version() string { return programOrigin().String() }

// userAgent returns how the program calls itself in its requests.
func userAgent() string { return "firstframe/" + strings.ReplaceAll(version(), " ", "-") }

package command

import (
	"runtime/debug"
	"strings"
)

// version returns the version of the program. If it has none, version returns the commit that it
// was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "devel " + s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}

// userAgent returns how the program calls itself in its requests.
func userAgent() string { return "firstframe/" + strings.ReplaceAll(version(), " ", "-") }

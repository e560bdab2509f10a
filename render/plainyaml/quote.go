package plainyaml

import (
	"fmt"
	"regexp"
	"strings"
)

// maxShown is the longest value that a message repeats, in characters.
const maxShown = 60

// plainWord matches keys and items that can stand without quotes.
var plainWord = regexp.MustCompile(`^[\pL\pN_][\pL\pN_ .-]*$`)

// short shortens a text for a message.
func short(s string) string {
	if r := []rune(s); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return s
}

// shown returns a key or value in a message, in quotes unless it is a plain word.
func shown(s string) string {
	if plainWord.MatchString(s) {
		return short(s)
	}
	return fmt.Sprintf("%q", short(s))
}

// quoted returns a value in quotes, as YAML understands it. Double quotes are what owners expect,
// but in them a backslash has a meaning of its own.
func quoted(s string) string {
	if strings.ContainsAny(s, `"\`) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return `"` + s + `"`
}

// write returns ": write key: value", or "" if that is too long to be of use.
func write(key, value string) string {
	if len(key)+len(value) > 2*maxShown {
		return ""
	}
	return ": write " + key + ": " + value
}

// Package memorytest keeps the files of tests in memory. On a disk, tests that write many small
// files mostly wait.
package memorytest

import "os"

// UseMemory makes the temporary folders of the process and of those that it starts be in memory, if
// that is possible and TMPDIR does not say otherwise.
func UseMemory() {
	if memory := memoryFolder(); memory != "" && os.Getenv("TMPDIR") == "" {
		if err := os.Setenv("TMPDIR", memory); err != nil {
			panic(err) // neither the name nor the value can be wrong
		}
	}
}

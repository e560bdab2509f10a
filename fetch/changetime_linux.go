package fetch

import (
	"io/fs"
	"syscall"
)

// changeTime returns when a file was written, renamed or given other times, in nanoseconds since
// 1970. A program can set the time of the last write back, but not this one.
func changeTime(info fs.FileInfo) int64 {
	if system, ok := info.Sys().(*syscall.Stat_t); ok {
		return syscall.TimespecToNsec(system.Ctim)
	}
	return 0
}

package mediatest

import (
	"runtime"
)

// Allocated returns how many bytes the program has allocated so far, including those that are free
// again.
func Allocated() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.TotalAlloc
}

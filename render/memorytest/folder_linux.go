package memorytest

import "syscall"

// memoryFolder returns a folder in memory for the files of tests, or "" if it has not enough space
// or does not allow programs.
func memoryFolder() string {
	const folder, enough, noPrograms = "/dev/shm", 512 << 20, 8 // ST_NOEXEC
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil || int64(s.Bavail)*int64(s.Bsize) < enough || s.Flags&noPrograms != 0 {
		return ""
	}
	return folder
}

//go:build !linux

package commandtest

// memoryFolder returns "": only Linux has a folder in memory everywhere.
func memoryFolder() string { return "" }

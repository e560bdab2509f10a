//go:build !linux

package memorytest

// memoryFolder returns "": only Linux has a folder in memory everywhere.
func memoryFolder() string { return "" }

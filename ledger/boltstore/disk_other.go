//go:build !linux

package boltstore

// onLocalDisk accepts every folder where the kind of a file system is not known.
func onLocalDisk(string) error { return nil }

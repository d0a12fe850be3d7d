//go:build !unix

package boltstore

// syncFolder does nothing where folders cannot be synced; names are durable with
// the file system's own journal there.
func syncFolder(string) error { return nil }

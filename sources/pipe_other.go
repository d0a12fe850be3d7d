//go:build !unix

package sources

import "os"

func open(path string) (*os.File, error) { return os.Open(path) }

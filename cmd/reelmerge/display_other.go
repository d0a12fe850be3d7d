//go:build !windows

package main

import "os"

// understandsEscapes is always true here; TERM was asked before.
func understandsEscapes(*os.File) bool { return true }

//go:build !windows

package main

import "os"

// understandsEscapes is what TERM says, which was asked before.
func understandsEscapes(*os.File) bool { return true }

package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// understandsEscapes asks the console to obey escape sequences, which consoles
// before Windows 10 cannot.
func understandsEscapes(f *os.File) bool {
	var mode uint32
	console := windows.Handle(f.Fd())
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

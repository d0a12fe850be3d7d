// Package tty writes to terminals: lines of styled text, a block of them that is drawn
// again in place, and lines for a reader that may be slow.
package tty

import (
	"cmp"
	"runtime"
	"strings"
)

// Look is how a terminal may be written to.
type Look struct {
	Color  bool // SGR colours
	Blocks bool // characters beyond ASCII
}

// LookOf follows NO_COLOR, and leaves out block characters in a locale without UTF-8.
func LookOf(env func(string) string) Look {
	locale := strings.ToUpper(cmp.Or(env("LC_ALL"), env("LC_CTYPE"), env("LANG")))
	return Look{
		Color:  env("NO_COLOR") == "",
		Blocks: runtime.GOOS == "windows" || strings.Contains(strings.ReplaceAll(locale, "-", ""), "UTF8"),
	}
}

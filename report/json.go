package report

import (
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// JSONWriter returns a writer for JSON documents that a person may see on a
// terminal: controls, marks that turn the direction of writing and invisible
// characters, which only its texts can hold, are written as \u escapes. Programs
// read the very same document. Each Write must hold whole characters, as an
// encoder's does.
func JSONWriter(w io.Writer) io.Writer { return jsonWriter{w} }

type jsonWriter struct{ to io.Writer }

// Write implements [io.Writer].
func (j jsonWriter) Write(document []byte) (int, error) {
	if _, err := j.to.Write(EscapeJSON(document)); err != nil {
		return 0, err
	}
	return len(document), nil
}

// EscapeJSON returns a JSON document with the same meaning that a terminal shows without
// obeying any part of it: see [JSONWriter]. It may return its argument.
func EscapeJSON(document []byte) []byte {
	var out []byte // nil as long as nothing had to be escaped
	kept := 0
	for i := 0; i < len(document); {
		r := rune(document[i])
		size := 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(document[i:])
		}
		if obeyed(r) || r == utf8.RuneError && size == 1 {
			// A byte that is no UTF-8 can stand only in a text, so an escape is allowed
			// here.
			out = appendEscape(append(out, document[kept:i]...), r)
			kept = i + size
		}
		i += size
	}
	if out == nil {
		return document
	}
	return append(out, document[kept:]...)
}

// obeyed recognizes characters that act on a terminal. An encoder has escaped the ASCII
// controls in texts already; the line feeds that are left lay the document out.
func obeyed(r rune) bool {
	return r == 0x7f || r >= 0x80 && (unicode.IsControl(r) || wording.IsInvisible(r))
}

// appendEscape writes a character as JSON does: outside of the basic plane as a pair of
// UTF-16 surrogates.
func appendEscape(b []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
		return fmt.Appendf(b, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(b, `\u%04x`, r)
}

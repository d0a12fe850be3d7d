package sources

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/reelmerge/reelmerge/problem"
)

// mayBeMojibake reports, fast, whether a text has the first letter of what
// becomes of é, ’ or a space when UTF-8 is taken for Windows-1252: Ã, â€ or Â.
func mayBeMojibake(text []byte) bool {
	for {
		i := bytes.IndexByte(text, "Ã"[0])
		if i < 0 || i+1 == len(text) {
			return false
		}
		switch text = text[i+1:]; text[0] {
		case "Ã"[1], "Â"[1]:
			return true
		case "â"[1]:
			if bytes.HasPrefix(text[1:], []byte("€")) {
				return true
			}
		}
	}
}

// mended undoes that mistake; ok is false where it was not made.
func mended(text string) (s string, ok bool) {
	if !mayBeMojibake([]byte(text)) {
		return "", false
	}
	b := make([]byte, 0, len(text))
	for _, r := range text {
		c, known := charmap.Windows1252.EncodeRune(r)
		if !known && r >= utf8.RuneSelf && r < 0xa0 {
			c, known = byte(r), true // the five bytes that Windows-1252 has no letter for
		}
		if !known {
			return "", false
		}
		b = append(b, c)
	}
	return string(b), utf8.Valid(b)
}

// mojibakeFaults is the warning of a text that was damaged before it came here.
func mojibakeFaults(column int, text string) []Fault {
	meant, ok := mended(text)
	if !ok {
		return nil
	}
	return []Fault{{Column: column, Code: "ROW-ENCODING", Value: text, Severity: problem.Warning,
		Message: "letters were damaged before this file was written: it was probably " + strconv.Quote(clip(meant)),
		Hint:    "export it again from where it comes from, as UTF-8, or type the cell again"}}
}

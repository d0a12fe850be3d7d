package sources

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/reelmerge/reelmerge/problem"
)

// mayBeMojibake reports whether a text may be UTF-8 that was read as Windows-1252. In such
// a text é, ’ and a hard space begin with Ã, â€ and Â. The test is fast, because every cell
// passes through it.
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

// mended undoes the mistake. ok is false where the text does not come from it.
func mended(text string) (s string, ok bool) {
	if !mayBeMojibake([]byte(text)) {
		return "", false
	}
	b := make([]byte, 0, len(text))
	for _, r := range text {
		c, known := charmap.Windows1252.EncodeRune(r)
		// Programs pass on the five bytes that Windows-1252 leaves undefined.
		if !known && r >= utf8.RuneSelf && r < 0xa0 {
			c = byte(r)
			known = true
		}
		if !known {
			return "", false
		}
		b = append(b, c)
	}
	return string(b), utf8.Valid(b)
}

// mojibakeFaults returns a warning for a text that was damaged before it came here. It
// shows the probable original, but does not use it: a guess must not go into a video.
func mojibakeFaults(column int, text string) []Fault {
	meant, ok := mended(text)
	if !ok {
		return nil
	}
	return []Fault{{Column: column, Code: "ROW-ENCODING", Value: text, Severity: problem.Warning,
		Message: "letters were damaged before this file was written: it was probably " + strconv.Quote(clip(meant)),
		Hint:    "export it again from where it comes from, as UTF-8, or type the cell again"}}
}

package wording

import (
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// Writer returns a writer for text of several lines that a person may see on a
// terminal. It cleans every line as [Clean] does; the tabs between words stay. A
// character may come in two writes.
func Writer(w io.Writer) io.Writer { return &cleaner{to: w} }

type cleaner struct {
	mu   sync.Mutex
	to   io.Writer
	rest []byte // the beginning of a character
}

// Write implements [io.Writer].
func (c *cleaner) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	whole := append(c.rest, text...)
	cut := len(whole)
	for back := 1; back < utf8.UTFMax && back <= len(whole); back++ {
		if tail := whole[len(whole)-back:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				cut -= back
			}
			break
		}
	}
	c.rest = append([]byte(nil), whole[cut:]...)
	if _, err := io.WriteString(c.to, cleanLines(string(whole[:cut]))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// cleanLines cleans text and keeps its layout.
func cleanLines(text string) string {
	var b strings.Builder
	for {
		i := strings.IndexAny(text, "\n\t")
		if i < 0 {
			b.WriteString(Clean(text))
			return b.String()
		}
		b.WriteString(Clean(text[:i]))
		b.WriteByte(text[i])
		text = text[i+1:]
	}
}

package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError says where a document stops being readable JSON, why, and what to do.
type SyntaxError struct {
	Name         string // the file, as the caller called it
	Line, Column int    // of the culprit, counted from 1; columns count characters
	Message      string
	Hint         string
	Duplicate    bool // a name that stands twice in one object
}

// Error gives the place and the message, without the hint.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Column, e.Message)
}

// Position turns a byte offset into a line and a column, both counted from 1. Columns
// count characters, and a byte order mark is none.
func Position(data []byte, offset int) (line, column int) {
	offset = min(max(offset, 0), len(data))
	before := data[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	text := bytes.TrimPrefix(before[start:], bom())
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(text) + 1
}

// syntax makes a fault at a byte of the text.
func (d *document) syntax(offset int, message, hint string) *SyntaxError {
	line, column := Position(d.data, offset)
	return &SyntaxError{Name: d.name, Line: line, Column: column, Message: message, Hint: hint}
}

// explain finds the mistake that made encoding/json stop. The library names the byte where
// it noticed; the mistake is often before it, as a comma before a closing bracket is.
func (d *document) explain(err error) *SyntaxError {
	var bad *json.SyntaxError
	if !errors.As(err, &bad) {
		return d.syntax(len(d.data), "the JSON ends too early", "was the file cut off?")
	}
	at := d.skipped + int(bad.Offset) - 1 // Offset counts the culprit's first byte
	if at < 0 || strings.Contains(bad.Error(), "unexpected end") {
		return d.atEnd()
	}
	if strings.Contains(bad.Error(), "max depth") {
		return d.syntax(at, "objects and lists are nested far too deep", "flatten the document")
	}
	r, _ := utf8.DecodeRune(d.data[at:])
	if r == '}' || r == ']' {
		if comma := d.lastSolid(at); comma >= 0 && d.data[comma] == ',' {
			return d.syntax(comma, fmt.Sprintf("a comma before the closing %q", r), "remove this comma")
		}
	}
	message, hint := culprit(r, bad.Error())
	return d.syntax(at, message, hint)
}

// atEnd explains a document that ends too early. An empty one is a different mistake, with
// another cure.
func (d *document) atEnd() *SyntaxError {
	if len(bytes.TrimSpace(d.data[d.skipped:])) == 0 {
		return d.syntax(0, "the file is empty", "export the template again")
	}
	return d.syntax(len(d.data), "the JSON ends too early", "a closing quote, bracket or brace is missing, or the file was cut off")
}

// lastSolid is the offset of the last byte before at that is not white space, -1 if none.
func (d *document) lastSolid(at int) int {
	for at--; at >= 0; at-- {
		if strings.IndexByte(" \t\r\n", d.data[at]) < 0 {
			return at
		}
	}
	return -1
}

// culprit explains the character at which the document is broken. The character comes
// first, since word processors and web pages leave the same few; then the library's text,
// which says what it was looking for.
func culprit(r rune, detail string) (message, hint string) {
	switch {
	case strings.ContainsRune("“”„‟«»″", r):
		return fmt.Sprintf("a typographic quote %c where a straight one belongs", r), `replace it by " (a word processor or a chat changed it); or export again and save the file without opening it there`
	case strings.ContainsRune("'‘’‚`", r):
		return fmt.Sprintf("a quote %c that JSON does not know", r), `put names and texts in straight double quotes: "`
	case r == '\u00a0' || r == '\u200b' || r == '\ufeff' || r == '\u2028':
		return fmt.Sprintf("an invisible character U+%04X", r), "delete it; it comes from copying out of a web page"
	case r == '/' || r == '#':
		return "a comment, which JSON does not have", "remove the comment"
	case r < 0x20 && strings.Contains(detail, "string"):
		return "a line break or control character inside a text", `write \n for a line break, or join the lines`
	case strings.Contains(detail, "looking for beginning of object key"):
		return fmt.Sprintf("%q where a member's name in double quotes belongs", r), `write "name": …; is this JavaScript instead of JSON?`
	case strings.Contains(detail, "after object key:value pair"), strings.Contains(detail, "after array element"):
		return fmt.Sprintf("%q where a comma or the end belongs", r), "is a comma missing before it?"
	case strings.Contains(detail, "after top-level value"):
		return fmt.Sprintf("%q after the end of the document", r), "keep one document only"
	case strings.Contains(detail, "escape"):
		return fmt.Sprintf(`a backslash followed by %q, which is no escape`, r), `write \\ for a backslash`
	}
	return fmt.Sprintf("%q is not expected here", r), "check the quotes, commas and brackets around it"
}

package sources

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	unicodes "golang.org/x/text/encoding/unicode"
)

// notText refuses bytes that cannot be a table, before an encoding is guessed. Spreadsheet
// programs write no control characters but tabs and line ends. EBCDIC from a mainframe has
// other line ends, and its letters are bytes beyond ASCII.
func notText(head []byte) error {
	controls, high := 0, 0
	head = head[:min(len(head), sniffSize)]
	for _, b := range head {
		switch {
		case b < '\t', b > '\r' && b < 0x1a, b == 0x1b, b == 0x7f:
			controls++
		case b >= utf8.RuneSelf:
			high++
		}
	}
	// A stray control character is no reason to refuse a file. Two in a hundred bytes are.
	if controls > 2 && controls*50 > len(head) {
		return &FileError{Code: "ROW-FORMAT", Message: "it is not a text file: many of its bytes are no letters of any alphabet",
			Hint: "check that it is the right file; if it is a table in an encoding of its own, set rows.encoding"}
	}
	if high*2 > len(head) && !bytes.ContainsAny(head, "\n\r") && utf8.RuneCount(head) > len(head)*2/3 {
		return &FileError{Code: "ROW-FORMAT", Message: "it is not a text file as spreadsheet programs write them: it has no lines",
			Hint: "if it comes from a mainframe (EBCDIC), ask for it in UTF-8; if it is a table in another encoding, set rows.encoding"}
	}
	return nil
}

// unmarkedUTF16 recognises UTF-16 without a byte order mark. Line ends, delimiters and
// spaces have a zero byte on one side, even where the letters of the text have none.
func unmarkedUTF16(head []byte) (charset, bool) {
	for _, c := range []struct {
		name  string
		order binary.ByteOrder
		end   unicodes.Endianness
	}{{"UTF-16LE", binary.LittleEndian, unicodes.LittleEndian}, {"UTF-16BE", binary.BigEndian, unicodes.BigEndian}} {
		if plausibleUTF16(head, c.order) {
			return charset{enc: unicodes.UTF16(c.end, unicodes.IgnoreBOM), name: strings.ToLower(c.name), notice: unmarked(c.name)}, true
		}
	}
	return charset{}, false
}

// plausibleUTF16 reports whether bytes are text in one byte order. The text must have line
// ends, and no half letters, control characters or unassigned letters.
func plausibleUTF16(head []byte, order binary.ByteOrder) bool {
	if len(head) < 4 || bytes.IndexByte(head, 0) < 0 {
		return false
	}
	lines := 0
	half := false
	for i := 0; i+1 < len(head); i += 2 {
		u := rune(order.Uint16(head[i:]))
		switch {
		// A letter beyond U+FFFF consists of a high and a low half. A half without the
		// other does not occur in text.
		case half != (u >= 0xdc00 && u < 0xe000):
			return false
		case utf16.IsSurrogate(u):
			half = u < 0xdc00
			continue
		case u == '\n' || u == '\r':
			lines++
		case u == '\t':
		case u == 0xfffe, u == 0xffff, u == utf8.RuneError, !unicode.IsGraphic(u) && !unicode.Is(unicode.Cf, u):
			return false
		}
	}
	return lines > 0
}

package sources

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	unicodes "golang.org/x/text/encoding/unicode"
)

// notText refuses bytes that no table is made of, before anything is guessed
// about them. What spreadsheet programs write has no control characters but
// tabs and line ends; EBCDIC, which mainframes write, has its own line ends and
// hardly a letter that others have.
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

// notWestern refuses a text whose words are made of nothing but bytes that no
// plain letter has: Greek, Russian, Chinese. In which encoding they are nobody
// can tell, and as Windows-1252 each of them would be read wrong.
func notWestern(head []byte) error {
	high, inWords, run := 0, 0, 0
	for _, b := range append(head[:len(head):len(head)], ' ') {
		if b >= utf8.RuneSelf {
			high, run = high+1, run+1
			continue
		}
		if run >= 3 {
			inWords += run
		}
		run = 0
	}
	if inWords < 6 || inWords*2 < high {
		return nil
	}
	return &FileError{Code: "ROW-ENCODING-UNKNOWN", Message: "its letters are not Western ones, and it does not say how they are encoded",
		Hint: "export it as UTF-8, or set rows.encoding: windows-1251 (Russian), windows-1253 (Greek), gbk or big5 (Chinese), shift_jis (Japanese), euc-kr (Korean)"}
}

// unmarkedUTF16 recognises UTF-16 without a mark by its line ends, delimiters and
// spaces, which have a zero byte on one side. Its letters may have none at all.
func unmarkedUTF16(head []byte) (charset, bool) {
	for _, c := range []struct {
		name  string
		order binary.ByteOrder
		end   unicodes.Endianness
	}{{"UTF-16LE", binary.LittleEndian, unicodes.LittleEndian}, {"UTF-16BE", binary.BigEndian, unicodes.BigEndian}} {
		if plausibleUTF16(head, c.order) {
			return charset{enc: unicodes.UTF16(c.end, unicodes.IgnoreBOM), notice: unmarked(c.name)}, true
		}
	}
	return charset{}, false
}

// plausibleUTF16 reports whether bytes are text in an order: there are line
// ends, and no halves of letters, control characters or letters of nobody.
func plausibleUTF16(head []byte, order binary.ByteOrder) bool {
	if len(head) < 4 || bytes.IndexByte(head, 0) < 0 {
		return false
	}
	lines, half := 0, false
	for i := 0; i+1 < len(head); i += 2 {
		u := rune(order.Uint16(head[i:]))
		switch {
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

// legacy is an encoding that programs write without saying so.
type legacy struct {
	name string
	enc  *charmap.Charmap
}

// guessLegacy picks the encoding under which most bytes that stand beside plain
// letters are letters themselves: Zoë is "Zo\xeb" on Windows, "Zo\x91" where
// Excel wrote "CSV (Macintosh)", and "Zo\x89" where it wrote "CSV (MS-DOS)".
// Where it is the same it is Windows.
func guessLegacy(head []byte) (string, encoding.Encoding) {
	others := []legacy{{"MS-DOS (cp850)", charmap.CodePage850}, {"Mac Roman (macintosh)", charmap.Macintosh}}
	if !bytes.Contains(head, []byte("\n")) {
		others[0], others[1] = others[1], others[0] // the lines of an old Mac end in CR
	}
	best := legacy{"Windows-1252", charmap.Windows1252}
	most := best.fits(head)
	if most >= 0 {
		return best.name, best.enc // nothing speaks against it
	}
	for _, l := range others {
		if n := l.fits(head); n > most {
			best, most = l, n
		}
	}
	return best.name, best.enc
}

// fits counts the bytes behind a plain letter that this encoding has a letter
// for, less those that make no sense there: a capital beside a small letter, or a
// mark. Quotes, dashes and what follows words, as in ACME® and m², are neither.
func (l legacy) fits(head []byte) int {
	n := 0
	for i := 1; i < len(head); i++ {
		if head[i] < utf8.RuneSelf || head[i-1] >= utf8.RuneSelf || !unicode.IsLetter(rune(head[i-1])) {
			continue
		}
		next := ' '
		if i+1 < len(head) {
			next = rune(head[i+1])
		}
		n += likelihood(rune(head[i-1]), l.enc.DecodeByte(head[i]), next)
	}
	return n
}

// likelihood judges a letter or mark behind a plain letter, before another byte.
func likelihood(before, r, next rune) int {
	switch {
	case unicode.IsLower(r), unicode.IsLetter(r) && unicode.IsUpper(before) && !unicode.IsLower(next):
		return 1
	case strings.ContainsRune("’”»–—…\u00a0®™©°ªº¹²³·", r):
		return 0
	}
	return -1
}

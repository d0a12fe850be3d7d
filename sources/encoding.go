package sources

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// sampleSize is how much of a stream is looked at before it is read. A file is
// looked at as a whole, because its first accent may be in its last row.
const (
	sampleSize = 1 << 20
	sniffSize  = 64 << 10 // of decoded text, to find the delimiter
)

// charset is what is known about the bytes of a text.
type charset struct {
	enc    encoding.Encoding // nil: UTF-8, passed through
	name   string            // as rows.encoding has it; empty for UTF-8
	skip   int               // length of the byte order mark
	proven bool              // every byte was seen and is valid UTF-8
	notice *Notice
}

// named returns the charset a person asked for.
func named(name string, head []byte) (charset, error) {
	skip := markLength(head)
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "utf-8", "utf8", "utf-8-sig", "utf-8-bom":
		return charset{skip: skip}, nil
	case "cp850", "ibm850":
		return charset{enc: charmap.CodePage850, name: "cp850"}, nil
	case "cp437", "ibm437":
		return charset{enc: charmap.CodePage437, name: "cp437"}, nil
	case "cp852", "ibm852":
		return charset{enc: charmap.CodePage852, name: "cp852"}, nil
	case "utf-16", "utf16":
		if skip == 0 {
			return charset{enc: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), name: "utf-16le"}, nil
		}
		return marked(head), nil
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return charset{}, &FileError{Code: "ROW-ENCODING-NAME",
			Message: fmt.Sprintf("encoding %q is not known", name),
			Hint:    "usual names are utf-8, utf-16le, windows-1252, iso-8859-2, shift_jis, gbk"}
	}
	if enc == unicode.UTF8 {
		return charset{skip: skip}, nil
	}
	if !strings.HasPrefix(strings.ToLower(name), "utf-16") {
		skip = 0
	}
	return charset{enc: enc, name: strings.ToLower(strings.TrimSpace(name)), skip: skip}, nil
}

// markLength returns how many bytes a byte order mark takes.
func markLength(head []byte) int {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return 3
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return 2
	}
	return 0
}

// marked returns the charset that a byte order mark announces.
func marked(head []byte) charset {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return charset{enc: utf32.UTF32(utf32.LittleEndian, utf32.ExpectBOM)}
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return charset{enc: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), name: "utf-16le", skip: 2}
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return charset{enc: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), name: "utf-16be", skip: 2}
	}
	return charset{skip: markLength(head)}
}

// census counts what tells one encoding from another.
type census struct {
	size, multibyte, invalid int
	nulEven, nulOdd          int
	carry                    []byte // the start of a rune that the last block cut off
	evidence                 evidence
}

// add counts one more block of the text. With last set nothing follows it.
func (c *census) add(block []byte, last bool) {
	if c.size < sampleSize {
		c.countNUL(block)
	}
	c.size += len(block)
	c.evidence.add(block, last)
	if len(c.carry) > 0 {
		block = append(c.carry, block...)
		c.carry = nil
	}
	for len(block) > 0 {
		n := asciiPrefix(block)
		block = block[n:]
		if len(block) == 0 {
			return
		}
		r, size := utf8.DecodeRune(block)
		switch {
		case r != utf8.RuneError || size > 1:
			c.multibyte++
		case !last && !utf8.FullRune(block):
			c.carry = append([]byte(nil), block...)
			return
		default:
			c.invalid++
		}
		block = block[size:]
	}
}

// countNUL counts zero bytes at even and odd offsets: UTF-16 without a mark
// has them all on one side.
func (c *census) countNUL(block []byte) {
	if bytes.IndexByte(block, 0) < 0 {
		return
	}
	for i, b := range block {
		if b != 0 {
			continue
		}
		if (c.size+i)%2 == 0 {
			c.nulEven++
		} else {
			c.nulOdd++
		}
	}
}

// asciiPrefix returns how many bytes at the start are ASCII.
func asciiPrefix(b []byte) int {
	i := 0
	for i+8 <= len(b) {
		if (b[i]|b[i+1]|b[i+2]|b[i+3]|b[i+4]|b[i+5]|b[i+6]|b[i+7])&0x80 != 0 {
			break
		}
		i += 8
	}
	for i < len(b) && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// charset names the encoding that the counted bytes speak for. Text that is
// almost UTF-8 is damaged UTF-8, whose cells get faults; text that is often
// not is of the time before.
func (c *census) charset() charset {
	looked := min(c.size, sampleSize)
	switch {
	case c.nulOdd > looked/5 && c.nulEven < c.nulOdd/20:
		return charset{enc: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), name: "utf-16le", notice: unmarked("UTF-16LE")}
	case c.nulEven > looked/5 && c.nulOdd < c.nulEven/20:
		return charset{enc: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), name: "utf-16be", notice: unmarked("UTF-16BE")}
	case 4*c.invalid > c.multibyte:
		return charset{enc: charmap.Windows1252} // or another one: see [evidence.guessPage]
	}
	return charset{}
}

// guess names the encoding of bytes that do not say it: c has counted all of
// them, head is where they begin, and in has them all if it is a file.
func (c *census) guess(in io.Reader, head []byte, o Options) (charset, error) {
	guess := c.charset()
	if guess.notice != nil {
		return guess, nil
	}
	if wide, ok := unmarkedUTF16(head); ok {
		return wide, nil
	}
	if err := notText(head); err != nil {
		return charset{}, err
	}
	if guess.enc != nil {
		c.evidence.someUTF8 = c.multibyte > 0
		return c.evidence.guessPage(in, head, o)
	}
	return guess, nil
}

// unmarked is the notice of a guessed encoding; the sample follows when the
// first text that depends on the guess was read.
func unmarked(name string) *Notice {
	return &Notice{Code: "ROW-ENCODING-GUESSED", Column: -1,
		Message: "the file does not say how its letters are encoded; it was read as " + name,
		Hint:    "look at the sample; if it is wrong, set rows.encoding"}
}

// decode returns the text as UTF-8.
func (c charset) decode(r io.Reader) io.Reader {
	if c.enc == nil {
		return r
	}
	return c.enc.NewDecoder().Reader(r)
}

package sources

import (
	"bytes"
	"encoding/binary"
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

// sampleSize is how much of a stream is examined before reading begins. A file is examined
// as a whole, because its first accent may be in its last row.
const (
	sampleSize = 1 << 20
	sniffSize  = 64 << 10 // of decoded text, to find the delimiter
)

// charset is the encoding of a text, and how sure it is.
type charset struct {
	enc    encoding.Encoding // nil: UTF-8, passed through
	name   string            // as rows.encoding has it; empty for UTF-8
	skip   int               // length of the byte order mark
	proven bool              // every byte was seen and is valid UTF-8
	notice *Notice
}

// named returns the charset that the campaign names.
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
		// Without a mark the name alone leaves the byte order open. Windows writes the low
		// byte first.
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
	// Only UTF-16 has a mark to skip. In another encoding the same bytes are letters.
	if !strings.HasPrefix(strings.ToLower(name), "utf-16") {
		skip = 0
	}
	return charset{enc: enc, name: strings.ToLower(strings.TrimSpace(name)), skip: skip}, nil
}

// markLength returns the length of the byte order mark, or 0.
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
	// UTF-32 comes first: its little-endian mark begins with that of UTF-16.
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return charset{enc: utf32.UTF32(utf32.LittleEndian, utf32.ExpectBOM)}
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return charset{enc: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), name: "utf-16le", skip: 2}
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return charset{enc: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), name: "utf-16be", skip: 2}
	}
	return charset{skip: markLength(head)}
}

// census counts the bytes that tell one encoding from another.
type census struct {
	size, multibyte, invalid int
	nulEven, nulOdd          int
	carry                    []byte // the start of a rune that the last block cut off
}

// add counts one more block. last says that the text ends with it.
func (c *census) add(block []byte, last bool) {
	if c.size < sampleSize {
		c.countNUL(block)
	}
	c.size += len(block)
	if len(c.carry) > 0 {
		// A character may be split between two blocks. Its first bytes wait for the rest.
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
			// Not invalid yet: the rest of the character comes with the next block.
			return
		default:
			c.invalid++
		}
		block = block[size:]
	}
}

// countNUL counts zero bytes at even and odd offsets. Latin text in UTF-16 has all of them
// on one side.
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
	for i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 == 0 {
		i += 8
	}
	for i < len(b) && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// charset names the encoding that the counts point to. Text that is almost UTF-8 is damaged
// UTF-8, and its cells get faults. Text that is often invalid is in a code page from before
// Unicode.
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

// guess names the encoding of bytes that do not declare it. c has counted all bytes, head
// holds the first ones, and in gives access to the rest if it is a file. Only a text in a
// code page is read once more for its evidence, because most texts are in UTF-8.
func (c *census) guess(in io.Reader, head []byte, o Options) (charset, error) {
	guess := c.charset()
	if guess.notice != nil {
		return guess, nil
	}
	if wide, ok := unmarkedUTF16(head); ok {
		return wide, nil
	}
	// A code page reads any bytes. Files that are not text must be refused before one is
	// tried.
	if err := notText(head); err != nil {
		return charset{}, err
	}
	if guess.enc == nil {
		return guess, nil
	}
	found := evidence{someUTF8: c.multibyte > 0}
	if _, err := blocks(in, head, found.add); err != nil {
		return charset{}, err
	}
	return found.guessPage(in, head, o)
}

// unmarked returns the notice of a guessed encoding. Its sample is filled in later, by the
// first text that depends on the guess.
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

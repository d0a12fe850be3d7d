package workbook

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// kind says what a token is.
type kind byte

const (
	other   kind = iota // text, a comment, a declaration
	opening             // <row …>
	closing             // </row>
	single              // <row …/>
)

// token is a piece of XML, exactly as it stands in the file. It is valid until
// the next one is read.
type token struct {
	kind kind
	name string // without its prefix
	raw  []byte
}

func (t token) begins(name string) bool {
	return t.name == name && (t.kind == opening || t.kind == single)
}
func (t token) ends(name string) bool {
	return t.name == name && (t.kind == closing || t.kind == single)
}

// mostToken bounds a piece; a cell's text has at most 32,767 characters.
const mostToken = 4 << 20

var errToken = errors.New("a piece of XML is too long")

// scanner cuts XML into tokens without changing a byte, several times faster
// than a decoder, which would have to write everything anew.
type scanner struct {
	r    *bufio.Reader
	long []byte // holds a token that is longer than the reader's buffer
}

func newScanner(r io.Reader) *scanner { return &scanner{r: bufio.NewReaderSize(r, 1<<16)} }

// next returns io.EOF at the end.
func (s *scanner) next() (token, error) {
	first, err := s.r.Peek(1)
	if err != nil {
		return token{}, err
	}
	if first[0] != '<' {
		return s.text()
	}
	raw, err := s.until('>', isComplete)
	if err != nil {
		return token{}, unexpected(err)
	}
	return markup(raw), nil
}

func (s *scanner) text() (token, error) {
	raw, err := s.until('<', nil)
	switch {
	case err == nil:
		return token{raw: raw[:len(raw)-1]}, s.r.UnreadByte()
	case errors.Is(err, io.EOF):
		return token{raw: raw}, nil
	}
	return token{}, err
}

// until reads up to a byte, further if what was read is not complete.
func (s *scanner) until(end byte, complete func([]byte) bool) ([]byte, error) {
	raw, err := s.r.ReadSlice(end)
	if err == nil && (complete == nil || complete(raw)) {
		return raw, nil
	}
	s.long = append(s.long[:0], raw...)
	for err == nil || errors.Is(err, bufio.ErrBufferFull) {
		if err == nil && (complete == nil || complete(s.long)) {
			return s.long, nil
		}
		if len(s.long) > mostToken {
			return nil, errToken
		}
		raw, err = s.r.ReadSlice(end)
		s.long = append(s.long, raw...)
	}
	return s.long, err
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// isComplete reports whether markup that ends in > ends there: a > may stand in
// a comment, in CDATA and between quotes.
func isComplete(raw []byte) bool {
	switch {
	case bytes.HasPrefix(raw, []byte("<!--")):
		return len(raw) >= 7 && bytes.HasSuffix(raw, []byte("-->"))
	case bytes.HasPrefix(raw, []byte("<![CDATA[")):
		return bytes.HasSuffix(raw, []byte("]]>"))
	case bytes.HasPrefix(raw, []byte("<?")):
		return bytes.HasSuffix(raw, []byte("?>"))
	}
	var quote byte
	for _, c := range raw {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		}
	}
	return quote == 0
}

func markup(raw []byte) token {
	switch {
	case raw[1] == '!' || raw[1] == '?':
		return token{raw: raw}
	case raw[1] == '/':
		return token{closing, localName(raw[2:]), raw}
	case raw[len(raw)-2] == '/':
		return token{single, localName(raw[1:]), raw}
	}
	return token{opening, localName(raw[1:]), raw}
}

// localName reads a name up to what cannot belong to it. The names that occur a
// million times cost no memory.
func localName(b []byte) string {
	if end := bytes.IndexAny(b, " \t\r\n/>"); end >= 0 {
		b = b[:end]
	}
	if colon := bytes.IndexByte(b, ':'); colon >= 0 {
		b = b[colon+1:]
	}
	switch string(b) {
	case "c":
		return "c"
	case "v":
		return "v"
	case "row":
		return "row"
	}
	return string(b)
}

// prefix returns the name space prefix of an element's name, with its colon.
func prefix(raw []byte) string {
	name := bytes.TrimLeft(raw, "</")
	if end := bytes.IndexAny(name, " \t\r\n/>"); end >= 0 {
		name = name[:end]
	}
	return string(name[:bytes.IndexByte(name, ':')+1])
}

// attribute finds an attribute without a prefix by its name; from and to say
// where in raw its value stands.
func attribute(raw []byte, name string) (from, to int, ok bool) {
	for at := 0; ; {
		i := bytes.Index(raw[at:], []byte(name+"="))
		if i < 0 {
			return 0, 0, false
		}
		at += i + len(name) + 1
		if before := raw[at-len(name)-2]; before != ' ' && before != '\t' && before != '\n' && before != '\r' {
			continue
		}
		if at >= len(raw) {
			return 0, 0, false
		}
		length := bytes.IndexByte(raw[at+1:], raw[at])
		if length < 0 {
			return 0, 0, false
		}
		return at + 1, at + 1 + length, true
	}
}

func value(raw []byte, name string) string {
	from, to, _ := attribute(raw, name)
	return string(raw[from:to])
}

// number reads an attribute that counts; what is no number is 0.
func number(raw []byte, name string) int {
	n, err := strconv.Atoi(value(raw, name))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// withValue returns the tag with another value of an attribute that it has.
func withValue(raw []byte, name, value string) []byte {
	from, to, ok := attribute(raw, name)
	if !ok {
		return raw
	}
	return append(append(append([]byte(nil), raw[:from]...), value...), raw[to:]...)
}

// columnOf reads the column of an address such as "AB12"; 0 where there is none.
func columnOf(address []byte) int {
	column := 0
	for _, c := range address {
		if c < 'A' || c > 'Z' {
			break
		}
		if column = column*26 + int(c-'A') + 1; column > mostColumns {
			return 0
		}
	}
	return column
}

// letters is the inverse of columnOf.
func letters(column int) string {
	var b []byte
	for ; column > 0; column = (column - 1) / 26 {
		b = append([]byte{byte('A' + (column-1)%26)}, b...)
	}
	return string(b)
}

func badSheet(why string) error { return fmt.Errorf("%w: %s", ErrWorkbook, why) }

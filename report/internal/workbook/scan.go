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
	name []byte // without its prefix
	raw  []byte
}

func (t token) is(name string) bool { return string(t.name) == name }

func (t token) begins(name string) bool {
	return (t.kind == opening || t.kind == single) && t.is(name)
}

func (t token) ends(name string) bool { return (t.kind == closing || t.kind == single) && t.is(name) }

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
	return s.tag()
}

// tag returns the next markup, and skips the text before it.
func (s *scanner) tag() (token, error) {
	raw, err := s.r.ReadSlice('>')
	var end ending
	if err == nil && end.found(raw) {
		return markup(raw[end.from:]), nil
	}
	s.long = append(s.long[:0], raw...)
	for err == nil || errors.Is(err, bufio.ErrBufferFull) {
		if len(s.long) > mostToken {
			return token{}, errToken
		}
		raw, err = s.r.ReadSlice('>')
		s.long = append(s.long, raw...)
		if err == nil && end.found(s.long) {
			return markup(s.long[end.from:]), nil
		}
	}
	return token{}, unexpected(err)
}

func (s *scanner) text() (token, error) {
	raw, err := s.r.ReadSlice('<')
	if err == nil {
		return token{raw: raw[:len(raw)-1]}, s.r.UnreadByte()
	}
	if errors.Is(err, bufio.ErrBufferFull) || errors.Is(err, io.EOF) {
		return token{raw: raw}, nil // a long text comes in pieces
	}
	return token{}, err
}

// ending finds the end of markup in text that arrives in pieces, each of which
// ends in >. Such a character may also stand in text, in a comment, in CDATA and
// between quotes. It looks at each byte once.
type ending struct {
	begun bool
	from  int // where the markup begins
	seen  int // bytes that have been looked at
	quote byte
}

// found looks at what was added to the text since it was last asked.
func (e *ending) found(all []byte) bool {
	if !e.begun {
		at := bytes.IndexByte(all[e.seen:], '<')
		if at < 0 {
			e.seen = len(all)
			return false
		}
		e.begun, e.from, e.seen = true, e.seen+at, e.seen+at
	}
	tag := all[e.from:]
	if len(tag) > 1 && (tag[1] == '!' || tag[1] == '?') {
		return endsSpecial(tag)
	}
	for _, c := range all[e.seen:] {
		switch {
		case c != '"' && c != '\'':
		case e.quote == 0:
			e.quote = c
		case e.quote == c:
			e.quote = 0
		}
	}
	e.seen = len(all)
	return e.quote == 0
}

func endsSpecial(tag []byte) bool {
	switch {
	case bytes.HasPrefix(tag, []byte("<!--")):
		return len(tag) >= len("<!---->") && bytes.HasSuffix(tag, []byte("-->"))
	case bytes.HasPrefix(tag, []byte("<![CDATA[")):
		return bytes.HasSuffix(tag, []byte("]]>"))
	}
	return tag[1] == '!' || bytes.HasSuffix(tag, []byte("?>"))
}

// copyUntil copies what comes up to a mark, and skips the mark. It is how most
// of a large sheet is copied: without looking at its cells.
func (s *scanner) copyUntil(w io.Writer, mark []byte) error {
	for {
		if _, err := s.r.Peek(len(mark)); err != nil {
			return err
		}
		buffered, _ := s.r.Peek(s.r.Buffered())
		n, found := bytes.Index(buffered, mark), true
		if n < 0 {
			n, found = len(buffered)-len(mark)+1, false // the mark may begin in what is left
		}
		if _, err := w.Write(buffered[:n]); err != nil {
			return err
		}
		if found {
			n += len(mark)
		}
		if _, err := s.r.Discard(n); err != nil || found {
			return err
		}
	}
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
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

// localName reads a name up to what cannot belong to it.
func localName(b []byte) []byte {
	from := 0
	for i, c := range b {
		switch c {
		case ':':
			from = i + 1
		case ' ', '\t', '\r', '\n', '/', '>':
			return b[from:i]
		}
	}
	return b[from:]
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

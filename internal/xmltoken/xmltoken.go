// Package xmltoken cuts the XML of workbooks into tokens, some ten times faster than
// encoding/xml, which matters for millions of cells.
//
// A [Scanner] keeps every byte: its tokens, put together, are the text that was read, so
// that a part can be rewritten and stay as it was. A [Reader] returns elements and their
// text alone, and checks that every element that was opened is closed. [UTF8] decodes
// parts in other encodings.
//
// Names are compared with their name space. A document's own elements are those of its
// root's name space, with any prefix. Elements of other name spaces are foreign, and so
// is everything inside them or inside a list of extensions: programs add such elements
// under names that the format has as well, with other meanings.
package xmltoken

import (
	"bytes"
	"errors"
	"io"
)

// Kind says what a token is.
type Kind byte

// The kinds of tokens. A long text, CDATA section or comment comes in several tokens.
const (
	Text    Kind = iota // between tags, with entities
	CDATA               // text without entities
	Other               // a comment or an instruction, and the marks around CDATA
	Doctype             // the beginning of a document type, in which entities could be defined
	Open                // <row …>
	Close               // </row>
	Single              // <row …/>
)

// Token is a piece of XML, exactly as it stands in the file. It is valid until the
// next one is read.
type Token struct {
	Kind Kind
	Raw  []byte

	name, rest int  // where the name without its prefix begins, and where it ends
	foreign    bool // it is no element of the document's own, or text in one
	crossed    bool // it closes another element than the last one that was opened
}

// Name returns the name of an element of the document's own, without its prefix; ""
// of other tokens.
func (t *Token) Name() []byte {
	if t.foreign {
		return nil
	}
	return t.Raw[t.name:t.rest]
}

// Tag returns the name of an element with its prefix, as it stands in the file.
func (t *Token) Tag() []byte { return t.Raw[t.lead():t.rest] }

// Prefix returns the prefix of an element's name, with its colon; "" where it has
// none.
func (t *Token) Prefix() string { return string(t.rawPrefix()) }

// rawPrefix is Prefix without a copy.
func (t *Token) rawPrefix() []byte { return t.Raw[t.lead():t.name] }

// lead is where the name begins with its prefix.
func (t *Token) lead() int {
	switch t.Kind {
	case Open, Single:
		return 1
	case Close:
		return 2
	case Text, CDATA, Other, Doctype:
	}
	return 0
}

// IsText reports whether the token is text of the document.
func (t *Token) IsText() bool { return t.Kind <= CDATA }

// IsElement reports whether the token begins or ends an element.
func (t *Token) IsElement() bool { return t.Kind >= Open }

// Is reports whether the token belongs to an element of the document's own of that
// name.
func (t *Token) Is(name string) bool { return string(t.Name()) == name }

// Begins reports whether the token begins such an element.
func (t *Token) Begins(name string) bool {
	return (t.Kind == Open || t.Kind == Single) && t.Is(name)
}

// Ends reports whether the token ends such an element.
func (t *Token) Ends(name string) bool {
	return (t.Kind == Close || t.Kind == Single) && t.Is(name)
}

// most bounds a tag; the text of a cell has at most 32,767 characters.
const most = 4 << 20

// ErrTooLong is returned when a tag has more bytes than any workbook's.
var ErrTooLong = errors.New("a tag is too long")

// Scanner cuts XML into tokens without changing a byte.
type Scanner struct {
	in       io.Reader
	buf      []byte
	pos, end int
	eof      bool
	mark     string // ends the comment, instruction or section that is being read
	inside   Kind   // of what stands before the mark
	token    Token  // the last one
	context
}

// NewScanner returns a scanner of a document, or of a part of one.
func NewScanner(in io.Reader) *Scanner { return &Scanner{in: in, buf: make([]byte, 64<<10)} }

// Next returns the next token. It returns io.EOF at the end, and
// io.ErrUnexpectedEOF where a token breaks off.
func (s *Scanner) Next() (*Token, error) {
	s.leave()
	for s.pos == s.end {
		if err := s.more(); err != nil {
			if s.mark != "" {
				err = Unexpected(err)
			}
			return nil, err
		}
	}
	switch {
	case s.mark != "":
		return s.within()
	case s.buf[s.pos] != '<':
		return s.text()
	}
	return s.markup()
}

// NextMarkup returns the next token that is not text.
func (s *Scanner) NextMarkup() (*Token, error) {
	for {
		if t, err := s.Next(); err != nil || t.Kind != Text {
			return t, err
		}
	}
}

// CopyUntil copies the text up to the tag that closes the last opened element, and skips
// that tag. Most of a large sheet is copied in this way, without looking at its cells.
func (s *Scanner) CopyUntil(w io.Writer, mark []byte) error {
	s.leave()
	for {
		rest := s.buf[s.pos:s.end]
		n := bytes.Index(rest, mark)
		found := n >= 0
		if !found {
			n = max(len(rest)-len(mark)+1, 0) // the mark may begin in what is left
		}
		if _, err := w.Write(rest[:n]); err != nil {
			return err
		}
		if s.pos += n; found {
			s.pos += len(mark)
			s.pop()
			return nil
		}
		if err := s.more(); err != nil {
			return err
		}
	}
}

// Skip skips the text up to a mark, with which the next token begins. A mark in a comment
// or in a section without markup does not count.
func (s *Scanner) Skip(mark []byte) error {
	s.leave()
	for {
		rest := s.buf[s.pos:s.end]
		n, odd := bytes.Index(rest, mark), specialAt(rest)
		switch {
		case odd >= 0 && (n < 0 || odd < n):
			s.pos += odd
			if err := s.skipSpecial(); err != nil {
				return err
			}
			continue
		case n >= 0:
			s.pos += n
			return nil
		}
		s.pos += max(len(rest)-len(mark)+1, 0) // the mark may begin in what is left
		if err := s.more(); err != nil {
			return Unexpected(err)
		}
	}
}

// endsName reports whether a name ends so many bytes behind what is taken.
func (s *Scanner) endsName(n int) (bool, error) {
	for s.end-s.pos <= n {
		if err := s.more(); err != nil {
			return false, Unexpected(err)
		}
	}
	b := s.buf[s.pos+n]
	return isSpace(b) || b == '>', nil
}

// specialAt finds the first <! in a text; -1 where there is none. An ! is rare.
func specialAt(s []byte) int {
	for from := 0; ; {
		n := bytes.IndexByte(s[from:], '!')
		if n < 0 {
			return -1
		}
		if from += n; from > 0 && s[from-1] == '<' {
			return from - 1
		}
		from++
	}
}

// skipSpecial skips a comment or a section.
func (s *Scanner) skipSpecial() error {
	for {
		t, err := s.Next()
		if err != nil {
			return Unexpected(err)
		}
		if t.Kind == Doctype {
			return errDoctype
		}
		if s.mark == "" {
			return nil
		}
	}
}

// Unexpected makes an end that comes in the middle of something an error.
func Unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// more reads more bytes behind those that are not taken yet.
func (s *Scanner) more() error {
	if s.eof {
		return io.EOF
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= most {
			return ErrTooLong
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := s.in.Read(s.buf[s.end:])
	s.end += n
	if s.eof = errors.Is(err, io.EOF); s.eof && n > 0 {
		return nil
	}
	return err
}

// take makes a token of the next bytes.
func (s *Scanner) take(n int, kind Kind) *Token {
	s.token = Token{Kind: kind, Raw: s.buf[s.pos : s.pos+n], foreign: s.hides()}
	s.pos += n
	return &s.token
}

// text returns the text up to the next tag or the end of the buffer.
func (s *Scanner) text() (*Token, error) {
	for {
		rest := s.buf[s.pos:s.end]
		n := bytes.IndexByte(rest, '<')
		if n < 0 {
			if n = len(rest); !s.eof {
				n = wholeText(rest)
			}
		}
		if n > 0 {
			return s.take(n, Text), nil
		}
		if err := s.more(); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
}

// within returns the text before the mark, and then the mark.
func (s *Scanner) within() (*Token, error) {
	for {
		rest, mark := s.buf[s.pos:s.end], []byte(s.mark)
		n := bytes.Index(rest, mark)
		switch {
		case n == 0:
			s.mark = ""
			return s.take(len(mark), Other), nil
		case n < 0:
			n = len(rest) - len(mark) + 1 // the mark may begin in what is left
			n = whole(rest[:max(n, 0)])
		}
		if n > 0 {
			return s.take(n, s.inside), nil
		}
		if err := s.more(); err != nil {
			return nil, Unexpected(err)
		}
	}
}

// markup returns a token that begins with <.
func (s *Scanner) markup() (*Token, error) {
	for s.end-s.pos < len("<![CDATA[") && !s.eof {
		if err := s.more(); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	head := s.buf[s.pos:s.end]
	if len(head) > 1 && (head[1] == '!' || head[1] == '?') {
		return s.special(head), nil
	}
	return s.tag()
}

// special returns the beginning of markup that is no tag.
func (s *Scanner) special(head []byte) *Token {
	s.inside = Other
	switch {
	case head[1] == '?':
		s.mark = "?>"
		return s.take(len("<?"), Other)
	case bytes.HasPrefix(head, []byte("<!--")):
		s.mark = "-->"
		return s.take(len("<!--"), Other)
	case bytes.HasPrefix(head, []byte("<![CDATA[")):
		s.mark = "]]>"
		s.inside = CDATA
		return s.take(len("<![CDATA["), Other)
	}
	s.mark = ">"
	return s.take(len("<!"), Doctype)
}

// tag returns a tag. A > in an attribute's quotes does not end it.
func (s *Scanner) tag() (*Token, error) {
	at := 1
	quote := byte(0)
	for {
		rest := s.buf[s.pos:s.end]
		if end := bytes.IndexByte(rest, '>'); at == 1 && end > 0 && outsideOfQuotes(rest[1:end]) {
			return s.place(s.take(end+1, Open).named())
		}
		for ; at < len(rest); at++ {
			switch b := rest[at]; {
			case quote != 0:
				if b == quote {
					quote = 0
				}
			case b == '"' || b == '\'':
				quote = b
			case b == '>':
				return s.place(s.take(at+1, Open).named())
			}
		}
		if err := s.more(); err != nil {
			return nil, Unexpected(err)
		}
	}
}

// outsideOfQuotes reports, fast, whether the text after s is surely outside of quotes.
func outsideOfQuotes(s []byte) bool {
	return bytes.IndexByte(s, '\'') < 0 && bytes.Count(s, []byte{'"'})%2 == 0
}

// named finds out which kind of tag a token is, and its name.
func (t *Token) named() *Token {
	raw := t.Raw
	t.name = 1
	switch {
	case raw[1] == '/':
		t.Kind = Close
		t.name = 2
	case raw[len(raw)-2] == '/':
		t.Kind = Single
	}
	for i := t.name; i < len(raw); i++ {
		switch raw[i] {
		case ':':
			t.name = i + 1
		case ' ', '\t', '\r', '\n', '/', '>':
			t.rest = i
			return t
		}
	}
	return t
}

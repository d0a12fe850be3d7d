package xmltoken

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// WellFormed reads a document to its end and returns what makes it no XML, or none
// with name spaces: programs refuse such a part, or a whole workbook for it. It is
// stricter than a [Reader], which reads what strangers write, and shares no code that
// cuts tokens with it, so that one finds the other's mistakes.
func WellFormed(in io.Reader) error {
	w := wellFormed{in: UTF8(in), buf: make([]byte, 256<<10)}
	for {
		n, err := w.piece(w.buf[w.pos:w.end])
		switch {
		case err != nil:
			return err
		case n > 0:
			w.pos += n
		case w.eof && w.pos == w.end:
			return w.finish()
		case w.eof:
			return io.ErrUnexpectedEOF
		default:
			if err := w.more(); err != nil {
				return err
			}
		}
	}
}

// wellFormed is the state of the check after the part of a document that was read.
type wellFormed struct {
	in       io.Reader
	buf      []byte
	pos, end int
	eof      bool

	names []byte // of the open elements, with their prefixes
	open  []opened
	bound []string    // the prefixes that are declared, with their colons, and what they stand for
	seen  []attribute // of the tag that is being read
	roots int
	marks int // how many ] the text ended with
}

// opened is an open element: where its name begins, and how many declarations there
// were outside of it.
type opened struct{ name, bound int }

// attribute is the name of one, with the length of its prefix.
type attribute struct {
	name  []byte
	colon int
}

// more reads more bytes behind those that are not taken yet.
func (w *wellFormed) more() error {
	copy(w.buf, w.buf[w.pos:w.end])
	w.end -= w.pos
	w.pos = 0
	if w.end == len(w.buf) {
		if len(w.buf) >= most {
			return ErrTooLong
		}
		w.buf = append(w.buf, make([]byte, len(w.buf))...)
	}
	n, err := w.in.Read(w.buf[w.end:])
	w.end += n
	if w.eof = errors.Is(err, io.EOF); w.eof {
		return nil
	}
	return err
}

// finish judges the document at its end.
func (w *wellFormed) finish() error {
	switch {
	case len(w.open) > 0:
		return fmt.Errorf("the element <%s> is not closed", w.names[w.open[len(w.open)-1].name:])
	case w.roots != 1:
		return fmt.Errorf("it has %d elements that no other holds, not one", w.roots)
	}
	return nil
}

// piece checks the beginning of a text and returns its length; 0 if more text is needed
// to decide.
func (w *wellFormed) piece(s []byte) (int, error) {
	if len(s) == 0 {
		return 0, nil
	}
	if s[0] != '<' {
		n := bytes.IndexByte(s, '<')
		if n < 0 {
			if n = len(s); !w.eof {
				n = wholeText(s)
			}
		}
		return n, w.text(s[:n])
	}
	w.marks = 0
	if len(s) < len("<![CDATA[") && !w.eof || len(s) < 2 {
		return 0, nil
	}
	switch s[1] {
	case '/':
		return w.shut(s)
	case '!', '?':
		return w.special(s)
	}
	return w.tag(s)
}

// text checks text between tags.
func (w *wellFormed) text(s []byte) error {
	for i, b := range s {
		if b >= utf8.RuneSelf || b < ' ' || b == '&' || b == '>' || b == ']' {
			return w.oddText(s, i)
		}
	}
	w.marks = 0
	if len(w.open) == 0 {
		return w.outside(s)
	}
	return nil
}

// oddText checks text that has more than plain letters, from a place on.
func (w *wellFormed) oddText(s []byte, from int) error {
	if from > 0 {
		w.marks = 0
	}
	for _, b := range s[from:] {
		switch {
		case b == '>' && w.marks >= len("]]"):
			return errors.New("its text has ]]> in it")
		case b == ']':
			w.marks++
		default:
			w.marks = 0
		}
	}
	if err := w.outside(s); err != nil {
		return err
	}
	return content(s[from:])
}

// outside refuses text that stands in no element.
func (w *wellFormed) outside(s []byte) error {
	if len(w.open) == 0 && len(bytes.Trim(s, spaces)) > 0 {
		return errors.New("text stands outside of all elements")
	}
	return nil
}

// special checks a comment, an instruction or a section.
func (w *wellFormed) special(s []byte) (int, error) {
	begin, end := "<?", "?>"
	switch {
	case bytes.HasPrefix(s, []byte("<!--")):
		begin, end = "<!--", "-->"
	case bytes.HasPrefix(s, []byte("<![CDATA[")):
		begin, end = "<![CDATA[", "]]>"
		if len(w.open) == 0 {
			return 0, errors.New("text stands outside of all elements")
		}
	case s[1] == '!':
		return 0, errDoctype
	}
	n := bytes.Index(s[len(begin):], []byte(end))
	if n < 0 {
		return 0, nil
	}
	inside := s[len(begin) : len(begin)+n]
	if begin == "<!--" && (bytes.Contains(inside, []byte("--")) || bytes.HasSuffix(inside, []byte("-"))) {
		return 0, errors.New("a comment has -- in it")
	}
	return len(begin) + n + len(end), characters(inside)
}

// shut checks a tag that ends an element.
func (w *wellFormed) shut(s []byte) (int, error) {
	end := bytes.IndexByte(s, '>')
	if end < 0 {
		return 0, nil
	}
	if len(w.open) == 0 {
		return 0, errors.New("an element is closed that was not opened")
	}
	last := w.open[len(w.open)-1]
	rest, ok := bytes.CutPrefix(s[len("</"):end], w.names[last.name:])
	if !ok || len(rest) > 0 && len(bytes.Trim(rest, spaces)) > 0 {
		return 0, errors.New("an element is closed under another name than it was opened with")
	}
	w.names = w.names[:last.name]
	w.bound = w.bound[:last.bound]
	w.open = w.open[:len(w.open)-1]
	return end + 1, nil
}

// tag checks a tag that begins an element.
func (w *wellFormed) tag(s []byte) (int, error) {
	name, colon, ok := takeName(s[1:])
	if !ok {
		return 0, w.unless(s, "the name of %s is none")
	}
	before := len(w.bound)
	at := 1 + len(name)
	single := false
	for w.seen = w.seen[:0]; ; {
		space := len(s) - at - len(withoutSpace(s[at:]))
		if at += space; at+1 >= len(s) {
			if at < len(s) && s[at] == '>' {
				break
			}
			return 0, nil
		}
		if single = s[at] == '/' && s[at+1] == '>'; single || s[at] == '>' {
			break
		}
		n, err := w.attribute(s[at:], space > 0)
		if n == 0 || err != nil {
			w.bound = w.bound[:before]
			return 0, err
		}
		at += n
	}
	if err := w.declared(name, colon, before); err != nil {
		return 0, err
	}
	if len(w.open) == 0 {
		w.roots++
	}
	if single {
		w.bound = w.bound[:before]
		return at + len("/>"), nil
	}
	if len(w.open) >= maxDepth {
		return 0, errTooDeep
	}
	w.open = append(w.open, opened{len(w.names), before})
	w.names = append(w.names, name...)
	return at + len(">"), nil
}

// unless returns an error, unless the tag may continue behind the text that was read.
func (w *wellFormed) unless(s []byte, format string) error {
	if !w.eof && bytes.IndexByte(s, '>') < 0 {
		return nil
	}
	return fmt.Errorf(format, short(s))
}

// attribute checks one attribute and returns its length; 0 if it continues behind the
// text that was read.
func (w *wellFormed) attribute(s []byte, apart bool) (int, error) {
	name, colon, ok := takeName(s)
	rest := withoutSpace(s[len(name):])
	if len(rest) < 2 && !w.eof {
		return 0, nil
	}
	if !ok || !apart || len(rest) < 2 || rest[0] != '=' {
		return 0, fmt.Errorf("%s is no attribute", short(s))
	}
	rest = withoutSpace(rest[1:])
	if len(rest) == 0 {
		return 0, nil
	}
	quote := rest[0]
	if quote != '"' && quote != '\'' {
		return 0, fmt.Errorf("%s is no attribute", short(s))
	}
	end := bytes.IndexByte(rest[1:], quote)
	if end < 0 {
		return 0, nil
	}
	value := rest[1 : end+1]
	for _, a := range w.seen {
		if bytes.Equal(a.name, name) {
			return 0, fmt.Errorf("%s is there twice", short(s))
		}
	}
	w.seen = append(w.seen, attribute{name, colon})
	switch {
	case string(name) == "xmlns":
		w.bound = append(w.bound, "", string(appendValue(nil, value)))
	case string(name[:colon]) == "xmlns:":
		w.bound = append(w.bound, string(name[colon:])+":", string(appendValue(nil, value)))
	}
	return len(s) - len(rest) + end + 2, w.value(value)
}

// value checks the value of an attribute.
func (w *wellFormed) value(s []byte) error {
	for i, b := range s {
		if b >= utf8.RuneSelf || b < ' ' || b == '&' || b == '<' {
			if bytes.IndexByte(s[i:], '<') >= 0 {
				return errors.New("an attribute has a < in it")
			}
			return content(s[i:])
		}
	}
	return nil
}

// declared checks the prefixes of a tag, and that no two attributes have one name
// under prefixes that stand for the same.
func (w *wellFormed) declared(name []byte, colon, before int) error {
	if _, ok := w.space(name[:colon]); !ok {
		return fmt.Errorf("the prefix of <%s> is not declared", name)
	}
	for i, a := range w.seen {
		if a.colon == 0 {
			continue
		}
		space, ok := w.space(a.name[:a.colon])
		if !ok {
			return fmt.Errorf("the prefix of %s is not declared", a.name)
		}
		for _, b := range w.seen[:i] {
			other, _ := w.space(b.name[:b.colon])
			if b.colon > 0 && other == space && bytes.Equal(a.name[a.colon:], b.name[b.colon:]) {
				return fmt.Errorf("%s is there twice", a.name)
			}
		}
	}
	for i := before; i < len(w.bound); i += 2 {
		if w.bound[i] != "" && w.bound[i+1] == "" {
			return fmt.Errorf("the prefix %s stands for nothing", w.bound[i])
		}
	}
	return nil
}

// space returns the name space of a prefix; the empty prefix is always declared.
func (w *wellFormed) space(prefix []byte) (string, bool) {
	switch string(prefix) {
	case "":
		return "", true
	case "xml:", "xmlns:":
		return string(prefix), true
	}
	for i := len(w.bound) - 2; i >= 0; i -= 2 {
		if w.bound[i] == string(prefix) {
			return w.bound[i+1], true
		}
	}
	return "", false
}

// takeName returns the name that a text begins with, and the length of its prefix.
// Names of workbooks are ASCII; that others are refused is on the safe side.
func takeName(s []byte) (name []byte, colon int, ok bool) {
	part := 0 // where the part begins that is being read
	for i, b := range s {
		switch {
		case isLetter(b):
		case i > part && (b >= '0' && b <= '9' || b == '-' || b == '.'):
		case b == ':' && i > 0 && colon == 0:
			colon, part = i+1, i+1
		default:
			return s[:i], colon, i > part
		}
	}
	return s, colon, false
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' }

// content checks text with references.
func content(s []byte) error {
	if err := characters(s); err != nil {
		return err
	}
	for {
		amp := bytes.IndexByte(s, '&')
		if amp < 0 {
			return nil
		}
		s = s[amp:]
		r, n := reference(s)
		if n == 0 || !isCharacter(r) {
			return fmt.Errorf("%s is no character", short(s))
		}
		s = s[n:]
	}
}

// characters checks that a text has none that XML cannot hold.
func characters(s []byte) error {
	for i := 0; i < len(s); {
		if s[i] >= ' ' && s[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		if n == 1 && r == utf8.RuneError || !isCharacter(r) {
			return fmt.Errorf("%q is no character", s[i:i+n])
		}
		i += n
	}
	return nil
}

// isCharacter reports whether XML can hold a character.
func isCharacter(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r < 0xd800 || r >= 0xe000 && r < 0xfffe || r >= 0x10000 && r <= utf8.MaxRune
}

// short is the beginning of a text, for a message: a name, and no row's values.
func short(s []byte) string {
	if end := bytes.IndexAny(s, spaces+"/>;="); end > 1 {
		s = s[:end]
	}
	return fmt.Sprintf("%q", s[:min(len(s), 40)])
}

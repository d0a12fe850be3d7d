package sources

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

const (
	maxTag   = 1 << 20 // bytes of one XML tag
	maxDepth = 200     // levels of XML elements; a sheet has 6
)

// token is what an XML scanner finds.
type token int

const (
	tokenEnd   token = iota // of an element
	tokenStart              // of an element
	tokenText
)

// xmlScanner reads the parts of a workbook some ten times faster than
// encoding/xml, which matters for millions of cells. It knows elements,
// attributes, text, CDATA and the predefined entities; a document type, with
// which entities could be defined, is refused.
type xmlScanner struct {
	in       io.Reader
	buf      []byte
	pos, end int
	eof      bool
	depth    int
	name     []byte // of the last element, without its prefix
	attrs    []byte
	text     []byte // with entities, unless cdata
	cdata    bool
	inCDATA  bool
	pending  bool // <a/> stands for <a></a>
}

// newXMLScanner returns a scanner for UTF-8, which all spreadsheet programs
// write.
func newXMLScanner(in io.Reader) *xmlScanner {
	return &xmlScanner{in: in, buf: make([]byte, 64<<10)}
}

// next returns the next token; io.EOF only when every element was closed.
// Text may come in pieces.
func (x *xmlScanner) next() (token, error) {
	if x.pending {
		x.pending = false
		x.depth--
		return tokenEnd, nil
	}
	for {
		if x.inCDATA {
			return x.cdataText()
		}
		if x.pos == x.end {
			if err := x.more(); err != nil {
				return 0, x.atEnd(err)
			}
			continue
		}
		if x.buf[x.pos] != '<' {
			return x.plainText()
		}
		t, found, err := x.markup()
		if err != nil || found {
			return t, err
		}
	}
}

// atEnd tells the end of the document from a document that breaks off.
func (x *xmlScanner) atEnd(err error) error {
	if errors.Is(err, io.EOF) && x.depth != 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// more reads more bytes behind those that are not taken yet.
func (x *xmlScanner) more() error {
	if x.eof {
		return io.EOF
	}
	if x.pos > 0 {
		copy(x.buf, x.buf[x.pos:x.end])
		x.end -= x.pos
		x.pos = 0
	}
	if x.end == len(x.buf) {
		if len(x.buf) >= maxTag {
			return errors.New("a tag is too long")
		}
		x.buf = append(x.buf, make([]byte, len(x.buf))...)
	}
	n, err := x.in.Read(x.buf[x.end:])
	x.end += n
	if errors.Is(err, io.EOF) {
		x.eof = true
		if n == 0 {
			return io.EOF
		}
		return nil
	}
	return err
}

// plainText returns the text up to the next tag or the end of the buffer. An
// entity is not cut in two.
func (x *xmlScanner) plainText() (token, error) {
	rest := x.buf[x.pos:x.end]
	n := bytes.IndexByte(rest, '<')
	if n < 0 {
		n = len(rest)
		if amp := bytes.LastIndexByte(rest, '&'); amp >= 0 && bytes.IndexByte(rest[amp:], ';') < 0 && len(rest)-amp < 16 && !x.eof {
			n = amp
		}
		if n == 0 {
			if err := x.more(); err != nil {
				return 0, x.atEnd(err)
			}
			return x.plainText()
		}
	}
	x.text, x.cdata = rest[:n], false
	x.pos += n
	return tokenText, nil
}

// cdataText returns the text of a CDATA section up to its end or the end of
// the buffer.
func (x *xmlScanner) cdataText() (token, error) {
	for {
		rest := x.buf[x.pos:x.end]
		if i := bytes.Index(rest, []byte("]]>")); i >= 0 {
			x.text, x.cdata, x.inCDATA = rest[:i], true, false
			x.pos += i + 3
			return tokenText, nil
		}
		if len(rest) > 2 {
			x.text, x.cdata = rest[:len(rest)-2], true
			x.pos += len(rest) - 2
			return tokenText, nil
		}
		if err := x.more(); err != nil {
			return 0, unexpected(err)
		}
	}
}

// unexpected makes an end that comes in the middle of something an error.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// need makes at least n bytes available, if the document has them.
func (x *xmlScanner) need(n int) ([]byte, error) {
	for x.end-x.pos < n && !x.eof {
		if err := x.more(); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	return x.buf[x.pos:min(x.end, x.pos+n)], nil
}

// markup takes what begins with <. It reports whether that is a token.
func (x *xmlScanner) markup() (token, bool, error) {
	head, err := x.need(9)
	if err != nil {
		return 0, false, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("<!--")):
		return 0, false, x.skip("-->")
	case bytes.HasPrefix(head, []byte("<?")):
		return 0, false, x.skip("?>")
	case bytes.HasPrefix(head, []byte("<![CDATA[")):
		x.pos += 9
		x.inCDATA = true
		return 0, false, nil
	case bytes.HasPrefix(head, []byte("<!")):
		return 0, false, errors.New("it has a document type, which no workbook needs")
	}
	tag, err := x.tag()
	if err != nil {
		return 0, false, err
	}
	t, err := x.element(tag)
	return t, true, err
}

// skip takes everything up to and including a mark.
func (x *xmlScanner) skip(mark string) error {
	x.pos += 2
	for {
		rest := x.buf[x.pos:x.end]
		if i := bytes.Index(rest, []byte(mark)); i >= 0 {
			x.pos += i + len(mark)
			return nil
		}
		x.pos += max(len(rest)-len(mark)+1, 0)
		if err := x.more(); err != nil {
			return unexpected(err)
		}
	}
}

// tag takes a tag and returns what stands between < and >. A > in an
// attribute's quotes does not end it.
func (x *xmlScanner) tag() ([]byte, error) {
	at, quote := 1, byte(0)
	for {
		rest := x.buf[x.pos:x.end]
		for ; at < len(rest); at++ {
			switch b := rest[at]; {
			case quote != 0:
				if b == quote {
					quote = 0
				}
			case b == '"' || b == '\'':
				quote = b
			case b == '>':
				x.pos += at + 1
				return rest[1:at], nil
			}
		}
		if err := x.more(); err != nil {
			return nil, unexpected(err)
		}
	}
}

// element makes a token of a tag.
func (x *xmlScanner) element(tag []byte) (token, error) {
	if len(tag) > 0 && tag[0] == '/' {
		x.depth--
		if x.depth < 0 {
			return 0, errors.New("an element is closed that was not opened")
		}
		x.name, x.attrs = localName(bytes.TrimRight(tag[1:], " \t\r\n")), nil
		return tokenEnd, nil
	}
	if x.depth++; x.depth > maxDepth {
		return 0, errors.New("its elements are nested too deeply")
	}
	if n := len(tag); n > 0 && tag[n-1] == '/' {
		tag, x.pending = tag[:n-1], true
	}
	i := bytes.IndexAny(tag, " \t\r\n")
	if i < 0 {
		i = len(tag)
	}
	x.name, x.attrs = localName(tag[:i]), tag[i:]
	if len(x.name) == 0 {
		return 0, errors.New("an element has no name")
	}
	return tokenStart, nil
}

// localName returns a name without its namespace prefix.
func localName(name []byte) []byte {
	return name[bytes.IndexByte(name, ':')+1:]
}

// attr takes the first attribute from the list and returns the rest; the name
// is empty at the end.
func attr(list []byte) (name, value, rest []byte) {
	list = bytes.TrimLeft(list, " \t\r\n")
	eq := bytes.IndexByte(list, '=')
	if eq < 0 {
		return nil, nil, nil
	}
	name = bytes.TrimRight(list[:eq], " \t\r\n")
	list = bytes.TrimLeft(list[eq+1:], " \t\r\n")
	if len(list) == 0 || list[0] != '"' && list[0] != '\'' {
		return nil, nil, nil
	}
	end := bytes.IndexByte(list[1:], list[0])
	if end < 0 {
		return nil, nil, nil
	}
	return name, list[1 : end+1], list[end+2:]
}

// attribute returns an attribute of the last started element by its name
// without prefix, or "".
func (x *xmlScanner) attribute(want string) string {
	for name, value, rest := attr(x.attrs); len(name) > 0; name, value, rest = attr(rest) {
		if string(localName(name)) == want {
			return string(appendUnescaped(nil, value))
		}
	}
	return ""
}

// appendText appends the last text with its entities resolved.
func (x *xmlScanner) appendText(to []byte) []byte {
	if x.cdata {
		return append(to, x.text...)
	}
	return appendUnescaped(to, x.text)
}

// appendUnescaped resolves the predefined entities and character references.
// Anything else stays as it is.
func appendUnescaped(to, s []byte) []byte {
	for {
		amp := bytes.IndexByte(s, '&')
		if amp < 0 {
			return append(to, s...)
		}
		to = append(to, s[:amp]...)
		s = s[amp:]
		end := bytes.IndexByte(s[:min(len(s), 16)], ';')
		r, ok := rune(0), false
		if end > 0 {
			r, ok = entity(string(s[1:end]))
		}
		if !ok {
			to, s = append(to, '&'), s[1:]
			continue
		}
		to, s = utf8.AppendRune(to, r), s[end+1:]
	}
}

// entity returns the character of an entity's name.
func entity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	base, digits := 10, name[1:]
	if digits[0] == 'x' || digits[0] == 'X' {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return rune(n), err == nil
}

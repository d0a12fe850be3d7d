package xmltoken

import (
	"bytes"
)

const spaces = " \t\r\n"

// Prefix returns the name space prefix of a tag's name, with its colon; "" where it
// has none.
func Prefix(tag []byte) string {
	name := bytes.TrimLeft(tag, "</")
	if end := bytes.IndexAny(name, spaces+"/>"); end >= 0 {
		name = name[:end]
	}
	return string(name[:bytes.IndexByte(name, ':')+1])
}

// Attributes returns the attributes of a tag, to be taken by [Attribute].
func (t *Token) Attributes() []byte { return t.Raw[t.rest:] }

// Attribute takes the first attribute from a list and returns the rest; the name is
// empty at the end. The value has its entities still.
func Attribute(list []byte) (name, value, rest []byte) {
	list = withoutSpace(list)
	eq := bytes.IndexByte(list, '=')
	if eq < 0 {
		return nil, nil, nil
	}
	if name = list[:eq]; eq > 0 && isSpace(name[eq-1]) {
		name = bytes.TrimRight(name, spaces)
	}
	list = withoutSpace(list[eq+1:])
	if len(list) == 0 || list[0] != '"' && list[0] != '\'' {
		return nil, nil, nil
	}
	end := bytes.IndexByte(list[1:], list[0])
	if end < 0 {
		return nil, nil, nil
	}
	return name, list[1 : end+1], list[end+2:]
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

// withoutSpace returns a text from its first character that is no space.
func withoutSpace(s []byte) []byte {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	return s
}

// Value returns an attribute that has no prefix, or "".
func (t *Token) Value(want string) string {
	from, to, _ := t.Find(want)
	return string(appendValue(nil, t.Raw[from:to]))
}

// Find finds an attribute that has no prefix; from and to say where in Raw its
// value stands.
func (t *Token) Find(want string) (from, to int, ok bool) {
	for name, value, rest := Attribute(t.Attributes()); len(name) > 0; name, value, rest = Attribute(rest) {
		if string(name) == want {
			to = len(t.Raw) - len(rest) - len(`"`)
			return to - len(value), to, true
		}
	}
	return 0, 0, false
}

// AppendText appends the text of a token with its entities resolved. A line end is a
// line feed, however the file has it.
func (t *Token) AppendText(to []byte) []byte {
	switch t.Kind {
	case Text:
		return appendUnescaped(to, lineFeeds(t.Raw))
	case CDATA:
		return append(to, lineFeeds(t.Raw)...)
	case Other, Doctype, Open, Close, Single:
	}
	return to
}

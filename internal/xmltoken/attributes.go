package xmltoken

import (
	"bytes"
	"strconv"
	"unicode/utf8"
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

// Value returns an attribute by its name without prefix, or "".
func (t *Token) Value(want string) string {
	for name, value, rest := Attribute(t.Attributes()); len(name) > 0; name, value, rest = Attribute(rest) {
		if string(localName(name)) == want {
			return string(appendUnescaped(nil, value))
		}
	}
	return ""
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

// localName returns a name without its prefix.
func localName(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

// AppendText appends the text of a token with its entities resolved.
func (t *Token) AppendText(to []byte) []byte {
	switch t.Kind {
	case Text:
		return appendUnescaped(to, t.Raw)
	case CDATA:
		return append(to, t.Raw...)
	case Other, Doctype, Open, Close, Single:
	}
	return to
}

// longestEntity bounds an entity: &#x0000010FFFF; is one of the longest.
const longestEntity = 16

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
		end := bytes.IndexByte(s[:min(len(s), longestEntity)], ';')
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

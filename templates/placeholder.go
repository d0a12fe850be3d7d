package templates

import (
	"strconv"
	"unicode/utf8"
)

// Placeholder is a text in braces inside a JSON string. Its offsets are bytes of the raw
// text of the string, with the quotes.
type Placeholder struct {
	Start, End int    // raw[Start:End] is {name}, with its braces
	Name       string // "" when the text in the braces is no name
	Raw        string // as it was written, with its braces
}

// Placeholders finds all texts in braces in the raw text of a JSON string. A brace may
// also be written as \u007b. A brace without its partner is returned as well, without a
// name, so that it can be reported.
func Placeholders(raw []byte) []Placeholder {
	var found []Placeholder
	open := -1
	var name []byte
	for i := 0; i < len(raw); {
		r, size := rawRune(raw[i:])
		switch {
		case r == '{':
			if open >= 0 {
				found = append(found, odd(raw, open, i))
			}
			open = i
			name = name[:0]
		case r == '}' && open >= 0:
			found = append(found, closed(raw, open, i+size, name))
			open = -1
		case r == '}':
			found = append(found, odd(raw, i, i+size))
		case open >= 0:
			name = utf8.AppendRune(name, r)
		}
		i += size
	}
	if open >= 0 {
		found = append(found, odd(raw, open, len(raw)-1))
	}
	return found
}

// closed is a placeholder with both braces.
func closed(raw []byte, start, end int, name []byte) Placeholder {
	p := odd(raw, start, end)
	if isName(name) {
		p.Name = string(name)
	}
	return p
}

// odd is a placeholder whose text is no name.
func odd(raw []byte, start, end int) Placeholder {
	return Placeholder{Start: start, End: end, Raw: string(raw[start:end])}
}

// rawRune returns the character at the beginning of a JSON string's raw text, and the
// number of bytes that it takes there. The halves of a surrogate pair count as two
// characters, which does no harm: neither is a brace or belongs to a name.
func rawRune(raw []byte) (rune, int) {
	if raw[0] != '\\' || len(raw) < 2 {
		return utf8.DecodeRune(raw)
	}
	if raw[1] != 'u' || len(raw) < 6 {
		return '\\', 2
	}
	code, err := strconv.ParseUint(string(raw[2:6]), 16, 32)
	if err != nil {
		return '\\', 2
	}
	return rune(code), 6
}

// isName follows rule COL-V2: a name matches ^[A-Za-z_][A-Za-z0-9_]*$.
func isName(name []byte) bool {
	for i, b := range name {
		letter := b == '_' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
		digit := b >= '0' && b <= '9'
		if !letter && (!digit || i == 0) {
			return false
		}
	}
	return len(name) > 0
}

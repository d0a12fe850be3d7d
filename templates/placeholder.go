package templates

import (
	"strconv"
	"unicode/utf8"
)

// Placeholder is something in braces inside a JSON string, in bytes of its raw text.
type Placeholder struct {
	Start, End int    // raw[Start:End] is {name}, with its braces
	Name       string // "" when what is in the braces is no name
	Raw        string // as it was written, with its braces
}

// Placeholders finds everything in braces in the raw text of a JSON string. A brace may
// also be written as \u007b; a single brace without its partner is found too.
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
			open, name = i, name[:0]
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

func closed(raw []byte, start, end int, name []byte) Placeholder {
	p := odd(raw, start, end)
	if isName(name) {
		p.Name = string(name)
	}
	return p
}

func odd(raw []byte, start, end int) Placeholder {
	return Placeholder{Start: start, End: end, Raw: string(raw[start:end])}
}

// rawRune is the character a JSON string's raw text stands for at its beginning, and how
// many bytes it takes. Halves of surrogate pairs count one by one; none is a brace.
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

// isName: COL-V2, ^[A-Za-z_][A-Za-z0-9_]*$.
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

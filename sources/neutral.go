package sources

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Neutralize returns a text that a spreadsheet program does not run as a formula when it
// opens a CSV file. It puts a ' in front of a text that begins with =, @, TAB or CR, or
// with + or - unless a number or phone number follows. It looks behind blanks and line
// breaks, which some programs skip, and for the wide signs of Chinese and Japanese
// keyboards, which some programs treat as plain ones.
//
// A text that already looks neutralized gets one more ', so that [Restore] is the exact
// inverse for every string.
func Neutralize(s string) string {
	if runs(strings.TrimLeft(s, "'")) {
		return "'" + s
	}
	return s
}

// Restore takes off the prefix that [Neutralize] puts on, and nothing else: 'tis stays
// 'tis. The readers of CSV files apply it to every cell.
func Restore(s string) string {
	if len(s) > 1 && s[0] == '\'' && runs(strings.TrimLeft(s, "'")) {
		return s[1:]
	}
	return s
}

// runs reports whether a spreadsheet program may take a cell for a formula.
func runs(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == '\t' || s[0] == '\r' {
		return true
	}
	if s[0] <= ' ' || s[0] >= utf8.RuneSelf {
		s = strings.TrimLeftFunc(s, unseenInFront)
	}
	switch r, n := utf8.DecodeRuneInString(s); r {
	case '=', '@', '\uff1d', '\uff20', '\ufe66', '\ufe6b', '\u207c', '\u208c':
		return true
	case '+', '-', '\uff0b', '\uff0d', '\ufe62', '\ufe63', '\u207a', '\u207b', '\u208a', '\u208b':
		return !isNumber(s[n:])
	}
	return false
}

// unseenInFront reports whether a program may drop a character from the front of a cell.
func unseenInFront(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// isNumber reports whether a number or phone number, and nothing else, follows a sign.
// "-2+3+cmd|…" begins with a number and is an attack.
func isNumber(s string) bool {
	// ParseFloat also accepts "Inf" and "NaN", which are words here.
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s[0] >= '0' && s[0] <= '9' || s[0] == '.'
	}
	digits := 0
	for _, r := range strings.TrimSuffix(s, "%") {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune(" .,()/-\u00a0\u202f", r):
			return false
		}
	}
	return digits > 0
}

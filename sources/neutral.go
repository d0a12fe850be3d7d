package sources

import (
	"strconv"
	"strings"
)

// Neutralize returns text that a spreadsheet program will not run as a formula
// when it opens a CSV file: a ' goes in front of what begins with =, @, TAB or
// CR, or with + or - and is neither a number nor a phone number.
//
// A text that already looks neutralized gets one more ', so that [Restore] is
// the exact inverse for every string.
func Neutralize(s string) string {
	if runs(strings.TrimLeft(s, "'")) {
		return "'" + s
	}
	return s
}

// Restore takes off exactly the prefix that [Neutralize] puts on, and nothing
// else: 'tis stays 'tis. The readers of CSV files apply it to every cell.
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
	switch s[0] {
	case '=', '@', '\t', '\r':
		return true
	case '+', '-':
		return !isNumber(s[1:])
	}
	return false
}

// isNumber reports whether what follows a sign is a number or phone number and
// nothing else: "-2+3+cmd|…" begins with a number and is an attack.
func isNumber(s string) bool {
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

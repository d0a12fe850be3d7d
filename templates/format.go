package templates

import (
	"errors"
	"strings"
	"unicode"
)

// convertError says what a text should have looked like, and how to mend it.
type convertError struct {
	want, hint string
	twofold    bool // it could be two numbers, and must not be guessed
}

func (e *convertError) Error() string { return e.want }

// newFormatter reads a format pattern. With # it is a number, as spreadsheets
// write it: #,##0.00. With digits other than 0, or a month's or weekday's name,
// it is a date in Go's notation: 2 January 2006. Zeros alone are a number, and
// letters alone a date as spreadsheets write it: d MMMM yyyy.
func newFormatter(pattern string, loc *locale) (formatter, error) {
	bare := withoutLiterals(pattern)
	switch {
	case strings.ContainsRune(bare, '#'):
		return newNumberFormat(pattern, loc)
	case strings.ContainsAny(bare, "123456789") || containsAny(bare, "Jan", "Mon"):
		return newDateFormat(pattern, loc)
	case strings.ContainsRune(bare, '0'):
		return newNumberFormat(pattern, loc)
	case strings.ContainsFunc(bare, func(r rune) bool {
		return strings.ContainsRune("dMyE", unicode.ToUpper(r)) || strings.ContainsRune("dMyE", r)
	}):
		layout, err := goLayout(pattern)
		if err != nil {
			return nil, err
		}
		return newDateFormat(layout, loc)
	}
	return nil, errors.New("it is neither a number's nor a date's")
}

// withoutLiterals blanks quoted text out of a pattern, byte for byte, so that
// places in it are places in the pattern.
func withoutLiterals(pattern string) string {
	masked := []byte(pattern)
	quote := byte(0)
	for i, c := range masked {
		isQuote := c == '"' || c == '\''
		if quote != 0 || isQuote {
			masked[i] = ' '
		}
		switch {
		case quote == 0 && isQuote:
			quote = c
		case quote == c:
			quote = 0
		}
	}
	return string(masked)
}

// unquoteLiterals keeps quoted text and drops the quotes; two in a row are one.
func unquoteLiterals(s string) string {
	s = strings.ReplaceAll(s, "''", "\x00")
	s = strings.NewReplacer("\"", "", "'", "").Replace(s)
	return strings.ReplaceAll(s, "\x00", "'")
}

func containsAny(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// Package form reads numbers and dates that people write into sheets, and writes them in a
// given format for a given place.
//
//	loc := form.Of(language.German)
//	write, err := form.New("#,##0.00 €", loc)
//	text, err := write("1234.5") // 1.234,50 €
//
// The result depends on the format, the place and the text alone, and not on the clock, the
// zone of the machine or a float. A text that may be two numbers or two days is an error. So
// is a format that would leave some of its letters in the text.
package form

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Format writes a text in another form. Its error tells a person the expected form.
type Format func(text string) (string, error)

// Error describes the expected form of a text, and how to reach it.
type Error struct {
	// Want says what is wrong, and Hint what to do.
	Want, Hint string
	// Twofold says that the text could be two numbers, and must not be guessed.
	Twofold bool
}

// Error returns Want.
func (e *Error) Error() string { return e.Want }

// New reads a format. A format with # is a number as spreadsheets write it: #,##0.00. A
// format with digits other than 0, or with the name of a month or weekday, is a date in Go's
// notation: 2 January 2006. Zeros alone are a number. Letters alone are a date as
// spreadsheets write it: d MMMM yyyy.
//
// Text stands in quotes, or behind a backslash for each character. Words and signs without
// a meaning in formats need no quotes. A sign with a meaning in another program is an
// error, because it would only be copied here.
func New(format string, loc *Locale) (Format, error) {
	p, err := readPattern(format)
	if err != nil {
		return nil, err
	}
	switch {
	case p.has("#"):
		return newNumberFormat(p, loc)
	case isLayout(p):
		return newDateFormat(layoutParts(p), loc)
	case p.has("0"):
		return newNumberFormat(p, loc)
	case p.has("dDmMyYeE"):
		parts, err := spreadsheetParts(p)
		if err != nil {
			return nil, err
		}
		return newDateFormat(parts, loc)
	}
	return nil, errors.New("it is neither a number's nor a date's")
}

// pattern is a format with its quotes resolved.
type pattern struct {
	runes  []rune
	quoted []bool // which of them are quoted, and so are plain text
}

// readPattern resolves the quotes of a format: '…' and "…", where two ' in a row stand for
// one, and a backslash in front of one character.
func readPattern(format string) (pattern, error) {
	var p pattern
	var open rune
	runes := []rune(format)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		next := i+1 < len(runes)
		switch {
		case r == '\'' && open != '"' && next && runes[i+1] == '\'':
			p.add('\'', true)
			i++
		case r == open:
			open = 0
		case open == 0 && (r == '"' || r == '\''):
			open = r
		case open == 0 && r == '\\' && next:
			i++
			p.add(runes[i], true)
		default:
			p.add(r, open != 0)
		}
	}
	// Excel users write #'##0.00 for Switzerland. The error names the right way.
	if open != 0 {
		return p, fmt.Errorf("a quote %c is opened and not closed; for the thousands of Switzerland write #,##0.00 and set the campaign's locale to de-CH", open)
	}
	return p, nil
}

// add appends a character.
func (p *pattern) add(r rune, quoted bool) {
	p.runes = append(p.runes, r)
	p.quoted = append(p.quoted, quoted)
}

// cut returns a part of the pattern.
func (p pattern) cut(from, to int) pattern { return pattern{p.runes[from:to], p.quoted[from:to]} }

// is reports whether one of some characters stands at a place, unquoted.
func (p pattern) is(at int, set string) bool {
	return at >= 0 && at < len(p.runes) && !p.quoted[at] && strings.ContainsRune(set, p.runes[at])
}

// has reports whether one of some characters stands anywhere, unquoted.
func (p pattern) has(set string) bool {
	for i := range p.runes {
		if p.is(i, set) {
			return true
		}
	}
	return false
}

// follows reports whether a word stands at a place, unquoted.
func (p pattern) follows(at int, word string) bool {
	for _, r := range word {
		if !p.is(at, string(r)) {
			return false
		}
		at++
	}
	return true
}

// codes are signs with a meaning in the formats of other programs: Excel, ICU, strftime,
// printf. Copied into a text they would always be wrong.
const codes = "#?*_[]{};@<>=|`~^‰¤\\"

// foreign returns an error for the first unquoted sign with a meaning in another program.
func (p pattern) foreign(more string) error {
	for i, r := range p.runes {
		if p.is(i, codes+more) {
			return fmt.Errorf("%q means nothing here; put it into quotes if it is to stand in the text", r)
		}
	}
	return nil
}

// latin reports whether a character is a letter of the Latin alphabet.
func latin(r rune) bool { return unicode.Is(unicode.Latin, r) }

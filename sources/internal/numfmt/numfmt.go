// Package numfmt writes the value of a workbook's cell as its number format
// shows it. Where it does not know how, it returns an error instead of a guess.
//
// A format code is read once:
//
//	parse   each section into items: literals, places for digits, parts of dates
//	settle  what each section makes of a number: a number, a date, a time, or not known
//
// and writes any number of values:
//
//	pick    the section by sign or condition
//	write   its items with the number, or with the moment that it stands for
//
// Some formats look different from computer to computer. Their values are written in the
// plainest form, and [Shown] marks them. A value that this package cannot write as
// spreadsheet programs do is an [*UnknownError], so that a serial number or a letter of
// the code never takes the place of a date.
package numfmt

import (
	"errors"
	"math"
	"strings"
	"time"
)

// Format is a number format code, parsed and ready to write values.
type Format struct {
	code     string
	sections []*section // for numbers, at most three
	text     *section   // for texts: the section with an @, or the fourth
}

// Kind tells how a format reads a number.
type Kind int

const (
	// General is a cell without a format of its own.
	General Kind = iota
	// Number is digits.
	Number
	// Date is a day, with or without a time.
	Date
	// Time is a time of day, or how much time has passed.
	Time
)

// Shown is the result of a format: the text of a cell, and what it depends on.
type Shown struct {
	Text   string
	Kind   Kind
	At     time.Time // the moment of a Date, zero for none; for a Time only its clock counts
	Clock  bool      // the format shows a time
	Marks  bool      // the format writes a decimal point or groups of thousands
	Named  bool      // a month, a day or AM/PM is in English, because no language is said
	Slash  bool      // a / stands for the date separator of no known language
	System bool      // the computer decides how it looks: the text is ISO 8601
}

// ErrNoDate is returned when a format of dates meets a number without a date. Examples are
// Excel's 29 February 1900, and its 0 January 1900, which a formula returns for an empty
// cell.
var ErrNoDate = errors.New("no date has the number")

// UnknownError is returned when it is not known how a spreadsheet program shows a value.
type UnknownError struct {
	Code string // the format code
	Part string // the unknown part of it, in words
	// Plain is true where the section writes a plain number in another notation,
	// such as 1.5E+3 for 1500. The number itself says the same.
	Plain bool
}

// Error names the unknown part of the code.
func (e *UnknownError) Error() string {
	return "format " + e.Code + ": " + e.Part + " is not known"
}

// MaxCode is Excel's own limit of the length of a format code. A longer code is unknown, so
// a forged one costs no time.
const MaxCode = 255

// Parse reads a format code. It never fails: an unknown part is reported when a value needs
// it, since other sections may be fine.
func Parse(code string) *Format {
	f := &Format{code: code}
	if code == "" {
		return f
	}
	if len(code) > MaxCode {
		f.sections = []*section{{unknown: "a code of more than 255 bytes"}}
		return f
	}
	for _, s := range splitSections(code) {
		f.sections = append(f.sections, parseSection(s))
	}
	// The section for texts is the last one: the fourth, or one with an @.
	n := len(f.sections)
	switch {
	case n > 4:
		f.sections = []*section{{unknown: "a fifth section"}}
	case n == 4:
		f.text = f.sections[3]
		f.sections = f.sections[:3]
	case f.sections[n-1].has('@'):
		f.text = f.sections[n-1]
		f.sections = f.sections[:n-1]
	}
	return f
}

// Code returns the format code.
func (f *Format) Code() string { return f.code }

// Number writes a number. date1904 is the workbook's date system.
func (f *Format) Number(v float64, date1904 bool) (Shown, error) {
	p, signed, err := f.pick(v)
	if err != nil {
		return Shown{}, err
	}
	shown := Shown{Kind: p.kind, Clock: p.clock, System: p.system, Marks: f.marks()}
	// Units of time need a moment; everything else is written from the number itself.
	if p.kind != Date && p.kind != Time {
		if p.unknown != "" {
			return shown, f.unknown(p)
		}
		shown.Text, err = p.number(v, signed)
		return shown, f.named(err)
	}
	m, err := momentOf(v, date1904, p)
	shown.At = m.at
	// An unknown code is the better explanation for the user, who can change it.
	if err != nil && p.unknown == "" {
		return shown, err
	}
	return f.date(p, m, shown)
}

// Moment writes a date that a cell stores as a date. The text is empty if the format is not
// one of dates.
func (f *Format) Moment(at time.Time) (Shown, error) {
	// Every date counts as a positive number, so the first section applies.
	p, _, err := f.pick(1)
	if err != nil {
		return Shown{At: at}, err
	}
	shown := Shown{Kind: p.kind, Clock: p.clock, System: p.system, At: at}
	if p.kind != Date && p.kind != Time {
		return shown, nil
	}
	m := momentAt(at, p)
	shown.At = m.at
	return f.date(p, m, shown)
}

// date writes a moment in a section.
func (f *Format) date(p *section, m moment, shown Shown) (Shown, error) {
	if p.unknown != "" {
		return shown, f.unknown(p)
	}
	if p.system {
		shown.Text = iso(m.at, p)
		return shown, nil
	}
	text, err := p.date(m)
	// Names and separators without a language are guesses, and the caller reports them.
	shown.Text = strings.Trim(text, " ")
	shown.Named = p.named && !p.tag.said
	shown.Slash = p.slash && p.tag.separator() == ""
	return shown, f.named(err)
}

// Text applies the format of a cell to a text. Few formats change a text.
func (f *Format) Text(s string) (string, error) {
	if f.text == nil || f.code == "@" {
		return s, nil
	}
	if f.text.unknown != "" {
		return s, f.unknown(f.text)
	}
	return strings.Trim(f.text.around(s), " "), nil
}

// unknown returns the error about the unknown part of a section.
func (f *Format) unknown(p *section) error {
	return &UnknownError{Code: f.code, Part: p.unknown, Plain: p.plain}
}

// named adds the code to an error from below, where the code is not known.
func (f *Format) named(err error) error {
	var e *UnknownError
	if errors.As(err, &e) {
		e.Code = f.code
	}
	return err
}

// marks reports whether the format writes decimal points or groups thousands. The whole
// format counts, so that all cells of a column get the same notice.
func (f *Format) marks() bool {
	for _, p := range f.sections {
		if p.kind == Number && (p.fracs > 0 || p.thousand) {
			return true
		}
	}
	return false
}

// pick returns the section for a number, and whether the section shows the sign itself. A
// section for negative numbers alone does.
func (f *Format) pick(v float64) (p *section, signed bool, err error) {
	s := f.sections
	if len(s) == 0 {
		return &section{general: true, items: []item{{kind: 'G'}}}, false, nil
	}
	// Conditions replace the usual order of positive, negative and zero.
	if p, signed, conditional := f.conditional(v); conditional {
		if p == nil {
			return nil, false, &UnknownError{Code: f.code, Part: "what it shows where no condition is met"}
		}
		return p, signed, nil
	}
	switch {
	case v < 0 && len(s) > 1:
		return s[1], true, nil
	case v == 0 && len(s) > 2:
		return s[2], false, nil
	}
	return s[0], false, nil
}

// conditional returns the section of a format with conditions, or nil if none applies. A
// code of one section whose condition fails leaves the number plain.
func (f *Format) conditional(v float64) (p *section, signed, conditional bool) {
	var other *section
	for i, p := range f.sections {
		switch {
		// The first section without a condition takes the numbers that no condition takes.
		case p.cond == "":
			if other == nil {
				other = f.sections[i]
			}
		case holds(v, p.cond, p.limit):
			// A section for negative numbers writes its own sign, or hides it on purpose.
			return p, v < 0 && p.limit <= 0 && p.cond[0] == '<', true
		default:
			conditional = true
		}
	}
	if !conditional {
		return nil, false, false
	}
	if other == nil && len(f.sections) == 1 {
		other = &section{general: true, items: []item{{kind: 'G'}}}
	}
	first := f.sections[0]
	// Behind [>0] the second section holds the negative numbers, and writes the sign as it
	// likes.
	return other, v < 0 && len(f.sections) > 1 && other == f.sections[1] && first.limit == 0 && strings.HasPrefix(first.cond, ">"), true
}

// holds reports whether a number meets a condition.
func holds(v float64, cond string, limit float64) bool {
	switch cond {
	case "<":
		return v < limit
	case "<=":
		return v <= limit
	case ">":
		return v > limit
	case ">=":
		return v >= limit
	case "=":
		return v == limit
	case "<>":
		return v != limit
	}
	return false
}

// Plain writes a number as a cell without a format shows it: whole numbers with all digits,
// others with ten.
func Plain(v float64) string {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return ""
	}
	return general(v)
}

// Separator returns the date separator of the language that the format names, "" where it
// names none that is known.
func (f *Format) Separator() string {
	if len(f.sections) == 0 {
		return ""
	}
	return f.sections[0].tag.separator()
}

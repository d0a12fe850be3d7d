package form

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// Locale describes how a place writes numbers and dates.
type Locale struct {
	tag       language.Tag
	decimal   string      // between units and tenths
	group     string      // between thousands
	secondary int         // digits of the groups after the first: 3, or 2 in India
	zero      rune        // of the digits in use there
	calendars [2]calendar // its own, and the English one for reading
}

// Of returns the locale of a language. It writes a sample number with the Unicode locale
// data and reads the signs from it, because the data has no other interface.
func Of(tag language.Tag) *Locale {
	loc := &Locale{tag: tag, decimal: ".", group: ",", secondary: 3, zero: '0'}
	base, _ := tag.Base()
	loc.calendars = [2]calendar{calendarNames(base.String()), calendarNames("en")}
	sample := []rune(message.NewPrinter(tag).Sprint(number.Decimal(12345678.5, number.Scale(1))))
	var separators []string
	var runs []int
	// The number has eight digits, enough to show groups of two as in India.
	for i, run := 0, 0; i <= len(sample); i++ {
		if i < len(sample) && unicode.IsDigit(sample[i]) {
			run++
			continue
		}
		runs = append(runs, run)
		run = 0
		if i < len(sample) {
			separators = append(separators, string(sample[i]))
		}
	}
	// A locale that does not group digits shows one sign only, and keeps the defaults.
	if n := len(separators); n >= 2 && n == len(runs)-1 {
		loc.group, loc.decimal = separators[0], separators[n-1]
		loc.secondary = runs[max(1, n-2)]
		loc.zero = sample[0] - rune('1'-'0')
	}
	return loc
}

// Number is an exact decimal number. It holds digits and no float, because it may be an
// amount of money in a video.
type Number struct {
	negative bool
	whole    string // at least one digit, no leading zeros
	fraction string // without trailing zeros
}

// ReadNumber reads a number as people write it in sheets: with the locale's signs or a
// plain point, with currency signs around it, a minus on either side or parentheses, and a
// percent sign.
func (l *Locale) ReadNumber(text string) (Number, error) {
	body, negative, percent := bareNumber(text)
	// A spreadsheet may have saved the number with an exponent. Its digits are resolved
	// before the locale's signs are.
	if whole, fraction, ok := scientific(body); ok {
		body = whole + "." + fraction
	}
	whole, fraction, err := l.split(body)
	if err != nil {
		return Number{}, err
	}
	if !allDigits(whole) || !allDigits(fraction) || whole+fraction == "" {
		return Number{}, &Error{Want: fmt.Sprintf("%q is not a number", wording.Shorten(text)), Hint: "write a number such as " + l.sample()}
	}
	if percent {
		whole, fraction = shiftLeft(whole, fraction)
	}
	return normalNumber(negative, whole, fraction), nil
}

// normalNumber returns a number without needless zeros. Zero has no sign.
func normalNumber(negative bool, whole, fraction string) Number {
	d := Number{negative: negative, whole: strings.TrimLeft(whole, "0"), fraction: strings.TrimRight(fraction, "0")}
	if d.whole == "" {
		d.whole = "0"
	}
	if d.whole == "0" && d.fraction == "" {
		d.negative = false
	}
	return d
}

// sample returns a number as the locale writes it, for hints.
func (l *Locale) sample() string { return "1" + l.group + "234" + l.decimal + "50" }

// bareNumber removes everything around the digits.
func bareNumber(text string) (body string, negative, percent bool) {
	s := strings.TrimFunc(text, IsBlank)
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		s = s[1 : len(s)-1]
		negative = true
	}
	// The signs come in any order: "-5 €", "€ -5", "5 € -". Each round takes off one layer.
	for changed := true; changed; {
		before := s
		s = TrimSpace(s)
		s = trimCurrency(s)
		for _, minus := range []string{"-", "\u2212"} {
			if cut, ok := strings.CutPrefix(s, minus); ok && !negative {
				s = cut
				negative = true
			} else if cut, ok := strings.CutSuffix(s, minus); ok && !negative {
				s = cut
				negative = true
			}
		}
		s = strings.TrimPrefix(s, "+")
		if cut, ok := strings.CutSuffix(s, "%"); ok && !percent {
			s = cut
			percent = true
		}
		changed = s != before
	}
	return s, negative, percent
}

// trimCurrency removes a currency sign or code from either end.
func trimCurrency(s string) string {
	if r, n := utf8.DecodeRuneInString(s); unicode.Is(unicode.Sc, r) {
		return s[n:]
	}
	if r, n := utf8.DecodeLastRuneInString(s); unicode.Is(unicode.Sc, r) {
		return s[:len(s)-n]
	}
	// A code must not be part of a longer word.
	if len(s) > 3 && isCurrencyCode(s[:3]) && !isASCIILetter(s[3]) {
		return s[3:]
	}
	if n := len(s) - 3; n > 0 && isCurrencyCode(s[n:]) && !isASCIILetter(s[n-1]) {
		return s[:n]
	}
	return s
}

// isCurrencyCode reports whether a text looks like EUR. The list of real codes changes too
// often.
func isCurrencyCode(s string) bool { return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" }

// isASCIILetter reports whether a byte is an ASCII letter.
func isASCIILetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// scientific resolves an exponent, with which spreadsheets save very small and very large
// numbers.
func scientific(s string) (whole, fraction string, ok bool) {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(s), "E")
	// The bounds keep a short text from becoming a number of a million digits.
	power, err := strconv.Atoi(exponent)
	if !found || err != nil || power > 30 || power < -30 {
		return "", "", false
	}
	whole, fraction, _ = strings.Cut(mantissa, ".")
	if !allDigits(whole) || !allDigits(fraction) || whole == "" {
		return "", "", false
	}
	// With zeros on both sides the point can move to any allowed place.
	all := strings.Repeat("0", 30) + whole + fraction + strings.Repeat("0", 30)
	point := 30 + len(whole) + power
	return all[:point], all[point:], true
}

// split finds the decimal sign. If a number has both a point and a comma, the last one is
// the decimal sign. If it has one of them, the locale decides. A number such as 1.234 is
// refused where it would mean a thousand, because a spreadsheet saves one and a bit the
// same way. A price that is a thousand times too high must not go out.
func (l *Locale) split(s string) (whole, fraction string, err error) {
	s = l.withoutSpaces(s)
	point, comma := strings.LastIndexByte(s, '.'), strings.LastIndexByte(s, ',')
	sign := "."
	at := point
	if comma > point {
		sign = ","
		at = comma
	}
	switch {
	case at < 0:
		return s, "", nil
	case point >= 0 && comma >= 0:
		return l.groupsAndFraction(s, at, sign)
	// A sign that occurs twice can only separate thousands.
	case strings.Count(s, sign) > 1:
		return l.groups(s, sign)
	case sign == l.decimal || !looksLikeThousands(s, at):
		return s[:at], s[at+1:], nil
	// Where the decimal sign is a point, a comma before three digits separates thousands.
	case sign == ",":
		return l.groups(s, sign)
	}
	return "", "", &Error{Twofold: true, Want: fmt.Sprintf("%q can be %s or %s", s, s[:at]+s[at+1:], s[:at]+l.decimal+s[at+1:]),
		Hint: fmt.Sprintf("write %s, or %s; or set the campaign's locale to one that writes a decimal point", s[:at]+s[at+1:]+l.decimal+"00", s[:at]+l.decimal+s[at+1:]+"0")}
}

// looksLikeThousands reports whether one to three digits and three digits surround the
// sign, as in 1.234.
func looksLikeThousands(s string, at int) bool {
	return at >= 1 && at <= 3 && len(s)-at-1 == 3 && s[0] != '0'
}

// groupsAndFraction splits a number with both signs at the decimal one.
func (l *Locale) groupsAndFraction(s string, at int, sign string) (whole, fraction string, err error) {
	other := "."
	if sign == "." {
		other = ","
	}
	if strings.Count(s, sign) > 1 {
		return "", "", l.unclear(s)
	}
	whole, _, err = l.groups(s[:at], other)
	return whole, s[at+1:], err
}

// groups joins groups such as 1.234.567. It refuses 1.23.4, where a digit is missing or too
// many.
func (l *Locale) groups(s, sign string) (whole, fraction string, err error) {
	parts := strings.Split(s, sign)
	for i, p := range parts {
		last := i == len(parts)-1
		if i == 0 && (p == "" || len(p) > 3) || i > 0 && len(p) != 3 && (last || len(p) != l.secondary) {
			return "", "", l.unclear(s)
		}
	}
	return strings.Join(parts, ""), "", nil
}

// unclear returns the error about a text that is not a number.
func (l *Locale) unclear(s string) error {
	return &Error{Want: fmt.Sprintf("%q is not a number", wording.Shorten(s)), Hint: "write a number such as " + l.sample()}
}

// withoutSpaces drops the signs that only separate groups, and turns the locale's digits
// into plain ones.
func (l *Locale) withoutSpaces(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), isApostrophe(r):
			return -1
		case r >= l.zero && r <= l.zero+9:
			return '0' + r - l.zero
		// Signs beyond ASCII belong to one locale. Point and comma have two meanings and
		// stay.
		case string(r) == l.decimal && r > utf8.RuneSelf:
			return '.'
		case string(r) == l.group && r > utf8.RuneSelf:
			return -1
		}
		return r
	}, s)
}

// allDigits reports whether a text has no character but digits. An empty text passes.
func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// shiftLeft divides a number by a hundred.
func shiftLeft(whole, fraction string) (string, string) {
	whole = "00" + whole
	n := len(whole) - 2
	return whole[:n], whole[n:] + fraction
}

// shiftRight multiplies a number by a hundred.
func shiftRight(whole, fraction string) (string, string) {
	fraction += "00"
	return whole + fraction[:2], fraction[2:]
}

// String returns the number in the notation of JSON.
func (d Number) String() string {
	s := d.whole
	if d.fraction != "" {
		s += "." + d.fraction
	}
	if d.negative {
		return "-" + s
	}
	return s
}

// PlainNumber converts a number from the locale's notation to that of JSON. Any other text
// stays as it is, so that the check of its type can refuse it in its own words. A text that
// may be two numbers is an error here.
func (l *Locale) PlainNumber(text string) (string, error) {
	// A number in JSON's notation passes without being read.
	isPlain := l.decimal == "." && strings.Trim(text, "0123456789.-") == ""
	if isPlain || strings.Trim(text, "0123456789.,+- \u00a0\u202f'\u2019") != "" {
		return text, nil
	}
	d, err := l.ReadNumber(text)
	if err == nil {
		return d.String(), nil
	}
	if hinted := new(Error); errors.As(err, &hinted) && hinted.Twofold {
		return "", err
	}
	return text, nil
}

// Localize writes a computed number with the locale's decimal sign. With a point it could
// be read as a thousand later.
func (l *Locale) Localize(plain string) string { return strings.Replace(plain, ".", l.decimal, 1) }

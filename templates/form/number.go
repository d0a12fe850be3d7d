package form

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// numberFormat is a pattern such as €#,##0.00, taken apart.
type numberFormat struct {
	locale           *Locale
	prefix, suffix   string
	minWhole         int
	minFrac, maxFrac int
	grouped, percent bool
}

func newNumberFormat(p pattern, loc *Locale) (Format, error) {
	start, end := p.core()
	whole, fraction, err := numberParts(p.cut(start, end), loc)
	if err != nil {
		return nil, err
	}
	percent, err := aroundNumber(p, start, end)
	if err != nil {
		return nil, err
	}
	f := &numberFormat{
		locale: loc, prefix: string(p.runes[:start]), suffix: string(p.runes[end:]),
		minWhole: strings.Count(whole, "0"), minFrac: strings.Count(fraction, "0"), maxFrac: len(fraction),
		grouped: strings.Contains(whole, ","), percent: percent,
	}
	return f.write, nil
}

// core is where the digits of the number stand, with the points and commas beside them.
// A point behind the last one, with no other in front, is the end of a sentence.
func (p pattern) core() (start, end int) {
	for !p.is(start, "#0") {
		start++
	}
	for end = len(p.runes); !p.is(end-1, "#0"); end-- {
	}
	inner := p.cut(start, end)
	for p.is(start-1, ".,") {
		start--
	}
	sentence := p.is(end, ".") && !p.is(end+1, ".,") && !inner.has(".")
	for !sentence && p.is(end, ".,") {
		end++
	}
	return start, end
}

// numberParts reads the digits of a format, and refuses those that it could not obey.
func numberParts(core pattern, loc *Locale) (whole, fraction string, err error) {
	for i := range core.runes {
		if !core.is(i, "#0,.") {
			return "", "", errors.New("a number's format has one run of #, 0, comma and point, such as #,##0.00")
		}
	}
	whole, fraction, point := strings.Cut(string(core.runes), ".")
	switch {
	case len(core.runes) > 40:
		return "", "", errors.New("it is longer than 40 characters")
	case point && fraction == "", strings.Trim(fraction, "#0") != "":
		return "", "", errors.New("a comma groups the digits in front of the point, and there is one point, as in #,##0.00; the campaign's locale says which signs are written")
	case strings.HasPrefix(whole, ","), strings.HasSuffix(whole, ","):
		return "", "", errors.New("a comma stands between the digits it groups, as in #,##0; behind them put it into quotes: it does not divide by a thousand")
	case strings.Contains(strings.TrimLeft(strings.ReplaceAll(whole, ",", ""), "#"), "#"), strings.Contains(strings.TrimLeft(fraction, "0"), "0"):
		return "", "", errors.New("a 0 is a digit that is always there, so # stands outside of them: #,##0.0#")
	}
	return whole, fraction, loc.groupsFit(whole)
}

// groupsFit refuses groups of digits that the locale does not make.
func (l *Locale) groupsFit(whole string) error {
	groups := strings.Split(whole, ",")
	last := len(groups) - 1
	for i, g := range groups[1:] {
		short := last == 1 && len(g) == 1 // 0,0 only says that there are groups
		if len(g) != 3 && !short && (i+1 == last || len(g) != l.secondary) {
			return fmt.Errorf("digits are grouped by the campaign's locale, and %q does not group like that; write #,##0", l.tag)
		}
	}
	return nil
}

// aroundNumber looks at the text around a number's digits, and says whether it has a
// percent sign, which multiplies.
func aroundNumber(p pattern, start, end int) (percent bool, err error) {
	prefix, suffix := p.cut(0, start), p.cut(end, len(p.runes))
	signs := 0
	for _, around := range []pattern{prefix, suffix} {
		n, err := around.textOfNumber()
		if err != nil {
			return false, err
		}
		signs += n
	}
	switch {
	case signs > 1, prefix.has("%") && suffix.isLatin(0):
		return false, errors.New("a number's format has one percent sign, in front or behind, such as 0.0%")
	case prefix.isLatin(0) && end-start == 1 && start == 1 && len(suffix.runes) == 0:
		return false, errors.New("a letter and a digit are a code of another program; a number's format is made of # and 0, such as #,##0.00")
	case onlyDigits(prefix, start-1, -1), onlyDigits(suffix, 0, 1):
		return false, errors.New("digits stand in quotes beside the number; what stands between thousands comes from the campaign's locale: write #,##0.00 and set it")
	}
	return signs == 1, nil
}

// textOfNumber counts the percent signs of the text beside a number, and refuses what
// can be no text: signs of other programs, and digits but for those of m2.
func (p pattern) textOfNumber() (percents int, err error) {
	if err := p.foreign(""); err != nil {
		return 0, err
	}
	for i, r := range p.runes {
		switch {
		case p.is(i, "%"):
			percents++
		case p.is(i, "0123456789") && (i == 0 || !unicode.IsLetter(p.runes[i-1])):
			return 0, fmt.Errorf("the %c is no digit of the number; put it into quotes if it is to stand in the text", r)
		}
	}
	return percents, nil
}

// isLatin reports whether a Latin letter stands at a place, outside of quotes.
func (p pattern) isLatin(at int) bool {
	return at < len(p.runes) && !p.quoted[at] && latin(p.runes[at])
}

// onlyDigits reports whether quoted text that begins beside the number is made of a
// format's own signs.
func onlyDigits(p pattern, at, step int) bool {
	n := 0
	for ; at >= 0 && at < len(p.runes) && p.quoted[at]; at += step {
		if !strings.ContainsRune("#0,.", p.runes[at]) {
			return false
		}
		n++
	}
	return n > 1
}

func (f *numberFormat) write(text string) (string, error) {
	d, err := f.locale.ReadNumber(text)
	if err != nil {
		return "", err
	}
	if f.percent {
		whole, fraction := shiftRight(d.whole, d.fraction)
		d = normalNumber(d.negative, whole, fraction)
	}
	d = d.round(f.maxFrac)
	whole := d.whole
	if pad := f.minWhole - len(whole); pad > 0 {
		whole = strings.Repeat("0", pad) + whole
	}
	if f.minWhole == 0 && whole == "0" && d.fraction != "" {
		whole = ""
	}
	fraction := d.fraction + strings.Repeat("0", max(0, f.minFrac-len(d.fraction)))
	return f.assemble(d.negative, whole, fraction), nil
}

func (f *numberFormat) assemble(negative bool, whole, fraction string) string {
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	b.WriteString(f.prefix)
	for i, c := range whole {
		left := len(whole) - i
		if f.grouped && i > 0 && f.locale.groupStarts(left) {
			b.WriteString(f.locale.group)
		}
		b.WriteRune(f.locale.zero + c - '0')
	}
	if fraction != "" {
		b.WriteString(f.locale.decimal)
		for _, c := range fraction {
			b.WriteRune(f.locale.zero + c - '0')
		}
	}
	b.WriteString(f.suffix)
	return b.String()
}

// groupStarts reports whether a separator stands before the last n digits.
func (l *Locale) groupStarts(n int) bool {
	return n == 3 || n > 3 && (n-3)%l.secondary == 0
}

// round cuts the fraction to n digits, half away from zero, as invoices do.
func (d Number) round(n int) Number {
	if len(d.fraction) <= n {
		return d
	}
	digits := []byte("0" + d.whole + d.fraction[:n])
	if d.fraction[n] >= '5' {
		i := len(digits) - 1
		for ; digits[i] == '9'; i-- {
			digits[i] = '0'
		}
		digits[i]++
	}
	cut := len(digits) - n
	return normalNumber(d.negative, string(digits[:cut]), string(digits[cut:]))
}

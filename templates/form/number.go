package form

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// numberFormat holds the parts of a format such as €#,##0.00.
type numberFormat struct {
	locale           *Locale
	prefix, suffix   string
	minWhole         int
	minFrac, maxFrac int
	grouped, percent bool
}

// newNumberFormat returns a format for numbers. All checks of the format run here, before
// any row.
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

// core returns where the digits of the number stand, with the points and commas beside
// them. A single point behind the last digit ends a sentence.
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
	// Any other point stays with the digits. If it is one too many, the format is refused.
	sentence := p.is(end, ".") && !p.is(end+1, ".,") && !inner.has(".")
	for !sentence && p.is(end, ".,") {
		end++
	}
	return start, end
}

// numberParts reads the digits of a format. It refuses formats that cannot be followed
// exactly.
func numberParts(core pattern, loc *Locale) (whole, fraction string, err error) {
	for i := range core.runes {
		if !core.is(i, "#0,.") {
			return "", "", errors.New("a number's format has one run of #, 0, comma and point, such as #,##0.00")
		}
	}
	// Each case is a format with another meaning in Excel. Ignoring it would print wrong
	// amounts.
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

// groupsFit refuses groups of digits that the locale does not use.
func (l *Locale) groupsFit(whole string) error {
	groups := strings.Split(whole, ",")
	last := len(groups) - 1
	for i, g := range groups[1:] {
		// "0,0" only asks for groups, whatever their size.
		short := last == 1 && len(g) == 1
		if len(g) != 3 && !short && (i+1 == last || len(g) != l.secondary) {
			return fmt.Errorf("digits are grouped by the campaign's locale, and %q does not group like that; write #,##0", l.tag)
		}
	}
	return nil
}

// aroundNumber checks the text around the digits. It reports whether there is a percent
// sign, which multiplies by a hundred.
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
	// "N2" and "F0" are codes of .NET. Quoted digits beside the number are usually meant as
	// separators.
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

// textOfNumber counts the percent signs in the text beside a number. It refuses signs of
// other programs, and digits that do not follow a letter as in m2.
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

// isLatin reports whether an unquoted Latin letter stands at a place.
func (p pattern) isLatin(at int) bool {
	return at < len(p.runes) && !p.quoted[at] && latin(p.runes[at])
}

// onlyDigits reports whether quoted text beside the number consists of the signs of a
// format.
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

// write returns a number in the format. It rounds decimal digits, so that no float changes
// an amount.
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
	// ".00" asks for no digit before the point, and gets none if it is a zero.
	if f.minWhole == 0 && whole == "0" && d.fraction != "" {
		whole = ""
	}
	fraction := d.fraction + strings.Repeat("0", max(0, f.minFrac-len(d.fraction)))
	return f.assemble(d.negative, whole, fraction), nil
}

// assemble joins sign, text and digits. The minus stands in front of everything: -€5.
func (f *numberFormat) assemble(negative bool, whole, fraction string) string {
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	b.WriteString(f.prefix)
	// Digits are those of the locale, which need not be 0 to 9.
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

// groupStarts reports whether a separator stands in front of the last n digits. Only the
// first group may have another size than the others.
func (l *Locale) groupStarts(n int) bool {
	return n == 3 || n > 3 && (n-3)%l.secondary == 0
}

// round cuts the fraction to n digits. It rounds half away from zero, as invoices do.
func (d Number) round(n int) Number {
	if len(d.fraction) <= n {
		return d
	}
	// A leading zero takes the carry of 9.99.
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

package templates

import (
	"errors"
	"strings"
)

// numberFormat is a pattern such as €#,##0.00, taken apart.
type numberFormat struct {
	locale           *locale
	prefix, suffix   string
	minWhole         int
	minFrac, maxFrac int
	grouped, percent bool
}

func newNumberFormat(pattern string, loc *locale) (formatter, error) {
	bare := withoutLiterals(pattern)
	start := strings.IndexAny(bare, "#0")
	end := strings.LastIndexAny(bare, "#0") + 1
	core := pattern[start:end]
	whole, fraction, _ := strings.Cut(core, ".")
	if strings.Trim(core, "#0,.") != "" || strings.Contains(fraction, ".") || strings.Contains(fraction, ",") {
		return nil, errors.New("a number's format has one run of #, 0, comma and point, such as #,##0.00")
	}
	f := &numberFormat{
		locale: loc, prefix: unquoteLiterals(pattern[:start]), suffix: unquoteLiterals(pattern[end:]),
		minWhole: strings.Count(whole, "0"), minFrac: strings.Count(fraction, "0"), maxFrac: len(fraction),
		grouped: strings.Contains(whole, ","), percent: strings.Contains(bare[end:], "%"),
	}
	if len(core) > 40 {
		return nil, errors.New("it is longer than 40 characters")
	}
	return f.write, nil
}

func (f *numberFormat) write(text string) (string, error) {
	d, err := f.locale.readNumber(text)
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
func (l *locale) groupStarts(n int) bool {
	return n == 3 || n > 3 && (n-3)%l.secondary == 0
}

// round cuts the fraction to n digits, half away from zero, as invoices do.
func (d decimalNumber) round(n int) decimalNumber {
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

package sources

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// marks reports whether the format writes decimal points or groups thousands.
func (f *numberFormat) marks() bool {
	for _, s := range f.sections {
		if s.fracs > 0 || s.thousand {
			return true
		}
	}
	return false
}

// pick returns the section for a number, and whether the section itself shows
// the sign: one for negative numbers alone does.
func (f *numberFormat) pick(v float64) (*section, bool) {
	s := f.sections
	if len(s) == 1 {
		return &s[0], false
	}
	if p, signed := f.conditional(v); p != nil {
		return p, signed
	}
	switch {
	case v < 0:
		return &s[1], true
	case v == 0 && len(s) > 2:
		return &s[2], false
	}
	return &s[0], false
}

// conditional returns the section of a format with conditions; nil if it has
// none.
func (f *numberFormat) conditional(v float64) (*section, bool) {
	var other *section
	conditions := 0
	for i := range f.sections {
		p := &f.sections[i]
		switch {
		case p.cond == "":
			if other == nil {
				other = p
			}
		case holds(v, p.cond, p.limit):
			return p, v < 0 && p.limit <= 0 && p.cond[0] == '<'
		default:
			conditions++
		}
	}
	if conditions == 0 || other == nil {
		return nil, false
	}
	first := f.sections[0]
	return other, v < 0 && other == &f.sections[1] && first.limit == 0 && strings.HasPrefix(first.cond, ">")
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

// number writes a number; ok is false where the code is one that is not known.
func (f *numberFormat) number(v float64) (s string, ok bool) {
	p, signed := f.pick(v)
	switch {
	case p.unknown || p.date:
		return general(v), false
	case p.general:
		return p.around(general(v)), true
	}
	text, ok := p.write(math.Abs(v))
	if !ok {
		return general(v), false
	}
	if v < 0 && !signed && text != "" {
		text = "-" + text
	}
	return strings.Trim(text, " \u00a0"), true
}

// write writes a number that is not negative; ok is false where the section is
// one that is not known.
func (p *section) write(v float64) (s string, ok bool) {
	if !p.fraction {
		return p.fill(decimal(v, p.scale, p.fracs)), true
	}
	f, ok := p.parts()
	if !ok {
		return "", false
	}
	return f.write(v), true
}

// around puts the literals of a section around a text: "No. "@.
func (p *section) around(text string) string {
	if len(p.items) == 0 && p.general {
		return text
	}
	var b strings.Builder
	for _, it := range p.items {
		switch it.kind {
		case 'L':
			b.WriteString(it.text)
		case '@', 'G':
			b.WriteString(text)
		}
	}
	return b.String()
}

// decimal returns the digits of v × 10^scale, rounded half away from zero to
// so many places. It rounds the 15 digits that spreadsheet programs keep, so
// 1.005 is 1.01 there and here.
func decimal(v float64, scale, places int) (digits, fraction string) {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return "", strings.Repeat("0", places)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 14, 64), "e")
	exp, _ := strconv.Atoi(exponent) // FormatFloat writes a number there
	n, _ := new(big.Int).SetString(strings.Replace(mantissa, ".", "", 1), 10)
	n = shift(n, exp-14+scale+places)
	all := n.String()
	if len(all) <= places {
		all = strings.Repeat("0", places-len(all)+1) + all
	}
	return strings.TrimLeft(all[:len(all)-places], "0"), all[len(all)-places:]
}

// shift multiplies by a power of ten, rounding half up.
func shift(n *big.Int, power int) *big.Int {
	if power >= 0 {
		return n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(power)), nil))
	}
	d := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-power)), nil)
	n.Add(n.Mul(n, big.NewInt(2)), d)
	return n.Div(n, d.Mul(d, big.NewInt(2)))
}

// fill puts digits in the placeholders.
func (p *section) fill(digits, fraction string) string {
	if p.ints == 0 && p.fracs > 0 && digits != "" { // ".00" still shows what stands before the point
		p = &section{items: append([]item{{kind: '#'}}, p.items...), ints: 1, fracs: p.fracs}
	}
	var b strings.Builder
	left, point, fracAt := p.ints, false, 0
	for _, it := range p.items {
		switch it.kind {
		case 'L':
			b.WriteString(it.text)
		case '.':
			b.WriteByte('.')
			point = true
		case '0', '#', '?':
			if point {
				b.WriteString(fractionDigit(it.kind, fraction, fracAt))
				fracAt++
				continue
			}
			take := 0
			if len(digits) >= left {
				take = len(digits) - left + 1 // the first placeholder takes all that are too many
			}
			p.integer(&b, it.kind, digits[:take], left)
			digits = digits[take:]
			left--
		}
	}
	return b.String()
}

// integer writes the digits of one placeholder; left counts the placeholders
// from here to the point.
func (p *section) integer(b *strings.Builder, kind byte, digits string, left int) {
	if digits == "" {
		switch kind {
		case '0':
			digits = "0"
		case '?':
			b.WriteByte(' ')
			return
		default:
			return
		}
	}
	for i := range len(digits) {
		b.WriteByte(digits[i])
		behind := len(digits) - 1 - i + left - 1
		if p.thousand && behind > 0 && behind%3 == 0 {
			b.WriteByte(',')
		}
	}
}

// fractionDigit returns what one placeholder behind the point shows: zeros at
// the end only where it is a 0.
func fractionDigit(kind byte, fraction string, at int) string {
	if kind != '0' && strings.Trim(fraction[at:], "0") == "" {
		if kind == '?' {
			return " "
		}
		return ""
	}
	return fraction[at : at+1]
}

// general writes a number as a cell without a format shows it: whole numbers
// with all digits, others with ten.
func general(v float64) string {
	abs := math.Abs(v)
	switch {
	case v == 0:
		return "0" // never -0
	case v == math.Trunc(v) && abs < 1e15:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case abs >= 1e11 || abs < 1e-4:
		return scientificForm(v)
	}
	whole := len(strconv.FormatFloat(math.Trunc(abs), 'f', -1, 64))
	s := strconv.FormatFloat(v, 'f', max(10-whole, 0), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// scientificForm writes a number with an exponent: 1.5E-05.
func scientificForm(v float64) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', 5, 64), "E")
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	return mantissa + "E" + exponent
}

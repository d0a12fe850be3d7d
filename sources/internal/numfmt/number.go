package numfmt

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// number writes a number. The sign is left out where the section itself shows
// it.
func (p *section) number(v float64, signed bool) (string, error) {
	if p.general {
		return p.plainNumber(v)
	}
	if v < 0 && p.dbnum > 0 {
		return "", &UnknownError{Part: "a negative number in [DBNum" + strconv.Itoa(p.dbnum) + "]"}
	}
	text := p.write(math.Abs(v))
	if v < 0 && !signed && text != "" {
		text = "-" + text
	}
	return strings.Trim(text, " \u00a0"), nil
}

// plainNumber writes a number that has General as its format.
func (p *section) plainNumber(v float64) (string, error) {
	text := general(v)
	switch {
	case p.dbnum > 0:
		spelled, ok := p.spelled(v)
		if !ok {
			return "", &UnknownError{Part: "a number such as " + text + " in [DBNum" + strconv.Itoa(p.dbnum) + "]"}
		}
		text = spelled
	case p.numerals() && strings.Trim(text, "0123456789") != "":
		return "", &UnknownError{Part: "a number such as " + text + " in its digits"}
	default:
		text = p.native(text)
	}
	return p.around(text), nil
}

// write writes a number that is not negative.
func (p *section) write(v float64) string {
	if !p.fraction {
		return p.fill(decimal(v, p.scale, p.fracs))
	}
	f, _ := p.parts() // settle has refused those that are not known
	return f.write(v)
}

// around puts the literals of a section around a text: "No. "@.
func (p *section) around(text string) string {
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

// fill puts digits in the places.
func (p *section) fill(digits, fraction string) string {
	if p.ints == 0 && p.fracs > 0 && digits != "" { // ".00" still shows what stands before the point
		whole := *p
		at := slices.IndexFunc(p.items, func(it item) bool { return it.kind == '.' })
		whole.items, whole.ints = slices.Insert(slices.Clone(p.items), at, item{kind: '#'}), 1
		p = &whole
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
				b.WriteString(p.native(fractionDigit(it.kind, fraction, fracAt)))
				fracAt++
				continue
			}
			take := 0
			if len(digits) >= left {
				take = len(digits) - left + 1 // the first place takes all that are too many
			}
			p.integer(&b, it.kind, digits[:take], left)
			digits = digits[take:]
			left--
		}
	}
	return b.String()
}

// integer writes the digits of one place; left counts the places
// from here to the point.
func (p *section) integer(b *strings.Builder, kind byte, digits string, left int) {
	if digits == "" {
		switch kind {
		case '0':
			digits = "0"
		case '?':
			b.WriteByte(' ')
			if p.thousand && left > 3 && (left-1)%3 == 0 {
				b.WriteByte(' ') // in place of the comma
			}
			return
		default:
			return
		}
	}
	for i := range len(digits) {
		b.WriteString(p.native(digits[i : i+1]))
		behind := len(digits) - 1 - i + left - 1
		if p.thousand && behind > 0 && behind%3 == 0 {
			b.WriteByte(',')
		}
	}
}

// fractionDigit returns what one place behind the point shows: zeros at
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

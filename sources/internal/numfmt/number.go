package numfmt

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// number writes a number. It leaves out the sign if the section shows it.
func (p *section) number(v float64, signed bool) (string, error) {
	if p.general {
		return p.plainNumber(v)
	}
	// It is not known how programs write the minus of Chinese numerals.
	if v < 0 && p.dbnum > 0 {
		return "", &UnknownError{Part: "a negative number in [DBNum" + strconv.Itoa(p.dbnum) + "]"}
	}
	text := p.write(math.Abs(v))
	// A section may show nothing at all. A minus alone would look like a value.
	if v < 0 && !signed && text != "" {
		text = "-" + text
	}
	return strings.Trim(text, " \u00a0"), nil
}

// plainNumber writes a number in the format General.
func (p *section) plainNumber(v float64) (string, error) {
	text := general(v)
	switch {
	case p.dbnum > 0:
		spelled, ok := p.spelled(v)
		if !ok {
			return "", &UnknownError{Part: "a number such as " + text + " in [DBNum" + strconv.Itoa(p.dbnum) + "]"}
		}
		text = spelled
	// A point or an exponent has no form in these digits.
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
	// settle has refused the forms that parts does not know.
	f, _ := p.parts()
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

// decimal returns the digits of v × 10^scale, rounded to so many places, half away from
// zero. It rounds the 15 digits that spreadsheet programs keep, so 1.005 becomes 1.01 here
// as there.
func decimal(v float64, scale, places int) (digits, fraction string) {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return "", strings.Repeat("0", places)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 14, 64), "e")
	// FormatFloat wrote the parts, so both conversions succeed.
	exp, _ := strconv.Atoi(exponent)
	n, _ := new(big.Int).SetString(strings.Replace(mantissa, ".", "", 1), 10)
	// Integers round exactly. A float would bring the binary error back in.
	n = shift(n, exp-14+scale+places)
	all := n.String()
	if len(all) <= places {
		all = strings.Repeat("0", places-len(all)+1) + all
	}
	return strings.TrimLeft(all[:len(all)-places], "0"), all[len(all)-places:]
}

// shift multiplies by a power of ten and rounds half up.
func shift(n *big.Int, power int) *big.Int {
	if power >= 0 {
		return n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(power)), nil))
	}
	// Doubling both sides adds the half without leaving the integers.
	d := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-power)), nil)
	n.Add(n.Mul(n, big.NewInt(2)), d)
	return n.Div(n, d.Mul(d, big.NewInt(2)))
}

// fill puts digits into the places of the section.
func (p *section) fill(digits, fraction string) string {
	// ".00" still shows the digits before the point.
	if p.ints == 0 && p.fracs > 0 && digits != "" {
		// A copy gets a place for them. The section itself may be in use for other cells.
		whole := *p
		at := slices.IndexFunc(p.items, func(it item) bool { return it.kind == '.' })
		whole.items = slices.Insert(slices.Clone(p.items), at, item{kind: '#'})
		whole.ints = 1
		p = &whole
	}
	var b strings.Builder
	left, fracAt := p.ints, 0
	point := false
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
				// The first place takes all digits that the others have no room for.
				take = len(digits) - left + 1
			}
			p.integer(&b, it.kind, digits[:take], left)
			digits = digits[take:]
			left--
		}
	}
	return b.String()
}

// integer writes the digits of one place. left counts the places from here to the point,
// which decides where commas stand.
func (p *section) integer(b *strings.Builder, kind byte, digits string, left int) {
	if digits == "" {
		switch kind {
		case '0':
			digits = "0"
		case '?':
			b.WriteByte(' ')
			if p.thousand && left > 3 && (left-1)%3 == 0 {
				// The blank replaces the comma, so that columns stay aligned.
				b.WriteByte(' ')
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

// fractionDigit returns the text of one place behind the point. A # or ? hides zeros at the
// end.
func fractionDigit(kind byte, fraction string, at int) string {
	if kind != '0' && strings.Trim(fraction[at:], "0") == "" {
		if kind == '?' {
			return " "
		}
		return ""
	}
	return fraction[at : at+1]
}

// general writes a number as a cell without a format shows it: whole numbers with all
// digits, others with ten.
func general(v float64) string {
	abs := math.Abs(v)
	switch {
	// Negative zero is 0 in every program.
	case v == 0:
		return "0"
	case v == math.Trunc(v) && abs < 1e15:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case abs >= 1e11 || abs < 1e-4:
		return scientificForm(v)
	}
	// The whole part takes up some of the ten digits.
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

package sources

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// numberFormat is a format code of a workbook, as "#,##0.00 €;[Red]-0", in a
// form that writes numbers.
//
// It is ours because a wrong digit ends up in a video: excelize 2.11.0 ignores
// the section for zero and conditions such as [<=9999999].
type numberFormat struct {
	sections []section
	text     *section // for texts: the section with an @
}

// section is one of the up to four parts of a format code.
type section struct {
	items    []item
	cond     string // "<", "<=", "=", "<>", ">", ">=" or ""
	limit    float64
	ints     int // placeholders before the decimal point
	fracs    int // and behind it
	thousand bool
	scale    int // powers of ten to multiply with: 2 for %, -3 for a trailing comma
	date     bool
	general  bool
	unknown  bool // fractions and scientific notation
}

// item is a literal text or a placeholder.
type item struct {
	kind byte // 'L' literal, '0' '#' '?' placeholders, '.' point, '@' text, 'G' General
	text string
}

// parseFormat reads a format code.
func parseFormat(code string) *numberFormat {
	f := &numberFormat{}
	for _, s := range splitSections(code) {
		f.sections = append(f.sections, parseSection(s))
	}
	for i := range f.sections {
		for _, it := range f.sections[i].items {
			if it.kind == '@' {
				f.text = &f.sections[i]
			}
		}
	}
	if f.text == nil && len(f.sections) > 3 {
		f.text = &f.sections[3]
	}
	if len(f.sections) > 3 {
		f.sections = f.sections[:3]
	}
	return f
}

// splitSections cuts a code at each ; that stands for itself.
func splitSections(code string) []string {
	var out []string
	from := 0
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			i += closing(code[i+1:], '"')
		case '[':
			i += closing(code[i+1:], ']')
		case '\\', '_', '*':
			i++
		case ';':
			out = append(out, code[from:i])
			from = i + 1
		}
	}
	return append(out, code[from:])
}

// closing returns how many bytes there are up to and including a mark.
func closing(s string, mark byte) int {
	if i := strings.IndexByte(s, mark); i >= 0 {
		return i + 1
	}
	return len(s)
}

// parseSection reads one section.
func parseSection(s string) section {
	p := section{}
	if strings.EqualFold(strings.TrimSpace(s), "general") {
		return section{general: true}
	}
	for i := 0; i < len(s); {
		i += p.take(s[i:])
	}
	p.commas()
	return p
}

// take reads what stands at the start of s and returns its length.
func (p *section) take(s string) int {
	switch c := s[0]; c {
	case '"':
		n := closing(s[1:], '"')
		p.literal(strings.TrimSuffix(s[1:1+n], `"`))
		return 1 + n
	case '[':
		n := closing(s[1:], ']')
		p.bracket(strings.TrimSuffix(s[1:1+n], "]"))
		return 1 + n
	case '\\':
		return p.escaped(s)
	case '_':
		p.literal(" ")
		return 1 + runeLen(s[1:])
	case '*':
		return 1 + runeLen(s[1:])
	case '0', '#', '?', '.', ',', '@':
		p.items = append(p.items, item{kind: c})
		return 1
	case '%':
		p.scale += 2
		p.literal("%")
		return 1
	}
	return p.word(s)
}

// escaped reads a character behind a backslash.
func (p *section) escaped(s string) int {
	n := runeLen(s[1:])
	p.literal(s[1 : 1+n])
	return 1 + n
}

// runeLen returns the length of the first character.
func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// literal adds text that is shown as it is.
func (p *section) literal(s string) { p.items = append(p.items, item{kind: 'L', text: s}) }

// word reads letters that mean something, else a literal character.
func (p *section) word(s string) int {
	lower := strings.ToLower(s[:min(len(s), 7)])
	switch {
	case strings.HasPrefix(lower, "general"):
		p.general = true
		p.items = append(p.items, item{kind: 'G'})
		return 7
	case strings.HasPrefix(lower, "e+"), strings.HasPrefix(lower, "e-"):
		p.unknown = true
		return 2
	case strings.ContainsRune("ymdhs", rune(lower[0])), strings.HasPrefix(lower, "am/pm"), strings.HasPrefix(lower, "a/p"):
		p.date = true
		return 1
	case s[0] == '/':
		p.unknown = p.unknown || p.slashOfFraction()
	}
	n := runeLen(s)
	p.literal(s[:n])
	return n
}

// slashOfFraction reports whether a / follows a placeholder: "# ?/?".
func (p *section) slashOfFraction() bool {
	n := len(p.items)
	return n > 0 && strings.IndexByte("0#?", p.items[n-1].kind) >= 0
}

// bracket reads what stands in brackets: a currency, a condition, elapsed
// time; colours are not shown.
func (p *section) bracket(s string) {
	switch {
	case strings.HasPrefix(s, "$"):
		symbol, _, _ := strings.Cut(s[1:], "-")
		p.literal(symbol)
	case s != "" && strings.IndexByte("<>=", s[0]) >= 0:
		n := len(s) - len(strings.TrimLeft(s, "<>="))
		limit, err := strconv.ParseFloat(s[n:], 64)
		if err == nil {
			p.cond, p.limit = s[:n], limit
		}
	case s != "" && strings.Trim(strings.ToLower(s), "h") == "", s != "" && strings.Trim(strings.ToLower(s), "m") == "",
		s != "" && strings.Trim(strings.ToLower(s), "s") == "":
		p.date = true
	}
}

// commas tells apart the comma that groups thousands, the one that divides by
// a thousand, and the one that is text; and counts placeholders.
func (p *section) commas() {
	point, last := false, -1
	for i, it := range p.items {
		switch it.kind {
		case '.':
			if point {
				p.items[i] = item{kind: 'L', text: "."}
			}
			point = true
		case '0', '#', '?':
			last = i
			if point {
				p.fracs++
			} else {
				p.ints++
			}
		}
	}
	kept := p.items[:0]
	seen, behind := false, false
	for i, it := range p.items {
		switch {
		case it.kind != ',':
			seen = seen || it.kind == '0' || it.kind == '#' || it.kind == '?'
			behind = behind || it.kind == '.'
			kept = append(kept, it)
		case !seen:
			kept = append(kept, item{kind: 'L', text: ","})
		case i > last:
			p.scale -= 3
		case !behind:
			p.scaleOrGroup(i)
		}
	}
	p.items = kept
}

// scaleOrGroup decides on a comma between placeholders: in front of the point
// it divides, else it groups.
func (p *section) scaleOrGroup(at int) {
	for _, it := range p.items[at+1:] {
		switch it.kind {
		case ',':
			continue
		case '.':
			p.scale -= 3
			return
		}
		break
	}
	p.thousand = true
}

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
	digits, fraction := decimal(math.Abs(v), p.scale, p.fracs)
	text := p.fill(digits, fraction)
	if v < 0 && !signed && text != "" {
		text = "-" + text
	}
	return strings.Trim(text, " \u00a0"), true
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

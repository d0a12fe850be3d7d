package numfmt

import (
	"strconv"
	"strings"
)

// numerals reports whether the section asks for other digits than 0 to 9.
func (p *section) numerals() bool { return p.dbnum > 0 || p.tag.shape > 1 }

// zero returns the digit zero of a form of digits, or 0 if the form is not known. The other
// nine digits follow it in Unicode.
func zero(shape int) rune {
	zeros := [...]rune{2: '٠', 3: '۰', 4: '०', 5: '০', 6: '੦', 7: '૦', 8: '୦', 9: '௦', 10: '౦', 11: '೦', 12: '൦', 13: '๐', 14: '໐', 15: '༠', 16: '၀', 18: '០', 19: '᠐'}
	if shape >= len(zeros) {
		return 0
	}
	return zeros[shape]
}

// Forms of digits that are words: Japanese, simplified Chinese and traditional Chinese,
// with three forms each.
const (
	shapeJapanese    = 0x1B
	shapeSimplified  = 0x1E
	shapeTraditional = 0x21
	shapeKorean      = 0x24
)

// checkNumerals refuses digits that are not known.
func (p *section) checkNumerals() {
	p.checkShape()
	if p.dbnum > 0 && p.digits() == "" {
		p.cannot("[DBNum" + strconv.Itoa(p.dbnum) + "] in its language")
	}
	// Dates write each part as a whole number. Other values may have a point or a sign.
	if p.kind != Date && p.kind != Time {
		p.checkNumber()
	}
}

// checkNumber refuses numbers that programs write differently in numerals.
func (p *section) checkNumber() {
	switch {
	case p.fraction:
		p.cannot("a fraction in its numerals")
	case p.general:
		if p.dbnum == 3 || p.dbnum > 0 && !p.tag.simplified() && !p.tag.traditional() {
			p.cannot("General in [DBNum" + strconv.Itoa(p.dbnum) + "] of its language")
		}
	// Arabic digits have a decimal point of their own.
	case (p.fracs > 0 || p.thousand) && (p.dbnum > 0 || p.tag.shape == 2 || p.tag.shape == 3):
		p.cannot("the decimal point of its digits")
	}
}

// checkShape refuses unknown forms of digits. It turns the forms that are words into the
// numerals that [DBNum] asks for.
func (p *section) checkShape() {
	s := p.tag.shape
	switch {
	case s <= 1:
	case s >= shapeJapanese && s < shapeKorean:
		// A [DBNum] in the code comes before the form of the tag.
		if p.dbnum == 0 {
			p.dbnum = (s-shapeJapanese)%3 + 1
		}
		// It is not known what programs show for the form of another language.
		if !p.tag.country([]uint16{0x411, 0x804, 0x404}[(s-shapeJapanese)/3]) {
			p.cannot("numerals of another language")
		}
	case zero(s) == 0:
		p.cannot("its form of digits")
	}
}

// digits returns the ten digits of a section's numerals, or "" if they are not known.
func (p *section) digits() string {
	t := p.tag
	japanese := t.country(0x411) || t.country(0x11)
	switch {
	case p.dbnum == 3 && (japanese || t.simplified() || t.traditional()):
		return "０１２３４５６７８９"
	case p.dbnum == 1 && (japanese || t.simplified() || t.traditional()):
		return "〇一二三四五六七八九"
	case p.dbnum == 2 && t.simplified():
		return "零壹贰叁肆伍陆柒捌玖"
	case p.dbnum == 2 && t.traditional():
		return "零壹貳參肆伍陸柒捌玖"
	}
	return ""
}

// units returns the words for ten, hundred, thousand, ten thousand and hundred million.
func (p *section) units() []rune {
	switch {
	case p.dbnum == 2 && p.tag.traditional():
		return []rune("拾佰仟萬億")
	case p.dbnum == 2:
		return []rune("拾佰仟万亿")
	case p.tag.traditional():
		return []rune("十百千萬億")
	case p.tag.simplified():
		return []rune("十百千万亿")
	}
	return []rune("十百千万億")
}

// native writes the digits of a text in the section's form. Other characters stay.
func (p *section) native(s string) string {
	if !p.numerals() {
		return s
	}
	digits := []rune(p.digits())
	return strings.Map(func(r rune) rune {
		switch {
		case r < '0' || r > '9':
			return r
		case len(digits) == 10:
			return digits[r-'0']
		}
		return zero(p.tag.shape) + r - '0'
	}, s)
}

// numeral writes a number of a date. A year is written digit by digit, other parts as a
// word: 二〇二六年十二月.
func (p *section) numeral(n int64, width int, year bool) (string, error) {
	switch {
	case !p.numerals():
		return pad(n, width), nil
	case p.dbnum == 0 || year || n < 10 && width == 1:
		return p.native(pad(n, width)), nil
	case p.dbnum == 3 && p.tag.country(0x411):
		return p.native(pad(n, width)), nil
	// Only these ranges look the same in all programs.
	case p.dbnum == 1 && n >= 10 && n < 100:
		return p.tens(n), nil
	case p.dbnum == 2 && n >= 20 && n < 100:
		return p.tens(n), nil
	}
	return "", p.unsure(n)
}

// unsure returns the error for a number that programs write differently.
func (p *section) unsure(n int64) error {
	return &UnknownError{Part: "a number such as " + strconv.FormatInt(n, 10) + " in [DBNum" + strconv.Itoa(p.dbnum) + "]"}
}

// tens writes a number of two digits: 十二, 三十一.
func (p *section) tens(n int64) string {
	digits := []rune(p.digits())
	ten := string(p.units()[0])
	s := ten
	if n >= 20 {
		s = string(digits[n/10]) + ten
	}
	if n%10 > 0 {
		s += string(digits[n%10])
	}
	return s
}

// mostSpelled is where Chinese numerals for large units begin to differ.
const mostSpelled = 1_000_000_000_000

// spelled writes a whole number with its units: 一千二百三十四. ok is false where programs differ.
func (p *section) spelled(v float64) (s string, ok bool) {
	n := int64(v)
	// The conversion back finds fractions and numbers too large for an integer.
	if v < 0 || v >= mostSpelled || float64(n) != v {
		return "", false
	}
	if n == 0 {
		return string([]rune(p.digits())[0]), true
	}
	var b strings.Builder
	skipped := false // a whole group of zeros stands before this one
	// Chinese groups digits by four: hundred millions, ten thousands, and the rest.
	for i, group := range []int64{n / 1_0000_0000, n / 1_0000 % 1_0000, n % 1_0000} {
		if group == 0 {
			// A skipped group counts only between two others.
			skipped = b.Len() > 0
			continue
		}
		p.spellGroup(&b, group, skipped)
		skipped = false
		if i < 2 {
			b.WriteRune(p.units()[4-i])
		}
	}
	return b.String(), true
}

// spellGroup writes four digits with their units. One zero stands for all skipped digits
// before a digit.
func (p *section) spellGroup(b *strings.Builder, group int64, gap bool) {
	digits, units := []rune(p.digits()), p.units()
	for i, each := range []int64{1000, 100, 10, 1} {
		d := group / each % 10
		if d == 0 {
			gap = gap || b.Len() > 0
			continue
		}
		if gap {
			b.WriteRune(digits[0])
			gap = false
		}
		b.WriteRune(digits[d])
		if i < 3 {
			b.WriteRune(units[2-i])
		}
	}
}

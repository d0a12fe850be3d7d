package speech

// number measures a whole number as it is spoken, without the space after it. Voices read
// long ones, and those with a leading zero, digit by digit.
func (n *numerals) number(digits string) float64 {
	if len(digits) > 9 || len(digits) > 1 && digits[0] == '0' && len(digits) != 2 {
		return n.oneByOne(digits)
	}
	sum := 0.0
	for group := (len(digits) - 1) / 3; group >= 0; group-- {
		end := len(digits) - 3*group
		three := digits[max(0, end-3):end]
		words := n.upTo999(three)
		switch {
		case words == 0:
		// Many languages say "thousand" without "one" in front.
		case group == 1 && isOne(three):
			sum += n.aThousand
		case group == 1:
			sum += words + n.thousand
		case group == 2:
			sum += words + n.million
		default:
			sum += words
		}
	}
	// A zero has no words above, but is spoken.
	return max(sum, n.digit) - n.gap()
}

// gap returns the space after the word of a number. It does not belong to the number, so it
// is taken off at the end.
func (n *numerals) gap() float64 {
	// Languages with so short words write no spaces.
	if n.digit < 2 {
		return 0
	}
	return 1
}

// isOne reports whether digits with leading zeros mean one.
func isOne(digits string) bool {
	last := len(digits) - 1
	for i := range last {
		if digits[i] != '0' {
			return false
		}
	}
	return digits[last] == '1'
}

// upTo999 measures up to three digits.
func (n *numerals) upTo999(digits string) float64 {
	sum := 0.0
	if len(digits) == 3 {
		switch digits[0] {
		case '0':
		case '1':
			sum += n.aHundred
		default:
			sum += n.digit + n.hundred
		}
		digits = digits[1:]
		// English says "and" here, if something follows the hundreds.
		if sum > 0 && digits != "00" {
			sum += n.rest
		}
	}
	return sum + n.upTo99(digits)
}

// upTo99 measures up to two digits. Ten and the teens have words of their own in most
// languages.
func (n *numerals) upTo99(digits string) float64 {
	if len(digits) == 1 {
		return n.one(digits[0])
	}
	switch {
	case digits[0] == '0':
		return n.one(digits[1])
	case digits == "10":
		return n.ten
	case digits[0] == '1':
		return n.teen
	case digits[1] == '0':
		return n.tens
	}
	return n.tens + n.joint + n.digit
}

// one measures one digit. A zero within a number is not said.
func (n *numerals) one(digit byte) float64 {
	if digit == '0' {
		return 0
	}
	return n.digit
}

// oneByOne measures digits that are read one by one.
func (n *numerals) oneByOne(s string) float64 {
	sum := -n.gap()
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			sum += n.digit
		}
	}
	return max(sum, 0)
}

// year measures a number of four digits that may be a year. English reads years in two
// halves, and its neighbours by hundreds.
func (m *meter) year(digits string) float64 {
	n := m.numerals
	if !m.isYear(digits) {
		return n.number(digits)
	}
	first, second := n.upTo99(digits[:2]), n.upTo99(digits[2:])
	switch {
	case m.code != "en", digits[2:] == "00":
		return first + n.hundred + second - n.gap()
	// 1905 is "nineteen oh five".
	case digits[2] == '0':
		return first + 3 + second - n.gap()
	}
	return first + second - n.gap()
}

// isYear reports whether voices read a number as a year. Other languages read it as a plain
// number.
func (m *meter) isYear(digits string) bool {
	if len(digits) != 4 {
		return false
	}
	switch m.code {
	case "en":
		return digits >= "1100" && digits <= "1999" || digits >= "2010" && digits <= "2099"
	case "de", "nl", "sv", "da", "nb", "nn":
		return digits >= "1100" && digits <= "1999"
	}
	return false
}

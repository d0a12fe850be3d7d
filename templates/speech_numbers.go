package templates

// figures measures a number, a date, a time or a row of digits at the beginning of s, in
// letters of the words it is spoken as, and says how many bytes it takes.
func (l *spokenLanguage) figures(s string) (letters float64, size int) {
	f := splitFigures(s)
	switch {
	case f.isDate():
		return l.month + l.number(f.part(s, 0)) + l.number(f.part(s, 1)) + l.number(f.part(s, 2)), f.size
	case f.n == 2 && f.between[0] == ':':
		return l.number(f.part(s, 0)) + l.number(f.part(s, 1)), f.size
	case f.n > 3 || f.n > 1 && (f.between[0] == '-' || f.between[0] == '/' || f.between[0] == ':'):
		// a telephone number or a code: part by part, digit by digit
		return l.oneByOne(s[:f.size]), f.size
	}
	return l.amount(s, f), f.size
}

// amount measures a number with thousands separators or decimals. The last separator is
// a decimal point unless exactly three digits follow.
func (l *spokenLanguage) amount(s string, f figures) float64 {
	last := f.n - 1
	if last == 0 {
		return l.number(f.part(s, 0))
	}
	decimals := f.part(s, last)
	if len(decimals) == 3 {
		return l.joined(s, f, f.n)
	}
	whole := l.joined(s, f, last)
	if len(decimals) == 2 { // money, mostly: "twelve euros thirty"
		return whole + l.number(decimals)
	}
	return whole + l.point + l.oneByOne(decimals)
}

// joined measures the first n parts as one number.
func (l *spokenLanguage) joined(s string, f figures, n int) float64 {
	var buf [24]byte
	digits := buf[:0]
	for i := range n {
		digits = append(digits, f.part(s, i)...)
	}
	return l.number(string(digits))
}

// number measures a whole number as it is spoken. Long ones, and those that begin with a
// zero, are read digit by digit.
func (l *spokenLanguage) number(digits string) float64 {
	if len(digits) > 9 || len(digits) > 1 && digits[0] == '0' && len(digits) != 2 {
		return l.oneByOne(digits)
	}
	sum := 0.0
	for group := (len(digits) - 1) / 3; group >= 0; group-- {
		end := len(digits) - 3*group
		words := l.group(digits[max(0, end-3):end])
		if words == 0 {
			continue
		}
		sum += words
		switch group {
		case 1:
			sum += l.thousand
		case 2:
			sum += l.million
		}
	}
	return max(sum, l.digit)
}

// group measures up to three digits.
func (l *spokenLanguage) group(digits string) float64 {
	sum := 0.0
	if len(digits) == 3 {
		if digits[0] != '0' {
			sum += l.digit + l.hundred
		}
		digits = digits[1:]
	}
	if len(digits) == 2 {
		switch {
		case digits[0] == '1' && digits[1] != '0':
			return sum + l.teen
		case digits[0] != '0':
			sum += l.ten
		}
		digits = digits[1:]
	}
	if digits[0] != '0' {
		sum += l.digit
	}
	return sum
}

func (l *spokenLanguage) oneByOne(s string) float64 {
	sum := 0.0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			sum += l.digit
		}
	}
	return sum
}

// figures is a run of digits with single separators between them.
type figures struct {
	start, end [4]int
	between    [4]byte
	n, size    int
}

func (f *figures) part(s string, i int) string { return s[f.start[i]:f.end[i]] }

// isDate: 2026-05-31, 31.05.2026, 5/31/2026.
func (f *figures) isDate() bool {
	if f.n != 3 || f.between[0] != f.between[1] || f.between[0] == ',' || f.between[0] == ':' {
		return false
	}
	first, last := f.end[0]-f.start[0], f.end[2]-f.start[2]
	middle := f.end[1] - f.start[1]
	return middle <= 2 && (first == 4 && last <= 2 || first <= 2 && (last == 4 || last == 2))
}

func splitFigures(s string) figures {
	var f figures
	i := 0
	for {
		start := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		if f.n < len(f.start) {
			f.start[f.n], f.end[f.n] = start, i
		}
		f.n++
		f.size = i
		if i+1 >= len(s) || !isSeparator(s[i]) || s[i+1] < '0' || s[i+1] > '9' {
			return f
		}
		if f.n <= len(f.between) {
			f.between[f.n-1] = s[i]
		}
		i++
	}
}

func isSeparator(b byte) bool {
	return b == '.' || b == ',' || b == '-' || b == '/' || b == ':' || b == '\''
}

package speech

import "strings"

// figures measures a number, a date, a time or a row of digits at i, with the unit behind
// it. It returns how many bytes they take.
func (m *meter) figures(i int) int {
	s := m.s[i:]
	f := splitFigures(s)
	// "1 250 000" is one number. It has to be found before its first group is read alone.
	letters := 0.0
	if digits, size := m.spaced(s, f); size > 0 {
		m.sound(m.number(digits))
		return size + m.afterNumber(i, i+size)
	}
	switch {
	case f.isDate():
		letters = m.date(s, f)
	case f.n == 2 && f.between[0] == ':':
		letters = m.number(f.part(s, 0)) + m.minutes(f.part(s, 1))
	case f.n > 3 || f.n > 1 && (f.between[0] == '-' || f.between[0] == '/' || f.between[0] == ':'):
		// Long rows are codes, which voices read digit by digit.
		letters = m.oneByOne(s[:f.size])
	default:
		letters = m.amount(s, f)
	}
	m.sound(letters)
	size := f.size + m.afterNumber(i, i+f.size)
	// The next text may begin with a unit, so the number is remembered.
	if size == f.size {
		m.c.number = f.size
	}
	return size
}

// spaced reads a number with spaces between its thousands, such as 1 250 000. In English
// two numbers may stand side by side, so a plain space does not count there.
func (m *meter) spaced(s string, f figures) (digits string, size int) {
	if f.n != 1 || f.size > 3 || s[0] == '0' {
		return "", 0
	}
	end := f.size
	var buf [12]byte
	number := append(buf[:0], s[:end]...)
	// The buffer bounds the number. A longer one is read digit by digit anyway.
	for len(number) <= len(buf)-3 {
		space := spaceAt(s[end:])
		if space == 0 || space == 1 && m.code == "en" || !threeDigits(s[end+space:]) {
			break
		}
		number = append(number, s[end+space:end+space+3]...)
		end += space + 3
	}
	if end == f.size {
		return "", 0
	}
	return string(number), end
}

// threeDigits reports whether s begins with three digits and no more.
func threeDigits(s string) bool {
	return len(s) >= 3 && isDigit(s[0]) && isDigit(s[1]) && isDigit(s[2]) && (len(s) == 3 || !isDigit(s[3]))
}

// date measures a day, the name of a month and a year. Day and month may be either way
// round, which matters only for the length of the day.
func (m *meter) date(s string, f figures) float64 {
	year, one, other := f.part(s, 2), f.part(s, 0), f.part(s, 1)
	if len(one) == 4 {
		year, one = one, year
	}
	// In 3/31 the day may come second. The longer one leaves room for both.
	day := m.number(one)
	if f.between[0] == '/' {
		day = max(day, m.number(other))
	}
	return m.month + day + ordinalLetters + m.gap() + m.year(year)
}

// minutes measures the minutes of a time. Zero minutes are not said.
func (m *meter) minutes(digits string) float64 {
	if strings.Trim(digits, "0") == "" {
		return 0
	}
	return m.number(digits) + m.gap()
}

// afterNumber measures the unit behind a number, or takes the full stop of an ordinal.
func (m *meter) afterNumber(start, i int) int {
	if letters, size := unit(m.s[i:]); size > 0 {
		m.c.space()
		m.sound(letters)
		return size
	}
	// One or two digits, a full stop and a word are an ordinal in some languages. Elsewhere
	// they end a sentence.
	if i-start <= 2 && i+2 < len(m.s) && m.s[i] == '.' && m.s[i+1] == ' ' && isWordByte(m.s[i+2]) && m.ordinalDot() && start > 0 {
		m.lengthen(ordinalLetters)
		return 1
	}
	return 0
}

// ordinalDot reports whether the language writes "5." for "fifth".
func (m *meter) ordinalDot() bool {
	switch m.code {
	case "de", "da", "nb", "nn", "fi", "pl", "cs", "sk", "hu", "hr", "bs", "sr", "sl", "et", "lv", "is", "tr":
		return true
	}
	return false
}

// amount measures a number with separators. The last one is a decimal point, unless exactly
// three digits follow: those are thousands in most sheets.
func (m *meter) amount(s string, f figures) float64 {
	last := f.n - 1
	if last == 0 {
		return m.year(f.part(s, 0))
	}
	decimals := f.part(s, last)
	if len(decimals) == 3 {
		return m.joined(s, f, f.n)
	}
	whole := m.joined(s, f, last)
	if strings.Trim(decimals, "0") == "" {
		return whole
	}
	// Two decimals are mostly money: "twelve euros thirty".
	if len(decimals) == 2 {
		return whole + m.gap() + m.number(decimals)
	}
	return whole + m.point + m.oneByOne(decimals)
}

// joined measures the first n parts as one number.
func (m *meter) joined(s string, f figures, n int) float64 {
	var buf [24]byte
	digits := buf[:0]
	for i := range n {
		digits = append(digits, f.part(s, i)...)
	}
	return m.number(string(digits))
}

// figures is a run of digits with single separators in between.
type figures struct {
	start, end [4]int
	between    [4]byte
	n, size    int
}

// part returns the digits of one part.
func (f *figures) part(s string, i int) string { return s[f.start[i]:f.end[i]] }

// isDate reports whether the parts look like a date: 2026-05-31, 31.05.2026 or 5/31/2026.
func (f *figures) isDate() bool {
	if f.n != 3 || f.between[0] != f.between[1] || f.between[0] == ',' || f.between[0] == ':' {
		return false
	}
	first, last := f.end[0]-f.start[0], f.end[2]-f.start[2]
	middle := f.end[1] - f.start[1]
	return middle <= 2 && (first == 4 && last <= 2 || first <= 2 && (last == 4 || last == 2))
}

// splitFigures splits the run of digits at the start of s. It counts all parts, but keeps
// only the first four: a longer run is a code.
func splitFigures(s string) figures {
	var f figures
	i := 0
	for {
		start := i
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		if f.n < len(f.start) {
			f.start[f.n], f.end[f.n] = start, i
		}
		f.n++
		f.size = i
		// A separator counts only between digits. "5." ends a sentence.
		if i+1 >= len(s) || !isSeparator(s[i]) || !isDigit(s[i+1]) {
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

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// telephone measures a telephone number in groups, which voices read digit by digit. It
// returns how many bytes it takes, or 0 if there is none.
func (m *meter) telephone(i int) int {
	if i > 0 && isWordByte(m.s[i-1]) || !beginsTelephone(m.s[i:]) {
		return 0
	}
	g := splitGroups(m.s[i:])
	if !g.isTelephone(m.s[i:]) {
		return 0
	}
	letters := m.oneByOne(m.s[i : i+g.size])
	if m.s[i] == '+' {
		letters += m.symbol
	}
	m.sound(letters)
	return g.size
}

// beginsTelephone rules out most numbers quickly, since every number in a text passes here.
func beginsTelephone(s string) bool {
	switch {
	case len(s) < 8:
		return false
	case s[0] == '+', s[0] == '(', s[0] == '0':
		return true
	}
	return !isDigit(s[3]) && isDigit(s[2])
}

// groups counts digits in groups, with a space, a hyphen, a slash or brackets in between.
type groups struct {
	n, digits   int
	first, last int  // digits of the first and of the last group
	threes      bool // all groups but the first have three digits
	size        int
}

// splitGroups reads groups of digits, up to the longest number that can be dialled.
func splitGroups(s string) groups {
	g := groups{threes: true}
	i, run := 0, 0
	for i < len(s) && g.digits+run <= mostDialled {
		if isDigit(s[i]) {
			run++
			i++
			g.size = i
			if i < len(s) && isDigit(s[i]) {
				continue
			}
			g.add(run)
			run = 0
			continue
		}
		step := groupGap(s, i)
		if step == 0 {
			break
		}
		i += step
	}
	// The bracket may be closed behind the last digit.
	if g.size > 0 && s[0] == '(' && g.size < len(s) && s[g.size] == ')' {
		g.size++
	}
	return g
}

// add takes one more group of digits.
func (g *groups) add(run int) {
	if g.n == 0 {
		g.first = run
	} else if run != 3 {
		g.threes = false
	}
	g.n++
	g.digits += run
	g.last = run
}

// groupGap returns the size of the separator between two groups, or before the first.
func groupGap(s string, i int) int {
	end := i
	// A plus inside a number begins another one.
	for end < len(s) && end-i < 3 && strings.IndexByte(" -/()+", s[end]) >= 0 {
		if s[end] == '+' && end > 0 {
			break
		}
		end++
	}
	if end == i || end == len(s) || !isDigit(s[end]) {
		return 0
	}
	return end - i
}

// mostDialled is the longest telephone number that E.164 allows, in digits.
const mostDialled = 15

// isTelephone reports whether the groups are a telephone number: with a country code, with
// a leading zero and seven digits, or like 555-123-4567. Thousands with spaces, dates and
// plain numbers do not count.
func (g *groups) isTelephone(s string) bool {
	if g.digits < 7 || g.digits > mostDialled || g.n < 2 {
		return g.n == 1 && s[0] == '+' && g.digits >= 7
	}
	switch {
	case s[0] == '+':
		return true
	case s[0] == '0' && g.first >= 2, s[0] == '(' && s[1] == '0':
		return true
	case g.n >= 3 && g.last == 4 && g.first == 3:
		return true
	}
	return false
}

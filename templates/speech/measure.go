package speech

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Measure counts the sounds of a text. Numbers, dates and money count as the words that a
// voice reads, and punctuation as pauses.
func (s *Speaker) Measure(text string) Content { return s.measure(text, false) }

// MeasurePart is [Speaker.Measure] for a part of a longer text with small letters
// elsewhere. A short word in capitals is then spelled out. In a text that is all capitals
// it would be read as a word.
func (s *Speaker) MeasurePart(text string) Content { return s.measure(text, true) }

// measure measures a text. Markup goes first, because its letters are not spoken.
func (s *Speaker) measure(text string, part bool) (c Content) {
	text, c.Asked = plain(text)
	m := meter{language: s.language, numerals: s.numerals, s: text, part: part, c: &c}
	m.opens()
	m.all()
	return c
}

// Append measures a text and puts it behind the content. It does the same as [Content.Add]
// after a measurement, but faster.
func (s *Speaker) Append(c *Content, text string, part bool) {
	// Only these ends change how the next text is read. All others can be extended in
	// place.
	if c.number > 0 || c.after.dot {
		next := s.measure(text, part)
		c.Add(&next)
		return
	}
	text, asked := plain(text)
	c.Asked += asked
	m := meter{language: s.language, numerals: s.numerals, s: text, part: part, c: c}
	m.all()
}

// opens finds how the beginning of the text is read behind a number.
func (m *meter) opens() {
	// The unit is measured twice: as the word it becomes, and as plain letters. The
	// difference is the length that a number in front adds.
	if letters, size := unit(m.s); size > 0 {
		plain := meter{language: m.language, numerals: m.numerals, s: m.s[:size], c: new(Content)}
		for i := 0; i < size; {
			i += plain.next(i)
		}
		m.c.first.unit = letters - plain.c.Letters
		if !plain.c.before.space {
			m.c.first.unit += m.space()
		}
	}
	rest, found := strings.CutPrefix(m.s, ". ")
	m.c.first.ordinal = found && m.ordinalDot() && (rest == "" || isWordByte(rest[0]))
}

// meter measures a text, character by character.
type meter struct {
	*language
	*numerals
	s    string
	part bool // of a text with small letters
	c    *Content

	capitals uint8   // 0 for not looked yet, 1 for a text with small letters, 2 for one without
	phrase   *Phrase // notes each sound; nil: nobody wants them one by one
}

// sound adds the letters of a sound.
func (m *meter) sound(letters float64) {
	m.c.sound(letters)
	if m.phrase != nil {
		m.phrase.letters = append(m.phrase.letters, letters)
	}
}

// lengthen adds letters to the last sound.
func (m *meter) lengthen(letters float64) {
	m.c.Letters += letters
	if m.phrase != nil {
		m.phrase.letters = append(m.phrase.letters, letters)
	}
}

// strange counts letters of another script, which [meter.sound] has added.
func (m *meter) strange(letters float64) {
	m.c.Foreign += letters
	if m.phrase != nil {
		m.phrase.foreign = append(m.phrase.foreign, letters)
	}
}

// all measures the text to its end.
func (m *meter) all() {
	for i := 0; i < len(m.s); {
		i += m.next(i)
	}
}

// next measures the piece at i and returns its length in bytes.
func (m *meter) next(i int) int {
	switch b := m.s[i]; {
	case isASCIILetter(rune(b)):
		return m.word(i)
	case b == ' ' || b == '\t':
		m.c.space()
		return 1
	// A new line is a pause even without a full stop, as in headings and lists.
	case b == '\n' || b == '\r':
		m.c.space()
		m.c.rest(sentence)
		return 1
	// A telephone number may begin with a plus or a bracket.
	case b >= '0' && b <= '9', b == '+', b == '(':
		if size := m.telephone(i); size > 0 {
			return size
		}
		if b >= '0' && b <= '9' {
			return m.figures(i)
		}
	}
	return m.character(i)
}

// character measures a character that is neither an ASCII letter nor part of a number.
func (m *meter) character(i int) int {
	r, size := utf8.DecodeRuneInString(m.s[i:])
	switch kind := scriptOf(r); kind {
	case silent:
		return size
	case alphabet, semitic, indic, thai, hangul, kana, han:
		m.sound(m.weight(kind))
		// Some voices leave out other scripts. The estimate keeps them apart.
		if m.foreign(kind) {
			m.strange(m.weight(kind))
		}
		return size
	case other:
	}
	m.mark(r, i)
	return size
}

// mark measures punctuation and symbols. Quotes and brackets have no sound.
func (m *meter) mark(r rune, i int) {
	switch r {
	case '.':
		// A full stop inside a word belongs to an address: "example dot org".
		if m.inside(i) {
			m.sound(m.point)
			return
		}
		m.c.dot(m.stop(i))
	case '…':
		m.c.rest(m.stop(i))
	case '!', '?', '。', '！', '？', '؟', '।', '۔', '\u2028', '\u2029', '\u0085':
		m.c.rest(sentence)
	case ',', ';', ':', '、', '，', '；', '：', '–', '—', '(', '（', '،', '؛':
		m.c.rest(comma)
	case '-':
		m.hyphen(i)
	case '\u00a0', '\u2007', '\u2009', '\u202f', '\u3000':
		m.c.space()
	case '%', '€', '$', '£', '¥', '₹', '₽', '₺', '&', '@', '+', '=', '#', '°', '©', '®', '™', '×', '§', '½', '¼', '¾':
		m.sound(m.symbol)
	case '/', '|', '\\', '*', '_':
		m.sign(i)
	}
	// Everything else is not heard.
}

// hyphen measures a hyphen. Between two words it is a pause, and within a word it has no
// sound. In a name for machines it is read.
func (m *meter) hyphen(i int) {
	switch {
	case !m.joins(i), m.repeats(i):
		m.c.rest(comma)
	case m.inName(i):
		m.sound(hyphenSaid)
	}
}

// sign measures a slash and similar signs. Inside a word they are read. Several underscores
// are a blank to fill in.
func (m *meter) sign(i int) {
	switch {
	case m.s[i] == '_' && m.repeats(i):
		m.c.rest(sentence)
	case m.inside(i):
		m.sound(m.point)
	}
}

// stop returns the pause at a full stop. After three dots, a sentence that goes on in small
// letters makes only a short one.
func (m *meter) stop(i int) pause {
	if m.s[i] == '.' && (i == 0 || m.s[i-1] != '.') && (i+1 == len(m.s) || m.s[i+1] != '.') {
		return sentence
	}
	// Only a little is looked at: a run of marks without end would make the loop slow.
	rest := strings.TrimLeft(m.s[i:min(len(m.s), i+longestRun)], ".… \u00a0")
	if r, _ := utf8.DecodeRuneInString(rest); unicode.IsLower(r) {
		return comma
	}
	return sentence
}

const longestRun = 40 // bytes of marks that are looked over

// hyphenSaid is the length in letters of a hyphen behind a digit, in a name such as
// b2-32-topic. Voices stop there or say the word.
const hyphenSaid = 12

const longestName = 100 // bytes on each side that are looked at

// inName reports whether a hyphen follows a digit in a name for machines. Such a name has
// hyphens, small letters and digits.
func (m *meter) inName(i int) bool {
	if i == 0 || !isDigit(m.s[i-1]) {
		return false
	}
	from, to := max(0, i-longestName), min(len(m.s), i+longestName)
	from += strings.LastIndexByte(m.s[from:i], ' ') + 1
	name, _, _ := strings.Cut(m.s[from:to], " ")
	return isASCIILetter(rune(name[0])) && strings.Count(name, "-") >= 2 && strings.IndexFunc(name, unicode.IsUpper) < 0
}

// inside reports whether the sign at i has a letter or digit on both sides.
func (m *meter) inside(i int) bool {
	return i > 0 && i+1 < len(m.s) && isWordByte(m.s[i-1]) && isWordByte(m.s[i+1])
}

// joins reports whether the sign at i touches a word, and does not stand between two
// spaces.
func (m *meter) joins(i int) bool {
	return i > 0 && isWordByte(m.s[i-1]) || i+1 < len(m.s) && isWordByte(m.s[i+1])
}

// repeats reports whether the sign at i stands beside the same sign.
func (m *meter) repeats(i int) bool {
	return i > 0 && m.s[i-1] == m.s[i] || i+1 < len(m.s) && m.s[i+1] == m.s[i]
}

// isWordByte reports whether a byte belongs to a letter or digit. Any byte beyond ASCII
// counts.
func isWordByte(b byte) bool {
	return isASCIILetter(rune(b)) || b >= '0' && b <= '9' || b >= utf8.RuneSelf
}

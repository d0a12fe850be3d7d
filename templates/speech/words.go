package speech

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// spelled is how many letters longer the name of a letter is than the letter.
const spelled = 1.8

// foreignWord is the seconds that a voice needs to change to a word in Latin letters and
// back.
const foreignWord = 0.25

// word measures a word of ASCII letters at i. It takes the full stop of an abbreviation or
// an initial with it, which is no pause.
func (m *meter) word(i int) int {
	end := wordEnd(m.s, i)
	letters := float64(end-i) * m.weight(alphabet)
	size := end - i
	if m.foreign(alphabet) && size > 1 {
		letters += m.pace * foreignWord
	}
	// "é" splits a word into pieces. A piece is no abbreviation.
	if m.whole(i, end) {
		extra, taken := m.shortened(i, end)
		letters += extra
		size = max(size, taken)
	}
	m.sound(letters)
	if m.foreign(alphabet) {
		m.strange(letters)
	}
	return size
}

// wordEnd returns where the ASCII letters at i end.
func wordEnd(s string, i int) int {
	for i < len(s) && isASCIILetter(rune(s[i])) {
		i++
	}
	return i
}

// whole reports whether the letters are a word of their own, and not a piece of one with
// other letters.
func (m *meter) whole(i, end int) bool {
	return (end == len(m.s) || m.s[end] < utf8.RuneSelf) && (i == 0 || m.s[i-1] < utf8.RuneSelf && m.s[i-1] != '\'')
}

// shortened measures an initial, an abbreviation or an acronym. It returns how many letters
// longer the spoken form is, and how many bytes it takes with its full stop.
func (m *meter) shortened(i, end int) (letters float64, size int) {
	word := m.s[i:end]
	if end < len(m.s) && m.s[end] == '.' {
		if len(word) == 1 && !m.endsWithI(i) {
			return spelled, 2
		}
		if extra := abbreviation(word); extra > 0 {
			return extra, end + 1 - i
		}
	}
	if isAcronym(word) && !m.shouted(i, end) {
		return spelled * float64(len(word)), len(word)
	}
	return 0, 0
}

// endsWithI reports whether an I ends an English sentence. Behind another initial it is an
// initial.
func (m *meter) endsWithI(i int) bool {
	return m.code == "en" && m.s[i] == 'I' && i > 1 && m.s[i-1] == ' ' && m.s[i-2] != '.'
}

// abbreviation returns how many letters longer the spoken word is, or 0 if it is not known.
func abbreviation(word string) float64 {
	if len(word) > 6 {
		return 0
	}
	var lower [6]byte
	// No allocation here: every short word with a full stop passes.
	for i := range len(word) {
		lower[i] = word[i] | 0x20
	}
	switch string(lower[:len(word)]) {
	case "mr", "mrs", "ms", "dr", "st", "no", "nr", "vs", "ltd", "fr", "hr", "sr", "sra", "mme", "ca", "jr", "dra":
		return 4
	case "prof", "corp", "co", "approx", "etc", "dott", "ing", "ul", "tel", "fig", "vol", "str", "avda", "av":
		return 6
	case "inc", "usw", "evtl", "inkl", "zzgl", "ggf", "env", "dept", "bros":
		return 9
	case "bzw", "mio", "mrd":
		return 12
	}
	return 0
}

// isAcronym reports whether capitals are spelled out: up to three of them, or up to five
// without a vowel.
func isAcronym(word string) bool {
	if len(word) < 2 || len(word) > 5 {
		return false
	}
	vowels := 0
	for i := range len(word) {
		switch word[i] {
		case 'A', 'E', 'I', 'O', 'U', 'Y':
			vowels++
		}
		if word[i] < 'A' || word[i] > 'Z' {
			return false
		}
	}
	return len(word) <= 3 || vowels == 0
}

// shouted reports whether a word in capitals stands among others in capitals that are
// surely read as words. Then this one is read, too.
func (m *meter) shouted(i, end int) bool {
	if !m.part && m.inCapitals() {
		return true
	}
	// The search is bounded, or a long text in capitals would take quadratic time.
	from, to := i, end
	for from > 0 && i-from < longestShout && isShouting(m.s[from-1]) {
		from--
	}
	for to < len(m.s) && to-end < longestShout && isShouting(m.s[to]) {
		to++
	}
	return readAloud(m.s[from:to]) > 1
}

// inCapitals reports whether a text is all in capitals, with words that are read. It looks
// only once per text.
func (m *meter) inCapitals() bool {
	if m.capitals == 0 {
		m.capitals = 1
		if (readAloud(m.s) > 0 || strings.Count(m.s, " ") >= manyWords) && strings.IndexFunc(m.s, unicode.IsLower) < 0 {
			m.capitals = 2
		}
	}
	return m.capitals == 2
}

const longestShout = 100 // bytes on each side that are looked at

// manyWords is from how many spaces on a text in capitals is a sentence, and not a row of
// acronyms.
const manyWords = 3

// isShouting reports whether a byte may stand in a run of words in capitals.
func isShouting(b byte) bool {
	return b >= 'A' && b <= 'Z' || b == ' ' || b == ',' || b == '\'' || b == '-' || b >= utf8.RuneSelf
}

// readAloud counts words in capitals that are too long to be spelled out.
func readAloud(s string) int {
	n := 0
	for i := 0; i < len(s); {
		end := wordEnd(s, i)
		if end-i > 3 && strings.ToUpper(s[i:end]) == s[i:end] && !isAcronym(s[i:end]) {
			n++
		}
		i = end + 1
	}
	return n
}

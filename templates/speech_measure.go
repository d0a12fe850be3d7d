package templates

import "unicode/utf8"

// seconds estimates how long a text takes to say at this language's normal pace: letters
// at its rate, numbers, dates and money as their words, pauses at punctuation.
func (l *spokenLanguage) seconds(s string) float64 {
	total, letter := 0.0, l.perLetter(alphabet)
	for i := 0; i < len(s); {
		b := s[i]
		switch {
		case isLetter(b):
			end := wordEnd(s, i)
			total += float64(end-i) * letter
			if extra, size := l.shortened(s, i, end); size > 0 {
				total += extra * letter
				end = i + size
			}
			i = end
		case b == ' ':
			total += l.space()
			i++
		case b >= '0' && b <= '9':
			sum, size := l.figures(s[i:])
			total += sum / l.rate
			i += size
		default:
			sum, size := l.character(s[i:])
			total += sum
			i += size
		}
	}
	return total
}

// space: in scripts without spaces between words a space is no sound and no pause.
func (l *spokenLanguage) space() float64 {
	if l.native == han || l.native == kana || l.native == thai {
		return 0
	}
	return 1 / l.rate
}

// character measures a character that is neither an ASCII letter nor a digit.
func (l *spokenLanguage) character(s string) (seconds float64, size int) {
	r, size := utf8.DecodeRuneInString(s)
	kind := scriptOf(r)
	if kind != other {
		return l.perLetter(kind), size
	}
	switch r {
	case ',', ';', ':', '、', '，', '；', '：', '–', '—', '(', '（', '،', '؛':
		return pauseComma, size
	case '.', '!', '?', '…', '。', '！', '？', '؟', '।':
		return pauseSentence, size
	case '%', '€', '$', '£', '¥', '₹', '₽', '₺', '&', '@', '+', '=', '#', '°', '©', '®', '™', '×', '§', '½', '¼', '¾':
		return l.symbol / l.rate, size
	case '/', '_', '|', '\\', '*':
		return l.point / l.rate, size
	}
	return 0, size // quotes, hyphens, brackets
}

func isLetter(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

func wordEnd(s string, i int) int {
	for i < len(s) && isLetter(s[i]) {
		i++
	}
	return i
}

// shortened measures what an abbreviation or acronym is longer when spoken, in letters,
// and how many bytes it takes with its full stop; size is 0 for an ordinary word.
func (l *spokenLanguage) shortened(s string, start, end int) (letters float64, size int) {
	if end-start > 5 || end < len(s) && s[end] >= utf8.RuneSelf {
		return 0, 0
	}
	word := s[start:end]
	if end < len(s) && s[end] == '.' {
		if extra := abbreviation(word); extra > 0 {
			return extra, end + 1 - start
		}
	}
	if isAcronym(word) {
		return 1.8 * float64(len(word)), len(word)
	}
	return 0, 0
}

// abbreviation is how many letters longer the spoken word is, 0 for none known.
func abbreviation(word string) float64 {
	var lower [5]byte
	for i := range len(word) {
		lower[i] = word[i] | 0x20
	}
	switch string(lower[:len(word)]) {
	case "mr", "mrs", "dr", "st", "no", "nr", "vs", "ltd", "fr", "hr", "sr", "sra", "mme", "ca":
		return 4
	case "prof", "corp", "co", "approx", "etc", "dott", "ing", "ul", "tel":
		return 6
	case "inc", "usw", "evtl", "inkl", "zzgl", "ggf", "env":
		return 9
	case "bzw", "mio", "mrd":
		return 12
	}
	return 0
}

// isAcronym: capitals that are spelled out, by length or for want of a vowel.
func isAcronym(word string) bool {
	if len(word) < 2 {
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

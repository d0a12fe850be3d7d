package speech

// script groups writing systems by how much sound a character stands for.
type script uint8

const (
	silent   script = iota // marks that are spoken with their letter, emoji, controls
	alphabet               // Latin, Cyrillic, Greek, and all that are not listed
	semitic                // Arabic, Hebrew: short vowels are not written
	indic
	thai
	hangul
	kana
	han
	other // digits, punctuation, symbols: handled one by one
)

// defaultPace returns the characters per second of a script within another language.
func defaultPace(s script) float64 {
	switch s {
	case semitic:
		return 13
	case indic, thai:
		return 17
	case hangul:
		return 8.5
	case kana:
		return 10
	case han:
		return 6
	case silent, alphabet, other:
	}
	return 19
}

// weight returns how many of the language's own letters take as long as a character of a
// script. A Chinese character in Japanese stands for about 1.9 morae.
func (l *language) weight(s script) float64 {
	switch {
	case s == silent:
		return 0
	case s == l.native:
		return 1
	case s == han && l.native == kana:
		return 1.9
	}
	return l.pace / defaultPace(s)
}

// foreign reports whether a script is not the language's own. Japanese uses Chinese
// characters.
func (l *language) foreign(s script) bool {
	return s != silent && s != l.native && (s != han || l.native != kana)
}

// space returns the length of a space in letters. In scripts without spaces between words
// it has no sound.
func (l *language) space() float64 {
	if l.native == han || l.native == kana || l.native == thai {
		return 0
	}
	return 1
}

// comma returns the seconds of a short pause. The languages of East Asia have fewer commas
// and longer pauses at them.
func (l *language) comma() float64 {
	if l.native == han || l.native == kana || l.native == hangul {
		return 0.40
	}
	return 0.27
}

// scriptOf returns the script of a character. The ranges are in order of frequency, because
// it runs for each character.
func scriptOf(r rune) script {
	switch {
	case r < 0x80:
		return scriptOfASCII(r)
	case isSilent(r):
		return silent
	case r < 0x0590:
		return scriptOfEurope(r)
	case r <= 0x08ff:
		return semitic
	case r >= 0x0900 && r <= 0x0dff:
		return indic
	case r >= 0x0e00 && r <= 0x0eff:
		return thai
	}
	return scriptOfEast(r)
}

// isSilent reports whether a character has no sound of its own: accents and vowel points,
// which belong to their letter, joiners and emoji.
func isSilent(r rune) bool {
	switch {
	case r >= 0x0300 && r <= 0x036f, r >= 0x0591 && r <= 0x05c7, r >= 0x064b && r <= 0x0652, r >= 0x200b && r <= 0x200f:
		return true
	}
	return IsPictograph(r)
}

// scriptOfEurope classifies characters below Hebrew.
func scriptOfEurope(r rune) script {
	if r >= 0xa0 && r <= 0xbf || r == '×' || r == '÷' {
		return other
	}
	return alphabet
}

// scriptOfASCII classifies ASCII. Digits and signs are measured one by one.
func scriptOfASCII(r rune) script {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == ' ', r == '\'':
		return alphabet
	case r < ' ' || r == 0x7f:
		return silent
	}
	return other
}

// scriptOfEast classifies the remaining characters. A script that is not listed counts as
// an alphabet.
func scriptOfEast(r rune) script {
	switch {
	case r >= 0x2010 && r <= 0x20cf, r >= 0x3000 && r <= 0x303f, r >= 0xff00 && r <= 0xff65:
		return other
	case r >= 0x3040 && r <= 0x30ff:
		return kana
	case r >= 0xac00 && r <= 0xd7af, r >= 0x1100 && r <= 0x11ff:
		return hangul
	case r >= 0x3400 && r <= 0x9fff, r >= 0xf900 && r <= 0xfaff, r >= 0x20000 && r <= 0x3ffff:
		return han
	}
	return alphabet
}

// IsPictograph reports whether a character is in a block of emoji or dingbats. No voice
// says them.
func IsPictograph(r rune) bool {
	switch {
	case r >= 0x1f000 && r <= 0x1faff, r >= 0x2600 && r <= 0x27bf, r >= 0x2b00 && r <= 0x2bff:
		return true
	case r == 0xfe0f, r == 0x20e3, r >= 0x2190 && r <= 0x21ff:
		return true
	}
	return false
}

package templates

// spokenLanguage holds how fast a language is spoken and how long its number words are.
// Lengths are in the language's own letters: a Latin letter or space in English, a
// character in Chinese, a mora in Japanese, a syllable block in Korean.
type spokenLanguage struct {
	code   string
	rate   float64 // letters per second, spaces included
	native script  // the script the rate is about

	digit, teen, ten           float64 // "four", "fourteen", "forty"
	hundred, thousand, million float64 // "hundred", "thousand", "million"
	point, month, symbol       float64 // "point", "September", "percent"

	words string // common little words, each between spaces, to recognise the language
}

// languages lists what the model knows. The rates are those of synthetic voices at their
// normal pace; between languages they stand in the proportions that reading aloud was
// measured to have, and a campaign's own finished videos correct them.
var languages = [...]spokenLanguage{
	{"en", 14.5, alphabet, 5, 8, 6.5, 8, 9, 8, 6, 7.5, 7, " the and you your is are of to with for this we thank "},
	{"de", 13.8, alphabet, 5, 8, 8, 8, 8, 9, 6, 7, 7, " der die das und ist sie wir ihr ihre nicht mit für ein eine von zu "},
	{"fr", 15.0, alphabet, 5, 7, 9, 5, 6, 8, 8, 7, 7, " le la les et vous votre est nous des une un pour avec dans du "},
	{"es", 15.0, alphabet, 5, 8, 9, 8, 4, 8, 6, 8, 7, " el la los y usted su es una un para con de que por las tu "},
	{"it", 15.0, alphabet, 5, 9, 8, 6, 5, 8, 8, 8, 7, " il la e è lei un una per con di che gli sono del della tuo "},
	{"pt", 14.8, alphabet, 5, 9, 9, 7, 4, 7, 8, 8, 7, " o a os e você seu sua é um uma para com de que não do da "},
	{"nl", 14.5, alphabet, 4.5, 8, 8, 8, 8, 8, 6, 8, 7, " de het een en u uw is met voor van niet wij je dat "},
	{"sv", 14.5, alphabet, 4, 7, 6.5, 7, 6, 7, 6, 7, 7, " och det att en är du din för med som på vi av inte "},
	{"da", 14.5, alphabet, 4, 7, 8, 7, 6, 7, 6, 7, 7, " og det at en er du din for med som på vi af ikke "},
	{"no", 14.5, alphabet, 4, 7, 6.5, 7, 6, 7, 6, 7, 7, " og det at en er du din for med som på vi av ikke "},
	{"fi", 15.0, alphabet, 5.5, 12, 14, 6, 7, 9, 7, 9, 9, " ja on se sinun ei että me te kanssa tämä olet "},
	{"pl", 13.5, alphabet, 6, 11, 11, 6, 7, 7, 9, 9, 7, " i w na się nie jest to z do twój dla że jak "},
	{"cs", 13.2, alphabet, 5, 9, 9, 4, 6, 6, 6, 7, 7, " a je se na v že to s pro váš jsme není "},
	{"hu", 13.8, alphabet, 4.5, 9, 7, 4, 4, 7, 5, 9, 8, " a az és hogy nem egy van az ön is "},
	{"ro", 14.5, alphabet, 4.5, 11, 10, 5, 4, 7, 7, 9, 7, " și de la în un o este cu pentru nu dumneavoastră "},
	{"tr", 14.0, alphabet, 4.5, 8, 6, 4, 4, 7, 6, 6, 6, " ve bir bu için ile siz sizin da de çok "},
	{"id", 14.5, alphabet, 5, 12, 12, 6, 5, 5, 5, 8, 7, " dan yang anda ini dengan untuk di dari kami "},
	{"vi", 13.0, alphabet, 4, 8, 9, 5, 5, 6, 5, 8, 8, " và của bạn là có cho một với không "},
	{"ru", 13.8, alphabet, 5.5, 12, 10, 6, 7, 8, 8, 8, 8, ""},
	{"uk", 13.8, alphabet, 5.5, 12, 10, 5, 6, 7, 8, 8, 8, ""},
	{"el", 14.0, alphabet, 5, 8, 8, 6, 6, 10, 5, 10, 8, ""},
	{"ar", 10.5, semitic, 5, 9, 6, 4, 4, 6, 5, 6, 5, ""},
	{"he", 10.8, semitic, 4, 8, 6, 3, 4, 6, 5, 6, 5, ""},
	{"hi", 12.5, indic, 3.5, 5, 5, 3, 5, 4, 6, 6, 6, ""},
	{"th", 12.5, thai, 4, 6, 6, 4, 4, 5, 3, 8, 6, ""},
	{"zh", 4.5, han, 1, 2, 2, 1, 1, 2, 1, 2, 2.5, ""},
	{"ja", 7.4, kana, 2, 4, 4, 3, 2, 4, 2, 4, 5, ""},
	{"ko", 6.0, hangul, 1, 2, 2, 1, 1, 2, 1, 2, 3, ""},
}

// script groups the writing systems by how much sound a character stands for.
type script uint8

const (
	silent   script = iota // marks that are spoken with their letter, emoji, controls
	alphabet               // Latin, Cyrillic, Greek, and whatever is not listed
	semitic                // Arabic, Hebrew: short vowels are not written
	indic
	thai
	hangul
	kana
	han
	other // digits, punctuation, symbols: handled one by one
)

// defaultRate is the characters per second of a script inside another language.
func defaultRate(s script) float64 {
	switch s {
	case semitic:
		return 10.5
	case indic, thai:
		return 12.5
	case hangul:
		return 6
	case kana:
		return 7.4
	case han:
		return 4.5
	case silent, alphabet, other:
	}
	return 14.5
}

// perLetter is the seconds one character of a script takes in this language. A Chinese
// character in Japanese stands for about 1.9 morae.
func (l *spokenLanguage) perLetter(s script) float64 {
	switch {
	case s == silent:
		return 0
	case s == l.native:
		return 1 / l.rate
	case s == han && l.native == kana:
		return 1.9 / l.rate
	}
	return 1 / defaultRate(s)
}

// scriptOf classifies a character.
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

// isSilent: accents and vowel points that are spoken with their letter, joiners, emoji.
func isSilent(r rune) bool {
	switch {
	case r >= 0x0300 && r <= 0x036f, r >= 0x0591 && r <= 0x05c7, r >= 0x064b && r <= 0x0652, r >= 0x200b && r <= 0x200f:
		return true
	}
	return isPictograph(r)
}

func scriptOfEurope(r rune) script {
	if r >= 0xa0 && r <= 0xbf || r == '×' || r == '÷' {
		return other
	}
	return alphabet
}

func scriptOfASCII(r rune) script {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == ' ', r == '\'':
		return alphabet
	case r < ' ' || r == 0x7f:
		return silent
	}
	return other
}

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

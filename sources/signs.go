package sources

import (
	"strings"
	"unicode"
)

// caseFaults returns the cost of capitals behind small letters, and of small letters among
// capitals, if one of them is beyond ASCII. MüLLER is no name, but the work of a wrong code
// page.
func caseFaults(word []rune) int {
	sum, capitals, smalls := 0, 0, 0
	strange := false
	for i, r := range word {
		upper, lower, beyond := unicode.IsUpper(r), unicode.IsLower(r), r >= 0x80
		switch {
		// Only letters beyond ASCII can be misread. The plain ones around them show the
		// intended case.
		case !beyond && upper:
			capitals++
		case !beyond && lower:
			smalls++
		case lower && r != 'ß':
			strange = true
		}
		if upper && i > 0 && unicode.IsLower(word[i-1]) && max(r, word[i-1]) >= 0x80 {
			sum += caseCost
		}
	}
	if strange && capitals > 1 && smalls == 0 {
		sum += caseCost
	}
	return sum
}

// sign is a character that is no letter, together with its neighbours.
type sign struct {
	runes         []rune
	at            int
	before, after rune // a space where there is nothing
}

// letterBefore and letterAfter report whether the sign touches a letter.
func (s sign) letterBefore() bool { return unicode.IsLetter(s.before) }
func (s sign) letterAfter() bool  { return unicode.IsLetter(s.after) }

// digitBeside reports whether the sign touches a digit.
func (s sign) digitBeside() bool { return unicode.IsDigit(s.before) || unicode.IsDigit(s.after) }

// signCost judges a sign by its neighbours. A wrong code page puts signs where no person
// writes them.
func signCost(runes []rune, at int) int {
	s := sign{runes: runes, at: at, before: ' ', after: ' '}
	if at > 0 {
		s.before = runes[at-1]
	}
	if at+1 < len(runes) {
		s.after = runes[at+1]
	}
	switch {
	case runes[at] == unicode.ReplacementChar || unicode.IsControl(runes[at]):
		return brokenCost
	// An apostrophe between letters is normal in some words and rare in others.
	case runes[at] == '’' && s.letterBefore() && s.letterAfter():
		return s.apostropheCost()
	case s.fits():
		return ordinaryCost
	case s.letterBefore() || s.letterAfter():
		return brokenCost
	}
	return oddCost
}

// apostropheCost returns the cost of an apostrophe within a word. It is normal in L’Oréal
// and Ada’s, and rarer elsewhere.
func (s sign) apostropheCost() int {
	prefix := s.at < 2 || !unicode.IsLetter(s.runes[s.at-2])
	genitive := s.after == 's' && (s.at+2 >= len(s.runes) || !unicode.IsLetter(s.runes[s.at+2]))
	if prefix || genitive {
		return ordinaryCost
	}
	return 2 * ordinaryCost
}

// fits reports whether a sign stands where people write it.
func (s sign) fits() bool {
	for _, usual := range usualPlaces() {
		if strings.ContainsRune(usual.signs, s.runes[s.at]) {
			return usual.fits(s)
		}
	}
	return false
}

// usualPlace says where people write some signs.
type usualPlace struct {
	signs string
	fits  func(sign) bool
}

// usualPlaces lists the usual neighbours of common signs. A sign that is not listed fits
// nowhere.
func usualPlaces() []usualPlace {
	return []usualPlace{
		{"’", sign.endsWord},
		{"·", func(s sign) bool { return s.before == 'l' && s.after == 'l' }}, // of Catalan
		{"“”„‚‘«»‹›", func(s sign) bool { return !s.inWord() && marks(s.runes) > 1 }},
		{"–—•€£¥¢", sign.apart},
		{"…‐‑\u00a0、。・「」（）\u3000，：", func(s sign) bool { return !s.inWord() }},
		{"°", sign.ofDegrees},
		{"½¼¾±×÷ª", sign.ofNumbers},
		{"º", func(s sign) bool { return s.digitBeside() || s.before == 'N' }},
		{"²³", func(s sign) bool { return s.before == 'm' || unicode.IsDigit(s.before) }},
		{"‰", func(s sign) bool { return unicode.IsDigit(s.before) }},
		{"®™©", func(s sign) bool { return !s.letterAfter() }},
		{"¿¡", func(s sign) bool { return !s.letterBefore() && s.letterAfter() }},
		{"µ", func(s sign) bool { return !s.letterBefore() && strings.ContainsRune("mglsFAVWP ", s.after) }},
		{"§¶†", func(s sign) bool { return !s.letterBefore() }},
	}
}

// inWord reports whether letters stand on both sides.
func (s sign) inWord() bool { return s.letterBefore() && s.letterAfter() }

// apart reports whether no letter touches the sign.
func (s sign) apart() bool { return !s.letterBefore() && !s.letterAfter() }

// endsWord accepts the apostrophe of a genitive, one at the start of a word, and
// quotations.
func (s sign) endsWord() bool {
	return (s.letterBefore() || s.before == ' ') && (s.letterAfter() || s.after < 0x80) || marks(s.runes) > 1
}

// ofDegrees accepts 12°, 12 °C and 12°30.
func (s sign) ofDegrees() bool {
	return unicode.IsDigit(s.before) || s.before == ' ' && strings.ContainsRune("CF ", s.after)
}

// ofNumbers accepts ½, 2½ and ±5.
func (s sign) ofNumbers() bool { return s.digitBeside() || s.before == ' ' && !s.letterAfter() }

// marks counts quotation marks. One without a partner is unlikely.
func marks(runes []rune) int {
	n := 0
	for _, r := range runes {
		if strings.ContainsRune("“”„‚‘’«»‹›", r) {
			n++
		}
	}
	return n
}

package sources

import (
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// lettersText says how likely letters are in each language. Each line is a language with
// groups of letters, and in front of each group its cost: twice the negative natural
// logarithm of the frequency. Latin languages list pairs of letters with at least one
// beyond ASCII, where ^ and $ are the ends of a word. Other scripts list single letters.
// The counts come from the words of the dictionaries in Debian's hunspell packages, the
// names of people and places of faker 10.6, and the names of countries, languages and
// currencies of iso-codes; names weigh half.
//
//go:embed letters.txt
var lettersText string

// Costs of everything that the counts do not list. An unseen letter costs as much as one in
// twenty thousand.
const (
	unseenCost   = 20
	switchCost   = 24 // of another script within a word
	caseCost     = 16 // of a capital behind a small letter
	brokenCost   = 40 // of bytes that are no letter
	commonHan    = 19 // of a character of the first level of its standard
	uncommonHan  = 26
	oddCost      = 24 // of a sign that stands where no person puts it
	ordinaryCost = 6  // of a sign where it belongs
)

// judge says how likely it is that a person wrote a text, in any known language. It knows
// nothing of encodings, so two encodings that give the same text get the same verdict.
type judge struct {
	pairs   map[[2]rune][]uint8 // cost in each Latin language
	latin   int                 // how many there are
	singles map[rune]uint8      // the least cost in the languages of other alphabets
	wide    []map[rune]uint8    // cost in Chinese, simplified and traditional, Japanese, Korean
}

// newJudge reads the counts.
func newJudge() *judge {
	j := &judge{pairs: map[[2]rune][]uint8{}, singles: map[rune]uint8{}}
	lines := strings.Split(strings.TrimSpace(lettersText), "\n")
	// The number of Latin languages is needed first: each pair holds one cost per language.
	for _, line := range lines {
		if name, _, _ := strings.Cut(line, " "); script(name) == "" {
			j.latin++
		}
	}
	language := 0
	for _, line := range lines {
		name, groups, _ := strings.Cut(line, " ")
		switch script(name) {
		case "":
			eachGroup(groups, func(cost uint8, text []rune) { j.addPairs(language, cost, text) })
			language++
		case "alphabet":
			eachGroup(groups, j.addSingles)
		default:
			wide := map[rune]uint8{}
			eachGroup(groups, func(cost uint8, text []rune) {
				for _, r := range text {
					wide[r] = cost
				}
			})
			j.wide = append(j.wide, wide)
		}
	}
	return j
}

// script says how a language is written: "alphabet", "wide", or "" for Latin.
func script(language string) string {
	switch language {
	case "ru", "uk", "bg", "sr", "el", "he", "ar", "th":
		return "alphabet"
	case "zhs", "zht", "ja", "ko":
		return "wide"
	}
	return ""
}

// eachGroup calls add for each group of letters in a line.
func eachGroup(groups string, add func(cost uint8, text []rune)) {
	for group := range strings.FieldsSeq(groups) {
		number, text, _ := strings.Cut(group, ":")
		cost, err := strconv.ParseUint(number, 10, 8)
		if err != nil {
			panic("letters.txt: " + group) // a bug of ours, found by any test
		}
		add(uint8(cost), []rune(text))
	}
}

// addPairs notes the cost of pairs in one language. A pair that another language lacks
// costs as much as an unseen one there.
func (j *judge) addPairs(language int, cost uint8, text []rune) {
	for i := 0; i+1 < len(text); i += 2 {
		pair := [2]rune{text[i], text[i+1]}
		if j.pairs[pair] == nil {
			j.pairs[pair] = make([]uint8, j.latin)
			for other := range j.pairs[pair] {
				j.pairs[pair][other] = unseenCost
			}
		}
		j.pairs[pair][language] = cost
	}
}

// addSingles notes the cost of letters, and keeps the least one. Languages that share an
// alphabet are not told apart.
func (j *judge) addSingles(cost uint8, text []rune) {
	for _, r := range text {
		if old, ok := j.singles[r]; !ok || cost < old {
			j.singles[r] = cost
		}
	}
}

// verdict is how unlikely a text is.
type verdict struct {
	cost   int
	absurd bool // a part of it is written by no person, in any language
}

// add adds a cost. One absurd part makes the whole text absurd.
func (v *verdict) add(cost int, absurd bool) {
	v.cost += cost
	v.absurd = v.absurd || absurd
}

// verdict judges a text. ASCII costs nothing, since every reading of the bytes has it.
func (j *judge) verdict(text string) verdict {
	runes := []rune(text)
	var v verdict
	for i := 0; i < len(runes); {
		if !isWordRune(runes[i]) {
			if runes[i] >= 0x80 {
				cost := signCost(runes, i)
				v.add(cost, cost >= oddCost)
			}
			i++
			continue
		}
		to := i
		for to < len(runes) && isWordRune(runes[to]) {
			to++
		}
		j.word(runes[i:to], &v)
		for _, beside := range []int{i - 1, to} {
			// A letter beside a digit is unusual: 5é. The word itself may still be good.
			if at := min(max(beside, i), to-1); beside >= 0 && beside < len(runes) && runes[at] >= 0x80 && unicode.IsDigit(runes[beside]) {
				v.add(8, false)
			}
		}
		i = to
	}
	return v
}

// isWordRune reports whether a character belongs to a word.
func isWordRune(r rune) bool { return unicode.IsLetter(r) && !isOrdinalSign(r) || unicode.IsMark(r) }

// isOrdinalSign reports whether a letter is used as a sign: 1ª, Nº, 5 µm.
func isOrdinalSign(r rune) bool { return r == 'ª' || r == 'º' || r == 'µ' }

// word judges a word, and each part of it where the script changes.
func (j *judge) word(word []rune, v *verdict) {
	faults, from := caseFaults(word), 0
	v.add(faults, faults > 0)
	// Few words have one letter. Chinese and Korean are the exception.
	if len(word) == 1 && word[0] >= 0x80 && alphabetOf(word[0]) != unicode.Han && alphabetOf(word[0]) != unicode.Hangul {
		v.add(10, false)
	}
	for i := 1; i <= len(word); i++ {
		if i < len(word) && alphabetOf(word[i]) == alphabetOf(word[i-1]) {
			continue
		}
		v.add(j.partCost(word[from:i]), false)
		if i < len(word) {
			// No person mixes scripts within a word. A wrong code page often does.
			v.add(switchCost, true)
		}
		from = i
	}
}

// alphabetOf returns the script of a letter, as far as scripts may not mix in a word.
func alphabetOf(r rune) *unicode.RangeTable {
	for _, t := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Hebrew, unicode.Arabic, unicode.Thai, unicode.Hangul} {
		if unicode.Is(t, r) {
			return t
		}
	}
	// Kana and everything else count as Chinese, with which they do mix.
	return unicode.Han
}

// partCost judges letters of one script.
func (j *judge) partCost(part []rune) int {
	switch alphabetOf(part[0]) {
	case unicode.Latin:
		return j.latinCost(part)
	case unicode.Han, unicode.Hangul:
		return j.wideCost(part)
	}
	sum := 4 // where the word begins and ends
	for _, r := range part {
		cost, ok := j.singles[unicode.ToLower(r)]
		if !ok {
			cost = unseenCost
		}
		sum += int(cost)
	}
	return sum
}

// latinCost returns the least cost among all Latin languages. Only pairs with a letter
// beyond ASCII count.
func (j *judge) latinCost(part []rune) int {
	sums := make([]int, j.latin)
	beyond := false
	before := '^'
	for i := 0; i <= len(part); i++ {
		r := '$'
		if i < len(part) {
			r = plainSmall(part[i])
		}
		// Pairs of plain letters are the same in every reading.
		if before >= 0x80 || r >= 0x80 {
			beyond = true
			costs := j.pairs[[2]rune{before, r}]
			for language := range sums {
				if costs == nil {
					sums[language] += unseenCost
				} else {
					sums[language] += int(costs[language])
				}
			}
		}
		before = r
	}
	if !beyond {
		return 0
	}
	return slices.Min(sums)
}

// plainSmall returns the small letter. Romanian ș and ț become the cedilla letters of old
// encodings, and the Turkish İ becomes ı, which is beyond ASCII and so counts.
func plainSmall(r rune) rune {
	switch r {
	case 'İ':
		return 'ı'
	case 'ș', 'Ș':
		return 'ş'
	case 'ț', 'Ț':
		return 'ţ'
	}
	return unicode.ToLower(r)
}

// wideCost returns the least cost among Chinese, Japanese and Korean.
func (j *judge) wideCost(part []rune) int {
	least := math.MaxInt
	for language, known := range j.wide {
		sum := 0
		for _, r := range part {
			cost, ok := known[r]
			if !ok {
				cost = rareCost(language, r)
			}
			sum += int(cost)
		}
		least = min(least, sum)
	}
	return least
}

// rareCost returns the cost of a character that the counts do not list. The national
// standards put common characters on their first level, so the level tells rare from
// common.
func rareCost(language int, r rune) uint8 {
	if !unicode.Is(unicode.Han, r) && !unicode.Is(unicode.Hangul, r) {
		return commonHan - 3 // kana are few
	}
	levels := []struct {
		enc                encoding.Encoding
		first, last, trail byte
	}{
		{simplifiedchinese.GBK, 0xb0, 0xd7, 0xa1}, {traditionalchinese.Big5, 0xa4, 0xc6, 0}, {japanese.ShiftJIS, 0x88, 0x97, 0},
		{korean.EUCKR, 0xb0, 0xc8, 0xa1},
	}
	level := levels[language]
	b, err := level.enc.NewEncoder().String(string(r))
	if err == nil && len(b) == 2 && b[0] >= level.first && b[0] <= level.last && b[1] >= level.trail {
		return commonHan
	}
	return uncommonHan
}

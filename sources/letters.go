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

// lettersText says how likely letters are in each language: a line per language, and in
// it groups of letters behind what they cost, which is twice the natural logarithm of
// how rare they are, negative. In Latin script these are pairs, a letter behind another,
// where ^ and $ are the ends of a word, and only those with a letter beyond ASCII; in
// other scripts single letters. They were counted over the words of the dictionaries of
// Debian's hunspell packages, the names of people and places of faker 10.6, and the names
// of countries, languages and currencies of iso-codes, the names weighing half.
//
//go:embed letters.txt
var lettersText string

// What is not in the counts costs as much as one letter in twenty thousand.
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

// judge knows how likely a person wrote a text, in any language that is known. It knows
// nothing of encodings, so two encodings that give one text are judged the same.
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

// script says how the line of a language is written; "" is Latin.
func script(language string) string {
	switch language {
	case "ru", "uk", "bg", "sr", "el", "he", "ar", "th":
		return "alphabet"
	case "zhs", "zht", "ja", "ko":
		return "wide"
	}
	return ""
}

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

func (j *judge) addSingles(cost uint8, text []rune) {
	for _, r := range text {
		if old, ok := j.singles[r]; !ok || cost < old {
			j.singles[r] = cost
		}
	}
}

// verdict is what was found of a text.
type verdict struct {
	cost   int
	absurd bool // something in it is written by no person, in whatever language
}

func (v *verdict) add(cost int, absurd bool) {
	v.cost += cost
	v.absurd = v.absurd || absurd
}

// verdict says how unlikely a text is, what is ASCII aside.
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
			if at := min(max(beside, i), to-1); beside >= 0 && beside < len(runes) && runes[at] >= 0x80 && unicode.IsDigit(runes[beside]) {
				v.add(8, false) // 5é
			}
		}
		i = to
	}
	return v
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) && !isOrdinalSign(r) || unicode.IsMark(r) }

// isOrdinalSign knows the letters that are written like signs: 1ª, Nº.
func isOrdinalSign(r rune) bool { return r == 'ª' || r == 'º' || r == 'µ' }

// word judges a word, part by part where its script changes.
func (j *judge) word(word []rune, v *verdict) {
	faults, from := caseFaults(word), 0
	v.add(faults, faults > 0)
	if len(word) == 1 && word[0] >= 0x80 && alphabetOf(word[0]) != unicode.Han && alphabetOf(word[0]) != unicode.Hangul {
		v.add(10, false) // words of one letter are few
	}
	for i := 1; i <= len(word); i++ {
		if i < len(word) && alphabetOf(word[i]) == alphabetOf(word[i-1]) {
			continue
		}
		v.add(j.partCost(word[from:i]), false)
		if i < len(word) {
			v.add(switchCost, true)
		}
		from = i
	}
}

// alphabetOf tells the scripts that do not stand in one word.
func alphabetOf(r rune) *unicode.RangeTable {
	for _, t := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Hebrew, unicode.Arabic, unicode.Thai, unicode.Hangul} {
		if unicode.Is(t, r) {
			return t
		}
	}
	return unicode.Han // with kana, and whatever is left
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

// latinCost is the least cost in any language of the pairs with a letter beyond ASCII.
func (j *judge) latinCost(part []rune) int {
	sums, beyond := make([]int, j.latin), false
	before := '^'
	for i := 0; i <= len(part); i++ {
		r := '$'
		if i < len(part) {
			r = plainSmall(part[i])
		}
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

// plainSmall is the small letter, with the cedilla that Romanian has in old encodings.
// The capital dotted I of Turkish is its small dotless one, so that it counts.
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

// wideCost is the least cost in Chinese, Japanese or Korean.
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

// rareCost is the cost of a character that is not among the frequent ones.
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

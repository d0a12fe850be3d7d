package speech

import (
	_ "embed"
	"math"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Recognise returns the language of a text. It looks at the script first, then at words and
// triples of letters. It returns "" if it is not sure, because a wrong language makes a
// wrong price.
func Recognise(text string) string {
	text = text[:min(len(text), enoughText)]
	counts := make(map[script]int)
	for _, r := range text {
		counts[scriptOf(r)]++
	}
	// Kana occur in Japanese only. A few Chinese characters outweigh Latin letters, since
	// each of them is a word.
	switch {
	case counts[kana] > 0:
		return "ja"
	case counts[han] > counts[alphabet]/4:
		return "zh"
	case counts[hangul] > counts[alphabet]:
		return "ko"
	}
	if code := byBlock(text); code != "" {
		return code
	}
	return byLetters(text)
}

// blocks are scripts of one language, or of little more than one.
var blocks = [...]struct {
	table *unicode.RangeTable
	code  string
}{
	{unicode.Hebrew, "he"}, {unicode.Arabic, "ar"}, {unicode.Greek, "el"}, {unicode.Cyrillic, "ru"},
	{unicode.Devanagari, "hi"}, {unicode.Bengali, "bn"}, {unicode.Gujarati, "gu"}, {unicode.Kannada, "kn"},
	{unicode.Malayalam, "ml"}, {unicode.Sinhala, "si"}, {unicode.Tamil, "ta"}, {unicode.Telugu, "te"},
	{unicode.Thai, "th"}, {unicode.Lao, "lo"}, {unicode.Khmer, "km"}, {unicode.Myanmar, "my"},
	{unicode.Ethiopic, "am"}, {unicode.Georgian, "ka"},
}

// byBlock returns the language of a text whose letters are mostly not Latin.
func byBlock(text string) string {
	latin := 0
	var found [len(blocks)]int
	best := 0
	for _, r := range text {
		if unicode.Is(unicode.Latin, r) {
			latin++
			continue
		}
		for i := range blocks {
			if unicode.Is(blocks[i].table, r) {
				found[i]++
				if found[i] > found[best] {
					best = i
				}
				break
			}
		}
	}
	// A foreign name in an English text does not make it foreign.
	if found[best] <= latin {
		return ""
	}
	return withinBlock(blocks[best].code, text)
}

// withinBlock tells languages of one script apart, by letters that only one of them has.
func withinBlock(code, text string) string {
	for _, t := range [...]struct{ block, code, letters string }{
		{"ar", "ur", "ٹڈڑںے"}, {"ar", "ps", "ټډړښځڅ"}, {"ar", "fa", "پچژگ"},
		{"ru", "uk", "іїєґ"}, {"ru", "sr", "ђћ"}, {"ru", "mk", "ѓќѕ"}, {"ru", "kk", "әғқңұһ"}, {"ru", "mn", "өү"},
		{"hi", "mr", "ळ"},
	} {
		if t.block == code && strings.ContainsAny(text, t.letters) {
			return t.code
		}
	}
	// Serbian and Macedonian share this letter. Macedonian was found above by its own
	// letters.
	if code == "ru" && strings.ContainsRune(text, 'ј') {
		return "sr"
	}
	if code == "ru" && strings.ContainsRune(text, 'ъ') && !strings.ContainsAny(text, "ыэё") {
		return "bg"
	}
	return code
}

// tells holds the marks of a language in Latin letters, as logarithms of their likelihood.
type tells struct {
	code    string
	rare    float64 // for a language in which few texts are written
	letters map[rune]bool
	words   map[string]float64
	triples map[[3]rune]float64
}

// Weights of the marks, and the lead that a language needs. They were set on word lists
// that are not in the table.
const (
	unseenTriple  = -10.5
	strangeLetter = -6
	lessLanguage  = -1.5
	rareLanguage  = -3
	ahead         = 2
	nonsense      = -9.3 // a letter, on average
	fewestLetters = 6
	enoughText    = 600 // bytes; more text adds nothing new
)

// recognise.tsv lists the letters, the commonest words and the commonest triples of letters
// of each language, in order of frequency, with _ for the end of a word.
//
//go:embed recognise.tsv
var recogniseTable string

// allTells parses the table on first use. Most runs know their language and never need it.
var allTells = sync.OnceValue(func() []tells {
	var all []tells
	for line := range strings.Lines(recogniseTable) {
		if fields := strings.Split(strings.TrimSpace(line), "\t"); len(fields) == 5 && line[0] != '#' {
			all = append(all, newTells(fields))
		}
	}
	return all
})

// newTells turns ranks into likelihoods: words by Zipf's law, triples by a similar one.
func newTells(fields []string) tells {
	t := tells{code: fields[0], letters: make(map[rune]bool), words: make(map[string]float64), triples: make(map[[3]rune]float64)}
	switch fields[1] {
	case "less":
		t.rare = lessLanguage
	case "rare":
		t.rare = rareLanguage
	}
	for _, r := range fields[2] {
		t.letters[r] = true
	}
	// The table has ranks and no counts, which keeps it small. The rank gives the
	// likelihood.
	for i, w := range strings.Fields(fields[3]) {
		t.words[w] = max(0, 3+(9-math.Log(8*float64(i+5)))/2)
	}
	for i, w := range strings.Fields(fields[4]) {
		if r := []rune(w); len(r) == 3 {
			t.triples[[3]rune(r)] = -4.6 - 0.75*math.Log(float64(i+8)/8)
		}
	}
	return t
}

// byLetters returns the language of a text in Latin letters, if one is well ahead of all
// others.
func byLetters(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	letters := 0
	for _, w := range words {
		letters += utf8.RuneCountInString(w)
	}
	// A few letters are words in many languages.
	if letters < fewestLetters {
		return ""
	}
	best := ""
	first := math.Inf(-1)
	second := math.Inf(-1)
	for _, t := range allTells() {
		switch score := t.score(words); {
		case score > first:
			best, first, second = t.code, score, first
		case score > second:
			second = score
		}
	}
	// Text in a language that is not in the table scores badly in all of them.
	if first-second < ahead || first < nonsense*float64(letters) {
		return ""
	}
	return best
}

// score returns how likely the words are in the language.
func (t *tells) score(words []string) float64 {
	sum := t.rare
	for _, w := range words {
		sum += t.words[w]
		// A triple needs three letters. The 0 says that there are not enough yet.
		before := [2]rune{0, '_'}
		for _, r := range w {
			if !t.letters[r] {
				sum += strangeLetter
			}
			sum += t.triple(before, r)
			before = [2]rune{before[1], r}
		}
		sum += t.triple(before, '_')
	}
	return sum
}

// triple returns how likely a letter is behind two others.
func (t *tells) triple(before [2]rune, r rune) float64 {
	if before[0] == 0 {
		return 0
	}
	if share, ok := t.triples[[3]rune{before[0], before[1], r}]; ok {
		return share
	}
	return unseenTriple
}

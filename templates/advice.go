package templates

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates/form"
)

// Advisor looks for values that are correct and still embarrassing in a video: "Hi ,", a
// name in capitals, N/A instead of a city. All its problems are warnings; the rules that
// refuse a row are in [Program.Row]. An Advisor never changes, so any number of
// goroutines may call Row.
type Advisor struct{ variables []advised }

// advised is one variable, with what the advice needs to know about its use.
type advised struct {
	name     string
	spoken   bool
	isName   bool
	gap      string // the text around the hole when the value is empty; empty if that reads well
	fallback bool   // the template has a default
}

// NewAdvisor prepares the advice for a template's rows.
func NewAdvisor(t *Template) *Advisor {
	a := &Advisor{variables: make([]advised, len(t.Variables))}
	for i, v := range t.Variables {
		a.variables[i] = advised{name: v.Name, spoken: v.Spoken, isName: isNameOfSomeone(v.Name), gap: t.gap(v), fallback: v.Default != nil}
	}
	return a
}

// Row advises on one row's values, in the order of [Template.Variables].
func (a *Advisor) Row(values []string) problem.List {
	var found problem.List
	for i := range a.variables {
		if i >= len(values) {
			break
		}
		found = a.advise(i, values[i], found)
	}
	return found
}

// advise adds the advice on the value of one variable.
func (a *Advisor) advise(i int, value string, found problem.List) problem.List {
	v := &a.variables[i]
	if v.plain(value) {
		return found
	}
	p, ok := v.remark(value)
	if !ok {
		return found
	}
	p.Severity = problem.Warning
	p.Variable = v.name
	p.Value = wording.Shorten(value)
	return append(found, p)
}

// plain reports that a value needs no advice, after one pass over its bytes. Most of a
// million rows are done with it; a value that it does not pass is only looked at closely.
func (v *advised) plain(value string) bool {
	if value == "" || value[len(value)-1] <= ' ' || isNothing(value) {
		return false
	}
	var before byte = ' '
	var seen byteKind
	digits := 0
	for i := range len(value) {
		b := value[i]
		k := byteKinds[b]
		if digits++; k != digit {
			digits = 0
		}
		if digits >= longDigits || k == space && before == ' ' || k == dot && before > '9' {
			return false
		}
		seen |= k
		before = b
	}
	return seen&unusual == 0 && v.looksRight(seen)
}

// looksRight reports whether a name has the kinds of characters that names have.
func (v *advised) looksRight(seen byteKind) bool {
	return !v.isName || seen&upper != 0 && seen&lower != 0 && (!v.spoken || seen&digit == 0)
}

// remark looks closely at a value. A value gets one remark at most: the first fault found
// is nearly always the cause of the others.
func (v *advised) remark(value string) (problem.Problem, bool) {
	switch {
	case blank(value):
		return v.blank()
	case isFiller(value):
		return problem.Problem{Code: "VAR-FILLER", Message: fmt.Sprintf("%q is %q, which looks like a gap in the data", v.name, wording.Shorten(value)),
			Hint: "empty the cell, so that the default is used, or fill it in"}, true
	case strings.Contains(strings.TrimFunc(value, form.IsBlank), "  "):
		return problem.Problem{Code: "VAR-SPACES", Message: fmt.Sprintf("%q has two spaces inside it that will show", v.name), Hint: "take one of them out of the cell"}, true
	case hasStraySpaces(value):
		return problem.Problem{Code: "VAR-SPACES", Message: fmt.Sprintf("%q has spaces around it that will show", v.name),
			Hint: "the transform trim takes those at the ends off", Setting: problem.Setting{Key: "transform", Value: "trim"}}, true
	case v.isName && isOneCase(value):
		return problem.Problem{Code: "VAR-CAPITALS", Message: fmt.Sprintf("%q is %q, all in one case", v.name, wording.Shorten(value)),
			Hint: "the transform title writes it as a name", Setting: problem.Setting{Key: "transform", Value: "title"}}, true
	case v.spoken:
		return v.spokenAdvice(value)
	}
	return problem.Problem{}, false
}

// blank warns of an empty value that leaves a visible gap. A default would fill it.
func (v *advised) blank() (problem.Problem, bool) {
	if v.gap == "" || v.fallback {
		return problem.Problem{}, false
	}
	return problem.Problem{Code: "VAR-GAP", Message: fmt.Sprintf("%q is empty, and the video says %q", v.name, v.gap),
		Hint: "fill in the cell, or say what stands there instead", Setting: problem.Setting{Key: "default", Value: v.standIn()}}, true
}

// standIn is a default to begin with: a greeting goes without a name, and of anything
// else the customer has one.
func (v *advised) standIn() string {
	first, _, _ := strings.Cut(strings.ToLower(v.gap), " ")
	if v.isName && slices.Contains([]string{"hi", "hello", "hey", "dear", "welcome"}, first) {
		return "there"
	}
	return "your " + strings.ReplaceAll(v.name, "_", " ")
}

// IsAboutSpeech reports whether a problem's code is one of advice about what a voice makes of
// a text as it is written.
func IsAboutSpeech(code string) bool {
	return code == "VAR-INITIALS" || code == "VAR-DIGITS" || code == "VAR-ABBREVIATION"
}

// spokenAdvice warns of texts that a voice reads in an unexpected way.
func (v *advised) spokenAdvice(value string) (problem.Problem, bool) {
	if initial := firstInitial(value); v.isName && initial != "" {
		return problem.Problem{Code: "VAR-INITIALS", Message: fmt.Sprintf("%q is spoken and has the initial %q, which a voice reads as a letter, or as the end of a sentence", v.name, initial),
			Hint: `write the name out, or give its spoken form with "say" in the template`}, true
	}
	if v.isName && longestDigits(value) > 0 {
		return problem.Problem{Code: "VAR-DIGITS", Message: fmt.Sprintf("%q is the name of somebody or of a place, is spoken, and has digits", v.name),
			Hint: `correct the cell, or give its spoken form with "say" in the template`}, true
	}
	if longestDigits(value) >= longDigits {
		return problem.Problem{Code: "VAR-DIGITS", Message: fmt.Sprintf("%q is spoken and has a long number, which a voice reads as one", v.name),
			Hint: "put spaces between the digits to have them read one by one"}, true
	}
	if word := firstAbbreviation(value); word != "" {
		return problem.Problem{Code: "VAR-ABBREVIATION", Message: fmt.Sprintf("%q is spoken and has the abbreviation %q", v.name, word),
			Hint: "write the word out, or listen to one video first"}, true
	}
	return problem.Problem{}, false
}

// gap returns the text around an empty variable if a punctuation mark would follow a
// space, as in "Hi ,". It returns "" if the text reads well without the value.
func (t *Template) gap(v Variable) string {
	for _, use := range v.Uses {
		n := t.root.Find(use.Pointer)
		if n == nil {
			continue
		}
		before, after, found := strings.Cut(t.Text(n), "{"+v.Name+"}")
		last, _ := utf8.DecodeLastRuneInString(before)
		next, _ := utf8.DecodeRuneInString(after)
		if found && (before == "" || unicode.IsSpace(last)) && strings.ContainsRune(",.!?;:", next) {
			after, _, _ = strings.Cut(after, "{")
			return strings.TrimSpace(lastWords(before, 30) + firstWords(after, 30))
		}
	}
	return ""
}

// lastWords is the end of a text, whole words of at most so many characters.
func lastWords(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	_, words, _ := strings.Cut(string(runes[len(runes)-most:]), " ")
	return "… " + words
}

// firstWords is the beginning of a text, whole words of at most so many characters.
func firstWords(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	words := string(runes[:most])
	return words[:max(1, strings.LastIndex(words, " "))] + " …"
}

// firstInitial returns the first single capital with a dot behind it; "" when there is none.
func firstInitial(s string) string {
	begins := true
	for at, r := range s {
		if end := at + utf8.RuneLen(r); begins && unicode.IsUpper(r) && strings.HasPrefix(s[end:], ".") {
			return s[at : end+1]
		}
		begins = unicode.IsSpace(r) || r == '-'
	}
	return ""
}

// lastRunes and firstRunes cut a text to so many characters.
func lastRunes(s string, n int) string {
	runes := []rune(s)
	return string(runes[max(0, len(runes)-n):])
}

func firstRunes(s string, n int) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), n)])
}

// isNameOfSomeone guesses from a variable's name, in some languages of our users, that
// its values are names of people or places, which are not written in capitals.
func isNameOfSomeone(variable string) bool {
	folded := form.Fold(variable)
	for _, word := range []string{"name", "vorname", "nachname", "prenom", "nombre", "nome", "city", "ville", "stadt", "ciudad"} {
		if strings.Contains(folded, word) {
			return true
		}
	}
	return false
}

// isOneCase reports whether a text is all in capitals or has none. Capitals count from
// four letters on, since shorter words in capitals are abbreviations; a text with digits
// is a code.
func isOneCase(s string) bool {
	upper, lower := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			return false
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	return upper >= 4 && lower == 0 || lower >= 3 && upper == 0
}

// hasStraySpaces reports spaces at the ends of a text, or two in a row inside it.
func hasStraySpaces(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return form.IsBlank(first) || form.IsBlank(last) || strings.Contains(s, "  ")
}

// longDigits is the number of digits in a row from which on a voice reads one long number
// instead of the digits.
const longDigits = 5

// isFiller recognizes texts that sheets have for "nothing here", and unfilled
// placeholders of other mail merge programs.
func isFiller(s string) bool { return isNothing(s) || mayBeHole(s) && otherMerge.MatchString(s) }

// The texts that isNothing knows are short and begin with few characters. Checking that
// first spares most values the comparison.
const (
	longestFiller = 16
	fillersBegin  = " \t#(-.?kKnNtTuUxX"
)

// isNothing recognizes texts that sheets have for "nothing here".
func isNothing(s string) bool {
	if s == "" || len(s) > longestFiller || strings.IndexByte(fillersBegin, s[0]) < 0 {
		return false
	}
	var lower [longestFiller]byte
	n := copy(lower[:], strings.TrimSpace(s))
	for i, b := range lower[:n] {
		if b >= 'A' && b <= 'Z' {
			lower[i] += 'a' - 'A'
		}
	}
	switch string(lower[:n]) {
	case "n/a", "#n/a", "na.", "null", "none", "nil", "nan", "undefined", "tbd", "tbc", "todo", "unknown", "-", "--", "?", "??", "???", ".", "xxx", "k.a.", "k. a.", "#ref!", "#value!", "#name?", "(blank)", "(null)":
		return true
	}
	return false
}

// otherMerge matches placeholders such as «first_name» of Word or *|FNAME|* of Mailchimp.
var otherMerge = regexp.MustCompile(`<<.+>>|«.+»|\[\[.+\]\]|%[A-Z_]{3,}%|\*\|.+\|\*`)

// abbreviations are those that voices read as they are written.
var abbreviations = [...]string{
	"str", "st", "nr", "no", "dept", "approx", "tel", "ca", "bzw", "co", "inc", "ltd", "z.b", "z. b", "d.h", "d. h",
	"vs", "ext", "apt", "ave", "blvd", "rd",
}

// firstAbbreviation returns the first abbreviation in a text, with the dot and a comma
// that follow it, or "".
func firstAbbreviation(s string) string {
	if strings.IndexByte(s, '.') < 0 {
		return ""
	}
	for i := range len(s) {
		if i > 0 && !isSpace(s[i-1]) {
			continue
		}
		for _, word := range abbreviations {
			if n := len(word); len(s)-i > n && s[i+n] == '.' && strings.EqualFold(s[i:i+n], word) && endsWord(s[i+n+1:]) {
				return strings.TrimSpace(s[i:min(i+n+2, len(s))])
			}
		}
	}
	return ""
}

// endsWord reports whether a word ends in front of a text.
func endsWord(rest string) bool { return rest == "" || rest[0] == ',' || isSpace(rest[0]) }

// isSpace knows the ASCII spaces, except the vertical tab, as regular expressions do.
func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' && b != '\v' }

// mayBeHole reports whether a value has a character that begins a placeholder of another
// program. Without one, the slower regular expression is not needed.
func mayBeHole(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case '<', '[', '%', '*', "«"[0]:
			return true
		}
	}
	return false
}

// longestDigits returns the length of the longest run of digits.
func longestDigits(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			run++
			longest = max(longest, run)
			continue
		}
		run = 0
	}
	return longest
}

package numfmt_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/reelmerge/reelmerge/sources/internal/numfmt"
)

// FuzzNoSerialNumberAndNoLetterOfTheCode writes dates in random codes. The result must be
// neither the number behind the date nor a letter of the code.
func FuzzNoSerialNumberAndNoLetterOfTheCode(f *testing.F) {
	for _, p := range pairs() {
		if len(p.value) < 4 {
			f.Add(p.code)
		}
	}
	for _, code := range []string{"TT.MM.JJJJ", "jj/mm/aaaa", "dd.mm.рррр", "0 kg", "[$-FC19]dd mmmm", "[$-zz-ZZ]mmmm", "[$-41E]bbbb", "上午/下午h", "дп/пп h", "[$-1310411]d", "[ENG][$-409]d", "[$-F400]h", "B1d", "e/g", "mmmmmm", "h:m:s.0000", "[NatNum1]d", "d;\"46095\"", "General d", "y\xff", "[<5]d;[>9]h"} {
		f.Add(code)
	}
	words := numfmt.NamesOf(3, 6)
	f.Fuzz(func(t *testing.T, code string) {
		for _, v := range []float64{46095, 46095.604} { // 14 March 2026, a Saturday
			shown, err := numfmt.Parse(code).Number(v, false)
			var unknown *numfmt.UnknownError
			switch {
			case err == nil:
			case errors.As(err, &unknown) && unknown.Part != "", errors.Is(err, numfmt.ErrNoDate):
				continue
			default:
				t.Fatalf("%q: %v", code, err)
			}
			checkShown(t, code, v, shown, words)
		}
	})
}

// quoted returns the parts of a code that are shown unchanged: quotes, escapes, currencies.
var quoted = regexp.MustCompile(`["\\_*]|\[\$[^-\]]`)

func checkShown(t *testing.T, code string, v float64, shown numfmt.Shown, words []string) {
	t.Helper()
	date := shown.Kind == numfmt.Date || shown.Kind == numfmt.Time
	if date && !quoted.MatchString(code) && strings.Contains(shown.Text, numfmt.Plain(v)) {
		t.Fatalf("%q shows the number itself: %q", code, shown.Text)
	}
	if quoted.MatchString(code) || shown.System {
		return
	}
	if date {
		for _, run := range strings.FieldsFunc(shown.Text, func(r rune) bool {
			return r < unicode.MaxASCII && !unicode.IsLetter(r) && r != '.' && r != '\'' && r != ' '
		}) {
			if ascii(run) && !madeOf(strings.TrimSpace(run), words) {
				t.Fatalf("%q shows a letter of its own: %q in %q", code, run, shown.Text)
			}
		}
		return
	}
	if i := strings.IndexAny(shown.Text, "bdghmsyBDGHMSY"); i >= 0 {
		t.Fatalf("%q shows a letter that means something: %q", code, shown.Text)
	}
}

// ascii reports whether a text has a letter of ASCII.
func ascii(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < unicode.MaxASCII && unicode.IsLetter(r) })
}

// madeOf reports whether a text consists of given words and characters beyond ASCII
// letters.
func madeOf(s string, words []string) bool {
	ok := make([]bool, len(s)+1)
	ok[0] = true
	for i := range len(s) {
		if !ok[i] {
			continue
		}
		if c := s[i]; c >= 0x80 || !unicode.IsLetter(rune(c)) {
			ok[i+1] = true
		}
		for _, w := range words {
			if strings.HasPrefix(s[i:], w) {
				ok[i+len(w)] = true
			}
		}
	}
	return ok[len(s)]
}

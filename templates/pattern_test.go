package templates

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPatternsMatchAsTheirExpressions holds the look at bytes to package regexp.
func TestPatternsMatchAsTheirExpressions(t *testing.T) {
	single := rapid.SampledFrom([]string{"a", "b", "[ab]", "[b-c]", "[^a]", `\d`, "-", "é", "[a-é]", `\.`, ".", "(a)", "(?i)k", "ab", "(ab|c)", ""})
	times := rapid.SampledFrom([]string{"", "", "", "+", "*", "?", "{2}", "{1,2}", "{0,3}", "{2,}", "+?", "{0}"})
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		text.WriteString(rapid.SampledFrom([]string{"^", "^", "^", "", "(?s)^", "(?m)^"}).Draw(t, "begin"))
		for range rapid.IntRange(0, 4).Draw(t, "parts") {
			text.WriteString(single.Draw(t, "single") + times.Draw(t, "times"))
		}
		text.WriteString(rapid.SampledFrom([]string{"$", "$", "$", "", `\z`}).Draw(t, "end"))
		expr, err := regexp.Compile(text.String())
		if err != nil {
			t.Skip(err)
		}
		p := newPattern(text.String())
		if p.runs != nil {
			plain++
		}
		for range 8 {
			value := rapid.StringMatching(`[abcékK\x{212a}0-1.\n-]{0,6}`).Draw(t, "value")
			if got, want := p.match(value), expr.MatchString(value); got != want {
				t.Fatalf("%q against %q: %v, package regexp says %v", value, text.String(), got, want)
			}
		}
	})
	if plain == 0 {
		t.Error("no pattern was matched by its bytes")
	}
}

func TestUsualPatternsAreMatchedByTheirBytes(t *testing.T) {
	tests := map[string]bool{
		`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`: true,
		`^[0-9]+\.[0-9]{2}$`:           true,
		`^[A-Za-z0-9_-]{1,64}$`:        true,
		`^EUR [0-9]*$`:                 true,
		`^[a-z]+[a-m]$`:                false, // the first run must leave one to the second
		`^[a-z]*-?[a-z]$`:              false,
		`^(a|bc)$`:                     false,
		`^.+$`:                         false, // not of ASCII alone
		`[0-9]+`:                       false, // anywhere
		`(?i)^eur$`:                    false,
		`(?m)^eur$`:                    false,
	}
	for text, want := range tests {
		if got := newPattern(text).runs != nil; got != want {
			t.Errorf("%s: by its bytes %v, want %v", text, got, want)
		}
	}
}

// FuzzPattern looks for expressions and values that the two ways judge differently.
func FuzzPattern(f *testing.F) {
	for _, seed := range [][2]string{{`^[0-9]+\.[0-9]{2}$`, "12.50"}, {`^a*b?a$`, "a"}, {`^[^a]$`, "\xff"}, {`^\w{1,3}\s?$`, "ab\n"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		expr, err := regexp.Compile(text)
		if err != nil {
			t.Skip()
		}
		if got, want := newPattern(text).match(value), expr.MatchString(value); got != want {
			t.Errorf("%q against %q: %v, package regexp says %v", value, text, got, want)
		}
	})
}

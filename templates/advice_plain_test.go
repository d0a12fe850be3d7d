package templates

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPlainValuesNeedNoAdvice holds the quick look to the closer one.
func TestPlainValuesNeedNoAdvice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := advised{name: "name", spoken: rapid.Bool().Draw(t, "spoken"), isName: rapid.Bool().Draw(t, "isName")}
		value := rapid.OneOf(
			rapid.StringMatching(`[A-Za-z0-9 .,@'"&!/-]{0,24}`),
			rapid.StringMatching(`(n/a|NULL|Inc\.|Dr\.|st\.|[A-Z]{4,}|[0-9]{3,7}| )+`),
			rapid.StringMatching(`[\x{a0}\x{3000}\x{1680}\x{200b}\x{feff}é李Ọ ]?[A-Ba-b]{0,4}(<<x>>|\[\[x\]\]|%NAME%|«x»)?[é\x{2003}]?`),
			rapid.String(),
		).Draw(t, "value")
		if p, found := v.remark(value); v.plain(value) && found {
			t.Fatalf("%q is plain, and yet: %s", value, p.Message)
		}
	})
}

// TestAbbreviationsAreThoseOfTheExpression holds the search for abbreviations to
// the regular expression that says which there are.
func TestAbbreviationsAreThoseOfTheExpression(t *testing.T) {
	says := regexp.MustCompile(`(?i)(?:^|\s)((?:str|st|nr|no|dept|approx|tel|ca|bzw|co|inc|ltd|z\. ?b|d\. ?h|vs|ext|apt|ave|blvd|rd)\.(?:,|(?:\s|$)))`)
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`((Main|Str|z\.|z\.B|no|d\. ?h|INC|st|b|x)[., \t\n]{0,2}){0,5}`).Draw(t, "value")
		want := ""
		if m := says.FindStringSubmatch(value); m != nil {
			want = strings.TrimSpace(m[1])
		}
		if got := firstAbbreviation(value); got != want {
			t.Fatalf("%q: found %q, want %q", value, got, want)
		}
	})
}

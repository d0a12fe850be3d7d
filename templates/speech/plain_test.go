package speech

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// texts draws texts of few pieces: markup, entities, digits and letters of all scripts, and
// bytes that are no text.
func texts() *rapid.Generator[string] {
	pieces := rapid.OneOf(
		rapid.SampledFrom([]string{
			"<b>", "<br/>", "<break time='2s'/>", "<", "[pause 1.5s]", "[x]", "[", "&amp;", "&#39;", "&x;", "&", ";", "\xff", "\xd9", " ", ". ",
			"٣", "٫", "۴", "३", "৭", "๕", "７", "Ａ", "ｚ", "𝟘", "é", "Ж", "李", "あ", "한", "🎉", "a", "SQL", "12", "3.5", "kg", "-", "+49 30 123456",
		}),
		rapid.Map(rapid.RuneFrom(nil, unicode.Nd, unicode.L, unicode.S, unicode.P), func(r rune) string { return string(r) }),
	)
	return rapid.Map(rapid.SliceOfN(pieces, 1, 4), func(p []string) string { return strings.Join(p, "") })
}

// speakers draws a speaker of any language, and of none.
func speakers() *rapid.Generator[Speaker] {
	return rapid.Custom(func(t *rapid.T) Speaker {
		codes := []string{""}
		for i := range languages {
			codes = append(codes, languages[i].code)
		}
		return NewSpeaker(Asked{Language: rapid.SampledFrom(codes).Draw(t, "language")})
	})
}

// TestTextsThatNeedNoCleaningSayTheSame holds the quick look to the work that it spares.
func TestTextsThatNeedNoCleaningSayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, s := texts().Draw(t, "text"), speakers().Draw(t, "speaker")
		if needsPlain(text) {
			return
		}
		clean, asked := cleaned(text)
		if got, want := s.Measure(text), s.Measure(clean); got != want || asked > 0 {
			t.Fatalf("%q: %+v, and cleaned, %q: %+v and %v s", text, got, clean, want, asked)
		}
	})
}

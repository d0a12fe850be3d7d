package speech_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/templates/speech"
)

// TestAPhraseIsItsText compares, to the last bit, a content of phrases with one that the same
// texts were appended to.
func TestAPhraseIsItsText(t *testing.T) {
	pieces := []string{
		"Hello ", "Ada", ", ", ". ", ".", ".com", "...", "! ", "5", " kg ", "12", " Mai ", "1,250", "568.34", "2026-05-13", "€", " (", ") ", "李雷", "\n", "is", "?",
		"www.example.com", " 1999 ", "Müller & Söhne GmbH", "Anne-Marie", "J. R.", "EU", "\"EU\"", "b2-32-x", "+49 30 1234567", "<break time=\"2s\"/>", "[pause]", "٤٨٢", "Ада", "שלום", "",
	}
	rapid.Check(t, func(t *rapid.T) {
		language := rapid.SampledFrom([]string{"en", "de", "zh", "ja", "ar", "fi", ""}).Draw(t, "language")
		s := speech.NewSpeaker(speech.Asked{Language: language})
		part := rapid.Bool().Draw(t, "part")
		text := rapid.OneOf(rapid.SampledFrom(pieces), rapid.String())
		var said, appended speech.Content
		var p speech.Phrase
		for range rapid.IntRange(1, 6).Draw(t, "texts") {
			piece := text.Draw(t, "text")
			s.Phrase(&p, piece, part)
			said.Say(&p)
			s.Append(&appended, piece, part)
			if said != appended {
				t.Fatalf("behind %q: said %+v, appended %+v", piece, said, appended)
			}
		}
	})
}

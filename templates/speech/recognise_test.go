package speech_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/templates/speech"
)

// TestLanguagesAreRecognised holds the recognition to sentences of 18 languages in Latin
// letters and to those of other scripts, which testdata/languages.tsv has.
func TestLanguagesAreRecognised(t *testing.T) {
	right, all, latin := 0, 0, make(map[string]bool)
	for code, texts := range table(t, "languages.tsv") {
		for _, text := range texts {
			all++
			switch got := speech.Recognise(text); got {
			case code:
				right++
				if text[0] < 0x80 {
					latin[code] = true
				}
			case "":
				t.Logf("%s cannot be told: %s", code, text)
			case map[string]string{"da": "nb", "nb": "da"}[code]:
				t.Logf("%s is taken for %s, whose pace is hardly another: %s", code, got, text)
			default:
				t.Errorf("%s is taken for %s: %s", code, got, text)
			}
		}
	}
	if len(latin) < 18 {
		t.Errorf("only %d languages in Latin letters were recognised", len(latin))
	}
	if all < 100 || right < all*95/100 {
		t.Errorf("%d of %d are recognised", right, all)
	}
}

// TestALanguageThatCannotBeToldIsNotGuessed: names, figures and nonsense.
func TestALanguageThatCannotBeToldIsNotGuessed(t *testing.T) {
	for _, text := range []string{"", "   ", "Ada", "12,345.60", "🎉", "Zxqwv Kpfth", "OK", "Ada Grace"} {
		if got := speech.Recognise(text); got != "" {
			t.Errorf("%q is taken for %s", text, got)
		}
	}
}

// TestTheLanguageComesFromTheVoiceThenTheDocumentThenTheText: in this order, but for voices
// of many languages.
func TestTheLanguageComesFromTheVoiceThenTheDocumentThenTheText(t *testing.T) {
	german := "Wir freuen uns, dass Sie bei uns sind, und danken Ihnen."
	for _, tc := range []struct {
		asked speech.Asked
		want  string
		known speech.Known
	}{
		{speech.Asked{Voice: "fr-FR-DeniseNeural", Language: "en", Text: german}, "fr", speech.KnownVoice},
		{speech.Asked{Voice: "aquXcfLbkxpW4BBI5qKm", Language: "nl", Text: german}, "nl", speech.KnownService},
		{speech.Asked{Voice: "aquXcfLbkxpW4BBI5qKm", Text: german}, "de", speech.KnownGuess},
		{speech.Asked{Text: "Ada", Around: german}, "de", speech.KnownGuess},
		{speech.Asked{Voice: "en-US-AvaMultilingualNeural", Text: german}, "de", speech.KnownGuess},
		{speech.Asked{Voice: "en-US-AvaMultilingualNeural", Language: "pt-BR"}, "pt", speech.KnownLanguage},
		{speech.Asked{Voice: "en-US-AvaMultilingualNeural"}, "en", speech.KnownLanguage},
		{speech.Asked{Voice: "nb-NO-FinnNeural"}, "nb", speech.KnownVoice},
		{speech.Asked{Voice: "nn-NO-SomebodyNeural"}, "nn", speech.KnownLanguage},
		{speech.Asked{Voice: "sr-Latn-RS-NicholasNeural"}, "sr", speech.KnownLanguage},
		{speech.Asked{Voice: "zh-CN-shaanxi-XiaoniNeural"}, "zh", speech.KnownLanguage},
		{speech.Asked{Voice: "cmn-CN-Wavenet-A"}, "zh", speech.KnownLanguage},
		{speech.Asked{Voice: "es-419-Standard-B"}, "es", speech.KnownLanguage},
		{speech.Asked{Voice: "en_GB-alan-medium"}, "en", speech.KnownLanguage},
		{speech.Asked{Voice: "Microsoft Server Speech Text to Speech Voice (da-DK, JeppeNeural)"}, "da", speech.KnownLanguage},
		{speech.Asked{Voice: "azure:fil-PH-BlessicaNeural"}, "fil", speech.KnownLanguage},
		{speech.Asked{Language: "no"}, "nb", speech.KnownLanguage},
		{speech.Asked{Language: "nb_NO"}, "nb", speech.KnownLanguage},
		{speech.Asked{Language: "pt-PT"}, "pt-pt", speech.KnownLanguage},
		{speech.Asked{Language: "iw"}, "he", speech.KnownLanguage},
		{speech.Asked{Language: "tlh"}, "", speech.KnownNothing},
		{speech.Asked{Voice: "my-new-voice"}, "", speech.KnownNothing},
	} {
		s := speech.NewSpeaker(tc.asked)
		if s.Language() != tc.want || s.Known() != tc.known {
			t.Errorf("%+v: %q by %v, want %q by %v", tc.asked, s.Language(), s.Known(), tc.want, tc.known)
		}
	}
}

// table reads a file of languages and texts.
func table(t *testing.T, name string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string][]string)
	for line := range strings.Lines(string(data)) {
		language, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			t.Fatalf("%s: %q", name, line)
		}
		texts[language] = append(texts[language], text)
	}
	return texts
}

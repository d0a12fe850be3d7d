package speech_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/templates/speech"
)

func TestNumbersAreSpokenAsWords(t *testing.T) {
	for _, tc := range []struct{ shorter, longer string }{
		{"7", "77"}, {"77", "777"}, {"777", "7777"}, {"1000", "1,234"},
		{"12", "12%"}, {"12", "€12"}, {"12", "12.50"}, {"2026", "2026-05-31"},
		{"30", "18:30"}, {"May", "5/31/2026"}, {"1000000", "1234567"},
		{"hello", "hello, "}, {"hello, you", "hello. you"}, {"sql", "SQL"}, {"Dr Ada", "Dr. Ada"},
	} {
		a, b := seconds(tc.shorter+" x", "en"), seconds(tc.longer+" x", "en")
		if a.Likely >= b.Likely {
			t.Errorf("%q takes %.2f s and %q %.2f s", tc.shorter, a.Likely, tc.longer, b.Likely)
		}
	}
}

func TestThousandsSeparatorsAreNotSpoken(t *testing.T) {
	plain := seconds("1234567 x", "en")
	for _, s := range []string{"1,234,567 x", "1.234.567 x", "1'234'567 x"} {
		if got := seconds(s, "en"); got != plain {
			t.Errorf("%s: %+v, want %+v", s, got, plain)
		}
	}
}

func TestEveryScriptTakesTime(t *testing.T) {
	for _, tc := range []struct {
		text     string
		from, to float64 // seconds a speaker may plausibly take
	}{
		{"欢迎来到我们的服务", 1.3, 3.2}, {"わたしたちのサービスへようこそ", 1.3, 3.2}, {"저희 서비스에 오신 것을 환영합니다", 1.8, 4.5},
		{"ยินดีต้อนรับสู่บริการของเรา", 1.3, 3.5}, {"مرحبا بكم في خدمتنا", 1.0, 3}, {"ברוכים הבאים לשירות שלנו", 1.3, 3.5},
		{"हमारी सेवा में आपका स्वागत है", 1.5, 4}, {"Добро пожаловать в наш сервис", 1.3, 3.2}, {"Καλώς ήρθατε στην υπηρεσία μας", 1.3, 3.2},
	} {
		if got := seconds(tc.text, ""); got.Likely < tc.from || got.Likely > tc.to {
			t.Errorf("%s: %.2f s", tc.text, got.Likely)
		}
	}
}

func TestSilentCharactersTakeNoTime(t *testing.T) {
	for _, s := range []string{"", "   ", "🎉👍🏽", "\u200b\u200d", "...", "\u0301"} {
		if got := seconds(s, "en"); got.Likely > 0.25 {
			t.Errorf("%q: %.2f s", s, got.Likely)
		}
	}
}

// TestSpeechModelAgainstSynthesis says texts with espeak-ng and compares lengths. One
// scale per language is fitted on every other text; the error is that of the rest. These
// are not the vendors' voices.
func TestSpeechModelAgainstSynthesis(t *testing.T) {
	program, err := exec.LookPath("espeak-ng")
	if err != nil {
		t.Skip("espeak-ng is not installed: the speech model is not measured here (apt-get install espeak-ng)")
	}
	texts := speechTexts(t)
	if len(texts) < 8 {
		t.Fatalf("only %d languages", len(texts))
	}
	total, n := 0.0, 0
	for _, language := range []string{"en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "tr", "ru", "fi", "zh"} {
		ratios := measure(t, program, language, texts[language])
		scale, count := 0.0, 0
		for i := 0; i < len(ratios); i += 2 {
			scale += ratios[i]
			count++
		}
		scale /= float64(count)
		off, worst := 0.0, 0.0
		for i := 1; i < len(ratios); i += 2 {
			e := math.Abs(ratios[i]/scale - 1)
			off, worst, n = off+e, max(worst, e), n+1
		}
		total += off
		t.Logf("%s: scale %.2f, mean error %4.1f %%, worst %4.1f %%", language, scale, 100*off/float64(len(ratios)/2), 100*worst)
	}
	t.Logf("mean absolute error over %d texts: %.1f %%", n, 100*total/float64(n))
	if total/float64(n) > 0.10 {
		t.Errorf("the mean absolute error is %.1f %%, the aim is below 10 %%", 100*total/float64(n))
	}
}

func speechTexts(t *testing.T) map[string][]string {
	t.Helper()
	data, err := os.ReadFile("testdata/speech.tsv")
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string][]string)
	for line := range strings.Lines(string(data)) {
		language, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			t.Fatalf("%q", line)
		}
		texts[language] = append(texts[language], text)
	}
	return texts
}

// measure returns the heard length divided by the estimated one.
func measure(t *testing.T, program, language string, texts []string) []float64 {
	t.Helper()
	voice := language
	if language == "zh" {
		voice = "cmn"
	}
	var ratios []float64
	for i, text := range texts {
		wav := filepath.Join(t.TempDir(), fmt.Sprintf("%d.wav", i))
		cmd := exec.CommandContext(t.Context(), program, "-v", voice, "-w", wav, text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", language, err, out)
		}
		ratios = append(ratios, wavSeconds(t, wav)/seconds(text, language).Likely)
	}
	return ratios
}

// wavSeconds is how long 16-bit mono samples sound, without silence at either end.
func wavSeconds(t *testing.T, path string) float64 {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || len(data) < 44 {
		t.Fatalf("%s: %v", path, err)
	}
	rate := float64(binary.LittleEndian.Uint32(data[24:]))
	first, last := -1, 0
	for i := 44; i+1 < len(data); i += 2 {
		if sample := int16(binary.LittleEndian.Uint16(data[i:])); sample > 200 || sample < -200 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	return float64(last-first) / 2 / rate
}

// TestAFewWordsHaveRoomForAPause keeps a short script from exceeding its time because the
// voice is silent for a moment at the end.
func TestAFewWordsHaveRoomForAPause(t *testing.T) {
	for _, text := range []string{"Hi.", "Hello Ada, welcome to Acme."} {
		if got := seconds(text, "en"); got.High < got.Likely+0.4 || got.Low < 0 {
			t.Errorf("%q takes %+v", text, got)
		}
	}
	if got := seconds("", "en"); got.High != 0 {
		t.Errorf("nothing takes %+v", got)
	}
}

// seconds is how long the words of a text take in a language.
func seconds(text, language string) speech.Interval {
	s := speech.NewSpeaker(speech.Asked{Language: language, Text: text})
	return s.Estimate(s.Measure(text)).Words
}

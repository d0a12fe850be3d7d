package speech_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/templates/speech"
)

// FuzzEstimate checks that every cell has a length from zero up, and that the ends of the
// interval are in order.
func FuzzEstimate(f *testing.F) {
	for _, text := range []string{"Hello Ada.", "12,345.60 kg", "2026-05-31", "<break time=\"2s\"/>", "&amp", "[pause", "٤٨٢١", "+49 (0) 30 1234567", "J. R. R.", "___", "\xff\xfe", "5. Mai", "1 250 000", "b2-32-x"} {
		f.Add(text, "de", "fr-FR-DeniseNeural")
	}
	f.Add("(", "", "(en-")
	f.Fuzz(func(t *testing.T, text, language, voice string) {
		s := speech.NewSpeaker(speech.Asked{Voice: voice, Language: language, Text: text})
		c := s.Measure(text)
		part := s.MeasurePart(text)
		c.Add(&part)
		s.Append(&c, text, true)
		e := s.Estimate(c)
		for _, i := range []speech.Interval{e.Words, e.Track} {
			if !(0 <= i.Low && i.Low <= i.Likely && i.Likely <= i.High) || math.IsInf(i.High, 0) {
				t.Fatalf("%q in %q by %q: %+v", text, language, voice, i)
			}
		}
	})
}

// TestLongTextsAreMeasuredInOneWalk checks that the time grows only with the length of a
// text, for any repeated character.
func TestLongTextsAreMeasuredInOneWalk(t *testing.T) {
	s := speech.NewSpeaker(speech.Asked{Language: "de"})
	for _, piece := range []string{"a", "A ", "AB-", "1", "1 ", "1-", "0 ", ".", "… ", ". ", "<", "<b", "[", "[pause", "&", "&a;", "-", "a1-", "_", "+", "(", "٤", "5.", "漢", "\xff"} {
		begin := time.Now()
		s.Measure(strings.Repeat(piece, 500_000/len(piece)))
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("half a megabyte of %q takes %v", piece, took)
		}
	}
}

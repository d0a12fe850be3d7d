package speech_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/templates/speech"
)

// long is a text that takes a while.
var long = strings.Repeat("welcome to our service and thank you ", 10)

func estimate(a speech.Asked, text string) speech.Estimate {
	s := speech.NewSpeaker(a)
	return s.Estimate(s.Measure(text))
}

func width(i speech.Interval) float64 { return (i.High - i.Low) / i.Likely }

// TestTheIntervalIsAsWideAsWhatIsKnown: a voice that was measured, a voice of a known
// language, a language that was recognised, and nothing.
func TestTheIntervalIsAsWideAsWhatIsKnown(t *testing.T) {
	last := 0.0
	for _, tc := range []struct {
		asked speech.Asked
		known speech.Known
	}{
		{speech.Asked{Voice: "en-GB-RyanNeural"}, speech.KnownVoice},
		{speech.Asked{Voice: "en-AU-SomebodyNeural"}, speech.KnownLanguage},
		{speech.Asked{Text: long}, speech.KnownGuess},
		{speech.Asked{Text: "Zxqwv"}, speech.KnownNothing},
	} {
		s := speech.NewSpeaker(tc.asked)
		if s.Known() != tc.known {
			t.Errorf("%+v: known is %v, want %v", tc.asked, s.Known(), tc.known)
		}
		w := width(s.Estimate(s.Measure(long)).Words)
		if w <= last {
			t.Errorf("%v: the width %.2f is not above %.2f", tc.known, w, last)
		}
		last = w
	}
	if short := estimate(speech.Asked{Language: "en"}, "Welcome to our little service, Ada."); width(short.Words) <= width(estimate(speech.Asked{Language: "en"}, long).Words) {
		t.Error("a short text must have the wider interval")
	}
}

// TestAnEstimateHasRoomForAPause checks that neither end is nearer than 0.4 s.
func TestAnEstimateHasRoomForAPause(t *testing.T) {
	for _, text := range []string{"Hi.", "Hello Ada, welcome to Acme."} {
		for _, silence := range []speech.Silence{speech.SilenceUnsettled, speech.SilenceTrimmed, speech.SilenceCounts} {
			e := estimate(speech.Asked{Voice: "fr-FR-DeniseNeural", Silence: silence}, text)
			for _, i := range []speech.Interval{e.Words, e.Track} {
				if i.High < i.Likely+0.4 || i.Low > max(0, i.Likely-0.4) || i.Low < 0 {
					t.Errorf("%q takes %+v with %+v", text, i, silence)
				}
			}
		}
	}
	if got := estimate(speech.Asked{Language: "en"}, ""); got.Track.High != 0 {
		t.Errorf("nothing takes %+v", got)
	}
}

// TestBothReadingsOfTheSilenceAreInsideUntilAVideoSettlesIt: with the silence of the
// voice's file and without it.
func TestBothReadingsOfTheSilenceAreInsideUntilAVideoSettlesIt(t *testing.T) {
	for _, voice := range []string{"fr-FR-DeniseNeural", "en-GB-SoniaNeural", "aquXcfLbkxpW4BBI5qKm", ""} {
		for _, text := range []string{"Hello Ada.", long} {
			a := speech.Asked{Voice: voice, Language: "en"}
			open := estimate(a, text)
			a.Silence = speech.SilenceCounts
			counts := estimate(a, text)
			a.Silence = speech.SilenceTrimmed
			trimmed := estimate(a, text)
			if open.Track.Low > min(counts.Track.Low, trimmed.Track.Low) || open.Track.High < max(counts.Track.High, trimmed.Track.High) {
				t.Errorf("%s: %+v does not hold %+v and %+v", voice, open.Track, counts.Track, trimmed.Track)
			}
			if diff := counts.Track.Likely - trimmed.Track.Likely - open.Parts.Silence; math.Abs(diff) > 1e-9 || open.Parts.Silence <= 0 {
				t.Errorf("%s: the readings differ by %v and the silence is %v", voice, diff, open.Parts.Silence)
			}
			if trimmed.Track != trimmed.Words {
				t.Errorf("%s: without silence a track lasts %+v and its words %+v", voice, trimmed.Track, trimmed.Words)
			}
		}
	}
}

// TestPartsAddUpToTheLikelyLength, markup's silence included.
func TestPartsAddUpToTheLikelyLength(t *testing.T) {
	text := `Dear Ada, <break time="2s"/> welcome. It is 12 °C.`
	e := estimate(speech.Asked{Voice: "en-GB-RyanNeural"}, text)
	if got := e.Parts.Spoken + e.Parts.Asked + e.Parts.Silence; math.Abs(got-e.Track.Likely) > 1e-9 {
		t.Errorf("the parts are %v s, the track %v", got, e.Track.Likely)
	}
	if e.Parts.Asked != 2 || e.Parts.Letters < 30 {
		t.Errorf("%+v", e.Parts)
	}
}

// TestAVoicesOwnPaceIsUsed: two voices of one language differ, and so does a voice that was
// not measured.
func TestAVoicesOwnPaceIsUsed(t *testing.T) {
	words := func(voice string) float64 {
		return estimate(speech.Asked{Voice: voice}, long).Words.Likely
	}
	denise, henri, other := words("fr-FR-DeniseNeural"), words("fr-FR-HenriNeural"), words("fr-FR-SomebodyNeural")
	if denise == henri || denise == other || henri == other {
		t.Errorf("Denise takes %.2f s, Henri %.2f and another %.2f", denise, henri, other)
	}
}

// TestATextLastsAsLongAsItsParts compares a text that is put together from parts with the
// same text measured as a whole.
func TestATextLastsAsLongAsItsParts(t *testing.T) {
	pieces := []string{"Hello ", "Ada", ", ", ". ", "...", "! ", "5", " kg ", "12", ".", " Mai ", "1,250", " points", "€", " (", ") ", "李雷", "\n", "is", " here", "?", "www.example.com", " 1999 "}
	rapid.Check(t, func(t *rapid.T) {
		language := rapid.SampledFrom([]string{"en", "de", "zh", "ar", "fi"}).Draw(t, "language")
		s := speech.NewSpeaker(speech.Asked{Language: language})
		parts := rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 6).Draw(t, "parts")
		var sum, appended speech.Content
		for _, p := range parts {
			c := s.Measure(p)
			sum.Add(&c)
			s.Append(&appended, p, false)
		}
		a, b := s.Estimate(sum), s.Estimate(appended)
		if diff := a.Track.High - b.Track.High; math.Abs(diff) > 1e-9 || math.Abs(a.Words.Low-b.Words.Low) > 1e-9 || a.Parts.Asked != b.Parts.Asked {
			t.Fatalf("%q: added %+v, appended %+v", parts, a, b)
		}
	})
}

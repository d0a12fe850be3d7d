package speech_test

import (
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/templates/speech"
)

// content is how many letters a text has as a voice of a language reads it, pauses as
// seconds apart.
func content(text, language string) (letters, pauses float64) {
	s := speech.NewSpeaker(speech.Asked{Language: language})
	c := s.Measure(text)
	p := s.Parts(c)
	return p.Letters, float64(c.Commas) + 4*float64(c.Ends) + p.Asked
}

// TestWhatIsWrittenShortIsReadInFull compares text in digits, signs and initials with the
// same text spelled out.
func TestWhatIsWrittenShortIsReadInFull(t *testing.T) {
	for _, tc := range []struct{ language, written, spoken string }{
		{"en", "Since 1999 we are here", "Since nineteen ninety-nine we are here"},
		{"en", "In the 1990s it was so", "In the nineteen nineties it was so"},
		{"en", "Until 2026 it is yours", "Until twenty twenty-six it is yours"},
		{"en", "Back in 1905 we began", "Back in nineteen oh five we began"},
		{"en", "It is due on 2026-05-31 at noon", "It is due on May thirty-first, twenty twenty-six at noon"},
		{"en", "It is due on 5/31/2026 at noon", "It is due on May thirty-first, twenty twenty-six at noon"},
		{"en", "J. R. R. Tolkien wrote it", "Jay Ar Ar Tolkien wrote it"},
		{"en", "C.S. Lewis came to the U.S.A. in spring", "See Ess Lewis came to the You Ess Ay in spring"},
		{"en", "We open at 9 p.m. on Friday", "We open at nine pee em on Friday"},
		{"en", "Well... we did it... together", "Well, we did it, together"},
		{"en", "Really?! Yes!!! Come in", "Really? Yes! Come in"},
		{"en", "THIS OFFER IS FOR YOU AND ADA TODAY", "This offer is for you and Ada today"},
		{"en", "Call us on 020 7946 0958 today", "Call us on oh two oh seven nine four six oh nine five eight today"},
		{"en", "Call us on +49 30 1234567 today", "Call us on plus four nine three oh one two three four five six seven today"},
		{"en", "Call us on (555) 123-4567 today", "Call us on five five five one two three four five six seven today"},
		{"de", "Ruf uns an unter 030 1234567 bitte", "Ruf uns an unter null drei null eins zwei drei vier fünf sechs sieben bitte"},
		{"en", "It weighs 5 kg and is 30 cm long", "It weighs five kilograms and is thirty centimetres long"},
		{"en", "It runs at 80 km/h and 21 °C outside", "It runs at eighty kilometres per hour and twenty-one degrees Celsius outside"},
		{"ar", "عندكم ٤٨٢١ نقطة اليوم", "عندكم 4821 نقطة اليوم"},
		{"hi", "आपके पास ४८२१ अंक हैं", "आपके पास 4821 अंक हैं"},
		{"ja", "ポイントは４８２１です", "ポイントは4821です"},
		{"en", "Tom &amp; Jerry are &quot;here&quot; now", "Tom & Jerry are \"here\" now"},
		{"en", "Say <emphasis level=\"strong\">hello</emphasis> to them", "Say hello to them"},
		{"de", "Wir haben 57 neue Kunden", "Wir haben siebenundfünfzig neue Kunden"},
		{"de", "Im Jahr 1987 begann alles", "Im Jahr neunzehnhundertsiebenundachtzig begann alles"},
		{"de", "Am 5. Mai beginnt es", "Am fünften Mai beginnt es"},
		{"it", "Hai 1234 punti da usare", "Hai milleduecentotrentaquattro punti da usare"},
		{"da", "Du har 4821 point i alt", "Du har fire tusind otte hundrede og enogtyve point i alt"},
		{"fr", "Vous avez 77 points ici", "Vous avez soixante-dix-sept points ici"},
		{"fr", "Vous avez 1 250 000 points", "Vous avez un million deux cent cinquante mille points"},
		{"fr", "Appelez le 01 23 45 67 89 demain", "Appelez le zéro un deux trois quatre cinq six sept huit neuf demain"},
		{"nl", "Bel 06-12345678 vandaag nog", "Bel nul zes een twee drie vier vijf zes zeven acht vandaag nog"},
		{"en", "That is 12 m² and 5 GB", "That is twelve square metres and five gigabytes"},
		{"de", "DAS IST FÜR SIE", "Das ist für Sie"},
		{"en", "Wait -- what did **you** say", "Wait, what did you say"},
		{"en", "You pay $49.00 a month for it", "You pay forty-nine dollars a month for it"},
	} {
		written, pauses := content(tc.written, tc.language)
		spoken, want := content(tc.spoken, tc.language)
		if ratio := written / spoken; ratio < 0.88 || ratio > 1.13 {
			t.Errorf("%q has %.1f letters and %q %.1f: %.2f", tc.written, written, tc.spoken, spoken, ratio)
		}
		if diff := pauses - want; diff > 1 || diff < -1 {
			t.Errorf("%q has pauses of %.1f and %q of %.1f", tc.written, pauses, tc.spoken, want)
		}
	}
}

// TestPausesAreCountedOnce checks that a line break ends a sentence, that a run of marks is
// one pause, and that marks at either end are none.
func TestPausesAreCountedOnce(t *testing.T) {
	for _, tc := range []struct {
		text         string
		commas, ends int
	}{
		{"One\nTwo", 0, 1}, {"One.\nTwo", 0, 1}, {"One.\r\n\r\nTwo", 0, 1}, {"One\n- Two\n- Three", 0, 2},
		{"One, two", 1, 0}, {"One ... two", 1, 0}, {"One… two", 1, 0}, {"One... Two", 0, 1}, {"One?! Two", 0, 1}, {"One!!! Two", 0, 1},
		{"One – two", 1, 0}, {"One - two", 1, 0}, {"One-two", 0, 0}, {"One", 0, 0}, {"One.", 0, 0}, {"One...", 0, 0}, {"... One", 0, 0},
		{"\nOne\n", 0, 0}, {"Mr. Two", 0, 0}, {"J. R. R. Two", 0, 0}, {"It is I. Two", 0, 1}, {"Two e.g. three", 0, 0}, {"www.example.com", 0, 0},
		{"Fill in ____ here", 0, 1}, {"一。二", 0, 1}, {"一、二", 1, 0}, {"One (two) three", 1, 0}, {"<p>One</p><p>Two</p>", 0, 1}, {"One<br/>Two", 0, 1},
	} {
		s := speech.NewSpeaker(speech.Asked{Language: "en"})
		if c := s.Measure(tc.text); c.Commas != tc.commas || c.Ends != tc.ends {
			t.Errorf("%q: %d short pauses and %d ends of sentences, want %d and %d", tc.text, c.Commas, c.Ends, tc.commas, tc.ends)
		}
	}
}

// TestMarkupAsksForSilence checks that silence lasts as long at any pace, and that markup
// itself is not read out.
func TestMarkupAsksForSilence(t *testing.T) {
	s := speech.NewSpeaker(speech.Asked{Language: "en"})
	plain := s.Parts(s.Measure("Hello Ada"))
	for _, tc := range []struct {
		text  string
		asked float64
	}{
		{`Hello <break time="2s"/> Ada`, 2}, {`Hello <break time="750ms"/> Ada`, 0.75}, {"Hello <break time='1.5s' /> Ada", 1.5},
		{"Hello [pause 2s] Ada", 2}, {"Hello [pause: 500ms] Ada", 0.5}, {"Hello [PAUSE 3] Ada", 3}, {"<speak>Hello Ada</speak>", 0},
		{`Hello <break time="9999s"/> Ada`, 60},
	} {
		p := s.Parts(s.Measure(tc.text))
		if p.Asked != tc.asked || p.Letters != plain.Letters {
			t.Errorf("%q asks for %v s and has %v letters, want %v s and %v", tc.text, p.Asked, p.Letters, tc.asked, plain.Letters)
		}
	}
	for _, text := range []string{"a < b and c > d", "[sic] Ada", "R&D; Ada", "x <3 you"} {
		if p := s.Parts(s.Measure(text)); p.Asked != 0 || p.Letters < 5 {
			t.Errorf("%q is no markup: %+v", text, p)
		}
	}
}

// TestCapitalsAreSpelledOnlyAmongSmallLetters: three capitals are an acronym, unless the
// whole text is in capitals.
func TestCapitalsAreSpelledOnlyAmongSmallLetters(t *testing.T) {
	for _, tc := range []struct{ short, long string }{
		{"we use sql here", "we use SQL here"}, {"the eu says so", "the EU says so"},
	} {
		a, _ := content(tc.short, "en")
		if b, _ := content(tc.long, "en"); b < a+3 {
			t.Errorf("%q has %v letters, %q %v", tc.short, a, tc.long, b)
		}
	}
	for _, text := range []string{"you and ada may come today", "for you only", "all about our day"} {
		a, _ := content(text, "en")
		if b, _ := content(strings.ToUpper(text), "en"); b != a {
			t.Errorf("%q has %v letters in capitals, %v in small ones", text, b, a)
		}
	}
	s := speech.NewSpeaker(speech.Asked{Language: "en"})
	if part, alone := s.MeasurePart("ACME IBM"), s.Measure("ACME IBM"); part.Letters <= alone.Letters {
		t.Errorf("among small letters %v letters, alone %v", part.Letters, alone.Letters)
	}
}

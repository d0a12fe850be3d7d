package templates

import (
	"strings"
	"unicode/utf8"
)

// Correction is what finished videos of a campaign taught about the length of speech.
// The zero value corrects nothing.
type Correction struct {
	Factor float64 // what was heard divided by what was estimated, 0 for nothing observed
	Videos int     // how many finished videos it comes from
}

// The width of an estimate, as a share of the likely value. Neural voices of one
// language differ by about a sixth in pace; without knowing the language by a quarter;
// what is left after a correction is the model's own error.
const (
	spreadKnown     = 0.15
	spreadUnknown   = 0.25
	spreadCorrected = 0.08
	enoughVideos    = 5
)

// Pauses in seconds, as neural voices make them at normal pace.
const (
	pauseComma    = 0.18
	pauseSentence = 0.40
)

// leastSpread is the width in seconds of an estimate of a few words. There the pause
// after the last of them decides, which some voices make and the model leaves out; a
// correction has it already.
const leastSpread = pauseSentence

// speaker estimates how long one voice takes to say a text.
type speaker struct {
	lang   *spokenLanguage
	factor float64 // of a correction, else 1
	spread float64
}

// newSpeaker chooses the language: the voice's own locale, else what the template says,
// else what the text looks like.
func newSpeaker(voice, declared, sample string, c Correction) speaker {
	s := speaker{factor: 1, spread: spreadKnown}
	for _, tag := range []string{voiceLocale(voice), declared, guess(sample)} {
		if s.lang = languageOf(tag); s.lang != nil {
			break
		}
	}
	if s.lang == nil {
		s.lang, s.spread = languageOf("en"), spreadUnknown
	}
	if c.Factor > 0 {
		s.factor = c.Factor
		if c.Videos >= enoughVideos {
			s.spread = spreadCorrected
		}
	}
	return s
}

// interval turns the seconds the model says into an estimate.
func (s speaker) interval(seconds float64) Interval {
	likely := seconds * s.factor
	spread := likely * s.spread
	if likely > 0 && s.spread != spreadCorrected {
		spread = max(spread, leastSpread)
	}
	return Interval{Low: max(0, likely-spread), Likely: likely, High: likely + spread, Known: true}
}

// SpeechSeconds estimates how long a voice takes to say a text in a language such as
// "en" or "pt-BR"; with an unknown language the interval is wider.
func SpeechSeconds(text, language string, c Correction) Interval {
	s := newSpeaker("", language, text, c)
	return s.interval(s.lang.seconds(strings.TrimRight(text, " .!?…。！？\n")))
}

// voiceLocale takes the locale off ids such as en-GB-RyanNeural, "" when there is none.
func voiceLocale(voice string) string {
	parts := strings.SplitN(voice, "-", 3)
	if len(parts) < 3 || len(parts[0]) < 2 || len(parts[0]) > 3 || len(parts[1]) != 2 || strings.ToUpper(parts[1]) != parts[1] {
		return ""
	}
	return parts[0]
}

// languageOf finds the language of a tag such as pt-BR, nil when it is not known.
func languageOf(tag string) *spokenLanguage {
	code, _, _ := strings.Cut(strings.ToLower(tag), "-")
	for i := range languages {
		if languages[i].code == code {
			return &languages[i]
		}
	}
	return nil
}

// guess names the language of a text by its script, else by its commonest words; "" when
// it cannot tell.
func guess(text string) string {
	counts := make(map[script]int)
	for _, r := range text {
		counts[scriptOf(r)]++
	}
	switch {
	case counts[kana] > 0:
		return "ja"
	case counts[han] > counts[alphabet]/4:
		return "zh"
	}
	for _, g := range []struct {
		s    script
		code string
	}{{hangul, "ko"}, {thai, "th"}, {indic, "hi"}} {
		if counts[g.s] > counts[alphabet] {
			return g.code
		}
	}
	return guessAlphabet(text)
}

func guessAlphabet(text string) string {
	for _, r := range text {
		switch {
		case r >= 0x0590 && r <= 0x05ff:
			return "he"
		case r >= 0x0600 && r <= 0x06ff:
			return "ar"
		case strings.ContainsRune("іїєґ", r):
			return "uk"
		case r >= 0x0370 && r <= 0x03ff:
			return "el"
		case r >= 0x0400 && r <= 0x04ff:
			return "ru"
		}
	}
	return guessByWords(text)
}

// guessByWords counts each language's little words. Two are needed, and more than any
// other language has.
func guessByWords(text string) string {
	best, most, second := "", 1, 0
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return scriptOf(r) != alphabet && r < utf8.RuneSelf })
	for i := range languages {
		n := 0
		for _, w := range words {
			if w != "" && strings.Contains(languages[i].words, " "+w+" ") {
				n++
			}
		}
		switch {
		case n > most:
			best, most, second = languages[i].code, n, most
		case n == most:
			second = n
		}
	}
	if second == most {
		return ""
	}
	return best
}

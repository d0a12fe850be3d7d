// Package speech estimates how long a voice takes to say a text.
//
//	seconds = lead + letters / pace + pauses + what markup asks for [+ silence]
//
// Letters count as they are spoken: numbers, dates, units and initials count as the words
// that a voice reads. The paces, and the silence before and after the words of a file, were
// measured on recordings of neural voices. The tables give the number of recordings.
//
// A [Speaker] is made once for a voice. It measures and estimates any number of texts:
//
//	s := speech.NewSpeaker(speech.Asked{Voice: "en-GB-RyanNeural"})
//	e := s.Estimate(s.Measure("Hello Ada."))
//
// All results depend on the arguments alone.
package speech

import "strings"

// Asked says what is known about the voice.
type Asked struct {
	Voice    string // the service's id of the voice, "" when it is not known
	Language string // the language that the document names, such as "pt-BR"; "" if it names none
	Text     string // the spoken text, for recognising the language if nothing else tells it
	Around   string // the text beside it, for a text too short to tell

	// Unmeasured treats the voice as one that was not measured, so that the pace of its
	// language is used.
	Unmeasured bool

	// Silence chooses one reading of the silence in a file. The zero value leaves it open: the
	// estimate then holds both.
	Silence Silence
}

// Known says what an estimate is based on. The zero value means that nothing is known.
type Known uint8

// The values, from the least knowledge to the most.
const (
	KnownNothing  Known = iota // the pace is that of the middle of all languages
	KnownGuess                 // the language was recognised from the text
	KnownLanguage              // the language was said, by the voice's id or by the document
	KnownService               // the language, and a service whose voices were measured in it
	KnownVoice                 // this voice was measured
)

// String returns the word for reports and JSON documents.
func (k Known) String() string {
	switch k {
	case KnownGuess:
		return "guess"
	case KnownLanguage:
		return "language"
	case KnownService:
		return "service"
	case KnownVoice:
		return "voice"
	case KnownNothing:
	}
	return "nothing"
}

// Speaker measures and estimates texts for one voice. It never changes, so any number of
// goroutines may use it.
type Speaker struct {
	voice    string
	language *language
	numerals *numerals
	known    Known
	pace     float64 // letters per second
	spread   float64 // half the width between measured paces, as a share of the pace
	service  service // how its files are made
	comma    float64 // seconds of a short pause
	silence  Silence
}

// NewSpeaker chooses the pace: that of the voice if it was measured, or else that of the
// language. The language comes from the id of the voice, from the document, or from the
// text, in this order. The id of a voice of many languages comes last.
func NewSpeaker(a Asked) Speaker {
	s := Speaker{voice: a.Voice, silence: a.Silence, service: serviceOf(a.Voice)}
	s.language, s.known = languageFor(a)
	s.numerals = numeralsOf(s.language.code)
	s.comma = s.language.comma()
	// A measured pace holds for one language only. A guessed language is not sure enough to
	// use it.
	if s.known >= KnownLanguage {
		if v := measuredVoice(a.Voice, s.language.code); v != nil {
			// Even an unmeasured pace uses the measured silence, which belongs to the file.
			s.service = s.service.with(v.silence)
			if !a.Unmeasured {
				return s.at(v.measured, KnownVoice)
			}
		}
		if m := measuredService(s.service.name, s.language.code); m != nil {
			return s.at(*m, KnownService)
		}
	}
	return s.at(measured{pace: s.language.pace}, s.known)
}

// at sets the pace. Only the range of one voice or one service says how much its texts
// differ.
func (s Speaker) at(m measured, known Known) Speaker {
	s.pace = m.pace
	s.known = known
	s.spread = max(m.high-m.low, 0) / 2 / m.pace
	return s
}

// languageFor finds the language, and how it is known.
func languageFor(a Asked) (*language, Known) {
	if l := languageOf(voiceLanguage(a.Voice)); l != nil && !speaksMany(a.Voice) {
		return l, KnownLanguage
	}
	if l := languageOf(a.Language); l != nil {
		return l, KnownLanguage
	}
	// The text itself is a better sign than the text around it.
	for _, text := range []string{a.Text, a.Around} {
		if l := languageOf(Recognise(text)); l != nil {
			return l, KnownGuess
		}
	}
	// The id of a voice of many languages names its first one, which is better than
	// nothing.
	if l := languageOf(voiceLanguage(a.Voice)); l != nil {
		return l, KnownLanguage
	}
	return &anyLanguage, KnownNothing
}

// speaksMany reports whether the id of a voice says that it speaks several languages.
func speaksMany(voice string) bool { return strings.Contains(strings.ToLower(voice), "multilingual") }

// Voice returns the id of the voice that was asked for.
func (s *Speaker) Voice() string { return s.voice }

// Language returns the code of the spoken language, or "" if it is not known.
func (s *Speaker) Language() string { return s.language.code }

// Known returns what the estimates of this speaker are based on.
func (s *Speaker) Known() Known { return s.known }

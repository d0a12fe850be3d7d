// Package speech estimates how long a voice takes to say a text.
//
//	seconds = lead + letters / pace + pauses + what markup asks for [+ silence]
//
// The letters are those of the words that are spoken: numbers, dates, units and initials
// count as the words they are read as. The pace and the silence that a voice's files have
// before and after the words were measured on recordings of neural voices; the tables say
// on how many.
//
// A [Speaker] is chosen once for a voice, and measures and estimates any number of texts:
//
//	s := speech.NewSpeaker(speech.Asked{Voice: "en-GB-RyanNeural"}, speech.Correction{})
//	e := s.Estimate(s.Measure("Hello Ada."))
//
// Nothing here depends on anything but its arguments.
package speech

import "strings"

// Asked is what is known about who speaks.
type Asked struct {
	Voice    string // the service's id of the voice, "" when it is not known
	Language string // what the document says is spoken, such as "pt-BR"; "" when it says nothing
	Text     string // what is spoken, to recognise the language by when nothing else tells it
	Around   string // what is spoken beside it, for a text too short to tell

	// Unmeasured takes the voice for one of its service that was not measured, so that its
	// language's pace is used.
	Unmeasured bool
}

// Known says what an estimate rests on. The zero value is that nothing is known.
type Known uint8

// From the least that may be known to the most.
const (
	KnownNothing  Known = iota // the pace is that of the middle of all languages
	KnownGuess                 // the language was recognised from the text
	KnownLanguage              // the language was said, by the voice's id or by the document
	KnownService               // the language, and a service whose voices were measured in it
	KnownVoice                 // this voice was measured
)

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

// Speaker says texts. It never changes, and any number of goroutines may use it.
type Speaker struct {
	voice      string
	language   *language
	numerals   *numerals
	known      Known
	pace       float64 // letters per second
	spread     float64 // half the width between measured paces, as a share of the pace
	service    service // how its files are made
	comma      float64 // seconds of a short pause
	correction Correction
}

// NewSpeaker chooses the pace: that of the voice where it was measured, else that of the
// language. The language is the one in the voice's id, else what the document says, else
// what the text looks like; a voice that speaks many languages is asked last.
func NewSpeaker(a Asked, c Correction) Speaker {
	s := Speaker{voice: a.Voice, correction: c, service: serviceOf(a.Voice)}
	s.language, s.known = languageFor(a)
	s.numerals = numeralsOf(s.language.code)
	s.comma = s.language.comma()
	if s.known >= KnownLanguage {
		if v := measuredVoice(a.Voice, s.language.code); v != nil {
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

// at sets the pace. Only the span of one voice or service says how far its texts differ.
func (s Speaker) at(m measured, known Known) Speaker {
	s.pace, s.known = m.pace, known
	s.spread = max(m.high-m.low, 0) / 2 / m.pace
	return s
}

// languageFor finds the language and how it is known.
func languageFor(a Asked) (*language, Known) {
	if l := languageOf(voiceLanguage(a.Voice)); l != nil && !speaksMany(a.Voice) {
		return l, KnownLanguage
	}
	if l := languageOf(a.Language); l != nil {
		return l, KnownLanguage
	}
	for _, text := range []string{a.Text, a.Around} {
		if l := languageOf(Recognise(text)); l != nil {
			return l, KnownGuess
		}
	}
	if l := languageOf(voiceLanguage(a.Voice)); l != nil {
		return l, KnownLanguage
	}
	return &anyLanguage, KnownNothing
}

// speaksMany reports whether a voice's id says that it speaks other languages as well as
// the one in its id.
func speaksMany(voice string) bool { return strings.Contains(strings.ToLower(voice), "multilingual") }

// Voice is the id that the speaker was asked for by.
func (s *Speaker) Voice() string { return s.voice }

// Language is the code of the language that is spoken, "" when it is not known.
func (s *Speaker) Language() string { return s.language.code }

// Known says what the estimates of this speaker rest on.
func (s *Speaker) Known() Known { return s.known }

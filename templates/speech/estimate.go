package speech

// Interval is a length in seconds.
type Interval struct{ Low, Likely, High float64 }

// Estimate is how long a speaker takes to say something.
//
// Whether a video's scene ends with its voice's file or with the last word is documented
// nowhere. Track holds both answers until a [Correction] tells which it is: it begins at
// the lowest estimate without the file's silence and ends at the highest with it. Some
// voices leave out what is written in another script than their language's, so the lowest
// estimates are without it.
type Estimate struct {
	Words Interval // from the first sound to the last
	Track Interval // what the voice's track lasts
	Parts Parts    // what the likely length is made of, before any correction
}

// Parts are what a length is made of, so that finished videos can teach the pace of a
// voice: (length − Asked − n·Silence) / Spoken is how much slower it speaks.
type Parts struct {
	Letters float64 // of the words that are spoken
	Spoken  float64 // seconds of letters and pauses, at the speaker's own pace
	Asked   float64 // seconds of silence that markup asks for, which no pace changes
	Silence float64 // seconds that the voice's files have before and after the words
}

// Plus adds what two lengths are made of.
func (p Parts) Plus(q Parts) Parts {
	return Parts{Letters: p.Letters + q.Letters, Spoken: p.Spoken + q.Spoken, Asked: p.Asked + q.Asked, Silence: p.Silence + q.Silence}
}

// Silence says whether a track lasts as long as its voice's file, silence included.
type Silence uint8

// The two readings, and that neither is known to be true.
const (
	SilenceUnsettled Silence = iota // no finished video has told yet
	SilenceCounts                   // the track ends with the file
	SilenceTrimmed                  // the track ends with the last word
)

// Correction is what finished videos taught about the length of speech. The zero value
// corrects nothing.
type Correction struct {
	Factor  float64 // the length they had divided by what was estimated, 0 for nothing observed
	Videos  int     // how many finished videos it comes from
	Silence Silence // which reading of the silence they settled
}

// The half width of an interval is a share of the likely length: up to short seconds the
// first of spreads, from long on the second, between them in proportion. Of 3,237
// recordings of 2 to 20 seconds of voices that were measured, 98 % lie inside, with the
// voice's pace and with the language's. What is left after a correction is the model's own
// error.
const (
	spreadCorrected = 0.08
	enoughVideos    = 5
	leastSpread     = 0.4 // seconds; a few words have room for a pause
	short, long     = 8.0, 20.0
)

func (k Known) spreads() (few, many float64) {
	switch k {
	case KnownVoice:
		return 0.15, 0.11
	case KnownService:
		return 0.18, 0.12
	case KnownLanguage:
		return 0.20, 0.12
	case KnownGuess:
		return 0.22, 0.15
	case KnownNothing:
	}
	return 0.30, 0.25
}

// Estimate says how long it takes to say what was measured.
func (s *Speaker) Estimate(c Content) Estimate {
	e := Estimate{Parts: s.Parts(c)}
	words := e.Parts.Spoken + e.Parts.Asked
	file := words + e.Parts.Silence
	e.Words, e.Track = s.interval(words), s.interval(file)
	if foreign := c.Foreign / s.pace; foreign > 0 {
		e.Words.Low, e.Track.Low = max(0, e.Words.Low-foreign), max(0, e.Track.Low-foreign)
	}
	switch {
	case s.correction.Silence == SilenceTrimmed:
		e.Track = e.Words
	case s.correction.Silence == SilenceUnsettled && !s.corrected():
		e.Track.Low = min(e.Track.Low, e.Words.Low)
	}
	return e
}

// Parts says what the likely length is made of.
func (s *Speaker) Parts(c Content) Parts {
	if !c.sounds {
		return Parts{Asked: c.Asked}
	}
	p := Parts{Letters: s.letters(&c), Asked: c.Asked, Silence: s.service.silence}
	p.Spoken = s.service.lead + p.Letters/s.pace + float64(c.Commas)*s.comma + float64(c.Ends)*s.service.end
	return p
}

// corrected reports whether enough videos taught this speaker to trust them.
func (s *Speaker) corrected() bool {
	return s.correction.Factor > 0 && s.correction.Videos >= enoughVideos
}

// interval puts the width around what the model says.
func (s *Speaker) interval(seconds float64) Interval {
	likely := seconds
	if s.correction.Factor > 0 {
		likely *= s.correction.Factor
	}
	if likely <= 0 {
		return Interval{}
	}
	half := max(likely*s.width(likely), leastSpread)
	return Interval{Low: max(0, likely-half), Likely: likely, High: likely + half}
}

// width is the half width as a share. Where the paces that were measured differ more than
// voices usually do, they widen it.
func (s *Speaker) width(seconds float64) float64 {
	if s.corrected() {
		return spreadCorrected
	}
	few, many := s.known.spreads()
	width := few
	switch {
	case seconds >= long:
		width = many
	case seconds > short:
		width = few + (many-few)*(seconds-short)/(long-short)
	}
	return width * max(1, s.spread/few)
}

package templates

import (
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/templates/speech"
)

// length says how long the videos of one template are: by its scenes, else by the length
// that the template states.
type length struct {
	solver   Solver // nil when the template shows no scenes
	duration *Duration
	language string
	factor   float64 // of the correction for a stated duration
	spoken   []int   // variables whose characters add to a stated duration
}

func newLength(t *Template, correction Correction, f *Findings) *length {
	l := &length{solver: t.document().Solver(t, correction, f), duration: t.Duration, language: t.Language, factor: 1}
	if correction.Factor > 0 {
		l.factor = correction.Factor
	}
	for i, v := range t.Variables {
		if v.Spoken {
			l.spoken = append(l.spoken, i)
		}
	}
	return l
}

// row estimates the video of the row whose values are in out.
func (l *length) row(out *Rendered) {
	if l.solver != nil {
		l.solver.Row(out)
	}
	if !out.Seconds.Known {
		out.Seconds = l.stated(out)
	}
	out.Made.Known = out.Seconds.Known
}

// stated is the length by the template's duration. The base counts as measured, so it has
// no range; the seconds of a character differ between texts, so they have one.
func (l *length) stated(out *Rendered) Interval {
	out.Made.Set(&Breakdown{})
	if l.duration == nil {
		return Interval{}
	}
	characters := 0
	for _, i := range l.spoken {
		characters += utf8.RuneCountInString(out.spoken[i])
	}
	words := l.duration.SecondsPerCharacter * float64(characters)
	out.Made.Fixed = l.duration.BaseSeconds
	out.Made.Add(Spoken{Language: l.language, Parts: speech.Parts{Letters: float64(characters), Spoken: words}})
	base, said := l.factor*l.duration.BaseSeconds, l.factor*words
	return Interval{Low: base + said*(1-spreadStated), Likely: base + said, High: base + said*(1+spreadStated), Known: true}
}

// spreadStated is how far the speech may differ from a stated seconds_per_character,
// upwards or downwards, as a share of it.
const spreadStated = 0.25

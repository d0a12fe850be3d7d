package templates

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates/speech"
)

// length says how long the videos of one template are: by its scenes, else by the length
// that the template states.
type length struct {
	solver   Solver // nil when the template shows no scenes
	duration *Duration
	language string
	base     int   // the variable with the base of a row's duration, -1 where it is the same for all
	spoken   []int // variables whose characters add to a stated duration
}

func newLength(t *Template, f *Findings) *length {
	l := &length{solver: t.document().Solver(t, f), duration: t.Duration, language: t.Language, base: -1}
	if t.Duration != nil && t.Duration.BaseVariable != "" {
		_, l.base = t.Variable(t.Duration.BaseVariable)
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
	seconds, known := l.baseOf(out)
	if !known {
		return Interval{}
	}
	out.Made.Fixed = seconds
	if words > 0 {
		out.Made.Add(Spoken{Language: l.language, Tracks: 1, Parts: speech.Parts{Letters: float64(characters), Spoken: words}})
	}
	return Interval{Low: seconds + words*(1-spreadStated), Likely: seconds + words, High: seconds + words*(1+spreadStated), Known: true}
}

// baseOf is the base of a row's duration, in seconds. A cell that is blank leaves it unknown;
// one that is no number of seconds is a problem of the cell.
func (l *length) baseOf(out *Rendered) (seconds float64, known bool) {
	if l.base < 0 {
		return l.duration.BaseSeconds, true
	}
	text := strings.TrimSpace(out.values[l.base])
	if text == "" {
		return 0, false
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err == nil && seconds > 0 && seconds <= longestBase {
		return seconds, true
	}
	out.Problems = append(out.Problems, problem.Problem{
		Severity: problem.Error, Code: "VAR-SECONDS", Variable: l.duration.BaseVariable, Value: text,
		Message: fmt.Sprintf("%q is no number of seconds, and the length of the video is to be that", text),
		Hint:    "write seconds, such as 37.25: the results of an earlier campaign have them in the column seconds",
	})
	return 0, false
}

// longestBase is a day, in seconds.
const longestBase = 24 * 60 * 60

// spreadStated is how far the speech may differ from a stated seconds_per_character,
// upwards or downwards, as a share of it.
const spreadStated = 0.25

package templates

import (
	"hash/maphash"
	"strings"
	"unicode/utf8"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/templates/speech"
)

// recalled is all that was found out about a value of a variable. It depends on the value
// alone, so it holds for every row that has the value.
type recalled struct {
	value      string
	made       string // that is sent: the value, or the default
	list       string // the same as JSON, where the variable is no text
	escaped    string // the same as the inside of a JSON string
	characters int    // of the value
	problems   problem.List
	advice     problem.List
	phrases    []speech.Phrase // of the value, by the place where it is spoken
}

// memory recalls the latest values of one variable: names, places and plans stand in many
// rows. It never grows: a value takes the place of another one that has the same remainder.
type memory struct {
	seed        maphash.Seed
	places      []*recalled // nil for a variable that is not worth it
	looks, hits int
}

// What is remembered; the number of places is a power of two. A longer value stands in no other row; neither do most values of a
// variable that was seldom found in a trial, such as an amount or an address.
const (
	remembered      = 1024
	longestRecalled = 64
	trial           = 4096
	worthIt         = trial / 8
)

func newMemory() memory {
	return memory{seed: maphash.MakeSeed(), places: make([]*recalled, remembered)}
}

// of returns what is recalled of a value. If that is nothing yet, it returns an empty
// recollection and false. It is nil for a value that is not to be remembered.
func (m *memory) of(value string) (r *recalled, found bool) {
	if m.places == nil || len(value) > longestRecalled {
		return nil, false
	}
	if m.looks++; m.looks == trial {
		if m.hits < worthIt {
			m.places = nil
			return nil, false
		}
		m.looks, m.hits = 0, 0
	}
	at := maphash.String(m.seed, value) & uint64(len(m.places)-1)
	r = m.places[at]
	switch {
	case r == nil:
		r = &recalled{}
		m.places[at] = r
	case r.value == value:
		m.hits++
		return r, true
	}
	r.forget(value)
	return r, false
}

// forget makes room for another value, and keeps the memory. A copy of the value does not
// hold its whole row.
func (r *recalled) forget(value string) {
	for i := range r.phrases {
		r.phrases[i].Forget()
	}
	*r = recalled{value: strings.Clone(value), problems: r.problems[:0], advice: r.advice[:0], phrases: r.phrases}
}

// take judges the value of a variable and leaves in out what is sent. A value that was judged
// before is only recalled.
func (p *Program) take(i int, value string, out *Rendered) {
	r, found := out.memories[i].of(value)
	out.recalled[i] = r
	if found {
		out.values[i], out.lists[i] = r.made, r.list
		out.Problems = append(out.Problems, r.problems...)
		out.Advice = append(out.Advice, r.advice...)
		out.Characters += r.characters
		return
	}
	problems, advice := len(out.Problems), len(out.Advice)
	p.checks[i].check(value, i, out)
	out.Advice = p.advisor.advise(i, value, out.Advice)
	characters := utf8.RuneCountInString(value)
	out.Characters += characters
	if r == nil {
		return
	}
	r.made, r.list, r.characters = out.values[i], out.lists[i], characters
	if r.made == value {
		r.made = r.value
	}
	r.escaped = r.made
	if escaped := appendEscaped(nil, r.made); string(escaped) != r.made {
		r.escaped = string(escaped)
	}
	r.problems = append(r.problems, out.Problems[problems:]...)
	r.advice = append(r.advice, out.Advice[advice:]...)
}

// Phrase returns what a speaker said for a variable's value at one of the places where it is
// spoken. It is nil where it must be measured anew: the row says the value in a form of its
// own, or the value is not remembered.
func (r *Rendered) Phrase(variable, place int) *speech.Phrase {
	known := r.recalled[variable]
	if known == nil || r.spoken[variable] != known.made {
		return nil
	}
	for len(known.phrases) <= place {
		known.phrases = append(known.phrases, speech.Phrase{})
	}
	return &known.phrases[place]
}

package rest

import (
	"time"

	"github.com/reelmerge/reelmerge/providers"
)

const (
	// margin is by how much two clocks may differ after they were compared.
	margin = time.Minute
	// reach is how far before the lost request a list is read for a job that
	// the ledger knows.
	reach = time.Hour
)

// Span is the part of a service's list that a search for a lost job looks at. It begins
// when the request was about to be sent, by our clock or the service's, whichever gives
// the earlier time. News about clocks only ever makes it longer, because a search that is
// too short would prove nothing.
type Span struct {
	lost    providers.Lost
	since   time.Time
	latest  time.Time // when the request was sent, by the clock that gives the latest time
	witness bool
}

// NewSpan begins a search.
func NewSpan(l providers.Lost) *Span { return &Span{lost: l, since: l.Since, latest: l.Since} }

// Compare learns of the service's clock from the time of an answer, if it told
// one. A gateway may have a clock of its own, so ours still counts as well.
func (s *Span) Compare(service time.Time) {
	if service.IsZero() {
		return
	}
	sent := s.lost.Since.Add(time.Until(service))
	s.from(sent)
	if sent.After(s.latest) {
		s.latest = sent
	}
}

func (s *Span) from(at time.Time) {
	if at.Before(s.since) {
		s.since = at
	}
}

// Shows learns of a job that the list shows under any of its names. One that the
// ledger knows is a witness; if the list dates it before it was sent, so it does
// with the lost one.
func (s *Span) Shows(created time.Time, names ...string) {
	for _, name := range names {
		if s.lost.Known == nil || name == "" {
			continue
		}
		sent, known := s.lost.Known(name)
		if !known {
			continue
		}
		s.witness = true
		if !created.IsZero() && created.Before(sent) {
			s.from(s.lost.Since.Add(created.Sub(sent)))
		}
	}
}

// Covers reports whether a job may be the lost one by its age. One without a date
// may be.
func (s *Span) Covers(created time.Time) bool {
	return created.IsZero() || !created.Before(s.since.Add(-margin))
}

// Ends reports whether a list that shows the newest first needs to be read no
// further than a job of this age: it is older than the lost one, and there is a
// witness, or none is to be expected.
func (s *Span) Ends(created time.Time) bool {
	if s.Covers(created) {
		return false
	}
	return s.lost.Known == nil || s.witness || created.Before(s.since.Add(-reach))
}

// Latest returns when the request was about to be sent, by the clock that gives the latest
// time.
func (s *Span) Latest() time.Time { return s.latest }

// Witnessed reports whether the list showed a job that the ledger knows.
func (s *Span) Witnessed() bool { return s.witness }

// Nothing is the answer of a search that went through the whole span and found
// nothing: without a witness it proves nothing.
func (s *Span) Nothing() error {
	if s.witness || s.lost.Known == nil {
		return nil
	}
	return providers.ErrNoWitness
}

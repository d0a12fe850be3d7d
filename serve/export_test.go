package serve

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge"
)

// Guards are the names of the rules that every request has to pass.
func (s *Server) Guards() (names []string) {
	for _, g := range s.guards() {
		names = append(names, g.name)
	}
	return names
}

// Without is the handler without one of its guards.
func (s *Server) Without(name string) http.Handler {
	return guarded(s.routes(), slices.DeleteFunc(s.guards(), func(g guard) bool { return g.name == name }))
}

// SafeName is the name under which a file is kept.
func SafeName(name string) string { return safeName(name) }

// Expire ends every session, as its time does.
func (s *Server) Expire() {
	s.doors.mu.Lock()
	defer s.doors.mu.Unlock()
	for hash, of := range s.doors.sessions {
		of.ends = time.Now().Add(-time.Second)
		s.doors.sessions[hash] = of
	}
}

// EndingOf is what the page offers after a run that ended so.
func EndingOf(out *reelmerge.Outcome) (accept, cure string) {
	e := endOf(look{Out: out})
	return e.Accept, e.Cure
}

// RunOptionsOf are the options of a run that a form asks for.
func RunOptionsOf(form url.Values) reelmerge.RunOptions { return runOptions(form) }

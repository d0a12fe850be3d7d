package serve

import (
	"net/http"
	"slices"
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

package serve

import (
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// guard is one rule that every request has to pass.
type guard struct {
	name   string
	around func(http.Handler) http.Handler
}

// guarded puts guards around a handler; the first one is asked first.
func guarded(h http.Handler, guards []guard) http.Handler {
	for _, g := range slices.Backward(guards) {
		h = g.around(h)
	}
	return h
}

// guards are the rules, in their order. Each holds alone against one kind of attack, see
// docs/threats.md.
func (s *Server) guards() []guard {
	return []guard{
		{"record", s.recorded},
		{"headers", withHeaders},
		{"host", s.knownHost},
		{"origin", s.sameOrigin},
		{"size", s.bounded},
		{"session", s.known},
	}
}

// answer remembers the status of an answer, and how much of it was written.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap is for [http.ResponseController].
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// recorded logs each request by its route, since a path may hold the key of a row. It
// also answers where a page has a bug.
func (s *Server) recorded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		a := &answer{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				s.log.Error("bug", slog.String("detail", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
				if a.status == 0 {
					s.fail(a, r, http.StatusInternalServerError, errors.New("this is a bug of the page"), "nothing was lost; go back and try again")
				}
			}
			s.counters.count(a.status)
			s.log.Info("request", slog.String("route", r.Pattern), slog.Int("status", a.status), slog.Duration("took", time.Since(began)))
		}()
		h.ServeHTTP(a, r)
	})
}

// policy lets a page load its own style sheet, script, pictures and videos, and nothing
// else: even if a value of a sheet got into the markup, a browser would run nothing.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// withHeaders says what browsers may do with every answer. Pages hold personal data, so
// that no cache keeps them.
func withHeaders(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "X-Frame-Options": "DENY",
			"Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
		} {
			w.Header().Set(name, value)
		}
		h.ServeHTTP(w, r)
	})
}

// knownHost refuses a request for another host. A page elsewhere can have its name lead to
// this machine, and would then be of the same origin.
func (s *Server) knownHost(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.answersTo(r.Host) {
			s.fail(w, r, http.StatusMisdirectedRequest, errors.New("this server does not answer under that name"), "use the address that reelmerge serve has printed, or name the host with --host")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// answersTo reports whether a host is one of this server's. The port is not compared: it may
// be forwarded.
func (s *Server) answersTo(host string) bool {
	name := host
	if bare, _, err := net.SplitHostPort(host); err == nil {
		name = bare
	}
	name = strings.TrimSuffix(strings.ToLower(strings.Trim(name, "[]")), ".")
	for _, known := range s.options.Hosts {
		if strings.EqualFold(known, name) {
			return true
		}
	}
	return name == "localhost" || name == "127.0.0.1" || name == "::1"
}

// sameOrigin refuses changes that a page elsewhere asks for.
func (s *Server) sameOrigin(h http.Handler) http.Handler {
	p := http.NewCrossOriginProtection()
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, http.StatusForbidden, errors.New("the request comes from another page"), "open the page of this server, and do it there")
	}))
	return p.Handler(h)
}

// bounded refuses bodies that are too large, and those that are no forms. Files come in a form
// of their own, and are read by the page that takes them.
func (s *Server) bounded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // one that is none is no form
		files := kind == "multipart/form-data" && takesFiles(r)
		most := int64(mostBody)
		if files {
			most = mostUpload
		}
		if r.ContentLength > most {
			s.fail(w, r, http.StatusRequestEntityTooLarge, errors.New("the request is too large"), "send less at once")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		if r.Method == http.MethodPost && !files {
			if kind != "application/x-www-form-urlencoded" {
				s.fail(w, r, http.StatusUnsupportedMediaType, errors.New("the request is not a form"), "use the form of the page")
				return
			}
			if err := r.ParseForm(); err != nil {
				s.fail(w, r, http.StatusBadRequest, errors.New("the form cannot be read"), "go back and send it again")
				return
			}
		}
		h.ServeHTTP(w, r)
	})
}

// known lets in who has entered, and shows the door to others.
func (s *Server) known(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, in := s.doors.lets(r, time.Now())
		switch {
		case isOpen(r.URL.Path), in && by == nil:
			h.ServeHTTP(w, r)
			return
		case in:
			s.receive(w, r, by, h)
			return
		}
		status := http.StatusUnauthorized
		if r.Method == http.MethodGet && r.URL.Path == "/" {
			status = http.StatusOK // for others the first page is the door
		}
		w.Header().Set("WWW-Authenticate", "Bearer")
		s.door(w, r, status, "")
	})
}

// isOpen reports whether a path needs no session: the health, the door, and its looks.
func isOpen(path string) bool {
	return path == "/healthz" || path == "/session" || strings.HasPrefix(path, "/web/")
}

package serve

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// doors know who may come in: a person with the token or the password gets a session.
type doors struct {
	token    string
	password string
	cookie   string // its name; browsers do not tell the ports of one machine apart

	mu       sync.Mutex
	sessions map[[sha256.Size]byte]session   // by the hash of the cookie
	passes   map[[sha256.Size]byte]time.Time // good for one entry each
	failed   int                             // attempts since
	since    time.Time
}

// session is of a person who has entered.
type session struct {
	ends  time.Time
	guest *guest // nil: the person may do everything
}

// Times and numbers of the door.
const (
	sessionLasts = 12 * time.Hour
	passLasts    = time.Minute
	mostSessions = 1000
	mostAttempts = 20 // that fail, in a minute
)

func newDoors(password string) *doors {
	token := rand.Text()
	hash := sha256.Sum256([]byte(token))
	return &doors{token: token, password: password, cookie: "reelmerge-" + hex.EncodeToString(hash[:4]), sessions: map[[sha256.Size]byte]session{}, passes: map[[sha256.Size]byte]time.Time{}}
}

// pass makes a word that opens the door once.
func (d *doors) pass(now time.Time) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	word := rand.Text()
	d.passes[sha256.Sum256([]byte(word))] = now.Add(passLasts)
	return word
}

// lets reports whether a request is of a session, or has the token itself, and whether it is
// that of a guest.
func (d *doors) lets(r *http.Request, now time.Time) (by *guest, in bool) {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return nil, same(token, d.token)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, cookie := range r.CookiesNamed(d.cookie) {
		hash := sha256.Sum256([]byte(cookie.Value))
		if s, there := d.sessions[hash]; there && now.Before(s.ends) {
			s.ends = now.Add(sessionLasts)
			d.sessions[hash] = s
			return s.guest, true
		}
	}
	return nil, false
}

// enter gives a session for a word, or to a guest. It is not ok for a wrong one. After many wrong ones no
// password is taken for a while, so that none can be guessed.
func (d *doors) enter(word string, by *guest, now time.Time) (cookie string, ok, crowded bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.Sub(d.since) > time.Minute {
		d.since, d.failed = now, 0
	}
	if by == nil && !d.opens(word, now) {
		if d.failed++; d.failed > mostAttempts {
			return "", false, true
		}
		if d.password == "" || !same(word, d.password) {
			return "", false, false
		}
	}
	maps.DeleteFunc(d.sessions, func(_ [sha256.Size]byte, s session) bool { return !now.Before(s.ends) })
	if len(d.sessions) >= mostSessions {
		return "", false, true
	}
	cookie = rand.Text()
	d.sessions[sha256.Sum256([]byte(cookie))] = session{now.Add(sessionLasts), by}
	return cookie, true, false
}

// opens reports whether a word is the token or a pass, which are too long to be guessed. The
// caller holds the lock.
func (d *doors) opens(word string, now time.Time) bool {
	hash := sha256.Sum256([]byte(word))
	if ends, there := d.passes[hash]; there {
		delete(d.passes, hash)
		return now.Before(ends)
	}
	return same(word, d.token)
}

// leave ends the session of a request.
func (d *doors) leave(r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, cookie := range r.CookiesNamed(d.cookie) {
		delete(d.sessions, sha256.Sum256([]byte(cookie.Value)))
	}
}

// same compares secrets in a time that tells nothing about them.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// enter answers the form of the door. The cookie has no path, so that it holds below the
// folder of the form, also behind a proxy that puts the server into one.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) {
	word, now := strings.TrimSpace(r.PostFormValue("token")), time.Now()
	cookie, ok, crowded := s.doors.enter(word, s.guestOf(r.Context(), word, now), now)
	switch {
	case crowded:
		s.door(w, r, http.StatusTooManyRequests, "There were too many attempts. Wait a minute, and try again.")
		return
	case !ok:
		s.door(w, r, http.StatusUnauthorized, "That is not the token of this server. It is made anew at each start: use the address that was printed last.")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: s.doors.cookie, Value: cookie, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.options.Secure, MaxAge: int(sessionLasts.Seconds())})
	goTo(w, "./")
}

// leave ends a session.
func (s *Server) leave(w http.ResponseWriter, r *http.Request) {
	s.doors.leave(r)
	goTo(w, "./")
}

// goTo leads on to another page after a change. The address is relative to that of the
// request, since only the browser knows the folder of a proxy.
func goTo(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}

// Package media keeps the files that rows name by their web address.
//
// What an address leads to is fetched once and kept under its own hash, so that
// what is sent is what was checked, however often the run is killed and whatever
// the address leads to by then. Asking again costs little: the server is asked
// whether the file is still the same one. A server that does not answer then is no
// reason to stop: the copy is there.
//
// Addresses come from a sheet that anybody may have filled in. They are fetched
// over https and from the public network alone (see [publicnet]), with a bound on
// size, time, redirects and attempts, and no error names more of one than its
// host.
package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/internal/patience"
	"github.com/reelmerge/reelmerge/internal/publicnet"
)

// AddressError is returned for an address that nothing is fetched from: not https,
// with a password in it, too long, not public, or one that leads to such a one.
type AddressError struct{ Why string }

// Error says what is wrong with the address.
func (e *AddressError) Error() string { return "the address is not fetched from: " + e.Why }

// StatusError is returned for an answer that holds no file.
type StatusError struct{ Status int }

// Error names the status.
func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answered with status %d", e.Status)
}

// Gone reports whether the server says that there is no such file.
func (e *StatusError) Gone() bool {
	return e.Status == http.StatusNotFound || e.Status == http.StatusGone
}

// passing reports whether another attempt may bring the file.
func (e *StatusError) passing() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout || e.Status >= 500
}

// TooLargeError is returned for a file that is larger than [Options.Most]. Nothing
// of it is kept.
type TooLargeError struct {
	Size int64 // as the server says, else as much as came before it was given up
}

// Error says how large the file is.
func (e *TooLargeError) Error() string { return fmt.Sprintf("it has %d bytes or more", e.Size) }

// Options say what a shelf may fetch, and where it keeps it.
type Options struct {
	Dir string // of the copies; made when there is one to keep
	// Most is the largest file that is fetched, in bytes. It has no default.
	Most int64
	// Local says that addresses on this machine may be fetched from, over plain
	// HTTP too. A redirect never leads to one.
	Local bool
	// Timeout bounds one attempt, from the first byte sent to the last received; 5
	// minutes when zero.
	Timeout time.Duration
	// Pause is the time between two attempts; 1 s when zero.
	Pause time.Duration
	// Idle is for how long a server may send nothing; see [publicnet.Options].
	Idle time.Duration
	// Begin is called before the first request, once; nil when nobody asks.
	Begin func()
}

// Bounds of what is fetched.
const (
	longestAddress = 2048
	defaultTimeout = 5 * time.Minute
	defaultPause   = time.Second
	tries          = 3
	mostSilences   = 3  // of a host in a row, before it is asked no more
	mostMute       = 24 // different hosts in a row that do not answer, before no other is asked
)

// Shelf fetches and keeps. It asks for each address once in its life, and is safe
// for concurrent use.
type Shelf struct {
	options Options
	begin   sync.Once

	mu      sync.Mutex
	asked   map[string]*answer
	clients map[string]*publicnet.Client // by the local host that each may reach; "" may reach none
	silent  map[string]int               // how often a host gave no answer, in a row
	mute    map[string]bool              // hosts that gave none since the last answer of any
}

// answer is what an address led to.
type answer struct {
	once sync.Once
	file File
	err  error
}

// File is what an address led to.
type File struct {
	Path string // of the copy
	Size int64
	// Stale is why the address could not be asked again: the copy is an earlier
	// one. It is nil for a file that is what the address leads to now.
	Stale error
}

// New returns a shelf. It makes no folder and no request yet.
func New(o Options) *Shelf {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Pause <= 0 {
		o.Pause = defaultPause
	}
	return &Shelf{options: o, asked: map[string]*answer{}, clients: map[string]*publicnet.Client{}, silent: map[string]int{}, mute: map[string]bool{}}
}

// Path returns where the file with a hash is kept.
func Path(dir, hash string) string { return filepath.Join(dir, hash) }

// Vet says what is wrong with an address, as far as the address itself tells. It
// asks nobody.
func (s *Shelf) Vet(address string) error {
	if len(address) > longestAddress {
		return &AddressError{fmt.Sprintf("it has %d characters; %d are the most", len(address), longestAddress)}
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "":
		return &AddressError{"it cannot be read as one"}
	case u.User != nil:
		return &AddressError{"it has a password in it"}
	case s.local(u) && (u.Scheme == "http" || u.Scheme == "https"):
		return nil
	case u.Scheme != "https":
		return &AddressError{"it is not https"}
	case isPrivate(u.Hostname()):
		return &AddressError{"it leads into a private network"}
	}
	return nil
}

// Fetch returns the file that an address leads to. Addresses that were asked
// before are not asked again, also when they had no good answer.
func (s *Shelf) Fetch(ctx context.Context, address string) (File, error) {
	if err := s.Vet(address); err != nil {
		return File{}, err
	}
	a := s.answer(address)
	a.once.Do(func() { a.file, a.err = s.fetch(ctx, address) })
	return a.file, a.err
}

// Recall returns what [Shelf.Fetch] answered, and whether it was asked at all. It
// makes no request, and must not be called while a Fetch is under way.
func (s *Shelf) Recall(address string) (file File, asked bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, asked := s.asked[address]
	if !asked {
		return File{}, false, nil
	}
	return a.file, true, a.err
}

// Kept returns the copy of what an address led to when it was last fetched, also
// by an earlier process, and whether there is one. It makes no request.
func (s *Shelf) Kept(address string) (File, bool) {
	copied := s.earlier(address)
	if copied == nil {
		return File{}, false
	}
	return File{Path: Path(s.options.Dir, copied.Hash), Size: copied.Size}, true
}

func (s *Shelf) answer(address string) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked[address] == nil {
		s.asked[address] = &answer{}
	}
	return s.asked[address]
}

// fetch asks, a few times if need be, and falls back to an earlier copy unless the
// server, or the address, says that it is none any more.
func (s *Shelf) fetch(ctx context.Context, address string) (File, error) {
	copied := s.earlier(address)
	var file File
	err := patience.Attempts{Most: tries, Pause: s.options.Pause}.Do(ctx, func() (err error) {
		file, err = s.ask(ctx, address, copied)
		return err
	}, mayPass)
	if err == nil || copied == nil || isVerdict(err) {
		return file, err
	}
	return File{Path: Path(s.options.Dir, copied.Hash), Size: copied.Size, Stale: err}, nil
}

// isVerdict reports whether an earlier copy must not stand in: the address leads
// somewhere else, or nowhere, on purpose.
func isVerdict(err error) bool {
	var address *AddressError
	var large *TooLargeError
	var status *StatusError
	return errors.As(err, &address) || errors.As(err, &large) || errors.As(err, &status) && status.Gone()
}

// mayPass reports whether another attempt may bring something else.
func mayPass(err error) (atLeast time.Duration, worthwhile bool) {
	var status *StatusError
	if errors.As(err, &status) {
		return 0, status.passing()
	}
	var last final
	var name *net.DNSError
	return 0, !isVerdict(err) && !errors.As(err, &last) && (!errors.As(err, &name) || !name.IsNotFound)
}

// ask makes one attempt, unless the host has been silent too often.
func (s *Shelf) ask(ctx context.Context, address string, copied *record) (File, error) {
	u, err := url.Parse(address)
	if err != nil {
		return File{}, &AddressError{"it cannot be read as one"}
	}
	if err := s.silence(u.Host); err != nil {
		return File{}, err
	}
	s.begin.Do(func() {
		s.tidy()
		if s.options.Begin != nil {
			s.options.Begin()
		}
	})
	attempt, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	response, err := s.client(u).Get(attempt, address, conditions(copied))
	if err != nil {
		return File{}, s.unanswered(ctx, u.Host, err)
	}
	defer func() { _ = response.Body.Close() }()
	s.answered(u.Host)
	return s.take(address, response, copied)
}

// unanswered is the error of a request without an answer. A server that let time
// run out is not asked again: the next attempt would last as long.
func (s *Shelf) unanswered(ctx context.Context, host string, err error) error {
	var forbidden *publicnet.ForbiddenError
	if errors.As(err, &forbidden) {
		return &AddressError{forbidden.Why}
	}
	if ctx.Err() != nil {
		return err // it was us who hung up
	}
	s.mu.Lock()
	s.silent[host]++
	s.mute[host] = true
	s.mu.Unlock()
	var slow interface{ Timeout() bool }
	if errors.As(err, &slow) && slow.Timeout() {
		return final{fmt.Errorf("%q does not answer in time", host)}
	}
	return err
}

// final is an error that another attempt would not change.
type final struct{ error }

// Unwrap returns the error itself.
func (f final) Unwrap() error { return f.error }

func (s *Shelf) answered(host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.silent, host)
	clear(s.mute)
}

// silence says why a host is not asked: it was silent too often, or every one of the
// last few hosts was, so that others would be as well.
func (s *Shelf) silence(host string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.silent[host] >= mostSilences:
		return final{fmt.Errorf("%q has not answered %d times in a row and is asked no more", host, mostSilences)}
	case len(s.mute) >= mostMute:
		return final{fmt.Errorf("%d servers in a row have not answered, so %q is not asked", len(s.mute), host)}
	}
	return nil
}

// client returns the client for a host. One for a host on this machine reaches
// nothing else there.
func (s *Shelf) client(u *url.URL) *publicnet.Client {
	var o publicnet.Options
	host := ""
	if s.local(u) {
		host = u.Host
		o.Loopback = []string{host}
	}
	o.Idle = s.options.Idle
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients[host] == nil {
		s.clients[host] = publicnet.New(o)
	}
	return s.clients[host]
}

func conditions(copied *record) http.Header {
	h := http.Header{
		"Accept":          {"image/*, audio/*, application/octet-stream;q=0.5, */*;q=0.1"},
		"Accept-Encoding": {"identity"}, // the hash is of the file itself
	}
	switch {
	case copied == nil:
	case copied.Tag != "":
		h.Set("If-None-Match", copied.Tag)
	case copied.Modified != "":
		h.Set("If-Modified-Since", copied.Modified)
	}
	return h
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// isEncoded reports whether the bytes are not the file's own.
func isEncoded(h http.Header) bool {
	encoding := h.Get("Content-Encoding")
	return encoding != "" && !strings.EqualFold(encoding, "identity")
}

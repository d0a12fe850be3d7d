// Package media keeps the files that rows name by their web address.
//
// A file is fetched once and kept under its own hash. The file that is sent is therefore
// the one that was checked, even if the run is killed or the address leads elsewhere by
// then. Asking again is cheap: the server only says whether the file has changed. If it
// does not answer, the copy is used.
//
// Addresses come from a sheet that anybody may have filled in. They are fetched over https
// and from the public network only (see [publicnet]), with limits on size, time, redirects
// and attempts. Errors name the host of an address and nothing more.
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

// AddressError is returned for an address that is not fetched: it is not https, has a
// password in it, is too long or not public, or leads to such an address.
type AddressError struct{ Why string }

// Error returns the reason.
func (e *AddressError) Error() string { return "the address is not fetched from: " + e.Why }

// StatusError is returned for an answer without a file.
type StatusError struct{ Status int }

// Error names the status.
func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answered with status %d", e.Status)
}

// Gone reports whether the server says that the file does not exist.
func (e *StatusError) Gone() bool {
	return e.Status == http.StatusNotFound || e.Status == http.StatusGone
}

// passing reports whether another attempt may bring the file.
func (e *StatusError) passing() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout || e.Status >= 500
}

// TooLargeError is returned for a file that is larger than [Options.Most]. No part of it is
// kept.
type TooLargeError struct {
	Size int64 // as announced, or as many bytes as came before it was given up
}

// Error says how large the file is.
func (e *TooLargeError) Error() string { return fmt.Sprintf("it has %d bytes or more", e.Size) }

// Options set what a shelf may fetch, and where it keeps the files.
type Options struct {
	Dir string // of the copies; made for the first copy
	// Most is the largest file that is fetched, in bytes. It has no default.
	Most int64
	// Local allows addresses on this machine, over plain HTTP, too. A redirect never leads
	// to one.
	Local bool
	// Timeout bounds one attempt, from the first byte sent to the last received; default: 5
	// minutes.
	Timeout time.Duration
	// Pause is the time between two attempts; default: 1 s.
	Pause time.Duration
	// Idle is how long a server may send nothing; see [publicnet.Options].
	Idle time.Duration
	// Begin is called once, before the first request; it may be nil.
	Begin func()
}

// Limits of requests.
const (
	longestAddress = 2048
	defaultTimeout = 5 * time.Minute
	defaultPause   = time.Second
	tries          = 3
	mostSilences   = 3  // of a host in a row, before it is no longer asked
	mostMute       = 24 // different hosts in a row without an answer, before no other one is asked
)

// Shelf fetches and keeps files. It asks for each address once, and is safe for concurrent
// use.
type Shelf struct {
	options Options
	begin   sync.Once

	mu      sync.Mutex
	asked   map[string]*answer
	clients map[string]*publicnet.Client // by the local host that each may reach; "" reaches none
	silent  map[string]int               // how often a host gave no answer in a row
	mute    map[string]bool              // hosts without an answer since the last answer of any host
}

// answer is the result for one address. Its Once makes all rows with the address wait for
// one request.
type answer struct {
	once sync.Once
	file File
	err  error
}

// File is the file that an address led to.
type File struct {
	Path string // of the copy
	Size int64
	// Stale is the reason why the address could not be asked again. The copy is then an
	// earlier one. It is nil for a file that the address leads to now.
	Stale error
}

// New returns a shelf. It makes no folder and no request.
func New(o Options) *Shelf {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Pause <= 0 {
		o.Pause = defaultPause
	}
	return &Shelf{options: o, asked: map[string]*answer{}, clients: map[string]*publicnet.Client{}, silent: map[string]int{}, mute: map[string]bool{}}
}

// Path returns the path of the file with a hash.
func Path(dir, hash string) string { return filepath.Join(dir, hash) }

// Vet returns the fault of an address, as far as its text tells. It makes no request.
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
	// Local servers have no https, so they are allowed before it is demanded.
	case s.local(u) && (u.Scheme == "http" || u.Scheme == "https"):
		return nil
	case u.Scheme != "https":
		return &AddressError{"it is not https"}
	case isPrivate(u.Hostname()):
		return &AddressError{"it leads into a private network"}
	}
	return nil
}

// Fetch returns the file that an address leads to. It asks for each address only once, even
// if there was no good answer.
func (s *Shelf) Fetch(ctx context.Context, address string) (File, error) {
	if err := s.Vet(address); err != nil {
		return File{}, err
	}
	a := s.answer(address)
	a.once.Do(func() { a.file, a.err = s.download(ctx, address) })
	return a.file, a.err
}

// Recall returns the result of [Shelf.Fetch], and whether the address was asked. It makes
// no request, and must not be called during a Fetch.
func (s *Shelf) Recall(address string) (file File, asked bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, asked := s.asked[address]
	if !asked {
		return File{}, false, nil
	}
	return a.file, true, a.err
}

// Kept returns the last copy of an address, also of an earlier process, and whether there
// is one. It makes no request.
func (s *Shelf) Kept(address string) (File, bool) {
	copied := s.earlier(address)
	if copied == nil {
		return File{}, false
	}
	return File{Path: Path(s.options.Dir, copied.Hash), Size: copied.Size}, true
}

// answer returns the place for the result of an address.
func (s *Shelf) answer(address string) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked[address] == nil {
		s.asked[address] = &answer{}
	}
	return s.asked[address]
}

// download asks for an address, several times if necessary. If that fails, it returns an
// earlier copy, unless the server or the address says that the copy is no longer valid.
func (s *Shelf) download(ctx context.Context, address string) (File, error) {
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

// isVerdict reports whether an earlier copy must not be used, because the address leads
// elsewhere, or nowhere, on purpose.
func isVerdict(err error) bool {
	var address *AddressError
	var large *TooLargeError
	var status *StatusError
	return errors.As(err, &address) || errors.As(err, &large) || errors.As(err, &status) && status.Gone()
}

// mayPass reports whether another attempt may have another result.
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
	// Only a shelf that fetches needs a tidy folder. A plan without addresses touches none.
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

// unanswered returns the error of a request without an answer. After a timeout it is final,
// since the next attempt would take as long.
func (s *Shelf) unanswered(ctx context.Context, host string, err error) error {
	var forbidden *publicnet.ForbiddenError
	if errors.As(err, &forbidden) {
		return &AddressError{forbidden.Why}
	}
	// The caller ended the request. That says nothing about the host.
	if ctx.Err() != nil {
		return err
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

// answered ends all counts of silence: the network works.
func (s *Shelf) answered(host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.silent, host)
	clear(s.mute)
}

// silence returns why a host is not asked: it was silent too often, or so were many hosts
// in a row, and the network is probably down.
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

// client returns the client for a host. The client of a local host reaches no other host on
// this machine.
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

// conditions returns the headers of a request. With a copy they ask only whether the file
// has changed.
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

// digest returns the SHA-256 of a text in hexadecimal.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// isEncoded reports whether the bytes are encoded. Their hash would not be that of the
// file.
func isEncoded(h http.Header) bool {
	encoding := h.Get("Content-Encoding")
	return encoding != "" && !strings.EqualFold(encoding, "identity")
}

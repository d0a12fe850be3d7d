// Package peek lets other processes of this machine read a ledger while one has it:
// [Serve] answers reads on a loopback port, and [Open] is a store that asks there. The
// address and a token stand in a file beside the ledger that only its owner can read.
package peek

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/ledger"
)

// ErrGone is returned when no process answers any more where the file says.
var ErrGone = errors.New("the process that had the ledger does not answer")

// note is the file beside a ledger.
type note struct {
	Reelmerge int    `json:"reelmerge"` // the version of what is spoken
	Address   string `json:"address"`
	Token     string `json:"token"`
}

// spoken is the version of the questions and answers. A client that speaks another one
// does not ask: it would take fields for others.
const spoken = 1

const (
	tokenHeader = "X-Reelmerge-Token"
	// longestAnswer is how long a reader may need for its answer. A reader that has
	// stopped must not keep its place, and its part of the ledger's memory, for ever.
	longestAnswer = time.Minute
	mostReaders   = 32
)

// Server answers reads of a store.
type Server struct {
	path   string
	server *http.Server
}

// Serve answers reads of a store until it is closed, and writes its address and token into
// a file at a path. A file there that is no note of an earlier server is not replaced, and
// is an error. It listens on loopback only, since the answers hold personal values.
func Serve(ctx context.Context, store ledger.Store, path string) (*Server, error) {
	if atomicfile.IsThere(path) {
		if _, err := readNote(path); err != nil {
			return nil, err
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for readers: %w", err)
	}
	n := note{spoken, listener.Addr().String(), rand.Text()}
	s := &Server{path: path, server: &http.Server{
		Handler: answering{store, n.Token, make(chan struct{}, mostReaders)}, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: longestAnswer, IdleTimeout: 10 * time.Second, MaxHeaderBytes: 4 << 10,
	}}
	data, err := json.Marshal(n)
	if err == nil {
		err = atomicfile.WriteFile(path, append(data, '\n'))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write where readers ask: %w", err), listener.Close())
	}
	go func() { _ = s.server.Serve(listener) }() // ended by Close
	return s, nil
}

// Close ends the server: readers are told that it is gone.
func (s *Server) Close() error {
	return errors.Join(os.Remove(s.path), s.server.Close())
}

// question is the question of a reader.
type question struct {
	What  string // summary, entries, intents
	Query ledger.Query
	Since time.Time
}

// part is a piece of an answer.
type part struct {
	Summary *ledger.Summary
	Entry   *ledger.Entry
	Times   []time.Time
	End     bool   // it is complete
	Error   string // why it ends too early
}

// answering is the handler of a server.
type answering struct {
	store ledger.Store
	token string
	turns chan struct{} // as many as there are readers
}

// ServeHTTP implements [http.Handler]. The token comes first: any program of this machine
// can reach the port, and only the ledger's owner can read the token. It is compared in
// constant time, so that it cannot be guessed byte by byte.
func (a answering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get(tokenHeader)), []byte(a.token)) != 1 {
		http.Error(w, "a reader needs the token", http.StatusForbidden)
		return
	}
	select {
	case a.turns <- struct{}{}:
		defer func() { <-a.turns }()
	default:
		http.Error(w, "too many readers", http.StatusServiceUnavailable)
		return
	}
	var q question
	if err := gob.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<20)).Decode(&q); err != nil {
		http.Error(w, "that is no question", http.StatusBadRequest)
		return
	}
	w.Header().Set(tokenHeader, a.token) // so that a reader knows who answers
	to := gob.NewEncoder(w)
	// A stream that breaks off looks like a short answer, so the last part says whether the
	// answer is complete.
	end := part{End: true}
	if err := a.answer(r.Context(), q, to); err != nil {
		end = part{Error: err.Error()}
	}
	_ = to.Encode(end) // a reader that is gone needs no answer
}

// answer sends the parts of one answer. Entries are sent one by one, so that neither side
// has to hold all of them.
func (a answering) answer(ctx context.Context, q question, to *gob.Encoder) error {
	switch q.What {
	case "summary":
		summary, err := a.store.Summary(ctx)
		if err != nil {
			return err
		}
		return to.Encode(part{Summary: &summary})
	case "intents":
		times, err := a.store.Intents(ctx, q.Since)
		if err != nil {
			return err
		}
		return to.Encode(part{Times: times})
	}
	for e, err := range a.store.Entries(ctx, q.Query) {
		if err != nil {
			return err
		}
		if err := to.Encode(part{Entry: &e}); err != nil {
			return err
		}
	}
	return nil
}

// readNote reads the note of a server. It refuses anything but an ordinary file, since
// opening a pipe would block for ever.
func readNote(path string) (n note, err error) {
	if !atomicfile.IsOrdinary(path) {
		return n, fmt.Errorf("read %q: it is no ordinary file", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return n, err
	}
	if err := json.Unmarshal(data, &n); err != nil || n.Reelmerge == 0 {
		return n, fmt.Errorf("read %q: it does not say where a ledger is read", path)
	}
	return n, nil
}

// Store asks a server. It is a [ledger.Store] that can only be read.
type Store struct {
	note   note
	client *http.Client
}

// Open returns a store that asks where the file at a path says. It is [ErrGone] when
// there is no file, or no process that answers.
func Open(ctx context.Context, path string) (*Store, error) {
	n, err := readNote(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	case n.Reelmerge != spoken:
		return nil, fmt.Errorf("%w: another version of the program has it", ErrGone)
	}
	// The file could have been changed or copied: the token and the questions must not
	// leave this machine.
	host, _, err := net.SplitHostPort(n.Address)
	if err != nil || !net.ParseIP(host).IsLoopback() {
		return nil, fmt.Errorf("%w: %q is not on this machine", ErrGone, n.Address)
	}
	s := &Store{n, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: 5 * time.Second}}}
	if _, err := s.Summary(ctx); err != nil {
		s.client.CloseIdleConnections()
		return nil, err
	}
	return s, nil
}

// ask sends a question, and hands on the parts of the answer until it is complete. The
// server must show the token as well: after a crash another program may have the port.
func (s *Store) ask(ctx context.Context, q question, take func(part) bool) error {
	var body bytes.Buffer
	if err := gob.NewEncoder(&body).Encode(q); err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.note.Address+"/", &body)
	if err != nil {
		return err
	}
	r.Header.Set(tokenHeader, s.note.Token)
	answer, err := s.client.Do(r)
	if err != nil {
		return s.gone(ctx, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || subtle.ConstantTimeCompare([]byte(answer.Header.Get(tokenHeader)), []byte(s.note.Token)) != 1 {
		return fmt.Errorf("%w: status %d", ErrGone, answer.StatusCode)
	}
	from := gob.NewDecoder(answer.Body)
	for {
		var p part
		if err := from.Decode(&p); err != nil {
			return s.gone(ctx, err)
		}
		switch {
		case p.End:
			return nil
		case p.Error != "":
			return fmt.Errorf("%w: %s", ErrGone, p.Error)
		case !take(p):
			return nil
		}
	}
}

// gone returns the error of a broken exchange: that the caller has stopped, or that the
// server is gone.
func (s *Store) gone(ctx context.Context, err error) error {
	if stopped := ledger.Stopped(ctx); stopped != nil {
		return stopped
	}
	return fmt.Errorf("%w: %w", ErrGone, err)
}

// Summary implements [ledger.Store].
func (s *Store) Summary(ctx context.Context) (summary ledger.Summary, err error) {
	err = s.ask(ctx, question{What: "summary"}, func(p part) bool {
		if p.Summary != nil {
			summary = *p.Summary
		}
		return true
	})
	return summary, err
}

// Intents implements [ledger.Store].
func (s *Store) Intents(ctx context.Context, since time.Time) (times []time.Time, err error) {
	err = s.ask(ctx, question{What: "intents", Since: since}, func(p part) bool {
		times = append(times, p.Times...)
		return true
	})
	return times, err
}

// Entries implements [ledger.Store].
func (s *Store) Entries(ctx context.Context, q ledger.Query) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		err := s.ask(ctx, question{What: "entries", Query: q}, func(p part) bool {
			return p.Entry == nil || yield(*p.Entry, nil)
		})
		if err != nil {
			yield(ledger.Entry{}, err)
		}
	}
}

// Apply implements [ledger.Store].
func (s *Store) Apply(context.Context, ...ledger.Change) ([]ledger.Entry, error) {
	return nil, ledger.ErrReadOnly
}

// Record implements [ledger.Store].
func (s *Store) Record(context.Context, ledger.Run) error { return ledger.ErrReadOnly }

// Close gives the connections up.
func (s *Store) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

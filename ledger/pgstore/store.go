package pgstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/queue"
)

// Store is one ledger of a [DB], as this process has it open. It is a [ledger.Shared].
// Without a lease it refuses what would spend; see [Store.Acquire].
type Store struct {
	db   *DB
	no   int64
	id   string
	name string

	queue queue.Queue[*request] // without a writer where the ledger is only read
	batch *pen                  // of the writer
	other *pen                  // of everything else

	alive context.Context // of leases: done once the store is closed
	end   context.CancelFunc

	seen   atomic.Uint64 // the most commits of this ledger that were seen
	poison atomic.Pointer[poison]
}

// poison is why a store refuses every call from now on.
type poison struct{ cause error }

var _ ledger.Shared = (*Store)(nil)

// OpenOptions are the choices of [DB.Open].
type OpenOptions struct {
	// Identity, when set, is what the ledger must be for; that of something else is
	// refused with [ledger.ErrOther]. A ledger for another address, by which no job was
	// ever created, becomes one for the wanted address when it is opened for writing.
	Identity *ledger.Identity
	// ID, when set, is the id that the ledger must have; another one is
	// [ledger.ErrForeign].
	ID string
	// Seen is [Store.Commits] as the caller knows it from before. A ledger with fewer is
	// an earlier copy of itself: [ledger.ErrOlder]; where there is none any more, it is
	// [ledger.ErrMissing].
	Seen uint64
	// Older accepts an earlier copy, to be made good.
	Older bool
}

// Create begins a ledger under a name, and opens it for writing. Where the name or the id
// is taken, the error is [fs.ErrExist].
func (d *DB) Create(ctx context.Context, name string, id ledger.Identity) (*Store, error) {
	if id.ID == "" || name == "" {
		return nil, fmt.Errorf("create ledger %q in the database: it needs a name and an id", name)
	}
	if err := d.once(ctx, &founding{ctx: ctx, name: name, identity: id, open: true}); err != nil {
		return nil, fmt.Errorf("create ledger %q in the database: %w", name, err)
	}
	return d.Open(ctx, name, OpenOptions{ID: id.ID})
}

// Open opens the ledger of a name for writing. Where there is none, the error is
// [fs.ErrNotExist].
func (d *DB) Open(ctx context.Context, name string, o OpenOptions) (*Store, error) {
	s, err := d.find(ctx, name, o)
	if err == nil {
		err = s.readdress(ctx, o.Identity)
	}
	if err != nil {
		return nil, wrapOpen(name, err)
	}
	s.batch = newPen(d)
	s.alive, s.end = context.WithCancel(context.Background())
	s.queue.Start(largestBatch, s.commit)
	return s, nil
}

// OpenReadOnly opens a ledger for reading. Changes are answered with [ledger.ErrReadOnly].
func (d *DB) OpenReadOnly(ctx context.Context, name string, o OpenOptions) (*Store, error) {
	s, err := d.find(ctx, name, o)
	return s, wrapOpen(name, err)
}

// find finds a ledger and compares it with what is known of it.
func (d *DB) find(ctx context.Context, name string, o OpenOptions) (*Store, error) {
	s := &Store{db: d, name: name, other: newPen(d)}
	var commits int64
	var open bool
	err := d.patiently(ctx, func(ctx context.Context) error {
		return d.pool.QueryRow(ctx, "select no, id, open, commits from reelmerge.ledger where name = $1", name).Scan(&s.no, &s.id, &open, &commits)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows) && o.Seen > 0:
		return nil, ledger.ErrMissing
	case errors.Is(err, pgx.ErrNoRows):
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, err
	case o.ID != "" && o.ID != s.id:
		return nil, fmt.Errorf("%w: it has the id %s, not %s", ledger.ErrForeign, s.id, o.ID)
	case !open:
		return nil, ErrUnfinished
	case uint64(commits) < o.Seen && !o.Older:
		return nil, forgotten(commits, o.Seen)
	}
	s.seen.Store(uint64(commits))
	return s, s.belongs(ctx, o.Identity)
}

// ErrUnfinished is returned for a ledger that is still being copied into the database, or
// whose copying was broken off: do it again.
var ErrUnfinished = errors.New("the ledger is not wholly in the database yet")

func forgotten(has int64, seen uint64) error {
	return fmt.Errorf("%w: it has %d commits, and had %d", ledger.ErrOlder, has, seen)
}

// Commits is how often the ledger was changed, as far as this process has seen. It only
// grows. A caller keeps it outside of the database and gives it to [DB.Open] the next
// time, so that a database which was put back is found out.
func (s *Store) Commits() uint64 { return s.seen.Load() }

// saw notes a number of commits that the database has shown.
func (s *Store) saw(commits int64) {
	for {
		seen := s.seen.Load()
		if uint64(commits) <= seen || s.seen.CompareAndSwap(seen, uint64(commits)) {
			return
		}
	}
}

// whole refuses a ledger that has forgotten commits which had been seen when it was asked.
// Those that this process has made since, the answer cannot have.
func (s *Store) whole(commits int64, asked uint64) error {
	if uint64(commits) < asked {
		return forgotten(commits, asked)
	}
	s.saw(commits)
	return nil
}

// usable returns why every call is refused, once there is a reason.
func (s *Store) usable() error {
	if p := s.poison.Load(); p != nil {
		return p.cause
	}
	return nil
}

// spoil ends the use of the store.
func (s *Store) spoil(err error) error {
	if !errors.Is(err, ledger.ErrPoisoned) {
		err = fmt.Errorf("%w: %w", ledger.ErrPoisoned, err)
	}
	s.poison.CompareAndSwap(nil, &poison{err})
	return s.usable()
}

// Apply implements [ledger.Store]. What would spend is [ledger.ErrFenced]: that is the
// business of a [Lease].
func (s *Store) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	return s.change(ctx, nil, changes)
}

func (s *Store) change(ctx context.Context, by *Lease, changes []ledger.Change) ([]ledger.Entry, error) {
	r := &request{changes: changes, by: by}
	if err := s.do(ctx, r); err != nil {
		return nil, err
	}
	return r.after, nil
}

// Record implements [ledger.Store].
func (s *Store) Record(ctx context.Context, run ledger.Run) error {
	if _, err := json.Marshal(run); err != nil {
		return fmt.Errorf("%w: write the record of a run: %w", ledger.ErrIllegal, err)
	}
	return s.do(ctx, &request{record: &run})
}

// Close waits for the changes that are under way. A lease that is still held is renewed no
// more, and runs out.
func (s *Store) Close() error {
	if s.end != nil {
		s.end()
	}
	if !s.queue.Close() {
		return nil
	}
	defer s.poison.CompareAndSwap(nil, &poison{ledger.ErrClosed})
	pens := []*pen{s.other}
	if s.queue.Started() {
		pens = append(pens, s.batch)
	}
	// A receipt that stays is removed by another process, after a week.
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, p := range pens {
		_ = p.forget(ctx)
	}
	return nil
}

// request is one caller's part of a commit.
type request struct {
	ctx     context.Context // ends the waiting, not the work
	changes []ledger.Change
	by      *Lease // nil: it may not spend
	record  *ledger.Run

	after []ledger.Entry
	err   error
	done  chan struct{}
}

// do has the writer do a request within its next commit, and waits until that is durable.
func (s *Store) do(ctx context.Context, r *request) error {
	r.ctx, r.done = ctx, make(chan struct{})
	if err := s.queue.Put(ctx, r); err != nil {
		return err
	}
	<-r.done
	return r.err
}

// largestBatch bounds how many callers share a commit.
const largestBatch = 512

// commit makes the transaction of a batch, and answers every request. Even a refusal is
// answered only when the changes that it is based on are durable.
func (s *Store) commit(requests []*request) {
	b := &batch{store: s, requests: requests}
	err := s.usable()
	if err == nil {
		if err = s.batch.write(b); err == nil {
			s.saw(b.commits)
		} else if !ledger.Sound(err) {
			err = s.spoil(err)
		}
	}
	for _, r := range requests {
		if err != nil && !b.left[r] {
			r.err = err
		}
		close(r.done)
	}
}

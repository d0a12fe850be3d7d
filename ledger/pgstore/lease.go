package pgstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/internal/elapsed"
	"github.com/reelmerge/reelmerge/internal/patience"
	"github.com/reelmerge/reelmerge/ledger"
)

// Lease is the [ledger.Lease] of this process: its store, which may spend now.
type Lease struct {
	*Store
	token   []byte
	ttl     time.Duration
	renewed atomic.Pointer[elapsed.Clock] // started before the last renewal was asked for
	ended   atomic.Bool
	lost    chan struct{}
	stop    context.CancelFunc
	end     sync.Once
}

var _ ledger.Lease = (*Lease)(nil)

// Acquire implements [ledger.Shared]. A ledger without an account in the drive keeps the
// one that it was driven for last.
func (s *Store) Acquire(ctx context.Context, d ledger.Drive) (ledger.Lease, error) {
	if !s.queue.Started() {
		return nil, ledger.ErrReadOnly
	}
	if err := s.usable(); err != nil {
		return nil, err
	}
	l := &Lease{Store: s, token: []byte(rand.Text()), ttl: max(d.TTL, ledger.ShortestLease), lost: make(chan struct{})}
	t := &takeover{lease: l, drive: d, ctx: ctx}
	if err := s.other.write(t); err != nil {
		return nil, err
	}
	renewing, stop := context.WithCancel(s.alive)
	l.stop = stop
	go l.renew(renewing) // ended by Release, by Close, or when the lease is lost
	return l, nil
}

// takeover is the [work] of taking a lease.
type takeover struct {
	ctx   context.Context
	lease *Lease
	drive ledger.Drive

	driver  ledger.Driver
	free    bool
	from    int64 // the account of the ledger
	account int64 // that it is to have
}

func (t *takeover) stopped() error { return ledger.Stopped(t.ctx) }

// ask locks the ledger before its lease, as all do: commits that are under way end first.
func (t *takeover) ask(q *pgx.Batch) {
	no := t.lease.no
	t.from, t.account = 0, 0
	// The account is made, or locked by its own name, before the ledger.
	if t.drive.Account != "" {
		q.Queue(`insert into reelmerge.account (name) values ($1) on conflict (name) do update set name = excluded.name returning no`,
			[]byte(t.drive.Account)).QueryRow(func(row pgx.Row) error { return row.Scan(&t.account) })
	}
	q.Queue("select account from reelmerge.ledger where no = $1 and open for update", no).QueryRow(func(row pgx.Row) error { return row.Scan(&t.from) })
	q.Queue("select who, since, until, epoch, until <= clock_timestamp() from reelmerge.lease where ledger = $1 for update", no).
		QueryRow(func(row pgx.Row) error { return scanDriver(row, &t.driver, &t.free) })
}

func scanDriver(row pgx.Row, d *ledger.Driver, over *bool) error {
	return row.Scan(&d.Who, &d.Since, &d.Until, &d.Epoch, over)
}

func (t *takeover) decide(ctx context.Context, c *pgx.Conn) error {
	if !t.free {
		return &ledger.DrivenError{Driver: t.driver}
	}
	if !t.moves() {
		return nil
	}
	var twice bool
	err := c.QueryRow(ctx, `select exists (select from reelmerge.ticket own join reelmerge.ticket other using (job)
		where own.ledger = $1 and own.account <> $2 and other.account = $2)`, t.lease.no, t.account).Scan(&twice)
	if twice {
		err = fmt.Errorf("%w: another campaign of account %q has a job of this one", ledger.ErrTaken, t.drive.Account)
	}
	return err
}

// moves reports whether the ledger is to be of another account than before.
func (t *takeover) moves() bool { return t.account != 0 && t.account != t.from }

// put takes the lease, and carries the ledger's tickets to the account.
func (t *takeover) put(q *pgx.Batch) {
	l := t.lease
	asked := elapsed.Start()
	l.renewed.Store(&asked)
	q.Queue(`update reelmerge.lease set token = $2, who = $3, epoch = epoch + 1, since = clock_timestamp(),
		until = clock_timestamp() + $4::bigint * interval '1 millisecond', longest = greatest(longest, $4::bigint) where ledger = $1`,
		l.no, l.token, t.drive.Who, l.ttl.Milliseconds())
	if t.moves() {
		q.Queue("update reelmerge.ticket set account = $2 where ledger = $1", l.no, t.account)
		q.Queue("update reelmerge.ledger set account = $2 where no = $1", l.no, t.account)
	}
}

// renew renews the lease four times within its time, until it is lost or released.
func (l *Lease) renew(ctx context.Context) {
	defer l.over()
	for l.Valid() && patience.Wait(ctx, min(l.ttl/4, l.left())) {
		if err := l.extend(ctx); errors.Is(err, ledger.ErrFenced) {
			return
		}
	}
}

// extend asks for one renewal.
func (l *Lease) extend(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, min(l.ttl/4, l.left()))
	defer cancel()
	asked := elapsed.Start()
	var at time.Time
	err := l.db.beat.QueryRow(ctx, `update reelmerge.lease set until = clock_timestamp() + $3::bigint * interval '1 millisecond'
		where ledger = $1 and token = $2 and until > clock_timestamp() returning clock_timestamp()`, l.no, l.token, l.ttl.Milliseconds()).Scan(&at)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ledger.ErrFenced
	case err != nil:
		return err
	}
	l.renewed.Store(&asked)
	l.db.compared(at, asked)
	return nil
}

// over ends the lease for this process.
func (l *Lease) over() {
	l.end.Do(func() {
		l.ended.Store(true)
		close(l.lost)
	})
}

// left is how long no other process can have taken the lease.
func (l *Lease) left() time.Duration { return l.ttl - l.renewed.Load().Elapsed() }

// Valid implements [ledger.Lease].
func (l *Lease) Valid() bool { return !l.ended.Load() && l.left() > 0 }

// Lost implements [ledger.Lease].
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Apply implements [ledger.Store].
func (l *Lease) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	return l.change(ctx, l, changes)
}

// Release implements [ledger.Lease]. Changes that are under way end first. When the
// database does not answer, the lease runs out by itself.
func (l *Lease) Release(ctx context.Context) error {
	l.stop()
	<-l.lost
	err := l.db.patiently(ctx, func(ctx context.Context) error {
		_, err := l.db.beat.Exec(ctx, "update reelmerge.lease set until = 'epoch' where ledger = $1 and token = $2", l.no, l.token)
		return err
	})
	if err != nil {
		return fmt.Errorf("give the lease back: %w", err)
	}
	return nil
}

// Driver implements [ledger.Shared].
func (s *Store) Driver(ctx context.Context) (d ledger.Driver, err error) {
	var over bool
	err = s.read(ctx, func(ctx context.Context) error {
		d = ledger.Driver{}
		return scanDriver(s.db.pool.QueryRow(ctx, "select who, since, until, epoch, until <= clock_timestamp() from reelmerge.lease where ledger = $1", s.no), &d, &over)
	})
	if over || err != nil {
		return ledger.Driver{}, err
	}
	return d, nil
}

// Now implements [ledger.Shared].
func (s *Store) Now() time.Time { return s.db.Now() }

// Quarantine implements [ledger.Shared].
func (s *Store) Quarantine(ctx context.Context) (time.Duration, error) {
	var longest int64
	err := s.read(ctx, func(ctx context.Context) error {
		return s.db.pool.QueryRow(ctx, "select longest from reelmerge.lease where ledger = $1", s.no).Scan(&longest)
	})
	return ledger.LongestSubmit + time.Duration(longest)*time.Millisecond, err
}

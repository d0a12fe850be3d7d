// Package pgstore keeps ledgers in PostgreSQL, where several processes may open them at
// the same time: it is the [ledger.Shared] of several machines.
//
// A [DB] is a database with many ledgers, each under a name. A [Store] is one of them, as
// one process has it open. One goroutine of it writes. All calls that wait become one
// transaction of two round trips:
//
//	callers ── Apply ──▶ queue ──▶ lock and read ──▶ decide each ──▶ write and commit ──▶ answers
//
// What holds after a fault:
//
//   - Refused before its commit: nothing was changed, and the transaction is tried again,
//     until [Options.Patience] is over. Then the answer is [ledger.ErrUnavailable], and the
//     store is sound.
//   - Commit sent, answer lost: the next attempt takes the same lock, so the first one is
//     over by then, and its receipt is there or is not. Only when the database stays away
//     longer than the patience is the answer [ledger.ErrPoisoned].
//   - A database that has forgotten commits which this process has seen, as a standby or a
//     restored backup may have: [ledger.ErrOlder].
//
// Every commit of a ledger locks its row first. Intents also lock the row of its lease, so
// that a takeover waits for them, and they for it. Nothing uses sessions, so connections
// may come from a pooler in transaction mode.
//
// Reading: migrations/ has the tables; pen.go makes a transaction exactly once; store.go,
// batch.go and reader.go are the ways of a change and of a question; lease.go and
// document.go are the rest of [ledger.Shared]; check.go has what the database is asked for
// before it is trusted.
package pgstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reelmerge/reelmerge/internal/elapsed"
	"github.com/reelmerge/reelmerge/internal/patience"
	"github.com/reelmerge/reelmerge/ledger"
)

// Options are the choices of [Dial]. The zero value is right for a command that a person
// waits for.
type Options struct {
	// Patience is how long a call waits for a database that does not answer; 0 stands for
	// ten seconds.
	Patience time.Duration
}

// DB is a database with ledgers. It is safe for concurrent use; the caller closes it after
// its stores.
type DB struct {
	pool     *pgxpool.Pool
	beat     *pgxpool.Pool // for leases alone, so that no other work keeps them waiting
	patience time.Duration
	clock    atomic.Pointer[shared]
}

// shared is what the clock of the database showed when a clock of ours was started.
type shared struct {
	at  time.Time
	own elapsed.Clock
}

// Dial opens a database for ledgers. One that cannot be reached, or cannot be trusted with
// a ledger, is a [*Fault], with a cure.
func Dial(ctx context.Context, url string, o Options) (*DB, error) {
	d, err := connect(url, o)
	if err != nil {
		return nil, err
	}
	if err := d.trust(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// connect prepares connections, and makes none yet.
func connect(url string, o Options) (*DB, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, &Fault{Cause: errors.New("the address of the database is not one of PostgreSQL"), Cure: "write it like postgres://USER:PASSWORD@HOST/DATABASE"}
	}
	// Statements are not prepared: the next one may be on another connection of a pooler.
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	c.ConnConfig.ConnectTimeout = cmp.Or(c.ConnConfig.ConnectTimeout, 5*time.Second)
	if c.ConnConfig.RuntimeParams["application_name"] == "" {
		c.ConnConfig.RuntimeParams["application_name"] = "reelmerge"
	}
	d := &DB{patience: cmp.Or(o.Patience, 10*time.Second)}
	beat := c.Copy()
	beat.MaxConns = 2
	if d.pool, err = pgxpool.NewWithConfig(context.Background(), c); err != nil {
		return nil, err
	}
	if d.beat, err = pgxpool.NewWithConfig(context.Background(), beat); err != nil {
		d.pool.Close()
	}
	return d, err
}

// Close closes all connections.
func (d *DB) Close() error {
	d.pool.Close()
	d.beat.Close()
	return nil
}

// Now is the time by the clock of the database. It makes no call: the clock was compared
// with that of the machine, which a person may set, but whose pace is right.
func (d *DB) Now() time.Time {
	c := d.clock.Load()
	return c.at.Add(c.own.Elapsed())
}

// compared notes the clock of the database, unless the answer took so long that what is
// known is better. Even good clocks drift by seconds in a day.
func (d *DB) compared(at time.Time, asked elapsed.Clock) {
	const prompt, stale = 50 * time.Millisecond, 10 * time.Minute
	trip := asked.Elapsed()
	if known := d.clock.Load(); trip < prompt || known == nil || known.own.Elapsed() > stale {
		d.clock.Store(&shared{at.Add(-trip / 2), asked})
	}
}

// Offset is how far the clock of the database is ahead of this machine's.
func (d *DB) Offset() time.Duration { return time.Until(d.Now()) }

// Exists reports whether there is a ledger of a name, also one that cannot be used yet.
func (d *DB) Exists(ctx context.Context, name string) (there bool, err error) {
	err = d.patiently(ctx, func(ctx context.Context) error {
		return d.pool.QueryRow(ctx, "select exists (select from reelmerge.ledger where name = $1)", name).Scan(&there)
	})
	return there, wrapOpen(name, err)
}

// oneCall is how long one attempt of a call waits for the database. The database gives up
// earlier by itself, so that its answer is known.
const oneCall = 15 * time.Second

// patiently repeats a question until it is answered, the context is done or the patience
// is over.
func (d *DB) patiently(ctx context.Context, ask func(context.Context) error) error {
	for w := d.waiting(); ; {
		if err := ledger.Stopped(ctx); err != nil {
			return err
		}
		err := limited(ctx, ask)
		if err == nil || lasting(err) {
			return err
		}
		if !w.again(ctx) && ctx.Err() == nil {
			return fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
		}
	}
}

// limited makes one attempt.
func limited(ctx context.Context, attempt func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	return attempt(ctx)
}

// wait is the pause between attempts, until the patience is over.
type wait struct {
	since elapsed.Clock
	most  time.Duration
	pause time.Duration
}

func (d *DB) waiting() *wait { return &wait{elapsed.Start(), d.patience, 20 * time.Millisecond} }

// again waits a while, and reports whether another attempt is due.
func (w *wait) again(ctx context.Context) bool {
	left := w.most - w.since.Elapsed()
	pause := min(w.pause, left)
	w.pause = min(2*w.pause, time.Second)
	return left > 0 && patience.Wait(ctx, pause)
}

// lasting reports whether an error stays the same however often one asks. What the
// database says of its own state passes; so do broken connections.
func lasting(err error) bool {
	if pg, is := errors.AsType[*pgconn.PgError](err); is {
		return !passing(pg)
	}
	for _, own := range []error{
		ledger.ErrCorrupt, ledger.ErrOlder, ledger.ErrNewer, ledger.ErrMissing, ledger.ErrIllegal, ledger.ErrTaken, ledger.ErrOther,
		pgx.ErrNoRows, fs.ErrExist, fs.ErrNotExist, errOwn,
	} {
		if errors.Is(err, own) {
			return true
		}
	}
	if _, driven := errors.AsType[*ledger.DrivenError](err); driven {
		return true
	}
	_, broken := errors.AsType[pgx.ScanArgError](err)
	return broken
}

// passing reports whether an error of the database is about its state, and not about what
// it was asked: data that it does not accept, and names and rights that are not there, are
// not mended by waiting.
func passing(pg *pgconn.PgError) bool {
	if pg.Code == "23505" && pg.ConstraintName == "ticket_pkey" {
		return true // another ledger of the account was faster: now it is seen
	}
	switch pg.Code[:min(2, len(pg.Code))] {
	case "22", "23", "42", "0A", "3F":
		return false
	}
	return true
}

// errOwn stands for the error of a caller's function.
var errOwn = errors.New("refused by the caller")

func wrapOpen(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("open ledger %q in the database: %w", name, err)
}

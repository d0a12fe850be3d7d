package pgstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reelmerge/reelmerge/ledger"
)

// pen makes transactions, one after the other, and each exactly once. With each it writes
// a receipt; where the answer of a commit is lost, the receipt says what became of it.
type pen struct {
	db     *DB
	writer []byte
	most   time.Duration // how long one attempt may take
	mu     sync.Mutex    // held through a transaction, its attempts included
	seq    int64         // of the latest transaction
}

func newPen(d *DB) *pen { return &pen{db: d, writer: []byte(rand.Text()), most: oneCall} }

// longWork is how long an attempt may take that goes through a whole ledger.
const longWork = 10 * time.Minute

// once does one piece of work with a pen of its own.
func (d *DB) once(ctx context.Context, w work) error { return d.within(ctx, oneCall, w) }

// within is once, for work that takes longer.
func (d *DB) within(ctx context.Context, most time.Duration, w work) error {
	p := newPen(d)
	p.most = most
	if err := p.write(w); err != nil {
		return err
	}
	_ = p.forget(ctx) // a receipt that stays does no harm
	return nil
}

// work is what one transaction does. It begins anew with each attempt.
type work interface {
	// ask queues what is to be read. The first question takes a lock that every
	// attempt of this work takes.
	ask(*pgx.Batch)
	// decide works out what to write; [errNothing] rolls back what needs no commit.
	decide(context.Context, *pgx.Conn) error
	// put queues what is to be written.
	put(*pgx.Batch)
	// stopped says why no caller waits for the work any more. It is asked only while
	// nothing is known to be written.
	stopped() error
}

// errNothing ends a transaction that has nothing to write.
var errNothing = errors.New("nothing to write")

// outcome is what is known after an attempt.
type outcome int

const (
	unbegun outcome = iota // no more than before
	undone                 // no attempt was committed
	unclear                // the attempt may have been committed
	made                   // it was
)

// write does some work. Its error is sound, or one of the work's own; or it is not known
// whether the work was done, which is [ledger.ErrPoisoned].
func (p *pen) write(w work) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq++
	known := undone
	for patient := p.db.waiting(); ; {
		if known == undone {
			if err := w.stopped(); err != nil {
				return err
			}
		}
		now, err := p.attempt(w)
		if now != unbegun {
			known = now
		}
		switch {
		case known == made || known == undone && errors.Is(err, errNothing):
			return nil
		case known == undone && lasting(err):
			return err
		case !lasting(err) && patient.again(context.Background()):
		case known == undone:
			return fmt.Errorf("%w: %w", ledger.ErrUnavailable, err)
		default:
			return fmt.Errorf("%w: the answer to a commit was lost, and what became of it: %w", ledger.ErrPoisoned, err)
		}
	}
}

// attempt makes one attempt.
func (p *pen) attempt(w work) (outcome, error) {
	ctx, cancel := context.WithTimeout(context.Background(), p.most)
	defer cancel()
	conn, err := p.db.pool.Acquire(ctx)
	if err != nil {
		return unbegun, err
	}
	defer conn.Release()
	c := conn.Conn()
	done, err := p.begin(ctx, c, w)
	if err != nil || done {
		rollBack(ctx, c)
		if done {
			return made, nil // by an earlier attempt, whose decisions stand
		}
		return unbegun, err
	}
	if err := w.decide(ctx, c); err != nil {
		rollBack(ctx, c)
		return undone, err
	}
	if err := p.commit(ctx, c, w); err != nil {
		rollBack(ctx, c)
		if isRefusal(err) {
			return undone, err
		}
		return unclear, err
	}
	return made, nil
}

// limits are those of one transaction at the server, in milliseconds. A process that was
// stopped in the middle of one must not keep the others waiting; they wait a little longer
// for its locks than it may keep them. The server gives up before the client does, so that
// its answer is known.
const limits = `select set_config('idle_in_transaction_session_timeout', '3000', true),
	set_config('lock_timeout', '5000', true), set_config('statement_timeout', $1, true)`

// begin begins the transaction, takes its lock and reads, in one round trip. It reports
// whether the receipt of this very transaction is there already. That is read last: under
// the lock, so that an earlier attempt is over.
func (p *pen) begin(ctx context.Context, c *pgx.Conn, w work) (done bool, err error) {
	b := &pgx.Batch{}
	b.Queue("begin")
	b.Queue(limits, strconv.FormatInt((p.most*2/3).Milliseconds(), 10))
	w.ask(b)
	b.Queue("select seq from reelmerge.receipt where writer = $1", p.writer).Query(func(rows pgx.Rows) error {
		var seq int64
		_, err := pgx.ForEachRow(rows, []any{&seq}, func() error { done = seq == p.seq; return nil })
		return err
	})
	return done, c.SendBatch(ctx, b).Close()
}

// commit writes and commits, in one round trip.
func (p *pen) commit(ctx context.Context, c *pgx.Conn, w work) error {
	b := &pgx.Batch{}
	w.put(b)
	b.Queue(`insert into reelmerge.receipt (writer, seq, at) values ($1, $2, clock_timestamp())
		on conflict (writer) do update set seq = excluded.seq, at = excluded.at`, p.writer, p.seq)
	b.Queue("commit").Exec(func(tag pgconn.CommandTag) error {
		if tag.String() != "COMMIT" {
			return fmt.Errorf("%w: the database answered %q to a commit", errRefused, tag)
		}
		return nil
	})
	return c.SendBatch(ctx, b).Close()
}

// isRefusal reports whether the database has said that it did not commit. Any other error
// leaves it open, also one with which the server ends: its commit may have gone before.
func isRefusal(err error) bool {
	pg, said := errors.AsType[*pgconn.PgError](err)
	return said && pg.SeverityUnlocalized == "ERROR" || errors.Is(err, errRefused)
}

// rollBack ends a transaction. Where that fails, the connection is closed, and the server
// ends it.
func rollBack(ctx context.Context, c *pgx.Conn) {
	if _, err := c.Exec(ctx, "rollback"); err != nil {
		closing, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = c.Close(closing) // it is broken already
	}
}

// errRefused is returned where the database answered a commit with a rollback.
var errRefused = errors.New("not committed")

// forget removes the receipt of a pen that is laid down. Those of processes that crashed
// are removed after a week.
func (p *pen) forget(ctx context.Context) error {
	if p.seq == 0 {
		return nil
	}
	_, err := p.db.pool.Exec(ctx, "delete from reelmerge.receipt where writer = $1 or at < clock_timestamp() - interval '7 days'", p.writer)
	return err
}

package pgstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/ledger"
)

// read asks a question, patiently.
func (s *Store) read(ctx context.Context, ask func(context.Context) error) error {
	if err := s.usable(); err != nil {
		return err
	}
	return s.db.patiently(ctx, ask)
}

// source is what questions are put to: all connections, or one transaction.
type source interface {
	querier
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Entries implements [ledger.Store]. It reads a few hundred entries at a time and keeps no
// transaction open in between. Each entry is as it was when its part was read.
func (s *Store) Entries(ctx context.Context, q ledger.Query) iter.Seq2[ledger.Entry, error] {
	return s.pages(ctx, s.db.pool, q)
}

func (s *Store) pages(ctx context.Context, from source, q ledger.Query) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		selects := q.Selector()
		for p := (page{of: s, from: from, query: q}); !p.last; {
			if err := s.read(ctx, p.next); err != nil {
				yield(ledger.Entry{}, err)
				return
			}
			for _, e := range p.entries {
				if err := ledger.Stopped(ctx); err != nil {
					yield(ledger.Entry{}, err)
					return
				}
				if selects(e) && !yield(e, nil) {
					return
				}
			}
		}
	}
}

// page is a part of the entries that a query selects.
type page struct {
	of      *Store
	from    source
	query   ledger.Query
	after   int64 // the number of the last entry that was read
	entries []ledger.Entry
	numbers []int64
	last    bool
}

const pageSize = 256

// next reads the next part.
func (p *page) next(ctx context.Context) error {
	sql, args := p.question()
	rows, err := p.from.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	p.entries, p.numbers = p.entries[:0], p.numbers[:0]
	err = p.of.eachEntry(rows, func(n int64, e ledger.Entry) error {
		p.entries, p.numbers = append(p.entries, e), append(p.numbers, n)
		return nil
	})
	if err != nil {
		return err
	}
	if p.last = len(p.numbers) < pageSize; !p.last {
		p.after = p.numbers[pageSize-1]
	}
	return nil
}

// question is the statement for the next part.
func (p *page) question() (string, []any) {
	sql, args := "select n, head, body from reelmerge.entry where ledger = $1 and n > $2", []any{p.of.no, p.after}
	add := func(condition string, arg any) {
		args = append(args, arg)
		sql += fmt.Sprintf(condition, len(args))
	}
	if p.query.Ticket != "" {
		add(` and n = (select t.n from reelmerge.ticket t where t.ledger = $1 and t.job = $%d
			and t.account = (select account from reelmerge.ledger where no = $1))`, indexed(p.query.Ticket))
	}
	if len(p.query.Keys) > 0 {
		add(" and key = any($%d::bytea[])", indexedAll(p.query.Keys))
	}
	if len(p.query.States) > 0 {
		var states []string
		for _, s := range p.query.States {
			states = append(states, string(s))
		}
		add(" and state = any($%d::text[])", states)
	}
	return fmt.Sprintf("%s order by n limit %d", sql, pageSize), args
}

// eachEntry visits the entries of an answer.
func (s *Store) eachEntry(rows pgx.Rows, visit func(n int64, e ledger.Entry) error) error {
	var n int64
	var head, body []byte
	_, err := pgx.ForEachRow(rows, []any{&n, &head, &body}, func() error {
		e, err := openEntry(s.id, n, head, body)
		if err != nil {
			return err
		}
		return visit(n, e)
	})
	return err
}

// Summary implements [ledger.Store].
func (s *Store) Summary(ctx context.Context) (ledger.Summary, error) {
	summary, _, err := s.numbers(ctx, s.db.pool)
	return summary, err
}

// numbers reads the summary and the counts that it is kept with.
func (s *Store) numbers(ctx context.Context, from source) (summary ledger.Summary, t totals, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		var commits int64
		var identity, sealed []byte
		seen := s.Commits()
		t, summary = totals{}, ledger.NewSummary(ledger.Identity{})
		q := &pgx.Batch{}
		q.Queue("select identity, totals, commits from reelmerge.ledger where no = $1", s.no).QueryRow(func(row pgx.Row) error {
			return row.Scan(&identity, &sealed, &commits)
		})
		q.Queue(selectRun, s.no).Query(func(rows pgx.Rows) (err error) {
			summary.Run, err = s.readRun(rows)
			return err
		})
		if err := from.SendBatch(ctx, q).Close(); err != nil {
			return s.gone(err)
		}
		if err := s.whole(commits, seen); err != nil {
			return err
		}
		if err := (spot{placeIdentity, s.id, 0}).openJSON(identity, &summary.Identity); err != nil {
			return err
		}
		if err := (spot{placeTotals, s.id, 0}).openJSON(sealed, &t); err != nil {
			return err
		}
		return t.fill(&summary)
	})
	return summary, t, err
}

// gone is the error of a ledger whose row is not there any more.
func (s *Store) gone(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("%w: %q in the database: %w", ledger.ErrMissing, s.name, fs.ErrNotExist)
	}
	return err
}

// readRun reads the latest record of a run; nil when there is none.
func (s *Store) readRun(rows pgx.Rows) (run *ledger.Run, err error) {
	var n int64
	var sealed []byte
	_, err = pgx.ForEachRow(rows, []any{&n, &sealed}, func() error {
		run = &ledger.Run{}
		return spot{placeRun, s.id, n}.openJSON(sealed, run)
	})
	return run, err
}

// Intents implements [ledger.Store].
func (s *Store) Intents(ctx context.Context, since time.Time) (times []time.Time, err error) {
	err = s.read(ctx, func(ctx context.Context) error {
		times = nil
		rows, err := s.db.pool.Query(ctx, "select at from reelmerge.intent where ledger = $1 and at >= $2 order by at", s.no, nanos(since))
		if err != nil {
			return err
		}
		var at int64
		_, err = pgx.ForEachRow(rows, []any{&at}, func() error {
			times = append(times, time.Unix(0, at).UTC())
			return nil
		})
		return err
	})
	return times, err
}

package pgstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// Verify reads every record of the ledger and returns all that is wrong with it: an empty
// answer means that it holds what was written to it. It reads the ledger as it is at one
// instant, also while it is driven. The error says why it could not be read at all.
func (s *Store) Verify(ctx context.Context) (problems []error, err error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	err = pgx.BeginTxFunc(ctx, s.db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		problems, err = (&snapshot{Store: s, tx: tx}).compare(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("verify ledger %q in the database: %w", s.name, err)
	}
	return problems, nil
}

// snapshot is a ledger as it is at one instant.
type snapshot struct {
	*Store
	tx pgx.Tx

	counted totals // what was read
	states  []error
}

// Summary implements [ledger.Store].
func (s *snapshot) Summary(ctx context.Context) (ledger.Summary, error) {
	summary, _, err := s.numbers(ctx, s.tx)
	return summary, err
}

// Entries implements [ledger.Store].
func (s *snapshot) Entries(ctx context.Context, q ledger.Query) iter.Seq2[ledger.Entry, error] {
	return s.pages(ctx, s.tx, q)
}

// compare holds the entries against the summary, as the check of all stores does, and then
// the tables against each other: a checksum cannot find a record that is missing.
func (s *snapshot) compare(ctx context.Context) ([]error, error) {
	_, kept, err := s.numbers(ctx, s.tx)
	if err != nil {
		return damage(err)
	}
	problems := ledger.Check(ctx, s)
	for _, read := range []func(context.Context) error{s.columns, s.tickets, s.runs, s.documents, s.requests} {
		found, err := damage(read(ctx))
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	problems = append(problems, s.states...)
	for _, c := range []struct {
		what      string
		has, kept int64
	}{
		{"entries", s.counted.Entries, kept.Entries}, {"bodies", s.counted.Bodies, kept.Bodies}, {"tickets", s.counted.Tickets, kept.Tickets},
		{"intents", s.counted.Intents, kept.Intents}, {"runs", s.counted.Runs, kept.Runs},
	} {
		if c.has != c.kept {
			problems = append(problems, fmt.Errorf("%w: there are %d %s, %d were written", ledger.ErrCorrupt, c.has, c.what, c.kept))
		}
	}
	return problems, nil
}

// damage tells a broken record, which is a problem, from a database that does not answer.
func damage(err error) ([]error, error) {
	if errors.Is(err, ledger.ErrCorrupt) || errors.Is(err, ledger.ErrNewer) || errors.Is(err, ledger.ErrMissing) {
		return []error{err}, nil
	}
	return nil, err
}

// each reads one table.
func (s *snapshot) each(ctx context.Context, sql string, into []any, visit func() error) error {
	rows, err := s.tx.Query(ctx, sql, s.no)
	if err == nil {
		_, err = pgx.ForEachRow(rows, into, visit)
	}
	return err
}

// columns compares what an entry is found by with its record.
func (s *snapshot) columns(ctx context.Context) error {
	var n int64
	var key, head []byte
	var state string
	var body bool
	return s.each(ctx, "select n, key, state, head, body is not null from reelmerge.entry where ledger = $1 order by n", []any{&n, &key, &state, &head, &body}, func() error {
		s.counted.Entries++
		s.counted.Bodies += one(body)
		e, err := openEntry(s.id, n, head, nil)
		if err == nil && (string(e.State) != state || !slices.Equal(indexed(e.Key), key) || n != s.counted.Entries) {
			s.states = append(s.states, fmt.Errorf("%w: entry %d is not where it belongs", ledger.ErrCorrupt, n))
		}
		return nil // a broken record was reported with the entries
	})
}

// tickets compares the index of tickets with the entries that hold them.
func (s *snapshot) tickets(ctx context.Context) error {
	var job, head []byte
	var n int64
	return s.each(ctx, `select t.job, t.n, e.head from reelmerge.ticket t join reelmerge.entry e on e.ledger = t.ledger and e.n = t.n
		where t.ledger = $1 and t.account = (select account from reelmerge.ledger where no = $1)`, []any{&job, &n, &head}, func() error {
		s.counted.Tickets++
		e, err := openEntry(s.id, n, head, nil)
		if err == nil && !slices.ContainsFunc(e.Tickets(), func(own string) bool { return slices.Equal(indexed(own), job) }) {
			s.states = append(s.states, fmt.Errorf("%w: a ticket leads to entry %d, which does not hold it", ledger.ErrCorrupt, n))
		}
		return nil
	})
}

func (s *snapshot) runs(ctx context.Context) error {
	var n int64
	var sealed []byte
	return s.each(ctx, "select n, run from reelmerge.run where ledger = $1 order by n", []any{&n, &sealed}, func() error {
		s.counted.Runs++
		return spot{placeRun, s.id, n}.openJSON(sealed, &ledger.Run{})
	})
}

func (s *snapshot) documents(ctx context.Context) error {
	var name string
	var sealed []byte
	return s.each(ctx, "select name, body from reelmerge.document where starts_with(name, 'ledger/' || (select id from reelmerge.ledger where no = $1) || '/')",
		[]any{&name, &sealed}, func() error {
			var text []byte
			return spot{placeDocument, name, 0}.open(sealed, record.Rest(&text))
		})
}

func (s *snapshot) requests(ctx context.Context) error {
	return s.each(ctx, "select count(*) from reelmerge.intent where ledger = $1", []any{&s.counted.Intents}, func() error { return nil })
}

package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/ledger"
)

// belongs refuses a ledger that is for something else. Another address alone is no reason
// while no job was created for any row: there is nothing at the old address that the rows
// of this ledger could mean.
func (s *Store) belongs(ctx context.Context, wanted *ledger.Identity) error {
	if wanted == nil {
		return nil
	}
	summary, totals, err := s.numbers(ctx, s.db.pool)
	if err != nil {
		return err
	}
	is := summary.Identity
	conflict := is.Conflict(*wanted)
	is.BaseURL = wanted.BaseURL
	if conflict == nil || is.Conflict(*wanted) != nil || totals.Tickets > 0 {
		return conflict
	}
	for e, err := range s.Entries(ctx, ledger.Query{}) {
		if err != nil {
			return err
		}
		if !e.NothingMade() {
			return conflict
		}
	}
	return nil
}

// readdress makes another address the ledger's own, where [Store.belongs] has allowed it.
func (s *Store) readdress(ctx context.Context, wanted *ledger.Identity) error {
	if wanted == nil {
		return nil
	}
	summary, err := s.Summary(ctx)
	if err != nil || summary.Identity.BaseURL == wanted.BaseURL {
		return err
	}
	summary.Identity.BaseURL = wanted.BaseURL
	sealed, err := spot{placeIdentity, s.id, 0}.sealJSON(summary.Identity)
	if err != nil {
		return err
	}
	return s.db.once(ctx, &task{
		ctx: ctx,
		lock: func(q *pgx.Batch) {
			q.Queue("select from reelmerge.ledger where no = $1 for update", s.no)
		},
		write: func(q *pgx.Batch) {
			q.Queue("update reelmerge.ledger set identity = $2, commits = commits + 1 where no = $1", s.no, sealed)
		},
	})
}

// task is [work] whose writing needs no more than its reading.
type task struct {
	ctx   context.Context
	lock  func(*pgx.Batch)
	judge func(context.Context, *pgx.Conn) error // nil: always
	write func(*pgx.Batch)
}

func (t *task) stopped() error   { return ledger.Stopped(t.ctx) }
func (t *task) ask(q *pgx.Batch) { t.lock(q) }
func (t *task) put(q *pgx.Batch) { t.write(q) }
func (t *task) decide(ctx context.Context, c *pgx.Conn) error {
	if t.judge == nil {
		return nil
	}
	return t.judge(ctx, c)
}

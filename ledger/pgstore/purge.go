package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/ledger"
)

// Purge removes for good what events have purged: keys become hashes, also in the records
// of runs, and the ledger's documents are removed. gone says which keys of refused rows,
// which have no entries, are hidden as well; nil keeps them. It is done whole or not at
// all, and the store stays open.
//
// The server keeps what it has deleted for a while: in its log, in standbys, in backups,
// and in its files until they are vacuumed. That is for those who look after the server.
func (s *Store) Purge(ctx context.Context, gone func(key string) bool) error {
	if !s.queue.Started() {
		return ledger.ErrReadOnly
	}
	if err := s.usable(); err != nil {
		return err
	}
	p := &purging{ctx: ctx, store: s, also: gone}
	if err := s.db.within(ctx, longWork, p); err != nil {
		return fmt.Errorf("purge ledger %q in the database: %w", s.name, err)
	}
	s.saw(p.commits)
	return nil
}

// purging is the [work] of a purge.
type purging struct {
	ctx   context.Context
	store *Store
	also  func(key string) bool
	gone  map[string]bool // keys of purged entries, as they were

	commits int64 // of the ledger, as far as is known
}

func (p *purging) stopped() error { return ledger.Stopped(p.ctx) }

func (p *purging) ask(q *pgx.Batch) {
	p.gone = map[string]bool{}
	seen := p.store.Commits()
	q.Queue("select commits from reelmerge.ledger where no = $1 for update", p.store.no).QueryRow(func(row pgx.Row) error {
		if err := row.Scan(&p.commits); err != nil {
			return err
		}
		return p.store.whole(p.commits, seen)
	})
}

// decide writes as it reads, page by page: memory does not grow with the ledger.
func (p *purging) decide(ctx context.Context, c *pgx.Conn) error {
	pages := page{of: p.store, from: c}
	for !pages.last {
		if err := pages.next(ctx); err != nil {
			return err
		}
		if err := p.forget(ctx, c, pages.entries, pages.numbers); err != nil {
			return err
		}
	}
	p.commits++
	return p.runs(ctx, c)
}

// forget gives the purged entries of a page their hashed keys. Their values were removed
// by the event already.
func (p *purging) forget(ctx context.Context, c *pgx.Conn, entries []ledger.Entry, numbers []int64) error {
	var w columns
	for i, e := range entries {
		if !e.Purged || ledger.IsPurgedKey(e.Key) {
			continue
		}
		p.gone[e.Key] = true
		e = e.Forgotten(p.store.id)
		w.add(p.store.id, numbers[i], &e)
	}
	if len(w.n) == 0 {
		return nil
	}
	_, err := c.Exec(ctx, `update reelmerge.entry e set key = u.key, head = u.head from unnest($2::bigint[], $3::bytea[], $4::bytea[]) as u (n, key, head)
		where e.ledger = $1 and e.n = u.n`, p.store.no, w.n, w.keys, w.heads)
	return err
}

// runs hides purged keys in the records of runs.
func (p *purging) runs(ctx context.Context, c *pgx.Conn) error {
	rows, err := c.Query(ctx, "select n, run from reelmerge.run where ledger = $1", p.store.no)
	if err != nil {
		return err
	}
	id := p.store.id
	var n int64
	var sealed []byte
	var numbers []int64
	var records [][]byte
	_, err = pgx.ForEachRow(rows, []any{&n, &sealed}, func() error {
		var run ledger.Run
		err := spot{placeRun, id, n}.openJSON(sealed, &run)
		if err == nil {
			sealed, err = spot{placeRun, id, n}.sealJSON(run.Purged(id, p.hides))
		}
		numbers, records = append(numbers, n), append(records, sealed)
		return err
	})
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, `update reelmerge.run r set run = u.run from unnest($2::bigint[], $3::bytea[]) as u (n, run)
		where r.ledger = $1 and r.n = u.n`, p.store.no, numbers, records)
	return err
}

// hides reports whether a key is to be hidden: that of a purged entry, or one of a refused
// row, which has no entry, if the caller says so.
func (p *purging) hides(key string) bool {
	return p.gone[key] || key != "" && p.also != nil && p.also(key)
}

func (p *purging) put(q *pgx.Batch) {
	q.Queue("delete from reelmerge.document where starts_with(name, $1)", ledger.DocumentOf(p.store.id, ""))
	q.Queue("update reelmerge.ledger set commits = commits + 1 where no = $1", p.store.no)
}

package pgstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/ledger"
)

// Import copies a ledger into the database, under a name and with its id: the entries with
// their tickets, the intents and the latest record of a run. Until [DB.Finish] the copy is
// [ErrUnfinished], so that no process drives it while the other ledger can still be used.
// The caller keeps that from being changed meanwhile, and marks it as moved in between.
//
// An import that was broken off is begun anew. Where the name or the id is that of a
// ledger in use, the error is [fs.ErrExist].
func (d *DB) Import(ctx context.Context, name string, from ledger.Store) error {
	if err := d.copyIn(ctx, name, from); err != nil {
		return fmt.Errorf("import ledger %q into the database: %w", name, err)
	}
	return nil
}

func (d *DB) copyIn(ctx context.Context, name string, from ledger.Store) error {
	summary, err := from.Summary(ctx)
	if err != nil {
		return err
	}
	err = d.once(ctx, &founding{ctx: ctx, name: name, identity: summary.Identity})
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	c := &copying{db: d, ctx: ctx, from: from, summary: summary}
	if err := c.find(name); err != nil {
		return err
	}
	for _, step := range []func() error{c.clear, c.entries, c.intents, c.finish} {
		if err := step(); err != nil {
			return err
		}
	}
	return c.compare(name)
}

// Finish makes an imported ledger one that can be opened. One that was opened already
// stays so.
func (d *DB) Finish(ctx context.Context, name string) error {
	return wrapOpen(name, d.once(ctx, &task{
		ctx:   ctx,
		lock:  lockFounding,
		write: func(q *pgx.Batch) { q.Queue("update reelmerge.ledger set open = true where name = $1", name) },
	}))
}

// copying is one attempt to copy a ledger.
type copying struct {
	db      *DB
	ctx     context.Context
	from    ledger.Store
	summary ledger.Summary
	no      int64
	account int64
	totals  totals
}

// find finds the unfinished ledger of the name. One that is in use is not touched.
func (c *copying) find(name string) error {
	var id string
	var open bool
	err := c.db.patiently(c.ctx, func(ctx context.Context) error {
		return c.db.pool.QueryRow(ctx, "select no, id, account, open from reelmerge.ledger where name = $1", name).Scan(&c.no, &id, &c.account, &open)
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%w under another name", fs.ErrExist)
	case err == nil && (open || id != c.summary.Identity.ID):
		return fs.ErrExist
	}
	return err
}

// write makes one step durable, while the ledger is unfinished.
func (c *copying) write(put func(*pgx.Batch)) error {
	unfinished := false
	return c.db.within(c.ctx, longWork, &task{
		ctx: c.ctx,
		lock: func(q *pgx.Batch) {
			unfinished = false
			q.Queue("select not open from reelmerge.ledger where no = $1 for update", c.no).QueryRow(func(row pgx.Row) error { return row.Scan(&unfinished) })
		},
		judge: func(context.Context, *pgx.Conn) error {
			if !unfinished {
				return fs.ErrExist
			}
			return nil
		},
		write: put,
	})
}

// clear removes what an earlier attempt has copied: its ledger may have changed since.
func (c *copying) clear() error {
	return c.write(func(q *pgx.Batch) {
		for _, table := range []string{"ticket", "entry", "intent", "run"} {
			q.Queue("delete from reelmerge."+table+" where ledger = $1", c.no)
		}
	})
}

// entries copies the entries, some hundreds with each commit.
func (c *copying) entries() error {
	id := c.summary.Identity.ID
	var w writes
	flush := func() error {
		c.totals.Bodies += w.bodies
		c.totals.Tickets += int64(len(w.got.n))
		err := c.write(func(q *pgx.Batch) { w.put(q, c.no, c.account) })
		w = writes{}
		return err
	}
	for e, err := range c.from.Entries(c.ctx, ledger.Query{}) {
		if err != nil {
			return err
		}
		c.totals.Entries++
		w.edit(id, c.totals.Entries, ledger.Edit{After: e})
		if len(w.fresh.n) >= pageSize {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// intents copies when requests were sent.
func (c *copying) intents() error {
	times, err := c.from.Intents(c.ctx, time.Time{})
	if err != nil {
		return err
	}
	for len(times) > 0 {
		const many = 4096
		var at []int64
		for _, t := range times[:min(many, len(times))] {
			at = append(at, nanos(t))
		}
		times = times[len(at):]
		c.totals.Intents += int64(len(at))
		if err := c.write(func(q *pgx.Batch) { putIntents(q, c.no, at) }); err != nil {
			return err
		}
	}
	return nil
}

// finish writes the record of the latest run, and the numbers that the ledger is kept
// with.
func (c *copying) finish() error {
	id := c.summary.Identity.ID
	var run []byte
	var err error
	if c.summary.Run != nil {
		c.totals.Runs = 1
		if run, err = (spot{placeRun, id, 1}).sealJSON(c.summary.Run); err != nil {
			return err
		}
	}
	c.totals.keep(&c.summary)
	sealed, err := spot{placeTotals, id, 0}.sealJSON(c.totals)
	if err != nil {
		return err
	}
	return c.write(func(q *pgx.Batch) {
		if run != nil {
			putRun(q, c.no, 1, run)
		}
		putTotals(q, c.no, sealed)
	})
}

// compare verifies the copy, before the other ledger is given up for it.
func (c *copying) compare(name string) error {
	problems, err := (&Store{db: c.db, no: c.no, id: c.summary.Identity.ID, name: name}).Verify(c.ctx)
	return errors.Join(err, errors.Join(problems...))
}

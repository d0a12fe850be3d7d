package pgstore

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/ledger"
)

// founding is the [work] of making a ledger, whole or not at all.
type founding struct {
	ctx      context.Context
	name     string
	identity ledger.Identity
	open     bool // it may be driven

	taken  string // the name of a ledger in its place
	record []byte
	totals []byte
}

func (f *founding) stopped() error { return ledger.Stopped(f.ctx) }

func (f *founding) ask(q *pgx.Batch) {
	f.taken = ""
	lockFounding(q)
	q.Queue("select name from reelmerge.ledger where name = $1 or id = $2 limit 1", f.name, f.identity.ID).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&f.taken}, func() error { return nil })
		return err
	})
}

// lockFounding has ledgers made one after the other: there is no row yet to be locked.
func lockFounding(q *pgx.Batch) {
	const lock = 0x7265656d // "reem"
	q.Queue("select pg_advisory_xact_lock($1::bigint)", int64(lock))
}

func (f *founding) decide(context.Context, *pgx.Conn) (err error) {
	if f.taken != "" {
		return fmt.Errorf("%w: ledger %q", fs.ErrExist, f.taken)
	}
	id := f.identity.ID
	if f.record, err = (spot{placeIdentity, id, 0}).sealJSON(f.identity); err != nil {
		return err
	}
	f.totals, err = spot{placeTotals, id, 0}.sealJSON(totals{})
	return err
}

func (f *founding) put(q *pgx.Batch) {
	q.Queue(`with alone as (insert into reelmerge.account default values returning no),
		made as (insert into reelmerge.ledger (id, name, identity, account, open, totals)
			select $1, $2, $3, no, $4, $5 from alone returning no)
		insert into reelmerge.lease (ledger) select no from made`,
		f.identity.ID, f.name, f.record, f.open, f.totals)
}

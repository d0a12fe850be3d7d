package pgstore

import (
	"context"
	"errors"
	"hash/fnv"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// Document implements [ledger.Shared]. The lock is that of the name, because there may be
// no row yet.
func (s *Store) Document(ctx context.Context, name string, change func(ledger.Desk) ([]byte, error)) error {
	if err := s.usable(); err != nil {
		return err
	}
	d := &drafting{ctx: ctx, name: name, change: change}
	if err := s.other.write(d); !errors.Is(err, errOwn) {
		return err
	}
	return d.own
}

// drafting is the [work] of changing a document.
type drafting struct {
	ctx    context.Context
	name   string
	change func(ledger.Desk) ([]byte, error)

	desk   ledger.Desk
	driven map[string]bool
	own    error  // of the change
	sealed []byte // empty: the document is removed
}

func (d *drafting) stopped() error { return ledger.Stopped(d.ctx) }

func (d *drafting) spot() spot { return spot{placeDocument, d.name, 0} }

func (d *drafting) ask(q *pgx.Batch) {
	d.driven = map[string]bool{}
	d.desk = ledger.Desk{Driven: func(ledger string) bool { return d.driven[ledger] }}
	q.Queue("select pg_advisory_xact_lock($1::bigint)", lockOf(d.name))
	q.Queue("select body from reelmerge.document where name = $1", d.name).Query(func(rows pgx.Rows) error {
		var sealed []byte
		_, err := pgx.ForEachRow(rows, []any{&sealed}, func() error { return d.spot().open(sealed, record.Rest(&d.desk.Text)) })
		return err
	})
	q.Queue("select l.id from reelmerge.lease join reelmerge.ledger l on l.no = ledger where until > clock_timestamp()").Query(func(rows pgx.Rows) error {
		var id string
		_, err := pgx.ForEachRow(rows, []any{&id}, func() error { d.driven[id] = true; return nil })
		return err
	})
	q.Queue("select clock_timestamp()").QueryRow(func(row pgx.Row) error { return row.Scan(&d.desk.Now) })
}

// lockOf is the number of the lock of a document. Two that have the same one only wait for
// each other.
func lockOf(name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return int64(h.Sum64())
}

func (d *drafting) decide(context.Context, *pgx.Conn) error {
	text, err := d.change(d.desk)
	if d.own = err; err != nil {
		return errOwn
	}
	d.sealed = nil
	if len(text) > 0 {
		d.sealed = d.spot().seal(record.Rest(&text))
	}
	return nil
}

func (d *drafting) put(q *pgx.Batch) {
	if d.sealed == nil {
		q.Queue("delete from reelmerge.document where name = $1", d.name)
		return
	}
	q.Queue("insert into reelmerge.document (name, body) values ($1, $2) on conflict (name) do update set body = excluded.body", d.name, d.sealed)
}

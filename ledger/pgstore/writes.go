package pgstore

import (
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// writes are the columns of the entries that are written, so that each table is written by
// one statement.
type writes struct {
	fresh   columns
	changed columns
	kept    []bool // of changed: its body stays
	got     tickets
	lost    [][]byte // tickets that entries hold no more
	bodies  int64    // how many more there are than before
}

// columns are those of entries.
type columns struct {
	n      []int64
	keys   [][]byte
	states []string
	heads  [][]byte
	bodies [][]byte
}

// tickets are those that entries got.
type tickets struct {
	jobs [][]byte
	n    []int64
}

func (c *columns) add(id string, n int64, e *ledger.Entry) {
	head, body := sealEntry(id, n, e)
	c.n = append(c.n, n)
	c.keys = append(c.keys, indexed(e.Key))
	c.states = append(c.states, string(e.State))
	c.heads = append(c.heads, head)
	c.bodies = append(c.bodies, body)
}

// edit adds one entry, as it was before the transaction and will be after it. Its body is
// by far the largest part and rarely changes, so it is mostly left as it is.
func (w *writes) edit(id string, n int64, e ledger.Edit) {
	if e.Before.State == "" {
		w.fresh.add(id, n, &e.After)
	} else {
		w.kept = append(w.kept, record.SameBody(e.Before, e.After))
		w.changed.add(id, n, &e.After)
		if w.kept[len(w.kept)-1] {
			w.changed.bodies[len(w.kept)-1] = nil
		}
	}
	w.bodies += one(record.HasBody(e.After)) - one(record.HasBody(e.Before))
	held, holds := e.Before.Tickets(), e.After.Tickets()
	for _, job := range holds {
		if !slices.Contains(held, job) {
			w.got.jobs, w.got.n = append(w.got.jobs, indexed(job)), append(w.got.n, n)
		}
	}
	for _, job := range held {
		if !slices.Contains(holds, job) {
			w.lost = append(w.lost, indexed(job))
		}
	}
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// put queues the statements. Tickets are taken away before they are given: one may go from
// an entry to another.
func (w *writes) put(q *pgx.Batch, ledger, account int64) {
	if len(w.lost) > 0 {
		q.Queue("delete from reelmerge.ticket where account = $1 and job = any($2)", account, w.lost)
	}
	if c := w.fresh; len(c.n) > 0 {
		q.Queue(`insert into reelmerge.entry (ledger, n, key, state, head, body)
			select $1, * from unnest($2::bigint[], $3::bytea[], $4::text[], $5::bytea[], $6::bytea[])`,
			ledger, c.n, c.keys, c.states, c.heads, c.bodies)
	}
	if c := w.changed; len(c.n) > 0 {
		q.Queue(`update reelmerge.entry e set state = u.state, head = u.head, body = case when u.kept then e.body else u.body end
			from unnest($2::bigint[], $3::text[], $4::bytea[], $5::bytea[], $6::bool[]) as u (n, state, head, body, kept)
			where e.ledger = $1 and e.n = u.n`,
			ledger, c.n, c.states, c.heads, c.bodies, w.kept)
	}
	if t := w.got; len(t.n) > 0 {
		q.Queue("insert into reelmerge.ticket (account, ledger, job, n) select $1, $2, * from unnest($3::bytea[], $4::bigint[])",
			account, ledger, t.jobs, t.n)
	}
}

func putIntents(q *pgx.Batch, ledger int64, at []int64) {
	q.Queue("insert into reelmerge.intent (ledger, at) select $1, unnest($2::bigint[])", ledger, at)
}

func putRun(q *pgx.Batch, ledger, n int64, sealed []byte) {
	q.Queue("insert into reelmerge.run (ledger, n, run) values ($1, $2, $3)", ledger, n, sealed)
}

// putTotals writes what the ledger's row has, and counts the commit.
func putTotals(q *pgx.Batch, ledger int64, sealed []byte) {
	q.Queue("update reelmerge.ledger set commits = commits + 1, totals = $2 where no = $1", ledger, sealed)
}

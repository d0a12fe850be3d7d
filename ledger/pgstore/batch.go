package pgstore

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/reelmerge/reelmerge/ledger"
)

// batch is the [work] of one commit of a store's writer: what many callers wait for.
type batch struct {
	store    *Store
	requests []*request
	left     map[*request]bool // those whose callers wait no more

	*view // begins anew with each attempt
}

// view is what an attempt has read, and what it has decided so far. It is the
// [ledger.View] of decisions: each change sees those before it, also of the same commit.
type view struct {
	ctx  context.Context
	conn *pgx.Conn

	seen    uint64 // commits, before it was read
	account int64
	commits int64 // of the ledger, with this one once it is decided
	totals  totals
	token   []byte // of the lease
	held    bool   // it is not over

	summary ledger.Summary
	entries map[string]ledger.Entry // by key; zero: there is none
	numbers map[string]int64        // of entries, by key
	holders map[string]holder       // by ticket

	before  map[string]ledger.Entry // of entries that are changed
	order   []string                // their keys
	intents []int64
	run     *ledger.Run
	runs    [][]byte // records to be written
	writes  writes
	sealed  []byte // the totals after it
}

// holder is what holds a ticket: an entry of this ledger, by its key, or one of another
// ledger of the account, by the name of that.
type holder struct{ key, elsewhere string }

// stopped implements [work]. Callers whose context is done are answered at once.
func (b *batch) stopped() error {
	waiting := false
	for _, r := range b.requests {
		if err := ledger.Stopped(r.ctx); err != nil && !b.left[r] {
			if b.left == nil {
				b.left = map[*request]bool{}
			}
			b.left[r], r.err = true, err
		}
		waiting = waiting || !b.left[r]
	}
	if !waiting {
		return ledger.ErrStopped
	}
	return nil
}

// each visits the requests that are still waited for.
func (b *batch) each(visit func(*request) error) error {
	for _, r := range b.requests {
		if b.left[r] {
			continue
		}
		if err := visit(r); err != nil {
			return err
		}
	}
	return nil
}

// ask implements [work]: it locks the ledger, and reads what the changes are about.
func (b *batch) ask(q *pgx.Batch) {
	b.view = &view{
		seen: b.store.Commits(), summary: ledger.NewSummary(ledger.Identity{}), entries: map[string]ledger.Entry{}, numbers: map[string]int64{},
		holders: map[string]holder{}, before: map[string]ledger.Entry{},
	}
	no := b.store.no
	q.Queue("select account, commits, totals from reelmerge.ledger where no = $1 for update", no).QueryRow(b.row)
	if b.spends() {
		// The share of the key lets the lease be renewed meanwhile, and not be taken over.
		q.Queue("select token, until > clock_timestamp() from reelmerge.lease where ledger = $1 for key share", no).
			QueryRow(func(row pgx.Row) error { return row.Scan(&b.token, &b.held) })
	}
	keys, jobs := b.about()
	if len(keys) > 0 {
		q.Queue(selectEntries, no, indexedAll(keys)).Query(b.readEntries)
	}
	if len(jobs) > 0 {
		q.Queue(selectHolders, no, indexedAll(jobs)).Query(b.readHolders)
	}
	if b.records() {
		q.Queue(selectRun, no).Query(func(rows pgx.Rows) (err error) {
			b.run, err = b.store.readRun(rows)
			return err
		})
	}
}

const (
	selectEntries = "select n, head, body from reelmerge.entry where ledger = $1 and key = any($2)"
	selectHolders = `select l.id, l.name, e.n, e.head, t.job from reelmerge.ticket t
		join reelmerge.entry e on e.ledger = t.ledger and e.n = t.n join reelmerge.ledger l on l.no = t.ledger
		where t.account = (select account from reelmerge.ledger where no = $1) and t.job = any($2)`
	selectRun = "select n, run from reelmerge.run where ledger = $1 order by n desc limit 1"
)

// about lists the keys and tickets of the changes. All of them are known to be there or
// not to be once they were asked for.
func (b *batch) about() (keys, jobs []string) {
	_ = b.each(func(r *request) error {
		for _, c := range r.changes {
			keys = append(keys, c.Key)
			b.entries[c.Key] = ledger.Entry{}
			if job := c.Event.Ticket.Job; job != "" {
				jobs = append(jobs, job)
				b.holders[job] = holder{}
			}
		}
		return nil
	})
	return keys, jobs
}

func (b *batch) spends() bool {
	return slices.ContainsFunc(b.requests, func(r *request) bool { return spends(r.changes) && r.by != nil })
}

func (b *batch) records() bool {
	return slices.ContainsFunc(b.requests, func(r *request) bool { return r.record != nil })
}

// spends reports whether changes authorise a request that may be paid. All other events
// report facts, which are welcome from any process.
func spends(changes []ledger.Change) bool {
	return slices.ContainsFunc(changes, func(c ledger.Change) bool { return c.Event.Kind.Spends() })
}

// row reads the ledger's own row.
func (b *batch) row(row pgx.Row) error {
	var sealed []byte
	if err := row.Scan(&b.account, &b.commits, &sealed); err != nil {
		return err
	}
	if err := b.store.whole(b.commits, b.seen); err != nil {
		return err
	}
	if err := (spot{placeTotals, b.store.id, 0}).openJSON(sealed, &b.totals); err != nil {
		return err
	}
	return b.totals.fill(&b.summary)
}

func (b *batch) readEntries(rows pgx.Rows) error {
	return b.store.eachEntry(rows, func(n int64, e ledger.Entry) error {
		b.entries[e.Key], b.numbers[e.Key] = e, n
		return nil
	})
}

// readHolders reads who holds the tickets that were asked for. The entry is read for its
// key, which says who it is also where the index has it cut.
func (b *batch) readHolders(rows pgx.Rows) error {
	var id, name string
	var n int64
	var head, job []byte
	byIndex := map[string]string{}
	for asked := range b.holders {
		byIndex[string(indexed(asked))] = asked
	}
	_, err := pgx.ForEachRow(rows, []any{&id, &name, &n, &head, &job}, func() error {
		held := holder{elsewhere: name}
		if id == b.store.id {
			e, err := openEntry(id, n, head, nil)
			if err != nil {
				return err
			}
			held = holder{key: e.Key}
		}
		b.holders[byIndex[string(job)]] = held
		return nil
	})
	return err
}

// decide implements [work]. A refused request changes nothing, and the others of the batch
// go on.
func (b *batch) decide(ctx context.Context, conn *pgx.Conn) error {
	b.ctx, b.conn = ctx, conn
	err := b.each(func(r *request) error {
		r.after, r.err = b.request(r)
		if ledger.Sound(r.err) {
			return nil
		}
		return r.err
	})
	if err == nil && len(b.order) == 0 && len(b.runs) == 0 {
		err = errNothing
	}
	if err != nil {
		return err
	}
	return b.prepare()
}

// prepare makes the records of what was decided.
func (b *batch) prepare() (err error) {
	for _, key := range b.order {
		b.writes.edit(b.store.id, b.numbers[key], ledger.Edit{Before: b.before[key], After: b.entries[key]})
	}
	b.totals.Bodies += b.writes.bodies
	b.totals.Tickets += int64(len(b.writes.got.jobs) - len(b.writes.lost))
	b.totals.keep(&b.summary)
	b.commits++
	b.sealed, err = spot{placeTotals, b.store.id, 0}.sealJSON(b.totals)
	return err
}

func (b *batch) request(r *request) (after []ledger.Entry, err error) {
	if r.record != nil {
		return nil, b.recordRun(*r.record)
	}
	if spends(r.changes) {
		if err := b.fence(r.by); err != nil {
			return nil, err
		}
	}
	edits, err := ledger.Decide(b, &b.summary, r.changes)
	if err != nil {
		return nil, err
	}
	for _, e := range edits {
		after = append(after, e.After)
		b.take(e)
	}
	return after, nil
}

// fence refuses what would spend without the lease. The row of the lease is locked until
// the commit, so no other process can take it in between.
func (b *batch) fence(by *Lease) error {
	switch {
	case by == nil:
		return fmt.Errorf("%w, or none: this one holds no lease", ledger.ErrFenced)
	case !b.held || !bytes.Equal(by.token, b.token):
		return ledger.ErrFenced
	}
	return nil
}

// recordRun adds the record of a run. It carries the time of the last restore on.
func (b *batch) recordRun(run ledger.Run) error {
	if run.Restored.IsZero() && b.run != nil {
		run.Restored = b.run.Restored
	}
	b.totals.Runs++
	sealed, err := spot{placeRun, b.store.id, b.totals.Runs}.sealJSON(run)
	if err != nil {
		return err
	}
	b.run, b.runs = &run, append(b.runs, sealed)
	return nil
}

// take notes a decided edit.
func (b *batch) take(e ledger.Edit) {
	key := e.After.Key
	if _, changed := b.before[key]; !changed {
		b.before[key] = e.Before
		b.order = append(b.order, key)
	}
	if e.Before.State == "" {
		b.totals.Entries++
		b.numbers[key] = b.totals.Entries
	}
	b.entries[key] = e.After
	for _, job := range e.Before.Tickets() {
		b.holders[job] = holder{}
	}
	for _, job := range e.After.Tickets() {
		b.holders[job] = holder{key: key}
	}
	if at, paid := e.PaidCall(); paid {
		b.totals.Intents++
		b.intents = append(b.intents, nanos(at))
	}
}

// Entry implements [ledger.View]. Most entries were read with the lock; those that others
// follow are asked for here.
func (b *batch) Entry(key string) (ledger.Entry, error) {
	if e, known := b.entries[key]; known {
		return e, nil
	}
	b.entries[key] = ledger.Entry{}
	rows, err := b.conn.Query(b.ctx, selectEntries, b.store.no, [][]byte{indexed(key)})
	if err == nil {
		err = b.readEntries(rows)
	}
	return b.entries[key], err
}

// Holder implements [ledger.View]. A ticket of another ledger is refused here: its row has
// no key in this one.
func (b *batch) Holder(job string) (string, error) {
	held, known := b.holders[job]
	if !known {
		b.holders[job] = holder{}
		rows, err := b.conn.Query(b.ctx, selectHolders, b.store.no, [][]byte{indexed(job)})
		if err == nil {
			err = b.readHolders(rows)
		}
		if err != nil {
			return "", err
		}
		held = b.holders[job]
	}
	if held.elsewhere != "" {
		return "", fmt.Errorf("%w: it is of campaign %q", ledger.ErrTaken, held.elsewhere)
	}
	return held.key, nil
}

// put implements [work].
func (b *batch) put(q *pgx.Batch) {
	no := b.store.no
	b.writes.put(q, no, b.account)
	if len(b.intents) > 0 {
		putIntents(q, no, b.intents)
	}
	for i, run := range b.runs {
		putRun(q, no, b.totals.Runs-int64(len(b.runs)-1-i), run)
	}
	putTotals(q, no, b.sealed)
}

package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reelmerge/reelmerge/internal/elapsed"
)

// Fault is why a database cannot be trusted with a ledger, or cannot be reached.
type Fault struct {
	Cause error
	Cure  string // what to do, for people
}

// Error implements error.
func (f *Fault) Error() string { return f.Cause.Error() }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// Report is what [Check] found out about a database.
type Report struct {
	Schema    int           // version; 0: none
	Wanted    int           // the version that this program works with
	Server    string        // version of PostgreSQL
	Settings  []Setting     // those that a ledger depends on
	Recovery  bool          // it is a standby
	ReadOnly  bool          // it refuses changes
	Offset    time.Duration // how far its clock is ahead of this machine's
	RoundTrip time.Duration
	Pooler    Pooling       // how connections are shared on the way
	Old       []Transaction // that have been open for more than a minute
	Faults    []*Fault
}

// Setting is one setting of the server.
type Setting struct{ Name, Value string }

// Transaction is an open transaction of any program.
type Transaction struct {
	PID     int
	Program string
	Age     time.Duration
}

// Pooling is how a pooler between the program and the server shares connections.
type Pooling string

// The ways of sharing connections.
const (
	Unpooled Pooling = "none"        // none is seen, or each connection has a session of its own
	ByWork   Pooling = "transaction" // which is fine: nothing here outlasts a transaction
	ByCall   Pooling = "statement"   // which tears transactions apart
)

// querier is a pool, a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// largestOffset is how far the clocks of a machine and its database may be apart. No
// decision compares the two; but a wrong clock puts wrong times on what people read.
const largestOffset = 2 * time.Second

// Check asks a database all that a ledger depends on. The error says why it could not be
// asked at all; it is a [*Fault].
func Check(ctx context.Context, url string) (*Report, error) {
	d, err := connect(url, Options{})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	r, err := d.examine(ctx)
	if err != nil {
		return nil, refused(err)
	}
	if err := d.pooled(ctx, r); err != nil {
		return nil, refused(err)
	}
	if err := d.old(ctx, r); err != nil {
		return nil, refused(err)
	}
	return r, nil
}

// pooled finds out whether a pooler hands connections of the server around. Then two of
// ours, one used after the other, are the same one there. One that does so within a
// transaction refuses to begin one.
func (d *DB) pooled(ctx context.Context, r *Report) error {
	server := make([]int, 2)
	for i := range server {
		c, err := d.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer c.Release() // after the other one was used
		if err := c.QueryRow(ctx, "select pg_backend_pid()").Scan(&server[i]); err != nil {
			return err
		}
	}
	r.Pooler = Unpooled
	if server[0] == server[1] {
		r.Pooler = ByWork
	}
	err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error { return nil })
	if err != nil && r.Pooler == ByWork {
		r.Pooler = ByCall
		r.Faults = append(r.Faults, &Fault{fmt.Errorf("the pooler allows no transactions: %w", err), "set its pool_mode = transaction"})
		return nil
	}
	return err
}

// trust refuses a database that a ledger must not be in, and notes its clock.
func (d *DB) trust(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	r, err := d.examine(ctx)
	if err != nil {
		return refused(err)
	}
	for _, f := range r.Faults {
		return f
	}
	return nil
}

// examine asks for settings, schema and clock.
func (d *DB) examine(ctx context.Context) (*Report, error) {
	r := &Report{}
	var err error
	if r.Wanted, err = schema(); err != nil {
		return nil, err
	}
	if err := d.server(ctx, r); err != nil {
		return nil, err
	}
	if r.Schema, err = schemaOf(ctx, d.pool); err != nil {
		return nil, err
	}
	if err := d.compare(ctx, r); err != nil {
		return nil, err
	}
	r.judge()
	return r, nil
}

// server reads the settings that a ledger depends on.
func (d *DB) server(ctx context.Context, r *Report) error {
	names := []string{"fsync", "full_page_writes", "synchronous_commit"}
	values := make([]string, len(names))
	err := d.pool.QueryRow(ctx, `select current_setting('server_version'), pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
		current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')`).
		Scan(&r.Server, &r.Recovery, &r.ReadOnly, &values[0], &values[1], &values[2])
	for i, name := range names {
		r.Settings = append(r.Settings, Setting{name, values[i]})
	}
	return err
}

// compare reads the clock of the database a few times. The answer that came fastest is
// nearest to the truth: it was made somewhere between question and answer.
func (d *DB) compare(ctx context.Context, r *Report) error {
	for range 5 {
		asked := elapsed.Start()
		var at time.Time
		if err := d.pool.QueryRow(ctx, "select clock_timestamp()").Scan(&at); err != nil {
			return err
		}
		if trip := asked.Elapsed(); r.RoundTrip == 0 || trip < r.RoundTrip {
			r.RoundTrip = trip
			d.clock.Store(&shared{at.Add(-trip / 2), asked})
		}
	}
	r.Offset = d.Offset()
	return nil
}

// judge lists what is wrong.
func (r *Report) judge() {
	add := func(cure, format string, args ...any) {
		r.Faults = append(r.Faults, &Fault{fmt.Errorf(format, args...), cure})
	}
	if r.Recovery || r.ReadOnly {
		add("give the address of the primary server", "the database can only be read: it is a standby, or read-only")
	}
	for _, s := range r.Settings {
		if s.Value == "off" {
			add(fmt.Sprintf("set %s = on in postgresql.conf, and for the role and the database, then reload the server", s.Name),
				"%s is off: what the database has acknowledged may be gone after a crash, and would be paid for again", s.Name)
		}
	}
	if r.Offset.Abs()-r.RoundTrip > largestOffset {
		add("have both set by the time of the network (NTP)", "the clock of the database is %s ahead of this machine's", r.Offset.Round(time.Second))
	}
	if err := sameSchema(r.Schema, r.Wanted); err != nil {
		f, _ := errors.AsType[*Fault](err)
		r.Faults = append(r.Faults, f)
	}
}

// old lists transactions that have been open for long. They keep dead rows from being
// removed, and every commit of a campaign leaves some.
func (d *DB) old(ctx context.Context, r *Report) error {
	rows, err := d.pool.Query(ctx, `select pid, application_name, extract(epoch from clock_timestamp() - xact_start)::bigint
		from pg_stat_activity where xact_start < clock_timestamp() - interval '1 minute' and backend_type = 'client backend' order by xact_start`)
	if err != nil {
		return err
	}
	r.Old, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Transaction, err error) {
		var seconds int64
		err = row.Scan(&t.PID, &t.Program, &seconds)
		t.Age = time.Duration(seconds) * time.Second
		return t, err
	})
	for _, t := range r.Old {
		r.Faults = append(r.Faults, &Fault{
			fmt.Errorf("a transaction of %q, process %d, has been open for %s", t.Program, t.PID, t.Age),
			"end it: while it lasts, the tables of the ledger grow",
		})
	}
	return err
}

// refused turns the error of a connection into a fault with its cure. The text of the
// driver has no password in it, but it has the user and the host.
func refused(err error) error {
	if f, is := errors.AsType[*Fault](err); is {
		return f
	}
	cure := "look whether the server runs, and whether its address is right"
	if pg, is := errors.AsType[*pgconn.PgError](err); is {
		switch {
		case pg.Code == "28P01", strings.HasPrefix(pg.Code, "28"):
			cure = "look at user and password in the address of the database"
		case pg.Code == "3D000":
			cure = "make the database with createdb, then: reelmerge store migrate URL"
		case pg.Code == "42501":
			cure = "give the user of the address the right to use the tables of schema reelmerge"
		case strings.HasPrefix(pg.Code, "53"):
			cure = "give the server more connections, memory or disk"
		}
	}
	return &Fault{fmt.Errorf("the database cannot be used: %w", err), cure}
}

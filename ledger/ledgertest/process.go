package ledgertest

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// database is what the ledgers in memory share that lie beside each other.
type database struct {
	mu        sync.Mutex
	ledgers   []*Memory
	documents map[string][]byte
}

func (db *database) open(id ledger.Identity) *Memory {
	m := &Memory{db: db, entries: map[string]ledger.Entry{}, holders: map[string]string{}, summary: ledger.NewSummary(id)}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.ledgers = append(db.ledgers, m)
	return m
}

// Beside returns another, empty ledger of the same database.
func (m *Memory) Beside(id ledger.Identity) *Memory { return m.db.open(id) }

// Documents copies the documents of the database, by their names.
func (m *Memory) Documents() map[string][]byte {
	m.db.mu.Lock()
	defer m.db.mu.Unlock()
	return maps.Clone(m.db.documents)
}

// Open returns the ledger in the hands of a process, which shares it with others.
func (m *Memory) Open() *Process { return &Process{m: m} }

// driven reports whether a lease is running.
func (m *Memory) driven(now time.Time) bool { return now.Before(m.driver.Until) }

// Process is a ledger in memory in the hands of one of several processes. A test may take
// its connection away, or stop it.
type Process struct {
	m       *Memory
	cut     bool
	stopped bool
	leases  []*lease
}

var (
	_ ledger.Shared = (*Process)(nil)
	_ ledger.Lease  = (*lease)(nil)
	_ Link          = (*Process)(nil)
)

// Cut takes the connection to the database away: no call arrives, and no lease is renewed.
func (p *Process) Cut() { p.set(&p.cut, true) }

// Mend brings the connection back.
func (p *Process) Mend() { p.set(&p.cut, false) }

// Stop has the process renew no lease, and notice nothing: it is stopped, or has died. The
// test itself keeps it from calling the ledger meanwhile.
func (p *Process) Stop() { p.set(&p.stopped, true) }

// Continue wakes a process that was stopped.
func (p *Process) Continue() {
	p.set(&p.stopped, false)
	for _, l := range p.leases {
		l.renew()
	}
}

func (p *Process) set(what *bool, to bool) {
	p.m.db.mu.Lock()
	defer p.m.db.mu.Unlock()
	*what = to
}

// reached returns [ledger.ErrUnavailable] while the process is cut off.
func (p *Process) reached(ctx context.Context) error {
	p.m.db.mu.Lock()
	defer p.m.db.mu.Unlock()
	return p.reach(ctx)
}

func (p *Process) reach(ctx context.Context) error {
	if err := ledger.Stopped(ctx); err != nil {
		return err
	}
	if p.cut {
		return ledger.ErrUnavailable
	}
	return nil
}

// Apply implements [ledger.Store]. A process spends nothing without a lease.
func (p *Process) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	return p.change(ctx, nil, changes)
}

func (p *Process) change(ctx context.Context, l *lease, changes []ledger.Change) ([]ledger.Entry, error) {
	return p.m.change(ctx, func() error {
		if err := p.reach(ctx); err != nil {
			return err
		}
		spends := slices.ContainsFunc(changes, func(c ledger.Change) bool { return c.Event.Kind.Spends() })
		if spends && (l == nil || !l.drives(time.Now())) {
			return ledger.ErrFenced
		}
		return nil
	}, changes)
}

// Entries implements [ledger.Store].
func (p *Process) Entries(ctx context.Context, q ledger.Query) iter.Seq2[ledger.Entry, error] {
	if err := p.reached(ctx); err != nil {
		return func(yield func(ledger.Entry, error) bool) { yield(ledger.Entry{}, err) }
	}
	return p.m.Entries(ctx, q)
}

// Summary implements [ledger.Store].
func (p *Process) Summary(ctx context.Context) (ledger.Summary, error) {
	if err := p.reached(ctx); err != nil {
		return ledger.Summary{}, err
	}
	return p.m.Summary(ctx)
}

// Intents implements [ledger.Store].
func (p *Process) Intents(ctx context.Context, since time.Time) ([]time.Time, error) {
	if err := p.reached(ctx); err != nil {
		return nil, err
	}
	return p.m.Intents(ctx, since)
}

// Record implements [ledger.Store].
func (p *Process) Record(ctx context.Context, run ledger.Run) error {
	if err := p.reached(ctx); err != nil {
		return err
	}
	return p.m.Record(ctx, run)
}

// Acquire implements [ledger.Shared].
func (p *Process) Acquire(ctx context.Context, d ledger.Drive) (ledger.Lease, error) {
	m := p.m
	m.db.mu.Lock()
	defer m.db.mu.Unlock()
	if err := p.reach(ctx); err != nil {
		return nil, err
	}
	now := time.Now()
	if m.driven(now) {
		return nil, &ledger.DrivenError{Driver: m.driver}
	}
	ttl := max(d.TTL, ledger.ShortestLease)
	m.driver = ledger.Driver{Who: d.Who, Since: now, Until: now.Add(ttl), Epoch: m.driver.Epoch + 1}
	m.account, m.longest = d.Account, max(m.longest, ttl)
	l := &lease{Process: p, ttl: ttl, until: m.driver.Until, lost: make(chan struct{})}
	p.leases = append(p.leases, l)
	l.timer = time.AfterFunc(ttl/renewals, l.renew)
	return l, nil
}

// Driver implements [ledger.Shared].
func (p *Process) Driver(ctx context.Context) (ledger.Driver, error) {
	p.m.db.mu.Lock()
	defer p.m.db.mu.Unlock()
	if err := p.reach(ctx); err != nil || !p.m.driven(time.Now()) {
		return ledger.Driver{}, err
	}
	return p.m.driver, nil
}

// Now implements [ledger.Shared].
func (p *Process) Now() time.Time { return time.Now() }

// Quarantine implements [ledger.Shared].
func (p *Process) Quarantine(ctx context.Context) (time.Duration, error) {
	p.m.db.mu.Lock()
	defer p.m.db.mu.Unlock()
	return ledger.LongestSubmit + p.m.longest, p.reach(ctx)
}

// Document implements [ledger.Shared].
func (p *Process) Document(ctx context.Context, name string, change func(ledger.Desk) ([]byte, error)) error {
	db := p.m.db
	db.mu.Lock()
	defer db.mu.Unlock()
	if err := p.reach(ctx); err != nil {
		return err
	}
	now := time.Now()
	text, err := change(ledger.Desk{Text: slices.Clone(db.documents[name]), Now: now, Driven: func(id string) bool {
		return slices.ContainsFunc(db.ledgers, func(m *Memory) bool { return m.summary.Identity.ID == id && m.driven(now) })
	}})
	switch {
	case err != nil:
		return err
	case len(text) == 0:
		delete(db.documents, name)
	default:
		db.documents[name] = slices.Clone(text)
	}
	return nil
}

// renewals is how often a lease is renewed while it holds.
const renewals = 3

// lease is the right of a [Process] to spend.
type lease struct {
	*Process
	ttl   time.Duration
	until time.Time
	over  bool
	lost  chan struct{}
	timer *time.Timer
}

// drives reports whether the lease still holds. There is one clock, so no other one holds then.
func (l *lease) drives(now time.Time) bool { return !l.over && now.Before(l.until) }

// renew prolongs the lease, or notices that it is over. Of a process that is stopped it does
// neither.
func (l *lease) renew() {
	l.m.db.mu.Lock()
	defer l.m.db.mu.Unlock()
	now := time.Now()
	switch {
	case l.over || l.stopped:
		return
	case !l.drives(now):
		l.end()
		return
	case !l.cut:
		l.until = now.Add(l.ttl)
		l.m.driver.Until = l.until
	}
	l.timer.Reset(min(l.ttl/renewals, l.until.Sub(now)))
}

func (l *lease) end() {
	l.over = true
	l.timer.Stop()
	close(l.lost)
}

// Apply implements [ledger.Store].
func (l *lease) Apply(ctx context.Context, changes ...ledger.Change) ([]ledger.Entry, error) {
	return l.change(ctx, l, changes)
}

// Valid implements [ledger.Lease].
func (l *lease) Valid() bool {
	l.m.db.mu.Lock()
	defer l.m.db.mu.Unlock()
	return l.drives(time.Now())
}

// Lost implements [ledger.Lease].
func (l *lease) Lost() <-chan struct{} { return l.lost }

// Release implements [ledger.Lease].
func (l *lease) Release(ctx context.Context) error {
	l.m.db.mu.Lock()
	defer l.m.db.mu.Unlock()
	err := l.reach(ctx)
	if now := time.Now(); err == nil && l.drives(now) {
		l.m.driver.Until = now
	}
	if !l.over {
		l.end()
	}
	return err
}

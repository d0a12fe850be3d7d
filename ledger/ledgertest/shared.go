package ledgertest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// Handles opens a ledger of a database as one more process does. The first handle of an
// identity makes the ledger.
type Handles func(t *testing.T, id ledger.Identity) (ledger.Shared, Link)

// Link is the connection of one handle to its database.
type Link interface {
	Cut()  // nothing arrives, and no lease is renewed
	Mend() // it works again
}

// RealTime runs a test by the clock of the machine. Stores in memory run in a bubble of
// testing/synctest instead.
func RealTime(t *testing.T, test func(*testing.T)) { test(t) }

// RunShared tests whether a store keeps the promises of [ledger.Shared], over two handles on
// one ledger. Each test has ledgers and an account of its own, and runs within the function.
func RunShared(t *testing.T, open Handles, within func(*testing.T, func(*testing.T))) {
	for name, test := range map[string]func(*testing.T, *pair){
		"what one process writes, the other reads":              testBothRead,
		"of two processes one changes a version":                testSharedVersion,
		"the budget holds over both":                            testSharedBudget,
		"a ticket belongs to one entry of its account":          testSharedTickets,
		"only the holder of the lease spends":                   testFence,
		"after a takeover the old driver reports facts alone":   testTakenOver,
		"one process drives at a time":                          testDriven,
		"a released lease is free at once":                      testRelease,
		"a lease renews itself":                                 testRenewal,
		"a lost lease is not valid before another one is given": testLost,
		"a process that is cut off is refused, and goes on":     testUnavailable,
		"a document is changed by one at a time":                testDocuments,
		"a document says whether a ledger is driven":            testDesk,
		"the quarantine grows with the longest lease":           testQuarantine,
		"a shared call that was stopped changes nothing":        testSharedStopped,
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(t *testing.T) {
				id := Identity()
				id.ID = t.Name()
				p := &pair{t: t, open: open, id: id}
				p.a, p.linkA = open(t, id)
				p.b, p.linkB = open(t, id)
				test(t, p)
				for _, err := range ledger.Check(t.Context(), p.a) {
					t.Errorf("ledger: %v", err)
				}
			})
		})
	}
}

// shortLease is the TTL of most leases here; wait is the longest wait for one to end.
const (
	shortLease = ledger.ShortestLease
	wait       = 10 * shortLease
)

// pair is one ledger in the hands of two processes.
type pair struct {
	t            *testing.T
	open         Handles
	id           ledger.Identity
	a, b         ledger.Shared
	linkA, linkB Link
}

// drive takes a lease that must be free, and gives it back at the end.
func (p *pair) drive(s ledger.Shared, who string) ledger.Lease {
	p.t.Helper()
	lease, err := s.Acquire(p.t.Context(), ledger.Drive{Who: who, Account: "account of " + p.id.ID, TTL: shortLease})
	if err != nil {
		p.t.Fatalf("acquire the lease for %s: %v", who, err)
	}
	ctx := context.WithoutCancel(p.t.Context())
	p.t.Cleanup(func() { _ = lease.Release(ctx) }) // it may be lost already
	return lease
}

// takeOver waits until the lease is free, as a standby does.
func (p *pair) takeOver(s ledger.Shared, who string) ledger.Lease {
	p.t.Helper()
	for began := time.Now(); ; {
		lease, err := s.Acquire(p.t.Context(), ledger.Drive{Who: who, Account: "account of " + p.id.ID, TTL: shortLease})
		var driven *ledger.DrivenError
		switch {
		case err == nil:
			ctx := context.WithoutCancel(p.t.Context())
			p.t.Cleanup(func() { _ = lease.Release(ctx) })
			return lease
		case !errors.As(err, &driven) || time.Since(began) > wait:
			p.t.Fatalf("take over for %s: %v", who, err)
		}
		time.Sleep(shortLease / 20)
	}
}

// ended waits for a lease to be lost.
func (p *pair) ended(l ledger.Lease) {
	p.t.Helper()
	select {
	case <-l.Lost():
	case <-time.After(wait):
		p.t.Fatal("the lease is not lost")
	}
}

// on looks at one store of the pair as the tests of a single process do.
func (p *pair) on(s ledger.Store) *harness { return &harness{t: p.t, store: s} }

// testBothRead has each of two processes write, and compares what they read then.
func testBothRead(t *testing.T, p *pair) {
	l := p.drive(p.a, "a")
	p.on(l).apply("row", Plan("row", 2), event(ledger.Intend))
	p.on(p.b).apply("row", submit("job"))
	p.on(p.b).apply("other", Plan("other", 1))
	run := ledger.Run{Started: Start(), Sheet: "a.csv", Rows: 2, Entries: 2}
	if err := p.b.Record(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	a, b := p.on(p.a), p.on(p.b)
	if diff := cmp.Diff(a.query(ledger.Query{}), b.query(ledger.Query{}), same()); diff != "" || len(a.query(ledger.Query{})) != 2 {
		t.Errorf("entries (-a +b):\n%s", diff)
	}
	if diff := cmp.Diff(a.summary(), b.summary(), same()); diff != "" || a.summary().Run == nil {
		t.Errorf("summary (-a +b):\n%s", diff)
	}
	for _, s := range []ledger.Shared{p.a, p.b} {
		if times, err := s.Intents(t.Context(), Start()); err != nil || len(times) != 1 {
			t.Errorf("intents: %v, %v", times, err)
		}
	}
}

// testSharedVersion has the driver and a person change one version of a row, in both orders.
func testSharedVersion(_ *testing.T, p *pair) {
	l := p.on(p.drive(p.a, "a"))
	stop := event(ledger.Cancel)
	stop.By = ledger.ByPerson
	for _, key := range []string{"sent", "stopped"} {
		l.apply(key, Plan(key, 1))
	}
	l.apply("sent", event(ledger.Intend))
	p.on(p.b).refuse(ledger.ErrConflict, ledger.Change{Key: "sent", Version: 1, Event: stop})
	p.on(p.b).apply("stopped", stop)
	l.refuse(ledger.ErrConflict, ledger.Change{Key: "stopped", Version: 1, Event: event(ledger.Intend)})
}

// testSharedBudget: what the other process reports as charged has no room left.
func testSharedBudget(_ *testing.T, p *pair) {
	l := p.on(p.drive(p.a, "a"))
	l.apply("a", Plan("a", 3), event(ledger.Intend))
	l.apply("b", Plan("b", 3))
	p.on(p.b).apply("a", submit("job"), succeed(8))
	budget := credit.Of(10)
	l.refuse(ledger.ErrBudget, ledger.Change{Key: "b", Version: 1, Event: event(ledger.Intend), Budget: &budget})
}

// testSharedTickets gives one job to rows of two ledgers, which only those of two accounts
// may have. The rows have the same key, as those of two campaigns for the same people do.
func testSharedTickets(t *testing.T, p *pair) {
	l := p.on(p.drive(p.a, "a"))
	l.apply("row", Plan("row", 1), event(ledger.Intend), submit("job"))
	for account, want := range map[string]error{"account of " + p.id.ID: ledger.ErrTaken, "another account of " + p.id.ID: nil} {
		id := p.id
		id.ID = account
		store, _ := p.open(t, id)
		lease, err := store.Acquire(t.Context(), ledger.Drive{Who: "other", Account: account, TTL: shortLease})
		if err != nil {
			t.Fatal(err)
		}
		other := p.on(lease)
		other.apply("row", Plan("row", 1), event(ledger.Intend))
		if want != nil {
			other.refuse(want, ledger.Change{Key: "row", Version: 2, Event: submit("job")})
		} else {
			other.apply("row", submit("job"))
		}
		if err := lease.Release(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// testFence: without the lease nothing is spent, and every fact is welcome.
func testFence(_ *testing.T, p *pair) {
	b := p.on(p.b)
	b.apply("row", Plan("row", 1))
	intend := ledger.Change{Key: "row", Version: 1, Event: event(ledger.Intend)}
	b.refuse(ledger.ErrFenced, intend) // there is no driver
	l := p.drive(p.a, "a")
	b.refuse(ledger.ErrFenced, intend)
	b.refuse(ledger.ErrFenced, ledger.Change{Key: "new", Event: Plan("new", 1)}, intend) // all or none
	sent := event(ledger.Intend)
	sent.Sent = ledger.Sent{Hash: ledger.Fingerprint{1}}
	p.on(l).apply("row", sent)
	b.apply("row", event(ledger.Lose))
	again := event(ledger.Resend)
	again.Sent = sent.Sent
	b.refuse(ledger.ErrFenced, ledger.Change{Key: "row", Version: 3, Event: again})
	p.on(l).apply("row", again)
	b.apply("row", ledger.Event{Kind: ledger.Adopt, Ticket: submit("job").Ticket}, succeed(1))
}

// testTakenOver: the lease of a process that was cut off is taken over. When it is there
// again, it may say what it knows, and spend nothing.
func testTakenOver(_ *testing.T, p *pair) {
	old := p.drive(p.a, "old")
	h := p.on(old)
	h.apply("wire", Plan("wire", 1), event(ledger.Intend))
	h.apply("next", Plan("next", 1))
	p.linkA.Cut()
	l := p.on(p.takeOver(p.b, "new"))
	p.linkA.Mend()
	h.refuse(ledger.ErrFenced, ledger.Change{Key: "next", Version: 1, Event: event(ledger.Intend)})
	h.apply("wire", submit("job"))
	l.apply("next", event(ledger.Intend))
}

// testDriven: a second driver is told who the first one is, also in the same process.
func testDriven(t *testing.T, p *pair) {
	if d, err := p.b.Driver(t.Context()); err != nil || d != (ledger.Driver{}) {
		t.Errorf("there is no driver: %+v, %v", d, err)
	}
	p.drive(p.a, "machine a")
	d, err := p.b.Driver(t.Context())
	if err != nil || d.Who != "machine a" || d.Epoch == 0 || !d.Until.After(d.Since) || d.Since.After(p.b.Now()) {
		t.Errorf("driver: %+v, %v", d, err)
	}
	for _, s := range []ledger.Shared{p.a, p.b} {
		var driven *ledger.DrivenError
		_, err := s.Acquire(t.Context(), ledger.Drive{Who: "b", TTL: shortLease})
		if !errors.As(err, &driven) || driven.Driver.Who != "machine a" || !driven.Driver.Since.Equal(d.Since) || driven.Driver.Epoch != d.Epoch {
			t.Errorf("a second driver: %v", err)
		}
	}
}

// testRelease hands over without a wait, and ends the old lease.
func testRelease(t *testing.T, p *pair) {
	old := p.drive(p.a, "old")
	before, _ := p.a.Driver(t.Context())
	if err := old.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d, err := p.b.Driver(t.Context()); err != nil || d != (ledger.Driver{}) {
		t.Errorf("after the release %+v drives, %v", d, err)
	}
	p.drive(p.b, "new")
	after, err := p.b.Driver(t.Context())
	if err != nil || after.Who != "new" || after.Epoch <= before.Epoch {
		t.Errorf("driver: %+v after %+v, %v", after, before, err)
	}
	p.ended(old)
	if old.Valid() {
		t.Error("a released lease is valid")
	}
	h := p.on(old)
	h.apply("row", Plan("row", 1))
	h.refuse(ledger.ErrFenced, ledger.Change{Key: "row", Version: 1, Event: event(ledger.Intend)})
	if err := old.Release(t.Context()); err != nil { // a second time says nothing about the new driver
		t.Error(err)
	}
	if d, err := p.a.Driver(t.Context()); err != nil || d.Who != "new" {
		t.Errorf("driver: %+v, %v", d, err)
	}
}

// testRenewal: a lease goes on past its TTL.
func testRenewal(t *testing.T, p *pair) {
	l := p.drive(p.a, "a")
	select {
	case <-l.Lost():
		t.Error("the lease was lost")
	case <-time.After(shortLease * 3 / 2):
	}
	if d, err := p.b.Driver(t.Context()); !l.Valid() || err != nil || d.Who != "a" {
		t.Errorf("valid: %v; driver: %+v, %v", l.Valid(), d, err)
	}
}

// testLost: when a standby gets the lease, the old one is no longer valid, and it has been
// told that it is lost.
func testLost(t *testing.T, p *pair) {
	old := p.drive(p.a, "old")
	p.linkA.Cut()
	if !old.Valid() {
		t.Error("the lease is over before its time")
	}
	l := p.takeOver(p.b, "new")
	if old.Valid() || !l.Valid() {
		t.Errorf("valid: the old lease %v, the new one %v", old.Valid(), l.Valid())
	}
	p.ended(old)
	p.linkA.Mend()
	if old.Valid() {
		t.Error("a lost lease is valid again")
	}
}

// testUnavailable: nothing is changed and nothing is broken by a cut.
func testUnavailable(t *testing.T, p *pair) {
	l := p.drive(p.a, "a")
	p.on(l).apply("row", Plan("row", 1))
	p.linkA.Cut()
	_, err := l.Apply(t.Context(), ledger.Change{Key: "row", Version: 1, Event: event(ledger.Intend)})
	if !errors.Is(err, ledger.ErrUnavailable) || !ledger.Sound(err) {
		t.Errorf("cut off: %v", err)
	}
	p.linkA.Mend()
	if e := p.on(p.b).entry("row"); e.Version != 1 {
		t.Errorf("the change was made: %+v", e)
	}
	p.on(p.a).apply("row", Plan("row again", 1))
}

// testDocuments has many callers of two processes count in one document.
func testDocuments(t *testing.T, p *pair) {
	name := ledger.DocumentOf(p.id.ID, "count")
	var group sync.WaitGroup
	const callers = 16
	for i := range callers {
		group.Go(func() {
			s := []ledger.Shared{p.a, p.b}[i%2]
			if err := s.Document(t.Context(), name, func(d ledger.Desk) ([]byte, error) { return append(d.Text, '.'), nil }); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	read := func(want string) {
		t.Helper()
		if err := p.b.Document(t.Context(), name, func(d ledger.Desk) ([]byte, error) {
			if string(d.Text) != want || want == "" && d.Text != nil {
				t.Errorf("the document is %q, want %q", d.Text, want)
			}
			return d.Text, nil
		}); err != nil {
			t.Error(err)
		}
	}
	all := strings.Repeat(".", callers)
	read(all)
	refused := errors.New("no")
	if err := p.a.Document(t.Context(), name, func(ledger.Desk) ([]byte, error) { return []byte("other"), refused }); !errors.Is(err, refused) {
		t.Errorf("an error of the change: %v", err)
	}
	read(all)
	if err := p.a.Document(t.Context(), name, func(ledger.Desk) ([]byte, error) { return nil, nil }); err != nil {
		t.Error(err)
	}
	read("")
}

// testDesk: a document tells the time of the store, and which of its ledgers are driven.
func testDesk(t *testing.T, p *pair) {
	look := func(want bool) {
		t.Helper()
		if err := p.b.Document(t.Context(), "account/"+p.id.ID, func(d ledger.Desk) ([]byte, error) {
			if d.Driven(p.id.ID) != want || d.Driven("none") {
				t.Errorf("driven: %v, and one that is not there: %v", d.Driven(p.id.ID), d.Driven("none"))
			}
			if off := d.Now.Sub(p.a.Now()).Abs(); off > time.Second {
				t.Errorf("the clocks of a document and of the store differ by %s", off)
			}
			return nil, nil
		}); err != nil {
			t.Error(err)
		}
	}
	look(false)
	l := p.drive(p.a, "a")
	look(true)
	if err := l.Release(t.Context()); err != nil {
		t.Error(err)
	}
	look(false)
}

// testQuarantine: it is as long as a request may last, and the longest lease there was.
func testQuarantine(t *testing.T, p *pair) {
	longest := time.Duration(0)
	for _, ttl := range []time.Duration{shortLease, 4 * shortLease, shortLease, 0} {
		l, err := p.a.Acquire(t.Context(), ledger.Drive{Who: "a", TTL: ttl})
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, ttl)
		if q, err := p.b.Quarantine(t.Context()); err != nil || q != ledger.LongestSubmit+longest {
			t.Errorf("after a lease of %s: %s, %v", ttl, q, err)
		}
		if err := l.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// testSharedStopped makes the calls of a shared store with a context that has ended.
func testSharedStopped(t *testing.T, p *pair) {
	cause := errors.New("a signal")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(cause)
	_, acquire := p.a.Acquire(ctx, ledger.Drive{Who: "a", TTL: shortLease})
	_, driver := p.a.Driver(ctx)
	_, quarantine := p.a.Quarantine(ctx)
	document := p.a.Document(ctx, "name", func(ledger.Desk) ([]byte, error) { return []byte("text"), nil })
	for call, err := range map[string]error{"Acquire": acquire, "Driver": driver, "Quarantine": quarantine, "Document": document} {
		if !errors.Is(err, ledger.ErrStopped) || !errors.Is(err, cause) {
			t.Errorf("%s = %v, want that it was stopped by a signal", call, err)
		}
	}
	if d, err := p.b.Driver(t.Context()); err != nil || d != (ledger.Driver{}) {
		t.Errorf("driver: %+v, %v", d, err)
	}
}

package pgstore_test

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/ledger/pgstore"
)

// handle is one process's way to the database.
type handle struct{ *proxy }

// Cut implements [ledgertest.Link].
func (h handle) Cut() {
	h.refuse(true)
	h.cut()
}

// Mend implements [ledgertest.Link].
func (h handle) Mend() { h.refuse(false) }

// TestIsShared holds the store to the suite of all stores that several processes open.
func TestIsShared(t *testing.T) {
	url := database(t)
	ledgertest.RunShared(t, func(t *testing.T, id ledger.Identity) (ledger.Shared, ledgertest.Link) {
		p := newProxy(t, url)
		db, err := pgstore.Dial(t.Context(), p.url, pgstore.Options{Patience: time.Second})
		must(t, err)
		s, err := db.Open(t.Context(), id.ID, pgstore.OpenOptions{})
		if errors.Is(err, fs.ErrNotExist) {
			s, err = db.Create(t.Context(), id.ID, id)
		}
		must(t, err)
		t.Cleanup(func() { must(t, errors.Join(s.Close(), db.Close())) })
		return s, handle{p}
	}, ledgertest.RealTime)
}

// checked checks a store when the test ends, and then closes it.
func checked(t *testing.T, s *pgstore.Store) {
	t.Helper()
	t.Cleanup(func() { must(t, s.Close()) })
	ledgertest.Checked(t, s)
}

func take(t *testing.T, s *pgstore.Store, who, account string) ledger.Lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), ledger.Drive{Who: who, Account: account, TTL: time.Minute})
	must(t, err)
	return l
}

// apply makes changes of one entry, from the version that it has.
func apply(t *testing.T, s ledger.Store, key string, events ...ledger.Event) ledger.Entry {
	t.Helper()
	var last ledger.Entry
	for e, err := range s.Entries(t.Context(), ledger.Query{Keys: []string{key}}) {
		must(t, err)
		last = e
	}
	for _, ev := range events {
		if ev.At.IsZero() {
			ev.At = ledgertest.Start()
		}
		after, err := s.Apply(t.Context(), ledger.Change{Key: key, Version: last.Version, Event: ev})
		if err != nil {
			t.Fatalf("%s of %q: %v", ev.Kind, key, err)
		}
		last = after[0]
	}
	return last
}

func submit(id string) ledger.Event {
	return ledger.Event{Kind: ledger.Submit, At: ledgertest.Start(), Ticket: job.Ticket{Job: id}}
}

// intend is the change that spends.
func intend(e ledger.Entry) ledger.Change {
	return ledger.Change{Key: e.Key, Version: e.Version, Event: ledger.Event{Kind: ledger.Intend, At: ledgertest.Start()}}
}

// TestALeaseThatIsNotRenewedIsTakenOver: the process is cut off from its database. Its
// lease is over for itself before another process can take it.
func TestALeaseThatIsNotRenewedIsTakenOver(t *testing.T) {
	url := database(t)
	p := newProxy(t, url)
	cut := dial(t, p.url)
	a, err := cut.Create(t.Context(), "campaign", ledgertest.Identity())
	must(t, err)
	defer a.Close()
	b, err := dial(t, url).Open(t.Context(), "campaign", pgstore.OpenOptions{})
	must(t, err)
	defer b.Close()
	l, err := a.Acquire(t.Context(), ledger.Drive{Who: "cut off", TTL: ledger.ShortestLease})
	must(t, err)
	time.Sleep(2 * ledger.ShortestLease) // it is renewed meanwhile
	if !l.Valid() {
		t.Fatal("the lease was not renewed")
	}
	p.dark(true)
	defer p.dark(false)
	for {
		valid := l.Valid()
		next, err := b.Acquire(t.Context(), ledger.Drive{Who: "next", TTL: time.Minute})
		if err == nil {
			if l.Valid() {
				t.Error("two leases are valid")
			}
			must(t, next.Release(t.Context()))
			break
		}
		if _, driven := errors.AsType[*ledger.DrivenError](err); !driven {
			t.Fatal(err)
		}
		if time.Sleep(20 * time.Millisecond); !valid && l.Valid() {
			t.Error("a lease that was over is valid again")
		}
	}
	select {
	case <-l.Lost():
	case <-time.After(time.Second):
		t.Error("nothing says that the lease is lost")
	}
	q, err := b.Quarantine(t.Context())
	if must(t, err); q != ledger.LongestSubmit+time.Minute {
		t.Errorf("quarantine = %s", q)
	}
}

// TestATicketBelongsToOneRowOfAnAccount, also when its ledgers are several, and when a
// ledger with a job moves to an account where that job is another's.
func TestATicketBelongsToOneRowOfAnAccount(t *testing.T) {
	db := dial(t, database(t))
	var leases []ledger.Lease
	for _, name := range []string{"one", "two", "three"} {
		id := ledgertest.Identity()
		id.ID = name
		s, err := db.Create(t.Context(), name, id)
		must(t, err)
		checked(t, s)
		account := "shared"
		if name == "three" {
			account = "other"
		}
		l := take(t, s, name, account)
		apply(t, l, "row", ledgertest.Plan(name, 1), intend(ledger.Entry{}).Event)
		leases = append(leases, l)
	}
	apply(t, leases[0], "row", submit("j"))
	apply(t, leases[2], "row", submit("j")) // a job of another account
	_, err := leases[1].Apply(t.Context(), ledger.Change{Key: "row", Version: 2, Event: submit("j")})
	if !errors.Is(err, ledger.ErrTaken) || !ledger.Sound(err) {
		t.Errorf("err = %v, want that it is taken", err)
	}
	// Both at the same time: one of them gets it.
	apply(t, leases[0], "second", ledgertest.Plan("second", 1), intend(ledger.Entry{}).Event)
	var group sync.WaitGroup
	var got, taken atomic.Int32
	for i, key := range []string{"second", "row"} {
		group.Go(func() {
			switch _, err := leases[i].Apply(t.Context(), ledger.Change{Key: key, Version: 2, Event: submit("k")}); {
			case err == nil:
				got.Add(1)
			case errors.Is(err, ledger.ErrTaken):
				taken.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got.Load() != 1 || taken.Load() != 1 {
		t.Errorf("%d got the job, %d were refused", got.Load(), taken.Load())
	}
	must(t, leases[2].Release(t.Context()))
	if _, err := leases[2].(*pgstore.Lease).Acquire(t.Context(), ledger.Drive{Account: "shared", TTL: time.Minute}); !errors.Is(err, ledger.ErrTaken) {
		t.Errorf("a ledger moved to an account where its job is another's: %v", err)
	}
}

// TestAStoppedCallLeavesTheOthers waits for a database that does not answer: the caller
// whose context ends is told so, and nothing was changed.
func TestAStoppedCallLeavesTheOthers(t *testing.T) {
	url := database(t)
	p := newProxy(t, url)
	s, err := dial(t, p.url).Create(t.Context(), "campaign", ledgertest.Identity())
	must(t, err)
	defer s.Close()
	p.cut()
	p.refuse(true)
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if _, err := s.Apply(ctx, ledger.Change{Key: "a", Event: ledgertest.Plan("a", 1)}); !errors.Is(err, ledger.ErrStopped) || !ledger.Sound(err) {
		t.Errorf("err = %v, want that it was stopped", err)
	}
	p.refuse(false)
	apply(t, s, "a", ledgertest.Plan("a", 1))
}

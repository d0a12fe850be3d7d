package ledgertest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// Opener opens the store of a folder. The first time it makes a new one with the identity
// of [Identity]; later it opens the same one again. The suite closes a store that is an
// io.Closer, before the next call and at the end.
type Opener func(t *testing.T, dir string) ledger.Store

// Run tests whether a store keeps the promises of [ledger.Store]. Every test checks the
// ledger's invariants at its end as well.
func Run(t *testing.T, open Opener) {
	// Each name is a promise of [ledger.Store], and each test gets a store of its own.
	for name, test := range map[string]func(*testing.T, *harness){
		"an entry is made only at version 0":                     testConflict,
		"changes of one call are all made or none":               testAllOrNothing,
		"an illegal event changes nothing":                       testIllegal,
		"a refused call does not disturb the others":             testOthersGoOn,
		"64 callers never exceed the budget":                     testBudget,
		"of many callers one wins":                               testRace,
		"a ticket belongs to one entry":                          testTickets,
		"queries select, in the order of planning":               testQueries,
		"entries may be changed while they are read":             testChangeWhileReading,
		"intents are counted since a time, also when sent again": testIntents,
		"a resend is the same request, and counts as an intent":  testResend,
		"the last run's record is kept":                          testRuns,
		"what was answered is there after reopening":             testReopen,
		"a call that was stopped changes and reads nothing":      testStopped,
		"amounts of two accounts are never added":                testAccounts,
		"keys and tickets may be anything but endless":           testOddKeys,
		"a row is sent after its parts, and filled by them":      testChain,
		"parts are counted beside rows":                          testParts,
		"random events leave what a map would":                   testModel,
	} {
		t.Run(name, func(t *testing.T) {
			h := &harness{t: t, open: open, dir: t.TempDir()}
			// finish runs after the test, also after a failed one: a broken invariant
			// often explains it.
			h.store = open(t, h.dir)
			t.Cleanup(h.finish)
			test(t, h)
		})
	}
}

// Checked checks the invariants of a store when the test ends, and returns the store.
func Checked(t testing.TB, s ledger.Store) ledger.Store {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // which is done by then
	t.Cleanup(func() {
		for _, err := range ledger.Check(ctx, s) {
			t.Errorf("ledger: %v", err)
		}
	})
	return s
}

// Identity is the identity of the suite's ledgers.
func Identity() ledger.Identity {
	return ledger.Identity{ID: "test", Created: Start(), Provider: "acme", BaseURL: "https://api.example.com"}
}

// Start is the time at which the suite's events begin.
func Start() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) }

// Account is the account that pays in the suite.
func Account() credit.Account { return credit.Account{Provider: "acme", Unit: "credits"} }

// Plan returns a plan of a row that costs at most so many units. The key makes its
// contents different from those of other rows.
func Plan(key string, units int64) ledger.Event {
	return ledger.Event{Kind: ledger.Plan, At: Start(), Content: ledger.Content{
		// Every field is set, so that a store which drops one is found by the comparison
		// after reopening.
		Row: 2, Operation: "acme/video", Fingerprint: sha256.Sum256([]byte(key)), Payload: fmt.Appendf(nil, `{"row":%q}`, key),
		Media:     []job.Media{{Part: "logo", Path: "logo.png", Type: "image/png", SHA256: "00"}},
		Reference: "ref-" + key, File: key + ".mp4", Account: Account(),
		Estimate: credit.Estimate{High: credit.Of(units), Basis: credit.Documented, PriceDate: "2026-01-01"},
		Seconds:  job.Length{Low: time.Second, Likely: 2 * time.Second, High: 3 * time.Second},
	}}
}

// harness is one test's store, and the way to open it again.
type harness struct {
	t     *testing.T
	open  Opener
	dir   string
	store ledger.Store
}

// finish checks the invariants and closes the store. The test's context is done by then, so
// it uses one that is not.
func (h *harness) finish() {
	for _, err := range ledger.Check(context.WithoutCancel(h.t.Context()), h.store) {
		h.t.Errorf("ledger: %v", err)
	}
	h.close()
}

// close closes a store that can be closed.
func (h *harness) close() {
	if c, ok := h.store.(io.Closer); ok {
		if err := c.Close(); err != nil {
			h.t.Errorf("close: %v", err)
		}
	}
}

// reopen closes the store and opens it again, as the next run of the program does.
func (h *harness) reopen() {
	h.t.Helper()
	h.close()
	h.store = h.open(h.t, h.dir)
}

// apply makes changes that must be legal, each at the version that the entry has then.
func (h *harness) apply(key string, events ...ledger.Event) ledger.Entry {
	h.t.Helper()
	e := h.entry(key)
	for _, ev := range events {
		if ev.At.IsZero() {
			ev.At = Start()
		}
		after, err := h.store.Apply(h.t.Context(), ledger.Change{Key: key, Version: e.Version, Event: ev})
		if err != nil {
			h.t.Fatalf("%s of %q: %v", ev.Kind, key, err)
		}
		e = after[0]
	}
	return e
}

// entry returns an entry, or the zero Entry when there is none.
func (h *harness) entry(key string) ledger.Entry {
	h.t.Helper()
	found := h.query(ledger.Query{Keys: []string{key}})
	if len(found) == 0 {
		return ledger.Entry{}
	}
	return found[0]
}

// query returns all entries that a query selects.
func (h *harness) query(q ledger.Query) []ledger.Entry {
	h.t.Helper()
	var found []ledger.Entry
	for e, err := range h.store.Entries(h.t.Context(), q) {
		if err != nil {
			h.t.Fatalf("read entries: %v", err)
		}
		found = append(found, e)
	}
	return found
}

// summary returns the store's sums.
func (h *harness) summary() ledger.Summary {
	h.t.Helper()
	s, err := h.store.Summary(h.t.Context())
	if err != nil {
		h.t.Fatalf("read summary: %v", err)
	}
	return s
}

// refuse makes a call that must be refused with an error, and checks that nothing has
// changed: neither an entry nor a sum.
func (h *harness) refuse(want error, changes ...ledger.Change) {
	h.t.Helper()
	before := h.query(ledger.Query{})
	summary := h.summary()
	if _, err := h.store.Apply(h.t.Context(), changes...); !errors.Is(err, want) || !ledger.Sound(err) {
		h.t.Errorf("err = %v, want %v", err, want)
	}
	if diff := cmp.Diff(before, h.query(ledger.Query{}), same()); diff != "" {
		h.t.Errorf("a refused change changed entries (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(summary, h.summary(), same()); diff != "" {
		h.t.Errorf("a refused change changed the summary (-before +after):\n%s", diff)
	}
}

// same returns how entries and summaries are compared: a state that no entry is in may be
// missing from the counts or be zero.
func same() cmp.Option {
	return cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreMapEntries(func(_ ledger.State, n int) bool { return n == 0 })}
}

// keys returns the keys of entries, in their order.
func keys(entries []ledger.Entry) (all []string) {
	for _, e := range entries {
		all = append(all, e.Key)
	}
	return all
}

// event, submit, succeed and fetch are the events that most tests need.
func event(kind ledger.Kind) ledger.Event { return ledger.Event{Kind: kind, At: Start()} }

// submit gives an entry a job of some id.
func submit(id string) ledger.Event {
	return ledger.Event{Kind: ledger.Submit, At: Start().Add(time.Second), Ticket: job.Ticket{Job: id}}
}

// succeed finishes a job at some cost, with all fields of a result.
func succeed(units int64) ledger.Event {
	return ledger.Event{
		Kind: ledger.Succeed, At: Start().Add(time.Minute), Charge: credit.Charge{Amount: credit.Of(units), Basis: credit.Documented},
		Result: job.Result{VideoURL: "https://cdn.example.com/v.mp4", Duration: 3 * time.Second, Bytes: 4},
	}
}

// testConflict makes changes for a version that the entry does not have.
func testConflict(t *testing.T, h *harness) {
	e := h.apply("a", Plan("a", 1))
	if e.Version != 1 || e.State != ledger.Planned || e.Key != "a" {
		t.Errorf("entry = %+v", e)
	}
	h.refuse(ledger.ErrConflict, ledger.Change{Key: "a", Event: Plan("a", 1)})
	h.refuse(ledger.ErrConflict, ledger.Change{Key: "a", Version: 2, Event: event(ledger.Intend)})
	h.refuse(ledger.ErrConflict, ledger.Change{Key: "b", Version: 1, Event: Plan("b", 1)})
}

// testAllOrNothing makes calls of several changes. A refused one takes the others of its
// call with it, and each change sees those before it.
func testAllOrNothing(t *testing.T, h *harness) {
	h.apply("a", Plan("a", 1))
	h.refuse(ledger.ErrConflict,
		ledger.Change{Key: "new", Event: Plan("new", 1)},
		ledger.Change{Key: "a", Version: 1, Event: event(ledger.Intend)},
		ledger.Change{Key: "a", Version: 7, Event: submit("t")})
	after, err := h.store.Apply(h.t.Context(),
		ledger.Change{Key: "new", Event: Plan("new", 1)},
		ledger.Change{Key: "new", Version: 1, Event: event(ledger.Intend)},
		ledger.Change{Key: "a", Version: 1, Event: event(ledger.Intend)},
		ledger.Change{Key: "new", Version: 2, Event: submit("t")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"new", "new", "a", "new"}, keys(after)); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(after[3], h.entry("new"), same()); diff != "" {
		t.Errorf("what was answered is not what is kept (-answered +kept):\n%s", diff)
	}
}

// testIllegal makes changes that the table does not allow, also of a settled entry (L6).
func testIllegal(_ *testing.T, h *harness) {
	h.apply("a", Plan("a", 1))
	h.refuse(ledger.ErrIllegal, ledger.Change{Key: "a", Version: 1, Event: submit("t")})
	h.refuse(ledger.ErrIllegal, ledger.Change{Key: "b", Event: event(ledger.Intend)})
	h.refuse(ledger.ErrIllegal, ledger.Change{Key: "", Event: Plan("", 1)})
	h.apply("a", event(ledger.Intend), submit("t"), succeed(1))
	h.refuse(ledger.ErrIllegal, ledger.Change{Key: "a", Version: 4, Event: succeed(1)})
	h.refuse(ledger.ErrIllegal, ledger.Change{Key: "a", Version: 4, Event: ledger.Event{Kind: ledger.Fail, At: Start(), By: ledger.ByPerson}})
}

// testOthersGoOn makes right and wrong calls at the same time. They may share a commit,
// and a refusal must not undo the right ones.
func testOthersGoOn(t *testing.T, h *harness) {
	const callers = 40
	var failed atomic.Int32
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			key := fmt.Sprint("row", i)
			// An entry that does not exist has version 0, so version 1 is refused.
			version := uint64(i % 2) // every second one is wrong
			_, err := h.store.Apply(h.t.Context(), ledger.Change{Key: key, Version: version, Event: Plan(key, 1)})
			if (err != nil) != (version == 1) {
				failed.Add(1)
			}
		})
	}
	group.Wait()
	if failed.Load() > 0 || len(h.query(ledger.Query{})) != callers/2 {
		t.Errorf("%d wrong answers, %d entries", failed.Load(), len(h.query(ledger.Query{})))
	}
}

// testBudget has many callers intend at the same time. Exactly as many may succeed as the
// budget has room for: one more would overspend, one less would leave a row unsent (L4).
func testBudget(t *testing.T, h *harness) {
	const callers, price = 64, 3
	budget := credit.Of(100)
	var plans []ledger.Change
	for i := range callers {
		plans = append(plans, ledger.Change{Key: fmt.Sprint(i), Event: Plan(fmt.Sprint(i), price)})
	}
	if _, err := h.store.Apply(h.t.Context(), plans...); err != nil {
		t.Fatal(err)
	}
	var refused, sent atomic.Int32
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			_, err := h.store.Apply(h.t.Context(), ledger.Change{Key: fmt.Sprint(i), Version: 1, Event: event(ledger.Intend), Budget: &budget})
			switch {
			case err == nil:
				sent.Add(1)
			case errors.Is(err, ledger.ErrBudget):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	// 33 reservations of 3 are 99 of 100; one more would be 102.
	if sent.Load() != 33 || refused.Load() != callers-33 {
		t.Errorf("%d sent and %d refused, want 33 and %d", sent.Load(), refused.Load(), callers-33)
	}
	if got := h.summary().Balances[Account()].Reserved; got != credit.Of(99) {
		t.Errorf("%v are reserved", got)
	}
}

// testRace has many callers send the same row. Only one may win, or it is paid twice.
func testRace(t *testing.T, h *harness) {
	h.apply("a", Plan("a", 1))
	// All callers have read version 1; the first change makes it 2, which refuses the
	// others.
	var won atomic.Int32
	var group sync.WaitGroup
	for range 32 {
		group.Go(func() {
			if _, err := h.store.Apply(h.t.Context(), ledger.Change{Key: "a", Version: 1, Event: event(ledger.Intend)}); err == nil {
				won.Add(1)
			} else if !errors.Is(err, ledger.ErrConflict) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d callers sent the same row", won.Load())
	}
}

// testTickets gives an entry a ticket that another one holds now, has held before, or
// gets in the same call. Two rows with one ticket would share one video.
func testTickets(t *testing.T, h *harness) {
	for _, key := range []string{"a", "b"} {
		h.apply(key, Plan(key, 1), event(ledger.Intend))
	}
	h.apply("a", submit("one"))
	h.refuse(ledger.ErrTaken, ledger.Change{Key: "b", Version: 2, Event: submit("one")})
	// A finished job keeps its ticket: it must not be adopted by another row.
	h.apply("a", succeed(1))
	h.refuse(ledger.ErrTaken, ledger.Change{Key: "b", Version: 2, Event: submit("one")})
	again := Plan("a2", 1)
	again.By = ledger.ByPerson
	h.apply("a", again) // the ticket is an earlier attempt's now, and still a's
	h.refuse(ledger.ErrTaken, ledger.Change{Key: "b", Version: 2, Event: submit("one")})
	h.apply("b", submit("two"))
	h.apply("b", ledger.Event{Kind: ledger.Observe, Ticket: job.Ticket{Job: "three"}})
	if got := keys(h.query(ledger.Query{Ticket: "three"})); !slices.Equal(got, []string{"b"}) {
		t.Errorf("ticket three is of %q", got)
	}
	if got := h.query(ledger.Query{Ticket: "one"}); len(got) != 0 {
		t.Errorf("the ticket of an earlier attempt leads to %q", keys(got))
	}
	h.apply("a", event(ledger.Intend))
	h.refuse(ledger.ErrTaken,
		ledger.Change{Key: "c", Event: Plan("c", 1)}, ledger.Change{Key: "c", Version: 1, Event: event(ledger.Intend)},
		ledger.Change{Key: "c", Version: 2, Event: submit("new")}, ledger.Change{Key: "a", Version: 6, Event: submit("new")})
}

// fetch records a downloaded video.
func fetch(file string) ledger.Event {
	return ledger.Event{Kind: ledger.Fetch, At: Start().Add(time.Hour), Fetched: ledger.Fetched{File: file, Bytes: 4, SHA256: sha256.Sum256([]byte(file))}}
}

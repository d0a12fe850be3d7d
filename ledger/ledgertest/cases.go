package ledgertest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// testQueries asks by every field of a query, alone and together. The rows are planned in
// the reverse order of their names: a store that sorts by key would answer differently.
func testQueries(t *testing.T, h *harness) {
	// The order of planning is the order of all answers.
	for _, key := range []string{"z", "y", "x", "w", "v"} {
		h.apply(key, Plan(key, 1))
	}
	h.apply("w", event(ledger.Intend), submit("tw"), succeed(1))
	h.apply("z", event(ledger.Intend), submit("tz"), ledger.Event{Kind: ledger.Fail, Reason: "no"})
	h.apply("y", event(ledger.Intend), submit("ty"))
	for _, c := range []struct {
		name  string
		query ledger.Query
		want  string
	}{
		{"all", ledger.Query{}, "z y x w v"},
		{"keys", ledger.Query{Keys: []string{"v", "z", "none", "v"}}, "z v"},
		{"one state", ledger.Query{States: []ledger.State{ledger.Planned}}, "x v"},
		{"states", ledger.Query{States: []ledger.State{ledger.Planned, ledger.Submitted, ledger.Failed}}, "z y x v"},
		{"succeeded", ledger.Query{States: []ledger.State{ledger.Succeeded}}, "w"},
		{"succeeded or planned", ledger.Query{States: []ledger.State{ledger.Succeeded, ledger.Planned}}, "x w v"},
		{"none in this state", ledger.Query{States: []ledger.State{ledger.Unsure}}, ""},
		{"ticket", ledger.Query{Ticket: "ty"}, "y"},
		{"unknown ticket", ledger.Query{Ticket: "t"}, ""},
		{"ticket and state", ledger.Query{Ticket: "ty", States: []ledger.State{ledger.Planned}}, ""},
		{"key and state", ledger.Query{Keys: []string{"w", "v"}, States: []ledger.State{ledger.Planned}}, "v"},
		{"ticket and key", ledger.Query{Ticket: "ty", Keys: []string{"z"}}, ""},
	} {
		if got := strings.Join(keys(h.query(c.query)), " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	for _, err := range h.store.Entries(h.t.Context(), ledger.Query{}) {
		if err != nil {
			t.Error(err)
		}
		break // stopping early must not block the store
	}
	h.apply("v", event(ledger.Intend))
}

// testChangeWhileReading changes entries in the loop that reads them. There are more of
// them than a store reads at once, so that later parts are read after changes.
func testChangeWhileReading(t *testing.T, h *harness) {
	const rows = 600
	var plans []ledger.Change
	for i := range rows {
		key := fmt.Sprintf("row %03d", i)
		plans = append(plans, ledger.Change{Key: key, Event: Plan(strings.Repeat(key, 20), 1)})
	}
	if _, err := h.store.Apply(h.t.Context(), plans...); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for e, err := range h.store.Entries(h.t.Context(), ledger.Query{States: []ledger.State{ledger.Planned}}) {
		if err != nil {
			t.Fatal(err)
		}
		seen++
		// The changed entry no longer has the state of the query, which must not disturb
		// the reading.
		if seen%20 == 0 {
			h.apply(e.Key, event(ledger.Intend))
		}
	}
	if seen != rows || h.summary().States[ledger.Intended] != rows/20 {
		t.Errorf("saw %d entries of %d; %+v", seen, rows, h.summary().States)
	}
}

// testIntents counts intents by their times. A row that was sent again has two, also at the
// same instant, because both count for the service's limits.
func testIntents(t *testing.T, h *harness) {
	at := func(minute int) ledger.Event {
		return ledger.Event{Kind: ledger.Intend, At: Start().Add(time.Duration(minute) * time.Minute)}
	}
	// Rate windows of the service count requests and not rows, so b counts three times.
	h.apply("b", Plan("b", 1), at(3), event(ledger.Unsend), at(3), event(ledger.Unsend), at(9))
	h.apply("a", Plan("a", 1), at(5))
	h.apply("c", Plan("c", 1))
	h.reopen()
	// Minute 3 has two intents of the same row, which must not become one.
	for since, want := range map[int][]int{0: {3, 3, 5, 9}, 3: {3, 3, 5, 9}, 4: {5, 9}, 10: nil} {
		times, err := h.store.Intents(h.t.Context(), at(since).At)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, when := range times {
			got = append(got, int(when.Sub(Start())/time.Minute))
		}
		if !slices.Equal(got, want) {
			t.Errorf("since minute %d: %v, want %v", since, got, want)
		}
	}
}

// testResend sends a lost row's request again. What was sent is kept over reopening, other
// bytes and a fourth time are refused, and each resend counts for the rate windows.
func testResend(t *testing.T, h *harness) {
	intend, again := event(ledger.Intend), event(ledger.Resend)
	intend.Sent = ledger.Sent{Hash: sha256.Sum256([]byte("sent")), Callback: "https://hooks.example.com"}
	again.Sent, again.At = intend.Sent, Start().Add(time.Minute)
	refused := event(ledger.Unsend)
	refused.Refused = true
	h.apply("b", Plan("b", 1), intend, refused)
	h.apply("a", Plan("a", 1), intend, event(ledger.Lose), again)
	other := again
	other.Sent.Hash = sha256.Sum256([]byte("other"))
	h.refuse(ledger.ErrIllegal, ledger.Change{Key: "a", Version: 4, Event: other})
	before := h.query(ledger.Query{})
	h.reopen()
	if diff := cmp.Diff(before, h.query(ledger.Query{}), same()); diff != "" {
		t.Errorf("entries (-before +after):\n%s", diff)
	}
	want := ledger.Sent{Hash: intend.Sent.Hash, Callback: intend.Sent.Callback, Resends: 1}
	if a, b := h.entry("a"), h.entry("b"); a.Sent != want || b.Sent != (ledger.Sent{Turn: 1}) || a.Money.Reserved != credit.Of(1) {
		t.Errorf("sent: %+v, %+v", a.Sent, b.Sent)
	}
	h.apply("a", again, event(ledger.Observe), again, again)
	h.refuse(ledger.ErrIllegal, ledger.Change{Key: "a", Version: h.entry("a").Version, Event: again})
	// Two intents, and four resends, of which one does not count for the row and was sent
	// nevertheless.
	if times, err := h.store.Intents(h.t.Context(), Start()); err != nil || len(times) != 6 || !times[5].Equal(again.At) {
		t.Errorf("intents: %v, %v", times, err)
	}
}

// testRuns keeps the record of a run. A record that cannot be written is refused, and the
// store must stay usable after that.
func testRuns(t *testing.T, h *harness) {
	if h.summary().Run != nil {
		t.Error("a new ledger has a run")
	}
	run := ledger.Run{
		Started: Start(), Sheet: "a.csv", Rows: 4, Entries: 1, Filtered: []int{2, 3},
		Refused: []ledger.Refusal{{Row: 5, Key: "k", Reason: "empty"}}, Changed: []string{"k"}, Unfinished: true,
	}
	for range 2 {
		if err := h.store.Record(h.t.Context(), run); err != nil {
			t.Fatal(err)
		}
		run.Unfinished = false
	}
	h.reopen()
	if diff := cmp.Diff(&run, h.summary().Run, same()); diff != "" {
		t.Errorf("run (-recorded +kept):\n%s", diff)
	}
	if !run.Accounted() {
		t.Error("the record does not account for every row")
	}
	// A year of five digits has no form in JSON.
	endless := ledger.Run{Started: time.Date(99999, 1, 1, 0, 0, 0, 0, time.UTC)}
	if err := h.store.Record(h.t.Context(), endless); !ledger.Sound(err) {
		t.Errorf("a record that cannot be written: %v", err)
	}
}

// testReopen compares everything before and after reopening: entries of all kinds, the
// balance, and the index of tickets.
func testReopen(t *testing.T, h *harness) {
	h.apply("a", Plan("a", 5), event(ledger.Intend), submit("ta"), succeed(7), fetch("a.mp4"))
	// A person plans a finished row again, which moves its video to the earlier attempts.
	again := Plan("d2", 0)
	again.By = ledger.ByPerson
	h.apply("d", Plan("d", 0), event(ledger.Intend), submit("td"), succeed(0), fetch("d.mp4"), again)
	h.apply("b", Plan("b", 2), event(ledger.Intend), ledger.Event{Kind: ledger.Lose, Reason: "lost"}, event(ledger.Search))
	h.apply("c", Plan("c", 1), event(ledger.Intend), ledger.Event{Kind: ledger.Reject, Reason: "bad"}, Plan("c2", 2))
	before := h.query(ledger.Query{})
	summary := h.summary()
	h.reopen()
	if diff := cmp.Diff(before, h.query(ledger.Query{}), same()); diff != "" {
		t.Errorf("entries (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(summary, h.summary(), same()); diff != "" {
		t.Errorf("summary (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(Identity(), h.summary().Identity); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
	want := ledger.Money{Ever: credit.Of(7), Reserved: credit.Of(2), Charged: credit.Of(7), Overrun: credit.Of(2)}
	want.Ever += credit.Of(1) // what c reserved was released
	want.Released = credit.Of(1)
	if got := h.summary().Balances[Account()]; got != want {
		t.Errorf("balance = %+v, want %+v", got, want)
	}
	// The index of tickets must have survived as well.
	h.refuse(ledger.ErrTaken, ledger.Change{Key: "b", Version: 4, Event: ledger.Event{Kind: ledger.Adopt, At: Start(), Ticket: job.Ticket{Job: "ta"}}})
}

// testAccounts plans a failed row again for another account, and back. Each account's
// balance must hold only its own amounts (L10).
func testAccounts(t *testing.T, h *harness) {
	h.apply("a", Plan("a", 5), event(ledger.Intend), submit("t1"),
		ledger.Event{Kind: ledger.Fail, Charge: credit.Charge{Amount: credit.Of(4), Basis: credit.Observed}})
	// The mended row is paid by another account than its failed attempt.
	other := Plan("mended", 9)
	other.Content.Account.Payer = "someone else"
	h.apply("a", other, event(ledger.Intend))
	balances := h.summary().Balances
	if got := balances[Account()]; got.Charged != credit.Of(4) || got.Reserved != 0 {
		t.Errorf("first account: %+v", got)
	}
	if got := balances[other.Content.Account]; got.Reserved != credit.Of(9) || got.Charged != 0 {
		t.Errorf("second account: %+v", got)
	}
	h.apply("a", event(ledger.Unsend), Plan("mended again", 1), event(ledger.Intend))
	h.reopen()
	if got := h.summary().Balances[Account()]; got.Charged != credit.Of(4) || got.Reserved != credit.Of(1) {
		t.Errorf("first account, again: %+v", got)
	}
}

// testOddKeys uses keys and tickets that a naive format would confuse: a zero byte, a line
// break, bytes that are no UTF-8, and the longest one.
func testOddKeys(t *testing.T, h *harness) {
	for _, key := range []string{"\x00", "ключ", "a\nb", "\xff\xfe", strings.Repeat("k", ledger.Longest)} {
		h.apply(key, Plan("p"+key[:1], 1), event(ledger.Intend), submit("ticket "+key[:1]))
	}
	h.reopen()
	if n := len(h.query(ledger.Query{})); n != 5 {
		t.Errorf("%d entries, want 5", n)
	}
	long := strings.Repeat("k", ledger.Longest+1)
	h.refuse(ledger.ErrIllegal, ledger.Change{Key: long, Event: Plan("long", 1)})
	h.apply("a", Plan("a", 1), event(ledger.Intend))
	h.refuse(ledger.ErrIllegal, ledger.Change{Key: "a", Version: 2, Event: submit(long)})
	// Two such estimates would overflow the sum of a balance.
	dear := Plan("dear", 1)
	dear.Content.Estimate.High = 1 << 62
	h.refuse(ledger.ErrIllegal, ledger.Change{Key: "dear", Event: dear})
}

// testStopped makes every call with a context that has ended. Each must be refused with
// the context's cause, change nothing, and leave the store usable: the next run opens the
// same ledger.
func testStopped(t *testing.T, h *harness) {
	h.apply("a", Plan("a", 1))
	cause := errors.New("a signal")
	ctx, stop := context.WithCancelCause(t.Context())
	// The context has ended before each call begins.
	stop(cause)
	_, apply := h.store.Apply(ctx, ledger.Change{Key: "b", Event: Plan("b", 1)})
	_, summary := h.store.Summary(ctx)
	_, intents := h.store.Intents(ctx, Start())
	var entries error
	for _, entries = range h.store.Entries(ctx, ledger.Query{}) {
		break
	}
	for call, err := range map[string]error{
		"Apply": apply, "Summary": summary, "Intents": intents, "Entries": entries, "Record": h.store.Record(ctx, ledger.Run{Rows: 1}),
	} {
		if !errors.Is(err, ledger.ErrStopped) || !errors.Is(err, cause) || !ledger.Sound(err) {
			t.Errorf("%s = %v, want that it was stopped by a signal", call, err)
		}
	}
	if got := keys(h.query(ledger.Query{})); !slices.Equal(got, []string{"a"}) {
		t.Errorf("the ledger has the rows %q", got)
	}
	if s := h.summary(); s.Run != nil {
		t.Errorf("the record of a run was kept: %+v", s.Run)
	}
	// The same for a context that ends while entries are read.
	h.stoppedReading(t)
}

// stoppedReading reads until the context ends on the way.
func (h *harness) stoppedReading(t *testing.T) {
	const rows = 600 // more than a store reads at once
	var plans []ledger.Change
	for i := range rows {
		key := fmt.Sprint(i)
		plans = append(plans, ledger.Change{Key: key, Event: Plan(key, 1)})
	}
	if _, err := h.store.Apply(t.Context(), plans...); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	read := 0
	last := error(nil)
	for _, err := range h.store.Entries(ctx, ledger.Query{}) {
		stop()
		if last = err; err == nil {
			read++
		}
	}
	if !errors.Is(last, ledger.ErrStopped) || read >= rows {
		t.Errorf("%d of %d rows were read, and then: %v", read, rows, last)
	}
}

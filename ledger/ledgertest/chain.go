package ledgertest

import (
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// after makes the plan of an entry that comes after another one, with a hole for its job.
func after(part, step string) ledger.Event {
	ev := Plan(step, 1)
	ev.Content.Step, ev.Content.After = step, part
	ev.Content.Payload = []byte(`{"id":""}`)
	if part != "" {
		ev.Content.Fill = []ledger.Fill{{At: len(`{"id":"`), From: part, Field: ledger.FillJob}}
	}
	return ev
}

// intend is an intent whose hole is filled with a job.
func intend(job string) ledger.Event {
	ev := event(ledger.Intend)
	if job != "" {
		ev.Filled = []ledger.Filled{{Job: job}}
	}
	return ev
}

// testChain sends a row only after its part has succeeded, with the job that the part has at
// that moment. What was filled is kept as long as the attempt.
func testChain(t *testing.T, h *harness) {
	base, part := after("", "base"), ledger.PartKey(ledger.Fingerprint{1})
	h.apply(part, base)
	h.apply("row", after(part, "outro"))
	refused := func(ev ledger.Event) {
		t.Helper()
		h.refuse(ledger.ErrIllegal, ledger.Change{Key: "row", Version: h.entry("row").Version, Event: ev})
	}
	refused(intend("job")) // the part is planned
	h.apply(part, event(ledger.Intend), submit("job"))
	refused(intend("job")) // and not yet made
	h.apply(part, succeed(1))
	refused(intend(""))      // a hole stays empty
	refused(intend("other")) // not what the part holds
	h.apply("row", intend("job"))
	h.reopen()
	if e := h.entry("row"); string(e.Body()) != `{"id":"job"}` || string(e.Payload) != `{"id":""}` || e.After != part {
		t.Errorf("the row sends %s, after %q", e.Body(), e.After)
	}
	// Proven that nothing was created: it is filled anew.
	h.apply("row", event(ledger.Unsend))
	if e := h.entry("row"); len(e.Filled) > 0 || string(e.Body()) != `{"id":""}` {
		t.Errorf("a row that was not sent is filled: %s", e.Body())
	}
	h.apply("row", intend("job"), submit("own"), succeed(1))
	h.reopen()
	if e := h.entry("row"); len(e.Filled) != 1 || e.Filled[0].Job != "job" {
		t.Errorf("it is not known any more what the row was made from: %+v", e.Filled)
	}
	// Only a person says that a row was sent without knowing with what, as a restore does.
	h.apply("lost", after(part, "outro"), ledger.Event{Kind: ledger.Intend, By: ledger.ByPerson}, event(ledger.Lose))
	if e := h.entry("lost"); !e.Unfilled() {
		t.Errorf("it is known with what the row was sent: %+v", e.Filled)
	}
}

// testParts counts parts beside rows, over reopening, and in the balance of the account.
func testParts(t *testing.T, h *harness) {
	part := ledger.PartKey(ledger.Fingerprint{2})
	h.apply("row", Plan("row", 1))
	if sum := h.summary(); sum.States[ledger.Planned] != 1 || sum.Parts[ledger.Planned] != 0 {
		t.Errorf("one row: %+v", sum)
	}
	h.apply(part, after("", "base"), event(ledger.Intend))
	h.reopen()
	sum := h.summary()
	if sum.States[ledger.Planned] != 1 || sum.States[ledger.Intended] != 0 || sum.Parts[ledger.Intended] != 1 {
		t.Errorf("a row and a part: %+v", sum)
	}
	e := h.entry(part)
	if got := sum.Balances[e.Account].Reserved; got != e.Money.Reserved || got == 0 {
		t.Errorf("the part has reserved %s, its account %s", e.Money.Reserved, got)
	}
	done := ledger.Event{Kind: ledger.Submit, At: Start().Add(time.Second), Ticket: job.Ticket{Job: "p"}}
	h.apply(part, done, succeed(1))
	h.reopen()
	if sum := h.summary(); sum.Parts[ledger.Succeeded] != 1 || sum.States[ledger.Succeeded] != 0 {
		t.Errorf("a part that was made: %+v", sum)
	}
}

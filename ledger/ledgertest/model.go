package ledgertest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// model is the simplest possible store. It shares [ledger.Next] with the stores and no
// other code, so that a mistake in [ledger.Decide] shows as a difference.
type model struct {
	order   []string
	entries map[string]ledger.Entry
	intents int
}

// apply makes changes, all or none, and returns the error that a store must answer. It
// copies everything first: that is slow, and cannot leave half of a call behind.
func (m *model) apply(changes []ledger.Change) error {
	trial := model{order: slices.Clone(m.order), entries: map[string]ledger.Entry{}, intents: m.intents}
	for key, e := range m.entries {
		trial.entries[key] = e
	}
	for _, c := range changes {
		if err := trial.change(c); err != nil {
			return err
		}
	}
	// All changes were accepted, so the trial becomes the model.
	*m = trial
	return nil
}

// change makes one change. The order of its checks is that of the promises of
// [ledger.Store]: the version, the event, the ticket, the budget.
func (m *model) change(c ledger.Change) error {
	before, known := m.entries[c.Key]
	if before.Version != c.Version {
		return ledger.ErrConflict
	}
	after, err := ledger.Next(before, c.Event)
	if err != nil {
		return ledger.ErrIllegal
	}
	after.Key = c.Key
	if c.Event.Kind == ledger.Intend && (c.Event.By != ledger.ByPerson || len(c.Event.Filled) > 0) && !m.ready(after) {
		return ledger.ErrIllegal
	}
	if m.taken(after) {
		return ledger.ErrTaken
	}
	if !known {
		m.order = append(m.order, c.Key)
	}
	m.entries[c.Key] = after
	if c.Event.Kind == ledger.Resend {
		m.intents++
	}
	if c.Event.Kind != ledger.Intend {
		return nil
	}
	m.intents++
	// The budget is compared after the change, with the new reservation in the sum.
	if c.Budget != nil && m.spent() > *c.Budget {
		return ledger.ErrBudget
	}
	return nil
}

// ready reports whether the part that an entry comes after was made, and holds the job that
// it is filled with.
func (m *model) ready(e ledger.Entry) bool {
	part := m.entries[e.After]
	return e.After == "" || part.State == ledger.Succeeded && part.Ticket.Job == e.Filled[0].Job
}

// taken reports whether another entry has one of the entry's tickets, by looking at all.
func (m *model) taken(e ledger.Entry) bool {
	for key, other := range m.entries {
		for _, job := range e.Tickets() {
			if key != e.Key && slices.Contains(other.Tickets(), job) {
				return true
			}
		}
	}
	return false
}

// spent adds up all entries. The stores keep a running sum instead, which this one
// checks.
func (m *model) spent() (sum credit.Amount) {
	for _, e := range m.entries {
		sum += e.Money.Reserved + e.Money.Charged
	}
	return sum
}

// testModel makes the same random changes to a store and to a model, and compares them
// after each call and after reopening. It counts intents, so that a generator which only
// makes illegal changes fails the test.
func testModel(t *testing.T, h *harness) {
	intents := 0
	rapid.Check(t, func(r *rapid.T) {
		own := &harness{t: t, open: h.open, dir: t.TempDir()}
		own.store = h.open(t, own.dir)
		defer own.finish()
		m := &model{entries: map[string]ledger.Entry{}}
		for range rapid.IntRange(1, 30).Draw(r, "calls") {
			m.call(r, own)
		}
		own.reopen()
		m.compare(r, own)
		intents += m.intents
	})
	if intents == 0 {
		t.Error("no random change was ever legal: the test is broken")
	}
}

// call makes the same call, of a few random changes, to the store and to the model.
func (m *model) call(t *rapid.T, h *harness) {
	changes := rapid.SliceOfN(rapid.Custom(m.draw), 1, 3).Draw(t, "changes")
	want := m.apply(changes)
	after, err := h.store.Apply(h.t.Context(), changes...)
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Fatalf("Apply(%+v) = %v, want %v", changes, err, want)
	}
	if err != nil {
		return
	}
	last := after[len(after)-1]
	if diff := cmp.Diff(m.entries[last.Key], last, same()); diff != "" {
		t.Fatalf("entry (-want +got):\n%s", diff)
	}
}

// compare compares the whole contents of both.
func (m *model) compare(t *rapid.T, h *harness) {
	got := h.query(ledger.Query{})
	if diff := cmp.Diff(m.order, keys(got), same()); diff != "" {
		t.Fatalf("order (-want +got):\n%s", diff)
	}
	for _, e := range got {
		if diff := cmp.Diff(m.entries[e.Key], e, same()); diff != "" {
			t.Fatalf("entry %q (-want +got):\n%s", e.Key, diff)
		}
	}
	if times, err := h.store.Intents(h.t.Context(), time.Time{}); err != nil || len(times) != m.intents {
		t.Fatalf("%d intents (%v), want %d", len(times), err, m.intents)
	}
}

// draw makes a random change. Its event fits the entry two times in three: mostly legal
// changes reach deep states, and the others must be refused there.
func (m *model) draw(t *rapid.T) ledger.Change {
	key := fmt.Sprint("row", rapid.IntRange(0, 7).Draw(t, "row"))
	if rapid.IntRange(0, 2).Draw(t, "part") == 0 {
		key = fmt.Sprint("\x00part", rapid.IntRange(0, 1).Draw(t, "which"))
	}
	e := m.entries[key]
	c := ledger.Change{Key: key, Version: e.Version, Event: m.drawEvent(t, e)}
	m.drawChain(t, e, &c)
	// One change in ten has read an old version.
	if rapid.IntRange(0, 9).Draw(t, "stale") == 0 {
		c.Version++
	}
	if rapid.Bool().Draw(t, "limited") {
		limit := credit.Of(rapid.Int64Range(0, 400).Draw(t, "budget"))
		c.Budget = &limit
	}
	return c
}

// drawChain has some rows come after a part, and fills their intents: mostly with the job
// that the part holds.
func (m *model) drawChain(t *rapid.T, e ledger.Entry, c *ledger.Change) {
	if ledger.IsPart(c.Key) {
		c.Event.Content.Step = "base"
	} else if c.Key < "row4" {
		part := fmt.Sprint("\x00part", rapid.IntRange(0, 1).Draw(t, "after"))
		c.Event.Content.After = part
		c.Event.Content.Fill = []ledger.Fill{{At: 1, From: part, Field: ledger.FillJob}}
	}
	if e.After != "" && rapid.IntRange(0, 9).Draw(t, "filled") > 0 {
		job := m.entries[e.After].Ticket.Job
		if rapid.IntRange(0, 9).Draw(t, "wrong") == 0 {
			job = "another"
		}
		c.Event.Filled = []ledger.Filled{{Job: job}}
	}
}

// drawEvent draws a kind that is legal in the entry's state two times in three, and fills
// in fields that any kind may need.
func (m *model) drawEvent(t *rapid.T, e ledger.Entry) ledger.Event {
	var legal, all []ledger.Kind
	for _, move := range ledger.Moves() {
		all = append(all, move.Kind)
		if move.From == e.State {
			legal = append(legal, move.Kind)
		}
	}
	kinds := legal
	if rapid.IntRange(0, 2).Draw(t, "any") == 0 {
		kinds = all
	}
	ev := Plan(fmt.Sprint(rapid.IntRange(0, 99).Draw(t, "content")), rapid.Int64Range(0, 30).Draw(t, "price"))
	ev.Kind = rapid.SampledFrom(kinds).Draw(t, "kind")
	ev.At = Start().Add(time.Duration(rapid.IntRange(0, 9999).Draw(t, "seconds")) * time.Second)
	ev.By = rapid.SampledFrom([]ledger.By{"", ledger.ByPerson, ledger.ByPerson, ledger.ByCallback}).Draw(t, "by")
	ev.Content.Made = job.Breakdown{Script: "s", Fixed: time.Duration(rapid.IntRange(0, 9).Draw(t, "fixed")) * time.Second, Voices: []job.Say{{Voice: "v", Tracks: 1, Spoken: time.Second}}}
	if rapid.Bool().Draw(t, "learnt") {
		ev.Estimate = credit.Exactly(credit.Of(rapid.Int64Range(0, 40).Draw(t, "in force")), credit.Observed)
	}
	ev.Sent = ledger.Sent{Hash: sha256.Sum256([]byte{byte(rapid.IntRange(0, 1).Draw(t, "sent"))}), Callback: "https://hooks.example.com"}
	ev.Refused = rapid.Bool().Draw(t, "refused")
	ev.Charge = drawCharge(t)
	ev.Held = drawCharge(t)
	ev.Reason = rapid.SampledFrom([]string{"", "busy", "überlastet"}).Draw(t, "reason")
	// These kinds need a ticket. Others get one now and then, and must be refused or
	// ignore it.
	if ev.Kind == ledger.Submit || ev.Kind == ledger.Adopt || rapid.IntRange(0, 3).Draw(t, "with ticket") == 0 {
		ev.Ticket.Job = fmt.Sprint("job", rapid.IntRange(0, 60).Draw(t, "ticket"))
	}
	ev.Fetched = ledger.Fetched{File: ev.Content.File, Bytes: rapid.Int64Range(0, 9).Draw(t, "bytes"), SHA256: ev.Content.Fingerprint}
	return ev
}

// drawCharge draws an amount and a basis. They need not fit together: a service can say
// anything.
func drawCharge(t *rapid.T) credit.Charge {
	return credit.Charge{
		Amount: credit.Of(rapid.Int64Range(0, 40).Draw(t, "amount")),
		Basis:  rapid.SampledFrom([]credit.Basis{credit.Unknown, credit.Observed, credit.Documented}).Draw(t, "basis"),
	}
}

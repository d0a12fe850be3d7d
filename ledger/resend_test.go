package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// TestAResendIsTheSameRequest: only what was sent with a key, as it was sent, and only so
// often. It reserves nothing, and the time of the first intent stays.
func TestAResendIsTheSameRequest(t *testing.T) {
	again := event(ledger.Resend, "")
	again.At = again.At.Add(time.Minute)
	e := lost(t)
	after := walk(t, e, again)
	if after.Money != e.Money || !after.IntendedAt.Equal(e.IntendedAt) || !after.AskedAt.Equal(again.At) || after.Sent.Resends != 1 || after.State != ledger.Unsure {
		t.Errorf("%+v", after)
	}
	refused := func(name string, e ledger.Entry, ev ledger.Event) {
		t.Helper()
		if _, err := ledger.Next(e, ev); !errors.Is(err, ledger.ErrIllegal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := again
	other.Sent.Hash = ledger.Fingerprint{4}
	refused("other bytes", e, other)
	keyless := event(ledger.Intend, "")
	keyless.Sent = ledger.Sent{}
	without := walk(t, ledger.Entry{}, event(ledger.Plan, ""), keyless, event(ledger.Lose, ""))
	refused("no key", without, again)
	nothing := again
	nothing.Sent = ledger.Sent{}
	refused("no key and no hash", without, nothing)
	for range ledger.MostResends {
		e = walk(t, e, again)
	}
	refused("the fourth", e, again)
	person := again
	person.By = ledger.ByPerson
	if e = walk(t, e, person); e.Sent.Resends != ledger.MostResends+1 {
		t.Errorf("a person's: %+v", e.Sent)
	}
	refused("news without a resend", lost(t), event(ledger.Observe, ""))
	refused("a refusal without a resend", lost(t), event(ledger.Reject, ""))
}

// TestWhatAResendBrings: one that does not count is taken back, a repeated refusal costs
// nothing, and a video that exists needs no key any more.
func TestWhatAResendBrings(t *testing.T) {
	e := lost(t, event(ledger.Resend, ""), event(ledger.Resend, ""))
	if after := walk(t, e, event(ledger.Observe, "")); after.Sent.Resends != 1 || after.Overdue || after.Ticket.Job != "" || after.State != ledger.Unsure {
		t.Errorf("taken back: %+v", after)
	}
	if after := walk(t, e, event(ledger.Reject, "")); after.State != ledger.Failed || after.Money != (ledger.Money{Ever: credit.Of(5), Released: credit.Of(5)}) {
		t.Errorf("refused: %+v", after)
	}
	made := walk(t, ledger.Entry{}, event(ledger.Plan, ""), event(ledger.Intend, ""), event(ledger.Submit, ""), charged(3, credit.Observed))
	if made.Sent != (ledger.Sent{}) {
		t.Errorf("made: %+v", made.Sent)
	}
}

// TestATurnOfTheKeyGoesByRefusals: a refused first send may be remembered, so the next one
// has another key. What is proven never to have arrived keeps it, and so does a person's
// word: a wrong one is then caught by the key. A new attempt begins anew.
func TestATurnOfTheKeyGoesByRefusals(t *testing.T) {
	refused := event(ledger.Unsend, "")
	refused.Refused = true
	sent := []ledger.Event{event(ledger.Plan, ""), event(ledger.Intend, "")}
	for name, c := range map[string]struct {
		way  []ledger.Event
		want int
	}{
		"sent":               {nil, 0},
		"refused":            {[]ledger.Event{refused}, 1},
		"refused twice":      {[]ledger.Event{refused, event(ledger.Intend, ""), refused, event(ledger.Plan, "")}, 2},
		"not sent":           {[]ledger.Event{event(ledger.Unsend, "")}, 0},
		"a person's word":    {[]ledger.Event{event(ledger.Lose, ""), event(ledger.Resend, ""), event(ledger.Unsend, ledger.ByPerson)}, 0},
		"after another turn": {[]ledger.Event{refused, event(ledger.Intend, ""), event(ledger.Lose, ""), event(ledger.Unsend, "")}, 1},
		"another attempt":    {[]ledger.Event{refused, event(ledger.Intend, ""), event(ledger.Reject, ""), event(ledger.Plan, ledger.ByPerson)}, 0},
	} {
		e := walk(t, ledger.Entry{}, append(sent, c.way...)...)
		if e.Sent.Turn != c.want || e.State == ledger.Planned && cmp.Diff(e.Sent, ledger.Sent{Turn: c.want}) != "" {
			t.Errorf("%s: %+v", name, e.Sent)
		}
	}
}

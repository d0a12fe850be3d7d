package ledger_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// lost is a row whose answer was lost, and then some more.
func lost(t *testing.T, more ...ledger.Event) ledger.Entry {
	t.Helper()
	way := []ledger.Event{event(ledger.Plan, ""), event(ledger.Intend, ""), event(ledger.Lose, "")}
	return walk(t, ledger.Entry{}, append(way, more...)...)
}

// TestADisownedJobLeavesTheRowAsItWasBefore: the ticket is free for the row whose
// it is, the reservation is whole again, and what is needed to send it is there.
func TestADisownedJobLeavesTheRowAsItWasBefore(t *testing.T) {
	adopt, disown := event(ledger.Adopt, ledger.ByPerson), event(ledger.Disown, ledger.ByPerson)
	failed := event(ledger.Fail, "")
	failed.Charge = credit.Charge{}
	for name, way := range map[string][]ledger.Event{
		"while it is made":      {},
		"made below estimate":   {charged(3, credit.Observed)},
		"made above estimate":   {charged(8, credit.Observed)},
		"made at unknown cost":  {charged(0, credit.Unknown)},
		"failed":                {failed},
		"stopped by the person": {withCharge(event(ledger.Cancel, ledger.ByPerson), credit.Charge{Basis: credit.Documented})},
	} {
		t.Run(name, func(t *testing.T) {
			before := lost(t)
			after := walk(t, before, slices.Concat([]ledger.Event{adopt}, way, []ledger.Event{disown})...)
			if !after.Disowned() || after.Adopted() || len(after.Tickets()) > 0 {
				t.Errorf("after: %+v", after)
			}
			before.Version, before.History = after.Version, after.History
			before.By, before.Reason = after.By, after.Reason
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("(-before the adoption +after it was taken back):\n%s", diff)
			}
		})
	}
}

// TestADisownedRowIsDecidedLikeAnyOther, and adopts no other row's cost.
func TestADisownedRowIsDecidedLikeAnyOther(t *testing.T) {
	e := lost(t, event(ledger.Adopt, ledger.ByPerson), charged(4, credit.Observed), event(ledger.Disown, ledger.ByPerson))
	for kind, want := range map[ledger.Kind]ledger.Money{
		ledger.Unsend: {Ever: credit.Of(5), Released: credit.Of(5)},
		ledger.Repeat: {Ever: credit.Of(5), Charged: credit.Of(5)},
		ledger.Adopt:  {Ever: credit.Of(5), Reserved: credit.Of(5)},
	} {
		after := walk(t, e, withCharge(event(kind, ledger.ByPerson), credit.Charge{}))
		if after.Money != want || len(after.Payload) == 0 || after.Disowned() == (kind == ledger.Adopt) {
			t.Errorf("%s: %+v, want %+v", kind, after, want)
		}
	}
}

// TestOnlyAnAdoptedJobCanBeDisowned: what the service named in its answer is the
// row's own, also when an earlier attempt of the row was adopted.
func TestOnlyAnAdoptedJobCanBeDisowned(t *testing.T) {
	later := func(kind ledger.Kind, by ledger.By) ledger.Event {
		ev := event(kind, by)
		ev.At = ev.At.Add(time.Hour)
		return ev
	}
	again := []ledger.Event{event(ledger.Adopt, ""), event(ledger.Fail, ""), later(ledger.Plan, ledger.ByPerson), later(ledger.Intend, "")}
	for name, e := range map[string]ledger.Entry{
		"named by the service": reached(t)[ledger.Submitted],
		"made":                 reached(t)[ledger.Succeeded],
		"sent again":           lost(t, append(again, later(ledger.Submit, ""))...),
		"refused since":        lost(t, append(again, later(ledger.Reject, ""))...),
		"planned and stopped":  lost(t, append(again[:3:3], later(ledger.Cancel, ledger.ByPerson))...),
		"purged":               lost(t, event(ledger.Adopt, ""), event(ledger.Succeed, ""), event(ledger.Purge, ledger.ByPerson)),
	} {
		if _, err := ledger.Next(e, later(ledger.Disown, ledger.ByPerson)); !errors.Is(err, ledger.ErrIllegal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAClockThatWasSetBackHidesNoAdoption: what belongs to an attempt goes by the
// order of its moments, not by their times.
func TestAClockThatWasSetBackHidesNoAdoption(t *testing.T) {
	earlier := func(kind ledger.Kind, by ledger.By) ledger.Event {
		ev := event(kind, by)
		ev.At = ev.At.Add(-time.Hour)
		return ev
	}
	e := lost(t, earlier(ledger.Adopt, ledger.ByPerson), earlier(ledger.Succeed, ""))
	if !e.Adopted() || len(e.Payload) == 0 {
		t.Error("the adopted job passes for the row's own")
	}
	if e = walk(t, e, earlier(ledger.Disown, ledger.ByPerson)); !e.Disowned() {
		t.Error("a search may find the same job again")
	}
}

// TestALongStoryHidesNoAttempt: of a story that was cut, only the part without a gap
// tells which attempt a moment belongs to.
func TestALongStoryHidesNoAttempt(t *testing.T) {
	way := []ledger.Event{
		event(ledger.Search, ""), event(ledger.Search, ""), event(ledger.Search, ""), event(ledger.Adopt, ""), event(ledger.Fail, ""),
		event(ledger.Plan, ledger.ByPerson), event(ledger.Intend, ""), event(ledger.Submit, ""),
	}
	for range 40 {
		way = append(way, event(ledger.Observe, ""))
	}
	if e := lost(t, way...); e.Adopted() {
		t.Errorf("an earlier attempt's adoption counts: %+v", e.History)
	}
}

package ledger_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// claimed is a row that was planned again, and of which the answer to the earlier request
// came then.
func claimed(t *testing.T) ledger.Entry {
	t.Helper()
	return walk(t, reached(t)[ledger.Planned], event(ledger.Intend, ""), event(ledger.Unsend, ""), event(ledger.Claim, ""))
}

// TestAClaimWaitsForAPerson: the row is not sent, no search makes it planned, and the cost of
// the job counts, since it may be paid for.
func TestAClaimWaitsForAPerson(t *testing.T) {
	e := claimed(t)
	if e.State != ledger.Unsure || len(e.Claims()) != 1 || e.Claims()[0].Job != "late" || e.Money.Charged != credit.Of(5) {
		t.Errorf("claimed: %+v", e)
	}
	if _, err := ledger.Next(e, event(ledger.Unsend, "")); !errors.Is(err, ledger.ErrIllegal) {
		t.Errorf("the program sends it again: %v", err)
	}
}

// TestAClaimOfARowOnTheWireComesToAPersonLater: it is kept beside the request, and when that
// one created nothing, the row is not sent once more.
func TestAClaimOfARowOnTheWireComesToAPersonLater(t *testing.T) {
	e := walk(t, reached(t)[ledger.Intended], event(ledger.Claim, ""))
	if e.State != ledger.Intended || e.Money.Reserved != credit.Of(5) || e.Money.Charged != credit.Of(5) {
		t.Errorf("intended: %+v", e)
	}
	back := walk(t, e, event(ledger.Unsend, ""))
	if _, err := ledger.Next(back, event(ledger.Intend, "")); !errors.Is(err, ledger.ErrIllegal) {
		t.Errorf("it is sent once more: %v", err)
	}
	again := walk(t, back, event(ledger.Claim, ""))
	if again.State != ledger.Unsure || len(again.Claims()) != 1 || again.Money != back.Money {
		t.Errorf("told again: %+v", again)
	}
}

// TestAPersonAdoptsAClaim: its job is the row's own, and its cost is that of the row.
func TestAPersonAdoptsAClaim(t *testing.T) {
	adopt := event(ledger.Adopt, ledger.ByPerson)
	adopt.Ticket.Job = "late"
	e := walk(t, claimed(t), adopt)
	if e.State != ledger.Submitted || len(e.Claims()) != 0 || e.Money.Charged != 0 || e.Money.Reserved != credit.Of(5) {
		t.Errorf("adopted: %+v", e)
	}
	e = walk(t, e, event(ledger.Succeed, ""))
	if diff := cmp.Diff([]string{"late"}, e.Tickets()); diff != "" || e.Money.Charged != credit.Of(3) || e.Money.Overrun != 0 {
		t.Errorf("tickets (-want +got):\n%s\n%+v", diff, e.Money)
	}
}

// TestAPersonDismissesAClaim: the row is sent again. The job stays the row's, with its cost.
func TestAPersonDismissesAClaim(t *testing.T) {
	for _, kind := range []ledger.Kind{ledger.Unsend, ledger.Repeat} {
		dismiss := event(kind, ledger.ByPerson)
		dismiss.Charge = credit.Charge{}
		e := walk(t, claimed(t), dismiss, event(ledger.Intend, ""))
		if e.State != ledger.Intended || len(e.Claims()) != 0 || e.Money.Charged != credit.Of(5) || e.Money.Reserved != credit.Of(5) {
			t.Errorf("%s: %+v", kind, e)
		}
		if diff := cmp.Diff([]string{"late"}, e.Tickets()); diff != "" {
			t.Errorf("%s: tickets (-want +got):\n%s", kind, diff)
		}
	}
}

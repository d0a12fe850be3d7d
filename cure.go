package reelmerge

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// cure says what a person must do before a held run can go on. It is empty if the run
// only needs to be started again, or if the reason says it already.
func (r *running) cure(ctx context.Context, out *Outcome) (string, error) {
	c := r.campaign
	title := c.service.Title
	switch out.HeldFor {
	case engine.HoldBudget:
		if out.CapReached {
			return r.capCure(ctx, out)
		}
		return r.budgetCure(ctx, out)
	case engine.HoldCredentials:
		return fmt.Sprintf("put a valid token of %s into %s (%s)", title, wording.Clean(c.file.TokenSource()), c.service.TokenHint), nil
	case engine.HoldFunds:
		return "top up the account at " + title, nil
	case engine.HoldOutage:
		return fmt.Sprintf("see whether %s answers again; --max-wait says how long a run waits for it", title), nil
	case engine.HoldPrices:
		return fmt.Sprintf("compare prices: in the campaign with those of %s; where they are right, add --accept-prices", title), nil
	case engine.HoldStopTime:
		return "limits: stop_at in the campaign says when a run stops by itself", nil
	case engine.HoldLimit:
		return "wait until then, or let a run wait longer with --max-wait", nil
	case engine.HoldAlike:
		return "mend the reason: the next rows would fail for it too", nil
	case engine.HoldSheet:
		return r.unfetched.Hint, nil
	case engine.HoldDriven:
		return "that process goes on; status shows where it stands", nil
	case engine.HoldDoubt:
		return "look at the row that is named, at " + title, nil
	}
	return "", nil
}

// withSetting returns the run's command with another value of a setting that was given on
// the command line: copied as it was, it would be held again. It is empty if the command
// line does not have the setting.
func (c *Campaign) withSetting(key, value string) string {
	own := *c
	own.options.Set = slices.Clone(c.options.Set)
	for i, set := range own.options.Set {
		if name, _, _ := strings.Cut(set, "="); name == key {
			own.options.Set[i] = key + "=" + value
		}
	}
	if slices.Equal(own.options.Set, c.options.Set) {
		return ""
	}
	return own.Command("run")
}

// capCure says how much more must be approved for the rows that are left, at their highest
// estimates.
func (r *running) capCure(ctx context.Context, out *Outcome) (string, error) {
	lack, unit, err := r.lacks(ctx, out, func(account credit.Account) (credit.Amount, bool) {
		most, capped := r.gate.caps[account]
		return most, capped
	})
	return fmt.Sprintf("approve %s more: what was approved is spent or set aside", lack.Up().In(unit)), err
}

// budgetCure says how much must be added to the budget for the rows that are left, at
// their highest estimates.
func (r *running) budgetCure(ctx context.Context, out *Outcome) (string, error) {
	budget := r.campaign.file.Budget
	if budget == nil {
		return "", nil
	}
	lack, unit, err := r.lacks(ctx, out, func(credit.Account) (credit.Amount, bool) { return budget.Limit, true })
	if err != nil {
		return "", err
	}
	unit = cmp.Or(budget.Unit, unit)
	out.GoOn = r.campaign.withSetting("budget.limit", budget.Limit.Plus(lack).Up().String())
	return fmt.Sprintf("raise budget: limit (%s; %s more are needed for the rows that are left)", budget.Limit.In(unit), lack.Up().In(unit)), nil
}

// lacks returns what the limits are short of for the rows that are left. The ledger reserves
// their highest estimates, so these are what the next run needs.
func (r *running) lacks(ctx context.Context, out *Outcome, limitOf func(credit.Account) (credit.Amount, bool)) (lack credit.Amount, unit string, _ error) {
	needed := map[credit.Account]credit.Amount{}
	for e, err := range r.store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Planned}}) {
		if err != nil {
			return 0, "", err
		}
		needed[e.Account] = needed[e.Account].Plus(e.Estimate.High)
	}
	for account, amount := range needed {
		limit, limited := limitOf(account)
		if !limited {
			continue
		}
		books := out.Summary.Balances[account]
		lack = max(lack, books.Charged.Plus(books.Reserved).Plus(amount).Minus(limit))
		unit = cmp.Or(unit, account.Unit)
	}
	return lack, unit, nil
}

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

// cure says what a person does about what holds a run, before it is run again; empty:
// it is run again as it is, or the reason says it all.
func (r *running) cure(ctx context.Context, out *Outcome) (string, error) {
	c := r.campaign
	title := c.service.Title
	switch out.HeldFor {
	case engine.HoldBudget:
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
	case engine.HoldDoubt:
		return "look at the row that is named, at " + title, nil
	}
	return "", nil
}

// withSetting is the command of a run with another value of a setting, where the command
// line has that setting: copied as it was, it would end in the same way. Else it is empty.
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

// budgetCure says by how much the budget is too small for the rows that are left.
func (r *running) budgetCure(ctx context.Context, out *Outcome) (string, error) {
	budget := r.campaign.file.Budget
	if budget == nil {
		return "", nil
	}
	needed := map[credit.Account]credit.Amount{}
	for e, err := range r.store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Planned}}) {
		if err != nil {
			return "", err
		}
		needed[e.Account] = needed[e.Account].Plus(e.Estimate.High)
	}
	lack, unit := credit.Amount(0), budget.Unit
	for account, amount := range needed {
		books := out.Summary.Balances[account]
		lack = max(lack, books.Charged.Plus(books.Reserved).Plus(amount).Minus(budget.Limit))
		unit = cmp.Or(unit, account.Unit)
	}
	out.GoOn = r.campaign.withSetting("budget.limit", budget.Limit.Plus(lack).Up().String())
	return fmt.Sprintf("raise budget: limit (%s; %s more are needed for the rows that are left)", budget.Limit.In(unit), lack.Up().In(unit)), nil
}

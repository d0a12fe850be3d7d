package reelmerge

import (
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// minutes of Colossyan.
var minutes = credit.Account{Provider: "colossyan", Unit: "minutes"}

// priced is a campaign with a rate, and with a budget unless that is nothing.
func pricedCampaign(budget credit.Amount) *Campaign {
	rate := credit.Amount(850_000)
	c := &Campaign{file: &campaign.File{}, service: providers.Service{Title: "Colossyan"}}
	c.file.Provider.Name = "colossyan"
	c.file.Prices.PerUnit, c.file.Prices.Currency = &rate, "EUR"
	if budget > 0 {
		c.file.Budget = &campaign.Budget{Limit: budget}
	}
	return c
}

// filled is a purse with so many rows, each estimated at 1 to 1.5 minutes.
func filled(c *Campaign, most, rows int, spent credit.Amount) (*purse, map[credit.Account]ledger.Money) {
	books := map[credit.Account]ledger.Money{minutes: {Charged: spent}}
	p := c.newPurse(most)
	for range rows {
		p.take(&engine.Visited{Action: engine.ActionRefused}, books)
		p.take(&engine.Visited{Action: engine.ActionSubmit, Content: ledger.Content{Account: minutes}, Expected: learn.Expected{Cost: credit.Estimate{
			Low: credit.Unit, Likely: credit.Unit + 200_004, High: credit.Unit + 500_000, Basis: credit.Documented,
		}}}, books)
	}
	return p, books
}

// TestTheBillIsThatOfTheRowsThatAreSentNow, rounded, in units and money.
func TestTheBillIsThatOfTheRowsThatAreSentNow(t *testing.T) {
	for _, test := range []struct {
		most, rows int
		want       string
	}{
		{0, 10, "about 12 minutes, 10.20 EUR (at most 15 minutes, 12.75 EUR)"},
		{3, 10, "about 3.6 minutes, 3.06 EUR (at most 4.5 minutes, 3.83 EUR)"},
		{9, 1, "about 1.2 minutes, 1.02 EUR (at most 1.5 minutes, 1.28 EUR)"},
	} {
		c := pricedCampaign(0)
		p, books := filled(c, test.most, test.rows, 0)
		r := &running{campaign: c, purse: p, plan: &engine.Plan{Balances: books}}
		if bill := r.bill(); bill.sum() != test.want || bill.Budget != "" || bill.Rows != p.rows {
			t.Errorf("%d of %d: %q, want %q; %+v", test.most, test.rows, bill.sum(), test.want, bill)
		}
	}
}

// TestABudgetSaysHowFarItReaches counts what was spent before, and what the rows that
// are sent first are likely to cost. What it lacks is rounded upwards.
func TestABudgetSaysHowFarItReaches(t *testing.T) {
	for _, test := range []struct {
		budget, spent credit.Amount
		most          int
		want          string
	}{
		{credit.Of(15), 0, 0, ""},
		{credit.Of(14), 0, 0, "14 minutes is likely to cover all rows, and does not at their highest estimate; for all of them it takes 1 minute more"},
		{credit.Of(5), 0, 0, "5 minutes covers about 3 of 10 rows; for all of them it takes 10 minutes more"},
		{credit.Of(5), credit.Of(3) + 1, 0, "5 minutes covers about 1 of 10 rows; for all of them it takes 13.01 minutes more"},
		{credit.Of(1), 0, 0, "1 minute covers about 0 of 10 rows; for all of them it takes 14 minutes more"},
		{credit.Of(5), 0, 3, ""},
	} {
		c := pricedCampaign(test.budget)
		p, books := filled(c, test.most, 10, test.spent)
		if got := p.reach("minutes", books); got != test.want {
			t.Errorf("%v after %v: %q, want %q", test.budget, test.spent, got, test.want)
		}
	}
}

// TestAQuestionNamesWhoPays by the place of the token, and by the payer.
func TestAQuestionNamesWhoPays(t *testing.T) {
	c := pricedCampaign(0)
	r := &running{campaign: c}
	if got := r.account("12.5 minutes"); got != "COLOSSYAN_TOKEN (12.5 minutes left)" {
		t.Error(got)
	}
	c.file.Provider.Token = campaign.NewSecret("${ACME_KEY}")
	if got := r.account(""); got != "ACME_KEY" {
		t.Error(got)
	}
	c.file.Provider.Token = campaign.NewSecret("hunter2")
	if got := r.account(""); strings.Contains(got, "hunter2") {
		t.Error(got)
	}
	sums := map[credit.Account]*credit.Sum{}
	for _, payer := range []string{"acme", "bob", "carl", "dora"} {
		sum := &credit.Sum{}
		sum.Add(credit.Exactly(credit.Of(2), credit.Documented))
		sums[credit.Account{Provider: "samsar", Payer: payer, Unit: "credits"}] = sum
	}
	want := "2 credits of acme, 1.70 EUR and 2 credits of bob, 1.70 EUR and 2 credits of carl, 1.70 EUR and 1 sum more"
	if got := (Bill{Cost: c.costs(sums)}).sum(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestATallyAccountsForEveryRow of the sheet, each once.
func TestATallyAccountsForEveryRow(t *testing.T) {
	plan := &engine.Plan{Rows: engine.RowCounts{Total: 45, Valid: 36, Refused: 5, Filtered: 4}, Actions: engine.Actions{
		Submit: 1, Done: 2, InFlight: 3, Unsure: 4, Failed: 5, Cancelled: 6, Changed: 7, Removed: 9,
	}}
	got := (&comparison{Plan: plan, refused: 1}).tally()
	want := Tally{Rows: 45, Made: 2, BeingMade: 3, ToSend: 8, Failed: 5, Cancelled: 6, NotKnown: 4, Changed: 7, Problems: 6, LeftOut: 4, Gone: 9}
	if got != want || got.ToSend+got.settled() != got.Rows {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestATallyIsSaidInTheWordsOfPeople, and says nothing of what there is none of.
func TestATallyIsSaidInTheWordsOfPeople(t *testing.T) {
	for want, tally := range map[string]Tally{
		"0 made": {},
		"1,297 made, 3 have problems, 1 left out":               {Made: 1297, Problems: 3, LeftOut: 1},
		"2 made, 1 being made, 4 to send, 1 has problems":       {Made: 2, BeingMade: 1, ToSend: 4, Problems: 1},
		"1 made, 1 failed, 2 cancelled, 3 not known":            {Made: 1, Failed: 1, Cancelled: 2, NotKnown: 3},
		"1 made, 1 changed since bought":                        {Made: 1, Changed: 1},
		"2 made; 1 changed since bought; 5 gone from the sheet": {Made: 2, Changed: 1, Gone: 5, Loose: true},
	} {
		if got := tally.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

package main

import (
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
)

// planJSON is the document of `plan --json`. Amounts are decimal strings,
// durations seconds; what nobody knows is null.
type planJSON struct {
	Campaign string           `json:"campaign"`
	Rows     engine.RowCounts `json:"rows"`
	Actions  engine.Actions   `json:"actions"`
	Cost     []costJSON       `json:"cost"`
	Time     timeJSON         `json:"time"`
	Budget   *budgetJSON      `json:"budget"`
	Count    int              `json:"problem_count"`
}

type costJSON struct {
	Provider string         `json:"provider"`
	Payer    string         `json:"payer"`
	Unit     string         `json:"unit"`
	Low      *credit.Amount `json:"low"`
	Likely   *credit.Amount `json:"likely"`
	High     *credit.Amount `json:"high"`
	Basis    credit.Basis   `json:"basis"`
	Unknown  int            `json:"unknown_rows"`
	Money    *moneyJSON     `json:"money"`
}

type moneyJSON struct {
	Currency string        `json:"currency"`
	Low      credit.Amount `json:"low"`
	Likely   credit.Amount `json:"likely"`
	High     credit.Amount `json:"high"`
	AsOf     string        `json:"as_of"`
}

type timeJSON struct {
	Low     *float64 `json:"low"`
	Likely  *float64 `json:"likely"`
	High    *float64 `json:"high"`
	BoundBy string   `json:"bound_by"`
}

type budgetJSON struct {
	Limit  credit.Amount `json:"limit"`
	Unit   string        `json:"unit"`
	Enough bool          `json:"enough"`
}

func (s *setup) planDocument(plan *engine.Plan, f engine.Expected) planJSON {
	doc := planJSON{
		Campaign: s.Name, Rows: plan.Rows, Actions: plan.Actions, Cost: []costJSON{}, Count: plan.Found,
		Time: timeJSON{BoundBy: f.BoundBy},
	}
	if f.Known {
		doc.Time.Low, doc.Time.Likely, doc.Time.High = inSeconds(f.Low), inSeconds(f.Likely), inSeconds(f.High)
	}
	for _, account := range planAccounts(plan) {
		doc.Cost = append(doc.Cost, s.costDocument(account, plan.Cost[account]))
	}
	if s.Budget != nil {
		doc.Budget = &budgetJSON{s.Budget.Limit, s.Budget.Unit, s.enough(plan)}
	}
	return doc
}

func inSeconds(d time.Duration) *float64 {
	seconds := d.Round(time.Millisecond).Seconds()
	return &seconds
}

func (s *setup) costDocument(account credit.Account, sum *credit.Sum) costJSON {
	doc := costJSON{
		Provider: account.Provider, Payer: account.Payer, Unit: account.Unit,
		Basis: sum.Basis, Unknown: sum.Unknown,
	}
	if sum.Rows == 0 {
		return doc
	}
	doc.Low, doc.Likely, doc.High = &sum.Low, &sum.Likely, &sum.High
	if rate := s.Prices.PerUnit; rate != nil && s.Prices.Currency != "" {
		doc.Money = &moneyJSON{
			Currency: s.Prices.Currency, AsOf: s.Prices.AsOf,
			Low: convert(sum.Low, *rate), Likely: convert(sum.Likely, *rate), High: convert(sum.High, *rate),
		}
	}
	return doc
}

// convert turns units into money at a rate per unit, exactly to the millionth.
func convert(a, rate credit.Amount) credit.Amount { return a.Ratio(int64(rate), int64(credit.Unit)) }

package kensa

import (
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

// unitCredits is the unit of the service.
const unitCredits = "credits"

// prices holds the prices of the campaign. The service publishes none (KEN-G4).
type prices struct{ providers.Prices }

// newPrices returns prices with a unit.
func newPrices(p providers.Prices) prices {
	if p.Unit == "" {
		p.Unit = unitCredits
	}
	return prices{p}
}

// models returns the models of the price table.
func (p prices) models() (names []string) {
	for _, cell := range p.Table {
		names = append(names, cell.Model)
	}
	return names
}

// of returns the price of an order: its cell in the table, or else a price per job and per
// minute. ok is false if there is none. A cell without quality applies to qualities without
// a cell of their own. An order without quality has no particular one, so a cell with
// quality does not apply to it.
func (p prices) of(o order) (credit.Amount, bool) {
	length := o.Duration.Seconds()
	if length == 0 {
		return 0, false
	}
	var found *providers.Price
	for i, cell := range p.Table {
		if cell.Model != o.Model || cell.Duration.Round(time.Millisecond) != length {
			continue
		}
		// The exact cell wins, wherever it stands in the table.
		if cell.Quality == o.Quality {
			return cell.Amount, true
		}
		if cell.Quality == "" {
			found = &p.Table[i]
		}
	}
	switch {
	case found != nil:
		return found.Amount, true
	case p.PerJob == nil && p.PerMinute == nil:
		return 0, false
	}
	var sum credit.Amount
	if p.PerJob != nil {
		sum = *p.PerJob
	}
	if p.PerMinute != nil {
		sum = sum.Plus(p.PerMinute.Ratio(length.Milliseconds(), time.Minute.Milliseconds()))
	}
	return sum, true
}

// Quote prices a request by the campaign's prices, at the length that it asks for. Without
// a price there is no estimate.
func (c *Checker) Quote(r providers.Request, _ job.Length) credit.Estimate {
	o, err := readOrder(r.Body)
	if err != nil {
		return credit.Estimate{}
	}
	amount, known := c.prices.of(o)
	if !known {
		return credit.Estimate{}
	}
	quote := credit.Exactly(amount, credit.Configured)
	quote.PriceDate = c.prices.AsOf
	return quote
}

// Charge returns the amount that the service reports for a completed video. A failed video
// is free: the documentation says that its credits are released, whatever its record shows.
func (c *Checker) Charge(_ credit.Estimate, p providers.Progress) credit.Charge {
	switch p.Outcome {
	case providers.Succeeded:
		return p.Reported
	case providers.Failed:
		return credit.Charge{Basis: credit.Documented}
	case providers.Running, providers.Cancelled:
	}
	return credit.Charge{}
}

// Account returns the account of the session.
func (c *Checker) Account(providers.Request) credit.Account {
	return credit.Account{Provider: Name, Unit: c.prices.Unit}
}

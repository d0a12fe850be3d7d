package kensa

import (
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

// unitCredits is what the service counts in.
const unitCredits = "credits"

// prices is what the campaign says that videos cost. The service publishes
// nothing (KEN-G4).
type prices struct{ providers.Prices }

func newPrices(p providers.Prices) prices {
	if p.Unit == "" {
		p.Unit = unitCredits
	}
	return prices{p}
}

func (p prices) models() (names []string) {
	for _, cell := range p.Table {
		names = append(names, cell.Model)
	}
	return names
}

// of returns what an order costs: its cell of the table, else a price per job and
// per minute, else nothing that anybody knows. A cell without quality is for all
// qualities that have none of their own; an order without quality is at none in
// particular, so no cell of one tells its price.
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

// Quote prices a request by the campaign's prices, to the length that it asks
// for. Without a price for it nobody knows what it costs.
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

// Charge is what the service reports for a completed video. A failed one is free:
// its credits are released, which is documented, whatever its record shows.
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

// Account is whoever the session belongs to.
func (c *Checker) Account(providers.Request) credit.Account {
	return credit.Account{Provider: Name, Unit: c.prices.Unit}
}

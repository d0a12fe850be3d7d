package declared

import (
	"context"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
)

// Quote prices a request by the lines of the description, or by the campaign's prices where
// those are configured. A line that nobody knows makes the whole unknown: part of a price is
// no price.
func (c *Checker) Quote(r providers.Request, length job.Length) credit.Estimate {
	request, err := decode(r.Body)
	if err != nil {
		return credit.Estimate{}
	}
	var sum credit.Estimate
	for i, bound := range []time.Duration{length.Low, length.Likely, length.High} {
		amount, basis := c.cost(request, bound, length.Known())
		if basis == credit.Unknown {
			return credit.Estimate{}
		}
		sum.Basis = basis
		*[]*credit.Amount{&sum.Low, &sum.Likely, &sum.High}[i] = amount
	}
	sum.PriceDate = c.d.Money.AsOf
	if sum.Basis == credit.Configured {
		sum.PriceDate = c.prices.AsOf
	}
	return sum
}

// cost is what a video of a length costs; its basis is unknown where a line is.
func (c *Checker) cost(request any, length time.Duration, known bool) (credit.Amount, credit.Basis) {
	var sum credit.Amount
	basis := credit.Unknown
	for i, line := range c.o.Price {
		if c.when[i].program != nil && !c.when[i].holds(request) {
			continue
		}
		part, from := c.line(line, request, length, known)
		if from == credit.Unknown {
			return 0, credit.Unknown
		}
		if basis == credit.Unknown {
			basis = from
		}
		sum = sum.Plus(part)
		basis = basis.Weaker(from)
	}
	return sum, basis
}

// line is what one line of the price comes to.
func (c *Checker) line(p Price, request any, length time.Duration, known bool) (credit.Amount, credit.Basis) {
	switch p.Basis {
	case "configured":
		return c.configured(length, known)
	case "documented":
		rate, priced := p.rate(request)
		if !priced || p.Per != "job" && !known {
			return 0, credit.Unknown
		}
		return p.of(rate, length), credit.Documented
	}
	return 0, credit.Unknown
}

// configured prices by what the campaign says.
func (c *Checker) configured(length time.Duration, known bool) (credit.Amount, credit.Basis) {
	p := c.prices
	if p.PerJob == nil && p.PerMinute == nil || p.PerMinute != nil && !known {
		return 0, credit.Unknown
	}
	var sum credit.Amount
	if p.PerJob != nil {
		sum = *p.PerJob
	}
	if p.PerMinute != nil {
		sum = sum.Plus(p.PerMinute.Ratio(length.Milliseconds(), time.Minute.Milliseconds()))
	}
	return sum, credit.Configured
}

// rate is the rate for a request.
func (p Price) rate(request any) (credit.Amount, bool) {
	if len(p.By) == 0 {
		if p.Rate == nil {
			return 0, false
		}
		return *p.Rate, true
	}
	var names []string
	for _, pointer := range p.By {
		name, _ := text(request, pointer)
		names = append(names, name)
	}
	if rate, listed := p.Table[strings.Join(names, "/")]; listed {
		return rate, true
	}
	if p.Otherwise != nil {
		return *p.Otherwise, true
	}
	return 0, false
}

// of is the rate for a length, which is rounded up to a step where the price has one.
func (p Price) of(rate credit.Amount, length time.Duration) credit.Amount {
	length = max(length, time.Duration(p.Least))
	if step := time.Duration(p.Step); step > 0 {
		length = (length + step - 1) / step * step
	}
	switch p.Per {
	case "second":
		return rate.Ratio(length.Milliseconds(), time.Second.Milliseconds())
	case "minute":
		return rate.Ratio(length.Milliseconds(), time.Minute.Milliseconds())
	}
	return rate
}

// Charge says what a settled job cost: the service's own word if it gave one, else what the
// price says of the length that it reports. A failure is free only where the description
// says so.
func (c *Checker) Charge(quoted credit.Estimate, p providers.Progress) credit.Charge {
	exact := quoted.Known() && quoted.Low == quoted.High
	switch {
	case p.Reported.Basis != credit.Unknown:
		return p.Reported
	case p.Outcome == providers.Failed && c.d.Money.Failures == "free":
		return credit.Charge{Basis: credit.Documented}
	case p.Outcome == providers.Failed && c.d.Money.Failures == "charged" && exact, p.Outcome == providers.Succeeded && exact && !c.byLength():
		return credit.Charge{Amount: quoted.Likely, Basis: quoted.Basis}
	case p.Outcome != providers.Succeeded:
		return credit.Charge{}
	case p.Result.Duration > 0 && !c.byRequest():
		if sum, basis := c.cost(nil, p.Result.Duration, true); basis != credit.Unknown {
			return credit.Charge{Amount: sum, Basis: credit.Observed}
		}
	case exact:
		return credit.Charge{Amount: quoted.Likely, Basis: quoted.Basis}
	}
	return credit.Charge{}
}

// byLength reports whether the price depends on how long the video is.
func (c *Checker) byLength() bool {
	for _, p := range c.o.Price {
		if p.Per == "second" || p.Per == "minute" || p.Basis == "configured" && c.prices.PerMinute != nil {
			return true
		}
	}
	return false
}

// byRequest reports whether the price depends on the request, which is not at hand when a
// job is settled.
func (c *Checker) byRequest() bool {
	for _, p := range c.o.Price {
		if len(p.By) > 0 || p.When != "" {
			return true
		}
	}
	return false
}

// Balance asks for the account's balance.
func (c *client) Balance(ctx context.Context) (credit.Amount, credit.Account, error) {
	b := c.d.Money.Balance
	call, err := c.call("balance", b.Call, values{}, nil)
	if err != nil {
		return 0, credit.Account{}, &providers.Error{Kind: providers.Contract, Call: "balance", Message: err.Error()}
	}
	a, answer, err := c.exchange(ctx, call)
	if err != nil {
		return 0, credit.Account{}, err
	}
	sum, ok := amount(b.Amount.read(a, values{settings: c.settings}))
	if !ok {
		return 0, credit.Account{}, c.rest.Misunderstood(call, answer, "the answer has no balance")
	}
	unit := c.d.Money.Unit
	if unit == "" {
		unit = "jobs"
	}
	return sum, credit.Account{Provider: c.d.Name, Unit: unit}, nil
}

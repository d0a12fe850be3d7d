package reelmerge

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/gocarina/gocsv"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/sources"
)

// priceRow is one line of a price table: model, quality, duration, credits.
type priceRow struct {
	Model    string `csv:"model"`
	Quality  string `csv:"quality"`
	Duration string `csv:"duration"`
	Credits  string `csv:"credits"`
}

// readPrices brings the campaign's prices, the price table included, into the services'
// form.
func readPrices(p campaign.Prices) (providers.Prices, error) {
	prices := providers.Prices{Unit: p.Unit, PerMinute: p.PerMinute, PerJob: p.PerJob, AsOf: p.AsOf}
	if p.Table == "" {
		return prices, nil
	}
	file, err := atomicfile.Open(p.Table)
	if err != nil {
		return prices, fmt.Errorf("read price table: %w", err)
	}
	defer file.Close()
	var rows []priceRow
	// The table is read like a sheet, so it may have any delimiter and encoding that
	// sheets have.
	records, err := sources.NewRecords(p.Table, atomicfile.Bounded(file, mostTable), sources.Options{})
	if err == nil {
		err = gocsv.UnmarshalCSV(records, &rows)
	}
	if err != nil {
		return prices, fmt.Errorf("read price table %q: %w", p.Table, err)
	}
	for i, row := range rows {
		price, err := row.price()
		if err != nil {
			return prices, fmt.Errorf("read price table %q, line %d: %w", p.Table, i+2, err)
		}
		prices.Table = append(prices.Table, price)
	}
	return prices, nil
}

// price parses one line. Amounts are decimal text, and are parsed without a float.
func (r priceRow) price() (providers.Price, error) {
	amount, err := credit.Parse(r.Credits)
	if err != nil {
		return providers.Price{}, err
	}
	seconds, err := credit.Parse(r.Duration)
	if err != nil {
		return providers.Price{}, fmt.Errorf("duration in seconds: %w", err)
	}
	if amount < 0 {
		return providers.Price{}, fmt.Errorf("credits %q: a price is no less than nothing", r.Credits)
	}
	if r.Model == "" || seconds <= 0 {
		return providers.Price{}, fmt.Errorf("want the columns model, quality, duration (seconds) and credits")
	}
	return providers.Price{
		Model: r.Model, Quality: r.Quality, Amount: amount,
		Duration: time.Duration(seconds) * (time.Second / time.Duration(credit.Unit)),
	}, nil
}

// window turns a campaign's window into the services' form.
func window(w campaign.Window) providers.Window { return providers.Window(w) }

// checkUnits refuses a budget, or an amount that goes without approval, in another unit than
// the service charges in: 100 euros are not 100 minutes, and a wrong unit would make it no
// limit at all.
func (c *Campaign) checkUnits() {
	charged := c.checker.Account(providers.Request{Operation: c.template.Operation}).Unit
	refuse := func(what, field, unit string) {
		if unit == "" || charged == "" || sameUnit(unit, charged) {
			return
		}
		c.wrong("CMP-BUDGET-UNIT", cmp.Or(c.file.Path, c.file.Rows.Shown()), unit,
			fmt.Sprintf("%s is in %s, and %s charges in %s", what, unit, c.service.Title, charged),
			fmt.Sprintf("write %s in %s, and unit: %s; nothing is converted", field, charged, charged))
	}
	if c.file.Budget != nil {
		refuse("the budget", "budget.limit", c.file.Budget.Unit)
	}
	if c.file.Approval != nil {
		refuse("what goes without approval", "approval.over", c.file.Approval.Unit)
	}
}

// sameUnit compares units without regard to case and to a plural s.
func sameUnit(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, "s"), strings.TrimSuffix(b, "s"))
}

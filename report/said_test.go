package report_test

import (
	"testing"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/report"
)

func amountOf(t *testing.T, text string) credit.Amount {
	t.Helper()
	a, err := credit.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// costBetween is a cost in minutes with its price in euros, where rows have no price too.
func costBetween(t *testing.T, low, likely, high string, unknown int) report.Cost {
	t.Helper()
	c := report.Cost{
		Provider: "colossyan", Service: "Colossyan", Unit: "minutes", Basis: credit.Documented, UnknownRows: unknown,
		Low: ptr(amountOf(t, low)), Likely: ptr(amountOf(t, likely)), High: ptr(amountOf(t, high)),
	}
	c.Money = c.InCurrency(report.Rate{Currency: "EUR", PerUnit: 850_000})
	return c
}

// TestCostsAreSaidInUnitsAndMoney, rounded: a range outwards, "at least" downwards, "at
// most" upwards.
func TestCostsAreSaidInUnitsAndMoney(t *testing.T) {
	plain := costBetween(t, "3", "3", "3", 0)
	plain.Money = nil
	for name, c := range map[string]struct {
		cost            report.Cost
		sentence, brief string
	}{
		"a range": {
			costBetween(t, "10.872513", "12.79089", "14.709522", 0),
			"about 12.79 minutes (10.87 to 14.71), 10.87 EUR (9.24 to 12.51); price: published by Colossyan",
			"about 12.79 minutes, 10.87 EUR (at most 14.71 minutes, 12.51 EUR)",
		},
		"an exact price": {
			costBetween(t, "3.120004", "3.120004", "3.120004", 0), "3.12 minutes, 2.65 EUR; price: published by Colossyan", "3.12 minutes, 2.65 EUR",
		},
		"next to nothing": {
			costBetween(t, "0", "0.001", "0.002", 0), "less than 0.01 minutes (0 to 0.01), less than 0.01 EUR (0.00 to 0.01); price: published by Colossyan",
			"less than 0.01 minutes, less than 0.01 EUR (at most 0.01 minutes, 0.01 EUR)",
		},
		"without a rate": {plain, "3 minutes; price: published by Colossyan", "3 minutes"},
		"some rows without a price": {
			costBetween(t, "1.009", "1.009", "1.009", 2), "at least 1 minute, at least 0.85 EUR, and 2 rows without a price; price: published by Colossyan",
			"at least 1 minute, 0.85 EUR, and 2 rows without a price",
		},
		"no row with a price": {
			report.Cost{Provider: "x", Unit: "credits", UnknownRows: 2}, "not known for 2 rows, in credits", "2 videos whose price is not known",
		},
	} {
		if got := c.cost.Sentence(); got != c.sentence {
			t.Errorf("%s: %q, want %q", name, got, c.sentence)
		}
		if got := c.cost.Brief(); got != c.brief {
			t.Errorf("%s: %q, want %q", name, got, c.brief)
		}
	}
}

// TestBooksAreSaidAsWhatWasSpent, beside what was set aside.
func TestBooksAreSaidAsWhatWasSpent(t *testing.T) {
	rate := report.Rate{Currency: "EUR", PerUnit: 900_000}
	for want, c := range map[string]struct {
		charged, reserved, released, overrun string
		payer                                string
		test                                 bool
	}{
		"spent: nothing":                 {"0", "0", "36.389957", "0", "", false},
		"cost: nothing would be charged": {"0", "0", "0.120834", "0", "", true},
		"spent: 54.86 minutes (49.37 EUR), 36.39 less than was set aside":                                                      {"54.860105", "0", "36.389957", "0", "", false},
		"cost: 54.86 minutes (49.37 EUR) would be charged, 36.39 less than was set aside":                                      {"54.860105", "0", "36.389957", "0", "", true},
		"spent: 2 minutes (1.80 EUR), by acme, 0.13 minutes (0.11 EUR) set aside for videos whose end is open":                 {"2", "0.120001", "0", "0", "acme", false},
		"spent: 2 minutes (1.80 EUR), 0.5 more than was set aside":                                                             {"2", "0", "0", "0.5", "", false},
		"spent: 2 minutes (1.80 EUR), 1 less than was set aside, although some rows cost 0.5 more than was set aside for them": {"2", "0", "1.5", "0.5", "", false},
		"spent: 2 minutes (1.80 EUR), 1.5 less than was set aside":                                                             {"2", "0", "1.5", "0.002", "", false},
		"spent: 2 minutes (1.80 EUR)": {"2", "0", "0", "0.002", "", false},
	} {
		credits := report.Credits{
			Provider: "colossyan", Payer: c.payer, Unit: "minutes",
			Charged: amountOf(t, c.charged), Reserved: amountOf(t, c.reserved), Released: amountOf(t, c.released), Overrun: amountOf(t, c.overrun),
		}
		credits.Money = credits.InCurrency(rate)
		name, text := credits.Said(c.test)
		if got := name + ": " + text; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

package wording

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestCountSetsThousandsApart(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 1187: "1,187", 1234567: "1,234,567", -1: "-1", -100: "-100", -1187: "-1,187", -999999: "-999,999",
	} {
		if got := Count(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestNumbersAgreeWithTheirNouns(t *testing.T) {
	for n, want := range map[int]string{0: "0 rows", 1: "1 row", 2: "2 rows", 1187: "1,187 rows", 1000000: "1,000,000 rows"} {
		if got := Plural(n, "row"); got != want {
			t.Errorf("%d is said %q, want %q", n, got, want)
		}
	}
}

func TestAmountsHaveTwoDecimalsAtMost(t *testing.T) {
	for millionths, want := range map[int64]struct{ amount, money string }{
		0: {"0", "0.00 EUR"}, 1: {"less than 0.01", "less than 0.01 EUR"}, 4_999: {"less than 0.01", "less than 0.01 EUR"},
		5_000: {"0.01", "0.01 EUR"}, 10_000: {"0.01", "0.01 EUR"}, 443_017: {"0.44", "0.44 EUR"}, 500_000: {"0.5", "0.50 EUR"},
		999_999: {"1", "1.00 EUR"}, 12_790_890: {"12.79", "12.79 EUR"}, 10_900_000: {"10.9", "10.90 EUR"},
		83_977_112: {"83.98", "83.98 EUR"}, 1_187_500_000: {"1,187.5", "1,187.50 EUR"}, 1_234_567_000_001: {"1,234,567", "1,234,567.00 EUR"},
		-500_000: {"-0.5", "-0.50 EUR"}, -1: {"less than 0.01", "less than 0.01 EUR"}, -1_000_010_000: {"-1,000.01", "-1,000.01 EUR"},
	} {
		if Amount(millionths) != want.amount || Money(millionths, "EUR") != want.money {
			t.Errorf("%d: %q and %q, want %+v", millionths, Amount(millionths), Money(millionths, "EUR"), want)
		}
	}
}

func TestARangeRoundsOutwards(t *testing.T) {
	for millionths, want := range map[int64][3]int64{ // nearest, down, up
		0: {0, 0, 0}, 1: {0, 0, 10_000}, 9_999: {10_000, 0, 10_000}, 73_380_514: {73_380_000, 73_380_000, 73_390_000},
		94_570_000: {94_570_000, 94_570_000, 94_570_000}, -1: {0, -10_000, 0}, -5_000: {-10_000, -10_000, 0},
	} {
		if got := [3]int64{Round(millionths, ToNearest), Round(millionths, Downwards), Round(millionths, Upwards)}; got != want {
			t.Errorf("%d: %v, want %v", millionths, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "millionths")
		low, near, high := Round(n, Downwards), Round(n, ToNearest), Round(n, Upwards)
		if low > n || high < n || near < low || near > high {
			t.Fatalf("%d: %d, %d, %d", n, low, near, high)
		}
	})
	if top := int64(math.MaxInt64); Round(top, Upwards) != top || Round(math.MinInt64, Downwards) != math.MinInt64 {
		t.Error("an amount left its range")
	}
}

func TestPercentHasNoDecimals(t *testing.T) {
	if got := Percent(12.4); got != "12%" {
		t.Error(got)
	}
}

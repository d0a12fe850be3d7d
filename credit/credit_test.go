package credit_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/credit"
)

func TestParseReadsExactDecimals(t *testing.T) {
	for text, want := range map[string]credit.Amount{
		"0": 0, "1": credit.Unit, "0.5": 500_000, "-3.25": -3_250_000, "9223372036854.775807": math.MaxInt64, "0.000001": 1,
	} {
		if got, err := credit.Parse(text); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestParseRefusesWhatItWouldHaveToRound(t *testing.T) {
	for _, text := range []string{"", "-", ".", "1.", ".5", "1e3", "0.0000001", "1,5", "+1", "--1", " 1", "NaN", "٣"} {
		if got, err := credit.Parse(text); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", text, got)
		}
	}
	if _, err := credit.Parse("9223372036854.775808"); !errors.Is(err, credit.ErrOverflow) {
		t.Errorf("err = %v, want ErrOverflow", err)
	}
}

func TestStringIsReadBackUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := credit.Amount(rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "amount"))
		if got, err := credit.Parse(want.String()); err != nil || got != want {
			t.Fatalf("%q reads as %d, %v; want %d", want, got, err, want)
		}
		encoded, _ := json.Marshal(want)
		var decoded credit.Amount
		if err := json.Unmarshal(encoded, &decoded); err != nil || decoded != want {
			t.Fatalf("%s decodes as %d, %v", encoded, decoded, err)
		}
	})
}

func TestSumsSaturate(t *testing.T) {
	top := credit.Amount(math.MaxInt64)
	bottom := credit.Amount(math.MinInt64)
	for name, pair := range map[string][2]credit.Amount{
		"plus":        {top.Plus(1), top},
		"minus":       {bottom.Minus(1), bottom},
		"minus least": {credit.Amount(1).Minus(bottom), top},
		"times":       {top.Times(2), top},
		"times down":  {top.Times(-2), bottom},
		"of":          {credit.Of(math.MaxInt64), top},
		"plain":       {credit.Of(2).Plus(credit.Of(3)), credit.Of(5)},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s = %d, want %d", name, pair[0], pair[1])
		}
	}
}

func TestRatioRoundsAwayFromZero(t *testing.T) {
	// 42.5 s at one unit a minute: 0.708333… is booked as 0.708334.
	if got := credit.Unit.Ratio(42_500, 60_000); got.String() != "0.708334" {
		t.Errorf("got %v", got)
	}
	if got := credit.Of(-1).Ratio(1, 3); got.String() != "-0.333334" {
		t.Errorf("got %v", got)
	}
	if got := credit.Of(30).Ratio(10, 1); got != credit.Of(300) {
		t.Errorf("got %v", got)
	}
}

func TestSumIsOnlyAsCertainAsItsWorstPart(t *testing.T) {
	var sum credit.Sum
	sum.Add(credit.Exactly(credit.Of(2), credit.Documented))
	sum.Add(credit.Estimate{Low: 1, Likely: 2, High: 3, Basis: credit.Configured})
	sum.Add(credit.Estimate{})
	if sum.Rows != 2 || sum.Unknown != 1 || sum.Basis != credit.Configured || sum.High != credit.Of(2)+3 {
		t.Errorf("sum = %+v", sum)
	}
}

func TestBasisWordsAreReadBack(t *testing.T) {
	for b := credit.Unknown; b <= credit.Documented; b++ {
		var got credit.Basis
		if err := got.UnmarshalText([]byte(b.String())); err != nil || got != b {
			t.Errorf("%v reads as %v, %v", b, got, err)
		}
	}
	var b credit.Basis
	if b.UnmarshalText([]byte("guessed")) == nil {
		t.Error("an unknown word was accepted")
	}
}

func TestPeopleReadHundredths(t *testing.T) {
	for text, want := range map[string][2]string{
		"0": {"0", "0.00 EUR"}, "999": {"999", "999.00 EUR"}, "1000": {"1,000", "1,000.00 EUR"}, "73.4968": {"73.5", "73.50 EUR"},
		"1187.5": {"1,187.5", "1,187.50 EUR"}, "1234567.000001": {"1,234,567", "1,234,567.00 EUR"}, "0.1": {"0.1", "0.10 EUR"},
		"0.002": {"less than 0.01", "less than 0.01 EUR"},
	} {
		a, err := credit.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{a.Rounded(), a.Money("EUR")}; got != want {
			t.Errorf("%s is written %q, want %q", text, got, want)
		}
	}
}

func TestARangeOfAmountsRoundsOutwards(t *testing.T) {
	a, err := credit.Parse("0.183334")
	if err != nil {
		t.Fatal(err)
	}
	if a.Down().String() != "0.18" || a.Up().String() != "0.19" {
		t.Errorf("%v to %v", a.Down(), a.Up())
	}
}

func TestOneUnitIsNoneOfSeveral(t *testing.T) {
	for a, want := range map[credit.Amount]string{
		credit.Unit: "1 minute", credit.Of(2): "2 minutes", 0: "0 minutes", credit.Unit / 2: "0.5 minutes", credit.Of(1187): "1,187 minutes",
	} {
		if got := a.In("minutes"); got != want {
			t.Errorf("%v: %q, want %q", a, got, want)
		}
	}
}

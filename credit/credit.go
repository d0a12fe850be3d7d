// Package credit holds exact amounts of what a service charges, and estimates of
// them that say how they are known.
//
// An [Amount] is never a float and never guessed. Amounts of different
// providers, payers or units are never added: they live in different
// [Account]s. An amount that is not known is not zero: the zero [Basis] is "unknown",
// and a total with an unknown part says "at least".
package credit

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// Amount is an exact quantity of some unit (video minutes, credits, jobs,
// euros), counted in millionths of it. The zero value is nothing at all, which
// is not the same as not knowing: see [Estimate].
type Amount int64

// Unit is the Amount that stands for exactly one.
const Unit Amount = 1_000_000

// digits is how many decimal places an Amount carries.
const digits = 6

// ErrOverflow is returned when an amount does not fit; amounts reach about nine
// million million units.
var ErrOverflow = errors.New("amount out of range")

// Of returns n whole units. It saturates at the largest amount.
func Of(n int64) Amount { return Unit.Times(n) }

// Parse reads a decimal number such as "12", "0.5" or "-3.25" exactly. More than
// six decimal places are refused rather than rounded.
func Parse(s string) (Amount, error) {
	text, negative := strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(text, ".")
	if whole == "" || point && fraction == "" || len(fraction) > digits || !isDigits(whole+fraction) {
		return 0, fmt.Errorf("parse amount %q: want a decimal number with at most %d decimal places", s, digits)
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", digits-len(fraction)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("parse amount %q: %w", s, ErrOverflow)
	}
	if negative {
		n = -n
	}
	return Amount(n), nil
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// String writes the shortest decimal number that [Parse] reads back unchanged.
func (a Amount) String() string {
	sign := ""
	magnitude := uint64(a)
	if a < 0 {
		sign = "-"
		magnitude = -uint64(a)
	}
	whole := strconv.FormatUint(magnitude/uint64(Unit), 10)
	fraction := magnitude % uint64(Unit)
	if fraction == 0 {
		return sign + whole
	}
	return sign + whole + "." + strings.TrimRight(fmt.Sprintf("%06d", fraction), "0")
}

// Rounded writes the amount for people, as [wording.Amount] does: in hundredths at
// most, with thousands set apart, as in 1,187.5. It is not meant to be read back.
func (a Amount) Rounded() string { return wording.Amount(int64(a)) }

// Money writes the amount for people, as one of a currency: 10.90 EUR.
func (a Amount) Money(currency string) string { return wording.Money(int64(a), currency) }

// Down is the amount in hundredths, rounded down: the low end of a range.
func (a Amount) Down() Amount { return Amount(wording.Round(int64(a), wording.Downwards)) }

// Up is the amount in hundredths, rounded up: the high end of a range, and the amount
// that a budget must have.
func (a Amount) Up() Amount { return Amount(wording.Round(int64(a), wording.Upwards)) }

// In writes the amount for people, with a unit whose name stands for several:
// 1 minute, 1,187.5 minutes.
func (a Amount) In(unit string) string {
	number := a.Rounded()
	if number == "1" {
		unit = strings.TrimSuffix(unit, "s")
	}
	return number + " " + unit
}

// MarshalJSON writes the amount as a decimal string, so that no reader turns it
// into a float.
func (a Amount) MarshalJSON() ([]byte, error) { return json.Marshal(a.String()) }

// UnmarshalJSON reads what MarshalJSON wrote; a bare JSON number is read exactly
// as well.
func (a *Amount) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	n, err := Parse(text)
	if err != nil {
		return err
	}
	*a = n
	return nil
}

// Plus returns a + b. It saturates instead of wrapping around: a total that does
// not fit is never mistaken for a small one.
func (a Amount) Plus(b Amount) Amount {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

// Minus returns a - b, saturating like [Amount.Plus].
func (a Amount) Minus(b Amount) Amount {
	if b == math.MinInt64 {
		return a.Plus(math.MaxInt64)
	}
	return a.Plus(-b)
}

// Times returns a × n, saturating.
func (a Amount) Times(n int64) Amount { return a.Ratio(n, 1) }

// Ratio returns a × n ÷ d rounded away from zero to the next millionth, so that
// a price per minute of a number of milliseconds never comes out too low. d
// must be positive. It saturates.
func (a Amount) Ratio(n, d int64) Amount {
	negative := (a < 0) != (n < 0)
	high, low := bits.Mul64(magnitude(int64(a)), magnitude(n))
	if high >= uint64(d) {
		return saturated(negative)
	}
	quotient, rest := bits.Div64(high, low, uint64(d))
	if rest > 0 {
		quotient++
	}
	if quotient > math.MaxInt64 {
		return saturated(negative)
	}
	if negative {
		return -Amount(quotient)
	}
	return Amount(quotient)
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func saturated(negative bool) Amount {
	if negative {
		return math.MinInt64
	}
	return math.MaxInt64
}

package wording

import (
	"fmt"
	"strconv"
	"strings"
)

// Count writes a count with thousands set apart: 1,187.
func Count(n int) string { return Thousands(strconv.Itoa(n)) }

// Thousands sets the thousands of a whole number in digits apart.
func Thousands(digits string) string {
	sign := strings.IndexByte(digits, '-') + 1
	for i := len(digits) - 3; i > sign; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Plural counts things whose name takes an s: 1 row, 1,187 rows.
func Plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + one + "s"
}

// Toward says where a number goes that has more decimal places than people read.
type Toward uint8

// The directions. A range rounds outwards: its low end goes Downwards, its high end Upwards.
// So does "at most", and what a budget lacks: a person who has that much has enough.
const (
	ToNearest Toward = iota
	Downwards
	Upwards
)

// Amounts are counted in millionths, and people read hundredths of the unit.
const (
	million   = 1_000_000
	hundredth = million / 100
)

// Round brings millionths of a unit to hundredths. Halves go away from zero. What
// would leave the range stays as it is.
func Round(millionths int64, to Toward) int64 {
	rest := millionths % hundredth
	down := millionths - rest
	if rest < 0 {
		down -= hundredth
		rest += hundredth
	}
	up := to == Upwards && rest > 0 || to == ToNearest && (2*rest > hundredth || 2*rest == hundredth && millionths > 0)
	rounded := down
	if up {
		rounded += hundredth
	}
	if (rounded > millionths) != up && rest != 0 {
		return millionths
	}
	return rounded
}

// Amount writes millionths of a unit with two decimals at most and with thousands
// set apart: 1,187.5. It is not meant to be read back: the exact digits are in JSON,
// in the sheets and in the ledger. What rounds to nothing, and is something, is "less
// than 0.01".
func Amount(millionths int64) string {
	whole, cents := parts(millionths)
	switch {
	case cents == "" && whole == "":
		return "less than 0.01"
	case cents == "00":
		return whole
	}
	return whole + "." + strings.TrimSuffix(cents, "0")
}

// Money writes millionths of a currency with its cents: 10.90 EUR. The currency may be
// left out.
func Money(millionths int64, currency string) string {
	whole, cents := parts(millionths)
	if cents == "" {
		whole, cents = "less than 0", "01"
	}
	return strings.TrimSpace(whole + "." + cents + " " + currency)
}

// parts are the whole number and the hundredths of an amount; both are empty where
// it is something that rounds to nothing.
func parts(millionths int64) (whole, cents string) {
	rounded := Round(millionths, ToNearest)
	if rounded == 0 && millionths != 0 {
		return "", ""
	}
	sign := ""
	magnitude := uint64(rounded)
	if rounded < 0 {
		sign = "-"
		magnitude = -uint64(rounded)
	}
	whole = Thousands(sign + strconv.FormatUint(magnitude/million, 10))
	return whole, fmt.Sprintf("%02d", magnitude%million/hundredth)
}

// Percent writes a share of a hundred without decimals: 12%.
func Percent(share float64) string { return fmt.Sprintf("%.0f%%", share) }

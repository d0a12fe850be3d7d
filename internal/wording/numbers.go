package wording

import (
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

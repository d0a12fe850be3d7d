package credit

import "math/bits"

// square is a sum of squares of amounts, in 128 bits: the squares of a million minutes do
// not fit into 64.
type square struct{ high, low uint64 }

// add adds the square of an amount. It saturates.
func (s *square) add(a Amount) {
	high, low := bits.Mul64(magnitude(int64(a)), magnitude(int64(a)))
	var carry uint64
	s.low, carry = bits.Add64(s.low, low, 0)
	if s.high, carry = bits.Add64(s.high, high, carry); carry > 0 {
		s.high, s.low = 1<<64-1, 1<<64-1
	}
}

// root is the square root, rounded up.
func (s square) root() Amount {
	if s == (square{}) {
		return 0
	}
	// Newton's method from above: it falls until it has reached the root.
	size := bits.Len64(s.low)
	if s.high > 0 {
		size = 64 + bits.Len64(s.high)
	}
	guess := uint64(1) << min(63, (size+1)/2)
	for s.high < guess { // else the root does not fit, and the largest amount stands for it
		quotient, _ := bits.Div64(s.high, s.low, guess)
		next := guess/2 + quotient/2 + guess&quotient&1
		if next >= guess {
			break
		}
		guess = next
	}
	if guess >= 1<<63 {
		return saturated(false)
	}
	if high, low := bits.Mul64(guess, guess); high < s.high || high == s.high && low < s.low {
		guess++
	}
	return Amount(guess)
}

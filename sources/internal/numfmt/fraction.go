package numfmt

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// mostDigits is how many digits the parts of a fraction may have. The search for the
// nearest fraction takes longer with each.
const mostDigits = 3

// fractionParts holds the parts of a section such as "# ?/?" or "0 ??/16".
type fractionParts struct {
	before, after string // literals around it
	whole         bool   // whole numbers are shown apart: 1 1/2, not 3/2
	zero          bool   // and so is a 0
	digits        int    // that the denominator may have
	fixed         int    // or the one that it always is
}

// parts takes a section with a fraction apart. ok is false for a form that spreadsheet
// programs do not offer, because its output is not known.
func (p *section) parts() (f fractionParts, ok bool) {
	slash := slices.IndexFunc(p.items, func(it item) bool { return it.kind == '/' })
	left, top := cutPlaces(p.items[:slash])
	// The space between the whole number and the fraction is written again later, and only
	// if both are shown.
	for len(left) > 0 && left[len(left)-1].kind == 'L' && strings.TrimSpace(left[len(left)-1].text) == "" {
		left = left[:len(left)-1]
	}
	left, whole := cutPlaces(left)
	right := p.items[slash+1:]
	for f.digits < len(right) && right[f.digits].place() {
		f.digits++
	}
	var before, after bool
	f.before, before = literals(left)
	f.after, after = literals(right[f.digits:])
	f.whole, f.zero = len(whole) > 0, slices.ContainsFunc(whole, func(it item) bool { return it.kind == '0' })
	// Without places for digits, the denominator is a number in the code: "# ?/16".
	if f.digits == 0 {
		rest := strings.TrimLeft(f.after, "0123456789")
		// An invalid number leaves 0, which is refused below.
		f.fixed, _ = strconv.Atoi(f.after[:len(f.after)-len(rest)])
		f.after = rest
	}
	return f, before && after && len(top) > 0 && f.digits <= mostDigits && f.fixed < 1000 && f.digits+f.fixed > 0
}

// cutPlaces separates the places for digits at the end from the other items.
func cutPlaces(items []item) (rest, end []item) {
	n := len(items)
	for n > 0 && items[n-1].place() {
		n--
	}
	return items[:n], items[n:]
}

// literals joins texts. ok is false if there is another item between them.
func literals(items []item) (text string, ok bool) {
	for _, it := range items {
		if it.kind != 'L' {
			return "", false
		}
		text += it.text
	}
	return text, true
}

// write writes a number as a fraction: 2 3/8. The number must not be negative.
func (f fractionParts) write(v float64) string {
	n, part := 0.0, v
	if f.whole {
		n, part = math.Modf(v)
	}
	top, bottom := f.nearest(part)
	// 1 16/16 is 2: rounding may have filled the fraction.
	if f.whole && top == bottom {
		n++
		top = 0
	}
	var shown []string
	// A whole number without a fraction is shown even where its place is optional.
	if n > 0 || f.zero || f.whole && top == 0 {
		shown = append(shown, strconv.FormatFloat(n, 'f', 0, 64))
	}
	if top > 0 || !f.whole {
		shown = append(shown, strconv.Itoa(top)+"/"+strconv.Itoa(bottom))
	}
	return f.before + strings.Join(shown, " ") + f.after
}

// nearest returns the fraction nearest to a number, and the simplest of several.
func (f fractionParts) nearest(v float64) (top, bottom int) {
	if f.fixed > 0 {
		return int(math.Round(v * float64(f.fixed))), f.fixed
	}
	least := math.Inf(1)
	for q := 1; q < int(math.Pow10(f.digits)); q++ {
		p := math.Round(v * float64(q))
		// The small margin keeps a later fraction from winning by a rounding error: 1/2 and
		// not 2/4.
		if off := math.Abs(v - p/float64(q)); off < least-1e-12 {
			least = off
			top = int(p)
			bottom = q
		}
	}
	return top, bottom
}

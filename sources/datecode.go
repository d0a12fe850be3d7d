package sources

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// dateItem is one part of a date format made of digits alone: a literal, or y,
// d, h, s, M for months and m for minutes, H, N and S for all hours, minutes or
// seconds that have passed, with so many digits.
type dateItem struct {
	kind  byte
	width int
	text  string
}

// digitDate takes a format code apart if it has nothing but digits and
// literals in it, as nearly all have: excelize needs 35 µs for each date, and
// writes [mm]:ss without its leading zero. Names, languages, AM/PM and parts of
// seconds are not for it.
func digitDate(code string) ([]dateItem, bool) {
	var items []dateItem
	for s := splitSections(code)[0]; s != ""; {
		item, n, ok := dateItemOf(s)
		if !ok {
			return nil, false
		}
		items = append(items, item)
		s = s[n:]
	}
	minutes(items)
	calendar := slices.ContainsFunc(items, func(it dateItem) bool { return it.kind == 'y' || it.kind == 'M' || it.kind == 'd' })
	return items, !calendar || !elapses(items)
}

// dateItemOf reads the item at the start of s and returns its length.
func dateItemOf(s string) (item dateItem, n int, ok bool) {
	c := s[0] | 0x20
	switch c {
	case 'y', 'm', 'd', 'h', 's':
		n = len(s) - len(strings.TrimLeft(s, s[:1]))
		if c == 'y' {
			return dateItem{kind: c, width: n}, n, n == 2 || n == 4
		}
		if c == 'm' {
			c = 'M'
		}
		return dateItem{kind: c, width: n}, n, n <= 2
	}
	switch s[0] {
	case '[':
		return elapsedItem(s)
	case '"':
		n = closing(s[1:], '"')
		return dateItem{text: strings.TrimSuffix(s[1:1+n], `"`)}, 1 + n, true
	case '\\':
		n = runeLen(s[1:])
		return dateItem{text: s[1 : 1+n]}, 1 + n, true
	case ' ', '-', '/', ':', ',':
		return dateItem{text: s[:1]}, 1, true
	case '.':
		return dateItem{text: "."}, 1, len(s) == 1 || s[1] != '0'
	}
	return dateItem{}, 0, false
}

// elapsedItem reads [h], [mm] or [ss]; colours and languages are not for it.
func elapsedItem(s string) (item dateItem, n int, ok bool) {
	n = 1 + closing(s[1:], ']')
	letters := strings.ToLower(strings.TrimSuffix(s[1:n], "]"))
	kinds := map[string]byte{"h": 'H', "hh": 'H', "m": 'N', "mm": 'N', "s": 'S', "ss": 'S'}
	kind, ok := kinds[letters]
	return dateItem{kind: kind, width: len(letters)}, n, ok
}

// minutes makes minutes of the months that stand behind hours or before
// seconds.
func minutes(items []dateItem) {
	last := -1
	for i := range items {
		switch items[i].kind {
		case 0:
			continue
		case 'M':
			if last >= 0 && (items[last].kind == 'h' || items[last].kind == 'H') {
				items[i].kind = 'm'
			}
		case 's':
			if last >= 0 && items[last].kind == 'M' {
				items[last].kind = 'm'
			}
		}
		last = i
	}
}

// writeDate writes a time as the items say.
func writeDate(items []dateItem, at time.Time) string {
	var b strings.Builder
	for _, it := range items {
		n := 0
		switch it.kind {
		case 0:
			b.WriteString(it.text)
			continue
		case 'y':
			n = at.Year()
			if it.width == 2 {
				n %= 100
			}
		case 'M':
			n = int(at.Month())
		case 'd':
			n = at.Day()
		case 'h':
			n = at.Hour()
		case 'm':
			n = at.Minute()
		case 's':
			n = at.Second()
		}
		fmt.Fprintf(&b, "%0*d", it.width, n)
	}
	return strings.Trim(b.String(), " ")
}

// elapses reports whether items count hours, minutes or seconds that have passed.
func elapses(items []dateItem) bool {
	return slices.ContainsFunc(items, func(it dateItem) bool { return it.kind == 'H' || it.kind == 'N' || it.kind == 'S' })
}

// writeElapsed writes how long so many days are.
func writeElapsed(items []dateItem, days float64) string {
	seconds := int64(math.Round(days * 86400))
	hours := seconds / 3600
	var b strings.Builder
	for _, it := range items {
		var n int64
		switch it.kind {
		case 'H':
			n = hours
		case 'N':
			n = seconds / 60
		case 'S':
			n = seconds
		case 'h':
			n = hours % 24
		case 'm':
			n = seconds / 60 % 60
		case 's':
			n = seconds % 60
		default:
			b.WriteString(it.text)
			continue
		}
		fmt.Fprintf(&b, "%0*d", it.width, n)
	}
	return strings.Trim(b.String(), " ")
}

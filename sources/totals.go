package sources

import (
	"bytes"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
	"github.com/reelmerge/reelmerge/problem"
)

// totals returns the rows in which the tables of a worksheet add up their columns. Such a
// row looks like a customer and must not get a video. A table part that cannot be read is
// skipped, because no cell takes its value from there.
func (w *book) totals(part string) map[int]bool {
	rows := map[int]bool{}
	for _, r := range w.relations(part) {
		// Each part costs time to expand. The limit keeps a forged workbook from listing
		// thousands.
		if r.Kind != "table" || len(rows) >= MaxParts {
			continue
		}
		b, err := w.load(r.Target)
		if err != nil {
			continue
		}
		x := xmltoken.NewReader(bytes.NewReader(b))
		for t, err := x.Next(); err == nil; t, err = x.Next() {
			if !x.Begins("table") {
				continue
			}
			if m, ok := rangeOf(t.Value("ref")); ok && t.Value("totalsRowCount") == "1" {
				rows[m.bottom] = true
			}
			// The first tag has all that is needed.
			break
		}
	}
	return rows
}

// markTotals adds the fault of a row of totals.
func (s *worksheet) markTotals(rec *record) {
	if !s.totals[rec.number] || rec.blank() {
		return
	}
	rec.faults = append(rec.faults, Fault{Column: -1, Code: "ROW-TOTALS", Value: clip(strings.Join(rec.cells, " ")),
		Message: "this is the row in which the table adds up its columns, not a row of data",
		Hint:    "switch the table's totals row off, and save the workbook"})
}

// longestTotal is the longest word for a total, with the signs around it.
const longestTotal = 32

// sumsUp reports whether the first text of a row is a word for a total. Only the first one
// counts: a city may be called Total.
func sumsUp(cells []string) bool {
	for _, c := range cells {
		if c == "" || c[0] <= ' ' && invisible(c) {
			continue
		}
		c = strings.TrimLeft(c, " ")
		// The length is checked first, because most cells are longer than any of the words.
		return len(c) <= longestTotal && isTotal(c)
	}
	return false
}

// isTotal reports whether a text is a word for a total. Nearly all texts begin with another
// byte, which matters in a sheet of a million rows.
func isTotal(text string) bool {
	if text == "" {
		return false
	}
	switch text[0] {
	case 't', 'T':
		return isOneOf(text, "total", "totals", "totale", "totaal", "totalt", "total général", "total general")
	case 'g', 'G':
		return isOneOf(text, "grand total", "gesamt", "gesamtergebnis", "gesamtsumme")
	case 's', 'S':
		return isOneOf(text, "sum", "subtotal", "sub-total", "summe", "suma", "suma total")
	case 'r', 'R':
		return isOneOf(text, "razem")
	case 'c', 'C':
		return isOneOf(text, "celkem")
	case "и"[0], "合"[0], "总"[0], "합"[0]:
		return isOneOf(text, "итого", "合計", "合计", "总计", "합계")
	}
	return false
}

// isOneOf reports whether a text is one of the words, in capitals or not, with the signs of a
// total behind it.
func isOneOf(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return len(text) >= len(w) && strings.EqualFold(text[:len(w)], w) && strings.Trim(text[len(w):], " :*") == ""
	})
}

// noteTotals warns of a row that is named like a total. It stays a warning, because the
// word may also be a name.
func noteTotals(faults []Fault, cells []string) []Fault {
	if !sumsUp(cells) || slices.ContainsFunc(faults, func(f Fault) bool { return f.Code == "ROW-TOTALS" }) {
		return faults
	}
	return append(faults, Fault{Column: -1, Code: "ROW-TOTALS", Value: clip(strings.TrimSpace(strings.Join(cells, " "))), Severity: problem.Warning,
		Message: "this looks like the row in which the columns are added up, not like a row of data",
		Hint:    "delete the row, or leave it out with rows.where"})
}

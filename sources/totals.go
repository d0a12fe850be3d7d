package sources

import (
	"bytes"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
	"github.com/reelmerge/reelmerge/problem"
)

// totals returns the rows in which tables of a worksheet add up their columns.
// They look like customers and are none. A table that cannot be read has none
// that we know of: it says nothing about values.
func (w *book) totals(part string) map[int]bool {
	rows := map[int]bool{}
	for _, r := range w.relations(part) {
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

// longestTotal is the longest word for it, with what stands around it.
const longestTotal = 32

// sumsUp reports whether a row is named like the one below a table in which its
// columns are added up.
func sumsUp(cells []string) bool {
	for _, c := range cells {
		if c == "" || c[0] <= ' ' && invisible(c) {
			continue
		}
		c = strings.TrimLeft(c, " ")
		return len(c) <= longestTotal && slices.ContainsFunc(totalWords(c), func(w string) bool {
			return len(c) >= len(w) && strings.EqualFold(c[:len(w)], w) && strings.Trim(c[len(w):], " :*") == ""
		})
	}
	return false
}

// totalWords are the words that begin as a text does: nearly all rows need no
// more than a look at their first byte.
func totalWords(text string) []string {
	if text == "" {
		return nil
	}
	switch text[0] {
	case 't', 'T':
		return []string{"total", "totals", "totale", "totaal", "totalt", "total général", "total general"}
	case 'g', 'G':
		return []string{"grand total", "gesamt", "gesamtergebnis", "gesamtsumme"}
	case 's', 'S':
		return []string{"sum", "subtotal", "sub-total", "summe", "suma", "suma total"}
	case 'r', 'R':
		return []string{"razem"}
	case 'c', 'C':
		return []string{"celkem"}
	case "и"[0], "合"[0], "总"[0], "합"[0]:
		return []string{"итого", "合計", "合计", "总计", "합계"}
	}
	return nil
}

// noteTotals warns of a row that looks like a customer and may be none.
func noteTotals(faults []Fault, cells []string) []Fault {
	if !sumsUp(cells) || slices.ContainsFunc(faults, func(f Fault) bool { return f.Code == "ROW-TOTALS" }) {
		return faults
	}
	return append(faults, Fault{Column: -1, Code: "ROW-TOTALS", Value: clip(strings.TrimSpace(strings.Join(cells, " "))), Severity: problem.Warning,
		Message: "this looks like the row in which the columns are added up, not like a row of data",
		Hint:    "delete the row, or leave it out with rows.where"})
}

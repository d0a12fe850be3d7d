package sources

import (
	"bytes"
	"slices"
	"strings"
)

// totals returns the rows in which tables of a worksheet add up their columns.
// They look like customers and are none. A table that cannot be read has none
// that we know of: it says nothing about values.
func (w *book) totals(part string) map[int]bool {
	rows := map[int]bool{}
	for _, r := range w.relations(part) {
		if r.kind != "table" || len(rows) >= MaxParts {
			continue
		}
		b, err := w.load(r.target)
		if err != nil {
			continue
		}
		x := newXMLScanner(bytes.NewReader(b))
		for t, err := x.next(); err == nil; t, err = x.next() {
			if t != tokenStart || string(x.name) != "table" {
				continue
			}
			if m, ok := rangeOf(x.attribute("ref")); ok && x.attribute("totalsRowCount") == "1" {
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

// sumsUp reports whether a row is named like the one below a table in which its
// columns are added up.
func sumsUp(cells []string) bool {
	for _, c := range cells {
		if invisible(c) {
			continue
		}
		if len(c) < 3 || len(c) > 24 {
			return false
		}
		switch strings.ToLower(strings.Trim(c, unseen+":*")) {
		case "total", "totals", "grand total", "sum", "subtotal", "sub-total",
			"gesamt", "gesamtergebnis", "gesamtsumme", "summe", "total général", "total general", "totale", "totaal", "totalt",
			"suma", "suma total", "razem", "celkem", "итого", "合計", "总计", "합계":
			return true
		}
		return false
	}
	return false
}

// noteTotals warns of a row that looks like a customer and may be none.
func noteTotals(faults []Fault, cells []string) []Fault {
	if !sumsUp(cells) || slices.ContainsFunc(faults, func(f Fault) bool { return f.Code == "ROW-TOTALS" }) {
		return faults
	}
	return append(faults, Fault{Column: -1, Code: "ROW-TOTALS", Value: clip(strings.TrimSpace(strings.Join(cells, " "))), Warning: true,
		Message: "this looks like the row in which the columns are added up, not like a row of data",
		Hint:    "delete the row, or leave it out with rows.where"})
}

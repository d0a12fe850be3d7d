package sources

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// Excel's own limits of a sheet.
const (
	maxSheetRows    = 1 << 20
	maxSheetColumns = 1 << 14
	maxMerges       = 100_000 // ours; each one is held in memory
)

// merge is a range of cells that show one value.
type merge struct {
	top, left, bottom, right int // rows from 1, columns from 0
	value                    string
	fault                    *Fault // of the first cell
}

// merging gives the values of merged cells to the cells that they cover.
type merging struct {
	merges    []merge // by their first row, as far as they are known before the rows
	nextMerge int
	active    []*merge
	filled    []Notice // of the columns that took values from above
}

// String returns the range as a spreadsheet program writes it.
func (m *merge) String() string { return Address(m.left, m.top) + ":" + Address(m.right, m.bottom) }

// findMerges returns the merged ranges of a worksheet, ordered by their first row. They
// stand behind the rows in the file, so the part is expanded twice. The first pass also
// proves that it is whole.
func (w *book) findMerges(part string) ([]merge, error) {
	r, err := w.open(part)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was only read
	out, err := merges(xmltoken.NewReader(r))
	if err != nil {
		return nil, damaged(part, err)
	}
	slices.SortFunc(out, func(a, b merge) int { return a.top - b.top })
	return out, nil
}

// merges reads the merged ranges of a sheet.
func merges(x *xmltoken.Reader) (out []merge, err error) {
	for {
		t, err := x.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		// The rows are skipped as raw text, which is faster than reading their tokens.
		if err == nil && x.Begins("worksheet/sheetData") {
			err = x.SkipContent()
		}
		if err != nil {
			return nil, err
		}
		if x.Begins("worksheet/mergeCells/mergeCell") && len(out) < maxMerges {
			if m, ok := rangeOf(t.Value("ref")); ok {
				out = append(out, m)
			}
		}
	}
}

// rangeOf reads a range such as "B5:D7".
func rangeOf(ref string) (merge, bool) {
	from, to, ok := strings.Cut(ref, ":")
	if !ok {
		return merge{}, false
	}
	left, top, ok1 := place([]byte(from))
	right, bottom, ok2 := place([]byte(to))
	return merge{top: top, left: left, bottom: bottom, right: right}, ok1 && ok2 && left <= right && top <= bottom
}

// place reads an address: "D147" is column 3, row 147.
func place(ref []byte) (column, row int, ok bool) {
	i := 0
	for ; i < len(ref) && i < 4; i++ {
		c := ref[i] | 0x20
		if c < 'a' || c > 'z' {
			break
		}
		column = column*26 + int(c-'a') + 1
	}
	digits := ref[i:]
	// The lengths bound both numbers, so that neither can overflow.
	if i == 0 || len(digits) == 0 || len(digits) > 7 || digits[0] == '0' || column > maxSheetColumns {
		return 0, 0, false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, 0, false
		}
		row = row*10 + int(d-'0')
	}
	return column - 1, row, row <= maxSheetRows
}

// spread fills merged ranges. Cells below the first one get its value, because people merge
// cells to say that it applies to all these rows. Cells to the right get a fault, since
// they have no value of their own.
func (s *merging) spread(rec *record) {
	for s.nextMerge < len(s.merges) && s.merges[s.nextMerge].top <= rec.number {
		s.active = append(s.active, &s.merges[s.nextMerge])
		s.nextMerge++
	}
	if len(s.active) == 0 {
		return
	}
	// A range that ended above cannot reach this row. Dropping it keeps the list short in a
	// sheet with many.
	s.active = slices.DeleteFunc(s.active, func(m *merge) bool { return m.bottom < rec.number })
	// A row that shows nothing else is no customer. Filling it would make it one.
	blank := rec.blank()
	for _, m := range s.active {
		switch {
		case m.top == rec.number:
			m.keep(rec)
		case !blank:
			s.fill(m, rec)
		}
		if m.value == "" || blank {
			continue
		}
		for c := m.left + 1; c <= m.right && len(rec.faults) < maxSheetColumns; c++ {
			rec.faults = append(rec.faults, Fault{Column: c, Code: "ROW-MERGED", Value: m.value,
				Message: fmt.Sprintf("the cell is part of the merged cells %s, whose value belongs to %s", m, Address(m.left, m.top)),
				Hint:    "unmerge the cells and fill each one in"})
		}
	}
}

// keep notes the value of the first cell, and its fault.
func (m *merge) keep(rec *record) {
	if m.left < len(rec.cells) {
		m.value = rec.cells[m.left]
	}
	if i := slices.IndexFunc(rec.faults, func(f Fault) bool { return f.Column == m.left }); i >= 0 {
		fault := rec.faults[i]
		m.fault = &fault
	}
}

// fill gives the value to the cell below, and its fault with it.
func (s *merging) fill(m *merge, rec *record) {
	if m.value != "" {
		s.notice(m)
		put(rec, m.left, m.value)
	}
	if m.fault != nil {
		rec.faults = append(rec.faults, *m.fault)
	}
}

// notice names a column that took values from merged cells above.
func (s *merging) notice(m *merge) {
	if slices.ContainsFunc(s.filled, func(n Notice) bool { return n.Column == m.left }) {
		return
	}
	s.filled = append(s.filled, Notice{Code: "ROW-MERGED-FILLED", Column: m.left, Sample: m.value,
		Message: "merged cells, such as " + m.String() + ", give each of their rows the value that they show",
		Hint:    "if that is wrong, unmerge them and fill each cell in"})
}

// put sets a cell of a record.
func put(rec *record, column int, value string) {
	for len(rec.cells) <= column {
		rec.cells = append(rec.cells, "")
	}
	rec.cells[column] = value
}

// hiddenColumns names the columns that the sheet hides. They are read all the same, since
// templates may need them.
func hiddenColumns(hidden []int) []Notice {
	var out []Notice
	for _, c := range hidden {
		out = append(out, Notice{Code: "ROW-HIDDEN-COLUMN", Column: c, Message: "it is hidden in the sheet, and read nevertheless",
			Hint: "nothing to do, unless it should not be used; " + strconv.Quote(letters(c)) + " is its letter"})
	}
	return out
}

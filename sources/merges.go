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
	filled                   int    // rows that took the value from above
}

// String returns the range as a spreadsheet program writes it.
func (m *merge) String() string { return Address(m.left, m.top) + ":" + Address(m.right, m.bottom) }

// findMerges expands a worksheet once, which proves that it is whole, and
// returns its merged ranges by their first row. They stand behind the rows, which are
// skipped.
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

// rangeOf reads "B5:D7".
func rangeOf(ref string) (merge, bool) {
	from, to, ok := strings.Cut(ref, ":")
	if !ok {
		return merge{}, false
	}
	left, top, ok1 := place([]byte(from))
	right, bottom, ok2 := place([]byte(to))
	return merge{top: top, left: left, bottom: bottom, right: right}, ok1 && ok2 && left <= right && top <= bottom
}

// place reads "D147" as column 3, row 147.
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

// spread gives the cells of merged ranges what they show. Below the first cell
// of a range that is the first cell's value; a cell beside it is named, since
// it has no value of its own.
func (s *worksheet) spread(rec *record) {
	for s.nextMerge < len(s.merges) && s.merges[s.nextMerge].top <= rec.number {
		s.active = append(s.active, &s.merges[s.nextMerge])
		s.nextMerge++
	}
	if len(s.active) == 0 {
		return
	}
	s.active = slices.DeleteFunc(s.active, func(m *merge) bool { return m.bottom < rec.number })
	blank := rec.blank()
	for _, m := range s.active {
		switch {
		case m.top == rec.number:
			m.keep(rec)
		case !blank:
			m.fill(rec)
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

// keep takes what the first cell shows, and what is wrong with it.
func (m *merge) keep(rec *record) {
	if m.left < len(rec.cells) {
		m.value = rec.cells[m.left]
	}
	if i := slices.IndexFunc(rec.faults, func(f Fault) bool { return f.Column == m.left }); i >= 0 {
		fault := rec.faults[i]
		m.fault = &fault
	}
}

// fill gives it to the cell below.
func (m *merge) fill(rec *record) {
	if m.value != "" {
		m.filled++
		put(rec, m.left, m.value)
	}
	if m.fault != nil {
		rec.faults = append(rec.faults, *m.fault)
	}
}

// put sets a cell of a record.
func put(rec *record, column int, value string) {
	for len(rec.cells) <= column {
		rec.cells = append(rec.cells, "")
	}
	rec.cells[column] = value
}

// mergeNotices says which columns took values from merged cells above.
func (s *worksheet) mergeNotices() []Notice {
	var out []Notice
	for i := range s.merges {
		m := &s.merges[i]
		if m.filled == 0 || slices.ContainsFunc(out, func(n Notice) bool { return n.Column == m.left }) {
			continue
		}
		out = append(out, Notice{Code: "ROW-MERGED-FILLED", Column: m.left, Sample: m.value,
			Message: "merged cells, such as " + m.String() + ", give each of their rows the value that they show",
			Hint:    "if that is wrong, unmerge them and fill each cell in"})
	}
	return out
}

// hiddenColumns says which columns the sheet hides; they are read all the same.
func (s *worksheet) hiddenColumns() []Notice {
	var out []Notice
	for _, c := range s.hidden {
		out = append(out, Notice{Code: "ROW-HIDDEN-COLUMN", Column: c, Message: "it is hidden in the sheet, and read nevertheless",
			Hint: "nothing to do, unless it should not be used; " + strconv.Quote(letters(c)) + " is its letter"})
	}
	return out
}

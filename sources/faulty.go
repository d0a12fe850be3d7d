package sources

import (
	"fmt"
	"slices"

	"github.com/reelmerge/reelmerge/problem"
)

// The limits of rows with faults. Each is kept until the check is over, so a file that
// is no table would take memory without end, for a list that no person reads.
const (
	manyFaulty = 10_000  // rows, when more than half of all have faults
	mostFaulty = 100_000 // rows, in any case
)

// faulty counts the rows that cannot be used.
type faulty struct {
	rows, bad int
	first     int   // the row of the first one
	fault     Fault // and what is wrong with it
}

// see counts a row. The error says that the file as a whole is given up.
func (f *faulty) see(row Row) error {
	f.rows++
	at := slices.IndexFunc(row.Faults, func(f Fault) bool { return f.Severity == problem.Error })
	if at < 0 {
		return nil
	}
	if f.bad++; f.bad == 1 {
		f.first, f.fault = row.Number, row.Faults[at]
	}
	if f.bad < manyFaulty || f.bad < mostFaulty && f.bad*2 <= f.rows {
		return nil
	}
	return &FileError{Code: "ROW-MANY-FAULTS", Row: f.first,
		Message: fmt.Sprintf("%d of the first %d rows cannot be used; the first is row %d: %s", f.bad, f.rows, f.first, f.fault.Message),
		Hint:    f.fault.Hint + "; if it is so in all rows, check that it is the right file, and rows.delimiter, rows.header_row and rows.encoding"}
}

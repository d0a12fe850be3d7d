package sources

import (
	"fmt"
	"slices"

	"github.com/reelmerge/reelmerge/problem"
)

// Limits of rows with faults. The check keeps every faulty row in memory, so a file that is
// no table would fill it, for a list too long to read.
const (
	manyFaulty = 10_000  // rows, when more than half of all have faults
	mostFaulty = 100_000 // rows, in any case
)

// faulty counts the rows that cannot be used.
type faulty struct {
	rows, bad int
	first     int   // the row of the first one
	fault     Fault // and its fault
}

// see counts a row. It returns an error when the file as a whole is not worth reading on.
func (f *faulty) see(row Row) error {
	f.rows++
	at := slices.IndexFunc(row.Faults, func(f Fault) bool { return f.Severity == problem.Error })
	if at < 0 {
		return nil
	}
	if f.bad++; f.bad == 1 {
		f.first = row.Number
		f.fault = row.Faults[at]
	}
	// A large sheet may have many bad rows and still be useful. Give up early only if most
	// rows are bad.
	if f.bad < manyFaulty || f.bad < mostFaulty && f.bad*2 <= f.rows {
		return nil
	}
	return &FileError{Code: "ROW-MANY-FAULTS", Row: f.first,
		Message: fmt.Sprintf("%d of the first %d rows cannot be used; the first is row %d: %s", f.bad, f.rows, f.first, f.fault.Message),
		Hint:    f.fault.Hint + "; if it is so in all rows, check that it is the right file, and rows.delimiter, rows.header_row and rows.encoding"}
}

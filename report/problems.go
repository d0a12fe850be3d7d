package report

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/report/internal/workbook"
)

// ProblemColumn is the column of a marked copy that says what is wrong with a row. No
// sheet of a customer has a column of this name, so a later copy may replace it.
const ProblemColumn = "reelmerge_problem"

// problemWidth is its width, in characters.
const problemWidth = 60

// ErrNoColumn is returned for a workbook that takes no further column; nothing was written.
var ErrNoColumn = errors.New("the workbook takes no further column")

// RowProblem says what is wrong with a row of a sheet.
type RowProblem struct {
	Row  int
	Text string
}

// WriteProblems writes a workbook with a last column of problems and a filter over the
// table, so that the few rows that are to be mended can be shown alone. Rows come in the
// order of the sheet.
func WriteProblems(w io.Writer, source Source, problems iter.Seq[RowProblem]) error {
	column := workbook.Column{Name: ProblemColumn, Width: problemWidth}
	if i := slices.IndexFunc(source.Columns, func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), ProblemColumn) }); i >= 0 {
		column.At = numberOf(source.Letters[i])
	}
	addition := workbook.Addition{Sheet: source.Sheet, HeaderRow: source.HeaderRow, Columns: []workbook.Column{column}}
	if err := workbook.Check(source.Path, addition); err != nil {
		return fmt.Errorf("%w: %w", ErrNoColumn, err)
	}
	rows := func(yield func(workbook.Row, error) bool) {
		for p := range problems {
			if !yield(workbook.Row{Number: p.Row, Cells: []workbook.Cell{{Text: p.Text}}}, nil) {
				return
			}
		}
	}
	if err := workbook.Extend(w, source.Path, addition, rows); err != nil {
		return fmt.Errorf("write problems: %w", err)
	}
	return nil
}

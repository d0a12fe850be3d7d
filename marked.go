package reelmerge

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

// vetMarked refuses a marked copy that cannot be made, before anything is read: a check
// of a large sheet takes a while.
func (c *Campaign) vetMarked(path string) error {
	if path == "" {
		return nil
	}
	if c.file.Rows.File == "-" {
		return fail(Usage, errors.New("a marked copy needs a file, not standard input"), "save the sheet to a file first")
	}
	if !strings.EqualFold(filepath.Ext(path), ".xlsx") {
		return fail(Usage, fmt.Errorf("write marked copy %q: it is a workbook", path), "give it a name that ends in .xlsx")
	}
	return c.vetOutputs(path)
}

// writeMarked writes a copy of the sheet in which every bad cell is coloured and has a
// comment, and in which a last column says what is wrong with each row. A person mends it
// in a spreadsheet program, and the program reads it back.
func (c *Campaign) writeMarked(path string, planner *engine.Planner, problems problem.List) (string, error) {
	folder, err := os.MkdirTemp("", "reelmerge-marked-")
	if err != nil {
		return "", fail(Usage, fmt.Errorf("write marked copy: %w", err), "free some disk space where temporary files go, and run again")
	}
	defer func() { _ = os.RemoveAll(folder) }()
	draft := filepath.Join(folder, "marked.xlsx")
	written := ""
	if err = sources.WriteMarked(c.file.Rows.File, draft, c.sheetOptions(), marksOf(planner.Rows.Columns(), problems)); err == nil {
		written, err = c.write(output{path: path, named: true}, func(w io.Writer) error { return c.addProblems(w, draft, planner, problems) })
	}
	var fe *sources.FileError
	var known *Error
	switch {
	case errors.As(err, &known):
		return "", err
	case errors.As(err, &fe):
		return "", fail(Usage, fmt.Errorf("write marked copy %q: %s", path, fe.Problem().Message), "choose another file with --marked")
	case err != nil:
		return "", fail(Usage, fmt.Errorf("write marked copy: %w", err), "choose another file with --marked")
	}
	return written, nil
}

// marksOf are the problems at their cells. A problem of the campaign or of its template has
// no cell.
func marksOf(columns []sources.Column, problems problem.List) (marks []sources.Mark) {
	index := map[string]int{}
	for _, column := range columns {
		index[column.Name] = column.Index
	}
	for _, p := range problems {
		if p.Row == 0 {
			continue
		}
		column, known := index[p.Column]
		if !known {
			column = -1
		}
		marks = append(marks, sources.Mark{Row: p.Row, Column: column, Message: markText(p), Warning: !p.IsError()})
	}
	return marks
}

// addProblems writes the draft of a marked copy with the column of problems. A workbook
// that takes no further column is written as it is: its cells are marked all the same.
func (c *Campaign) addProblems(w io.Writer, draft string, planner *engine.Planner, problems problem.List) error {
	source := c.source(planner, sheetOut{})
	source.Path = draft
	shift := 0
	if _, delimited := sources.DialectOf(planner.Rows); !delimited && source.Sheet == "" {
		shift = 1 // objects have no header: the copy has the names of columns above them
	}
	if err := report.WriteProblems(w, source, problemsByRow(problems, shift)); err == nil || !errors.Is(err, report.ErrNoColumn) {
		return err
	}
	f, err := os.Open(draft)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// problemsByRow joins the problems of each row.
func problemsByRow(problems problem.List, shift int) iter.Seq[report.RowProblem] {
	texts := map[int][]string{}
	for _, p := range problems {
		if p.Row > 0 {
			texts[p.Row] = append(texts[p.Row], wording.Clean(p.Code+": "+p.Message))
		}
	}
	return func(yield func(report.RowProblem) bool) {
		for _, row := range slices.Sorted(maps.Keys(texts)) {
			if !yield(report.RowProblem{Row: row + shift, Text: strings.Join(texts[row], "; ")}) {
				return
			}
		}
	}
}

// markText is the comment of a marked cell: code, message and cure.
func markText(p problem.Problem) string {
	text := p.Code + ": " + p.Message
	if p.Hint != "" {
		text += "\n" + p.Hint
	}
	return text
}

package reelmerge

import (
	"path/filepath"
	"strings"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
)

// ColumnsOf returns the columns of a sheet, or of the sheet of a campaign, for a shell that
// completes what a person types; there are none if the file cannot be read.
func ColumnsOf(path string) (names []string) {
	var o sources.Options
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
		file, _ := campaign.Load(path, nil)
		if file == nil || file.Rows.File == "-" || file.Rows.File == "" {
			return nil
		}
		path, o = file.Rows.File, sources.Options{
			Sheet: file.Rows.Sheet, HeaderRow: file.Rows.HeaderRow, Encoding: file.Rows.Encoding, Delimiter: file.Rows.Delimiter,
		}
	case ".csv", ".tsv", ".xlsx", ".ods", ".jsonl":
	default:
		return nil
	}
	rows, err := sources.Open(path, o)
	if err != nil {
		return nil
	}
	defer rows.Close()
	return columnNames(rows)
}

// columnsSeen is what a check sees of the columns while the rows come by.
type columnsSeen struct {
	planner *engine.Planner
	columns []sources.Column
	survey  *sources.Survey // for a column that could be the key; nil where there is one
	odd     *sources.Odd
}

// seeColumns has the planner show its rows. A row that is left out counts for nothing.
func (c *Campaign) seeColumns(planner *engine.Planner) *columnsSeen {
	s := &columnsSeen{planner: planner, columns: planner.Rows.Columns()}
	s.odd = sources.NewOdd(s.compared()...)
	if c.file.Rows.Key == "" {
		s.survey = sources.SurveyOf(s.columns)
	}
	planner.Visit = func(v engine.Visited) error {
		if v.Action == engine.ActionFiltered || strings.Contains(v.Refusal, "ROW-TOTALS") {
			return nil
		}
		if s.survey != nil {
			s.survey.Take(v.Number, v.Cells)
		}
		s.odd.Take(v.Number, v.Cells)
		return nil
	}
	return s
}

// compared are the columns whose cells are compared with each other: those that feed the
// videos, but for the key.
func (s *columnsSeen) compared() (list []int) {
	fed := s.fed()
	for i, column := range s.columns {
		if fed[i] && column.Name != s.planner.Key {
			list = append(list, i)
		}
	}
	return list
}

// warn adds the cells that are not what the others of their column are. Most problems are
// kept at the most; all are counted.
func (s *columnsSeen) warn(plan *engine.Plan, most int) {
	for i, column := range s.columns {
		for _, cell := range s.odd.Cells(i) {
			if plan.Warnings++; most > 0 && len(plan.Problems) >= most {
				continue
			}
			plan.Problems = append(plan.Problems, problem.Problem{
				Severity: problem.Warning, Code: "ROW-MIXED", Value: cell.Value, Message: cell.Message, Cause: cell.Cause,
				Place: problem.Place{File: s.planner.File, Sheet: s.planner.Rows.Sheet(), Row: cell.Row, Column: column.Name, Cell: column.Address(cell.Row)},
				Hint:  "see whether the cell is meant so: the video says what stands there",
			})
		}
	}
}

// fed are the columns that feed the videos.
func (s *columnsSeen) fed() map[int]bool {
	fed := map[int]bool{}
	for i := range s.planner.Program.Template().Variables {
		for _, column := range s.planner.Binder.Columns(i) {
			fed[column] = true
		}
	}
	return fed
}

// values are the cells of a row that feed its video, and that are not empty.
func (s *columnsSeen) values(cells []string) []Value {
	fed := s.fed()
	values := []Value{}
	for i, column := range s.columns {
		if fed[i] && i < len(cells) && strings.TrimSpace(cells[i]) != "" {
			values = append(values, Value{column.Name, cells[i]})
		}
	}
	return values
}

package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// open opens the sheet, and binds its columns to the template's variables. All problems
// of the header are found before the first row is read.
func (c *Campaign) open() (*engine.Planner, error) {
	c.problems = slices.Clip(slices.Clone(c.found))
	rows, err := c.openRows()
	if err != nil {
		return nil, refuseSheet(err)
	}
	columns := columnNames(rows)
	binder, problems := templates.NewBinder(columns, c.template.Variables, c.mapping())
	c.bound(problems)
	filter, problems := c.filter(columns)
	c.bound(problems)
	c.file.Rows.Key = sources.ColumnName(c.file.Rows.Key) // as it was copied from the sheet, perhaps
	c.checkKey(columns)
	c.noteEarlier(rows)
	permission := c.permission(columns)
	c.pointAtHeader(rows.Header())
	c.pointAtDelimiter(columns)
	// Every row would have the same error, so no row is read.
	sayings, problems := templates.NewSayings(c.template, columns, c.readBeside)
	c.problems = append(c.problems, problems...)
	if c.problems.HasErrors() {
		rows.Close()
		return nil, refused(c.problems)
	}
	if rows, err = c.correct(rows, c.rowKeys(columns, binder)); err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	p := &engine.Planner{
		File: c.file.Rows.Shown(), Rows: rows, Binder: binder, Filter: filter, Permission: permission, Program: c.program, Boxes: c.boxes, Sayings: sayings, Checker: c.checker, Earlier: c.steps,
		Operation: c.template.Operation, Key: c.file.Rows.Key, Duplicates: engine.Duplicates(c.file.Rows.Duplicates),
		Folder: c.file.Dir, Media: c.file.Rows.MediaFolder, Fetch: c.addresses().recall, NeedPrice: c.file.Budget != nil,
	}
	if c.file.Output.Download {
		p.Filename = c.file.Output.Filename
	}
	return p, nil
}

// openRows opens the rows of the program, of standard input or of the sheet's file.
func (c *Campaign) openRows() (sources.Reader, error) {
	switch {
	case c.options.Rows != nil:
		return sources.FromRows(c.options.Rows.Columns, c.options.Rows.Each), nil
	case c.file.Rows.File == "-":
		return c.openStdin()
	case c.file.Rows.File == "": // it is at an address, and nothing has fetched it yet
		return nil, &sources.FileError{Code: "ROW-ADDRESS", Path: c.file.Rows.Shown(), Message: "no copy of the sheet is here yet", Hint: c.Command("plan") + " fetches it"}
	}
	return sources.Open(c.file.Rows.File, c.sheetOptions())
}

func (c *Campaign) sheetOptions() sources.Options {
	return sources.Options{
		Sheet: c.file.Rows.Sheet, HeaderRow: c.file.Rows.HeaderRow, Missing: c.missing, Encoding: c.file.Rows.Encoding,
		Name: c.sheetName(), Delimiter: c.file.Rows.Delimiter, SkipHidden: c.file.Rows.Hidden == "skip", Dates: c.file.Rows.Dates,
		Earlier: c.file.Rows.Key == "" && c.mayHaveRun(),
	}
}

// mayHaveRun reports whether there is a ledger, as far as a look at the disk tells.
func (c *Campaign) mayHaveRun() bool {
	path, err := c.ledgerFile()
	if err != nil {
		return true // it is kept elsewhere
	}
	_, err = os.Stat(path)
	return err == nil
}

// missing counts the columns that the campaign needs and a header does not have. The
// reader of sheets finds the header row by it.
func (c *Campaign) missing(columns []string) (needed, optional int) {
	_, unbound := templates.NewBinder(columns, c.template.Variables, c.mapping())
	_, unfiltered := c.filter(columns)
	needed, optional = append(unbound, unfiltered...).Count()
	for _, name := range []string{c.file.Rows.Key, c.file.Rows.Consent, c.file.Rows.SuppressColumn} {
		if name = sources.ColumnName(name); name != "" && !slices.Contains(columns, name) {
			needed++
		}
	}
	return needed, optional
}

// pointAtHeader adds to the first missing column which row looks more like the header
// than the one that was read.
func (c *Campaign) pointAtHeader(h sources.Header) {
	i := slices.IndexFunc(c.problems, func(p problem.Problem) bool {
		return p.IsError() && (p.Code == "VAR-NO-COLUMN" || p.Code == "ROW-KEY-COLUMN")
	})
	if i >= 0 && h.Likely > 0 {
		c.problems[i].Message += fmt.Sprintf("; row %d was read as the header, and row %d looks more like it", h.Row, h.Likely)
		c.problems[i].Hint = fmt.Sprintf("set rows.header_row to %d", h.Likely)
	}
}

// mapping is the campaign's mapping of variables, in the form of the templates.
// pointAtDelimiter has the first missing column name the delimiter, where the header was
// read as one column.
func (c *Campaign) pointAtDelimiter(columns []string) {
	i := slices.IndexFunc(c.problems, func(p problem.Problem) bool {
		return p.IsError() && (p.Code == "VAR-NO-COLUMN" || p.Code == "ROW-KEY-COLUMN")
	})
	if i < 0 || len(columns) != 1 {
		return
	}
	if at := strings.IndexAny(columns[0], ";\t|,"); at >= 0 {
		c.problems[i].Hint = fmt.Sprintf("the header was read as one column: leave rows.delimiter out, or set it to %q", columns[0][at:at+1])
	}
}

func (c *Campaign) mapping() templates.Mapping {
	m := templates.Mapping{Locale: c.file.Locale, Sources: map[string]templates.Source{}}
	for name, v := range c.file.Variables {
		m.Sources[name] = templates.Source(v.Source)
	}
	return m
}

// filter compiles the campaign's condition on rows; nil without one.
func (c *Campaign) filter(columns []string) (*templates.Filter, problem.List) {
	if c.file.Rows.Where == "" {
		return nil, nil
	}
	filter, problems := c.mapping().NewFilter(columns, c.file.Rows.Where)
	for i := range problems {
		problems[i].Message = "rows.where: " + problems[i].Message
	}
	return filter, problems
}

// bound points problems of columns and variables at the campaign file, where people mend
// them.
func (c *Campaign) bound(found problem.List) {
	where := c.file.Path
	if where == "" {
		where = c.file.Rows.Shown()
	}
	for _, p := range found.In(where) {
		p.Line = c.file.Variables[p.Variable].Line
		c.problems = append(c.problems, p)
	}
}

// checkKey refuses a key column that the sheet does not have: without keys, changed rows
// would be bought as new ones.
func (c *Campaign) checkKey(columns []string) {
	if c.file.Rows.Key == "" {
		return
	}
	for _, column := range columns {
		if column == c.file.Rows.Key {
			return
		}
	}
	c.problems = append(c.problems, problem.Problem{
		Severity: problem.Error, Code: "ROW-KEY-COLUMN", Place: problem.Place{File: c.file.Rows.Shown()}, Value: c.file.Rows.Key,
		Message: fmt.Sprintf("the sheet has no column %q, which is to name the rows", c.file.Rows.Key),
		Hint:    nearestColumn(c.file.Rows.Key, columns),
	})
}

// refuseSheet ends an operation whose sheet cannot be read.
func refuseSheet(err error) error {
	if fe, ok := errors.AsType[*sources.FileError](err); ok {
		return refused(problem.List{fe.Problem()})
	}
	return fail(Usage, err, "")
}

// pass runs a planner and closes its rows. All operations report errors of the sheet
// through it.
func (c *Campaign) pass(ctx context.Context, p *engine.Planner) (*engine.Plan, error) {
	defer p.Rows.Close()
	plan, err := p.Plan(ctx)
	var fe *sources.FileError
	switch {
	case err == nil:
		if plan.Reread > 0 {
			c.note("note: rows that an earlier version began, and read otherwise: %s; none of them is a new row, and those whose videos are made count as changed", wording.Count(plan.Reread))
		}
		return plan, nil
	case errors.As(err, &fe):
		return nil, refuseSheet(err)
	case ctx.Err() != nil:
		return nil, stopped(ctx)
	}
	return nil, ledgerFailure(err)
}

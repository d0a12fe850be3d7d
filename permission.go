package reelmerge

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/sources"
)

// permission reads who may be sent a video; nil where the campaign does not say. What is
// wrong with it is a problem of the campaign, so that no row is sent by half a list.
func (c *Campaign) permission(columns []string) *engine.Permission {
	rows := c.file.Rows
	if rows.Suppress == "" && rows.Consent == "" {
		return nil
	}
	p := &engine.Permission{Column: -1, Consent: -1}
	if rows.Consent != "" {
		p.Consent = c.permissionColumn("rows.consent", rows.Consent, columns)
	}
	if rows.Suppress == "" {
		return p
	}
	column := rows.SuppressColumn
	if column == "" {
		column = rows.Key
	}
	if column == "" {
		c.unpermitted("CMP-CONFLICT", rows.Suppress, "rows.suppress lists row keys, and the campaign has no rows.key",
			"name the column to compare, for example suppress: {file: "+rows.Suppress+", column: E-Mail}")
		return p
	}
	p.Column = c.permissionColumn("rows.suppress", column, columns)
	list, err := readSuppressed(rows.Suppress, sources.ColumnName(column))
	if err != nil {
		c.unpermitted("CMP-SUPPRESS", rows.Suppress, fmt.Sprintf("the list of rows.suppress cannot be read: %v", wording.WithoutPath(err)),
			"nothing is sent without it: mend the list, or take rows.suppress out")
	}
	p.Suppressed = list
	return p
}

// unpermitted adds a problem, which keeps the campaign from being planned.
func (c *Campaign) unpermitted(code, value, message, hint string) {
	c.problems = append(c.problems, problem.Problem{
		Severity: problem.Error, Code: code, Place: problem.Place{File: c.file.Path}, Value: value, Message: message, Hint: hint,
	})
}

// permissionColumn finds a column, or adds a problem.
func (c *Campaign) permissionColumn(field, name string, columns []string) int {
	i := slices.Index(columns, sources.ColumnName(name))
	if i < 0 {
		c.unpermitted("CMP-COLUMN", name, fmt.Sprintf("%s: the sheet has no column %q", field, name),
			nearestColumn(name, columns))
	}
	return i
}

// readSuppressed reads a list of people who must not be sent a video: the column of that
// name, else the first. Lists come from many programs, so any sheet will do; a list without
// a header has its first line in the header, so that counts as well.
func readSuppressed(path, column string) (map[string]bool, error) {
	sheet, err := sources.Open(path, sources.Options{HeaderRow: 1})
	if err != nil {
		return nil, err
	}
	defer sheet.Close()
	at := max(0, slices.IndexFunc(sheet.Columns(), func(c sources.Column) bool { return c.Name == column }))
	list := map[string]bool{}
	add := func(text string) {
		if text = engine.Suppressible(text); text != "" {
			list[text] = true
		}
	}
	add(sheet.Columns()[at].Name)
	for {
		row, err := sheet.Next()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(row.Faults, func(f sources.Fault) bool { return f.Column == at }); i >= 0 {
			return nil, fmt.Errorf("row %d: %s", row.Number, row.Faults[i].Message)
		}
		add(row.Cells[at])
	}
}

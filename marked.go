package reelmerge

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/reelmerge/reelmerge/problem"
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
// comment. A person mends it in a spreadsheet program, and the program reads it back.
func (c *Campaign) writeMarked(path string, columns []sources.Column, problems problem.List) (string, error) {
	index := map[string]int{}
	for _, column := range columns {
		index[column.Name] = column.Index
	}
	var marks []sources.Mark
	for _, p := range problems {
		// Such a problem has no cell to mark.
		if p.Row == 0 {
			continue // of the campaign or template
		}
		column, known := index[p.Column]
		if !known {
			column = -1
		}
		marks = append(marks, sources.Mark{Row: p.Row, Column: column, Message: markText(p), Warning: !p.IsError()})
	}
	written, err := c.write(output{path, true}, func(w io.Writer) error {
		return sources.WriteMarkedTo(w, c.file.Rows.File, c.sheetOptions(), marks)
	})
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

// markText is the comment of a marked cell: code, message and cure.
func markText(p problem.Problem) string {
	text := p.Code + ": " + p.Message
	if p.Hint != "" {
		text += "\n" + p.Hint
	}
	return text
}

package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/sources"
)

// writeMarked writes a copy of the sheet with every bad cell coloured and
// commented, to be mended in a spreadsheet program and read back.
func (s *setup) writeMarked(path string, columns []sources.Column, problems []engine.Problem) error {
	if s.Rows.File == "-" {
		return fail(exitUsage, errors.New("a marked copy needs a file, not standard input"), "save the sheet to a file first")
	}
	if !strings.EqualFold(filepath.Ext(path), ".xlsx") {
		return fail(exitUsage, fmt.Errorf("write marked copy %q: it is a workbook", path), "give it a name that ends in .xlsx")
	}
	index := map[string]int{}
	for _, c := range columns {
		index[c.Name] = c.Index
	}
	var marks []sources.Mark
	for _, p := range problems {
		if p.Row == 0 {
			continue // of the campaign or template
		}
		column, known := index[p.Column]
		if !known {
			column = -1
		}
		marks = append(marks, sources.Mark{Row: p.Row, Column: column, Message: markText(p), Warning: !p.IsError()})
	}
	err := sources.WriteMarked(s.Rows.File, path, s.sheetOptions(), marks)
	var fe *sources.FileError
	switch {
	case errors.As(err, &fe):
		return fail(exitUsage, fmt.Errorf("write marked copy %q: %s", path, fileMessage(fe)), "choose another file with --marked")
	case err != nil:
		return fail(exitUsage, fmt.Errorf("write marked copy: %w", err), "choose another file with --marked")
	}
	return nil
}

func markText(p engine.Problem) string {
	text := p.Code + ": " + p.Message
	if p.Hint != "" {
		text += "\n" + p.Hint
	}
	return text
}

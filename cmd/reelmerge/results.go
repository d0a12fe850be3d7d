package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

func (a *app) resultsCommand() *cobra.Command {
	var cf campaignFlags
	var out string
	c := &cobra.Command{
		Use:     "results CAMPAIGN",
		Short:   "Write the sheet, with links, costs and reasons",
		Example: "  reelmerge results campaign.yaml\n  reelmerge results campaign.yaml --out made.xlsx",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			store, err := s.peekBooks()
			if err != nil {
				return err
			}
			if store == nil {
				return fail(exitUsage, fmt.Errorf("campaign %q has not run yet", s.Name), "reelmerge run "+s.argument())
			}
			defer store.Close()
			path, err := a.writeResults(s, store, out)
			if err == nil {
				fmt.Fprintln(a.out, path)
			}
			return err
		},
	}
	cf.register(c)
	c.Flags().StringVarP(&out, "out", "o", "", "the `file` to write; default: results beside the ledger, of the sheet's kind")
	return c
}

var errStopped = errors.New("stopped")

// writeResults hands the sheet back: its columns as they are, and what became of
// each row.
func (a *app) writeResults(s *setup, store ledger.Store, out string) (string, error) {
	planner, err := a.open(s)
	if err != nil {
		return "", err
	}
	defer planner.Rows.Close()
	if out == "" {
		out = s.path("results" + resultsExt(s.Rows.File))
	}
	source := report.Source{Path: s.Rows.File, Sheet: planner.Rows.Sheet(), HeaderRow: s.Rows.HeaderRow}
	for _, c := range planner.Rows.Columns() {
		source.Columns = append(source.Columns, c.Name)
	}
	planner.Known = store
	written, err := writeSheet(out, source, s.results(planner, store))
	if err != nil {
		return "", fail(exitBug, fmt.Errorf("write results: %w", err), "the ledger is well; run reelmerge results "+s.argument()+" again")
	}
	return written, nil
}

// writeSheet writes a results sheet of the kind that its name asks for. When
// another program holds the file, it is written beside it.
func writeSheet(path string, source report.Source, rows iter.Seq2[report.RowResult, error]) (string, error) {
	file, err := atomicfile.Create(path)
	if err != nil {
		return "", err
	}
	defer file.Discard()
	if strings.EqualFold(filepath.Ext(path), ".xlsx") {
		err = report.WriteResultsXLSX(file, source, rows)
	} else {
		err = report.WriteResultsCSV(file, source.Columns, sources.Neutralize, rows)
	}
	if err != nil {
		return "", err
	}
	return file.CommitBeside()
}

// resultsExt is the kind of file that the results become: the sheet's own, or
// CSV.
func resultsExt(sheet string) string {
	if strings.EqualFold(filepath.Ext(sheet), ".xlsx") {
		return ".xlsx"
	}
	return ".csv"
}

// results yields every row of the sheet with its entry.
func (s *setup) results(planner *engine.Planner, store ledger.Store) iter.Seq2[report.RowResult, error] {
	return func(yield func(report.RowResult, error) bool) {
		planner.Visit = func(v engine.Visited) error {
			row, err := s.result(v, store)
			if !yield(row, err) {
				return errStopped
			}
			return err
		}
		if _, err := planner.Plan(context.Background()); err != nil && !errors.Is(err, errStopped) {
			yield(report.RowResult{}, err)
		}
	}
}

func (s *setup) result(v engine.Visited, store ledger.Store) (report.RowResult, error) {
	row := report.RowResult{Row: v.Number, Cells: v.Cells, Reason: v.Refusal, WhatToDo: v.Hint}
	if v.Filtered {
		row.Status = report.StatusFiltered
	}
	if v.Key == "" {
		return row, nil
	}
	for entry, err := range store.Entries(ledger.Query{Keys: []string{v.Key}}) {
		if err != nil {
			return row, err
		}
		// A refused row keeps what was made of it before, but not what belongs to
		// the other row that has its key.
		if v.Refusal == "" || entry.State != ledger.Planned && entry.Row == v.Number {
			row.Entry = &entry
		}
	}
	return row, nil
}

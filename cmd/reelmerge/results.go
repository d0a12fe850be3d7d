package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

// resultsFlags are the flags of results.
type resultsFlags struct {
	out   string
	ready bool
	until string
}

func (a *app) resultsCommand() *cobra.Command {
	var cf campaignFlags
	var f resultsFlags
	c := &cobra.Command{
		Use:   "results CAMPAIGN",
		Short: "Write the sheet, with links, costs and reasons",
		Example: "  reelmerge results campaign.yaml\n  reelmerge results campaign.yaml --out made.xlsx\n" +
			"  reelmerge results campaign.yaml --send-ready --until 2026-12-24",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.load(args[0], cf)
			if err != nil {
				return err
			}
			return a.results(c.Context(), s, f)
		},
	}
	cf.register(c)
	flags := c.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "the `file` to write; default: results beside the ledger, of the sheet's kind")
	flags.BoolVar(&f.ready, "send-ready", false, "only rows that can be mailed: whose link answers, lasts, and leads to something of plausible size")
	flags.StringVar(&f.until, "until", "", "with --send-ready: the `day` until which links must last, as 2026-12-24")
	return c
}

func (a *app) results(ctx context.Context, s *setup, f resultsFlags) error {
	if f.until != "" && !f.ready {
		return fail(exitUsage, errors.New("--until is for --send-ready"), "add --send-ready, or leave --until out")
	}
	if err := s.vetOutputs(f.out); err != nil {
		return err
	}
	store, err := s.peekBooks()
	if err != nil {
		return err
	}
	if store == nil {
		return s.notRunYet()
	}
	defer store.Close()
	if ext := strings.ToLower(filepath.Ext(f.out)); f.out != "" && ext != ".csv" && ext != ".xlsx" {
		return fail(exitUsage, fmt.Errorf("--out %q: results are a workbook or CSV", f.out), "give it a name that ends in .xlsx or .csv")
	}
	out := sheetOut{path: f.out, named: f.out != ""}
	var mail *mailing
	if f.ready {
		if mail, err = a.newMailing(ctx, s, f.until); err != nil {
			return err
		}
		defer mail.client.close()
		out.path, out.keep = cmp.Or(f.out, s.path("send-ready"+resultsExt(s.Rows.File))), mail.ready
	}
	path, err := a.writeResults(s, store, out)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"campaign": s.Name, "results": path})
	}
	if f.ready {
		a.say("%s can be mailed", some(mail.found, "row"))
	}
	_, err = fmt.Fprintln(a.out, report.Clean(path))
	return err
}

// sheetOut is a results sheet that is to be written: where, and which rows. A
// nil keep keeps all.
type sheetOut struct {
	path  string
	named bool // by a person
	keep  func(ledger.Entry) (ledger.Entry, bool)
}

var errStopped = errors.New("stopped")

// writeResults hands the sheet back: its columns as they are, and what became of
// each row.
func (a *app) writeResults(s *setup, store ledger.Store, out sheetOut) (string, error) {
	planner, err := a.open(s)
	if err != nil {
		return "", err
	}
	defer planner.Rows.Close()
	source := report.Source{Path: s.Rows.File, Sheet: planner.Rows.Sheet(), HeaderRow: s.Rows.HeaderRow}
	for _, c := range planner.Rows.Columns() {
		source.Columns = append(source.Columns, c.Name)
	}
	planner.Known = store
	sheet := report.Results{
		Path: cmp.Or(out.path, s.path("results"+resultsExt(s.Rows.File))), Source: source, Neutralize: sources.Neutralize,
	}
	written, err := a.write(output{s, sheet.Path, out.named}, func(w io.Writer) error {
		return sheet.Write(w, s.results(planner, store, out.keep))
	})
	var known *failure
	if err != nil && !errors.As(err, &known) {
		err = fail(exitBug, err, "the ledger is well; run reelmerge results "+s.argument()+" again")
	}
	return written, err
}

// resultsExt is the kind of file that the results become: the sheet's own, or
// CSV.
func resultsExt(sheet string) string {
	if strings.EqualFold(filepath.Ext(sheet), ".xlsx") {
		return ".xlsx"
	}
	return ".csv"
}

// results yields the rows of the sheet with their entries: all of them, or those
// that keep keeps.
func (s *setup) results(planner *engine.Planner, store ledger.Store, keep func(ledger.Entry) (ledger.Entry, bool)) iter.Seq2[report.RowResult, error] {
	return func(yield func(report.RowResult, error) bool) {
		reasons := lastRefusals(store)
		planner.Visit = func(v engine.Visited) error {
			row, err := s.result(v, store)
			if row.Entry == nil && row.Reason == "" && row.Status == "" {
				row.Reason = reasons[ledger.Refusal{Row: v.Number, Key: v.Key}]
			}
			if err == nil && keep != nil && !kept(&row, keep) {
				return nil
			}
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

// lastRefusals says why the last run refused rows, for those whose reason only a
// network tells, which results do without. A ledger that does not say leaves the
// reasons out.
func lastRefusals(store ledger.Store) map[ledger.Refusal]string {
	reasons := map[ledger.Refusal]string{}
	if summary, err := store.Summary(); err == nil && summary.Run != nil {
		for _, r := range summary.Run.Refused {
			reasons[ledger.Refusal{Row: r.Row, Key: r.Key}] = r.Reason
		}
	}
	return reasons
}

func kept(row *report.RowResult, keep func(ledger.Entry) (ledger.Entry, bool)) bool {
	if row.Entry == nil {
		return false
	}
	entry, ok := keep(*row.Entry)
	row.Entry = &entry
	return ok
}

func (s *setup) result(v engine.Visited, store ledger.Store) (report.RowResult, error) {
	row := report.RowResult{Row: v.Number, Cells: v.Cells, Reason: v.Refusal, WhatToDo: v.Hint}
	if v.Action == engine.ActionFiltered {
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
	if row.Entry != nil && row.WhatToDo == "" {
		row.WhatToDo = report.Advice{Campaign: s.argument()}.For(*row.Entry)
	}
	return row, nil
}

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
	"github.com/reelmerge/reelmerge/internal/wording"
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
	flags.BoolVar(&f.ready, "send-ready", false, "only rows that can be mailed: still as they were bought, with a link that answers, lasts, and leads to something of plausible size")
	flags.StringVar(&f.until, "until", "", "with --send-ready: the `day` until which links must last, as 2026-12-24")
	return c
}

func (a *app) results(ctx context.Context, s *setup, f resultsFlags) error {
	if err := s.vetResults(f); err != nil {
		return err
	}
	out := sheetOut{path: f.out, named: f.out != ""}
	var mail *mailing
	if f.ready {
		var err error
		if mail, err = a.lookAtLinks(ctx, s, f.until); err != nil {
			return err
		}
		defer mail.client.close()
		out.path, out.keep = cmp.Or(f.out, s.path("send-ready"+resultsExt(s.Rows.File))), mail.ready
	}
	store, err := s.peekBooks()
	if err != nil {
		return err
	}
	if store == nil {
		return s.notRunYet()
	}
	defer store.Close()
	sheet, unwritten := a.writeResults(ctx, s, store, out)
	if sheet.path == "" {
		return unwritten
	}
	if err := a.printHandedBack(s, sheet); err != nil {
		return err
	}
	if mail != nil {
		return cmp.Or(unwritten, mail.conclude(sheet))
	}
	return unwritten
}

// printHandedBack says where the results are, and how many rows wait for a decision.
func (a *app) printHandedBack(s *setup, sheet handedBack) error {
	if a.json {
		return a.printJSON(map[string]any{"campaign": s.Name, "results": sheet.path, "changed": sheet.changed})
	}
	if _, err := fmt.Fprintln(a.out, wording.Clean(sheet.path)); err != nil {
		return err
	}
	a.tellChanged(s, sheet.changed)
	return nil
}

// vetResults refuses what could not be written, or should not be mailed, before
// anything is read.
func (s *setup) vetResults(f resultsFlags) error {
	switch ext := strings.ToLower(filepath.Ext(f.out)); {
	case f.until != "" && !f.ready:
		return fail(exitUsage, errors.New("--until is for --send-ready"), "add --send-ready, or leave --until out")
	case f.out != "" && ext != ".csv" && ext != ".xlsx":
		return fail(exitUsage, fmt.Errorf("--out %q: results are a workbook or CSV", f.out), "give it a name that ends in .xlsx or .csv")
	case f.ready && s.isTest():
		return fail(exitUsage, errors.New("no row can be mailed: the simulator's links lead to test pictures"),
			"make the real videos first: run without --sandbox, and without provider: sandbox in the campaign")
	}
	return s.vetOutputs(f.out)
}

// tellChanged says how many rows are not as they were bought, and who decides.
func (a *app) tellChanged(s *setup, changed int) {
	if changed == 0 || a.json {
		return
	}
	a.say("%s changed since bought: results say which, and no mailing has them until you decide", wording.Plural(changed, "row"))
	l := todo{setup: s}
	l.addChanged(changed)
	a.printNext(l.steps...)
}

// sheetOut is a results sheet that is to be written: where, and which rows, of
// which keep may change what is said. A nil keep keeps all.
type sheetOut struct {
	path  string
	named bool // by a person
	keep  func(*report.RowResult) bool
}

// handedBack is a results sheet that was written.
type handedBack struct {
	path    string
	changed int // rows that are not as they were bought
}

var errStopped = errors.New("stopped")

// writeResults hands the sheet back: its columns as they are, and what became of
// each row. Rows that are paid for are handed back in any case: where the workbook
// cannot be written they come as CSV, and there is an error beside the path.
func (a *app) writeResults(ctx context.Context, s *setup, store ledger.Store, out sheetOut) (done handedBack, err error) {
	out.path = cmp.Or(out.path, s.path("results"+resultsExt(s.Rows.File)))
	done, err = a.writeSheet(ctx, s, store, out)
	if codeOf(err) != exitBug || resultsExt(out.path) == ".csv" {
		return done, err
	}
	out.path = strings.TrimSuffix(out.path, filepath.Ext(out.path)) + ".csv"
	done, second := a.writeSheet(ctx, s, store, out)
	if second != nil {
		return handedBack{}, err
	}
	return done, fail(exitRows, fmt.Errorf("%w; the results are in %q instead", err, done.path),
		"save the sheet again in a spreadsheet program, and run again: "+s.command("results"))
}

// writeSheet writes one file of results.
func (a *app) writeSheet(ctx context.Context, s *setup, store ledger.Store, out sheetOut) (done handedBack, err error) {
	planner, err := a.openBeside(s, store)
	if err != nil {
		return done, err
	}
	defer planner.Rows.Close()
	sheet := report.Results{Path: out.path, Source: s.source(planner, out), Neutralize: sources.Neutralize}
	keep := func(row *report.RowResult) bool {
		if row.Status == report.StatusChanged {
			done.changed++
		}
		return out.keep == nil || out.keep(row)
	}
	done.path, err = a.write(output{s, sheet.Path, out.named}, func(w io.Writer) error {
		return sheet.Write(w, s.results(ctx, planner, store, keep))
	})
	var known *failure
	switch {
	case err == nil || errors.As(err, &known):
	case ctx.Err() != nil:
		err = exit(signalCode(ctx))
	default:
		a.logPanic(err)
		err = fail(exitBug, err, "the ledger is well; run again: "+s.command("results"))
	}
	return done, err
}

// openBeside opens the sheet to compare it with the ledger, without a network.
func (a *app) openBeside(s *setup, store ledger.Store) (*engine.Planner, error) {
	planner, err := a.open(s)
	if err != nil {
		return nil, err
	}
	planner.Known, planner.Fetch = store, s.addresses(a).remembered
	planner.NeedPrice = false // what was bought is as it was, whatever is known of prices by now
	return planner, nil
}

// changedSince is how many bought rows the sheet, as it is now, says otherwise. Where
// it cannot be read any more, what the run has read counts. A bug in the reading is
// kept from the end of the run, which is still to be told.
func (a *app) changedSince(ctx context.Context, s *setup, j sending) int {
	changed := j.plan.Actions.Changed
	_ = a.guarded(func() error { // the log has the panic
		if plan := a.compare(ctx, s, j.store); plan != nil {
			changed = plan.Actions.Changed
		}
		return nil
	})
	return changed
}

// compare plans beside the ledger for a command that also does without the sheet:
// nil where it cannot be read, which no message says.
func (a *app) compare(ctx context.Context, s *setup, store ledger.Store) *engine.Plan {
	quiet, own := *a, *s
	quiet.out, quiet.err = io.Discard, io.Discard
	own.stdin.used = true // what stands in for a stream is its copy
	planner, err := quiet.openBeside(&own, store)
	if err != nil {
		return nil
	}
	planner.Most = 1 // the problems are not shown
	plan, err := quiet.plan(ctx, planner)
	if err != nil {
		return nil
	}
	return plan
}

// source describes the sheet. A part of its rows goes into a new file: in a copy
// of the workbook the others would still be there.
func (s *setup) source(planner *engine.Planner, out sheetOut) report.Source {
	source := report.Source{Path: s.Rows.File, Sheet: planner.Rows.Sheet(), HeaderRow: planner.Rows.Header().Row}
	if out.keep != nil {
		source.Path, source.HeaderRow = "", 1
	}
	for _, c := range planner.Rows.Columns() {
		source.Columns, source.Letters = append(source.Columns, c.Name), append(source.Letters, c.Letter)
	}
	return source
}

// resultsExt is the kind of file that the results become: the sheet's own, or
// CSV.
func resultsExt(sheet string) string {
	if strings.EqualFold(filepath.Ext(sheet), ".xlsx") {
		return ".xlsx"
	}
	return ".csv"
}

// results yields the rows of the sheet with their entries, of those that keep
// keeps.
func (s *setup) results(ctx context.Context, planner *engine.Planner, store ledger.Store, keep func(*report.RowResult) bool) iter.Seq2[report.RowResult, error] {
	return func(yield func(report.RowResult, error) bool) {
		reasons := lastRefusals(ctx, store)
		planner.Visit = func(v engine.Visited) error {
			row, err := s.result(ctx, v, store)
			if reason := reasons[ledger.Refusal{Row: v.Number, Key: v.Key}]; row.Entry == nil && row.Status == report.StatusPlanned && reason != "" {
				row.Status, row.Reason, row.WhatToDo = report.StatusRefused, reason, ""
			}
			if err == nil && !keep(&row) {
				return nil
			}
			if !yield(row, err) {
				return errStopped
			}
			return err
		}
		if _, err := planner.Plan(ctx); err != nil && !errors.Is(err, errStopped) {
			yield(report.RowResult{}, err)
		}
	}
}

// lastRefusals says why the last run refused rows, for those whose reason only a
// network tells, which results do without. A ledger that does not say leaves the
// reasons out.
func lastRefusals(ctx context.Context, store ledger.Store) map[ledger.Refusal]string {
	reasons := map[ledger.Refusal]string{}
	if summary, err := store.Summary(ctx); err == nil && summary.Run != nil {
		for _, r := range summary.Run.Refused {
			reasons[ledger.Refusal{Row: r.Row, Key: r.Key}] = r.Reason
		}
	}
	return reasons
}

// result joins a row with its entry. What the plan says of the row decides whether
// the entry's video is the row's.
func (s *setup) result(ctx context.Context, v engine.Visited, store ledger.Store) (report.RowResult, error) {
	row := report.RowResult{Row: v.Number, Cells: v.Cells, Reason: v.Refusal, WhatToDo: v.Hint}
	if v.Key != "" {
		entry, err := ledger.Find(ctx, store, v.Key)
		if err != nil {
			return row, err
		}
		// A refused row keeps what was made of it before, but not what belongs to
		// the other row that has its key.
		if entry.Key != "" && (v.Refusal == "" || entry.State != ledger.Planned && entry.Row == v.Number) {
			row.Entry = &entry
		}
	}
	s.judge(&row, v.Action)
	return row, nil
}

// judge says what a row is, where its entry alone would say something else.
func (s *setup) judge(row *report.RowResult, action engine.Action) {
	advice := report.Advice{Command: s.command}
	switch {
	case action == engine.ActionFiltered:
		row.Status = report.StatusFiltered
	case action == engine.ActionRefused:
		row.Status = report.StatusRefused
		if row.Entry != nil && row.Entry.State == ledger.Succeeded {
			row.Reason += "; its video shows what the row said before"
		}
	case row.Entry == nil:
		row.Status, row.WhatToDo = report.StatusPlanned, advice.For(ledger.Entry{State: ledger.Planned})
	case action == engine.ActionChanged:
		row.Status = report.StatusChanged
		row.Reason, row.WhatToDo = advice.Changed(*row.Entry)
	case row.Entry.State == ledger.Succeeded && s.isTest():
		row.Status = report.StatusTest
	}
	if row.Entry != nil && row.WhatToDo == "" {
		row.WhatToDo = advice.For(*row.Entry)
	}
}

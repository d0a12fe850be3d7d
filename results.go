package reelmerge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

// Result is the outcome of one row. Its JSON is that of `results --json`.
type Result struct {
	Key       string        `json:"key"`
	Row       int           `json:"row"`    // the number a spreadsheet program shows
	Status    string        `json:"status"` // a word of package report: made, failed
	VideoURL  string        `json:"video_url"`
	ShareURL  string        `json:"share_url"`
	Thumbnail string        `json:"thumbnail_url"`
	VideoFile string        `json:"video_file"` // in the folder of videos; empty: not fetched
	Seconds   float64       `json:"seconds"`    // of the video; 0: not known
	Amount    credit.Amount `json:"amount"`     // what all attempts cost
	Unit      string        `json:"unit"`
	Basis     credit.Basis  `json:"credits_basis"`
	// Money is the amount in the currency of the campaign's rate; nil without one.
	Money    *Money `json:"money"`
	Reason   string `json:"reason"`
	WhatToDo string `json:"what_to_do"`
}

// Money is an amount of a currency.
type Money struct {
	Currency string        `json:"currency"`
	Amount   credit.Amount `json:"amount"`
}

// priced adds the amount in money, if the campaign has a rate.
func (c *Campaign) priced(r Result) Result {
	if rate := c.rate(); rate != nil && r.Unit != "" {
		r.Money = &Money{rate.Currency, inMoney(r.Amount, rate)}
	}
	return r
}

// inMoney is an amount at a rate.
func inMoney(amount credit.Amount, rate *report.Rate) credit.Amount {
	return amount.Ratio(int64(rate.PerUnit), int64(credit.Unit))
}

// Results yields every row of the sheet, in its order, with its outcome. Each row is
// compared with the ledger while it is read: a video of earlier contents is no result of
// the row, see [report.StatusChanged].
func (c *Campaign) Results(ctx context.Context) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		store, err := c.peekExisting(ctx)
		if err != nil {
			yield(Result{}, err)
			return
		}
		defer store.Close()
		planner, err := c.openBeside(store)
		if err != nil {
			yield(Result{}, err)
			return
		}
		defer planner.Rows.Close()
		for row, err := range c.joined(ctx, planner, store) {
			if !yield(c.priced(row.result()), err) {
				return
			}
		}
	}
}

// ResultsOptions say which results are written, and to which file.
type ResultsOptions struct {
	// Path is the file, a workbook or CSV; empty: beside the ledger, of the sheet's kind.
	Path string
	// Mailable leaves out all rows but those that can be mailed: still as they were
	// bought, with a link that answers and leads to something of plausible size.
	Mailable bool
	// To takes the results as CSV in the place of a file.
	To io.Writer
	// Rows keeps the results of the written rows for [Written].
	Rows bool
	// Until is the time until which the links of mailable rows must last; zero for now.
	Until time.Time
}

// Written is a file of results.
type Written struct {
	Path     string
	Changed  int      // rows that are not as they were bought, and wait for a decision
	Mailable int      // rows that can be mailed, where they were asked for
	Problems int      // rows with a video that have problems now, where mailable ones were asked for
	Rows     []Result // that were written, where they were asked for
}

// WriteResults writes the sheet with its columns as they are, and with the outcome of
// each row. If the workbook cannot be written, the results are written as CSV, and an
// error is returned beside the path: the videos are paid, and their links must not be
// lost over a file format.
func (c *Campaign) WriteResults(ctx context.Context, o ResultsOptions) (Written, error) {
	if err := c.vetResults(o); err != nil {
		return Written{}, err
	}
	out := sheetOut{path: o.Path, named: o.Path != "", rows: o.Rows, to: o.To}
	var mail *mailing
	if o.Mailable {
		var err error
		if mail, err = c.lookAtLinks(ctx, o.Until); err != nil {
			return Written{}, err
		}
		defer mail.client.close()
		out.path = cmp.Or(o.Path, c.path("send-ready"+resultsExt(c.file.Rows.File)))
		out.keep = mail.ready
	}
	store, err := c.peekExisting(ctx)
	if err != nil {
		return Written{}, err
	}
	defer store.Close()
	done, err := c.writeResults(ctx, store, out)
	if mail != nil {
		done.Mailable, done.Problems = len(mail.mailable), mail.refused
	}
	return done, err
}

// vetResults refuses a file that cannot be written, and links that must not be mailed,
// before anything is read.
func (c *Campaign) vetResults(o ResultsOptions) error {
	switch ext := strings.ToLower(filepath.Ext(o.Path)); {
	case o.Path != "" && ext != ".csv" && ext != ".xlsx":
		return fail(Usage, fmt.Errorf("--out %q: results are a workbook or CSV", o.Path), "give it a name that ends in .xlsx or .csv")
	case o.Mailable && c.IsTest():
		return fail(Usage, errors.New("no row can be mailed: "+c.TestLine()),
			"make the real videos first: run without --sandbox and --test, and without provider: sandbox or test in the campaign")
	}
	return c.vetOutputs(o.Path)
}

// sheetOut is a results sheet to be written. keep chooses its rows and may change them;
// nil keeps all.
type sheetOut struct {
	path  string
	named bool // by a person
	keep  func(*report.RowResult) bool
	rows  bool      // they are kept
	to    io.Writer // in the place of the file; nil: the file
}

var errStopped = errors.New("stopped")

// writeResults writes the results, and once more as CSV if the workbook cannot be made.
// The second error is of no use to a person, so the first is returned.
func (c *Campaign) writeResults(ctx context.Context, store ledger.Store, out sheetOut) (done Written, err error) {
	out.path = cmp.Or(out.path, c.path("results"+resultsExt(c.file.Rows.File)))
	done, err = c.writeSheet(ctx, store, out)
	if CauseOf(err) != Bug || resultsExt(out.path) == ".csv" {
		return done, err
	}
	out.path = strings.TrimSuffix(out.path, filepath.Ext(out.path)) + ".csv"
	// CSV needs no library that can fail on a strange workbook.
	done, second := c.writeSheet(ctx, store, out)
	if second != nil {
		return Written{}, err
	}
	return done, fail(BadRows, fmt.Errorf("%w; the results are in %q instead", err, done.Path),
		"save the sheet again in a spreadsheet program, and run again:", next("results"))
}

// writeSheet writes one file of results.
func (c *Campaign) writeSheet(ctx context.Context, store ledger.Store, out sheetOut) (done Written, err error) {
	planner, err := c.openBeside(store)
	if err != nil {
		return done, err
	}
	defer planner.Rows.Close()
	sheet := report.Results{Path: out.path, Source: c.source(planner, out), Neutralize: sources.Neutralize, Records: recordsOf(planner.Rows), Mailing: out.keep != nil, Corrected: c.corrected != nil}
	rows := func(yield func(report.RowResult, error) bool) {
		for row, err := range c.joined(ctx, planner, store) {
			if row.Status == report.StatusChanged {
				done.Changed++
			}
			if err == nil && out.keep != nil && !out.keep(&row.RowResult) {
				continue
			}
			if err == nil && out.rows {
				done.Rows = append(done.Rows, c.priced(row.result()))
			}
			if !yield(row.RowResult, err) {
				return
			}
		}
	}
	if out.to != nil {
		sheet.Path, done.Path = "-.csv", "-"
		return done, sheet.Write(out.to, rows)
	}
	done.Path, err = c.write(output{path: sheet.Path, named: out.named}, func(w io.Writer) error { return sheet.Write(w, rows) })
	var known *Error
	switch {
	case err == nil || errors.As(err, &known):
	case ctx.Err() != nil:
		err = stopped(ctx)
	default:
		c.logPanic(err)
		err = fail(Bug, err, "the ledger is complete; run again:", next("results"))
	}
	return done, err
}

// recordsOf writes CSV in the dialect of the customer's sheet; nil stands for the usual
// one.
func recordsOf(rows sources.Reader) func(io.Writer) report.RecordWriter {
	if corrected, ok := rows.(*correctedRows); ok {
		rows = corrected.Reader
	}
	if copied, ok := rows.(stdinCopy); ok {
		rows = copied.Reader
	}
	dialect, ok := sources.DialectOf(rows)
	if !ok {
		return nil
	}
	return func(w io.Writer) report.RecordWriter { return dialect.NewWriter(w) }
}

// openBeside opens the sheet to compare it with the ledger, without using a network.
func (c *Campaign) openBeside(store ledger.Store) (*engine.Planner, error) {
	planner, err := c.open()
	if err != nil {
		return nil, err
	}
	planner.Ledger = store
	planner.Going = isGoing(store)
	planner.Fetch = c.addresses().remembered
	planner.NeedPrice = false // bought rows keep their price, so a missing price list is no reason to refuse them
	return planner, nil
}

// source describes the sheet. If only some rows are written, they go into a new file: a
// copy of the workbook would contain the others as well.
func (c *Campaign) source(planner *engine.Planner, out sheetOut) report.Source {
	source := report.Source{Path: c.file.Rows.File, Sheet: planner.Rows.Sheet(), HeaderRow: planner.Rows.Header().Row}
	if out.keep != nil {
		source.Path = ""
		source.HeaderRow = 1
	}
	// The letters are kept beside the names: a sheet may begin in column B.
	for _, column := range planner.Rows.Columns() {
		source.Columns, source.Letters = append(source.Columns, column.Name), append(source.Letters, column.Letter)
	}
	return source
}

// resultsExt is the kind of the results file: a workbook if the sheet is one, else CSV. An
// ODS is read and never written, and the programs that open it open an XLSX as well.
func resultsExt(sheet string) string {
	switch strings.ToLower(filepath.Ext(sheet)) {
	case ".xlsx", ".ods":
		return ".xlsx"
	}
	return ".csv"
}

// joinedRow is a row of the sheet with its entry.
type joinedRow struct {
	report.RowResult
	key   string
	cells []string // with their corrections
}

// result returns the outcome of the row.
func (r joinedRow) result() Result {
	done := Result{Key: r.key, Row: r.Row, Status: cmp.Or(r.Status, report.StatusOf(r.Entry)), Reason: r.Reason, WhatToDo: r.WhatToDo}
	if e := r.Entry; e != nil {
		done.VideoURL, done.ShareURL, done.Thumbnail = e.Result.VideoURL, e.Result.ShareURL, e.Result.ThumbnailURL
		done.VideoFile = e.Fetched.File
		done.Seconds = e.Result.Duration.Seconds()
		done.Amount = e.Money.Charged
		done.Unit = e.Account.Unit
		done.Basis = e.Basis
		done.Reason = cmp.Or(r.Reason, e.Reason)
	}
	return done
}

// joined yields the rows of the sheet with their entries.
func (c *Campaign) joined(ctx context.Context, planner *engine.Planner, store ledger.Store) iter.Seq2[joinedRow, error] {
	return func(yield func(joinedRow, error) bool) {
		reasons := lastRefusals(ctx, store)
		planner.Visit = func(v engine.Visited) error {
			row, err := c.result(ctx, v, store)
			// Without a network the row looks ready, but the last run has refused it.
			if reason := reasons[ledger.Refusal{Row: v.Number, Key: v.Key}]; row.Entry == nil && row.Status == report.StatusToSend && reason != "" {
				row.Status = report.StatusProblems
				row.Reason = reason
				row.WhatToDo = ""
			}
			if !yield(joinedRow{row, v.Key, v.Cells}, err) {
				return errStopped
			}
			return err
		}
		if _, err := planner.Plan(ctx); err != nil && !errors.Is(err, errStopped) {
			yield(joinedRow{}, err)
		}
	}
}

// lastRefusals returns the last run's reasons for refused rows. Results use no network,
// and some reasons can be found only with one.
func lastRefusals(ctx context.Context, store ledger.Store) map[ledger.Refusal]string {
	reasons := map[ledger.Refusal]string{}
	if summary, err := store.Summary(ctx); err == nil && summary.Run != nil {
		for _, r := range summary.Run.Refused {
			reasons[ledger.Refusal{Row: r.Row, Key: r.Key}] = r.Reason
		}
	}
	return reasons
}

// result joins a row with its entry. The plan's action decides whether the entry's video
// is of the row as it is now.
func (c *Campaign) result(ctx context.Context, v engine.Visited, store ledger.Store) (report.RowResult, error) {
	row := report.RowResult{Row: v.Number, Cells: v.Cells, Reason: v.Refusal, WhatToDo: v.Hint}
	if v.Wait != nil {
		row.Reason, row.WhatToDo = v.Wait.Text(), c.cureOf(*v.Wait)
	}
	if v.Sheet != nil {
		row.Cells, row.Corrected = v.Sheet, correctedText(c.corrected.names(), v.Sheet, v.Cells)
	}
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
	if rate := c.rate(); rate != nil && row.Entry != nil {
		row.Cost, row.Currency = inMoney(row.Entry.Money.Charged, rate).String(), rate.Currency
	}
	c.judge(&row, v.Action)
	return row, nil
}

// judge sets the status of a row where that of its entry alone would be wrong.
func (c *Campaign) judge(row *report.RowResult, action engine.Action) {
	advice := report.Advice{Command: c.Command}
	switch {
	case action == engine.ActionFiltered:
		row.Status = report.StatusLeftOut
	case action == engine.ActionRefused:
		row.Status = report.StatusProblems
		if row.Entry != nil && row.Entry.State == ledger.Succeeded {
			row.Reason += "; its video shows what the row said before"
		}
	case row.Entry == nil:
		row.Status, row.WhatToDo = report.StatusToSend, advice.For(ledger.Entry{State: ledger.Planned})
	case action == engine.ActionChanged:
		row.Status = report.StatusChanged
		row.Reason, row.WhatToDo = advice.Changed(*row.Entry)
	case row.Entry.State == ledger.Succeeded && c.IsTest():
		row.Status = report.StatusTest
	}
	if row.Entry != nil && row.Entry.State == ledger.Unsure && row.Reason == "" {
		row.Reason = PlainReason(row.Entry.Reason)
	}
	if row.Entry != nil && row.WhatToDo == "" {
		row.WhatToDo = advice.For(*row.Entry)
	}
}

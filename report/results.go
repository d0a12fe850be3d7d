package report

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// The words of the column video_status.
const (
	StatusMade      = "made"         // the video is there, with its link
	StatusBeingMade = "being made"   // asked for, and not finished yet
	StatusNotKnown  = "not known"    // it is not known whether it was made: a person decides
	StatusFailed    = "failed"       // refused or not made by the service
	StatusCancelled = "cancelled"    // a person stopped it
	StatusToSend    = "to send"      // checked, and not sent yet
	StatusProblems  = "has problems" // nothing is sent for the row
	StatusLeftOut   = "left out"     // the campaign's filter leaves the row out
	StatusChanged   = "changed"      // bought, and the row has changed since
	StatusTest      = "test"         // made by the simulator: nothing was paid
)

// Source describes the customer's sheet that results go back into.
type Source struct {
	Path      string   // of the file
	Sheet     string   // the worksheet; empty where there is none
	HeaderRow int      // the row of the column names, counted from 1
	Columns   []string // their names, in order
	Letters   []string // the columns as a spreadsheet program names them; empty for A, B, C, …
}

// RowResult is the outcome of one row.
type RowResult struct {
	Row   int      // the number a spreadsheet program shows
	Cells []string // the row's own cells, as displayed
	Entry *ledger.Entry
	// Status is one of the words above. Empty means that it follows from the
	// entry; without an entry the row was refused.
	Status string
	// Reason and WhatToDo default to the entry's reason and to nothing.
	Reason, WhatToDo string
	// Cost is the entry's charge in money, and Currency the money's name; both are empty
	// where the campaign has no rate.
	Cost, Currency string
	Corrected      string // what corrections changed in the row: name: Anne → Anna
}

// The places of our columns.
const (
	columnStatus = iota
	columnVideo
	columnShare
	columnThumbnail
	columnFile
	columnSeconds
	columnCredits
	columnUnit
	columnBasis
	columnCost
	columnCurrency
	columnReason
	columnWhatToDo
	columnJob
	columnSubmitted
	columnFinished
	columnCorrected // only where the campaign has corrections
	ownColumns
)

// ResultColumns returns the names of our columns, in order. A column of the customer's
// that has one of these names gives way to ours, see [EarlierResults]: so none of them is
// a usual word of sheets, such as cost or unit.
func ResultColumns() []string {
	return []string{
		"video_status", "video_url", "share_url", "thumbnail_url", "video_file", "video_seconds",
		"credits", "credits_unit", "credits_basis", "video_cost", "video_currency",
		"reason", "what_to_do", "provider_job", "submitted_at", "finished_at",
	}
}

// columnNames are all names, with that of the column that only campaigns with corrections
// have.
func columnNames() []string { return append(ResultColumns(), "corrected") }

// allColumns are the places of all our columns, and mailColumns those that a mailing needs: a
// mailing tool stores what it is given, and costs and job names are not its business.
func allColumns() []int {
	all := make([]int, ownColumns)
	for i := range all {
		all[i] = i
	}
	return all
}

func mailColumns() []int { return []int{columnVideo, columnShare, columnThumbnail} }

// isLinkColumn reports whether a column of ours holds links.
func isLinkColumn(column int) bool { return slices.Contains(mailColumns(), column) }

// chosen returns the texts at the places.
func chosen(texts []string, places []int) []string {
	kept := make([]string, len(places))
	for i, place := range places {
		kept[i] = texts[place]
	}
	return kept
}

// StatusOf returns the word for the state of an entry; nil is a refused row.
func StatusOf(e *ledger.Entry) string {
	if e == nil {
		return StatusProblems
	}
	switch e.State {
	case ledger.Succeeded:
		return StatusMade
	case ledger.Intended, ledger.Submitted:
		return StatusBeingMade
	case ledger.Unsure:
		return StatusNotKnown
	case ledger.Failed:
		return StatusFailed
	case ledger.Cancelled:
		return StatusCancelled
	case ledger.Planned:
		return StatusToSend
	}
	return StatusNotKnown
}

// values returns our columns of the row. Every text from a service or a sheet is cleaned
// of control characters: a results sheet is opened by programs and shown on terminals.
func (r RowResult) values() [ownColumns]string {
	status := r.Status
	if status == "" {
		status = StatusOf(r.Entry)
	}
	v := [ownColumns]string{columnStatus: status, columnCorrected: wording.Clean(r.Corrected), columnReason: wording.Clean(r.Reason), columnWhatToDo: wording.Clean(r.WhatToDo)}
	if r.Entry == nil {
		return v
	}
	e := r.Entry
	if r.Reason == "" && e.State != ledger.Succeeded {
		v[columnReason] = wording.Clean(e.Reason)
	}
	v[columnVideo] = wording.Clean(e.Result.VideoURL)
	v[columnShare] = wording.Clean(e.Result.ShareURL)
	v[columnThumbnail] = wording.Clean(e.Result.ThumbnailURL)
	v[columnFile] = wording.Clean(e.Fetched.File)
	if e.Result.Duration > 0 {
		v[columnSeconds] = strconv.FormatFloat(e.Result.Duration.Seconds(), 'f', -1, 64)
	}
	if v[columnCredits], v[columnBasis] = cost(*e); v[columnCredits] != "" {
		v[columnUnit] = wording.Clean(e.Account.Unit)
		v[columnCost], v[columnCurrency] = r.Cost, r.Currency
	}
	v[columnJob] = wording.Clean(e.Ticket.Job)
	v[columnSubmitted] = stamp(e.SubmittedAt)
	v[columnFinished] = stamp(e.SettledAt)
	return v
}

// cost returns the amount that all attempts of the row cost its account, once that is
// settled, and how it is known. A finished video without a known price has no amount:
// zero would say that it was free.
func cost(e ledger.Entry) (amount, basis string) {
	switch {
	case !e.State.Settled() && e.Money.Charged == 0:
		return "", ""
	case e.Basis == credit.Unknown && e.Money.Charged == 0 && e.State == ledger.Succeeded:
		return "", e.Basis.String()
	}
	return e.Money.Charged.String(), e.Basis.String()
}

// stamp writes a time as RFC 3339 in UTC, which sorts as text.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// RecordWriter writes the records of a text file in the dialect of another.
type RecordWriter interface {
	Write(record []string) error
}

// writeCSV writes the results as text. Without a dialect of the customer's sheet it is
// UTF-8 with a byte order mark: without the mark Excel takes the text for the code page of
// the machine.
func (r Results) writeCSV(w io.Writer, rows iter.Seq2[RowResult, error]) error {
	buffered := bufio.NewWriter(w)
	if r.Records != nil {
		if err := r.writeRecords(r.Records(buffered), rows); err != nil {
			return err
		}
	} else {
		// A bufio.Writer keeps its first error and reports it at the last Flush.
		_, _ = buffered.WriteString("\ufeff")
		usual := csv.NewWriter(buffered)
		if err := r.writeRecords(usual, rows); err != nil {
			return err
		}
		usual.Flush()
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

// writeRecords writes the source's columns without those of earlier results, and then
// ours, with one slice for all records. Each text is neutralized, which makes formulas
// harmless; the reader of sheets has the exact inverse.
func (r Results) writeRecords(out RecordWriter, rows iter.Seq2[RowResult, error]) error {
	columns := r.Source.Columns
	own := r.ownColumns()
	earlier := EarlierResults(columns)
	record := neutral(nil, r.Neutralize, but(columns, earlier))
	if err := out.Write(append(record, chosen(columnNames(), own)...)); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		record = neutral(record[:0], r.Neutralize, but(fit(row.Cells, len(columns)), earlier))
		values := row.values()
		if err := out.Write(neutral(record, r.Neutralize, chosen(values[:], own))); err != nil {
			return fmt.Errorf("write results: %w", err)
		}
	}
	return nil
}

// neutral appends the cells, each made harmless, to a record.
func neutral(record []string, neutralize func(string) string, cells []string) []string {
	for _, c := range cells {
		record = append(record, neutralize(c))
	}
	return record
}

// fit cuts or fills up the cells of a row to the number of columns. A row of a sheet can
// be shorter or longer than its header; ours must begin in the same column everywhere.
func fit(cells []string, n int) []string {
	if len(cells) >= n {
		return cells[:n]
	}
	return append(append(make([]string, 0, n), cells...), make([]string, n-len(cells))...)
}

// Advice says what a person can do about a row, in commands that can be copied.
type Advice struct {
	// Command returns the line that runs a command on the campaign.
	Command func(verb string, flags ...string) string
}

// For returns what a person can do about the row of the entry; empty when there
// is nothing to do.
func (a Advice) For(e ledger.Entry) string {
	switch e.State {
	case ledger.Failed:
		return "mend the row if the reason is in it, then: " + a.Command("retry")
	case ledger.Unsure:
		return "look at the service whether the video is there, then: " + a.Command("resolve")
	case ledger.Planned:
		return "not sent yet: " + a.Command("run")
	case ledger.Intended, ledger.Submitted:
		return "wait, or go on watching: " + a.Command("run")
	case ledger.Succeeded, ledger.Cancelled:
		return ""
	}
	return ""
}

// Changed returns why the row of an entry counts as changed, and what a person can
// do about it. The ledger keeps no cells, so it cannot say which of them changed.
func (a Advice) Changed(e ledger.Entry) (reason, whatToDo string) {
	keep, redo := a.Command("run", "--changed", "keep"), a.Command("run", "--changed", "redo")
	changed := "the row, or the template, has changed since its video was "
	switch e.State {
	case ledger.Succeeded:
		return changed + "made: the video shows what they said before",
			"keep the video: " + keep + "; or make it again, and pay again: " + redo
	case ledger.Unsure:
		return changed + "ordered, and it is not known whether it was made",
			"look at the service whether the video is there, then: " + a.Command("resolve") + "; and then decide: " + keep + " or " + redo
	case ledger.Intended, ledger.Submitted, ledger.Planned, ledger.Failed, ledger.Cancelled:
	}
	return changed + "ordered: the video will show what they said before",
		"wait until it is made: " + a.Command("run") + "; then decide: " + keep + " or " + redo
}

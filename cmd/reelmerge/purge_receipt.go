package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/report"
)

// receiptJSON is what a purge did, and what it could not reach. It names nobody:
// keys are hashes, files of videos are only counted.
type receiptJSON struct {
	Campaign     string    `json:"campaign"`
	Ledger       string    `json:"ledger"`
	At           time.Time `json:"at"`
	Purged       int       `json:"rows_purged"`
	Cancelled    int       `json:"rows_cancelled_before_sending"`
	PurgedBefore int       `json:"rows_purged_before"`
	LeftOpen     int       `json:"rows_left_open"`
	Service      struct {
		Deleted    int `json:"deleted"`
		Gone       int `json:"gone_already"`
		NotDeleted int `json:"not_deleted"` // there is no way to, or it was not asked for
		Failed     int `json:"failed"`      // their rows are kept
	} `json:"videos_at_the_service"`
	Videos    int              `json:"videos_deleted_here"`
	Media     int              `json:"media_copies_deleted_here"` // of what rows named by web addresses
	Files     []string         `json:"files_deleted_here"`
	Credits   []report.Credits `json:"credits_kept"`
	Keys      []string         `json:"hashed_keys"`
	Untouched []string         `json:"not_touched"`
}

// removeCopies deletes the files that were made from the rows or the ledger, and
// what a crash may have left of them. What is wanted is written anew.
func (p *purging) removeCopies() error {
	p.receipt.Files = []string{}
	for _, pattern := range []string{
		"results.csv", "results.xlsx", "results (new*).csv", "results (new*).xlsx", "report.html", "plan.html", "plan.xlsx", "send-ready.csv", "send-ready.xlsx",
		stdinFile, "ledger.bak", "ledger.bak.new-*", "ledger.db.new-*", ".*.tmp",
	} {
		found, err := filepath.Glob(filepath.Join(escapeGlob(p.setup.folder()), pattern))
		if err != nil {
			return fail(exitBug, fmt.Errorf("look for copies: %w", err), "")
		}
		for _, path := range found {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fail(exitBug, fmt.Errorf("delete a copy: %w", err), "the ledger is purged; delete the file yourself, or purge again")
			}
			p.receipt.Files = append(p.receipt.Files, filepath.Base(path))
		}
	}
	return nil
}

// escapeGlob keeps a folder's own name from being read as a pattern. Windows,
// whose separator it would be, has no escapes.
func escapeGlob(path string) string {
	if filepath.Separator == '\\' {
		return path
	}
	var escaped []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			escaped = append(escaped, '\\')
		}
		escaped = append(escaped, r)
	}
	return string(escaped)
}

// report writes the receipt beside the ledger and says what it says.
func (p *purging) report() error {
	p.untouched()
	path := p.setup.path("purge-" + p.receipt.At.Format("20060102T150405.000Z") + ".json")
	data, err := json.MarshalIndent(p.receipt, "", "  ")
	if err == nil {
		err = atomicfile.WriteFile(path, append(data, '\n'))
	}
	if err != nil {
		return fail(exitBug, fmt.Errorf("write receipt: %w", err), "the rows are purged all the same")
	}
	if p.app.json {
		err = p.app.printJSON(p.receipt)
	} else {
		p.printReceipt(path)
	}
	if err != nil {
		return err
	}
	return exit(p.code())
}

func (p *purging) code() int {
	switch {
	case p.receipt.LeftOpen > 0:
		return exitDecide
	case p.receipt.Service.Failed > 0:
		return exitRows
	}
	return exitDone
}

// untouched lists where the rows' values may still be.
func (p *purging) untouched() {
	s := p.setup
	p.receipt.Untouched = []string{"the sheet " + filepath.Base(s.Rows.File), "files that you exported or copied elsewhere, and logs that you kept"}
	if s.Provider.Sandbox.On {
		p.receipt.Untouched = append(p.receipt.Untouched, "the simulator's memory "+sandboxFile)
	}
	if p.receipt.Service.NotDeleted+p.receipt.Service.Failed > 0 {
		p.receipt.Untouched = append(p.receipt.Untouched, "videos at "+s.service.Title)
	}
	p.receipt.Untouched = append(p.receipt.Untouched, "what "+s.service.Title+" keeps of the requests themselves")
}

func (p *purging) printReceipt(path string) {
	r := p.receipt
	out := func(format string, args ...any) { fmt.Fprintf(p.app.out, format+"\n", args...) }
	out("%s purged, %s of them before being sent; purged before: %s, left because their end is open: %s",
		some(r.Purged, "row"), number(r.Cancelled), number(r.PurgedBefore), number(r.LeftOpen))
	out("deleted here: %s, %s made from the rows, copies of media: %s", some(r.Videos, "video"), some(len(r.Files), "file"), number(r.Media))
	out("deleted at %s: %s; gone already: %s, not deleted: %s, failed: %s", p.setup.service.Title,
		some(r.Service.Deleted, "video"), number(r.Service.Gone), number(r.Service.NotDeleted), number(r.Service.Failed))
	for _, what := range r.Untouched {
		out("not touched: %s", what)
	}
	out("receipt: %s", path)
	if r.Service.Failed > 0 {
		p.app.say("kept until the video is deleted: %s; purge again, or add --local to give them up there", some(r.Service.Failed, "row"))
	}
}

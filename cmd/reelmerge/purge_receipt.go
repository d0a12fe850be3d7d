package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
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
	Videos     int              `json:"videos_deleted_here"`
	VideosLeft int              `json:"videos_left_here"`          // they are not as they were downloaded
	Media      int              `json:"media_copies_deleted_here"` // of what rows named by web addresses
	Files      []string         `json:"files_deleted_here"`
	Left       []string         `json:"left_here"` // not made by this ledger, or changed since
	Credits    []report.Credits `json:"credits_kept"`
	Keys       []string         `json:"hashed_keys"`
	Untouched  []string         `json:"not_touched"`
}

// report writes the receipt beside the ledger and says what it says.
func (p *purging) report() error {
	p.untouched()
	path := p.setup.path("purge-" + p.receipt.At.Format("20060102T150405.000Z") + ".json")
	data, err := json.MarshalIndent(p.receipt, "", "  ")
	if err == nil {
		err = writeNew(path, append(data, '\n'))
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

// writeNew writes a file where there is none. No inventory has it, so that no purge
// deletes the receipt of an earlier one.
func writeNew(path string, data []byte) error {
	if isThere(path) {
		return fmt.Errorf("write %q: %w", path, fs.ErrExist)
	}
	return atomicfile.WriteFile(path, data)
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
	for _, path := range p.outside {
		p.receipt.Untouched = append(p.receipt.Untouched, "what was written to "+path)
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
		wording.Plural(r.Purged, "row"), wording.Count(r.Cancelled), wording.Count(r.PurgedBefore), wording.Count(r.LeftOpen))
	out("deleted here: %s, %s made from the rows, copies of media: %s", wording.Plural(r.Videos, "video"), wording.Plural(len(r.Files), "file"), wording.Count(r.Media))
	if r.VideosLeft > 0 {
		out("not as it was downloaded, left: %s in %s", wording.Plural(r.VideosLeft, "file"), p.setup.path("videos"))
	}
	out("deleted at %s: %s; gone already: %s, not deleted: %s, failed: %s", p.setup.service.Title,
		wording.Plural(r.Service.Deleted, "video"), wording.Count(r.Service.Gone), wording.Count(r.Service.NotDeleted), wording.Count(r.Service.Failed))
	if len(r.Left) > 0 {
		out("left, not made by this ledger or changed since: %s", wording.Clean(strings.Join(r.Left, ", ")))
	}
	for _, what := range r.Untouched {
		out("not touched: %s", what)
	}
	out("receipt: %s", path)
	if r.Service.Failed > 0 {
		p.app.say("kept until the video is deleted: %s; purge again, or add --local to give them up there", wording.Plural(r.Service.Failed, "row"))
	}
}

package reelmerge

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/report"
)

// Receipt says what a purge deleted, and what it could not reach. It contains no personal
// data: keys are hashes, and videos are only counted. So it can be kept as a proof.
type Receipt struct {
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
		NotDeleted int `json:"not_deleted"` // the service cannot delete, or was not asked to
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

	Path string `json:"-"` // of the receipt; empty: nothing was purged
}

// writeReceipt writes the receipt beside the ledger.
func (p *purging) writeReceipt() error {
	p.untouched()
	path := p.campaign.path("purge-" + p.receipt.At.Format("20060102T150405.000Z") + ".json")
	data, err := json.MarshalIndent(p.receipt, "", "  ")
	if err == nil {
		err = writeNew(path, append(data, '\n'))
	}
	if err != nil {
		return fail(Bug, fmt.Errorf("write receipt: %w", err), "the rows are purged nevertheless")
	}
	p.receipt.Path = path
	return nil
}

// writeNew writes a file that must not exist yet. It is in no inventory, so that no later
// purge deletes the receipt.
func writeNew(path string, data []byte) error {
	if atomicfile.IsThere(path) {
		return fmt.Errorf("write %q: %w", path, fs.ErrExist)
	}
	return atomicfile.WriteFile(path, data)
}

// untouched lists the places where values of the rows may still be.
func (p *purging) untouched() {
	c := p.campaign
	p.receipt.Untouched = []string{"the sheet " + c.sheetBase(), "files that you exported or copied elsewhere, and logs that you kept"}
	if c.file.Provider.Sandbox.On {
		p.receipt.Untouched = append(p.receipt.Untouched, "the simulator's memory "+sandboxFile)
	}
	for _, path := range p.outside {
		p.receipt.Untouched = append(p.receipt.Untouched, "what was written to "+path)
	}
	if p.receipt.Service.NotDeleted+p.receipt.Service.Failed > 0 {
		p.receipt.Untouched = append(p.receipt.Untouched, "videos at "+c.service.Title)
	}
	p.receipt.Untouched = append(p.receipt.Untouched, "what "+c.service.Title+" keeps of the requests themselves")
}

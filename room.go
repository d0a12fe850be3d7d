package reelmerge

import (
	"fmt"
	"os"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// The least that a run writes, in bytes, as measured on the examples.
const (
	resultRowBytes   = 200       // of the results, for each row of the sheet
	ledgerRowBytes   = 2 << 10   // of the ledger, for each row that is sent
	videoSecondBytes = 100 << 10 // of a small video; few are smaller
	videoBytes       = 1 << 20   // of a video of unknown length
)

// hasRoom refuses a run if the disk has no room for its ledger and results, and warns if
// it has none for the videos. A full disk in the middle would stop the run with jobs in
// progress.
func (c *Campaign) hasRoom(plan *engine.Plan, sending int) error {
	// Where the system does not tell the free room, the run begins without the test.
	free, known := atomicfile.Room(c.folder())
	if !known || sending == 0 {
		return nil
	}
	needed := c.ledgerBytes(plan, sending)
	if free < needed {
		return fail(BadLedger, fmt.Errorf("the disk of %q has room for %s, and ledger and results take about %s", c.folder(), bytesText(free), bytesText(needed)),
			"make room, or choose another output: dir; nothing was sent")
	}
	if !c.file.Output.Download || c.file.Provider.Sandbox.On { // whose videos are tiny
		return nil
	}
	each := int64(videoBytes)
	if plan.Seconds.Known {
		each = int64(plan.Seconds.Likely * videoSecondBytes)
	}
	if videos := int64(sending) * each; free < needed+videos {
		c.note("note: the disk of %q has room for %s, and %s videos take %s at the least; rows whose file is missing are fetched again by the next run",
			c.folder(), bytesText(free), wording.Count(sending), bytesText(videos))
	}
	return nil
}

// ledgerBytes is the least that ledger and results take when so many rows are sent.
func (c *Campaign) ledgerBytes(plan *engine.Plan, sending int) int64 {
	return int64(plan.Rows.Total)*resultRowBytes + int64(sending)*ledgerRowBytes + sizeOf(c.file.Rows.File)
}

// videosFolder is the folder of downloads, below the output folder.
const videosFolder = "videos"

// mostSpare is the most room, in bytes, that downloads leave in addition. On a small disk
// it is half of the free room.
const mostSpare = 64 << 20

// sparing makes downloads leave room on the ledger's disk. A video can be fetched later;
// a row that cannot be written into the ledger ends the run.
func (r *running) sparing(sending int) {
	c := r.campaign
	folder := c.folder()
	free, known := atomicfile.Room(folder)
	if r.client.folder == nil || !known || !atomicfile.SameDisk(folder, c.path(videosFolder)) {
		return
	}
	reserve := c.ledgerBytes(r.plan, sending) + min(mostSpare, free/2)
	r.client.folder.Leave(reserve, func() (int64, bool) { return atomicfile.Room(folder) })
}

// sizeOf is the size of a file in bytes; a stream has none.
func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0 // standard input, for one
	}
	return info.Size()
}

// bytesText writes a number of bytes for people.
func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", n>>10)
}

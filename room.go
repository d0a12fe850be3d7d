package reelmerge

import (
	"fmt"
	"os"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// What a run writes at the least, as it was measured on the examples.
const (
	resultRowBytes   = 200       // of the results, for each row of the sheet
	ledgerRowBytes   = 2 << 10   // of the ledger, for each row that is sent
	videoSecondBytes = 100 << 10 // of a small video; few are smaller
	videoBytes       = 1 << 20   // of a video whose length nobody knows
)

// hasRoom refuses a run whose ledger and results the disk has no room for, and
// says when it is short of room for the videos: later, the run would stop with
// videos under way.
func (c *Campaign) hasRoom(plan *engine.Plan, sending int) error {
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

// ledgerBytes is what ledger and results take at the least while so many rows are sent.
func (c *Campaign) ledgerBytes(plan *engine.Plan, sending int) int64 {
	return int64(plan.Rows.Total)*resultRowBytes + int64(sending)*ledgerRowBytes + sizeOf(c.file.Rows.File)
}

// videosFolder is where downloads go, in the output folder.
const videosFolder = "videos"

// mostSpare is what downloads leave beyond that, or half of what there is.
const mostSpare = 64 << 20

// sparing has the downloads of a run leave room on the ledger's disk: a video is
// fetched another time, and a row that cannot be written down ends the run.
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

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0 // standard input, for one
	}
	return info.Size()
}

// bytesText writes a number of bytes as people say it.
func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", n>>10)
}

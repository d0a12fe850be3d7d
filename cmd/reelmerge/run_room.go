package main

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
func (a *app) hasRoom(s *setup, plan *engine.Plan, sending int) error {
	free, known := atomicfile.Room(s.folder())
	if !known || sending == 0 {
		return nil
	}
	books := s.booksBytes(plan, sending)
	if free < books {
		return fail(exitLedger, fmt.Errorf("the disk of %q has room for %s, and ledger and results take about %s", s.folder(), bytesText(free), bytesText(books)),
			"make room, or choose another output: dir; nothing was sent")
	}
	if !s.Output.Download || s.Provider.Sandbox.On { // whose videos are tiny
		return nil
	}
	each := int64(videoBytes)
	if plan.Seconds.Known {
		each = int64(plan.Seconds.Likely * videoSecondBytes)
	}
	if videos := int64(sending) * each; free < books+videos {
		a.say("note: the disk of %q has room for %s, and %s videos take %s at the least; rows whose file is missing are fetched again by the next run",
			s.folder(), bytesText(free), wording.Count(sending), bytesText(videos))
	}
	return nil
}

// booksBytes is what ledger and results take at the least while so many rows are sent.
func (s *setup) booksBytes(plan *engine.Plan, sending int) int64 {
	return int64(plan.Rows.Total)*resultRowBytes + int64(sending)*ledgerRowBytes + sizeOf(s.Rows.File)
}

// videosFolder is where downloads go, in the output folder.
const videosFolder = "videos"

// mostSpare is what downloads leave beyond that, or half of what there is.
const mostSpare = 64 << 20

// sparing has the downloads of a run leave room on the ledger's disk: a video is
// fetched another time, and a row that cannot be written down ends the run.
func (s *setup) sparing(j sending) {
	folder := s.folder()
	free, known := atomicfile.Room(folder)
	if j.client.folder == nil || !known || !atomicfile.SameDisk(folder, s.path(videosFolder)) {
		return
	}
	reserve := s.booksBytes(j.plan, j.ready()) + min(mostSpare, free/2)
	j.client.folder.Leave(reserve, func() (int64, bool) { return atomicfile.Room(folder) })
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

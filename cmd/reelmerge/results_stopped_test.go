package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/report"
)

// TestASignalEndsASheetOfResults gives the signal at the first row: no other row is
// read, and no half of a sheet is left.
func TestASignalEndsASheetOfResults(t *testing.T) {
	e := newTrial(t, "colossyan-video")
	if code, out := e.command("run"); code != exitDone {
		t.Fatalf("exit %d\n%s", code, out)
	}
	a := &app{streams: streams{strings.NewReader(""), io.Discard, io.Discard}, log: slog.New(slog.DiscardHandler)}
	s, err := a.load(filepath.Join(e.dir, "campaign.yaml"), campaignFlags{sets: []string{e.sets[1], e.sets[3]}})
	if err != nil {
		t.Fatal(err)
	}
	store, err := s.peekBooks()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx, stop := context.WithCancelCause(t.Context())
	rows, path := 0, filepath.Join(t.TempDir(), "results.csv")
	_, err = a.writeResults(ctx, s, store, sheetOut{path: path, named: true, keep: func(*report.RowResult) bool {
		rows++
		stop(signalled{exitTerminated})
		return true
	}})
	if codeOf(err) != exitTerminated || rows != 1 {
		t.Errorf("exit %d after %d rows (%v), want %d after the first", codeOf(err), rows, err, exitTerminated)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("half a sheet was written")
	}
	if plan := a.compare(ctx, s, store); plan != nil {
		t.Error("a plan was made after the signal")
	}
}

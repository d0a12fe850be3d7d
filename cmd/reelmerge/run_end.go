package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge"
)

// tellEnd says what the run did and what it cost. Its error means that this could not be
// written.
func (w *watch) tellEnd(out *reelmerge.Outcome) error {
	if w.app.json {
		return w.summarise(out)
	}
	// Cron mails what a run says: with --quiet, that something must be done.
	if out.Cause() != reelmerge.Done {
		w.app.quiet = false
	}
	for _, l := range lastScreen(w.campaign, out) {
		w.app.print(l)
	}
	return nil
}

// summarise is the last event of `run --json`.
func (w *watch) summarise(out *reelmerge.Outcome) error {
	event := struct {
		Time  time.Time `json:"time"`
		Event string    `json:"event"`
		reelmerge.Status
		Webhooks *reelmerge.Webhooks `json:"webhooks,omitempty"`
	}{time.Now(), "summary", w.campaign.StatusOf(out.Summary), out.Webhooks}
	event.Held = out.Held
	event.Changed = out.Changed
	event.Approval = out.Approval
	if err := json.NewEncoder(w.app.out).Encode(event); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	return nil
}

// tellNext says where the results are, if they were written, and what to do next.
func (w *watch) tellNext(limited bool, out *reelmerge.Outcome) {
	if out.Results != "" {
		w.app.print(note("results", out.Results))
	}
	w.app.printNext(nextSteps(w.campaign.Command, limited, out)...)
}

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/reelmerge/reelmerge/ledger"
)

// disown is the decision that takes an adoption back.
const disown = "disown"

func (d decision) disowns() bool { return strings.TrimSpace(d.Decision) == disown }

// disowned is the change that takes the adoption of a row's job back.
func disowned(e ledger.Entry, event ledger.Event) ([]ledger.Change, error) {
	if e.Ticket.Job == "" {
		return nil, fmt.Errorf("row %q is %s: it has no job to take back", e.Key, e.State)
	}
	event.Reason = fmt.Sprintf("the job %s that was adopted is another row's", e.Ticket.Job)
	if _, err := ledger.Next(e, event); err != nil {
		return nil, fmt.Errorf("row %q is %s: %w", e.Key, e.State, err)
	}
	return []ledger.Change{{Key: e.Key, Version: e.Version, Event: event}}, nil
}

// removeDisowned deletes the videos of jobs that turned out to be other rows':
// nobody must get them under this row's name. Should the decision not be recorded
// after all, the next run fetches them again.
func (s *setup) removeDisowned(ctx context.Context, store ledger.Store, decisions []decision) error {
	for _, d := range decisions {
		if !d.disowns() {
			continue
		}
		e, err := ledger.Find(ctx, store, d.Key)
		if err != nil {
			return ledgerFailure(err)
		}
		e.Attempts = nil // what they were fetched into stays
		if _, err := s.removeVideos(ctx, store, []ledger.Entry{e}); err != nil {
			return fail(exitBug, err, "nothing was recorded; delete the video yourself, or make the folder writable")
		}
	}
	return nil
}

package engine

import (
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// Happening is one thing that happened in a run.
type Happening struct {
	At     time.Time
	What   What
	Entry  ledger.Entry // as it was then; empty when it is about no row
	Detail string
}

// What is a kind of happening: the word that `run --json` and the log have for it.
type What string

// The kinds of happenings. A row's are told in their order.
const (
	Planned   What = "planned"   // its turn has come for the first time, or it was not sent and waits for another
	Intended  What = "intended"  // its intent is durable, and its request about to leave
	Submitted What = "submitted" // the service has taken it
	Resent    What = "resent"    // its request is about to leave once more, under its key
	Polled    What = "polled"    // it was asked for, and goes on
	Found     What = "found"     // its lost job was found again
	Unsure    What = "unsure"    // whether it was made is not known
	Succeeded What = "succeeded" // its video is made
	Failed    What = "failed"
	Cancelled What = "cancelled"
	Waits     What = "waits"   // its turn has come, and what it goes on with cannot be used
	Overrun   What = "overrun" // it cost more than was set aside for it
	Held      What = "held"    // the run sends nothing more; this is about no row
)

// ending returns the word for the state in which a row has ended.
func ending(s ledger.State) What {
	switch s {
	case ledger.Succeeded:
		return Succeeded
	case ledger.Cancelled:
		return Cancelled
	case ledger.Failed, ledger.Planned, ledger.Intended, ledger.Submitted, ledger.Unsure:
	}
	return Failed
}

// Who names an entry to a person: a row by its number, a part by its step.
func Who(e ledger.Entry) string {
	if e.IsPart() {
		return "the step " + e.PartName()
	}
	return fmt.Sprintf("row %d", e.Row)
}

// tell calls Observe, if it is set.
func (e *Engine) tell(what What, entry ledger.Entry, detail string) {
	if e.Observe != nil {
		e.Observe(Happening{At: e.clock(), What: what, Entry: entry, Detail: detail})
	}
}

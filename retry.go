package reelmerge

import (
	"context"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
)

// RetryOptions choose settled rows. The zero value chooses all that have failed.
type RetryOptions struct {
	Rows      []string // only rows with these keys
	Reason    string   // only rows whose reason contains this text
	Parts     []string // only parts that are called so, see [ledger.Entry.PartName], or of steps of that name
	Cancelled bool     // cancelled rows as well
	// AcceptRestored plans rows although they may have been made again before an earlier
	// copy of the ledger was restored.
	AcceptRestored bool
}

// Retried counts the rows of a retry.
type Retried struct {
	Planned int // rows that the next run sends
	Failed  int // rows that are still failed
}

// wants reports whether the options choose a row.
func (o RetryOptions) wants(past engine.Remembered) bool {
	if past.State == ledger.Cancelled && !o.Cancelled {
		return false
	}
	if !strings.Contains(past.Reason, o.Reason) {
		return false
	}
	if past.Part != "" {
		return len(o.Rows)+len(o.Parts) == 0 || namesPart(o.Parts, past.Step, past.Part)
	}
	return len(o.Rows)+len(o.Parts) == 0 || slices.Contains(o.Rows, past.Key)
}

// failedParts counts the parts that are still failed, and that rows wait for.
func failedParts(waits []engine.Wait) (n int) {
	for _, w := range waits {
		if w.State == ledger.Failed {
			n++
		}
	}
	return n
}

// Retry plans failed rows again, and the next run sends them. The ledger keeps the cost
// of earlier attempts. A row whose cells were mended needs no retry: its contents are
// new.
func (c *Campaign) Retry(ctx context.Context, o RetryOptions) (Retried, error) {
	store, err := c.existing(ctx)
	if err != nil {
		return Retried{}, err
	}
	defer store.Close()
	if err := c.mustKnow(ctx, store, o.Rows); err != nil {
		return Retried{}, err
	}
	if err := c.mustKnowParts(ctx, store, o.Parts); err != nil {
		return Retried{}, err
	}
	// The next run needs the same rows, and a stream can be read only once.
	c.stdin.keep = true
	planner, err := c.open()
	if err != nil {
		return Retried{}, err
	}
	planner.Ledger = store
	planner.Retry = o.wants
	planner.Fetch = c.addresses().fetch
	recorder, err := c.recorder(ctx, store, o.AcceptRestored)
	if err != nil {
		return Retried{}, err
	}
	planner.Record = recorder.record
	plan, err := c.pass(ctx, planner)
	if err != nil {
		return Retried{}, err
	}
	return Retried{Planned: plan.Retried, Failed: plan.Actions.Failed + failedParts(plan.Waits)}, ledgerFailure(store.Record(ctx, plan.Run))
}

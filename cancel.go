package reelmerge

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// CancelOptions say which jobs are stopped.
type CancelOptions struct {
	Rows  []string // only rows with these keys
	Parts []string // and parts that are called so, or of steps of that name
	Yes   bool     // do not ask
}

// Cancelled counts the rows of a cancel.
type Cancelled struct {
	Stopped int // rows that were not sent yet, or whose job the service stopped
	GoOn    int // rows whose job the service did not stop
}

// Cancel stops jobs at the service, after it has said what that means there and
// asked.
func (c *Campaign) Cancel(ctx context.Context, o CancelOptions) (Cancelled, error) {
	store, err := c.existing(ctx)
	if err != nil {
		return Cancelled{}, err
	}
	defer store.Close()
	if err := c.mustKnow(ctx, store, o.Rows); err != nil {
		return Cancelled{}, err
	}
	if err := c.mustKnowParts(ctx, store, o.Parts); err != nil {
		return Cancelled{}, err
	}
	config, err := c.access()
	if err != nil {
		return Cancelled{}, err
	}
	planned, running, err := o.choose(ctx, store)
	if err != nil || len(planned)+len(running) == 0 {
		return Cancelled{}, err
	}
	c.tellCancel(len(planned), len(running))
	if err := c.seek(ctx, o.Yes || c.IsTest() && !c.person(), "cancelling cannot be taken back", Question{
		About: Forever, Text: "Cancel them?", Rows: len(planned) + len(running), Otherwise: "nothing was cancelled",
	}); err != nil {
		return Cancelled{}, err
	}
	client, err := c.connectOpen(ctx, store, config)
	if err != nil {
		return Cancelled{}, err
	}
	defer client.close()
	return stopping{c, store, client}.all(ctx, append(planned, running...))
}

// names reports whether the options name a row or a part.
func (o CancelOptions) names(e ledger.Entry) bool {
	if e.IsPart() {
		return namesPart(o.Parts, e.Step, e.PartName())
	}
	return slices.Contains(o.Rows, e.Key)
}

// choose lists the entries that can be stopped: planned ones, and those with a job. An
// entry in doubt is left out, since its job is not known.
func (o CancelOptions) choose(ctx context.Context, store ledger.Store) (planned, running []ledger.Entry, err error) {
	q := ledger.Query{States: []ledger.State{ledger.Planned, ledger.Submitted}}
	if len(o.Parts) == 0 {
		q.Keys = o.Rows // what parts are called is no key
	}
	chosen := len(o.Rows)+len(o.Parts) > 0
	// The list is complete before anything is stopped, since the question names the
	// numbers.
	for entry, err := range store.Entries(ctx, q) {
		switch {
		case err != nil:
			return nil, nil, ledgerFailure(err)
		case chosen && !o.names(entry):
		case entry.State == ledger.Planned:
			planned = append(planned, entry)
		default:
			running = append(running, entry)
		}
	}
	return planned, running, nil
}

// tellCancel says what cancelling means at this service.
func (c *Campaign) tellCancel(planned, running int) {
	c.note("not sent yet: %s; cancelling costs nothing.", wording.Plural(planned, "row"))
	if running > 0 {
		c.note("being made: %s. %s", wording.Plural(running, "video"), cmp.Or(c.checker.Traits().CancelMeans, "This service cannot stop a job; what is running goes on."))
	}
}

// stopping has the parts that are needed to stop a job.
type stopping struct {
	campaign *Campaign
	store    ledger.Store
	client   *client
}

// all stops entries one after another. A job that the service does not stop goes on, and
// the next is tried; a ledger that fails ends the operation.
func (st stopping) all(ctx context.Context, entries []ledger.Entry) (done Cancelled, _ error) {
	for _, entry := range entries {
		err := st.one(ctx, entry)
		var call *providers.Error
		switch {
		case err == nil:
			done.Stopped++
		case errors.As(err, &call) || errors.Is(err, errCannotStop):
			done.GoOn++
			st.campaign.note("%s goes on: %v", engine.Who(entry), err)
		default:
			return done, ledgerFailure(err)
		}
		if ctx.Err() != nil {
			return done, stopped(ctx)
		}
	}
	return done, nil
}

var errCannotStop = errors.New("the service cannot stop a job")

// one stops one entry: first the job, then the entry. After a crash in between, the
// ledger still has the job as running, and the next run finds by a poll that it is
// cancelled. The other order would forget a job that goes on and costs.
func (st stopping) one(ctx context.Context, entry ledger.Entry) error {
	event := ledger.Event{Kind: ledger.Cancel, At: time.Now(), By: ledger.ByPerson, Reason: "cancelled by a person"}
	if entry.State == ledger.Submitted {
		canceller, ok := providers.As[providers.Canceller](st.client.provider)
		if !ok {
			return errCannotStop
		}
		// A service that does not answer must not keep the other jobs going.
		call, done := context.WithTimeout(ctx, time.Minute)
		defer done()
		if err := canceller.Cancel(call, entry.Operation, entry.Ticket); err != nil {
			return err
		}
		// Some services charge for the part of a cancelled job that is made.
		event.Charge = st.campaign.checkerOf(entry).Charge(entry.Estimate, providers.Progress{Outcome: providers.Cancelled})
	}
	// An interrupt must not keep the answer of the service out of the ledger.
	_, err := st.store.Apply(context.WithoutCancel(ctx), ledger.Change{Key: entry.Key, Version: entry.Version, Event: event})
	return err
}

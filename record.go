package reelmerge

import (
	"context"
	"errors"
	"fmt"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/declared"
)

// Record asks the calls of a described service that cost nothing, and notes their answers as
// recordings of its description: with the words of the service, and without what belongs to
// the account or to a customer. The job is that of the row with a key, else that of the
// first row that has one. It cannot send anything but reads (invariant L13).
func (c *Campaign) Record(ctx context.Context, key string) ([]declared.Recording, error) {
	if c.described == nil || c.simulated() {
		return nil, fail(Usage, errors.New("recordings are made of a live service that is described"), "leave --sandbox out, or use a campaign of such a service")
	}
	config, err := c.access()
	if err != nil {
		return nil, err
	}
	if err := c.mayAsk(); err != nil {
		return nil, err
	}
	request, ticket, err := c.jobOf(ctx, key)
	if err != nil {
		return nil, err
	}
	config.Transport = readOnly(config.Transport)
	provider, err := c.service.New(config)
	if err != nil {
		return nil, fail(Usage, err, "see provider: in the campaign")
	}
	recorder, ok := provider.(declared.Recorder)
	if !ok {
		return nil, fail(Bug, errors.New("the client of a description cannot record"), "")
	}
	noted, failed := recorder.Record(ctx, request, ticket)
	if failed != nil {
		c.note("note: not all could be asked: %v", failed)
	}
	if len(noted) == 0 {
		return nil, fail(Held, fmt.Errorf("%s answered nothing that could be recorded", c.service.Title), "run a row first, or try again later")
	}
	return noted, nil
}

// jobOf finds the job of a row in the ledger. Without a ledger, or a row that has a job, only
// what is about no job is asked.
func (c *Campaign) jobOf(ctx context.Context, key string) (r providers.Request, t job.Ticket, _ error) {
	r = providers.Request{Operation: c.template.Operation, Body: c.template.Request}
	store, err := c.peekExisting(ctx)
	if err != nil {
		if key != "" {
			return r, t, err
		}
		return r, t, nil
	}
	defer store.Close()
	q := ledger.Query{}
	if key != "" {
		q.Keys = []string{key}
	}
	for e, err := range store.Entries(ctx, q) {
		if err != nil {
			return r, t, ledgerFailure(err)
		}
		if e.Ticket.Job != "" {
			if len(e.Payload) > 0 {
				r.Body = e.Payload
			}
			return r, e.Ticket, nil
		}
	}
	if key != "" {
		return r, t, fail(Usage, fmt.Errorf("no row with the key %q has a job", key), c.whereKeysAre(ctx, store, key))
	}
	return r, t, nil
}

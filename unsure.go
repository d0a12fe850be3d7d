package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// Unsure is a row whose outcome is not known. Its JSON is that of `resolve --json`.
type Unsure struct {
	Key    string    `json:"key"`
	Row    int       `json:"row"`
	From   time.Time `json:"from"` // its job, if there is one, was made between From and Until
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
	Look   string    `json:"look"` // where a person looks for the job
	Cost   string    `json:"cost_of_a_wrong_guess"`
}

// around is how much the time of a lost job may differ from the time of sending: clocks
// differ, and a submit can take minutes.
const around = 2 * time.Minute

// Unsure lists the rows whose outcome is not known, which a person decides with
// [Campaign.Resolve].
func (c *Campaign) Unsure(ctx context.Context) ([]Unsure, error) {
	store, err := c.peekExisting()
	if err != nil {
		return nil, err
	}
	defer store.Close()
	list := []Unsure{}
	traits := c.checker.Traits()
	states := []ledger.State{ledger.Unsure, ledger.Intended}
	// The other process may just be sending these rows.
	if isGoing(store) {
		states = states[:1] // what is intended is on its way
	}
	for e, err := range store.Entries(ctx, ledger.Query{States: states}) {
		if err != nil {
			return nil, ledgerFailure(err)
		}
		list = append(list, Unsure{
			Key: e.Key, Row: e.Row, From: e.IntendedAt, Until: latestSent(e),
			Reason: e.Reason, Look: traits.Look, Cost: traits.GuessCost,
		})
	}
	return list, nil
}

// latestSent is the latest time that a lost job can have. Usually that is soon after
// sending. After a restore, it is the time of the restore.
func latestSent(e ledger.Entry) time.Time {
	if last := len(e.History) - 1; e.Reason == restoredReason && last >= 0 {
		return e.History[last].At.Add(around)
	}
	return e.IntendedAt.Add(around)
}

// Proposal is a job that may belong to an unsure row. Its JSON is that of `resolve
// --propose --json`.
type Proposal struct {
	Key    string `json:"key"`
	Row    int    `json:"row"`
	Ticket string `json:"ticket"`
	URL    string `json:"url"`
	Why    string `json:"why"`
}

// Propose asks the service for jobs that may be the lost ones. It records nothing: a
// person looks at them and decides.
func (c *Campaign) Propose(ctx context.Context) ([]Proposal, error) {
	config, err := c.access()
	if err != nil {
		return nil, err
	}
	store, err := c.existing(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	client, err := c.connect(config)
	if err != nil {
		return nil, err
	}
	defer client.close()
	proposer, ok := providers.As[providers.Proposer](client.provider)
	if !ok {
		return nil, fail(Usage, fmt.Errorf("%s cannot be asked for jobs that could be lost ones", c.service.Title), "",
			next("resolve").to("says where to look"))
	}
	return gather(ctx, store, proposer)
}

// gather asks for each unsure row. An operation that cannot be searched is passed over,
// since other rows may be of another one.
func gather(ctx context.Context, store ledger.Store, proposer providers.Proposer) ([]Proposal, error) {
	list := []Proposal{}
	for e, err := range store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Unsure}}) {
		if err != nil {
			return nil, ledgerFailure(err)
		}
		found, err := proposals(ctx, store, proposer, e)
		if errors.Is(err, providers.ErrNotSearchable) {
			continue
		}
		if err != nil {
			return nil, fail(Held, fmt.Errorf("ask for jobs: %w", err), "try again when the service answers")
		}
		for _, p := range found {
			list = append(list, Proposal{e.Key, e.Row, p.Ticket.Job, p.VideoURL, p.Why})
		}
	}
	return list, nil
}

// proposals asks for the jobs that one row may have. A job that another row holds is no
// proposal; if the ledger cannot tell, the job is left out as well.
func proposals(ctx context.Context, store ledger.Store, proposer providers.Proposer, e ledger.Entry) ([]providers.Proposal, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return proposer.Propose(ctx, providers.Lost{
		Request: providers.Request{Operation: e.Operation, Body: e.Payload, Reference: e.Reference},
		Since:   e.IntendedAt,
		Taken: func(job string) bool {
			entry, err := ledger.Holder(ctx, store, job)
			return err != nil || entry.Key != ""
		},
	})
}

package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// Unsure is a row of which it is not known whether it was made. Its JSON is that of
// `resolve --json`.
type Unsure struct {
	Key    string    `json:"key"`
	Row    int       `json:"row"`
	From   time.Time `json:"from"` // its job, if there is one, was made in this time
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
	Look   string    `json:"look"` // where a person looks for the job
	Cost   string    `json:"cost_of_a_wrong_guess"`
}

// around is how far from the moment of sending a lost job may carry its time:
// clocks differ, and a submit may take minutes.
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

// latestSent is until when a lost job may carry its time: soon after it was sent, or
// when a copy of the ledger took the place of one that knew when.
func latestSent(e ledger.Entry) time.Time {
	if last := len(e.History) - 1; e.Reason == restoredReason && last >= 0 {
		return e.History[last].At.Add(around)
	}
	return e.IntendedAt.Add(around)
}

// Proposal is a job that could be an unsure row's. Its JSON is that of
// `resolve --propose --json`.
type Proposal struct {
	Key    string `json:"key"`
	Row    int    `json:"row"`
	Ticket string `json:"ticket"`
	URL    string `json:"url"`
	Why    string `json:"why"`
}

// Propose asks the service for jobs that could be lost ones. A person looks at them
// and decides; nothing is recorded here.
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

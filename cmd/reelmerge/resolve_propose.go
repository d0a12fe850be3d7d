package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// proposalJSON is one job that could be an unsure row's.
type proposalJSON struct {
	Key    string `json:"key"`
	Row    int    `json:"row"`
	Ticket string `json:"ticket"`
	URL    string `json:"url"`
	Why    string `json:"why"`
}

// propose asks the service for jobs that could be lost ones. A person looks at
// them and decides; nothing is recorded here.
func (a *app) propose(ctx context.Context, s *setup) error {
	config, err := a.access(s)
	if err != nil {
		return err
	}
	store, err := s.existingBooks(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	client, err := a.connect(s, config)
	if err != nil {
		return err
	}
	defer client.close()
	proposer, ok := client.provider.(providers.Proposer)
	if !ok {
		return fail(exitUsage, fmt.Errorf("%s cannot be asked for jobs that could be lost ones", s.service.Title),
			s.command("resolve")+" says where to look")
	}
	list, err := gather(ctx, store, proposer)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"campaign": s.Name, "proposals": list})
	}
	a.printProposals(s, list)
	return nil
}

func gather(ctx context.Context, store ledger.Store, proposer providers.Proposer) ([]proposalJSON, error) {
	list := []proposalJSON{}
	for e, err := range store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Unsure}}) {
		if err != nil {
			return nil, ledgerFailure(err)
		}
		found, err := proposals(ctx, store, proposer, e)
		if errors.Is(err, providers.ErrNotSearchable) {
			continue
		}
		if err != nil {
			return nil, fail(exitHeld, fmt.Errorf("ask for jobs: %w", err), "try again when the service answers")
		}
		for _, p := range found {
			list = append(list, proposalJSON{e.Key, e.Row, p.Ticket.Job, p.VideoURL, p.Why})
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

func (a *app) printProposals(s *setup, list []proposalJSON) {
	out := func(format string, args ...any) { fmt.Fprintln(a.out, wording.Clean(fmt.Sprintf(format, args...))) }
	if len(list) == 0 {
		out("the service shows no job that could be a lost one")
	}
	for _, p := range list {
		out("row %d (key %s) could be job %s: %s", p.Row, p.Key, p.Ticket, p.Why)
		if p.URL != "" {
			out("  watch it:   %s", p.URL)
		}
		out("  it is that: %s", s.decision(p.Key, p.Row, "adopt", p.Ticket))
	}
}

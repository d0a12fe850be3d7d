package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// decision says how a person decides a row: a command to copy or, where its key
// or ticket cannot be typed, a line of a decisions file.
func (s *setup) decision(key string, row int, verb, ticket string) string {
	if wording.Typable(key) && wording.Typable(ticket) {
		flags := append(wording.Flag("--row", key), "--"+verb)
		if ticket != "" {
			flags = append(wording.Flag("--row", key), wording.Flag("--"+verb, ticket)...)
		}
		return s.command("resolve", flags...)
	}
	why := hidden(key)
	if wording.Typable(key) {
		why = hidden(ticket)
	}
	return fmt.Sprintf("%s, with the line %d,%s,%s below row,decision,ticket (a command would not have %s)",
		s.command("resolve", "--decisions", "FILE"), row, verb, shownTicket(ticket), why)
}

// shownTicket leaves a ticket out that cannot be shown as it is.
func shownTicket(ticket string) string {
	if wording.Typable(ticket) {
		return ticket
	}
	return "JOB-ID"
}

// withKeys finds the keys of rows that are named by their numbers.
func withKeys(ctx context.Context, store ledger.Store, decisions []decision) ([]decision, error) {
	decisions = slices.Clone(decisions)
	for i, d := range decisions {
		if d.Key != "" || d.Row == 0 {
			continue
		}
		keys, err := keysInRow(ctx, store, d)
		switch {
		case err != nil:
			return nil, ledgerFailure(err)
		case len(keys) != 1:
			return nil, fail(exitUsage, fmt.Errorf("row %d: %s of that number can be decided so", d.Row, wording.Plural(len(keys), "row")),
				"reelmerge resolve lists the rows that wait, with their numbers; nothing was recorded")
		}
		decisions[i].Key = keys[0]
	}
	return decisions, nil
}

// keysInRow are the keys of entries that had the row, and can be decided so.
func keysInRow(ctx context.Context, store ledger.Store, d decision) (keys []string, _ error) {
	query := ledger.Query{States: []ledger.State{ledger.Unsure, ledger.Intended}}
	if d.disowns() {
		query = ledger.Query{}
	}
	for e, err := range store.Entries(ctx, query) {
		if err != nil {
			return nil, err
		}
		if e.Row == d.Row {
			keys = append(keys, e.Key)
		}
	}
	return keys, nil
}

package reelmerge

import (
	"context"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
)

// Verify reads every record of the ledger and returns its faults. It changes nothing.
func (c *Campaign) Verify(ctx context.Context) ([]error, error) {
	if c.shares() {
		return c.verifyShared(ctx)
	}
	path, err := c.ledgerFile()
	if err != nil {
		return nil, err
	}
	// A ledger that is missing is another matter than a damaged one, and has another
	// cure.
	exists, err := c.stores().Exists(ctx)
	if err == nil && !exists {
		return nil, c.notRunYet()
	}
	if err != nil {
		return nil, ledgerFailure(err)
	}
	faults, err := boltstore.Verify(ctx, path)
	return faults, ledgerFailure(err)
}

// verifyShared is [Campaign.Verify] of a ledger in a database, also while it is driven.
func (c *Campaign) verifyShared(ctx context.Context) ([]error, error) {
	store, err := c.peekExisting(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	if reading, is := store.(*sharedReading); is {
		if whole, is := reading.SharedStore.(verifier); is {
			faults, err := whole.Verify(ctx)
			return faults, ledgerFailure(err)
		}
	}
	return ledger.Check(ctx, store), nil
}

// verifier is a store that knows more of its records than [ledger.Check] does.
type verifier interface {
	Verify(ctx context.Context) ([]error, error)
}

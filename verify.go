package reelmerge

import (
	"context"

	"github.com/reelmerge/reelmerge/ledger/boltstore"
)

// Verify reads every record of the ledger and returns its faults. It changes nothing.
func (c *Campaign) Verify(ctx context.Context) ([]error, error) {
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

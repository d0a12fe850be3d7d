package reelmerge

import (
	"context"

	"github.com/reelmerge/reelmerge/ledger/boltstore"
)

// Verify reads every record of the ledger and returns what is wrong with it. It
// changes nothing.
func (c *Campaign) Verify(ctx context.Context) ([]error, error) {
	path, err := c.ledgerFile()
	if err != nil {
		return nil, err
	}
	exists, err := c.stores().Exists()
	if err == nil && !exists {
		return nil, c.notRunYet()
	}
	if err != nil {
		return nil, ledgerFailure(err)
	}
	faults, err := boltstore.Verify(ctx, path)
	return faults, ledgerFailure(err)
}

package reelmerge

import (
	"context"
	"errors"

	"github.com/reelmerge/reelmerge/ledger"
)

// restoreShared goes on with a database that was put back to an earlier state. Meanwhile the
// campaign holds, so that a machine that stands by does not go on with half of it.
func (c *Campaign) restoreShared(ctx context.Context, o RestoreOptions) (doubtful int, err error) {
	switch err := c.sound(ctx); {
	case err == nil && !o.Distrust:
		return 0, fail(Usage, errors.New("the ledger is sound and up to date"), "there is nothing to restore; if the database was put back, and this folder does not know, add --distrust")
	case err != nil && !errors.Is(err, ledger.ErrOlder):
		return 0, ledgerFailure(err)
	}
	const risk = "what was sent since then is not in the database: every row that waits to be sent, failed or was cancelled will wait for your decision"
	if err := c.seek(ctx, o.Yes || c.IsTest(), risk, Question{About: Forever, Text: risk + ". Go on?", Otherwise: "nothing was changed"}); err != nil {
		return 0, err
	}
	store, err := c.openOlder(ctx)
	if err != nil {
		return 0, err
	}
	defer store.Close()
	lease, done, err := c.alone(ctx, store)
	if err != nil {
		return 0, err
	}
	defer done()
	old := store.(*shared)
	summary, err := old.Summary(ctx)
	if err != nil {
		return 0, ledgerFailure(err)
	}
	name := ledger.DocumentOf(summary.Identity.ID, holdDocument)
	doubtful, err = c.doubt(ctx, lease, func(ctx context.Context) error {
		return writeDocument(ctx, old, name, hold{c.machine(), old.Now(), "the database was put back to an earlier state, and its ledger is not made good yet"})
	}, old.Now)
	if err != nil {
		return doubtful, err
	}
	old.campaign = c // from here on, this folder knows it
	return doubtful, ledgerFailure(old.Document(ctx, name, func(ledger.Desk) ([]byte, error) { return nil, nil }))
}

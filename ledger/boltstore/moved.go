package boltstore

import (
	"context"
	"encoding/json"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// movedVersion is the format of a file whose ledger is elsewhere now. Programs that know
// nothing of other places refuse it as a newer format.
const movedVersion = 2

// Move marks the file, durably: its ledger is elsewhere now. From then on it cannot be
// opened, or it would be changed at two places. The caller closes the store.
func (s *Store) Move(ctx context.Context, to ledger.MovedError) error {
	text, err := json.Marshal(to)
	if err != nil {
		return err
	}
	return s.do(ctx, func(t *transaction) error {
		version := uint64(movedVersion)
		if err := t.put(bucketMeta, []byte(keyMoved), record.Rest(&text)); err != nil {
			return err
		}
		return t.put(bucketMeta, []byte(keyFormat), record.Sequence(&version))
	})
}

// movedTo is the error of a file that was marked.
func movedTo(text []byte) error {
	moved := &ledger.MovedError{}
	if err := json.Unmarshal(text, moved); err != nil {
		return damaged("where the ledger was moved to cannot be read: %v", err)
	}
	return moved
}

package pgstore_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/internal/pgtest"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/ledger/pgstore"
)

// TestAFullDiskOfTheServer refuses a change for certain, once the patience is over. What was
// answered is there, and with more room the same store goes on.
func TestAFullDiskOfTheServer(t *testing.T) {
	url, disk := pgtest.New(t).Disk(t, 16)
	must(t, pgstore.Migrate(t.Context(), url))
	db, err := pgstore.Dial(t.Context(), url, pgstore.Options{Patience: 500 * time.Millisecond})
	must(t, err)
	defer db.Close()
	store, err := db.Create(t.Context(), "campaign", ledgertest.Identity())
	must(t, err)
	defer store.Close()

	planned, refused := 0, error(nil)
	plan := func() error {
		event := ledgertest.Plan(fmt.Sprint(planned), 1)
		noise := make([]byte, 50_000) // the database compresses what repeats
		_, _ = rand.Read(noise)
		event.Content.Payload = fmt.Appendf(nil, `{"text":"%x"}`, noise)
		_, err := store.Apply(t.Context(), ledger.Change{Key: fmt.Sprint(planned), Event: event})
		return err
	}
	for refused == nil && planned < 10_000 {
		if refused = plan(); refused == nil {
			planned++
		}
	}
	if !errors.Is(refused, ledger.ErrUnavailable) || !ledger.Sound(refused) || planned == 0 {
		t.Fatalf("after %d rows: %v", planned, refused)
	}
	t.Logf("full after %d rows: %v", planned, refused)
	disk.Grow(64)
	must(t, plan())
	summary, err := store.Summary(t.Context())
	must(t, err)
	if n := summary.States[ledger.Planned]; n != planned+1 {
		t.Errorf("%d rows are planned, of %d", n, planned+1)
	}
	for _, err := range ledger.Check(t.Context(), store) {
		t.Error(err)
	}
}

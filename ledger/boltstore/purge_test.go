package boltstore_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// bought takes a row through its life and purges it.
func bought(t *testing.T, store ledger.Store, key string, events ...ledger.Kind) {
	t.Helper()
	account := credit.Account{Provider: "colossyan", Unit: "minutes"}
	for version, kind := range events {
		event := ledger.Event{Kind: kind, At: time.Now(), By: ledger.ByPerson}
		if kind == ledger.Plan {
			event.Content = ledger.Content{
				Operation: "colossyan/template-job", Fingerprint: ledger.Fingerprint{1}, Payload: []byte(`{"name":"` + key + ` Lovelace"}`),
				Account: account, Estimate: credit.Exactly(credit.Of(2), credit.Configured), File: key + ".mp4",
			}
		}
		if kind == ledger.Submit {
			event.Ticket = job.Ticket{Job: "job-of-" + fmt.Sprint(len(key))}
		}
		if kind == ledger.Succeed {
			event.Result = job.Result{VideoURL: "https://videos.test/" + key}
			event.Charge = credit.Charge{Amount: credit.Of(2), Basis: credit.Configured}
		}
		if _, err := store.Apply(t.Context(), ledger.Change{Key: key, Version: uint64(version), Event: event}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPurgedLedgerHoldsNothingOfItsRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	store, err := boltstore.Create(path, ledgertest.Identity())
	if err != nil {
		t.Fatal(err)
	}
	whole := []ledger.Kind{ledger.Plan, ledger.Intend, ledger.Submit, ledger.Succeed}
	bought(t, store, "Ada", append(whole, ledger.Purge)...)
	bought(t, store, "Grace", whole...)
	run := ledger.Run{Started: time.Now(), Rows: 3, Entries: 2, Changed: []string{"Ada"}, Refused: []ledger.Refusal{{Row: 4, Key: "Edsger", Reason: "Edsger is too long"}}}
	if err := store.Record(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	before, _ := store.Summary(t.Context())
	if err := store.Purge(t.Context(), func(key string) bool { return key == "Edsger" }); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Ada", "Edsger"} {
		if bytes.Contains(data, []byte(name)) {
			t.Errorf("the file still says %q", name)
		}
	}
	if faults, err := boltstore.Verify(t.Context(), path); len(faults) > 0 || err != nil {
		t.Fatalf("the new file: %v, %v", faults, err)
	}
	store, err = boltstore.Open(path, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	ledgertest.Checked(t, store)
	after, _ := store.Summary(t.Context())
	if fmt.Sprint(after.States, after.Balances) != fmt.Sprint(before.States, before.Balances) {
		t.Errorf("before: %v, after: %v", before, after)
	}
	ada, grace := entryOf(t, store, ledger.PurgedKey(after.Identity.ID, "Ada")), entryOf(t, store, "Grace")
	if ada.State != ledger.Succeeded || ada.Money.Charged != credit.Of(2) || ada.Ticket.Job != "job-of-3" || !ada.Purged {
		t.Errorf("what is left of Ada: %+v", ada)
	}
	if !strings.Contains(grace.Result.VideoURL, "Grace") || grace.Fingerprint.IsZero() {
		t.Errorf("Grace was not to be purged: %+v", grace)
	}
}

func entryOf(t *testing.T, store ledger.Store, key string) ledger.Entry {
	t.Helper()
	e, err := ledger.Find(t.Context(), store, key)
	if err != nil || e.Key == "" {
		t.Fatalf("there is no %q (%v)", key, err)
	}
	return e
}

func TestAPurgedLedgerIsClosedAndItsOldFileUseless(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	store, err := boltstore.Create(path, ledgertest.Identity())
	if err != nil {
		t.Fatal(err)
	}
	bought(t, store, "Ada", ledger.Plan, ledger.Cancel, ledger.Purge)
	waiting := make(chan error, 1) // like another process that was told to wait
	go func() {
		other, err := boltstore.Open(path, boltstore.Options{Timeout: 10 * time.Second})
		if err == nil {
			err = other.Record(t.Context(), ledger.Run{Sheet: "later"})
			other.Close()
		}
		waiting <- err
	}()
	time.Sleep(150 * time.Millisecond)
	if err := store.Purge(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Apply(t.Context()); err == nil {
		t.Error("the old file still takes changes")
	}
	if err := <-waiting; err != nil {
		t.Fatalf("whoever waited: %v", err)
	}
	now, err := boltstore.OpenReadOnly(path, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer now.Close()
	if s, _ := now.Summary(t.Context()); s.Run == nil || s.Run.Sheet != "later" {
		t.Error("whoever waited has written into a file that nobody sees")
	}
}

package ledger_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/ledger"
)

func TestAPurgedKeyIsKnownAgainInItsOwnLedgerAlone(t *testing.T) {
	once := ledger.PurgedKey("a", "ada@example.com")
	switch {
	case strings.Contains(once, "ada"):
		t.Errorf("%q shows the key", once)
	case once != ledger.PurgedKey("a", "ada@example.com"):
		t.Error("the same key has two hashes")
	case once == ledger.PurgedKey("b", "ada@example.com"):
		t.Error("two ledgers hash alike: their rows could be joined")
	case once != ledger.PurgedKey("a", once):
		t.Error("a purged key is hashed again, and its row would be bought again")
	}
	for _, key := range []string{"", "purged-", "purged-ada", "purged-" + strings.Repeat("A", 32), "row-1"} {
		if ledger.IsPurgedKey(key) {
			t.Errorf("%q passes for a purged key: its row would keep its name", key)
		}
	}
}

func TestAPurgedRunRecordNamesNobody(t *testing.T) {
	run := ledger.Run{
		Rows: 3, Changed: []string{"ada", "bob"}, Removed: []string{"ada"},
		Refused: []ledger.Refusal{{Row: 2, Key: "ada", Reason: "Ada is too long"}, {Row: 3, Reason: "the key is empty"}},
	}
	ada := ledger.PurgedKey("id", "ada")
	got := run.Purged("id", func(key string) bool { return key == "ada" })
	want := ledger.Run{
		Rows: 3, Changed: []string{ada, "bob"}, Removed: []string{ada},
		Refused: []ledger.Refusal{{Row: 2, Key: ada, Reason: "purged"}, {Row: 3, Reason: "the key is empty"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if run.Refused[0].Key != "ada" {
		t.Error("the record that was given is changed")
	}
}

package ledger_test

import (
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
)

// TestANameBelongsToOneEntry, whichever system writes it.
func TestANameBelongsToOneEntry(t *testing.T) {
	n := ledger.NewNames()
	n.Add(ledger.Entry{
		Key: "ada", Content: ledger.Content{File: "Zoë.mp4"}, Fetched: ledger.Fetched{File: "ada-2.mp4"},
		Attempts: []ledger.Attempt{{Fetched: ledger.Fetched{File: "old.mp4"}}},
	})
	for _, name := range []string{"Zoë.mp4", "ZOE\u0308.MP4", "ADA-2.mp4", "old.mp4"} {
		if n.Claim(name, "bob") {
			t.Errorf("bob gets ada's %q", name)
		}
		if !n.Claim(name, "ada") {
			t.Errorf("ada does not get her own %q", name)
		}
	}
	if !n.Claim("free.mp4", "bob") || n.Claim("Free.mp4", "ada") {
		t.Error("a free name does not go to the first who asks")
	}
}

// TestAFileThatTwoRowsMayHaveIsNobodys: the first edition let a name go to two
// rows, and what lies under it is the video of one of them.
func TestAFileThatTwoRowsMayHaveIsNobodys(t *testing.T) {
	named := func(key, file string, proof byte) ledger.Entry {
		f := ledger.Fetched{File: file, SHA256: ledger.Fingerprint{proof}}
		return ledger.Entry{Key: key, Content: ledger.Content{File: file}, Fetched: f, Attempts: []ledger.Attempt{{Fetched: f}}}
	}
	first, second, alone, proven := named("1", "2.mp4", 0), named("2", "2.MP4", 0), named("3", "3.mp4", 0), named("4", "2.mp4", 1)
	n := ledger.NewNames()
	for _, e := range []ledger.Entry{first, second, alone, proven} {
		n.Add(e)
	}
	for _, e := range []ledger.Entry{first, second} {
		if files := n.Trusted(e).Files(); len(files) > 0 {
			t.Errorf("row %s is believed to have %+v", e.Key, files)
		}
	}
	for _, e := range []ledger.Entry{alone, proven} {
		if files := n.Trusted(e).Files(); len(files) != 2 {
			t.Errorf("row %s is believed to have %+v", e.Key, files)
		}
	}
	if len(first.Files()) != 2 {
		t.Error("the entry that was given is changed")
	}
}

package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
)

// TestCampaignsOfTheFirstEditionGoOn: a campaign that an earlier version of the
// program left behind is finished by this one. What is done stays as it is, what
// waited is sent as it was planned, and nothing is paid for twice. The campaigns
// are those of testdata/edition1; its make.sh says what each is about.
func TestCampaignsOfTheFirstEditionGoOn(t *testing.T) {
	root := t.TempDir()
	if err := unpack(filepath.Join("testdata", "edition1", "campaigns.zip"), root); err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]int{
		"colossyan-job": exitDone, "colossyan-video": exitDone, "kensa": exitDone, "samsar-images": exitDone,
		"samsar-text": exitDone, "vidgen-media": exitDone, "keyless": exitDone, "purged": exitDone,
		"unsure": exitDecide, "ended": exitRows,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := inherited{t: t, dir: filepath.Join(root, name)}
			before, jobs := old.entries(), old.jobs()
			old.run(code)
			planned := unchanged(t, before, old.entries())
			if got := old.jobs(); got != jobs+planned {
				t.Errorf("the bank has %d jobs; it had %d, and %d rows waited", got, jobs, planned)
			}
			old.run(code)
			if got := old.jobs(); got != jobs+planned {
				t.Errorf("a second run bought something: %d jobs", got)
			}
		})
	}
}

// unchanged compares what the ledger knew of each row with what it knows now, and
// returns how many rows waited to be sent.
func unchanged(t *testing.T, before, after map[string]ledger.Entry) (planned int) {
	t.Helper()
	if len(before) == 0 || len(after) != len(before) {
		t.Fatalf("%d entries became %d", len(before), len(after))
	}
	for key, was := range before {
		is := after[key]
		if was.State == ledger.Planned {
			planned++
			if is.State != ledger.Succeeded || is.Reference != was.Reference || is.Fingerprint != was.Fingerprint {
				t.Errorf("row %s was sent as something else: %s, %s", key, is.State, is.Reference)
			}
			continue
		}
		if diff := cmp.Diff(forGood(was), forGood(is)); diff != "" {
			t.Errorf("row %s is not what it was (-before +after):\n%s", key, diff)
		}
	}
	return planned
}

// forGood is what a row that was sent has for good.
func forGood(e ledger.Entry) any {
	return struct {
		State       ledger.State
		Ticket      job.Ticket
		Reference   string
		Fingerprint ledger.Fingerprint
		Payload     string
		File        string
		Money       ledger.Money
		Attempts    []ledger.Attempt
	}{e.State, e.Ticket, e.Reference, e.Fingerprint, string(e.Payload), e.File, e.Money, e.Attempts}
}

// inherited is a campaign that an earlier version left behind.
type inherited struct {
	t   *testing.T
	dir string
}

func (i inherited) path(name string) string {
	return filepath.Join(i.dir, "out", "campaign", "sandbox", name)
}

func (i inherited) run(want int) {
	i.t.Helper()
	if code, out, said := command(i.t, "run", filepath.Join(i.dir, "campaign.yaml"), "--yes"); code != want {
		i.t.Fatalf("exit %d, want %d: %s%s", code, want, out, said)
	}
}

// entries reads a copy of the ledger, so that reading changes nothing.
func (i inherited) entries() map[string]ledger.Entry {
	i.t.Helper()
	copied := i.t.TempDir()
	for _, name := range []string{"ledger.db", "run.json"} {
		data, err := os.ReadFile(i.path(name))
		if err == nil {
			err = os.WriteFile(filepath.Join(copied, name), data, 0o600)
		}
		if err != nil {
			i.t.Fatal(err)
		}
	}
	store, err := boltstore.OpenReadOnly(filepath.Join(copied, "ledger.db"), boltstore.Options{})
	if err != nil {
		i.t.Fatal(err)
	}
	defer store.Close()
	entries := map[string]ledger.Entry{}
	for e, err := range store.Entries(context.Background(), ledger.Query{}) {
		if err != nil {
			i.t.Fatal(err)
		}
		entries[e.Key] = e
	}
	return entries
}

// jobs is how many the simulator was ever asked for.
func (i inherited) jobs() int {
	i.t.Helper()
	code, out, said := command(i.t, "sandbox", "bank", "--state", i.path("sandbox.db"), "--json")
	var jobs []json.RawMessage
	if err := json.Unmarshal([]byte(out), &jobs); err != nil || code != exitDone {
		i.t.Fatalf("exit %d, %v: %s%s", code, err, out, said)
	}
	return len(jobs)
}

// unpack writes the files of an archive below a folder.
func unpack(archive, to string) error {
	r, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer r.Close()
	return os.CopyFS(to, r)
}

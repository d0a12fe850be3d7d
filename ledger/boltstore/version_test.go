package boltstore_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// TestLedgersOfEveryVersionAreRead opens files that each version wrote. When the
// format changes, these files stay, and the next version gets one of its own,
// which is written with REELMERGE_WRITE_GOLDEN=1.
func TestLedgersOfEveryVersionAreRead(t *testing.T) {
	if os.Getenv("REELMERGE_WRITE_GOLDEN") != "" {
		writeVersion(t, "testdata/v3.db.gz", "testdata/v3.jsonl")
	}
	for _, version := range []string{"v1", "v2", "v3"} {
		t.Run(version, func(t *testing.T) { reads(t, version) })
	}
}

func reads(t *testing.T, version string) {
	path, listed := unpack(t, version), "testdata/"+version+".jsonl"
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	if diff := cmp.Diff(string(read(t, listed)), list(t, s)); diff != "" {
		t.Errorf("entries (-then +now):\n%s", diff)
	}
	for _, err := range ledger.Check(t.Context(), s) {
		t.Error(err)
	}
	must(t, s.Close())
}

// unpack returns a ledger as a version wrote it.
func unpack(t *testing.T, version string) (path string) {
	t.Helper()
	f, err := os.Open("testdata/" + version + ".db.gz")
	must(t, err)
	unpacked, err := gzip.NewReader(f)
	must(t, err)
	data, err := io.ReadAll(unpacked)
	must(t, errors.Join(err, f.Close()))
	path = filepath.Join(t.TempDir(), "ledger.db")
	write(t, path, data)
	name(t, path)
	return path
}

// TestWhatVersion1DidNotRecordSurvivesRewriting: the video of a row that succeeded
// then lies under the row's name, also after the row's record was written anew;
// nothing is assumed of rows that succeed now.
func TestWhatVersion1DidNotRecordSurvivesRewriting(t *testing.T) {
	path := unpack(t, "v1")
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	keep := ledger.Event{Kind: ledger.Keep, At: ledgertest.Start(), By: ledger.ByPerson, Keep: ledger.Fingerprint{1}}
	_, err = s.Apply(t.Context(),
		ledger.Change{Key: "row 7", Version: 4, Event: keep},
		ledger.Change{Key: "row 6", Version: 3, Event: ledgertest.Life(6)[3]},
	)
	must(t, errors.Join(err, s.Close()))
	s, err = boltstore.Open(path, boltstore.Options{})
	must(t, err)
	files := map[string]ledger.Fetched{}
	for e, err := range s.Entries(t.Context(), ledger.Query{}) {
		must(t, err)
		files[e.Key] = e.Fetched
	}
	must(t, s.Close())
	want := map[string]ledger.Fetched{"row 7": {File: "C-7.mp4"}}
	for _, key := range []string{"row 0", "row 1", "row 2", "row 3", "row 4", "row 5", "row 6"} {
		want[key] = ledger.Fetched{}
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// list writes everything a store answers, a line each.
func list(t *testing.T, s ledger.Store) string {
	t.Helper()
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	for e, err := range s.Entries(t.Context(), ledger.Query{}) {
		must(t, errors.Join(err, out.Encode(e)))
	}
	sum, err := s.Summary(t.Context())
	must(t, err)
	times, err := s.Intents(t.Context(), ledgertest.Start())
	must(t, err)
	must(t, errors.Join(out.Encode(sum.Identity), out.Encode(sum.States), out.Encode(sum.Run), out.Encode(times)))
	return b.String()
}

// learnt adds to an event what entries have since finished videos teach estimates.
func learnt(ev ledger.Event) ledger.Event {
	if ev.Kind == ledger.Intend {
		ev.Estimate = credit.Exactly(credit.Of(7), credit.Observed)
	}
	if ev.Kind == ledger.Plan {
		ev.Content.Made = job.Breakdown{Script: "5c1e", Fixed: 2 * time.Second, Voices: []job.Say{
			{Voice: "en-GB-SoniaNeural", Tracks: 2, Spoken: 9 * time.Second, Silence: 1120 * time.Millisecond}, {Voice: "de", Tracks: 1, Spoken: time.Second},
		}}
	}
	return ev
}

func writeVersion(t *testing.T, packed, listed string) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := create(t, path)
	for i := range 8 {
		for step, ev := range ledgertest.Life(i)[:1+i%4] {
			_, err := s.Apply(t.Context(), ledger.Change{Key: fmt.Sprint("row ", i), Version: uint64(step), Event: learnt(ev)})
			must(t, err)
		}
	}
	fetch := ledger.Event{Kind: ledger.Fetch, At: ledgertest.Start(), Fetched: ledger.Fetched{File: "C-3-2.mp4", Bytes: 9, SHA256: ledger.Fingerprint{3}}}
	for _, key := range []string{"row 3", "row 7"} {
		_, err := s.Apply(t.Context(), ledger.Change{Key: key, Version: 4, Event: fetch})
		must(t, err)
	}
	again := ledgertest.Plan("again", 1)
	again.By, again.Content.Account.Payer = ledger.ByPerson, "someone else"
	_, err := s.Apply(t.Context(), ledger.Change{Key: "row 3", Version: 5, Event: again})
	must(t, errors.Join(err, s.Record(t.Context(), ledger.Run{Started: ledgertest.Start(), Rows: 8, Entries: 8})))
	write(t, listed, []byte(list(t, s)))
	must(t, s.Close())
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err = z.Write(read(t, path))
	must(t, errors.Join(err, z.Close()))
	write(t, packed, b.Bytes())
}

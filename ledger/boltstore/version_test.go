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

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

// TestLedgersOfVersion1AreRead opens a file that version 1 wrote. When the format
// changes, this file stays, and the next version gets one of its own, which is
// written with REELMERGE_WRITE_GOLDEN=1.
func TestLedgersOfVersion1AreRead(t *testing.T) {
	const packed, listed = "testdata/v1.db.gz", "testdata/v1.jsonl"
	if os.Getenv("REELMERGE_WRITE_GOLDEN") != "" {
		writeVersion(t, packed, listed)
	}
	f, err := os.Open(packed)
	must(t, err)
	unpacked, err := gzip.NewReader(f)
	must(t, err)
	data, err := io.ReadAll(unpacked)
	must(t, errors.Join(err, f.Close()))
	path := filepath.Join(t.TempDir(), "ledger.db")
	write(t, path, data)
	name(t, path)
	s, err := boltstore.Open(path, boltstore.Options{})
	must(t, err)
	if diff := cmp.Diff(string(read(t, listed)), list(t, s)); diff != "" {
		t.Errorf("entries (-then +now):\n%s", diff)
	}
	for _, err := range ledger.Check(s) {
		t.Error(err)
	}
	must(t, s.Close())
}

// list writes everything a store answers, a line each.
func list(t *testing.T, s ledger.Store) string {
	t.Helper()
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	for e, err := range s.Entries(ledger.Query{}) {
		must(t, errors.Join(err, out.Encode(e)))
	}
	sum, err := s.Summary()
	must(t, err)
	times, err := s.Intents(ledgertest.Start())
	must(t, err)
	must(t, errors.Join(out.Encode(sum.Identity), out.Encode(sum.States), out.Encode(sum.Run), out.Encode(times)))
	return b.String()
}

func writeVersion(t *testing.T, packed, listed string) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := create(t, path)
	for i := range 8 {
		for step, ev := range life(i)[:1+i%4] {
			_, err := s.Apply(ledger.Change{Key: fmt.Sprint("row ", i), Version: uint64(step), Event: ev})
			must(t, err)
		}
	}
	again := ledgertest.Plan("again", 1)
	again.By, again.Content.Account.Payer = ledger.ByPerson, "someone else"
	_, err := s.Apply(ledger.Change{Key: "row 3", Version: 4, Event: again})
	must(t, errors.Join(err, s.Record(ledger.Run{Started: ledgertest.Start(), Rows: 8, Entries: 8})))
	write(t, listed, []byte(list(t, s)))
	must(t, s.Close())
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err = z.Write(read(t, path))
	must(t, errors.Join(err, z.Close()))
	write(t, packed, b.Bytes())
}

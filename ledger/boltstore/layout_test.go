package boltstore

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

func TestTimeKeysSortAsTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) time.Time {
			return time.Unix(rapid.Int64Range(-1e11, 1e11).Draw(t, name), rapid.Int64Range(0, 1e9-1).Draw(t, name)).UTC()
		}
		a, b := draw("a"), draw("b")
		if slices.Compare(timeKey(a), timeKey(b)) != a.Compare(b) || !timeOf(timeKey(a)).Equal(a) {
			t.Fatalf("%v and %v", a, b)
		}
	})
}

// TestOnlyEntriesHaveASecondVersion: all other records are what the first edition
// wrote.
func TestOnlyEntriesHaveASecondVersion(t *testing.T) {
	for _, bucket := range buckets() {
		want := byte(1)
		if bucket == bucketGoing || bucket == bucketDone {
			want = 2
		}
		if got := seal(bucket, nil, record.Nothing)[4]; got != want {
			t.Errorf("%s: version %d", bucket, got)
		}
	}
}

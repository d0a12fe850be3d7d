package reelmerge

import (
	"os"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/internal/account"
)

// TestALossOfPowerForgetsNoSpanOfPaidCalls: it may leave the limits empty, since they are not
// waited for on the disk. Searches by content must still know that another campaign paid.
func TestALossOfPowerForgetsNoSpanOfPaidCalls(t *testing.T) {
	a, err := account.Open(t.TempDir(), "https://service.example", "secret")
	if err != nil {
		t.Fatal(err)
	}
	of := func(ledger string) *sharedLimits {
		return &sharedLimits{document: limitsInFile{a}, ledger: ledger, note: func(format string, args ...any) { t.Errorf(format, args...) }}
	}
	now := time.Now()
	take := func(ledger string, at time.Time) {
		t.Helper()
		if turn := of(ledger).Take(at, "row", at.Add(time.Hour)); !turn.Now(at) {
			t.Fatalf("no place: %+v", turn)
		}
	}
	take("one", now)
	before := readFile(t, a.Path(payingFile))
	take("one", now.Add(3*time.Second))
	if after := readFile(t, a.Path(payingFile)); after != before {
		t.Errorf("the spans are written with each call:\n%s\n%s", before, after)
	}
	if err := os.Truncate(a.Path(limitsFile), 0); err != nil {
		t.Fatal(err)
	}
	if !of("two").Beside(now, now) || of("one").Beside(now, now) {
		t.Error("it is not known any more who paid")
	}
	take("two", now.Add(9*time.Second))
	if !of("one").Beside(now, now.Add(time.Minute)) {
		t.Error("a span is not noted after a loss of power")
	}
	if err := os.Truncate(a.Path(payingFile), 0); err != nil {
		t.Fatal(err)
	}
	if !of("one").Beside(now.Add(-time.Hour), now.Add(-time.Hour)) {
		t.Error("spans that cannot be read count as none")
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

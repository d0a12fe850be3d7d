// Package vidgen_test runs the example of this folder as a person would, with and
// without trouble on the line.
package vidgen_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"

	"github.com/reelmerge/reelmerge/examples/internal/exampletest"
)

func TestTheExampleRunsToTheEnd(t *testing.T) {
	reelmerge := exampletest.Build(t)
	greetings := exampletest.Campaign{
		Rows: 20, Total: "20", Key: "Customer", OfRow: soundOf, Set: []string{"limits.submits=5/s"},
	}
	for name, faults := range map[string]string{
		"without trouble": "",
		"with trouble":    "accept-then-drop@3,429=5%", // a lost job is looked for after half a minute
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			greetings.RunToTheEnd(t, reelmerge, faults)
		})
	}
}

// soundOf is the hash of a row's sound, which no other row has.
func soundOf(t exampletest.T, row map[string]string) string {
	t.Helper()
	sound, err := os.ReadFile(row["Voice-over"])
	if err != nil {
		t.Fatalf("%v", err)
	}
	sum := sha256.Sum256(sound)
	return hex.EncodeToString(sum[:])
}

// Package kensa_test runs the example of this folder as a person would, with and
// without trouble on the line.
package kensa_test

import (
	"testing"

	"github.com/reelmerge/reelmerge/examples/internal/exampletest"
)

func TestTheExampleRunsToTheEnd(t *testing.T) {
	reelmerge := exampletest.Build(t)
	clips := exampletest.Campaign{
		Rows: 20, Total: "82", Key: "SKU", // credits, by the price table
		OfRow: func(_ exampletest.T, row map[string]string) string { return row["Product"] },
	}
	for name, faults := range map[string]string{
		"without trouble": "",
		"with trouble":    "accept-then-drop=20%,truncated=10%,429=5%",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clips.RunToTheEnd(t, reelmerge, faults)
		})
	}
}

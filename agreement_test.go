package reelmerge_test

import (
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge"
)

// digested is the plan of a campaign with its digest.
func digested(t *testing.T, c *reelmerge.Campaign) *reelmerge.Plan {
	t.Helper()
	plan, err := c.Plan(t.Context(), reelmerge.PlanOptions{Digest: true})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// TestARunKeepsToThePlanThatWasSeen: another row, another cell, or the same plan a second
// time, is not what a person agreed to.
func TestARunKeepsToThePlanThatWasSeen(t *testing.T) {
	f := newFolder(t, "C1,Ada\nC2,Grace\nC3,Linus\n")
	seen := digested(t, f.sandbox())
	f.write("rows.csv", "id,name\nC1,Ada\nC2,Hopper\nC4,Maria\nC5,Paul\n")
	out, err := f.sandbox().Run(t.Context(), reelmerge.RunOptions{Plan: seen.Digest})
	if reelmerge.CauseOf(err) != reelmerge.Undecided || out.Sent != 0 {
		t.Fatalf("sent %d, %v", out.Sent, err)
	}
	now := digested(t, f.sandbox())
	said := now.Since(seen).String()
	for _, want := range []string{"2 rows new", "1 row changed", "1 row not to be sent any more", "C2", "C4", "C3", "at most 2 minutes instead of 1.5"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said: %s", want, said)
		}
	}
	if same := now.Since(now).String(); same != "" {
		t.Errorf("a plan differs from itself: %s", same)
	}
	if out := run(t, f.sandbox(), reelmerge.RunOptions{Plan: now.Digest}); out.Sent != 4 {
		t.Errorf("sent %d", out.Sent)
	}
	if _, err := f.sandbox().Run(t.Context(), reelmerge.RunOptions{Plan: now.Digest}); reelmerge.CauseOf(err) != reelmerge.Undecided {
		t.Errorf("the plan was carried out twice: %v", err)
	}
	if _, err := f.sandbox().Run(t.Context(), reelmerge.RunOptions{Plan: now.Digest, Limit: 1}); reelmerge.CauseOf(err) != reelmerge.Usage {
		t.Errorf("a plan with a limit: %v", err)
	}
}

package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
)

// TestTheLastLinesNameWhatIsLeftToDo holds the commands to copy to what a run
// left behind.
func TestTheLastLinesNameWhatIsLeftToDo(t *testing.T) {
	on := "reelmerge run c.yaml"
	for name, c := range map[string]struct {
		states  map[ledger.State]int
		outcome engine.Outcome
		want    []string
	}{
		"all is done":            {map[ledger.State]int{ledger.Succeeded: 3}, engine.Outcome{}, nil},
		"held with rows to send": {map[ledger.State]int{ledger.Planned: 1}, engine.Outcome{Held: "the budget is reached"}, []string{on}},
		"held after the last":    {map[ledger.State]int{ledger.Succeeded: 3}, engine.Outcome{Held: "a row cost more"}, nil},
		"held with rows in doubt": {map[ledger.State]int{ledger.Unsure: 2}, engine.Outcome{Held: "2 rows went wrong for the same reason"},
			[]string{"reelmerge resolve c.yaml"}},
		"stopped before its plan": {nil, engine.Outcome{Interrupted: true}, []string{on}},
		"videos still being made": {map[ledger.State]int{ledger.Submitted: 2}, engine.Outcome{}, []string{on}},
	} {
		t.Run(name, func(t *testing.T) {
			command := func(verb string, _ ...string) string { return "reelmerge " + verb + " c.yaml" }
			steps := nextSteps(command, false, &reelmerge.Outcome{Outcome: c.outcome, Plan: &engine.Plan{}, Summary: ledger.Summary{States: c.states}})
			var commands []string
			for _, step := range steps {
				commands = append(commands, step.command)
			}
			if diff := cmp.Diff(c.want, commands); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAnEstimateIsJudgedOnlyWhereThatMatters: after a minute, when it was off by more
// than a quarter, and when the run came to its end.
func TestAnEstimateIsJudgedOnlyWhereThatMatters(t *testing.T) {
	for name, c := range map[string]struct {
		took, estimated time.Duration
		held            string
		want            string
	}{
		"a short run":     {8300 * time.Millisecond, 20 * time.Second, "", "took: 8.3 s"},
		"as estimated":    {10 * time.Minute, 9 * time.Minute, "", "took: 10 min"},
		"a quarter off":   {10 * time.Minute, 12*time.Minute + 30*time.Second, "", "took: 10 min"},
		"more than that":  {10 * time.Minute, 13 * time.Minute, "", "took: 10 min; the first estimate was 13 min"},
		"far too short":   {171 * time.Second, time.Minute, "", "took: 2 min 51 s; the first estimate was 1 min"},
		"held on its way": {10 * time.Minute, time.Hour, "the budget is reached", "took: 10 min"},
		"not estimated":   {10 * time.Minute, 0, "", "took: 10 min"},
	} {
		end := &reelmerge.Outcome{Outcome: engine.Outcome{Sent: 3, Held: c.held}, Took: c.took, Estimated: c.estimated}
		var got string
		for _, l := range tookLine(end) {
			for _, part := range l {
				got += part.Text
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

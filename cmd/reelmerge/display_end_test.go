package main

import (
	"testing"

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
		"held with rows in doubt": {map[ledger.State]int{ledger.Unsure: 2}, engine.Outcome{Held: "2 rows failed alike"},
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

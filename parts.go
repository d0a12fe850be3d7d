package reelmerge

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// partPrefix begins the name of a part where a row's key may stand: part:spoken:3fa2c1.
const partPrefix = "part:"

// partNamed returns the entry of the part that people call so: by its step, or by that and
// six digits where the step has several. It is refused where several have the name.
func (c *Campaign) partNamed(ctx context.Context, store ledger.Store, name string) (ledger.Entry, error) {
	found, names, err := matchingParts(ctx, store, []string{name})
	if err != nil {
		return ledger.Entry{}, err
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return ledger.Entry{}, fail(Usage, fmt.Errorf("the ledger has no step %q", name), partHint(name, names)+"; nothing was changed")
	}
	names = names[:0]
	for _, e := range found {
		names = append(names, e.PartName())
	}
	return ledger.Entry{}, fail(Usage, fmt.Errorf("the step %q has %s", name, wording.Plural(len(found), "job")),
		"name one of them: "+strings.Join(names[:min(len(names), mostNamed)], ", ")+"; nothing was changed")
}

// matchingParts lists the parts of a ledger that one of the names is of, and the names of all.
func matchingParts(ctx context.Context, store ledger.Store, names []string) (found []ledger.Entry, all []string, _ error) {
	for e, err := range store.Entries(ctx, ledger.Query{}) {
		switch {
		case err != nil:
			return nil, nil, ledgerFailure(err)
		case !e.IsPart():
			continue
		case namesPart(names, e.Step, e.PartName()):
			found = append(found, e)
		}
		all = append(all, e.PartName())
		if !slices.Contains(all, e.Step) {
			all = append(all, e.Step)
		}
	}
	return found, all, nil
}

// mustKnowParts refuses names that no part of the ledger has.
func (c *Campaign) mustKnowParts(ctx context.Context, store ledger.Store, names []string) error {
	if len(names) == 0 {
		return nil
	}
	_, all, err := matchingParts(ctx, store, nil)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fail(Usage, fmt.Errorf("the ledger has no step %q", name), partHint(name, all)+"; nothing was changed")
		}
	}
	return nil
}

func partHint(name string, known []string) string {
	if len(known) == 0 {
		return "rows of this campaign share nothing: no step comes before them"
	}
	return wording.NearestOr(name, known, "its steps are: "+strings.Join(known[:min(len(known), mostNamed)], ", "))
}

// planSteps says what a plan would send of each step; nil where there is no chain.
func (c *Campaign) planSteps(plan *engine.Plan) []report.Step {
	steps := []report.Step{}
	for _, s := range plan.Steps {
		steps = append(steps, report.Step{Name: s.Name, Operation: s.Operation, Jobs: s.Jobs, Rows: s.Rows, Cost: c.costs(s.Cost)})
	}
	return steps
}

// savings says what it saves that rows share steps.
func (c *Campaign) savings(plan *engine.Plan) []report.Saving {
	saves := []report.Saving{}
	for _, apart := range c.costs(plan.Apart) {
		for _, cost := range c.costs(plan.Cost) {
			same := cost.Provider == apart.Provider && cost.Payer == apart.Payer && cost.Unit == apart.Unit
			if same && cost.Likely != nil && apart.Likely != nil && *apart.Likely > *cost.Likely {
				saves = append(saves, report.Saving{
					Provider: cost.Provider, Payer: cost.Payer, Unit: cost.Unit, Amount: apart.Likely.Minus(*cost.Likely), Apart: *apart.Likely,
				})
			}
		}
	}
	return saves
}

// waitNotes says what keeps rows from being sent.
func (c *Campaign) waitNotes(waits []engine.Wait) []report.StepWait {
	notes := []report.StepWait{}
	for _, w := range waits {
		if w.Part != "" {
			notes = append(notes, report.StepWait{Step: w.Step, Part: w.Part, State: string(w.State), Reason: w.Reason, Rows: w.Rows, Text: w.Text() + "; " + c.cureOf(w)})
		}
	}
	return notes
}

// cureOf says what a person does about a part that rows wait for.
func (c *Campaign) cureOf(w engine.Wait) string {
	switch w.State {
	case ledger.Cancelled:
		return c.Command("retry", "--part", w.Part, "--cancelled")
	case ledger.Failed:
		return "mend the step if it is in it, then: " + c.Command("retry", "--part", w.Part)
	case ledger.Planned, ledger.Intended, ledger.Submitted, ledger.Unsure, ledger.Succeeded:
	}
	return c.Command("resolve", "--part", w.Part)
}

// PartOf is what people call a part, and empty for a row.
func PartOf(e ledger.Entry) string {
	if !e.IsPart() {
		return ""
	}
	return e.PartName()
}

// KeyOf is the key of a row, and empty for a part: its key is no text for people.
func KeyOf(e ledger.Entry) string {
	if e.IsPart() {
		return ""
	}
	return e.Key
}

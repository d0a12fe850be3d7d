package reelmerge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
)

// findSteps finds the checkers of the steps before the rows' own. The service is the one of
// the last step; the template has refused any other.
func (c *Campaign) findSteps() {
	c.steps = nil
	for _, program := range c.program.Earlier {
		operation := program.Template().Operation
		if !c.service.Offers(operation) {
			c.wrong("TPL-OPERATION", c.file.Template, operation, fmt.Sprintf("%s does not offer the operation %q", c.service.Title, operation),
				"use one of: "+strings.Join(providers.Operations([]providers.Service{c.service}), ", "))
			continue
		}
		checker, err := c.service.NewChecker(operation, c.prices)
		if err != nil {
			c.wrong("CMP-PRICES", c.file.Path, "", err.Error(), "")
			continue
		}
		c.steps = append(c.steps, engine.Stage{Program: program, Checker: checker})
	}
	c.adviseOrder()
}

// adviseOrder warns of a chain that pays for what a later step loses, or makes dearer.
func (c *Campaign) adviseOrder() {
	all := append(slices.Clone(c.steps), engine.Stage{Program: c.program, Checker: c.checker})
	for i, later := range all {
		orderer, knows := providers.As[providers.Orderer](later.Checker)
		for _, earlier := range all[:i] {
			if !knows {
				continue
			}
			before, after := earlier.Program.Template(), later.Program.Template()
			if why := orderer.Wastes(before.Operation); why != "" {
				c.found = append(c.found, problem.Problem{
					Severity: problem.Warning, Code: "TPL-STEP-ORDER", Place: problem.Place{File: c.file.Template},
					Message: fmt.Sprintf("the step %q comes after %q: %s", after.Step, before.Step, why),
					Hint:    fmt.Sprintf("put %q before %q, if the video may be made so", after.Step, before.Step),
				})
			}
		}
	}
}

// checkers are those of all steps, by their operations.
func (c *Campaign) checkers() map[string]providers.Checker {
	all := map[string]providers.Checker{c.template.Operation: c.checker}
	for _, s := range c.steps {
		all[s.Program.Template().Operation] = s.Checker
	}
	return all
}

// checkerOf is the one that knows the rules of an entry's operation.
func (c *Campaign) checkerOf(e ledger.Entry) providers.Checker {
	if checker, known := c.checkers()[e.Operation]; known {
		return checker
	}
	return c.checker
}

// namesPart reports whether one of the names is that of a part, or of its step.
func namesPart(names []string, step, part string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return name == step || name == part })
}

// blockedBy tells of the parts that rows may wait for, by the ledger alone: where the sheet
// cannot be read, it is not known whether they do.
func blockedBy(s ledger.Summary) (waits []engine.Wait) {
	for _, state := range []ledger.State{ledger.Failed, ledger.Cancelled, ledger.Unsure, ledger.Intended} {
		if s.Parts[state] > 0 {
			waits = append(waits, engine.Wait{State: state})
		}
	}
	return waits
}

// tellKept says of the first entries why they were not sent although their turn had come.
func (r *running) tellKept(out *Outcome) {
	for i, k := range out.Kept {
		if i == mostNamed {
			r.campaign.note("and %d more", len(out.Kept)-i)
			return
		}
		who := "a step"
		if k.Row > 0 {
			who = fmt.Sprint("row ", k.Row)
		}
		r.campaign.note("%s was not sent: %s", who, k.Why)
	}
}

// waitsFor reports whether rows wait for a part in one of the states.
func (o *Outcome) waitsFor(states ...ledger.State) bool {
	return slices.ContainsFunc(o.Blocked, func(w engine.Wait) bool { return slices.Contains(states, w.State) })
}

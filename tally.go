package reelmerge

import (
	"context"
	"strings"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// Tally counts every row of the sheet: the counts add up to Rows. Rows that are gone from
// the sheet are counted in addition.
type Tally struct {
	Rows      int
	Made      int
	BeingMade int
	ToSend    int
	Failed    int
	Cancelled int
	NotKnown  int // rows whose outcome is not known
	Changed   int // rows whose content has changed since they were bought
	Problems  int // rows that are not sent because of problems
	LeftOut   int // rows that the campaign leaves out
	Waits     int // rows that wait for a part which failed, was cancelled, or is not known to be made
	Gone      int // rows of the ledger that are not in the sheet
	// Loose is whether this is what the ledger has and what the last run found, because
	// the sheet could not be compared: changed rows are then counted with the others too.
	Loose bool
}

// comparison is a plan of the sheet as it is now, beside the ledger.
type comparison struct {
	*engine.Plan
	refused  int              // rows that the last run refused for a reason that needs a network to be found
	approval *report.Approval // nil: none is asked for, or the approvals cannot be read
	unsound  error            // why they cannot
}

// compare plans the sheet beside the ledger. It returns nil, without any message, if the
// sheet cannot be read: the operation goes on without it.
func (c *Campaign) compare(ctx context.Context, store ledger.Store) *comparison {
	own := *c
	own.options.Note = func(string) {}
	own.stdin.used = true // the copy is read instead of the stream
	planner, err := own.openBeside(store)
	if err != nil {
		return nil
	}
	// One is enough to count on; zero would keep them all.
	planner.Most = 1 // the problems are not shown
	found := &comparison{}
	reasons := lastRefusals(ctx, store)
	var gate *gate
	gate, found.unsound = own.gate(ctx, store)
	planner.Fingerprints = gate != nil
	planner.Visit = func(v engine.Visited) error {
		if gate != nil && v.Action == engine.ActionSubmit {
			gate.lets(v)
		}
		if v.Action == engine.ActionSubmit && reasons[ledger.Refusal{Row: v.Number, Key: v.Key}] != "" {
			found.refused++
		}
		return nil
	}
	if found.Plan, err = own.pass(ctx, planner); err != nil {
		return nil
	}
	found.approval = gate.report(found.Actions.Submit)
	return found
}

// tally counts the rows of the sheet as it is now. Rows to send are the rest, so that the
// counts always add up.
func (f *comparison) tally() Tally {
	a := f.Actions
	t := Tally{
		Rows: f.Rows.Total, Made: a.Done, BeingMade: a.InFlight, Failed: a.Failed, Cancelled: a.Cancelled,
		NotKnown: a.Unsure, Changed: a.Changed, Problems: f.Rows.Refused + f.refused, LeftOut: f.Rows.Filtered, Gone: a.Removed, Waits: a.Waits,
	}
	t.ToSend = t.Rows - t.settled()
	return t
}

// settled is the number of rows that are not to be sent any more.
func (t Tally) settled() int {
	return t.Made + t.BeingMade + t.Failed + t.Cancelled + t.NotKnown + t.Changed + t.Problems + t.LeftOut + t.Waits
}

// String writes the counts: "44 made, 3 to send, 1 has problems; 2 gone from the sheet".
func (t Tally) String() string {
	var parts []string
	for _, c := range []struct {
		n    int
		name string
	}{
		{t.Made, "made"}, {t.BeingMade, "being made"}, {t.ToSend, "to send"}, {t.Failed, "failed"}, {t.Cancelled, "cancelled"},
		{t.NotKnown, "not known"}, {t.strict(t.Changed), "changed since bought"}, {t.Problems, haveProblems(t.Problems)}, {t.LeftOut, "left out"},
		{t.Waits, "waiting for a step"},
	} {
		if c.n > 0 || c.name == "made" {
			parts = append(parts, wording.Count(c.n)+" "+c.name)
		}
	}
	text := strings.Join(parts, ", ")
	if t.Loose && t.Changed > 0 {
		text += "; " + wording.Count(t.Changed) + " changed since bought"
	}
	if t.Gone > 0 {
		text += "; " + wording.Count(t.Gone) + " gone from the sheet"
	}
	return text
}

// strict returns a count that contains no row of another count. If only the ledger was
// counted, changed rows are among the others.
func (t Tally) strict(n int) int {
	if t.Loose {
		return 0
	}
	return n
}

func haveProblems(n int) string {
	if n == 1 {
		return "has problems"
	}
	return "have problems"
}

// TallyOf is the tally of a status that knows only the ledger and the last run.
func TallyOf(s Status) Tally {
	n := s.States
	return Tally{
		Rows: s.Rows.Total, Made: n[ledger.Succeeded], BeingMade: n[ledger.Intended] + n[ledger.Submitted], ToSend: n[ledger.Planned],
		Failed: n[ledger.Failed], Cancelled: n[ledger.Cancelled], NotKnown: n[ledger.Unsure],
		Changed: s.Changed, Problems: s.Rows.Refused, LeftOut: s.Rows.Filtered, Loose: true,
	}
}

// plan is the plan of the comparison, nil without one.
func (f *comparison) plan() *engine.Plan {
	if f == nil {
		return nil
	}
	return f.Plan
}

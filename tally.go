package reelmerge

import (
	"context"
	"strings"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// Tally accounts for every row of the sheet: its counts add up to Rows. Rows that are
// gone from the sheet are counted beside them.
type Tally struct {
	Rows      int
	Made      int
	BeingMade int
	ToSend    int
	Failed    int
	Cancelled int
	NotKnown  int // whether it was made
	Changed   int // since they were bought
	Problems  int // rows that have some, so that they are not sent
	LeftOut   int // by the filter
	Gone      int // rows of the ledger that are not in the sheet
	// Loose is whether this is what the ledger has and what the last run found, because
	// the sheet could not be compared: changed rows are then counted with the others too.
	Loose bool
}

// comparison is what the sheet, as it is now, says of the ledger.
type comparison struct {
	*engine.Plan
	refused int // rows that the last run refused for a reason which only a network tells
}

// compare plans beside the ledger for an operation that also does without the sheet:
// nil where it cannot be read, which no message says.
func (c *Campaign) compare(ctx context.Context, store ledger.Store) *comparison {
	own := *c
	own.options.Note = func(string) {}
	own.stdin.used = true // what stands in for a stream is its copy
	planner, err := own.openBeside(store)
	if err != nil {
		return nil
	}
	planner.Most = 1 // the problems are not shown
	found, reasons := &comparison{}, lastRefusals(ctx, store)
	planner.Visit = func(v engine.Visited) error {
		if v.Action == engine.ActionSubmit && reasons[ledger.Refusal{Row: v.Number, Key: v.Key}] != "" {
			found.refused++
		}
		return nil
	}
	if found.Plan, err = own.pass(ctx, planner); err != nil {
		return nil
	}
	return found
}

// tally accounts for the rows of the sheet as it is now.
func (f *comparison) tally() Tally {
	a := f.Actions
	t := Tally{
		Rows: f.Rows.Total, Made: a.Done, BeingMade: a.InFlight, Failed: a.Failed, Cancelled: a.Cancelled,
		NotKnown: a.Unsure, Changed: a.Changed, Problems: f.Rows.Refused + f.refused, LeftOut: f.Rows.Filtered, Gone: a.Removed,
	}
	t.ToSend = t.Rows - t.settled()
	return t
}

// settled is every row that is not still to be sent.
func (t Tally) settled() int {
	return t.Made + t.BeingMade + t.Failed + t.Cancelled + t.NotKnown + t.Changed + t.Problems + t.LeftOut
}

// String accounts for the rows of the sheet in words, and for those that are gone from
// it: 44 made, 3 to send, 1 has problems; 2 gone from the sheet.
func (t Tally) String() string {
	var parts []string
	for _, c := range []struct {
		n    int
		name string
	}{
		{t.Made, "made"}, {t.BeingMade, "being made"}, {t.ToSend, "to send"}, {t.Failed, "failed"}, {t.Cancelled, "cancelled"},
		{t.NotKnown, "not known"}, {t.strict(t.Changed), "changed since bought"}, {t.Problems, haveProblems(t.Problems)}, {t.LeftOut, "left out"},
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

// strict is a count that has rows of its own: where the ledger alone is counted,
// changed rows are among the others.
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

// TallyOf is the account of a status that knows the ledger and the last run alone.
func TallyOf(s Status) Tally {
	n := s.States
	return Tally{
		Rows: s.Rows.Total, Made: n[ledger.Succeeded], BeingMade: n[ledger.Intended] + n[ledger.Submitted], ToSend: n[ledger.Planned],
		Failed: n[ledger.Failed], Cancelled: n[ledger.Cancelled], NotKnown: n[ledger.Unsure],
		Changed: s.Changed, Problems: s.Rows.Refused, LeftOut: s.Rows.Filtered, Loose: true,
	}
}

// plan is that of the comparison; nil where there was none.
func (f *comparison) plan() *engine.Plan {
	if f == nil {
		return nil
	}
	return f.Plan
}

package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// groupCharts draws one chart per account, of the groups whose cost is known. The groups
// come ordered by account. The sum of the folded groups gets no bar: it would dwarf all
// others.
func groupCharts(column string, groups []Group) []drawing {
	var all []drawing
	for begin := 0; begin < len(groups); {
		end := begin
		var list []bar
		for ; end < len(groups) && groups[end].account() == groups[begin].account(); end++ {
			if a := groups[end].Cost.Likely; a != nil && !groups[end].rest {
				list = append(list, bar{groups[end].name(), place(*a), a.Rounded()})
			}
		}
		if len(list) > 0 {
			all = append(all, bars("Likely cost by "+cmp.Or(wording.Clean(column), "group"), measure{unit: groups[begin].Cost.account()}, list))
		}
		begin = end
	}
	return all
}

// place returns an amount as a length for an axis. It is the only place where money
// becomes a float, and only charts use it: a pixel needs no exact number.
func place(a credit.Amount) float64 { return float64(a) / float64(credit.Unit) }

// lengthChart draws the lengths of videos; there is no chart where none is known.
func lengthChart(title string, lengths []time.Duration) []drawing {
	if len(lengths) == 0 {
		return nil
	}
	return []drawing{histogram(title, lengths)}
}

// spendChart draws what was charged over time, and beside it the planned amounts as level
// lines. The curve begins at zero with the run, so that the first charge is seen as a
// step.
func spendChart(s Spend, began time.Time) []drawing {
	if len(s.Points) == 0 {
		return nil
	}
	charged := series{name: "spent", look: "charged"}
	if began.Before(s.Points[0].At) && !began.IsZero() {
		charged.at = []time.Time{began}
		charged.values = []float64{0}
	}
	for _, p := range thin(s.Points) {
		charged.at = append(charged.at, p.At)
		charged.values = append(charged.values, place(p.Charged))
		charged.last = p.Charged.Rounded()
	}
	all := []series{charged}
	ends := []time.Time{charged.at[0], charged.at[len(charged.at)-1]}
	for i, planned := range []*credit.Amount{s.Likely, s.AtMost} {
		if planned != nil && (i == 0 || s.Likely == nil || *s.Likely != *planned) {
			all = append(all, series{
				name: []string{"planned, likely", "planned, at most"}[i], look: []string{"likely", "most"}[i],
				at: ends, values: []float64{place(*planned), place(*planned)}, last: planned.Rounded(),
			})
		}
	}
	return []drawing{lines("Spend over time against the plan", measure{unit: wording.Clean(s.account())}, all)}
}

// progressChart draws how many rows were in which state over time. A state that never had
// a row gets no curve.
func progressChart(points []Progress) []drawing {
	if len(points) == 0 {
		return nil
	}
	var all []series
	for _, p := range thin(points) {
		for i, c := range p.words() {
			if len(all) <= i {
				all = append(all, series{name: c.Name, look: look(c.Name)})
			}
			all[i].at = append(all[i].at, p.At)
			all[i].values = append(all[i].values, float64(c.N))
			all[i].last = wording.Count(c.N)
		}
	}
	all = slices.DeleteFunc(all, func(s series) bool { return slices.Max(s.values) == 0 })
	if len(all) == 0 {
		return nil
	}
	return []drawing{lines("Rows over time", rows(), all)}
}

// rows is the measure of charts that count rows.
func rows() measure { return measure{unit: "rows", whole: true} }

// look returns the class that the style sheet has for a status word.
func look(word string) string {
	return map[string]string{
		StatusToSend: "planned", StatusBeingMade: "progress", StatusMade: "made",
		StatusNotKnown: "unsure", StatusCancelled: "cancelled", StatusFailed: "failed",
	}[word]
}

// thin keeps as many points as a chart can show, always with the last one: the end of a
// curve is what its label says.
func thin[T any](points []T) []T {
	if len(points) <= mostPoints {
		return points
	}
	kept := make([]T, 0, mostPoints+1)
	for i := range mostPoints {
		kept = append(kept, points[i*len(points)/mostPoints])
	}
	return append(kept, points[len(points)-1])
}

// causeChart draws the most frequent reasons why rows failed. Its causes come sorted.
func causeChart(causes []Cause) []drawing {
	var list []bar
	for _, c := range causes[:min(len(causes), mostGroups)] {
		list = append(list, bar{wording.Clean(c.Reason), float64(c.Rows), wording.Count(c.Rows)})
	}
	if len(list) == 0 {
		return nil
	}
	return []drawing{bars("Why rows failed", rows(), list)}
}

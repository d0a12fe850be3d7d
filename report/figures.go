package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// groupCharts draws one chart per account, of the groups whose cost is known.
func groupCharts(column string, groups []Group) []drawing {
	var all []drawing
	for begin := 0; begin < len(groups); {
		end := begin
		var names []string
		var values []float64
		for ; end < len(groups) && groups[end].account() == groups[begin].account(); end++ {
			if a := groups[end].Cost.Likely; a != nil {
				names, values = append(names, groups[end].Name), append(values, place(*a))
			}
		}
		if len(names) > 0 {
			title := "Cost by " + cmp.Or(Clean(column), "group")
			all = append(all, bars(title, groups[begin].Account(), names, values))
		}
		begin = end
	}
	return all
}

// place is where an amount stands on an axis. Charts alone use it: no number
// that anybody reads or adds comes from it.
func place(a credit.Amount) float64 { return float64(a) / float64(credit.Unit) }

func lengthChart(title string, lengths []time.Duration) []drawing {
	if len(lengths) == 0 {
		return nil
	}
	return []drawing{histogram(title, lengths)}
}

func spendChart(s Spend) []drawing {
	if len(s.Points) == 0 {
		return nil
	}
	charged := series{name: "charged"}
	for _, p := range thin(s.Points) {
		charged.at, charged.values = append(charged.at, p.At), append(charged.values, place(p.Charged))
	}
	all := []series{charged}
	if s.Planned != nil {
		first, last := charged.at[0], charged.at[len(charged.at)-1]
		all = append(all, series{name: "planned at most", at: []time.Time{first, last}, values: []float64{place(*s.Planned), place(*s.Planned)}, dashed: true})
	}
	return []drawing{lines("Spend over time against the plan", Clean(s.Account.String()), all)}
}

func progressChart(points []Progress) []drawing {
	if len(points) == 0 {
		return nil
	}
	var all []series
	for _, p := range thin(points) {
		for i, c := range p.words() {
			if len(all) <= i {
				all = append(all, series{name: c.Name})
			}
			all[i].at, all[i].values = append(all[i].at, p.At), append(all[i].values, float64(c.N))
		}
	}
	all = slices.DeleteFunc(all, func(s series) bool { return slices.Max(s.values) == 0 })
	if len(all) == 0 {
		return nil
	}
	return []drawing{lines("Rows over time", "rows", all)}
}

// thin keeps so many points as a chart can show, the last one among them.
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

func causeChart(causes []Cause) []drawing {
	var names []string
	var values []float64
	for _, c := range causes[:min(len(causes), mostGroups)] {
		names, values = append(names, c.Reason), append(values, float64(c.Rows))
	}
	if len(names) == 0 {
		return nil
	}
	return []drawing{bars("Why rows failed", "rows", names, values)}
}

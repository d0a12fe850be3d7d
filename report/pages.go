package report

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// PlanPage is what plan.html shows. Nobody has to fill more than the plan.
type PlanPage struct {
	Plan
	At        time.Time // when the plan was made
	Source    string    // the sheet, as people know it
	GroupedBy string    // the column of the groups
	Groups    []Group
	Dearest   []RowCost
	AtRisk    []RowNote // rows that may go wrong, and why
	Refused   []RowNote
	Lengths   []time.Duration // expected, of the videos whose length is known
	Missing   []string        // what would let the plan know more
	Run       string          // the command that does it
}

// RunPage is what report.html shows. Nobody has to fill more than the status.
type RunPage struct {
	Status
	At             time.Time // when the report was made
	Source         string
	Started, Ended time.Time
	Spend          []Spend
	Progress       []Progress
	Lengths        []time.Duration // of the videos that were made
	Causes         []Cause
	Failing        []RowNote // rows that did not become a video, each with what to do
}

// Group is the cost of the rows that have one value in a column.
type Group struct {
	Name string
	Rows int
	Cost Cost
}

// RowCost is what one row is expected to cost.
type RowCost struct {
	Row  int
	Key  string
	Cost Cost
}

// RowNote is something about one row.
type RowNote struct {
	Row                         int
	Cell, Key, Reason, WhatToDo string
}

// Spend is what one account was charged over time, beside what was planned.
type Spend struct {
	Account credit.Account
	Planned *credit.Amount // at the high estimate; nil where nobody knew
	Points  []SpendPoint   // in the order of time
}

// SpendPoint is everything charged up to an instant.
type SpendPoint struct {
	At      time.Time
	Charged credit.Amount
}

// Progress is how many rows were in which state at an instant.
type Progress struct {
	At time.Time
	States
}

// Cause is one reason why rows failed.
type Cause struct {
	Reason, WhatToDo string
	Rows             int
}

// What a page shows of long lists; the rest is counted, and in the results
// sheet. It keeps a page of 100,000 rows below three megabytes.
const (
	mostNotes  = 1000
	mostGroups = 14
	mostPoints = 400
	mostWords  = 400 // characters of a reason
)

//go:embed pages
var pages embed.FS

// parse reads a page's template. The style is put in before, so that what the
// policy names by its hash is what the page holds.
func parse(name string) (*template.Template, error) {
	var text [2]string
	for i, file := range []string{"page.css", name} {
		b, err := pages.ReadFile("pages/" + file)
		if err != nil {
			return nil, err
		}
		text[i] = string(b)
	}
	sum := sha256.Sum256([]byte(text[0]))
	head := strings.NewReplacer("STYLE", text[0], "HASH", base64.StdEncoding.EncodeToString(sum[:])).Replace(pageHead)
	return template.New(name).Funcs(template.FuncMap{
		"number": number, "clean": func(s string) string { return Shorten(Clean(s), mostWords) }, "amount": amount,
		"when": when, "span": span, "reference": func(a credit.Amount) *credit.Amount { return &a },
	}).Parse(head + text[1])
}

const pageHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-HASH'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<style>STYLE</style>
`

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

// listed is the part of a list that a page shows.
type listed struct {
	Rows []RowNote
	More int
}

func list(notes []RowNote) listed {
	n := min(len(notes), mostNotes)
	return listed{notes[:n], len(notes) - n}
}

// WriteHTML writes the plan as one page that needs nothing else: no script, no
// network, no other file.
func (p PlanPage) WriteHTML(w io.Writer) error {
	groups := foldGroups(p.Groups)
	charts, err := render(append(groupCharts(p.GroupedBy, groups), lengthChart("How long the videos would last", p.Lengths)...))
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return execute(w, "plan.html", struct {
		PlanPage
		Shown           []Group
		Charts          []chart
		Risky, NotSent  listed
		Verdict, Lasts  string
		Totals, InMoney []string
	}{
		p, groups, charts, list(p.AtRisk), list(p.Refused), p.verdict(), p.Time.lasting(),
		each(p.Cost, Cost.total), each(p.Cost, Cost.money),
	})
}

func (p PlanPage) verdict() string {
	if p.Budget == nil {
		return ""
	}
	return p.Budget.verdict()
}

// WriteHTML writes the report as one page that needs nothing else: no script, no
// network, no other file.
func (r RunPage) WriteHTML(w io.Writer) error {
	var all []drawing
	for _, s := range r.Spend {
		all = append(all, spendChart(s)...)
	}
	all = append(all, progressChart(r.Progress)...)
	all = append(all, lengthChart("How long the videos last", r.Lengths)...)
	causes := slices.Clone(r.Causes)
	slices.SortStableFunc(causes, func(a, b Cause) int { return cmp.Compare(b.Rows, a.Rows) })
	all = append(all, causeChart(causes)...)
	charts, err := render(all)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return execute(w, "report.html", struct {
		RunPage
		Counts []Count
		Charts []chart
		Why    []Cause
		Rest   listed
		Took   string
	}{r, r.States.words(), charts, causes[:min(len(causes), mostGroups)], list(r.Failing), r.took()})
}

func (r RunPage) took() string {
	if r.Started.IsZero() || !r.Ended.After(r.Started) {
		return ""
	}
	return span(r.Ended.Sub(r.Started).Seconds())
}

func execute(w io.Writer, name string, data any) error {
	t, err := parse(name)
	if err == nil {
		err = t.Execute(w, data)
	}
	if err != nil {
		return fmt.Errorf("write page %s: %w", name, err)
	}
	return nil
}

func each(costs []Cost, f func(Cost) string) []string {
	list := make([]string, len(costs))
	for i, c := range costs {
		list[i] = f(c)
	}
	return list
}

func render(all []drawing) ([]chart, error) {
	charts := make([]chart, len(all))
	for i, d := range all {
		c, err := d.render()
		if err != nil {
			return nil, err
		}
		charts[i] = c
	}
	return charts, nil
}

// account is what amounts may be added within.
func (g Group) account() credit.Account {
	return credit.Account{Provider: g.Cost.Provider, Payer: g.Cost.Payer, Unit: g.Cost.Unit}
}

// foldGroups keeps the dearest groups of each account, and adds the rest up.
func foldGroups(groups []Group) []Group {
	groups = slices.Clone(groups)
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.account().String(), b.account().String()), cmp.Compare(likely(b), likely(a)), cmp.Compare(a.Name, b.Name))
	})
	var kept []Group
	n := map[credit.Account]int{}
	for _, g := range groups {
		if n[g.account()]++; n[g.account()] <= mostGroups {
			kept = append(kept, g)
			continue
		}
		if n[g.account()] == mostGroups+1 {
			rest := g
			rest.Name = "all others"
			kept = append(kept, rest)
			continue
		}
		kept[len(kept)-1] = kept[len(kept)-1].plus(g)
	}
	return kept
}

func likely(g Group) credit.Amount {
	if g.Cost.Likely == nil {
		return -1
	}
	return *g.Cost.Likely
}

// plus adds a group of the same account.
func (g Group) plus(o Group) Group {
	g.Rows += o.Rows
	g.Cost.UnknownRows += o.Cost.UnknownRows
	g.Cost.Money = nil
	add := func(a, b *credit.Amount) *credit.Amount {
		switch {
		case a == nil:
			return b
		case b == nil:
			return a
		}
		sum := a.Plus(*b)
		return &sum
	}
	g.Cost.Low, g.Cost.Likely, g.Cost.High = add(g.Cost.Low, o.Cost.Low), add(g.Cost.Likely, o.Cost.Likely), add(g.Cost.High, o.Cost.High)
	g.Cost.Basis = g.Cost.Basis.Weaker(o.Cost.Basis)
	return g
}

// Total returns what the group would cost, as people read it.
func (g Group) Total() string { return g.Cost.total() }

// Account names who pays for the group, in what.
func (g Group) Account() string { return g.Cost.account() }

// Total returns what the row would cost, as people read it.
func (r RowCost) Total() string { return r.Cost.total() }

// Account names who pays for the row, in what.
func (r RowCost) Account() string { return r.Cost.account() }

// Account names who pays in what.
func (c Cost) Account() string { return c.account() }

// Account names who pays in what.
func (c Credits) Account() string { return c.account() }

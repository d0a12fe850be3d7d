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
	"github.com/reelmerge/reelmerge/internal/wording"
)

// PlanPage is what plan.html shows, and plan.xlsx. Only the plan must be filled.
type PlanPage struct {
	Plan
	At        time.Time // when the plan was made
	Source    string    // the sheet's file name, for a person
	GroupedBy string    // the column of the groups
	Groups    []Group
	Dearest   []RowCost
	Look      []RowNote // the riskiest rows, which are worth a look before the others are paid for
	AtRisk    []RowNote // rows that may go wrong, and why
	Refused   []RowNote
	Changed   []RowNote // rows that are not as they were bought, with what is different
	Gone      []RowNote // rows that the sheet does not have any more, with what became of them
	Sample    Sample
	Lengths   []time.Duration // expected, of the videos whose length is known
	Observed  string          // how far the first estimate was off; empty until enough videos are made
	Missing   []string        // settings that would make the estimate better
	Run       string          // the command that carries out the plan
}

// Sample is what one video says or shows of its row; without texts there is none.
type Sample struct {
	Row   int
	Texts []string
}

// RunPage is what report.html shows. Only the status must be filled.
type RunPage struct {
	Status
	At             time.Time // when the report was made
	Source         string
	Started, Ended time.Time
	Spend          []Spend
	Progress       []Progress
	Lengths        []time.Duration // of the videos that were made
	Causes         []Cause
	Failing        []RowNote // rows to look at, each with what to do
	Parts          []PartLine
	Blind          bool // the sheet could not be read, so it is not known which rows changed
}

// PartLine is a job of a step that comes before rows' own.
type PartLine struct {
	Name      string // its step and six digits
	Operation string
	State     string // in people's words
	Rows      int    // that go on with it
	Charged   credit.Amount
	Unit      string
	Reason    string
}

// Cost is what the job was charged.
func (p PartLine) Cost() string { return p.Charged.In(p.Unit) }

// Rate is what one unit costs in a currency, by the prices of a day.
type Rate struct {
	Currency string
	PerUnit  credit.Amount
	AsOf     string
}

// Group is the cost of the rows that have one value in a column.
type Group struct {
	Name string // empty for the rows whose cell is empty
	Rows int
	Cost Cost

	rest bool // it is the sum of the groups that are not shown
}

// RowCost is what one row is expected to cost.
type RowCost struct {
	Row  int
	Key  string
	Cost Cost
}

// RowNote is something about one row.
type RowNote struct {
	Row                   int
	Key, Reason, WhatToDo string
}

// Spend is what one account was charged over time, beside what was planned.
type Spend struct {
	Account credit.Account
	Likely  *credit.Amount // what was planned for all rows; nil where that was not known
	AtMost  *credit.Amount
	Points  []SpendPoint // in the order of time
	Service string       // as its vendor writes it; empty: as the account says
}

// account names the account with the service as its vendor writes it.
func (s Spend) account() string {
	a := s.Account
	a.Provider = cmp.Or(s.Service, a.Provider)
	return a.String()
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

// Limits of what a page shows of a long list. The page counts the rest, and the workbooks
// have all of it. The limits keep a page of 100,000 rows below three megabytes, which a
// phone can still scroll.
const (
	mostNotes  = 250
	mostGroups = 14
	mostPoints = 400
	mostWords  = 400 // characters of a reason
)

//go:embed pages
var pages embed.FS

// parse reads a page's template. The style is put into the text before it is parsed, so
// that the page holds exactly the bytes whose hash its security policy names.
func parse(name string, part func(string) string) (*template.Template, error) {
	var text [3]string
	for i, file := range []string{"page.css", name, "parts.html"} {
		b, err := pages.ReadFile("pages/" + file)
		if err != nil {
			return nil, err
		}
		text[i] = string(b)
	}
	policy := ""
	for _, own := range styles(name) {
		b, err := pages.ReadFile("pages/" + own)
		if err != nil {
			return nil, err
		}
		text[0] += string(b)
		policy = " img-src data:;" // only a storyboard has pictures, and they are in the page
	}
	sum := sha256.Sum256([]byte(text[0]))
	head := strings.NewReplacer("STYLE", text[0], "PICTURES", policy, "HASH", base64.StdEncoding.EncodeToString(sum[:])).Replace(pageHead)
	return template.New(name).Funcs(template.FuncMap{
		"number": wording.Count, "clean": func(s string) string { return Shorten(wording.Clean(s), mostWords) }, "amount": amount,
		"when": when, "command": command, "odd": func(n int) bool { return n%2 == 1 },
		"at": func(seconds, total float64) string { return fmt.Sprintf("%.3f%%", 100*seconds/max(total, 0.001)) },
	}).Parse(part(head+text[1]) + text[2])
}

// StyleSheet is the style of every page, for a program that shows their bodies in pages of
// its own.
func StyleSheet() ([]byte, error) {
	var all []byte
	for _, name := range append([]string{"page.css"}, styles("storyboard.html")...) {
		own, err := pages.ReadFile("pages/" + name)
		if err != nil {
			return nil, err
		}
		all = append(all, own...)
	}
	return all, nil
}

// styles are the sheets that a page has beside the one of all pages.
func styles(name string) []string {
	switch name {
	case "storyboard.html":
		return []string{"canvas.css", "storyboard.css"}
	case "frame.html":
		return []string{"canvas.css", "frame.css"}
	}
	return nil
}

// command writes a text with commands. A flag is never broken behind its hyphens: what a
// person copies by eye would be another one.
func command(text string) template.HTML {
	words := strings.Fields(Shorten(wording.Clean(text), mostWords))
	for i, word := range words {
		if words[i] = template.HTMLEscapeString(word); strings.HasPrefix(word, "--") {
			words[i] = `<span class="flag">` + words[i] + `</span>`
		}
	}
	return template.HTML(strings.Join(words, " ")) //nolint:gosec // G203: each word is escaped above
}

// pageHead begins every page. Its policy allows one style sheet and nothing else: even if
// a value of a sheet got into the markup, a browser would run and load nothing.
const pageHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';PICTURES style-src 'sha256-HASH'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<style>STYLE</style>
`

// when writes a time with its zone: a page is read in other zones than it was written in.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2 January 2006, 15:04 MST")
}

// listed is the part of a list that a page shows.
type listed struct {
	Rows  []RowNote
	More  int
	Where string // says where the rest can be found
}

// list cuts a list to what a page shows, and counts the rest.
func list(notes []RowNote, where string) listed {
	n := min(len(notes), mostNotes)
	return listed{notes[:n], len(notes) - n, where}
}

// WriteHTML writes the plan as one page that needs no script, no network and no other
// file, so that it can be mailed and still opens years later.
func (p PlanPage) WriteHTML(w io.Writer) error { return p.fill(w, execute) }

// WriteBody writes what the page of [PlanPage.WriteHTML] shows, for a page that has a head
// and the [StyleSheet] itself.
func (p PlanPage) WriteBody(w io.Writer) error { return p.fill(w, executeBody) }

func (p PlanPage) fill(w io.Writer, execute filling) error {
	groups := foldGroups(p.Groups)
	charts := render(append(groupCharts(p.GroupedBy, groups), lengthChart("How long the videos would last", p.Lengths)...))
	return execute(w, "plan.html", struct {
		PlanPage
		Cards                                          []card
		Lines, ByGroup, ByRow                          []amounts
		Spending                                       []spending
		Charts                                         []chart
		Worth, Risky, NotSent, Altered, Vanished       listed
		Verdict, Tone, Lasts, Why, Stopping, Priceless string
	}{
		p, p.cards(), p.lines(), groupLines(groups), dearestLines(p.dearest()), p.spending(), charts, list(p.Look, inWorkbook), list(p.AtRisk, inWorkbook), list(p.Refused, inWorkbook), list(p.Changed, inWorkbook), list(p.Gone, inWorkbook),
		p.verdict(), p.Budget.tone(), p.lasts(), p.pace(), p.stopping(), p.priceless(),
	})
}

const inWorkbook = "plan --xlsx writes a workbook that has them all"

// dearest returns the dearest rows, or none when they all cost the same.
func (p PlanPage) dearest() []RowCost {
	n := len(p.Dearest)
	if n > 1 && likely(p.Dearest[0].Cost) == likely(p.Dearest[n-1].Cost) {
		return nil
	}
	return p.Dearest
}

// priceless counts the rows whose price is not known.
func (p PlanPage) priceless() string {
	n := 0
	for _, c := range p.Cost {
		n += c.UnknownRows
	}
	switch n {
	case 0:
		return ""
	case 1:
		return "1 row has no price"
	}
	return wording.Count(n) + " rows have no price"
}

// verdict is empty for a campaign without a budget.
func (p PlanPage) verdict() string {
	if p.Budget == nil {
		return ""
	}
	return p.Budget.verdict()
}

// WriteHTML writes the report as one page that needs no script, no network and no other
// file.
func (r RunPage) WriteHTML(w io.Writer) error { return r.fill(w, execute) }

// WriteBody writes what the page of [RunPage.WriteHTML] shows, for a page that has a head
// and the [StyleSheet] itself.
func (r RunPage) WriteBody(w io.Writer) error { return r.fill(w, executeBody) }

func (r RunPage) fill(w io.Writer, execute filling) error {
	var all []drawing
	for _, s := range r.Spend {
		all = append(all, spendChart(s, r.Started)...)
	}
	all = append(all, progressChart(r.Progress)...)
	all = append(all, lengthChart("How long the videos last", r.Lengths)...)
	causes := slices.Clone(r.Causes)
	// The page belongs to the caller, so its list is not sorted in place.
	slices.SortStableFunc(causes, func(a, b Cause) int { return cmp.Compare(b.Rows, a.Rows) })
	all = append(all, causeChart(causes)...)
	return execute(w, "report.html", struct {
		RunPage
		Cards  []card
		Books  []book
		Charts []chart
		Why    []Cause
		Rest   listed
		Took   string
	}{r, r.cards(), r.books(), render(all), causes[:min(len(causes), mostGroups)], list(r.Failing, "the results sheet has them all"), r.took()})
}

// took says how long the run lasted; empty while its end or beginning is not known.
func (r RunPage) took() string {
	if r.Started.IsZero() || !r.Ended.After(r.Started) {
		return ""
	}
	return span(r.Ended.Sub(r.Started).Seconds())
}

// filling fills in a page's template.
type filling func(w io.Writer, name string, data any) error

// execute fills in a page's template.
func execute(w io.Writer, name string, data any) error {
	return executePart(w, name, func(text string) string { return text }, data)
}

// executeBody fills in what a page's template has inside of its main element.
func executeBody(w io.Writer, name string, data any) error {
	return executePart(w, name, func(text string) string {
		_, text, _ = strings.Cut(text, "<main>")
		body, end, _ := strings.Cut(text, "</main>")
		_, parts, _ := strings.Cut(end, "</html>")
		return body + parts
	}, data)
}

// executePart fills in a part of a page's template.
func executePart(w io.Writer, name string, part func(string) string, data any) error {
	t, err := parse(name, part)
	if err == nil {
		err = t.Execute(w, data)
	}
	if err != nil {
		return fmt.Errorf("write page %s: %w", name, err)
	}
	return nil
}

// account returns the account of the group's cost. Only amounts of one account may be
// added: units of two services are different things.
func (g Group) account() credit.Account {
	return credit.Account{Provider: g.Cost.Provider, Payer: g.Cost.Payer, Unit: g.Cost.Unit}
}

// foldGroups keeps the dearest groups of each account, and adds the rest up.
func foldGroups(groups []Group) []Group {
	// The groups are sorted by account first, so the last one kept is always the sum of
	// the account at hand.
	groups = slices.Clone(groups)
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.account().String(), b.account().String()), cmp.Compare(likely(b.Cost), likely(a.Cost)), cmp.Compare(a.Name, b.Name))
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
			rest.rest = true
			kept = append(kept, rest)
			continue
		}
		kept[len(kept)-1] = kept[len(kept)-1].plus(g)
	}
	return kept
}

// likely orders costs; an unknown one comes behind all that are known.
func likely(c Cost) credit.Amount {
	if c.Likely == nil {
		return -1
	}
	return *c.Likely
}

// plus adds a group of the same account. The sum has no money: the two may have been
// converted at rates of different days.
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

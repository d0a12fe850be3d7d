package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/reelmerge/reelmerge/internal/wording"
)

// narrowest is the narrowest terminal that a table is laid out for.
const narrowest = 40

// PlanTable writes a plan as plain text without colours, for a terminal of a width in
// columns. For 0, a pipe or a file, no line is broken.
func PlanTable(p PlanPage, width int) string {
	b := tables{width: width}
	if width > 0 {
		b.width = max(width, narrowest)
	}
	b.section("Rows", pairs(
		Count{"in the sheet", p.Rows.Total}, Count{"can be sent", p.Rows.Valid},
		Count{"with problems: not sent", p.Rows.Refused}, Count{"left out by the filter", p.Rows.FilteredBy.Where},
		Count{"left out: on the list of rows.suppress", p.Rows.FilteredBy.Suppress}, Count{"left out: without a consent", p.Rows.FilteredBy.Consent}))
	b.section("The sheet", p.Sheet.Rows())
	b.section("What a run would do", pairs(
		Count{"send", p.Actions.Submit}, Count{"made already", p.Actions.Done}, Count{"being made", p.Actions.InFlight},
		Count{"not known: decide with resolve", p.Actions.Unsure}, Count{"failed: send again with retry", p.Actions.Failed},
		Count{"cancelled", p.Actions.Cancelled}, Count{"changed since they were made", p.Actions.Changed},
		Count{"waiting for a step", p.Actions.Waits}, Count{"gone from the sheet", p.Actions.Removed}))
	b.section("Steps", stepRows(p.Plan))
	b.section("Waiting for a step", waitRows(p.Waits))
	b.section("Changed since they were bought", noteRows(named(p.Changed)))
	b.section("Gone from the sheet", noteRows(named(p.Gone)))
	b.section("What is spent already", spentRows(p.Spent, p.Test))
	b.section("What it would cost", costRows(p.Cost))
	if len(p.Groups) > 0 {
		b.section(b.title("By "+p.GroupedBy), groupRows(foldGroups(p.Groups)))
	}
	b.section("The dearest rows", dearestRows(few(p.dearest())))
	b.section("Rows that may go wrong", noteRows(few(p.AtRisk)))
	b.section("Time and budget", p.timeRows())
	b.section("Approval", approvalRows(p.Plan))
	b.section("To know more, tell it", bullets(p.Missing))
	b.says(p.Sample)
	return b.String()
}

// stepRows has a line per step, and what it saves that rows share them.
func stepRows(p Plan) [][]string {
	var rows [][]string
	for i, s := range p.Steps {
		text := wording.Plural(s.Jobs, "job")
		if i < len(p.Steps)-1 {
			text += " for " + wording.Plural(s.Rows, "row")
		}
		if cost := s.Costs(); cost != "" {
			text += ", " + cost
		}
		rows = append(rows, []string{Shorten(s.Name, 34), text})
	}
	for _, s := range p.SharedSaves {
		rows = append(rows, []string{"without sharing", s.Apart.In(s.Unit) + ": sharing saves " + s.Amount.In(s.Unit)})
	}
	return rows
}

// waitRows has a line for each job that rows wait for.
func waitRows(waits []StepWait) [][]string {
	var rows [][]string
	for _, w := range waits {
		rows = append(rows, []string{Shorten(w.Part, 34), wording.Plural(w.Rows, "row") + ": " + w.Text})
	}
	return rows
}

// approvalRows say which digest stands for the plan, and which rows wait.
func approvalRows(p Plan) [][]string {
	if p.Approval == nil {
		return nil
	}
	rows := [][]string{{"digest of this plan", p.ShortDigest()}}
	rows = append(rows, pairs(Count{"approved", p.Approval.Approved}, Count{"waiting", p.Approval.Waiting})...)
	if len(p.Approval.Rows) > 0 {
		rows = append(rows, []string{"first of those", strings.Join(p.Approval.Rows, ", ")})
	}
	return rows
}

// tables are tables below each other.
type tables struct {
	strings.Builder
	width int // 0: no line is broken
}

// fewRows is how many rows of a list a terminal shows; the page has more.
const fewRows = 3

// few cuts a list to what a terminal shows.
// namedRows is how many rows of a list that a person decides about are shown.
const namedRows = 10

func named(notes []RowNote) []RowNote { return notes[:min(len(notes), namedRows)] }

func few[T any](list []T) []T { return list[:min(len(list), fewRows)] }

// spentRows has a line per account. Amounts that are open are rounded up: at most so much
// more will be charged.
func spentRows(spent []Spent, test bool) [][]string {
	var rows [][]string
	for _, s := range spent {
		text := s.Charged.Rounded() + " " + spentWord(test)
		if s.InFlight != 0 {
			text += ", at most " + s.InFlight.Up().Rounded() + " more for videos that are being made"
		}
		if s.Unsure != 0 {
			text += ", at most " + s.Unsure.Up().Rounded() + " more for rows that are not known"
		}
		rows = append(rows, []string{s.account(), text})
	}
	return rows
}

// costRows has up to three lines per account: the cost, the same in money, and the number
// of rows that are not in it.
func costRows(costs []Cost) [][]string {
	var rows [][]string
	for _, c := range costs {
		text := c.total()
		if c.Likely != nil {
			text += ", " + HowKnown(c.Basis, c.service())
		}
		rows = append(rows, []string{c.account(), text})
		if c.Money != nil {
			rows = append(rows, []string{"  in money", c.dated()})
		}
		if c.UnknownRows > 0 {
			rows = append(rows, []string{"  rows without a price", wording.Count(c.UnknownRows)})
		}
	}
	return rows
}

func groupRows(groups []Group) [][]string {
	var rows [][]string
	for _, g := range groups {
		rows = append(rows, []string{Shorten(g.name(), 34), wording.Plural(g.Rows, "row") + ", " + g.Cost.priced()})
	}
	return rows
}

func dearestRows(dearest []RowCost) [][]string {
	var rows [][]string
	for _, r := range dearest {
		rows = append(rows, []string{rowName(r.Row, r.Key), r.Cost.priced()})
	}
	return rows
}

func noteRows(notes []RowNote) [][]string {
	var rows [][]string
	for _, n := range notes {
		rows = append(rows, []string{rowName(n.Row, n.Key), n.Reason})
	}
	return rows
}

// rowName names a row by its number in the sheet and its key, in the width of the first
// column of a table.
func rowName(row int, key string) string {
	return Shorten("row "+wording.Count(row)+", key "+wording.Clean(key), 34)
}

// timeRows says how long the run takes and why, and whether the budget covers it. Lines
// with nothing to say are left out.
func (p PlanPage) timeRows() [][]string {
	var rows [][]string
	for _, r := range [][]string{
		{"time", p.lasts()}, {"why", p.pace()}, {"stop time", p.stopping()}, {"what would shorten it", p.Time.Shorter},
		{"seen so far", p.Observed}, {"budget", p.verdict()},
	} {
		if r[1] != "" {
			rows = append(rows, r)
		}
	}
	return rows
}

// bullets makes a line of each text, cut at its first colon.
func bullets(texts []string) [][]string {
	var rows [][]string
	for _, text := range texts {
		what, how, _ := strings.Cut(text, ": ")
		rows = append(rows, []string{what, how})
	}
	return rows
}

// pairs returns the counts that are not zero. The first is always there, so that a
// section is never empty.
func pairs(counts ...Count) [][]string {
	var rows [][]string
	for i, c := range counts {
		if i == 0 || c.N != 0 {
			rows = append(rows, []string{c.Name, wording.Count(c.N)})
		}
	}
	return rows
}

// section writes a title and a table of two columns, or nothing for no rows.
func (b *tables) section(title string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	t := newTable()
	for _, r := range rows {
		t.AppendRow(table.Row{Shorten(wording.Clean(r[0]), 200), Shorten(wording.Clean(r[1]), 500)})
	}
	t.SetColumnConfigs(b.columns())
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	b.WriteString(title + "\n" + t.Render() + "\n")
}

// says shows what the first video would say, as people read a letter before they send
// hundreds of them.
func (b *tables) says(s Sample) {
	if len(s.Texts) == 0 {
		return
	}
	fmt.Fprintf(b, "\nRow %s would say\n", wording.Count(s.Row))
	for _, said := range s.Texts {
		said = Shorten(wording.Clean(said), 500)
		if b.width > 0 {
			said = text.WrapSoft(said, (b.width-2)&^1)
		}
		for line := range strings.Lines(said) {
			b.WriteString(" " + strings.TrimRight(line, " \n") + "\n")
		}
	}
}

// title is a title that a stranger wrote, short enough for its line also where each sign
// takes two columns.
func (b *tables) title(text string) string {
	if b.width == 0 {
		return wording.Clean(text)
	}
	return Shorten(wording.Clean(text), b.width/2)
}

// columns lays two columns out side by side: names, and what is said of them.
func (b *tables) columns() []table.ColumnConfig {
	const padding, most = 4, 34
	if b.width == 0 {
		return []table.ColumnConfig{{Number: 1, WidthMin: most}}
	}
	names := min(most, b.width/2-padding) &^ 1
	return []table.ColumnConfig{
		{Number: 1, WidthMax: names, WidthMin: names, WidthMaxEnforcer: text.WrapSoft},
		{Number: 2, WidthMax: (b.width - names - padding) &^ 1, WidthMaxEnforcer: text.WrapSoft}, // even, for signs that take two columns
	}
}

// Columns writes rows below each other for a terminal, each column as wide as its longest
// cell. It knows that some characters take two places, such as those of East Asia.
func Columns(w io.Writer, rows [][]string) error {
	t := newTable()
	t.Style().Box.PaddingLeft, t.Style().Box.PaddingRight = "", "  "
	for _, cells := range rows {
		row := make(table.Row, len(cells))
		for i, cell := range cells {
			row[i] = wording.Clean(cell)
		}
		t.AppendRow(row)
	}
	_, err := io.WriteString(w, t.Render()+"\n")
	return err
}

func newTable() table.Writer {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	return t
}

package report

import (
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/reelmerge/reelmerge/ledger"
)

// width is what a table takes at most: it stays whole on every terminal.
const width = 80

// PlanTable writes a plan for a terminal: plain text of at most 80 columns,
// without colours.
func PlanTable(p Plan) string {
	var b strings.Builder
	section(&b, "Rows", pairs(
		Count{"in the sheet", p.Rows.Total}, Count{"can be sent", p.Rows.Valid},
		Count{"refused: they have problems", p.Rows.Refused}, Count{"left out by the filter", p.Rows.Filtered}))
	section(&b, "What a run would do", pairs(
		Count{"send", p.Actions.Submit}, Count{"done already", p.Actions.Done}, Count{"in progress", p.Actions.InFlight},
		Count{"not known: decide with resolve", p.Actions.Unsure}, Count{"failed: send again with retry", p.Actions.Failed},
		Count{"cancelled", p.Actions.Cancelled}, Count{"changed since they were made", p.Actions.Changed},
		Count{"gone from the sheet", p.Actions.Removed}))
	section(&b, "What it would cost", costRows(p.Cost))
	rows := [][]string{{"time", p.Time.lasting()}}
	if p.Time.BoundBy != "" {
		rows = append(rows, []string{"the limit that decides", p.Time.BoundBy})
	}
	if p.Budget != nil {
		rows = append(rows, []string{"budget", p.Budget.verdict()})
	}
	section(&b, "Time and budget", rows)
	return b.String()
}

func costRows(costs []Cost) [][]string {
	var rows [][]string
	for _, c := range costs {
		rows = append(rows, []string{c.account(), c.total() + ", " + c.Basis.String()})
		if c.Money != nil {
			rows = append(rows, []string{"  in money", c.money()})
		}
		if c.UnknownRows > 0 {
			rows = append(rows, []string{"  rows without a price", number(c.UnknownRows)})
		}
	}
	return rows
}

// StatusTable writes where a campaign stands for a terminal.
func StatusTable(s Status) string {
	var b strings.Builder
	rows := pairs(append([]Count{{"in the sheet", s.Rows.Total}, {"refused", s.Rows.Refused}, {"left out by the filter", s.Rows.Filtered}}, s.States.words()...)...)
	section(&b, "Rows", rows)
	rows = nil
	for _, c := range s.Credits {
		rows = append(rows, []string{c.account(), "charged " + c.Charged.String() + ", reserved " + c.Reserved.String()})
		if c.Overrun != 0 {
			rows = append(rows, []string{"  above what was reserved", c.Overrun.String()})
		}
	}
	section(&b, "Credits", rows)
	state := "no run is going"
	if s.Running {
		state = "a run is going"
	}
	rows = [][]string{{"now", state}}
	if s.Held != "" {
		rows = append(rows, []string{"it sends nothing more", s.Held})
	}
	section(&b, "Run", rows)
	return b.String()
}

// Undecided is a row whose outcome nobody knows.
type Undecided struct {
	Entry ledger.Entry
	// Where says in which place of the service to look.
	Where string
}

// ResolveTable lists the rows whose outcome nobody knows, and when to look for
// them; the commands that decide them follow the table.
func ResolveTable(rows []Undecided, a Advice) string {
	if len(rows) == 0 {
		return "Every row's outcome is known.\n"
	}
	t := newTable()
	t.AppendHeader(table.Row{"row", "key", "sent at", "what happened"})
	for _, u := range rows {
		e := u.Entry
		t.AppendRow(table.Row{number(e.Row), Shorten(Clean(e.Key), 40), moment(e.IntendedAt), Shorten(Clean(e.Reason), 200)})
	}
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, Align: text.AlignRight, WidthMax: 9}, {Number: 2, WidthMax: 18, WidthMaxEnforcer: text.WrapSoft},
		{Number: 3, WidthMax: 16}, {Number: 4, WidthMax: 25, WidthMaxEnforcer: text.WrapSoft},
	})
	var b strings.Builder
	b.WriteString("We do not know whether these rows were made. Look for them:\n\n" + t.Render() + "\n\n")
	for _, where := range places(rows) {
		b.WriteString(wrap("Where: "+where) + "\n")
	}
	b.WriteString("Then decide each row:\n\n")
	for _, choice := range [][2]string{
		{"--adopt TICKET", "it was made: take it over"},
		{"--not-submitted", "it is not there: send it again"},
		{"--resubmit", "send it again, though it may be paid twice"},
	} {
		b.WriteString("  " + a.command("resolve") + " --row KEY " + choice[0] + "\n      " + choice[1] + "\n")
	}
	return b.String()
}

// places returns where to look, each once.
func places(rows []Undecided) []string {
	var list []string
	seen := map[string]bool{}
	for _, u := range rows {
		if where := Clean(u.Where); where != "" && !seen[where] {
			seen[where] = true
			list = append(list, where)
		}
	}
	return list
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// pairs returns the counts that are not zero; the first is always there.
func pairs(counts ...Count) [][]string {
	var rows [][]string
	for i, c := range counts {
		if i == 0 || c.N != 0 {
			rows = append(rows, []string{c.Name, number(c.N)})
		}
	}
	return rows
}

// section writes a title and a table of two columns, or nothing for no rows.
func section(b *strings.Builder, title string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	t := newTable()
	for _, r := range rows {
		t.AppendRow(table.Row{Shorten(Clean(r[0]), 200), Shorten(Clean(r[1]), 500)})
	}
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, WidthMax: 34, WidthMin: 34, WidthMaxEnforcer: text.WrapSoft},
		{Number: 2, WidthMax: width - 34 - 4, WidthMaxEnforcer: text.WrapSoft},
	})
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	b.WriteString(title + "\n" + t.Render() + "\n")
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

func wrap(s string) string { return text.WrapSoft(s, width) }

package main

import (
	"bytes"
	"encoding/json"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/providers/sandbox"
	"github.com/reelmerge/reelmerge/report"
)

// budgeting is an example campaign whose money is looked at, with its output in a
// folder of its own.
type budgeting struct {
	t        *testing.T
	campaign string
	dir      string
}

func newBudgeting(t *testing.T, example string) *budgeting {
	t.Helper()
	return &budgeting{t, filepath.Join("..", "..", "examples", filepath.FromSlash(example), "campaign.yaml"), t.TempDir()}
}

// command runs one command on the example and returns what it printed.
func (b *budgeting) command(name string, flags ...string) string {
	b.t.Helper()
	return b.ends(exitDone, name, flags...)
}

// ends is command for another exit code.
func (b *budgeting) ends(want int, name string, flags ...string) string {
	b.t.Helper()
	var out, said bytes.Buffer
	args := slices.Concat([]string{name, b.campaign, "--set", "output.dir=" + b.dir, "--set", "provider.sandbox.render=1ms", "--set", "prices.currency=EUR",
		"--set", "prices.per_unit=0.85"}, flags)
	if code := run(b.t.Context(), args, streams{strings.NewReader(""), &out, &said}); code != want {
		b.t.Fatalf("%s: exit %d\n%s%s", name, code, out.String(), said.String())
	}
	return out.String()
}

func (b *budgeting) document(into any, name string, flags ...string) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(b.command(name, append(flags, "--json")...)), into); err != nil {
		b.t.Fatal(err)
	}
}

func (b *budgeting) read(name string) string {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(data)
}

// tableOf returns the table of a page below a heading, as people read it.
func tableOf(t *testing.T, page, id string) (rows [][]string) {
	t.Helper()
	_, rest, found := strings.Cut(page, `<h2 id="`+id+`"`)
	body, _, ends := strings.Cut(rest, "</tbody>")
	_, body, begins := strings.Cut(body, "<tbody")
	if !found || !ends || !begins {
		t.Fatalf("the page has no table %q", id)
	}
	row, cell, tag := regexp.MustCompile(`(?s)<tr[ >].*?</tr>`), regexp.MustCompile(`(?s)<t[hd][ >].*?</t[hd]>`), regexp.MustCompile(`<[^>]*>`)
	for _, r := range row.FindAllString(body, -1) {
		var cells []string
		for _, c := range cell.FindAllString(r, -1) {
			cells = append(cells, strings.TrimSpace(html.UnescapeString(tag.ReplaceAllString(c, ""))))
		}
		rows = append(rows, cells)
	}
	return rows
}

// TestPlansOfAllServicesSayTheirBases plans an example of each service: the page
// and the workbook say the very amounts of plan --json, with their basis.
func TestPlansOfAllServicesSayTheirBases(t *testing.T) {
	for example, want := range map[string]report.Cost{
		"template-job":         {Provider: "colossyan", Service: "Colossyan", Unit: "minutes", Basis: credit.Estimated},
		"colossyan-video":      {Provider: "colossyan", Service: "Colossyan", Unit: "minutes", Basis: credit.Estimated},
		"kensa":                {Provider: "kensa", Service: "Kensa", Unit: "credits", Basis: credit.Configured},
		"samsar/text-to-video": {Provider: "samsar", Service: "Samsar", Unit: "credits", Basis: credit.Documented},
		"samsar/image-list":    {Provider: "samsar", Service: "Samsar", Unit: "credits", Basis: credit.Documented},
		"vidgen":               {Provider: "vidgen", Service: "vidgen", Unit: "jobs", Basis: credit.Configured},
	} {
		t.Run(example, func(t *testing.T) {
			b := newBudgeting(t, example)
			var plan report.Plan
			b.document(&plan, "plan", "--html", filepath.Join(b.dir, "plan.html"), "--xlsx", filepath.Join(b.dir, "plan.xlsx"))
			if len(plan.Cost) != 1 {
				t.Fatalf("costs %+v", plan.Cost)
			}
			c := plan.Cost[0]
			if c.Provider != want.Provider || c.Unit != want.Unit || c.Basis != want.Basis || c.UnknownRows != 0 || *c.Likely <= 0 {
				t.Errorf("%+v, want %+v", c, want)
			}
			rate := credit.Unit * 85 / 100
			inEUR := func(a *credit.Amount) credit.Amount { return rate.Ratio(int64(*a), int64(credit.Unit)) }
			wantRows := [][]string{
				{want.Service + " " + c.Unit, c.Low.Down().Rounded(), c.Likely.Rounded(), c.High.Up().Rounded(), report.HowKnown(c.Basis, want.Service)},
				{"in EUR", inEUR(c.Low).Down().Money(""), inEUR(c.Likely).Money(""), inEUR(c.High).Up().Money(""), "at the campaign's rate"},
			}
			rows := tableOf(t, b.read("plan.html"), "cost")
			for i := range rows {
				rows[i][4] = strings.SplitN(rows[i][4], ":", 2)[0]
				rows[i][4] = strings.SplitN(rows[i][4], " of ", 2)[0]
			}
			if diff := cmp.Diff(wantRows, rows); diff != "" {
				t.Errorf("plan.html (-json +page):\n%s", diff)
			}
			b.compareBook(plan)
		})
	}
}

// compareBook adds up the rows of plan.xlsx, digit by digit as they stand in it.
func (b *budgeting) compareBook(plan report.Plan) {
	t := b.t
	t.Helper()
	f, err := excelize.OpenFile(filepath.Join(b.dir, "plan.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Rows", excelize.Options{RawCellValue: true})
	if err != nil || len(rows) != plan.Rows.Total+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	var sum credit.Sum
	for _, row := range rows[1:] {
		var e credit.Estimate
		for name, amount := range map[string]*credit.Amount{"Least": &e.Low, "Likely": &e.Likely, "Most": &e.High} {
			if *amount, err = credit.Parse(row[slices.Index(rows[0], name)]); err != nil {
				t.Fatal(err)
			}
		}
		known := row[slices.Index(rows[0], "How it is known")]
		for _, basis := range []credit.Basis{credit.Observed, credit.Configured, credit.Documented, credit.Estimated} {
			if cut, _, _ := strings.Cut(report.HowKnown(basis, ""), " the service"); strings.HasPrefix(known, cut) {
				e.Basis = basis
			}
		}
		sum.Add(e)
	}
	c := plan.Cost[0]
	if sum.Low != *c.Low || sum.Likely != *c.Likely || sum.High != *c.High || sum.Basis != c.Basis || sum.Rows != plan.Actions.Submit {
		t.Errorf("plan.xlsx adds up to %+v, plan --json says %+v", sum, c)
	}
}

// TestWhatPagesAndResultsSayIsWhatTheBankCharged runs an example to its end. Every
// place that names money says the same to the credit: the bank of the simulator,
// status, the report, the results, and the plan of what was spent.
func TestWhatPagesAndResultsSayIsWhatTheBankCharged(t *testing.T) {
	b := newBudgeting(t, "template-job")
	b.command("run")
	var total credit.Amount
	charges, err := sandbox.ReadBank(filepath.Join(b.dir, "sandbox", "sandbox.db"))
	if err != nil || len(charges) == 0 {
		t.Fatalf("%d charges, %v", len(charges), err)
	}
	for _, c := range charges {
		total = total.Plus(c.Amount)
	}
	var status report.Status
	b.document(&status, "status")
	if len(status.Credits) != 1 || status.Credits[0].Charged != total || status.Credits[0].Reserved != 0 {
		t.Fatalf("the bank charged %v, status says %+v", total, status.Credits)
	}
	b.command("report", "--out", filepath.Join(b.dir, "report.html"))
	inEUR := total.Ratio(85, 100).Money("")
	books := tableOf(t, b.read("report.html"), "credits")
	want := [][]string{
		{"Colossyan minutes", total.Rounded(), "0", status.Credits[0].Released.Rounded(), status.Credits[0].Overrun.Rounded()},
		{"in EUR", inEUR, "0.00", status.Credits[0].Released.Ratio(85, 100).Money(""), status.Credits[0].Overrun.Ratio(85, 100).Money("")},
	}
	if diff := cmp.Diff(want, books); diff != "" {
		t.Errorf("report.html (-bank +page):\n%s", diff)
	}
	if text := "spent ends at " + total.Rounded() + "; planned, likely ends at "; !strings.Contains(b.read("report.html"), text) {
		t.Errorf("no chart says %q", text)
	}
	if got := b.sumOfResults(); got != total {
		t.Errorf("the results add up to %v, the bank charged %v", got, total)
	}
	var plan report.Plan
	b.document(&plan, "plan", "--html", filepath.Join(b.dir, "again.html"))
	spent := tableOf(t, b.read("again.html"), "spent")
	if diff := cmp.Diff([][]string{{"Colossyan minutes", total.Rounded(), "0", "0", "0", total.Up().Rounded()}}, spent); diff != "" || plan.Spent[0].Charged != total {
		t.Errorf("the next plan (-bank +page):\n%s\n%+v", diff, plan.Spent)
	}
	if text := b.command("plan"); !strings.Contains(text, total.Rounded()+" would be charged") || !strings.Contains(text, "than estimated") {
		t.Errorf("the terminal does not say what was spent, or how far the estimate was off:\n%s", text)
	}
}

func (b *budgeting) sumOfResults() (sum credit.Amount) {
	b.t.Helper()
	f, err := excelize.OpenFile(filepath.Join(b.dir, "sandbox", "results.xlsx"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Customers", excelize.Options{RawCellValue: true})
	if err != nil {
		b.t.Fatal(err)
	}
	column := slices.Index(rows[0], "credits")
	for _, row := range rows[1:] {
		amount, err := credit.Parse(row[column])
		if err != nil {
			b.t.Fatal(err)
		}
		sum = sum.Plus(amount)
	}
	return sum
}

// TestTheReportNamesEveryRowWithoutAVideo runs into trouble: the report counts the
// causes, and lists each row in the order of the sheet.
func TestTheReportNamesEveryRowWithoutAVideo(t *testing.T) {
	b := newBudgeting(t, "template-job")
	b.ends(exitDecide, "run", "--max-wait", "1s", "--set", "provider.sandbox.faults=failed=10%,accept-then-drop@3")
	var status report.Status
	b.document(&status, "status")
	if status.States.Failed == 0 || status.States.Unsure == 0 {
		t.Fatalf("states %+v", status.States)
	}
	b.command("report", "--out", filepath.Join(b.dir, "report.html"))
	page, failed := b.read("report.html"), 0
	for _, cause := range tableOf(t, page, "causes") {
		n, err := strconv.Atoi(cause[0])
		if failed += n; err != nil || !strings.Contains(cause[2], "reelmerge retry") {
			t.Errorf("cause %q", cause)
		}
	}
	last, unsure := 0, 0
	rows := tableOf(t, page, "rows")
	for _, row := range rows {
		n, err := strconv.Atoi(row[0])
		if err != nil || n <= last || row[2] == "" || !strings.Contains(row[3], "reelmerge re") {
			t.Errorf("row %q after row %d", row, last)
		}
		if last = n; strings.HasPrefix(row[2], "it is not known whether it was made") {
			unsure++
		}
	}
	if failed != status.States.Failed || unsure != status.States.Unsure || len(rows) != failed+unsure {
		t.Errorf("the page has %d failed rows, %d unsure ones and lists %d; states %+v", failed, unsure, len(rows), status.States)
	}
	if got := tableOf(t, page, "credits")[0][1:3]; got[0] != status.Credits[0].Charged.Rounded() || got[1] != status.Credits[0].Reserved.Up().Rounded() || got[1] == "0" {
		t.Errorf("the page says %q, status %+v", got, status.Credits[0])
	}
}

package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

func TestShortenCountsCharacters(t *testing.T) {
	if got := report.Shorten("ßßßßß", 5); got != "ßßßßß" {
		t.Errorf("got %q", got)
	}
	if got := report.Shorten("ßßßß ß", 5); got != "ßßßß…" {
		t.Errorf("got %q", got)
	}
	if got := report.Shorten(strings.Repeat("😀", 1000), 4); got != "😀😀😀…" {
		t.Errorf("got %q", got)
	}
}

func narrow(t *testing.T, table string, width int) {
	t.Helper()
	for line := range strings.Lines(table) {
		line = strings.TrimSuffix(line, "\n")
		if n := text.StringWidthWithoutEscSequences(line); n > width && !strings.Contains(line, "reelmerge ") {
			t.Errorf("%d columns: %q", n, line)
		}
		if strings.ContainsAny(line, "\x1b\a\r\u202e") {
			t.Errorf("controls in %q", line)
		}
	}
}

func TestTablesAreNarrowAndPlainWhateverIsInThem(t *testing.T) {
	for _, value := range append(hostile(), "", strings.Repeat("漢", 200)) {
		for _, width := range []int{50, 80, 200} {
			narrow(t, report.PlanTable(planOf(3, value), width), width)
		}
	}
}

func TestColumnsStandBelowEachOther(t *testing.T) {
	var b strings.Builder
	must(t, report.Columns(&b, [][]string{{"NAME", "LABEL", "DETAILS"}, {"李雷", "x\x1b[31m", ""}, {"Ada", "", "last"}, {"🚀 rocket", "São Paulo", "last"}}))
	want := "NAME       LABEL      DETAILS\n李雷       x[31m\nAda                   last\n🚀 rocket  São Paulo  last\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestThePlanTableSaysWhatMatters(t *testing.T) {
	table := report.PlanTable(planOf(1187, ""), 80)
	for _, want := range []string{
		"send                                1,187", "4 spent, at most 0.7 more for videos", "at most 1 more for rows", "at least 1,187 (1,186.75 to", "in the campaign", "rows without a price",
		"kensa credits                       not known\n", "2 days 17 h", "1,187 rows, one at a time, about 3 min 15", "overnight", "enough", "at least 10.00 EUR (9.00 to 11.00)",
		"row 2, key C-0                      50 minutes (49.75 to 50.5)", "City 0                              9 rows, 100 minutes (99.75 to", "all others", "the text is long", "about 593 of",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
}

// TestPipesGetWholeLines: a program that looks for a line finds it, however long it is.
func TestPipesGetWholeLines(t *testing.T) {
	whole := report.PlanTable(planOf(1187, ""), 0)
	for _, want := range []string{"at least 1,187 (1,186.75 to 1,187.5), set in the campaign\n", "4 spent, at most 0.7 more for videos that are being made, at most 1 more for rows that are not known\n"} {
		if !strings.Contains(whole, want) {
			t.Errorf("no %q in\n%s", want, whole)
		}
	}
	if wide := report.PlanTable(planOf(1187, ""), 200); strings.Count(wide, "\n") >= strings.Count(report.PlanTable(planOf(1187, ""), 60), "\n") {
		t.Errorf("a wide terminal has as many lines as a narrow one:\n%s", wide)
	}
}

func TestDocumentsAreAsPublished(t *testing.T) {
	account := credit.Account{Provider: "samsar", Unit: "credits"}
	plan := report.Plan{
		Campaign: "spring", Rows: report.PlanRows{Total: 3, Valid: 2, Refused: 1}, Actions: report.Actions{Submit: 2},
		Cost: report.Costs(map[credit.Account]*credit.Sum{
			account:                              {Estimate: credit.Estimate{Low: 1, Likely: 2_500_000, High: 3_000_000, Basis: credit.Documented}, Rows: 2},
			{Provider: "kensa", Unit: "credits"}: {Unknown: 2},
		}),
		Time: report.Time{Likely: report.Seconds(90 * time.Second), BoundBy: "active: 1"}, Budget: &report.Budget{Limit: credit.Of(9), Unit: "credits"},
	}
	plan.Cost[1].Money = plan.Cost[1].InCurrency(report.Rate{Currency: "USD", PerUnit: 10_000, AsOf: "2026-11-01"})
	plan.Spent = report.SpentOf(map[credit.Account]ledger.Money{account: {Ever: 5, Charged: 3, Reserved: 2}, {}: {}}, map[credit.Account]credit.Amount{account: 1})
	status := report.Status{
		Event: "summary", Campaign: "spring", States: report.CountStates(map[ledger.State]int{ledger.Succeeded: 2, ledger.Unsure: 1}),
		Credits: report.CreditsOf(map[credit.Account]ledger.Money{account: {Ever: 5, Charged: 3, Overrun: 1, Released: 2, Reserved: 1}}),
	}
	for want, document := range map[string]any{
		`{"campaign":"spring","test":false,"rows":{"total":3,"valid":2,"refused":1,"filtered":0,"filtered_by":{"where":0,"suppress":0,"consent":0}},` +
			`"actions":{"submit":2,"done":0,"in_flight":0,"unsure":0,"failed":0,"cancelled":0,"changed":0,"waits":0,"removed":0},` +
			`"spent":[{"provider":"samsar","payer":"","unit":"credits","charged":"0.000003","in_flight":"0.000001","unsure":"0.000001"}],` +
			`"cost":[{"provider":"kensa","payer":"","unit":"credits","low":null,"likely":null,"high":null,"basis":"unknown","unknown_rows":2,"money":null},` +
			`{"provider":"samsar","payer":"","unit":"credits","low":"0.000001","likely":"2.5","high":"3","basis":"documented","unknown_rows":0,` +
			`"money":{"currency":"USD","low":"0.000001","likely":"0.025","high":"0.03","as_of":"2026-11-01"}}],` +
			`"time":{"low":null,"likely":90,"high":null,"bound_by":"active: 1","each":null,"each_basis":"unknown","stop_at":null,"in_time":null,"shorter":""},` +
			`"budget":{"limit":"9","unit":"credits","reaches":null,"enough":null},"digest":"","approval":null,"steps":null,"shared_saves":null,"waits":null,"sheet":null}`: plan,
		`{"event":"summary","campaign":"spring","states":{"planned":0,"intended":0,"submitted":0,"unsure":1,"succeeded":2,"failed":0,"cancelled":0},` +
			`"rows":{"total":0,"refused":0,"filtered":0},"changed":0,"test":false,"credits":[{"provider":"samsar","payer":"","unit":"credits","reserved":"0.000001",` +
			`"charged":"0.000003","released":"0.000002","overrun":"0.000001"}],"running":false,"held":""}`: status,
	} {
		got, err := json.Marshal(document)
		must(t, err)
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
}

// lasting is a video of another length than it was expected to have.
func lasting(length, expected time.Duration) *ledger.Entry {
	e := made("k")
	e.Result.Duration, e.Seconds = length, job.Length{Low: expected, Likely: expected, High: expected}
	return e
}

type fixedLink struct {
	report.Link
	err error
}

func (f fixedLink) Look(context.Context, string) (report.Link, error) { return f.Link, f.err }

func TestOnlyRowsWhoseLinkIsGoodAreReadyToSend(t *testing.T) {
	good := report.Link{Alive: true, Bytes: 4 << 20, Expires: night.Add(30 * 24 * time.Hour)}
	with := func(change func(*report.Link)) report.Link {
		l := good
		change(&l)
		return l
	}
	for name, c := range map[string]struct {
		link  report.Link
		entry *ledger.Entry
		want  string
	}{
		"good":                {good, made("k"), ""},
		"says nothing":        {report.Link{Alive: true}, made("k"), ""},
		"dead":                {with(func(l *report.Link) { l.Alive = false }), made("k"), "does not answer"},
		"expires":             {with(func(l *report.Link) { l.Expires = night.Add(time.Hour) }), made("k"), "expires on 20 November 2026"},
		"an error page":       {with(func(l *report.Link) { l.Bytes = 900 }), made("k"), "too small"},
		"something else":      {with(func(l *report.Link) { l.Bytes = 1 << 32 }), made("k"), "too big"},
		"as long as expected": {good, lasting(30*time.Second, 60*time.Second), ""},
		"a part of it":        {good, lasting(2*time.Second, 60*time.Second), "it lasts 2 s, and about 1 min were expected"},
		"another one":         {report.Link{Alive: true}, lasting(20*time.Minute, 60*time.Second), "it lasts 20 min"},
		"failed":              {good, failed("x"), "no video: failed"},
		"unsure":              {good, &ledger.Entry{State: ledger.Unsure}, "no video: not known"},
	} {
		reason, err := report.SendReady{Links: fixedLink{Link: c.link}, Until: night.Add(24 * time.Hour)}.Check(t.Context(), *c.entry)
		if err != nil || (c.want == "") != (reason == "") || !strings.Contains(reason, c.want) {
			t.Errorf("%s: %q, %v", name, reason, err)
		}
	}
	if _, err := (report.SendReady{Links: fixedLink{err: errors.New("no network")}}).Check(t.Context(), *made("k")); err == nil {
		t.Error("a look that failed says nothing about the link")
	}
}

// TestAPlanSaysWhatChangedInItsSheet has a page and a table say which rows came, and which
// wait for an approval. A name in them is no markup.
func TestAPlanSaysWhatChangedInItsSheet(t *testing.T) {
	var since report.SheetChanges
	since.Fetched = time.Date(2026, 11, 30, 2, 0, 0, 0, time.Local)
	for i := range 12 {
		since.Added.Take(fmt.Sprintf("C-%d<b>", i))
	}
	since.Changed.Take("C-99")
	since.ColumnsRemoved = []string{"Town"}
	page := report.PlanPage{Plan: report.Plan{
		Digest: strings.Repeat("3fa2", 16), Approval: &report.Approval{Required: true, Approved: 97, Waiting: 12, Rows: []string{"C-0<b>"}},
		Sheet: &report.Sheet{Address: "https://example.com/…", Fetched: since.Fetched.AddDate(0, 0, 1), Asked: since.Fetched.AddDate(0, 0, 1), Since: &since},
	}}
	var html bytes.Buffer
	if err := page.WriteHTML(&html); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"12: C-0<b>, C-1<b>, C-2<b>, C-3<b>, C-4<b>, C-5<b>, C-6<b>, C-7<b>, C-8<b>, C-9<b> and 2 more", "1: C-99", "Town", "the copy of 2026-11-30 02:00", "fetched 2026-12-01 02:00",
	} {
		if table := report.PlanTable(page, 0); !strings.Contains(table, want) {
			t.Errorf("the table does not say %q:\n%s", want, table)
		}
		if escaped := strings.ReplaceAll(want, "<b>", "&lt;b&gt;"); !strings.Contains(html.String(), escaped) {
			t.Errorf("the page does not say %q", escaped)
		}
	}
	if want := "97 approved, 12 waiting: C-0&lt;b&gt; and 11 more."; !strings.Contains(html.String(), want) || !strings.Contains(html.String(), "<code>3fa23fa23fa2</code>") {
		t.Errorf("the page does not say %q", want)
	}
}

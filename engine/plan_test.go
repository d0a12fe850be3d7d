package engine_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/colossyan"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// sheet is what a campaign says, in the few ways that a plan depends on.
type sheet struct {
	csv      string
	file     string
	template string
	perMin   string
	changed  engine.ChangedPolicy
	where    string
	media    string // what the file holds that goes along with each request
}

// filed is a checker of a service that takes a file with each request.
type filed struct {
	providers.Checker
	content string
}

// Attach implements [providers.Attacher].
func (f filed) Attach(providers.Request, func(string) providers.Placed) ([]providers.Media, problem.List) {
	return []providers.Media{{Part: "image", Path: "face.png", SHA256: f.content}}, nil
}

const inviteTemplate = `{"operation": "colossyan/template-job", "request": {"templateJobId": "t1"},
 "variables": {"name": {"type": "string", "minLength": 1, "maxLength": 40}},
 "duration": {"base_seconds": 60, "seconds_per_character": 0.2}}`

func invite() sheet {
	return sheet{csv: "id,name,notes\n1,Ada,first\n2,Grace,second\n", file: "guests.csv", template: inviteTemplate, media: "before"}
}

// plan reads the sheet against a ledger, and records what is new.
func (s sheet) plan(t testing.TB, store ledger.Store) *engine.Plan {
	t.Helper()
	plan, err := s.planner(t, store).Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func (s sheet) planner(t testing.TB, store ledger.Store) *engine.Planner {
	t.Helper()
	rows, err := sources.OpenReader(s.file, strings.NewReader(s.csv), sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	template, problems := templates.Parse("t.json", []byte(s.template), reelmerge.Operations(all.Services()))
	wantNone(t, problems)
	program, problems := template.Compile()
	wantNone(t, problems)
	var names []string
	for _, c := range rows.Columns() {
		names = append(names, c.Name)
	}
	binder, problems := templates.NewBinder(names, template.Variables, templates.Mapping{})
	wantNone(t, problems)
	var prices providers.Prices
	if s.perMin != "" {
		price, err := credit.Parse(s.perMin)
		if err != nil {
			t.Fatal(err)
		}
		prices.PerMinute = &price
	}
	checker, err := colossyan.NewChecker(template.Operation, prices)
	if err != nil {
		t.Fatal(err)
	}
	var steps []engine.Stage
	for _, earlier := range program.Earlier {
		steps = append(steps, engine.Stage{Program: earlier, Checker: checker})
	}
	p := &engine.Planner{
		File: s.file, Rows: rows, Binder: binder, Program: program, Checker: filed{checker, s.media}, Operation: template.Operation, Earlier: steps,
		Key: "id", Changed: s.changed, Ledger: store, Filename: "{key}.mp4",
		Record: func(ctx context.Context, changes ...ledger.Change) error {
			_, err := store.Apply(ctx, changes...)
			return err
		},
	}
	if s.where != "" {
		p.Filter, problems = templates.NewFilter(names, s.where)
		wantNone(t, problems)
	}
	return p
}

func wantNone(t testing.TB, problems problem.List) {
	t.Helper()
	if problems.HasErrors() {
		t.Fatalf("%+v", problems)
	}
}

// reach brings the entry of row 1 into a state, by the moves of the ledger.
func reach(t testing.TB, store ledger.Store, state ledger.State) {
	t.Helper()
	paths := map[ledger.State][]ledger.Event{
		ledger.Planned:   {},
		ledger.Intended:  {{Kind: ledger.Intend}},
		ledger.Unsure:    {{Kind: ledger.Intend}, {Kind: ledger.Lose}},
		ledger.Submitted: {{Kind: ledger.Intend}, {Kind: ledger.Submit, Ticket: job.Ticket{Job: "j"}}},
		ledger.Failed:    {{Kind: ledger.Intend}, {Kind: ledger.Reject, Reason: "no"}},
		ledger.Succeeded: {{Kind: ledger.Intend}, {Kind: ledger.Submit, Ticket: job.Ticket{Job: "j"}}, {Kind: ledger.Succeed}},
		ledger.Cancelled: {{Kind: ledger.Cancel, By: ledger.ByPerson}},
	}
	for _, event := range paths[state] {
		apply(t, store, "1", event)
	}
}

// apply makes one move of an entry. An intent is filled with what the steps before it hold.
func apply(t testing.TB, store ledger.Store, key string, event ledger.Event) {
	t.Helper()
	entries := states(t, store)
	event.At = time.Now()
	if event.Kind == ledger.Intend {
		for _, hole := range entries[key].Fill {
			filled, err := entries[hole.From].FillWith(hole.Field)
			if err != nil {
				t.Fatal(err)
			}
			event.Filled = append(event.Filled, filled)
		}
	}
	if _, err := store.Apply(t.Context(), ledger.Change{Key: key, Version: entries[key].Version, Event: event}); err != nil {
		t.Fatal(err)
	}
}

// fate says what a plan does with row 1.
func fate(plan *engine.Plan, before, after ledger.Entry) string {
	sent := slices.ContainsFunc(plan.Ready, func(r engine.Ready) bool { return r.Key == "1" })
	switch {
	case slices.Contains(plan.Run.Removed, "1"):
		return "another row: the old one is *removed*, the new one is sent"
	case slices.Contains(plan.Run.Changed, "1"):
		return "listed as *changed*: waits for `--changed keep` or `redo`"
	case sent && before.State != ledger.Planned:
		return "sent as it is now, silently"
	case sent && before.Fingerprint != after.Fingerprint:
		return "sent as it is now, silently"
	case sent && before.Version != after.Version:
		return "checked and priced anew, then sent"
	case sent:
		return "sent"
	}
	return map[ledger.State]string{
		ledger.Failed: "nothing; only `retry` sends it", ledger.Cancelled: "nothing", ledger.Succeeded: "nothing: it is made",
		ledger.Submitted: "goes on", ledger.Intended: "not known at the next start: waits for a decision", ledger.Unsure: "waits for a decision",
	}[before.State]
}

// edits are the ways in which a campaign changes between two runs.
func edits() []struct {
	name string
	edit func(*sheet)
} {
	return []struct {
		name string
		edit func(*sheet)
	}{
		{"nothing", func(*sheet) {}},
		{"a cell bound to a variable", func(s *sheet) { s.csv = strings.Replace(s.csv, "Ada", "Adele", 1) }},
		{"the content of a media file", func(s *sheet) { s.media = "after" }},
		{"the template's request", func(s *sheet) { s.template = strings.Replace(s.template, `"t1"`, `"t2"`, 1) }},
		{"a column that is not bound", func(s *sheet) { s.csv = strings.Replace(s.csv, "first", "other", 1) }},
		{"the order of the rows", func(s *sheet) { s.csv = "id,name,notes\n2,Grace,second\n1,Ada,first\n" }},
		{"the name of the file", func(s *sheet) { s.file = "renamed.csv" }},
		{"the template's declarations", func(s *sheet) { s.template = strings.Replace(s.template, `"maxLength": 40`, `"maxLength": 50`, 1) }},
		{"a price", func(s *sheet) { s.perMin = "2" }},
		{"the key of the row", func(s *sheet) { s.csv = strings.Replace(s.csv, "1,Ada", "9,Ada", 1) }},
	}
}

// TestBoughtAgain works out when a row is bought again, and holds the page of
// the docs to it. Set REELMERGE_UPDATE to write the page anew.
func TestBoughtAgain(t *testing.T) {
	columns := []ledger.State{ledger.Planned, ledger.Failed, ledger.Intended, ledger.Submitted, ledger.Unsure, ledger.Succeeded, ledger.Cancelled}
	var page strings.Builder
	page.WriteString(boughtAgainHead)
	header := func(of string) {
		page.WriteString("| " + of + " |")
		for _, state := range columns {
			fmt.Fprintf(&page, " %s |", forPeople(state))
		}
		page.WriteString("\n|---|" + strings.Repeat("---|", len(columns)) + "\n")
	}
	header("since the last run, this changed")
	for _, change := range edits() {
		fmt.Fprintf(&page, "| %s |", change.name)
		for _, state := range columns {
			fmt.Fprintf(&page, " %s |", outcome(t, change.edit, state))
		}
		page.WriteString("\n")
	}
	page.WriteString(boughtAgainSteps)
	header("of a row with steps, this changed")
	for _, change := range chainEdits() {
		fmt.Fprintf(&page, "| %s |", change.name)
		for _, state := range columns {
			fmt.Fprintf(&page, " %s |", chainOutcome(t, change.edit, change.move, state))
		}
		page.WriteString("\n")
	}
	page.WriteString(boughtAgainTail)
	const golden = "../docs/bought-again.md"
	if os.Getenv("REELMERGE_UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), page.String()); diff != "" {
		t.Errorf("docs/bought-again.md says otherwise (REELMERGE_UPDATE=1 writes it):\n%s", diff)
	}
}

// forPeople is the word for a state on pages, and not in the ledger.
func forPeople(s ledger.State) string {
	return map[ledger.State]string{
		ledger.Planned: "to send", ledger.Failed: "failed", ledger.Intended: "being sent", ledger.Submitted: "being made",
		ledger.Unsure: "not known", ledger.Succeeded: "made", ledger.Cancelled: "cancelled",
	}[s]
}

func outcome(t *testing.T, edit func(*sheet), state ledger.State) string {
	store := newMemory(t)
	s := invite()
	s.plan(t, store)
	reach(t, store, state)
	before := states(t, store)["1"]
	edit(&s)
	plan := s.plan(t, store)
	after := states(t, store)["1"]
	if !plan.Run.Accounted() {
		t.Errorf("run record does not account for every row: %+v", plan.Run)
	}
	if before.State.Open() && after.Version != before.Version {
		t.Errorf("planning touched a %s entry", before.State)
	}
	return fate(plan, before, after)
}

// chainTemplate is a base that all rows share, and a step of each row that goes on with it.
const chainTemplate = `{"name": "base", "operation": "colossyan/video-job", "request": {"videoCreative": {
  "settings": {"name": "b1", "videoSize": {"width": 1920, "height": 1080}},
  "scenes": [{"name": "one", "duration": 3000, "tracks": [{"type": "text", "text": "Welcome", "position": {"x": 0, "y": 0}, "size": {"width": 100, "height": 100}, "startTimeGap": 0, "endTimeGap": 0}]}]}},
 "then": [{"name": "own", "operation": "colossyan/video-job", "request": {"videoCreative": {
  "settings": {"name": "after {previous.job}", "videoSize": {"width": 1920, "height": 1080}},
  "scenes": [{"name": "one", "duration": 3000, "tracks": [{"type": "text", "text": "{name}", "position": {"x": 0, "y": 0}, "size": {"width": 100, "height": 100}, "startTimeGap": 0, "endTimeGap": 0}]}]}}}],
 "variables": {"name": {"type": "string", "minLength": 1}}}`

// chainEdits are the ways in which a chain changes. A move is one of the base's entry.
func chainEdits() []struct {
	name string
	edit func(*sheet)
	move []ledger.Event
} {
	return []struct {
		name string
		edit func(*sheet)
		move []ledger.Event
	}{
		{"nothing", func(*sheet) {}, nil},
		{"a cell bound to its own step", func(s *sheet) { s.csv = strings.Replace(s.csv, "Ada", "Adele", 1) }, nil},
		{"the request of the step before", func(s *sheet) { s.template = strings.Replace(s.template, `"b1"`, `"b2"`, 1) }, nil},
		{"the names of the steps", func(s *sheet) { s.template = strings.Replace(s.template, `"base"`, `"film"`, 1) }, nil},
		{"the order of the rows", func(s *sheet) { s.csv = "id,name,notes\n2,Grace,second\n1,Ada,first\n" }, nil},
		{"the job of the step before was disowned, and is not known", func(*sheet) {}, []ledger.Event{{Kind: ledger.Disown, By: ledger.ByPerson}}},
	}
}

// chainOutcome is what a plan does with row 1 of a chain whose base was made.
func chainOutcome(t *testing.T, edit func(*sheet), move []ledger.Event, state ledger.State) string {
	store := newMemory(t)
	s := invite()
	s.template = chainTemplate
	s.plan(t, store)
	base := ""
	for key, e := range states(t, store) {
		if e.IsPart() {
			base = key
		}
	}
	for _, event := range []ledger.Event{{Kind: ledger.Intend}, {Kind: ledger.Lose}, {Kind: ledger.Adopt, Ticket: job.Ticket{Job: "b"}}, {Kind: ledger.Succeed}} {
		apply(t, store, base, event)
	}
	reach(t, store, state)
	for _, event := range move {
		apply(t, store, base, event)
	}
	before := states(t, store)["1"]
	edit(&s)
	plan := s.plan(t, store)
	if plan.Actions.Waits > 0 && before.State == ledger.Planned {
		return "waits for the step, with its reason"
	}
	return fate(plan, before, states(t, store)["1"])
}

const boughtAgainSteps = `
A row may have [steps](steps.md). What it would buy is then known by its own step and by all that come before it, so that the same
table holds for the whole chain. Here the step before was made.

`

const boughtAgainHead = `# When is a row bought again?

This page is generated by a test that plans, changes one thing, and plans again. A row is known by its key; what would be
bought is known by its fingerprint: the operation, the request with the row's values in place, and the contents of media
files, found by path or by address. Prices, dates, callbacks, file names and the campaign's name are not part of it.

`

const boughtAgainTail = `
A row that is *changed* does not stop the others. The run ends with exit 4 until a person decides: ` + "`--changed keep`" + ` leaves
the video as it was bought, ` + "`--changed redo`" + ` pays for a new one; a job that is still in flight is settled as it was sent.
Until then the results, the report and the status say *changed*, and no ` + "`results --send-ready`" + ` has the row.

When rows that were sent vanish from the sheet while new ones appear, the run stops with exit 4 and says so: most often it
is the wrong sheet, or another key column. ` + "`--accept-removed`" + ` goes on.

Another provider, another base URL, or the sandbox instead of the service is another ledger: refused, with exit 7. A
campaign folder can be moved as a whole: nothing in it is an absolute path. A paid run that would begin a new ledger says
that nothing counts as paid yet, and asks; unattended it wants ` + "`--new-ledger`" + `.
`

func TestChangedRowsWaitForAPerson(t *testing.T) {
	for _, test := range []struct {
		policy engine.ChangedPolicy
		submit int
		listed int
		next   int // listed by a plan without a policy afterwards
	}{{"", 0, 1, 1}, {engine.KeepChanged, 0, 0, 0}, {engine.RedoChanged, 1, 0, 0}} {
		t.Run(string(test.policy), func(t *testing.T) {
			store := newMemory(t)
			s := invite()
			s.plan(t, store)
			reach(t, store, ledger.Succeeded)
			paid := states(t, store)["1"].Money.Charged
			s.csv, s.changed = strings.Replace(s.csv, "Ada", "Adele", 1), test.policy
			plan := s.plan(t, store)
			// Row 2 was never sent, so it is ready in any case.
			if plan.Actions.Submit != test.submit+1 || plan.Actions.Changed != test.listed {
				t.Errorf("actions: %+v", plan.Actions)
			}
			if e := states(t, store)["1"]; e.Money.Charged != paid {
				t.Errorf("what was paid is %v, was %v", e.Money.Charged, paid)
			}
			s.changed = ""
			if plan = s.plan(t, store); plan.Actions.Changed != test.next {
				t.Errorf("afterwards: %+v", plan.Actions)
			}
		})
	}
}

func TestVanishedRowsAreNoticed(t *testing.T) {
	store := newMemory(t)
	s := invite()
	s.plan(t, store)
	reach(t, store, ledger.Succeeded)
	s.csv = "id,name,notes\n7,Linus,x\n"
	plan := s.plan(t, store)
	if plan.Vanished != 1 || plan.New != 1 || plan.Actions.Removed != 2 {
		t.Errorf("vanished %d, new %d, %+v", plan.Vanished, plan.New, plan.Actions)
	}
}

func TestEveryRowIsAccountedFor(t *testing.T) {
	store := newMemory(t)
	s := invite()
	s.csv = "id,name,notes\n1,Ada,a\n2,,b\n1,Twin,c\n3,Linus,d\n,Nobody,e\n4,Filtered,f\n"
	s.where = `notes != "f"`
	plan := s.plan(t, store)
	want := engine.RowCounts{Total: 6, Valid: 2, Refused: 3, Filtered: 1, FilteredBy: engine.LeftOutCounts{Where: 1}}
	if plan.Rows != want || !plan.Run.Accounted() {
		t.Errorf("rows %+v, record %+v", plan.Rows, plan.Run)
	}
	codes := map[string]string{}
	for _, p := range plan.Problems {
		if p.IsError() {
			codes[p.Cell] = p.Code
		}
	}
	if diff := cmp.Diff(map[string]string{"B3": "COL-V5", "A4": "ROW-KEY-DUPLICATE", "A6": "ROW-KEY-EMPTY"}, codes); diff != "" {
		t.Error(diff)
	}
}

func TestSortedSheetChangesNothing(t *testing.T) {
	store := newMemory(t)
	s := invite()
	s.plan(t, store)
	before := states(t, store)
	s.csv = "id,name,notes\n2,Grace,second\n1,Ada,first\n"
	s.plan(t, store)
	for key, e := range states(t, store) {
		if e.Fingerprint != before[key].Fingerprint || string(e.Payload) != string(before[key].Payload) {
			t.Errorf("row %s would buy another video", key)
		}
	}
}

func TestKeysThatDifferOnlyInCaseNeedOtherFiles(t *testing.T) {
	s := invite()
	s.csv = "id,name,notes\nABC,Ada,a\nabc,Grace,b\nABC,Linus,c\na:b,Zoë,d\nab,Ana,e\n"
	plan := s.plan(t, newMemory(t))
	codes := map[int]string{}
	for _, p := range plan.Problems {
		if p.IsError() {
			codes[p.Row] = p.Code
		}
	}
	want := map[int]string{3: "ROW-FILE-COLLISION", 4: "ROW-KEY-DUPLICATE", 6: "ROW-FILE-COLLISION"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Error(diff)
	}
}

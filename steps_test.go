package reelmerge_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// autumn is a chain: one film, its translations, and an outro for each row.
const autumn = `{"name": "base", "operation": "samsar/text-to-video",
 "request": {"prompt": "Autumn in the old town", "image_model": "SEEDREAM", "video_model": "RUNWAYML", "duration": 30, "aspect_ratio": "16:9", "language": "en", "enable_subtitles": false},
 "then": [
  {"name": "spoken", "when": "language != \"en\"", "operation": "samsar/translate", "request": {"videoSessionId": "{previous.job}", "language": "{language}", "enable_subtitles": false}},
  {"name": "outro", "operation": "samsar/add-outro", "request": {"videoSessionId": "{previous.job}", "outro_image_url": "{picture}"}}]}`

// newChain is the folder of a campaign of so many rows in five languages.
func newChain(t *testing.T, rows int) folder {
	t.Helper()
	f := folder{t, t.TempDir()}
	f.rows(rows, func(int) string { return "" })
	f.write("t.json", autumn)
	f.write("c.yaml", "rows: {file: rows.csv, key: id, duplicates: keep}\ntemplate: t.json\nlimits: {submits: 2000/s, active: 500, poll: {first: 20ms, max: 100ms}}\nprovider: {sandbox: {render: 10ms}}\noutput: {dir: out}\n")
	return f
}

// rows writes the sheet. The picture of a row may have a suffix of its own.
func (f folder) rows(n int, suffix func(i int) string) {
	var b strings.Builder
	b.WriteString("id,language,picture\n")
	for i := range n {
		fmt.Fprintf(&b, "C%d,%s,https://cdn.example.com/%d.png%s\n", i, []string{"en", "es", "fr", "ja", "hi"}[i%5], i, suffix(i))
	}
	f.write("rows.csv", b.String())
}

// bank counts the jobs that were paid, by their operations, and what they cost.
func (f folder) bank() (jobs map[string]int, paid credit.Amount) {
	f.t.Helper()
	charges, err := sandbox.ReadBank(filepath.Join(f.path, "out/sandbox/sandbox.db"))
	if err != nil {
		f.t.Fatal(err)
	}
	jobs = map[string]int{}
	for _, c := range charges {
		jobs[strings.TrimPrefix(c.Operation, "samsar/")]++
		paid = paid.Plus(c.Amount)
	}
	return jobs, paid
}

// sound checks the invariants of the ledger.
func (f folder) sound() {
	f.t.Helper()
	store, err := boltstore.OpenReadOnly(filepath.Join(f.path, "out/sandbox/ledger.db"), boltstore.Options{})
	if err != nil {
		f.t.Fatal(err)
	}
	defer store.Close()
	for _, err := range ledger.Check(f.t.Context(), store) {
		f.t.Errorf("ledger: %v", err)
	}
}

// TestSharedWorkIsBoughtOnce: a thousand rows in five languages are one film, four
// translations and a thousand outros. By hand: 30 s × 30 + 4 × 30 s × 3 + 1,000 × 75 credits;
// without sharing 1,000 × 900 + 800 × 90 + 75,000.
func TestSharedWorkIsBoughtOnce(t *testing.T) {
	t.Parallel()
	f := newChain(t, 1000)
	plan, err := f.sandbox().Plan(t.Context(), reelmerge.PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if cost := plan.Cost[0]; cost.Likely.String() != "76260" || *cost.High != *cost.Low {
		t.Errorf("the plan costs %s, from %s to %s", cost.Likely, cost.Low, cost.High)
	}
	if saves := plan.SharedSaves; len(saves) != 1 || saves[0].Apart.String() != "1047000" || saves[0].Amount.String() != "970740" {
		t.Errorf("sharing saves %+v", saves)
	}
	var steps []string
	for _, s := range plan.Steps {
		steps = append(steps, fmt.Sprintf("%s: %d for %d, %s", s.Name, s.Jobs, s.Rows, s.Cost[0].Likely))
	}
	if diff := cmp.Diff([]string{"base: 1 for 1000, 900", "spoken: 4 for 800, 360", "outro: 1000 for 1000, 75000"}, steps); diff != "" {
		t.Error(diff)
	}
	out := run(t, f.sandbox(), reelmerge.RunOptions{})
	if out.Cause() != reelmerge.Done || out.Sent != 1000 || out.Summary.States[ledger.Succeeded] != 1000 || out.Summary.Parts[ledger.Succeeded] != 5 {
		t.Errorf("the run ended with %q, sent %d: %v, %v", out.Cause(), out.Sent, out.Summary.States, out.Summary.Parts)
	}
	jobs, paid := f.bank()
	if diff := cmp.Diff(map[string]int{"text-to-video": 1, "translate": 4, "add-outro": 1000}, jobs); diff != "" || paid.String() != "76260" {
		t.Errorf("the bank has %s and %v", paid, jobs)
	}
	for account, money := range out.Summary.Balances {
		if money.Charged != paid {
			t.Errorf("the ledger charged %s of %s, the bank %s", money.Charged, account, paid)
		}
	}
	// The rows' own credits and those of the parts are all that was charged.
	var own credit.Amount
	for row, err := range f.sandbox().Results(t.Context()) {
		if err != nil {
			t.Fatal(row.Key, err)
		}
		own = own.Plus(row.Amount)
	}
	page, err := f.sandbox().Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	parts := credit.Amount(0)
	for _, p := range page.Parts {
		parts = parts.Plus(p.Charged)
	}
	if own.String() != "75000" || parts.String() != "1260" || own.Plus(parts) != paid {
		t.Errorf("rows %s and parts %s are not %s", own, parts, paid)
	}
	// Row order, a renamed sheet and a renamed step change nothing.
	f.write("t.json", strings.ReplaceAll(autumn, `"base"`, `"film"`))
	again := run(t, f.sandbox(), reelmerge.RunOptions{})
	if after, _ := f.bank(); again.Sent != 0 || again.Cause() != reelmerge.Done || !cmp.Equal(jobs, after) {
		t.Errorf("the second run sent %d, and the bank has %v", again.Sent, after)
	}
	f.sound()
}

// TestAFailingStepKeepsItsRows: nothing above it is sent, each row says why, and once it is
// mended each job is bought once.
func TestAFailingStepKeepsItsRows(t *testing.T) {
	t.Parallel()
	f := newChain(t, 10)
	failing := func() *reelmerge.Campaign {
		return f.open(reelmerge.Options{Sandbox: true, Set: []string{"provider.sandbox.faults=failed@1"}})
	}
	out := run(t, failing(), reelmerge.RunOptions{})
	if out.Cause() != reelmerge.BadRows || out.Sent != 0 || len(out.Blocked) != 1 || out.Blocked[0].Rows != 10 || out.Tally.Waits != 10 {
		t.Errorf("the run ended with %q, sent %d, waits %+v, %s", out.Cause(), out.Sent, out.Blocked, out.Tally)
	}
	for row, err := range failing().Results(t.Context()) {
		if err != nil || !strings.HasPrefix(row.Reason, "waits for base: failed") || !strings.Contains(row.WhatToDo, "--part base:") {
			t.Errorf("%s says %q, %q, %v", row.Key, row.Reason, row.WhatToDo, err)
		}
	}
	// A run by itself sends nothing: a person decides.
	if out := run(t, failing(), reelmerge.RunOptions{}); out.Sent != 0 || out.Cause() != reelmerge.BadRows {
		t.Errorf("the next run sent %d and ended with %q", out.Sent, out.Cause())
	}
	if _, err := f.sandbox().Retry(t.Context(), reelmerge.RetryOptions{Parts: []string{"bsae"}}); reelmerge.CauseOf(err) != reelmerge.Usage {
		t.Errorf("a step that there is not: %v", err)
	}
	done, err := f.sandbox().Retry(t.Context(), reelmerge.RetryOptions{Parts: []string{"base"}})
	if err != nil || done.Planned != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	out = run(t, f.sandbox(), reelmerge.RunOptions{})
	jobs, _ := f.bank()
	if out.Cause() != reelmerge.Done || out.Sent != 10 || !cmp.Equal(map[string]int{"text-to-video": 2, "translate": 4, "add-outro": 10}, jobs) {
		t.Errorf("the run ended with %q, sent %d; the bank has %v", out.Cause(), out.Sent, jobs)
	}
	f.sound()
}

// TestALostStepWaitsForAPerson: rows wait for a part of which it is not known whether it was
// made, and go on with the job that a person names.
func TestALostStepWaitsForAPerson(t *testing.T) {
	t.Parallel()
	f := newChain(t, 10)
	losing := f.open(reelmerge.Options{Sandbox: true, Set: []string{"provider.sandbox.faults=accept-then-drop@1"}})
	out := run(t, losing, reelmerge.RunOptions{})
	if out.Cause() != reelmerge.Undecided || out.Sent != 0 || out.Summary.Parts[ledger.Unsure] != 1 || out.Tally.Waits != 10 {
		t.Errorf("the run ended with %q, sent %d: %v, %s", out.Cause(), out.Sent, out.Summary.Parts, out.Tally)
	}
	list, err := f.sandbox().Unsure(t.Context())
	if err != nil || len(list) != 1 || list[0].Key != "" || !strings.HasPrefix(list[0].Part, "base:") {
		t.Fatalf("%+v, %v", list, err)
	}
	charges, err := sandbox.ReadBank(filepath.Join(f.path, "out/sandbox/sandbox.db"))
	if err != nil || len(charges) != 1 {
		t.Fatalf("%v, %v", charges, err)
	}
	if err := f.sandbox().Resolve(t.Context(), reelmerge.Decision{Key: "part:" + list[0].Part, Choice: reelmerge.Adopt, Ticket: charges[0].Job}); err != nil {
		t.Fatal(err)
	}
	out = run(t, f.sandbox(), reelmerge.RunOptions{})
	jobs, _ := f.bank()
	if out.Cause() != reelmerge.Done || out.Sent != 10 || !cmp.Equal(map[string]int{"text-to-video": 1, "translate": 4, "add-outro": 10}, jobs) {
		t.Errorf("the run ended with %q, sent %d; the bank has %v", out.Cause(), out.Sent, jobs)
	}
	f.sound()
}

// TestAChangedStepIsBoughtOnlyWhenAPersonSaysSo: a change of the film is a change of every
// row, and buys nothing by itself, not even the new film.
func TestAChangedStepIsBoughtOnlyWhenAPersonSaysSo(t *testing.T) {
	t.Parallel()
	const rows = 1000
	f := newChain(t, rows)
	run(t, f.sandbox(), reelmerge.RunOptions{})
	bought := map[string]int{"text-to-video": 1, "translate": 4, "add-outro": rows}
	f.write("t.json", strings.Replace(autumn, "old town", "new town", 1))
	out := run(t, f.sandbox(), reelmerge.RunOptions{})
	jobs, _ := f.bank()
	if out.Changed != rows || out.Sent != 0 || out.Cause() != reelmerge.Undecided || !cmp.Equal(bought, jobs) {
		t.Errorf("%d changed, %d sent, %q; the bank has %v", out.Changed, out.Sent, out.Cause(), jobs)
	}
	out = run(t, f.sandbox(), reelmerge.RunOptions{Changed: engine.RedoChanged})
	jobs, _ = f.bank()
	if out.Sent != rows || !cmp.Equal(map[string]int{"text-to-video": 2, "translate": 8, "add-outro": 2 * rows}, jobs) {
		t.Errorf("%d sent; the bank has %v", out.Sent, jobs)
	}
	plan, err := f.sandbox().Plan(t.Context(), reelmerge.PlanOptions{})
	if err != nil || plan.Result.LeftOver != 5 || plan.Result.Actions.Done != rows {
		t.Errorf("%d parts are left over, %d rows made, %v", plan.Result.LeftOver, plan.Result.Actions.Done, err)
	}
	// The change of one outro is one job.
	f.rows(rows, func(i int) string { return map[bool]string{true: "?new"}[i == 7] })
	out = run(t, f.sandbox(), reelmerge.RunOptions{Changed: engine.RedoChanged})
	jobs, _ = f.bank()
	if out.Sent != 1 || jobs["add-outro"] != 2*rows+1 || jobs["text-to-video"] != 2 {
		t.Errorf("%d sent; the bank has %v", out.Sent, jobs)
	}
	f.sound()
}

// TestALimitCountsRowsAndBuysOnlyTheirSteps: the parts of other rows are not bought.
func TestALimitCountsRowsAndBuysOnlyTheirSteps(t *testing.T) {
	t.Parallel()
	f := newChain(t, 100)
	out := run(t, f.sandbox(), reelmerge.RunOptions{Limit: 2})
	jobs, _ := f.bank()
	if out.Sent != 2 || !cmp.Equal(map[string]int{"text-to-video": 1, "translate": 1, "add-outro": 2}, jobs) {
		t.Errorf("%d sent; the bank has %v", out.Sent, jobs)
	}
	out = run(t, f.sandbox(), reelmerge.RunOptions{Only: map[string]bool{"C2": true}})
	jobs, _ = f.bank()
	if out.Sent != 1 || !cmp.Equal(map[string]int{"text-to-video": 1, "translate": 2, "add-outro": 3}, jobs) {
		t.Errorf("%d sent; the bank has %v", out.Sent, jobs)
	}
	out = run(t, f.sandbox(), reelmerge.RunOptions{Canary: 1})
	jobs, _ = f.bank()
	if out.Cause() != reelmerge.Done || !cmp.Equal(map[string]int{"text-to-video": 1, "translate": 4, "add-outro": 100}, jobs) {
		t.Errorf("%q; the bank has %v", out.Cause(), jobs)
	}
}

// TestAStepOfEachRowIsItsOwn: with shared: false, and with all that comes after it, each row
// has its own.
func TestAStepOfEachRowIsItsOwn(t *testing.T) {
	t.Parallel()
	f := newChain(t, 10)
	f.write("t.json", strings.Replace(autumn, `"name": "base"`, `"name": "base", "shared": false`, 1))
	out := run(t, f.sandbox(), reelmerge.RunOptions{})
	jobs, _ := f.bank()
	if out.Cause() != reelmerge.Done || !cmp.Equal(map[string]int{"text-to-video": 10, "translate": 8, "add-outro": 10}, jobs) {
		t.Errorf("%q; the bank has %v", out.Cause(), jobs)
	}
	f.sound()
}

// TestAStepThatNoRowsShareIsAWarning names the variable, the jobs and what they cost.
func TestAStepThatNoRowsShareIsAWarning(t *testing.T) {
	t.Parallel()
	f := newChain(t, 20)
	f.write("t.json", strings.Replace(autumn, "old town", "old town of {picture}", 1))
	plan, err := f.sandbox().Plan(t.Context(), reelmerge.PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(plan.Result.Problems, func(p problem.Problem) bool { return p.Code == "TPL-STEP-UNSHARED" })
	if i < 0 {
		t.Fatalf("no warning in %v", plan.Result.Problems)
	}
	for _, want := range []string{`"base"`, "20 jobs for 20 rows", "{picture}", "18,000 credits"} {
		if !strings.Contains(plan.Result.Problems[i].Message, want) {
			t.Errorf("the warning does not say %s: %s", want, plan.Result.Problems[i].Message)
		}
	}
}

// TestPurgedRowsOfAChainAreNotBoughtAgain: a part is forgotten with the last row that needs
// it, and what is forgotten is known again.
func TestPurgedRowsOfAChainAreNotBoughtAgain(t *testing.T) {
	t.Parallel()
	f := newChain(t, 10)
	run(t, f.sandbox(), reelmerge.RunOptions{})
	bought, _ := f.bank()
	var half []string
	for i := range 5 {
		half = append(half, fmt.Sprint("C", i))
	}
	purge := func(o reelmerge.PurgeOptions) int {
		t.Helper()
		o.Yes = true
		if _, err := f.sandbox().Purge(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		forgotten := 0
		store, err := boltstore.OpenReadOnly(filepath.Join(f.path, "out/sandbox/ledger.db"), boltstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		for e, err := range store.Entries(t.Context(), ledger.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			if e.IsPart() && e.Purged {
				forgotten++
			}
		}
		return forgotten
	}
	if n := purge(reelmerge.PurgeOptions{Rows: half}); n != 0 {
		t.Errorf("%d parts are forgotten that rows need", n)
	}
	still := func() {
		t.Helper()
		out := run(t, f.sandbox(), reelmerge.RunOptions{})
		if jobs, _ := f.bank(); out.Sent != 0 || out.Cause() != reelmerge.Done || !cmp.Equal(bought, jobs) {
			t.Errorf("%d sent, %q; the bank has %v", out.Sent, out.Cause(), jobs)
		}
		f.sound()
	}
	still()
	if n := purge(reelmerge.PurgeOptions{}); n != 5 {
		t.Errorf("%d parts are forgotten, of 5", n)
	}
	still()
	// A row that joins later goes on with a film that is forgotten, but made.
	f.rows(11, func(int) string { return "" })
	out := run(t, f.sandbox(), reelmerge.RunOptions{})
	bought["add-outro"]++
	if jobs, _ := f.bank(); out.Sent != 1 || out.Cause() != reelmerge.Done || !cmp.Equal(bought, jobs) {
		t.Errorf("%d sent, %q; the bank has %v", out.Sent, out.Cause(), jobs)
	}
	f.sound()
}

// TestARestoredChainBuysNothingByItself: what the copy does not know may have been sent since,
// parts as well as rows, and waits for a person.
func TestARestoredChainBuysNothingByItself(t *testing.T) {
	t.Parallel()
	f := newChain(t, 5)
	run(t, f.sandbox(), reelmerge.RunOptions{Limit: 1})
	run(t, f.sandbox(), reelmerge.RunOptions{Limit: 1}) // its backup is of before it
	before, _ := f.bank()
	if err := os.Remove(filepath.Join(f.path, "out/sandbox/ledger.db")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.sandbox().Restore(t.Context(), reelmerge.RestoreOptions{Yes: true}); err != nil {
		t.Fatal(err)
	}
	out := run(t, f.sandbox(), reelmerge.RunOptions{})
	jobs, _ := f.bank()
	if out.Sent != 0 || out.Cause() != reelmerge.Undecided || !cmp.Equal(before, jobs) {
		t.Errorf("%d sent, %q; the bank has %v, had %v", out.Sent, out.Cause(), jobs, before)
	}
	f.decide()
	out = run(t, f.sandbox(), reelmerge.RunOptions{})
	jobs, _ = f.bank()
	if out.Cause() != reelmerge.Done || !cmp.Equal(map[string]int{"text-to-video": 1, "translate": 4, "add-outro": 5}, jobs) {
		t.Errorf("after the decisions: %q; the bank has %v", out.Cause(), jobs)
	}
	f.sound()
}

// decide settles every unsure entry as a person would who looks at the account: a job there
// is adopted, and what has none was not submitted.
func (f folder) decide() {
	f.t.Helper()
	charges, err := sandbox.ReadBank(filepath.Join(f.path, "out/sandbox/sandbox.db"))
	if err != nil {
		f.t.Fatal(err)
	}
	made := map[string]string{}
	for _, c := range charges {
		made[c.Operation+saying(c.Body)] = c.Job
	}
	var decisions []reelmerge.Decision
	for _, e := range f.entries(ledger.Unsure) {
		d := reelmerge.Decision{Key: e.Key, Choice: reelmerge.NotSubmitted}
		if e.IsPart() {
			d.Key = "part:" + e.PartName()
		}
		if job := made[e.Operation+saying(e.Payload)]; job != "" {
			d.Choice, d.Ticket = reelmerge.Adopt, job
		}
		decisions = append(decisions, d)
	}
	if len(decisions) == 0 {
		f.t.Error("there is nothing to decide")
	}
	for _, d := range decisions {
		if err := f.sandbox().Resolve(f.t.Context(), d); err != nil {
			f.t.Fatal(err)
		}
	}
}

// saying is what tells one request of a step from another: its language, and its picture.
func saying(body []byte) string {
	var said struct {
		Input    *json.RawMessage
		Language string
		Picture  string `json:"outro_image_url"`
	}
	if json.Unmarshal(body, &said) == nil && said.Input != nil {
		return saying(*said.Input)
	}
	return " " + said.Language + " " + said.Picture
}

// entries lists those of a state.
func (f folder) entries(state ledger.State) (list []ledger.Entry) {
	f.t.Helper()
	store, err := boltstore.OpenReadOnly(filepath.Join(f.path, "out/sandbox/ledger.db"), boltstore.Options{})
	if err != nil {
		f.t.Fatal(err)
	}
	defer store.Close()
	for e, err := range store.Entries(f.t.Context(), ledger.Query{States: []ledger.State{state}}) {
		if err != nil {
			f.t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// TestAnApprovalIsOfThePartsToo: a chain that is not approved sends nothing, and its digest
// has the parts.
func TestAnApprovalIsOfThePartsToo(t *testing.T) {
	t.Parallel()
	f := newChain(t, 10)
	f.write("c.yaml", "rows: {file: rows.csv, key: id, duplicates: keep}\ntemplate: t.json\napproval: required\nlimits: {submits: 2000/s, active: 500, poll: {first: 20ms, max: 100ms}}\nprovider: {sandbox: {render: 10ms}}\noutput: {dir: out}\n")
	out := run(t, f.sandbox(), reelmerge.RunOptions{})
	if out.Sent != 0 || out.Unapproved != 10 {
		t.Errorf("%d sent, %d wait", out.Sent, out.Unapproved)
	}
	plan, err := f.sandbox().Plan(t.Context(), reelmerge.PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.sandbox().Approve(t.Context(), reelmerge.ApproveOptions{Plan: plan.Digest, By: "Ada"}); err != nil {
		t.Fatal(err)
	}
	out = run(t, f.sandbox(), reelmerge.RunOptions{})
	jobs, _ := f.bank()
	if out.Sent != 10 || out.Cause() != reelmerge.Done || !cmp.Equal(map[string]int{"text-to-video": 1, "translate": 4, "add-outro": 10}, jobs) {
		t.Errorf("%d sent, %q; the bank has %v", out.Sent, out.Cause(), jobs)
	}
}

// TestTheDearerOrderIsAWarning names both steps, and what it costs.
func TestTheDearerOrderIsAWarning(t *testing.T) {
	t.Parallel()
	f := newChain(t, 1)
	f.write("t.json", `{"name": "film", "operation": "samsar/clone", "request": {"videoSessionId": "{picture}"}, "then": [
  {"name": "outro", "operation": "samsar/add-outro", "request": {"videoSessionId": "{previous.job}", "outro_image_url": "{picture}"}},
  {"name": "spoken", "operation": "samsar/translate", "request": {"videoSessionId": "{previous.job}", "language": "es", "enable_subtitles": false}}]}`)
	for _, p := range f.sandbox().Warnings() {
		if p.Code == "TPL-STEP-ORDER" && strings.Contains(p.Message, `"spoken" comes after "outro"`) && strings.Contains(p.Message, "24 more") {
			return
		}
	}
	t.Errorf("no warning in %v", f.sandbox().Warnings())
}

// TestADescribedServiceHasStepsToo: the link of the first clip stands in the request of each
// row's own.
func TestADescribedServiceHasStepsToo(t *testing.T) {
	d := newDescribed(t, sandbox.Options{Render: 10 * time.Millisecond})
	d.write("t.json", `{"name": "base", "operation": "acme/clip", "request": {"title": "For everyone", "seconds": 8},
 "then": [{"name": "own", "operation": "acme/clip", "request": {"title": "For {name}", "seconds": 5, "fields": {"film": "{previous.video_url}"}}}],
 "variables": {"name": {"type": "string"}}}`)
	out, err := d.start(d.trust())
	if err != nil || out.Sent != 3 || out.Cause() != reelmerge.Done {
		t.Fatalf("%+v, %v", out, err)
	}
	charges, err := d.box.Bank()
	if err != nil || len(charges) != 4 {
		t.Fatalf("%d jobs for three rows and what they share, %v", len(charges), err)
	}
	for _, c := range charges[1:] {
		if !strings.Contains(string(c.Body), `"key":"film","text":"http`) || strings.Contains(string(c.Body), "previous") {
			t.Errorf("a row's own clip was asked for with %s", c.Body)
		}
	}
}

// TestAStoryboardShowsTheStepsInTheirOrder, with the rows that each is made for and its price.
func TestAStoryboardShowsTheStepsInTheirOrder(t *testing.T) {
	t.Parallel()
	f := newChain(t, 10)
	done, err := f.sandbox().Preview(t.Context(), reelmerge.PreviewOptions{Keys: []string{"C1", "C0"}})
	if err != nil || len(done.Rows) != 2 {
		t.Fatalf("%+v, %v", done, err)
	}
	for i, want := range []string{"base 10 rows 900; spoken 2 rows 90; ", "base 10 rows 900; "} { // C1 is in Spanish, as is C6
		var got strings.Builder
		for _, s := range done.Rows[i].Steps {
			fmt.Fprintf(&got, "%s %d rows %v; ", s.Name, s.Rows, s.Cost.Likely)
		}
		if got.String() != want || done.Rows[i].Cost.Likely.String() != "75" {
			t.Errorf("row %s: %q, and its own costs %v", done.Rows[i].Key, got.String(), done.Rows[i].Cost.Likely)
		}
	}
	page, err := os.ReadFile(done.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"made first, once for 10 rows; 900 credits", "made first, once for 2 rows; 90 credits", "Autumn in the old town", "{base.job}", "{spoken.job}"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

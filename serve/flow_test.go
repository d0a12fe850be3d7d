package serve_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/serve"
)

// digestOf is the digest that the form of a plan's page has.
func digestOf(t *testing.T, page string) string {
	t.Helper()
	found := regexp.MustCompile(`name="plan" value="([0-9a-f]{64})"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the page has no digest: %.2000s", page)
	}
	return found[1]
}

// post sends a form, and returns the status and the page.
func (c caller) post(path string, form url.Values) (int, string) {
	c.t.Helper()
	got := c.request("POST", path, form.Encode(), nil)
	return got.status, got.body
}

func (c caller) get(path string) string {
	c.t.Helper()
	return c.request("GET", path, "", nil).body
}

// until asks for a page until it has a text.
func (c caller) until(path, text string) string {
	c.t.Helper()
	for range 200 {
		if page := c.get(path); strings.Contains(page, text) {
			return page
		}
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // a run goes on in the process
	}
	c.t.Fatalf("%s never says %q: %s", path, text, c.get(path))
	return ""
}

// TestAnApprovalIsForThePlanThatWasSeen: a name is needed, a plan that has changed since is
// refused with the difference, and nothing is sent before an approval.
func TestAnApprovalIsForThePlanThatWasSeen(t *testing.T) {
	w := newWorld(t, 4, time.Millisecond, "approval: required\n")
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	seen := digestOf(t, c.get(base+"plan"))
	if status, page := c.post(base+"approve", url.Values{"plan": {seen}, "by": {"  "}}); status != 422 || !strings.Contains(page, "type your name") {
		t.Errorf("without a name: %d", status)
	}
	w.write("rows.csv", "id,name,city\nC00000,Ada,Rome\nC00001,Name 1,City 1\nC00009,Paul,Rome\n")
	status, page := c.post(base+"approve", url.Values{"plan": {seen}, "by": {"Ada Lovelace"}})
	for _, want := range []string{"The plan has changed since you saw it", "1 row new", "1 row changed", "2 rows not to be sent any more", "at most 3 minutes instead of 4 minutes"} {
		if !strings.Contains(page, want) {
			t.Errorf("%d: the page does not say %q", status, want)
		}
	}
	now := digestOf(t, page)
	if status, page := c.post(base+"approve", url.Values{"plan": {now}, "by": {"Ada Lovelace"}}); status != 303 {
		t.Fatalf("approve: %d %s", status, page)
	}
	now = digestOf(t, c.get(base+"plan"))
	if status, _ := c.post(base+"run", url.Values{"plan": {now}}); status != 303 {
		t.Fatalf("run: %d", status)
	}
	c.until(base, "3 made")
	if out, code := w.command("status", "spring.yaml"); code != 0 || !strings.Contains(out, "3 made") {
		t.Errorf("status: %d %s", code, out)
	}
	paidOnce(t, w, 3)
	// The same form once more, as after a click on Back.
	if status, page := c.post(base+"run", url.Values{"plan": {now}}); status != 200 || !strings.Contains(page, "The plan has changed") {
		t.Errorf("the same form again: %d", status)
	}
	paidOnce(t, w, 3)
}

// TestAQuestionOfARunIsAskedInThePage: a run that wants an answer sends nothing before it.
func TestAQuestionOfARunIsAskedInThePage(t *testing.T) {
	w := newWorld(t, 3, time.Millisecond, "")
	w.write("rows.csv", "id,name,city\nC1,Ada,Rome\nC2,,Rome\n")
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	digest := digestOf(t, c.get(base+"plan"))
	if status, _ := c.post(base+"run", url.Values{"plan": {digest}}); status != 303 {
		t.Fatalf("run: %d", status)
	}
	page := c.until(base, "Send the other 1?")
	if !strings.Contains(page, `name="yes" value="problems"`) || !strings.Contains(page, `value="`+digest+`"`) {
		t.Errorf("the question has no form: %s", page)
	}
	if status, _ := c.post(base+"run", url.Values{"plan": {digest}, "yes": {"problems"}}); status != 303 {
		t.Fatal(status)
	}
	c.until(base, "1 made")
	paidOnce(t, w, 1)
}

// TestARunElsewhereIsShownAndNotFought: while a terminal runs the campaign, the page shows
// its numbers, and a run of the page is refused (L8).
func TestARunElsewhereIsShownAndNotFought(t *testing.T) {
	w := newWorld(t, 60, 400*time.Millisecond, "")
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	digest := digestOf(t, c.get(base+"plan"))
	ended := make(chan int)
	go func() {
		_, code := w.command("run", "spring.yaml")
		ended <- code
	}()
	c.until(base, "Running in another process")
	c.until(base, "rows settled")
	if page := c.get(base); strings.Contains(page, "Stop after") {
		t.Error("the page offers to stop a run of another process")
	}
	if status, _ := c.post(base+"run", url.Values{"plan": {digest}}); status != 303 {
		t.Errorf("run: %d", status)
	}
	if page := c.get(base); !strings.Contains(page, "ledger") {
		t.Errorf("the page does not say who has the ledger: %s", page)
	}
	if code := <-ended; code != 0 {
		t.Errorf("the run of the terminal ended with %d", code)
	}
	c.until(base, "test videos made")
	paidOnce(t, w, 60)
}

// TestMetricsTellOfEveryState reads the numbers as Prometheus does.
func TestMetricsTellOfEveryState(t *testing.T) {
	w := newWorld(t, 5, time.Millisecond, "")
	w.command("run", "spring.yaml")
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	text := c.get("/metrics")
	for _, want := range []string{`reelmerge_rows\{campaign="spring",id="spring-[0-9a-f]{8}",test="true",state="succeeded"\} 5`, `reelmerge_amount\{.*kind="charged"\} [0-9.]+`, `reelmerge_running\{.*\} 0`, `reelmerge_answers_errors_total\{of="server"\} 0`} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("%s is missing in:\n%s", want, text)
		}
	}
	line := regexp.MustCompile(`^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+)$`)
	family := map[string]bool{}
	last := ""
	for _, l := range strings.Split(strings.TrimSpace(text), "\n") {
		if !line.MatchString(l) {
			t.Errorf("no line of the format: %q", l)
		}
		name := regexp.MustCompile(`^(# \w+ )?([a-z_]+)`).FindStringSubmatch(l)[2]
		if name != last && family[name] {
			t.Errorf("the lines of %s are not together", name)
		}
		last = name
		family[name] = true
	}
}

// TestACellIsMendedInThePage mends a cell, in two tabs at once, and takes it back.
func TestACellIsMendedInThePage(t *testing.T) {
	w := newWorld(t, 0, time.Millisecond, "")
	w.write("rows.csv", "id,name,city\nC1,,Rome\nC2,Grace,Paris\n")
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	if page := c.get(base + "problems"); !strings.Contains(page, "Mend B2") || !strings.Contains(page, "1 ready, 1 with problems") {
		t.Fatalf("the page has no place to mend: %s", page)
	}
	mend := func(was, now string) (int, string) {
		return c.post(base+"mend", url.Values{"row": {"2"}, "column": {"name"}, "was": {was}, "new": {now}, "page": {"1"}})
	}
	got := c.request("POST", base+"mend", url.Values{"row": {"2"}, "column": {"name"}, "was": {""}, "new": {`<b>"Ada"</b>`}, "page": {"1"}}.Encode(), nil)
	if got.status != 303 || got.header.Get("Location") != "problems?page=1" {
		t.Fatalf("mend: %d, %v", got.status, got.header)
	}
	if status, page := mend("", "Adele"); status != 409 || !strings.Contains(page, "by now") {
		t.Errorf("the other tab: %d %s", status, page)
	}
	if page := c.get(base + "problems"); !strings.Contains(page, "2 ready") || strings.Contains(page, "<b>&#34;Ada") || strings.Contains(page, `<b>"Ada`) {
		t.Errorf("after mending: %s", page)
	}
	if page := c.get(base + "row/2"); !strings.Contains(page, `value="&lt;b&gt;&#34;Ada&#34;&lt;/b&gt;"`) || !strings.Contains(page, "the sheet says nothing") {
		t.Errorf("the row does not show the correction: %s", page)
	}
	if out, code := w.command("check", "spring.yaml"); code != 0 || !strings.Contains(out, "2 rows: 2 ready") {
		t.Errorf("the command does not know the correction: %d %s", code, out)
	}
	if status, _ := mend(`<b>"Ada"</b>`, ""); status != 303 {
		t.Errorf("taking it back: %d", status)
	}
	if page := c.get(base + "problems"); !strings.Contains(page, "1 ready, 1 with problems") {
		t.Errorf("after taking it back: %s", page)
	}
}

// TestAHoldIsShownWithItsCure runs out of its budget: the page says why, and what to do.
func TestAHoldIsShownWithItsCure(t *testing.T) {
	w := newWorld(t, 9, time.Millisecond, "budget: {limit: 1, unit: minutes}\n")
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	c.post(base+"run", url.Values{"plan": {digestOf(t, c.get(base+"plan"))}})
	page := c.until(base, "What to do:")
	if !strings.Contains(page, "The run holds: the budget is reached") || !strings.Contains(page, "raise budget: limit (1 minute") {
		t.Errorf("the page does not say why, or what to do: %s", page)
	}
}

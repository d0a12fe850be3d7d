package main

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
)

// permitted is a rig whose sheet says who agreed, beside a list of people who left.
func permitted(t *testing.T, rows int) *rig {
	t.Helper()
	t.Setenv("REELMERGE_STATE", t.TempDir())
	r := newRig(t, 0, false)
	var sheet strings.Builder
	sheet.WriteString("id,name,E-Mail,Consent\n")
	for i := range rows {
		fmt.Fprintf(&sheet, "C%03d,Name %d,p%d@example.com,ja\n", i, i, i)
	}
	r.write("rows.csv", sheet.String())
	r.write("rig.yaml", strings.Replace(r.read("rig.yaml"), "key: id", "key: id, consent: Consent, suppress: {file: gone.csv, column: E-Mail}", 1))
	r.suppress()
	return r
}

// suppress writes the list of people as another program would: in UTF-16, with blanks and
// capitals.
func (r *rig) suppress(rows ...int) {
	r.t.Helper()
	text := "Name;E-Mail\r\n"
	for _, i := range rows {
		text += fmt.Sprintf("Somebody; P%d@EXAMPLE.com \r\n", i)
	}
	wide := "\xff\xfe"
	for _, letter := range text { // all of it is ASCII
		wide += string([]byte{byte(letter), 0})
	}
	r.write("gone.csv", wide)
}

// leftOut are the numbers of the rows that the last run's record has as left out, for a
// reason.
func (r *rig) leftOut(reason string) []int {
	r.t.Helper()
	run := r.summary().Run
	for _, row := range run.Unpermitted[reason] {
		if !slices.Contains(run.Filtered, row) {
			r.t.Errorf("row %d is not among those that are left out: %v", row, run.Filtered)
		}
	}
	return run.Unpermitted[reason]
}

// handedOver are the addresses in the files for mail tools, and in the sheet of rows that can
// be mailed.
func (r *rig) handedOver() string {
	r.t.Helper()
	all := ""
	for tool, file := range map[string]string{"mailchimp": "mailchimp.csv", "hubspot": "hubspot.csv", "csv": "mail.csv"} {
		r.run("results", "rig.yaml", "--for", tool)
		all += r.read("out/mail/" + file)
	}
	r.run("results", "rig.yaml", "--send-ready")
	return all + r.read("out/send-ready.csv")
}

// TestSuppressedRowsAreInTheRecordAndNowhereElse suppresses rows in each state that a row can
// be in. Each is in the record with its reason; none is sent from then on, and none is handed
// over, also when its video was made before.
func TestSuppressedRowsAreInTheRecordAndNowhereElse(t *testing.T) {
	const rows = 10
	r := permitted(t, rows)
	sheet := r.read("rows.csv")
	r.write("rows.csv", strings.NewReplacer("p1@example.com,ja", "p1@example.com,", "p2@example.com,ja", "p2@example.com,vielleicht").Replace(sheet))
	r.suppress(0)
	// Row C003 is refused, C004 is lost, and the others are made one by one.
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if !isSubmit(q) {
			return false
		}
		body, _ := io.ReadAll(q.Body)
		q.Body = io.NopCloser(strings.NewReader(string(body)))
		switch {
		case strings.Contains(string(body), "Name 3"):
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"message":"no"}`)
			return true
		case strings.Contains(string(body), "Name 4"):
			panic(http.ErrAbortHandler)
		}
		return false
	})
	r.run("run", "rig.yaml", "--only", "C000,C001,C002,C003,C004,C005,C006").wants(t, exitDecide, "")
	if got := fmt.Sprint(r.leftOut("suppress"), r.leftOut("consent")); got != "[2] [3 4]" {
		t.Errorf("the record has %s", got)
	}
	r.once(2) // C005 and C006
	// C007 is under way when the process dies.
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if !isSubmit(q) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return !isSubmit(q)
	})
	submits := r.submits.Load()
	r.finish(r.command("run", "rig.yaml", "--only", "C007"), func(c *exec.Cmd) error {
		if err := c.Start(); err != nil {
			return err
		}
		r.waitFor(submits + 1)
		r.quiet()
		_ = c.Process.Kill()
		return c.Wait()
	})
	r.plain()
	if s := r.states(); s[ledger.Succeeded] != 2 || s[ledger.Failed] != 1 || s[ledger.Unsure] != 1 || s[ledger.Submitted] != 1 {
		t.Fatalf("states: %v", s)
	}
	submits = r.submits.Load()
	everybodyLeft := []int{0, 3, 4, 5, 7, 8}
	r.suppress(everybodyLeft...)
	r.write("rows.csv", r.read("rows.csv")+"C010,Name 10,p10@example.com,oui\n") // new rows and gone ones would stop the run
	r.run("resolve", "rig.yaml", "--row", "C004", "--not-submitted")
	r.run("retry", "rig.yaml")
	e := r.run("run", "rig.yaml", "--changed", "redo")
	if strings.Contains(e.err, "gone from the sheet") {
		t.Errorf("people who left count as gone:\n%s", e.err)
	}
	if got := fmt.Sprint(r.leftOut("suppress"), r.leftOut("consent")); got != "[2 5 6 7 9 10] [3 4]" {
		t.Errorf("the record has %s", got)
	}
	if n := r.submits.Load() - submits; n != 2 { // C009 and C010
		t.Errorf("%d were sent\n%s", n, e.err)
	}
	// What was under way is settled, since it is paid for.
	r.run("status", "rig.yaml", "--row", "C007", "--json").wants(t, exitDone, `"state":"succeeded"`)
	handed := r.handedOver()
	for i := range rows + 1 {
		may := i == 6 || i > 8
		if got := strings.Contains(handed, fmt.Sprintf("p%d@example.com", i)); got != may {
			t.Errorf("%d is handed over: %v", i, got)
		}
	}
	r.once(5) // C005, C006, C007, C009 and C010
	// A person who comes back is handed over again, and not bought again.
	r.suppress(0, 3, 4, 7, 8)
	r.run("run", "rig.yaml")
	if handed = r.handedOver(); !strings.Contains(handed, "\np5@example.com") {
		t.Error("C005 came back, and is in no file")
	}
	r.once(5)
}

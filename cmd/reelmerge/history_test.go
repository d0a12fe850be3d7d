package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// history is a campaign that lives: its sheet is edited between runs that are
// killed, rows fail, and a person decides about those that nobody knows.
type history struct {
	*storm
	sheet   []liveRow
	keys    int            // that were ever given
	allowed map[string]int // further jobs for a text, because a person asked for them
}

// liveRow is a row of the sheet. Each edit makes a text that no row ever had, so
// every job at the bank can be told by its text.
type liveRow struct{ key, edits int }

func (r liveRow) id() string   { return fmt.Sprintf("C%05d", r.key) }
func (r liveRow) text() string { return fmt.Sprintf("Name %d, edit %d", r.key, r.edits) }

func newHistory(t *testing.T, seed uint64) *history {
	t.Helper()
	h := &history{storm: newStorm(t, 0, "accept-then-drop=4%,429=2%,500=3%,failed=5%"), allowed: map[string]int{}}
	h.rng = rand.New(rand.NewPCG(seed, 3))
	h.add(30)
	return h
}

func (h *history) add(rows int) {
	for range rows {
		h.sheet = append(h.sheet, liveRow{key: h.keys})
		h.keys++
	}
}

func (h *history) save() {
	h.t.Helper()
	var text strings.Builder
	text.WriteString("id,name\n")
	for _, r := range h.sheet {
		fmt.Fprintf(&text, "%s,\"%s\"\n", r.id(), r.text())
	}
	if err := os.WriteFile(filepath.Join(h.dir, "rows.csv"), []byte(text.String()), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// resume runs the campaign, most often until it is killed.
func (h *history) resume(args ...string) string {
	h.t.Helper()
	h.save()
	after := time.Duration(10+h.rng.IntN(900)) * time.Millisecond
	if h.rng.IntN(4) == 0 {
		after = 0
	}
	dead, out := h.run(after, append([]string{"run", h.campaign}, args...)...)
	return fmt.Sprintf("run %v (killed %v): %s", args, dead, out)
}

// move does one thing that people do, or that happens to them.
func (h *history) move() string {
	h.t.Helper()
	row := h.rng.IntN(len(h.sheet))
	switch h.rng.IntN(12) {
	case 0:
		h.sheet[row].edits++
		return "edit " + h.sheet[row].id()
	case 1:
		h.rng.Shuffle(len(h.sheet), func(i, j int) { h.sheet[i], h.sheet[j] = h.sheet[j], h.sheet[i] })
		return "shuffle"
	case 2:
		h.add(2)
		return "add two rows"
	case 3:
		h.sheet = slices.Delete(h.sheet, row, row+1)
		return "remove a row"
	case 4:
		return h.retry()
	case 5:
		return h.judge(h.rng.IntN(3) == 0)
	case 6:
		return h.resume("--changed", "redo", "--accept-removed")
	case 7:
		return h.resume("--changed", "keep", "--accept-removed")
	case 8:
		return h.resume("--limit", "3")
	}
	return h.resume("--accept-removed")
}

// retry lets every row that failed have one more job.
func (h *history) retry() string {
	h.t.Helper()
	known := h.known()
	if known == nil {
		return "retry: every run so far was killed before it had a ledger"
	}
	for _, e := range known {
		if e.State == ledger.Failed {
			h.allowed[h.textOf(e)]++
		}
	}
	h.save()
	_, out := h.run(0, "retry", h.campaign)
	return "retry: " + out
}

// known is what the ledger holds, if there is one yet.
func (h *history) known() map[string]ledger.Entry {
	if _, err := os.Stat(h.path("ledger.db")); err != nil {
		return nil
	}
	return h.entries()
}

// judge decides about the rows that nobody knows: by what the bank says, or by
// sending them again, come what may.
func (h *history) judge(again bool) string {
	h.t.Helper()
	entries := h.known()
	var file strings.Builder
	file.WriteString("key,decision,ticket\n")
	for _, e := range entries {
		if e.State != ledger.Unsure && e.State != ledger.Intended {
			continue
		}
		text, job := h.textOf(e), ""
		for _, made := range h.jobs()[text] {
			if !held(entries, made) {
				job = made
			}
		}
		switch {
		case again:
			h.allowed[text]++
			fmt.Fprintf(&file, "%s,resubmit,\n", e.Key)
		case job != "":
			fmt.Fprintf(&file, "%s,adopt,%s\n", e.Key, job)
		default:
			fmt.Fprintf(&file, "%s,not-submitted,\n", e.Key)
		}
	}
	path := filepath.Join(h.dir, "decisions.csv")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if strings.Count(file.String(), "\n") == 1 {
		return "nothing to judge"
	}
	h.save()
	_, out := h.run(0, "resolve", h.campaign, "--decisions", path)
	return "resolve: " + file.String() + out
}

func held(entries map[string]ledger.Entry, job string) bool {
	for _, e := range entries {
		if slices.Contains(e.Tickets(), job) {
			return true
		}
	}
	return false
}

// textOf is what an entry's video says. The ledger keeps a request until it is
// settled; after that the bank knows what its job was.
func (h *history) textOf(e ledger.Entry) string {
	h.t.Helper()
	if len(e.Payload) == 0 {
		for text, jobs := range h.jobs() {
			if slices.Contains(jobs, e.Ticket.Job) {
				return text
			}
		}
		return ""
	}
	var body struct{ DynamicVariables struct{ Name string } }
	if err := json.Unmarshal(e.Payload, &body); err != nil {
		h.t.Fatalf("payload of %s: %v", e.Key, err)
	}
	return body.DynamicVariables.Name
}

// paidAsAsked holds at every instant: a text has one job, and one more for each
// time that a person asked for it.
func (h *history) paidAsAsked(story []string) {
	h.t.Helper()
	if _, err := os.Stat(h.path("sandbox.db")); err != nil {
		return
	}
	for text, jobs := range h.jobs() {
		if len(jobs) > 1+h.allowed[text] {
			h.t.Fatalf("%q has jobs %v, and %d more were asked for, after\n%s", text, jobs, h.allowed[text], strings.Join(story, "\n"))
		}
	}
}

// TestALivingCampaignIsPaidAsAsked edits a sheet at random while its runs are
// killed, fail, and lose answers. Nothing is bought that nobody asked for, and in
// the end every row of the sheet has its video.
func TestALivingCampaignIsPaidAsAsked(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a real process many times")
	}
	seeds, moves := 2, 20
	if os.Getenv("REELMERGE_SOAK") != "" {
		seeds, moves = 60, 40
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			h := newHistory(t, uint64(seed))
			var story []string
			for range moves {
				story = append(story, h.move())
				h.paidAsAsked(story)
			}
			h.finish(story)
		})
	}
}

// finish goes on until nothing is left to do, with a service that works.
func (h *history) finish(story []string) {
	h.t.Helper()
	for range 10 {
		story = append(story, h.judge(false), h.retry())
		h.save()
		_, out := h.run(0, "run", h.campaign, "--changed", "redo", "--accept-removed", "--set", "provider.sandbox.faults=slow=0%")
		story = append(story, out)
		h.paidAsAsked(story)
		if h.done() {
			return
		}
	}
	entries := h.entries()
	for _, r := range h.sheet {
		e := entries[r.id()]
		h.t.Logf("%s: %s, wanted %q, has %q (%s)", r.id(), e.State, r.text(), h.textOf(e), e.Reason)
	}
	h.t.Fatalf("it does not end, after\n%s", strings.Join(story, "\n"))
}

// done reports whether every row of the sheet has the video of what it says, or
// of what it said before a person chose to keep that.
func (h *history) done() bool {
	h.t.Helper()
	entries, jobs := h.entries(), h.jobs()
	for _, r := range h.sheet {
		e, known := entries[r.id()]
		kept := e.Kept != ledger.Fingerprint{}
		if !known || e.State != ledger.Succeeded || !kept && !slices.Contains(jobs[r.text()], e.Ticket.Job) {
			return false
		}
	}
	return true
}

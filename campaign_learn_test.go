package reelmerge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/internal/account"
)

// TestPlanAndRunSayTheSame after twenty videos that lasted longer than estimated: cost and
// time of the rest are those of the videos, in the plan as in the bill of the next run.
func TestPlanAndRunSayTheSame(t *testing.T) {
	var rows strings.Builder
	for i := range 60 {
		fmt.Fprintf(&rows, "%d,Guest number %d\n", i+1, i+1)
	}
	f := newFolder(t, rows.String())
	f.write("t.json", `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"}, "variables": {"name": {"type": "string"}}, "duration": {"base_seconds": 20.5}}`)
	f.write("c.yaml", "rows: {file: rows.csv, key: id}\ntemplate: t.json\nlimits: {submits: 50/s, active: 4, poll: {first: 50ms, max: 50ms}}\n"+
		"provider: {sandbox: {render: 100ms, faults: longer=30%}}\noutput: {dir: out}\n")
	first := planOf(t, f.sandbox())
	run(t, f.sandbox(), reelmerge.RunOptions{Limit: 20})
	then := planOf(t, f.sandbox())
	if was, now := *first.Cost[0].Likely, *then.Cost[0].Likely; now < was*40/60*120/100 {
		t.Errorf("planned %s for 60 rows at first, and %s for the 40 left after 20 longer ones", was, now)
	}
	if then.Cost[0].Basis.String() != "observed" || then.Time.EachBasis.String() != "observed" || then.Observed == "" {
		t.Errorf("the plan rests on %s and %s: %q", then.Cost[0].Basis, then.Time.EachBasis, then.Observed)
	}
	var bill reelmerge.Bill
	overruns := 0
	out := run(t, f.sandbox(), reelmerge.RunOptions{
		Paying: func(b reelmerge.Bill) { bill = b },
		Happened: func(h engine.Happening) {
			if h.What == engine.Overrun {
				overruns++
			}
		},
	})
	if diff := cmp.Diff(then.Cost, bill.Cost); diff != "" {
		t.Errorf("cost (-plan +run):\n%s", diff)
	}
	if planned, expected := *then.Time.Likely, out.Estimated.Seconds(); planned/expected > 1.05 || expected/planned > 1.05 {
		t.Errorf("the plan said %.2f s, the run %.2f s", planned, expected)
	}
	if overruns > 0 {
		t.Errorf("%d videos cost more than was set aside, after 20 had taught", overruns)
	}
}

func planOf(t *testing.T, c *reelmerge.Campaign) *reelmerge.Plan {
	t.Helper()
	p, err := c.Plan(t.Context(), reelmerge.PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAFirstPlanKnowsTheVoice: what an earlier campaign of the account taught is in the plan
// of one that has no ledger yet.
func TestAFirstPlanKnowsTheVoice(t *testing.T) {
	f := newFolder(t, "1,Ada\n2,Bob\n")
	f.write("t.json", `{"operation": "colossyan/video-job", "request": {"videoCreative": {
		"settings": {"name": "Welcome", "videoSize": {"width": 1920, "height": 1080}}, "scenes": [{"name": "hello", "tracks": [
		{"type": "actor", "actor": "karen", "speakerId": "en-GB-RyanNeural", "position": {"x": 420, "y": 0}, "size": {"width": 1080, "height": 1080},
		"text": "Hello {name}, and welcome. We are glad that you join us, and hope that you will stay for a long time."}]}]}}}`)
	f.write("c.yaml", "rows: {file: rows.csv, key: id}\ntemplate: t.json\nprovider: {token: '${TOKEN}', base_url: 'http://127.0.0.1:9'}\noutput: {dir: out}\n")
	state := t.TempDir()
	paid := func() *reelmerge.Campaign {
		return f.open(reelmerge.Options{Getenv: func(name string) string {
			return map[string]string{"TOKEN": "secret", "REELMERGE_STATE": state}[name]
		}})
	}
	before := planOf(t, paid())
	folder, err := account.Open(state, "http://127.0.0.1:9", fmt.Sprintf("%s\x00%v", "secret", http.Header{}))
	if err != nil {
		t.Fatal(err)
	}
	var learnt struct {
		Voices learn.Voices `json:"voices"`
	}
	if err := folder.Update("learnt.json", &learnt, func() {
		learnt.Voices = learn.Voices{"en-GB-RyanNeural": {Videos: 40, Stretch: 1.5, Pause: 1, Spread: 0.03}}
	}); err != nil {
		t.Fatal(err)
	}
	after := planOf(t, paid())
	was, now := *before.Cost[0].Likely, *after.Cost[0].Likely
	if now < was*125/100 || now > was*160/100 || before.Cost[0].Basis != credit.Estimated || after.Cost[0].Basis != credit.Observed {
		t.Errorf("%s (%s) before, and %s (%s) with a voice that speaks half as long again", was, before.Cost[0].Basis, now, after.Cost[0].Basis)
	}
}

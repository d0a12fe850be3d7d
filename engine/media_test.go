package engine_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/vidgen"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// opener remembers which files a submit would open.
type opener struct {
	providers.Provider
	opened []string
}

func (o *opener) Submit(_ context.Context, r providers.Request) (providers.Receipt, error) {
	for _, m := range r.Media {
		o.opened = append(o.opened, m.Path)
	}
	return providers.Receipt{Ticket: job.Ticket{Job: "j"}}, nil
}

func TestASubmitOpensTheFileThatWasPlanned(t *testing.T) {
	provider := &opener{}
	step := engine.Stepper{Provider: provider, Folder: "campaign", Kept: "kept"}
	absolute, err := filepath.Abs("face.png")
	if err != nil {
		t.Fatal(err)
	}
	e := ledger.Entry{State: ledger.Intended}
	e.Media = []job.Media{
		{Path: "faces/ana.png", SHA256: "1a"}, {Path: absolute, SHA256: "2b"},
		{Path: "https://cdn.example.com/ana.png?signature=1", SHA256: "3c"}, {Path: "HTTPS://cdn.example.com/../x", SHA256: "4d"},
	}
	if _, err := step.Step(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join("campaign", "faces", "ana.png"), absolute, filepath.Join("kept", "3c"), filepath.Join("kept", "4d")}
	if diff := cmp.Diff(want, provider.opened); diff != "" {
		t.Errorf("opened (-want +got):\n%s", diff)
	}
}

// TestRowsThatWaitForANetworkWaitTogether plans 64 rows of which each waits a
// second for its picture.
func TestRowsThatWaitForANetworkWaitTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, err := sources.OpenReader("r.csv", strings.NewReader("picture\n"+strings.Repeat("https://cdn.example.com/a.png\n", 64)), sources.Options{})
		if err != nil {
			t.Fatal(err)
		}
		template, problems := templates.Parse("t.json", []byte(`{"operation": "vidgen/job",
 "request": {"image": "{picture}", "audio": "voice.wav"}, "variables": {"picture": {"type": "string"}}}`), reelmerge.Operations(all.Services()))
		wantNone(t, problems)
		program, problems := template.Compile()
		wantNone(t, problems)
		binder, problems := templates.NewBinder([]string{"picture"}, template.Variables, templates.Mapping{})
		wantNone(t, problems)
		checker, err := vidgen.NewChecker(vidgen.Job, providers.Prices{})
		if err != nil {
			t.Fatal(err)
		}
		var fetched atomic.Int32
		begin := time.Now()
		plan, err := (&engine.Planner{
			File: "r.csv", Rows: rows, Binder: binder, Program: program, Checker: checker, Operation: vidgen.Job,
			Fetch: func(context.Context, string) providers.Placed {
				fetched.Add(1)
				time.Sleep(time.Second)
				return providers.Placed{Problem: &problem.Problem{Code: "ROW-MEDIA-FETCH", Message: "no answer"}}
			},
		}).Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cells := map[string]bool{}
		for _, p := range plan.Problems {
			if p.Code == "ROW-MEDIA-FETCH" {
				cells[p.Cell] = true
			}
		}
		if took := time.Since(begin); took > 8*time.Second || fetched.Load() != 64 || len(cells) != 64 || plan.Rows.Refused != 64 {
			t.Errorf("%v for %d fetches, problems at %d cells, rows %+v", took, fetched.Load(), len(cells), plan.Rows)
		}
	})
}

package bench_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/samsar"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// people are rows of two seasons and five languages, each with a picture of its own.
type people struct{ repeated }

// Next makes the next row.
func (p *people) Next() (sources.Row, error) {
	if p.left == 0 {
		return sources.Row{}, io.EOF
	}
	p.left--
	n := p.left
	return sources.Row{Number: n + 2, Cells: []string{
		fmt.Sprint("C", n), []string{"Autumn", "Spring"}[n%2], []string{"en", "es", "fr", "ja", "hi"}[n/2%5], fmt.Sprintf("https://cdn.example.com/%d.png", n),
	}}, nil
}

const oneStep = `{"operation": "samsar/add-outro", "request": {"videoSessionId": "{season}-{language}", "outro_image_url": "{picture}"}}`

const threeSteps = `{"name": "base", "operation": "samsar/text-to-video",
 "request": {"prompt": "{season} in the old town", "image_model": "SEEDREAM", "video_model": "RUNWAYML", "duration": 30, "aspect_ratio": "16:9", "language": "en", "enable_subtitles": false},
 "then": [
  {"name": "spoken", "operation": "samsar/translate", "request": {"videoSessionId": "{previous.job}", "language": "{language}", "enable_subtitles": false}},
  {"name": "outro", "operation": "samsar/add-outro", "request": {"videoSessionId": "{previous.job}", "outro_image_url": "{picture}"}}]}`

// chainPlanner plans so many people with a template, beside a ledger that it writes to
// nowhere: each row's content is kept and hashed, as a run does it.
func chainPlanner(b testing.TB, text string, rows int) (*engine.Planner, *people) {
	template, found := templates.Parse("t.json", []byte(text), reelmerge.Operations(all.Services()))
	if found.HasErrors() {
		b.Fatal(found)
	}
	program, found := template.Compile()
	if found.HasErrors() {
		b.Fatal(found)
	}
	p := &people{}
	p.left = rows
	names := []string{"id", "season", "language", "picture"}
	for i, name := range names {
		p.columns = append(p.columns, sources.Column{Name: name, Index: i, Letter: string(rune('A' + i))})
	}
	binder, found := templates.NewBinder(names, template.Variables, templates.Mapping{})
	if found.HasErrors() {
		b.Fatal(found)
	}
	checkerOf := func(operation string) providers.Checker {
		checker, err := samsar.NewChecker(operation, providers.Prices{})
		if err != nil {
			b.Fatal(err)
		}
		return checker
	}
	planner := &engine.Planner{
		File: "rows.csv", Rows: p, Binder: binder, Program: program, Checker: checkerOf(program.Template().Operation),
		Operation: program.Template().Operation, Key: "id", Duplicates: engine.KeepDuplicates, Most: 1000, Fingerprints: true,
	}
	for _, earlier := range program.Earlier {
		planner.Earlier = append(planner.Earlier, engine.Stage{Program: earlier, Checker: checkerOf(earlier.Template().Operation)})
	}
	return planner, p
}

// BenchmarkPlanOneStep and BenchmarkPlanThreeSteps plan the same 100,000 people, with an
// outro alone, and with two steps of twelve shared parts before it.
func BenchmarkPlanOneStep(b *testing.B) { planPeople(b, oneStep, 0) }

// BenchmarkPlanThreeSteps is beside BenchmarkPlanOneStep.
func BenchmarkPlanThreeSteps(b *testing.B) { planPeople(b, threeSteps, 12) }

func planPeople(b *testing.B, text string, parts int) {
	b.ReportAllocs()
	for b.Loop() {
		planner, _ := chainPlanner(b, text, 100_000)
		plan, err := planner.Plan(b.Context())
		if err != nil || plan.Actions.Submit != 100_000 {
			b.Fatalf("%d rows, %v", plan.Actions.Submit, err)
		}
		jobs := 0
		for _, s := range plan.Steps[:max(0, len(plan.Steps)-1)] {
			jobs += s.Jobs
		}
		if jobs != parts {
			b.Fatalf("%d parts, want %d", jobs, parts)
		}
	}
}

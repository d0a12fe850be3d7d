package engine_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// A plan says what a run would do, row by row, without a way to do it.
func ExamplePlanner_Plan() {
	rows, err := sources.OpenReader("customers.csv", strings.NewReader("id,name\n1,Ada\n2,\n3,Grace\n"), sources.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rows.Close()
	template, _ := templates.Parse("offer.json", []byte(`{"operation": "colossyan/template-job",
		"request": {"templateJobId": "3f6c2b1e"}, "variables": {"name": {"type": "string", "minLength": 1}},
		"duration": {"base_seconds": 90}}`), reelmerge.Operations([]providers.Service{colossyan.Service()}))
	program, _ := template.Compile()
	binder, _ := templates.NewBinder([]string{"id", "name"}, template.Variables, templates.Mapping{})
	checker, err := colossyan.Service().NewChecker(template.Operation, providers.Prices{})
	if err != nil {
		fmt.Println(err)
		return
	}
	planner := &engine.Planner{
		File: "customers.csv", Rows: rows, Binder: binder, Program: program, Checker: checker,
		Operation: template.Operation, Key: "id",
	}
	plan, err := planner.Plan(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range plan.Problems {
		fmt.Println(p.Cell, p.Code)
	}
	fmt.Println(plan.Rows.Total, "rows,", plan.Actions.Submit, "to send")
	minutes := plan.Cost[credit.Account{Provider: "colossyan", Unit: "minutes"}]
	fmt.Println(minutes.Likely, "minutes,", minutes.Basis)
	// Output:
	// B3 COL-V5
	// 3 rows, 2 to send
	// 3 minutes, documented
}

// The forecast runs the pace of a run forward, without waiting for it.
func ExampleForecastRun() {
	expected := engine.ForecastRun(120, engine.Forecast{
		Limits:  engine.Limits{Submits: []providers.Window{{Count: 30, Per: time.Minute}}, Active: 5},
		Typical: 60 * time.Second,
	}, time.Date(2026, time.November, 20, 20, 0, 0, 0, time.UTC))
	fmt.Println(expected.Likely.Round(time.Minute), "bound by", expected.BoundBy)
	// Output:
	// 24m0s bound by active: 5
}

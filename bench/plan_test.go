// Package bench_test measures planning against a million rows.
package bench_test

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/colossyan"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// repeated is a sheet that repeats a row.
type repeated struct {
	columns []sources.Column
	row     sources.Row
	left    int
}

func (r *repeated) Columns() []sources.Column { return r.columns }
func (r *repeated) Header() sources.Header    { return sources.Header{Row: 1} }
func (r *repeated) Notices() []sources.Notice { return nil }
func (r *repeated) Sheet() string             { return "" }
func (r *repeated) Close() error              { return nil }
func (r *repeated) Next() (sources.Row, error) {
	if r.left == 0 {
		return sources.Row{}, io.EOF
	}
	r.left--
	r.row.Number++
	return r.row, nil
}

func planner(b testing.TB, rows sources.Reader) *engine.Planner {
	data, err := os.ReadFile("template.json")
	if err != nil {
		b.Fatal(err)
	}
	template, problems := templates.Parse("template.json", data, reelmerge.Operations(all.Services()))
	if problems.HasErrors() {
		b.Fatal(problems)
	}
	program, problems := template.Compile()
	if problems.HasErrors() {
		b.Fatal(problems)
	}
	var names []string
	for _, c := range rows.Columns() {
		names = append(names, c.Name)
	}
	binder, problems := templates.NewBinder(names, template.Variables, templates.Mapping{})
	if problems.HasErrors() {
		b.Fatal(problems)
	}
	checker, err := colossyan.NewChecker(template.Operation, providers.Prices{})
	if err != nil {
		b.Fatal(err)
	}
	return &engine.Planner{
		File: "rows.csv", Rows: rows, Binder: binder, Program: program, Checker: checker,
		Operation: template.Operation, Duplicates: engine.KeepDuplicates, Most: 1000,
	}
}

// BenchmarkPlan plans rows that are held in memory: bind, check, render, quote.
func BenchmarkPlan(b *testing.B) {
	header := strings.Split("customer_id,first_name,company,plan,renewal_date,amount,email,language", ",")
	rows := &repeated{left: b.N}
	for i, name := range header {
		rows.columns = append(rows.columns, sources.Column{Name: name, Index: i, Letter: string(rune('A' + i))})
	}
	rows.row.Cells = strings.Split("C1,Bartholomew,Umbrella,pro,2026-03-14,1234.56,user@example.com,en", ",")
	b.ReportAllocs()
	if _, err := planner(b, rows).Plan(b.Context()); err != nil {
		b.Fatal(err)
	}
}

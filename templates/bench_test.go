package templates_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/reelmerge/reelmerge/templates"
)

// BenchmarkRow checks, renders and estimates one row of a three-scene video job with
// five variables, at one worker.
func BenchmarkRow(b *testing.B) {
	doc, err := os.ReadFile("testdata/bench.template.json")
	if err != nil {
		b.Fatal(err)
	}
	p := compile(b, string(doc))
	rows := benchRows()
	var out templates.Rendered
	b.ReportAllocs()
	b.ResetTimer()
	bytes := 0
	for i := range b.N {
		p.Row(rows[i%len(rows)], &out)
		bytes += len(out.Body)
	}
	b.SetBytes(int64(bytes / b.N))
	if len(out.Problems) > 0 || !out.Seconds.Known {
		b.Fatalf("%+v", out)
	}
}

func benchRows() [][]string {
	first := []string{"Ada", "Grace", "Linus", "Zoë", "José", "李雷", "Bartholomew", "Ngọc", "O'Neil", "Anne-Marie"}
	company := []string{"Acme, Inc.", "Globex", `Initech "EU"`, "Umbrella", "Hooli", "Müller & Söhne GmbH"}
	plan := []string{"basic", "pro", "team"}
	rows := make([][]string, 256)
	for i := range rows {
		rows[i] = []string{first[i%len(first)], company[i%len(company)], plan[i%len(plan)],
			fmt.Sprintf("2026-%02d-%02d", 1+i%12, 1+i%28), fmt.Sprintf("%d.%02d", i*17%5000, i%100)}
	}
	return rows
}

// BenchmarkBindAndRow is what a run does with each row of a sheet before it is planned:
// take the cells, bind, check, render and estimate.
func BenchmarkBindAndRow(b *testing.B) {
	doc, err := os.ReadFile("testdata/bench.template.json")
	if err != nil {
		b.Fatal(err)
	}
	p := compile(b, string(doc))
	columns := []string{"customer_id", "first_name", "company", "plan", "renewal_date", "amount", "email", "language"}
	binder, problems := templates.NewBinder(columns, p.Template().Variables, templates.Mapping{})
	if problems.HasErrors() {
		b.Fatal(problems)
	}
	var rows [][]string
	for i, r := range benchRows() {
		rows = append(rows, append(append([]string{fmt.Sprintf("C%08d", i)}, r...), "user@example.com", "en"))
	}
	values := make([]string, len(p.Template().Variables))
	var out templates.Rendered
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if found := binder.Bind(values, rows[i%len(rows)]); len(found) > 0 {
			b.Fatal(found)
		}
		p.Row(values, &out)
	}
	if len(out.Problems) > 0 || !out.Seconds.Known {
		b.Fatalf("%+v", out)
	}
}

// Command library makes a batch of videos from Go, without the reelmerge
// command: rows and a template in, links and costs out. It runs against the
// simulator, so it needs no key and costs nothing; run it twice, and the second
// run has nothing to do.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
	"github.com/reelmerge/reelmerge/providers/sandbox"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

const customers = `id,first_name
C-1001,Ada
C-1002,Grace
`

const welcome = `{"operation": "colossyan/template-job",
 "request": {"templateJobId": "3f6c2b1e-8a50-4d1f-9f0e-6f1f8f6f0a11"},
 "variables": {"first_name": {"type": "string", "minLength": 1, "spoken": true}},
 "duration": {"base_seconds": 30}}`

func main() {
	folder := "library-out"
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := makeVideos(context.Background(), folder, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// makeVideos plans, runs, and prints what became of each row. The folder holds
// the ledger: as long as it is there, nothing is bought twice.
func makeVideos(ctx context.Context, folder string, out io.Writer) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	box, err := sandbox.New(sandbox.Options{State: filepath.Join(folder, "sandbox.db"), Render: 100 * time.Millisecond})
	if err != nil {
		return err
	}
	defer box.Close()
	books, err := openLedger(filepath.Join(folder, "ledger.db"))
	if err != nil {
		return err
	}
	defer books.Close()
	plan, checker, err := plan(ctx, books)
	if err != nil {
		return err
	}
	for _, p := range plan.Problems {
		fmt.Fprintf(out, "%s: %s\n", p.Cell, p.Message)
	}
	client, err := colossyan.Service().New(providers.Config{
		BaseURL: box.BaseURL(colossyan.Name, "http://127.0.0.1"), Token: "any", Transport: box.Transport(),
	})
	if err != nil {
		return err
	}
	run := &engine.Engine{Store: books, Provider: client, Checker: checker, Limits: engine.LimitsOf(checker.Traits()).With(engine.Limits{
		FirstPoll: 20 * time.Millisecond, MaxPoll: 100 * time.Millisecond,
	})}
	outcome, err := run.Run(ctx, plan.Ready)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d rows, %d sent\n", plan.Rows.Total, outcome.Sent)
	return report(ctx, books, out)
}

// openLedger opens the ledger, or creates it the first time.
func openLedger(path string) (*boltstore.Store, error) {
	exists, err := boltstore.Exists(path)
	switch {
	case err != nil:
		return nil, err
	case exists:
		return boltstore.Open(path, boltstore.Options{})
	}
	return boltstore.Create(path, ledger.Identity{ID: rand.Text(), Provider: colossyan.Name, Sandbox: true, Created: time.Now()})
}

// plan reads the rows, checks and prices them, and makes them durable.
func plan(ctx context.Context, books ledger.Store) (*engine.Plan, providers.Checker, error) {
	rows, err := sources.OpenReader("customers.csv", strings.NewReader(customers), sources.Options{})
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	template, problems := templates.Parse("welcome.json", []byte(welcome))
	if problems.HasErrors() {
		return nil, nil, fmt.Errorf("template: %s", problems[0].Message)
	}
	program, problems := template.Compile(templates.Options{})
	if problems.HasErrors() {
		return nil, nil, fmt.Errorf("template: %s", problems[0].Message)
	}
	binder, problems := templates.NewBinder(names(rows), template.Variables, templates.Mapping{})
	if problems.HasErrors() {
		return nil, nil, fmt.Errorf("columns: %s", problems[0].Message)
	}
	checker, err := colossyan.Service().NewChecker(template.Operation, providers.Prices{})
	if err != nil {
		return nil, nil, err
	}
	planner := &engine.Planner{
		File: "customers.csv", Rows: rows, Binder: binder, Program: program, Checker: checker,
		Operation: template.Operation, Key: "id", Known: books,
		Record: func(ctx context.Context, changes ...ledger.Change) error {
			_, err := books.Apply(ctx, changes...)
			return err
		},
	}
	planned, err := planner.Plan(ctx)
	return planned, checker, err
}

func names(rows sources.Reader) (list []string) {
	for _, c := range rows.Columns() {
		list = append(list, c.Name)
	}
	return list
}

// report prints what became of each row, and what it cost.
func report(ctx context.Context, books ledger.Store, out io.Writer) error {
	for entry, err := range books.Entries(ctx, ledger.Query{}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %s, %v %s\n", entry.Key, entry.State, entry.Money.Charged, entry.Account.Unit)
	}
	return nil
}

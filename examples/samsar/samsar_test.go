// Package samsar_test runs the examples of this folder as a person would: with
// the program itself, on its simulator, with and without trouble on the line.
package samsar_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/reelmerge/reelmerge/examples/internal/exampletest"
)

// example is a campaign of this folder.
type example struct {
	name      string
	operation string
	sheet     string // its rows, beside the campaign
	key       string // the column that names them
	tells     string // a column whose value stands in the row's request and in no other's
	total     string // credits, to the credit
}

func examples() []example {
	return []example{
		{"text-to-video", "samsar/text-to-video", "offers.csv", "Offer ID", "Theme", "4350"},
		{"image-list", "samsar/image-list-to-video", "homes.csv", "Listing", "Viewing page", "3910"},
		{"translate", "samsar/translate", "../text-to-video/out/campaign/sandbox/results.csv", "Offer ID", "provider_job", "240"},
	}
}

// desk is a folder with copies of the examples, and the program at work in it.
type desk struct {
	exampletest.Program
	set []string // flags of every run
}

func newDesk(t *testing.T, program exampletest.Program, faults string) desk {
	t.Helper()
	program.Dir = t.TempDir()
	d := desk{Program: program, set: []string{"--set", "provider.sandbox.render=50ms"}}
	if faults != "" {
		d.set = append(d.set, "--set", "provider.sandbox.faults="+faults, "--set", "provider.sandbox.seed=11")
	}
	for _, e := range examples() {
		files, err := filepath.Glob(e.name + "/*.*")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err == nil {
				err = os.MkdirAll(filepath.Join(d.Dir, e.name), 0o700)
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(d.Dir, file), data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return d
}

func (e example) campaign() string { return filepath.Join(e.name, "campaign.yaml") }

// bank returns the charges of the example's own operation.
func (d desk) bank(t *testing.T, e example) []exampletest.Charge {
	t.Helper()
	where := e.name
	if e.name == "translate" {
		where = "text-to-video" // it goes on with that one's simulator
	}
	all := d.Bank(t, filepath.Join(where, "out", "campaign", "sandbox", "sandbox.db"))
	return slices.DeleteFunc(all, func(c exampletest.Charge) bool { return c.Operation != e.operation })
}

// rows returns what tells each row's request, by key.
func (d desk) rows(t *testing.T, e example) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for _, row := range exampletest.Rows(t, filepath.Join(d.Dir, e.name, e.sheet)) {
		rows[row[e.key]] = row[e.tells]
	}
	return rows
}

// settle runs a campaign until nothing is left to do. What the program cannot
// know a person looks up, in the bank.
func (d desk) settle(t *testing.T, e example) (decided int) {
	t.Helper()
	for range 20 {
		_, code := d.Do(t, append([]string{"run", e.campaign()}, d.set...)...)
		switch code {
		case 0:
			return decided
		case 3: // a row failed, or is not ready
			d.Do(t, "retry", e.campaign())
		case 4:
			decided += d.decide(t, e)
		}
	}
	out, _ := d.Do(t, "status", e.campaign())
	t.Fatalf("%s does not settle:\n%s", e.name, out)
	return 0
}

func (d desk) decide(t *testing.T, e example) int {
	t.Helper()
	var unsure struct {
		Rows []struct{ Key string }
	}
	d.JSON(t, &unsure, "resolve", e.campaign())
	rows, bank := d.rows(t, e), d.bank(t, e)
	for _, row := range unsure.Rows {
		decision := []string{"--not-submitted"}
		for _, c := range bank {
			if bytes.Contains(c.Body, []byte(rows[row.Key]+`"`)) || bytes.Contains(c.Body, []byte(rows[row.Key]+`.`)) {
				decision = []string{"--adopt", c.Job}
			}
		}
		d.Do(t, append([]string{"resolve", e.campaign(), "--row", row.Key}, decision...)...)
	}
	return len(unsure.Rows)
}

func TestExamplesRunUntilSettled(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and runs the program")
	}
	reelmerge := exampletest.Build(t)
	for name, faults := range map[string]string{
		"in peace":   "",
		"in trouble": "accept-then-drop=5%,500=5%,429=5%",
		"in a storm": "accept-then-drop=10%,accept-then-502=5%,truncated=5%,drop=10%,500=10%,429=10%,404=10%",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, decided := newDesk(t, reelmerge, faults), 0
			for _, e := range examples() {
				decided += d.settle(t, e)
				d.audit(t, e)
			}
			if (decided > 0) != (name == "in a storm") && name != "in trouble" {
				t.Errorf("%d rows needed a decision", decided)
			}
		})
	}
}

// audit compares the books with the bank: every row was paid once, none twice,
// and the total is right to the credit.
func (d desk) audit(t *testing.T, e example) {
	t.Helper()
	var books exampletest.Totals
	d.JSON(t, &books, "status", e.campaign())
	bank := d.bank(t, e)
	if n := books.States["succeeded"]; n == 0 || n != len(bank) {
		t.Errorf("%s: %d succeeded, %d in the bank", e.name, n, len(bank))
	}
	if !books.Spent(e.total) {
		t.Errorf("%s: credits %+v, want %s charged", e.name, books.Credits, e.total)
	}
	var sum int64
	bodies := map[string]bool{}
	for _, c := range bank {
		amount, err := strconv.ParseInt(c.Amount, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += amount
		if bodies[string(c.Body)] {
			t.Errorf("%s: paid twice: %s", e.name, c.Body)
		}
		bodies[string(c.Body)] = true
	}
	if fmt.Sprint(sum) != e.total {
		t.Errorf("%s: the bank took %d, want %s", e.name, sum, e.total)
	}
}

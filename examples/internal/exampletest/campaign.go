package exampletest

import (
	"os"
	"path/filepath"
	"strings"
)

// Campaign is an example of one campaign in the current folder, whose rows are to
// be made exactly once each, at prices that are known.
type Campaign struct {
	Rows  int
	Total string // what all of them cost, in the service's unit
	Key   string // the column that names rows, and with them their videos
	// OfRow returns a text that only this row's request contains, in the bank's record of
	// it.
	OfRow func(t T, row map[string]string) string
	// Set overrides keys of the campaign in each run.
	Set []string
}

// runs is how often a campaign is run until it is done: a run holds after a series
// of like failures.
const runs = 6

// RunToTheEnd runs the campaign with faults until no row is left to send, and compares
// the ledger with the bank: every row is there once, with the video that was made of it,
// to the last credit.
func (c Campaign) RunToTheEnd(t T, p Program, faults string) {
	t.Helper()
	folder := t.TempDir()
	args := []string{"run", "campaign.yaml", "--set", "output.dir=" + folder, "--set", "provider.sandbox.render=50ms"}
	for _, set := range c.Set {
		args = append(args, "--set", set)
	}
	if faults != "" {
		args = append(args, "--set", "provider.sandbox.faults="+faults, "--set", "provider.sandbox.seed=11")
	}
	for range runs {
		if _, code := p.Do(t, args...); code == 0 {
			break
		}
	}
	var books Totals
	p.JSON(t, &books, append([]string{"status"}, args[1:]...)...)
	if books.States["succeeded"] != c.Rows || !books.Spent(c.Total) {
		t.Errorf("the ledger says %+v", books)
	}
	c.compare(t, p, filepath.Join(folder, "sandbox"))
}

// compare holds the results in a folder against the bank there.
func (c Campaign) compare(t T, p Program, folder string) {
	t.Helper()
	bank := map[string]Charge{}
	for _, line := range p.Bank(t, filepath.Join(folder, "sandbox.db")) {
		bank[line.Job] = line
	}
	rows := Rows(t, filepath.Join(folder, "results.csv"))
	if len(bank) != c.Rows || len(rows) != c.Rows {
		t.Errorf("%d videos were bought for %d rows of %d", len(bank), len(rows), c.Rows)
	}
	for _, row := range rows {
		line := bank[row["provider_job"]]
		if want := c.OfRow(t, row); line.State != "charged" || line.Amount != row["credits"] || !strings.Contains(string(line.Body), want) {
			t.Errorf("row %s: the bank says %+v, want one with %q", row[c.Key], line, want)
		}
		if _, err := os.Stat(filepath.Join(folder, "videos", row[c.Key]+".mp4")); err != nil {
			t.Errorf("%v", err)
		}
	}
}

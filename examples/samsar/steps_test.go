package samsar_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/examples/internal/exampletest"
)

// TestTheExampleOfStepsBuysSharedWorkOnce runs the chain for 120 guests in five languages: in
// peace, and where answers are lost and jobs fail, which a person decides and retries.
func TestTheExampleOfStepsBuysSharedWorkOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and runs the program")
	}
	program := exampletest.Build(t)
	kills := 6
	if os.Getenv("REELMERGE_SOAK") != "" {
		kills = 100
	}
	for name, c := range map[string]struct {
		faults string
		kills  int
	}{
		"in peace":   {"", 0},
		"in trouble": {"accept-then-drop@1,accept-then-drop@4,accept-then-500@30,429=5%", 0},
		"killed":     {"429=5%", kills},
	} {
		t.Run(name, func(t *testing.T) {
			here := program
			here.Dir = t.TempDir()
			files, err := filepath.Glob("steps/*.*")
			if err != nil || len(files) != 3 {
				t.Fatal(files, err)
			}
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err == nil {
					err = os.WriteFile(filepath.Join(here.Dir, filepath.Base(file)), data, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			for i := range c.kills {
				// A run is killed ever later, so that each step is reached.
				here.Kill(t, 150*time.Millisecond+time.Duration(i%10)*40*time.Millisecond, runSteps(c.faults)...)
				decideSteps(t, here)
			}
			settleSteps(t, here, c.faults)
			jobs, sum := map[string]int{}, int64(0)
			for _, c := range here.Bank(t, "out/campaign/sandbox/sandbox.db") {
				jobs[strings.TrimPrefix(c.Operation, "samsar/")]++
				amount, err := strconv.ParseInt(c.Amount, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				sum += amount
			}
			// 30 s × 30, four times 30 s × 3, and 120 × 75 credits.
			if got := fmt.Sprint(jobs); got != "map[add-outro:120 text-to-video:1 translate:4]" || sum != 900+4*90+120*75 {
				t.Errorf("the bank took %d for %s", sum, got)
			}
		})
	}
}

// runSteps is the command of a run.
func runSteps(faults string) []string {
	return []string{"run", "campaign.yaml", "--set", "provider.sandbox.render=50ms", "--set", "provider.sandbox.faults=" + faults, "--set", "output.download=false"}
}

// settleSteps runs the campaign until nothing is left.
func settleSteps(t *testing.T, here exampletest.Program, faults string) {
	t.Helper()
	for range 12 {
		if _, code := here.Do(t, runSteps(faults)...); code == 0 {
			return
		}
		decideSteps(t, here)
	}
	out, _ := here.Do(t, "status", "campaign.yaml")
	t.Fatalf("it does not settle:\n%s", out)
}

// unsureSteps lists what a person decides about.
func unsureSteps(t *testing.T, here exampletest.Program) (list []unsureStep) {
	t.Helper()
	var unsure struct{ Rows []unsureStep }
	here.JSON(t, &unsure, "resolve", "campaign.yaml")
	return unsure.Rows
}

type unsureStep struct{ Key, Part string }

// decideSteps has a person look up the job of each lost step or row: one of the same
// operation, that says the same, and that no other holds. Where there is none, it was not
// sent.
func decideSteps(t *testing.T, here exampletest.Program) {
	t.Helper()
	for _, u := range unsureSteps(t, here) {
		who, operation, says := []string{"--row", u.Key}, "samsar/add-outro", u.Key+".png"
		if u.Part != "" {
			step, _, _ := strings.Cut(u.Part, ":")
			who, says = []string{"--part", u.Part}, ""
			operation = map[string]string{"base": "samsar/text-to-video", "spoken": "samsar/translate"}[step]
		}
		command := append([]string{"resolve", "campaign.yaml"}, who...)
		for _, c := range here.Bank(t, "out/campaign/sandbox/sandbox.db") {
			if c.Operation == operation && strings.Contains(string(c.Body), says) && slices.Contains(unsureSteps(t, here), u) {
				// It is refused where the ledger has the job of another one, and changes nothing.
				here.Kill(t, time.Minute, append(command, "--adopt", c.Job)...)
			}
		}
		if slices.Contains(unsureSteps(t, here), u) {
			here.Do(t, append(command, "--not-submitted")...)
		}
	}
}

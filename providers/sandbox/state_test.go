package sandbox_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/providers/sandbox"
)

func TestJobsSurviveClosing(t *testing.T) {
	state := filepath.Join(t.TempDir(), "sandbox.db")
	first, err := sandbox.New(sandbox.Options{State: state, Render: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	job := colossyanCaller(first).want(t, http.StatusOK, "POST", "/video-generation-jobs/template-jobs", templateJob("Ada"))
	before := bank(t, first)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	closed, err := sandbox.ReadBank(state)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, closed); diff != "" {
		t.Errorf("bank of the closed file (-open +closed):\n%s", diff)
	}
	again := open(t, sandbox.Options{State: state})
	if diff := cmp.Diff(before, bank(t, again)); diff != "" {
		t.Errorf("bank after reopening (-before +after):\n%s", diff)
	}
	a := colossyanCaller(again).want(t, http.StatusOK, "GET", "/video-generation-jobs/"+job.text(t, "id"), nil)
	if got := a.text(t, "status"); got != "in_queue" {
		t.Errorf("status of a job of an hour = %q, want in_queue: it keeps the render time it was accepted with", got)
	}
}

// TestTriesAreRememberedAcrossRestarts: a row that was refused at its first try
// is not refused again for the same reason by a process that starts anew.
func TestTriesAreRememberedAcrossRestarts(t *testing.T) {
	for _, faults := range []string{"500@1", "accept-then-500@1"} {
		state := filepath.Join(t.TempDir(), "sandbox.db")
		for _, want := range []int{http.StatusInternalServerError, http.StatusOK} {
			s, err := sandbox.New(sandbox.Options{State: state, Faults: faults})
			if err != nil {
				t.Fatal(err)
			}
			colossyanCaller(s).want(t, want, "POST", submitPath, templateJob("Ada"))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestStateFileInUseIsRefused(t *testing.T) {
	state := filepath.Join(t.TempDir(), "sandbox.db")
	open(t, sandbox.Options{State: state})
	if _, err := sandbox.New(sandbox.Options{State: state}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("New on a file in use: %v, want that another process uses it", err)
	}
	if _, err := sandbox.ReadBank(state); err == nil {
		t.Error("ReadBank on a file in use succeeded, want an error")
	}
}

func TestForeignStateFileIsRefusedAndKept(t *testing.T) {
	for name, content := range map[string]string{
		"empty":   "",
		"text":    strings.Repeat("not a database\n", 1000),
		"nothing": strings.Repeat("\x00", 32768),
	} {
		t.Run(name, func(t *testing.T) {
			state := filepath.Join(t.TempDir(), "sandbox.db")
			if err := os.WriteFile(state, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if s, err := sandbox.New(sandbox.Options{State: state}); err == nil {
				_ = s.Close()
				t.Fatal("New succeeded, want an error")
			}
			if _, err := sandbox.ReadBank(state); err == nil {
				t.Error("ReadBank succeeded, want an error")
			}
		})
	}
}

func TestMissingStateFileHasNoBank(t *testing.T) {
	state := filepath.Join(t.TempDir(), "sandbox.db")
	if _, err := sandbox.ReadBank(state); err == nil {
		t.Error("ReadBank succeeded, want an error")
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("ReadBank created a state file")
	}
}

// TestBankHoldsWhatManyClientsWereTold runs 64 clients at once. The bank must equal their
// answers, with each job once.
func TestBankHoldsWhatManyClientsWereTold(t *testing.T) {
	const clients, each = 64, 20
	state := filepath.Join(t.TempDir(), "sandbox.db")
	s := open(t, sandbox.Options{State: state})
	var mu sync.Mutex
	told := map[string]string{}
	var clientsDone sync.WaitGroup
	for client := range clients {
		clientsDone.Go(func() {
			for row := range each {
				name := fmt.Sprintf("%d-%d", client, row)
				a, err := colossyanCaller(s).try("POST", "/video-generation-jobs/template-jobs", templateJob(name))
				if err != nil || a.status != http.StatusOK {
					t.Errorf("submit %s: %d %v", name, a.status, err)
					return
				}
				mu.Lock()
				told[a.text(t, "id")] = "row-" + name
				mu.Unlock()
			}
		})
	}
	clientsDone.Wait()
	banked := map[string]string{}
	for _, line := range bank(t, s) {
		banked[line.Job] = line.Reference
	}
	if len(told) != clients*each {
		t.Errorf("%d ids were told, want %d", len(told), clients*each)
	}
	if diff := cmp.Diff(told, banked); diff != "" {
		t.Errorf("bank (-told +banked):\n%s", diff)
	}
}

// TestWhatWasToldSurvivesSIGKILL kills a process that submits as fast as it can,
// again and again: every id it had printed is in the bank afterwards.
func TestWhatWasToldSurvivesSIGKILL(t *testing.T) {
	if state := os.Getenv("SANDBOX_TEST_STATE"); state != "" {
		submitForEver(t, state)
		return
	}
	state := filepath.Join(t.TempDir(), "sandbox.db")
	told := map[string]bool{}
	for round := range 5 {
		killAfter(t, state, 20+13*round, told)
		lines, err := sandbox.ReadBank(state)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		banked := map[string]bool{}
		for _, line := range lines {
			banked[line.Job] = true
		}
		for id := range told {
			if !banked[id] {
				t.Fatalf("round %d: job %s was told and is not in the bank", round, id)
			}
		}
	}
}

// killAfter starts the submitting process and kills it after it has told of so
// many jobs.
func killAfter(t *testing.T, state string, jobs int, told map[string]bool) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestWhatWasToldSurvivesSIGKILL$")
	child.Env = append(os.Environ(), "SANDBOX_TEST_STATE="+state)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		id, ok := strings.CutPrefix(lines.Text(), "job ")
		if !ok {
			t.Errorf("child said %q", lines.Text())
			continue
		}
		told[id] = true
		if n == jobs {
			_ = child.Process.Kill() // what it told before it died is read on
		}
	}
	_ = child.Wait()
}

func submitForEver(t *testing.T, state string) {
	s, err := sandbox.New(sandbox.Options{State: state})
	if err != nil {
		t.Fatal(err)
	}
	var clients sync.WaitGroup
	for client := range 8 {
		clients.Go(func() {
			for row := 0; ; row++ {
				a, err := colossyanCaller(s).try("POST", "/video-generation-jobs/template-jobs", templateJob(fmt.Sprint(client, row)))
				if err != nil {
					return
				}
				_, _ = os.Stdout.WriteString("job " + a.text(t, "id") + "\n")
			}
		})
	}
	clients.Wait()
}

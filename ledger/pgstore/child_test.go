package pgstore_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/ledger/pgstore"
)

// The tests start themselves again as a child that works on a ledger, to be killed.
const (
	childURL    = "REELMERGE_TEST_URL"
	childLedger = "REELMERGE_TEST_LEDGER"
)

// child makes a ledger, takes its lease, and works on it.
func child(url, name string) error {
	ctx := context.Background()
	db, err := pgstore.Dial(ctx, url, pgstore.Options{})
	if err != nil {
		return err
	}
	id := ledgertest.Identity()
	id.ID = name
	s, err := db.Create(ctx, name, id)
	if err != nil {
		return err
	}
	l, err := s.Acquire(ctx, ledger.Drive{Who: "child", Account: name, TTL: time.Minute})
	if err != nil {
		return err
	}
	_, err = ledgertest.Work(ctx, l, os.Stdout)
	return err
}

// TestAKilledProcessLosesNoAnswer kills the child when the n-th message of its connections
// is on its way, for many n: before the server gets it, or before the child does.
func TestAKilledProcessLosesNoAnswer(t *testing.T) {
	url := database(t)
	db := dial(t, url)
	found, most := 0, 0
	for n := 2; ; n += 5 {
		p := newProxy(t, url)
		name := fmt.Sprint("killed at ", n)
		answers, killed := kill(t, p, name, n)
		if !killed {
			break // it came to its end before
		}
		s, err := db.Open(t.Context(), name, pgstore.OpenOptions{})
		if err != nil {
			continue // it did not come to be
		}
		answers.Survived(t, s)
		if problems, err := s.Verify(t.Context()); err != nil || len(problems) > 0 {
			t.Errorf("%s: %v %v", name, problems, err)
		}
		must(t, s.Close())
		found, most = found+1, max(most, len(answers))
	}
	if found < 20 || most != 14 {
		t.Errorf("%d ledgers, %d rows at most: too few to prove anything", found, most)
	}
}

// kill starts a child and kills it at the n-th message.
func kill(t *testing.T, p *proxy, name string, n int) (ledgertest.Answers, bool) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childURL+"="+p.url, childLedger+"="+name)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	reached, dead := make(chan struct{}), make(chan struct{})
	p.whenPassed(n, n%2 == 0, func() {
		close(reached)
		<-dead
		p.cut() // the message is lost with the process
	})
	must(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait(); close(dead) }()
	killed := false
	select {
	case <-reached:
		killed = true
		_ = cmd.Process.Kill() // it may be at its end
		t.Logf("it was killed: %v", <-ended)
	case err := <-ended:
		if err != nil {
			t.Fatalf("the child: %v: %s", err, said.String())
		}
	}
	answers := ledgertest.Answers{}
	for line := range strings.Lines(out.String()) {
		answers.Note(line)
	}
	return answers, killed
}

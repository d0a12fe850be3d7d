package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/report"
)

// silent has one host that never answers, and others that do.
type silent struct{ looks atomic.Int64 }

func (s *silent) Look(ctx context.Context, link string) (report.Link, error) {
	s.looks.Add(1)
	if !strings.Contains(link, "dead") {
		return report.Link{Alive: true}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	<-ctx.Done()
	return report.Link{}, ctx.Err()
}

// mute is a service that takes a minute to answer nothing.
type mute struct{ providers.Provider }

func (mute) Poll(ctx context.Context, _ string, _ job.Ticket) (providers.Progress, error) {
	<-ctx.Done()
	return providers.Progress{}, errors.New("no answer")
}

// TestADeadServerIsNotWaitedForLinkByLink looks at a thousand links of a server that
// does not answer, at a service that does not either: both are given up, each row says
// so, and the links of other servers are looked at.
func TestADeadServerIsNotWaitedForLinkByLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		links := &silent{}
		m := &mailing{client: &client{provider: mute{}}, check: report.SendReady{Links: &givingUp{Links: links}}}
		var entries []ledger.Entry
		for i := range 1010 {
			host := "dead"
			if i%101 == 100 {
				host = "well"
			}
			entries = append(entries, ledger.Entry{Key: fmt.Sprint(i), State: ledger.Succeeded, Result: job.Result{VideoURL: fmt.Sprintf("https://%s.example/%d.mp4", host, i)}})
		}
		began := time.Now()
		m.verdicts = m.judgeAll(t.Context(), entries)
		if took := time.Since(began); took > 5*time.Minute {
			t.Errorf("it took %v and %d looks", took, links.looks.Load())
		}
		reasons := map[string]int{}
		for _, v := range m.verdicts {
			reasons[v.reason]++
		}
		given := `look at the link of row 0: "dead.example" did not answer for 3 links in a row, and was given up`
		if reasons[""] != 10 || reasons[given] < 980 || len(m.verdicts) != 1010 {
			t.Errorf("reasons: %v", reasons)
		}
	})
}

// TestAServerThatAnswersNowAndThenIsNotGivenUp has every third link without an answer.
func TestAServerThatAnswersNowAndThenIsNotGivenUp(t *testing.T) {
	var d deaf
	for i := range 30 {
		d.note("host", i%3 != 0)
		if d.given("host") {
			t.Fatalf("given up after %d", i)
		}
	}
}

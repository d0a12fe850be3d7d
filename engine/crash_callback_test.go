package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// callbackTrial runs rows of a service that cannot be searched and calls back, in
// processes that die at the given boundaries. What arrives while none runs is lost,
// and told once more to the last one, as a service does that tries again.
func callbackTrial(t *testing.T, workers int, dieAt ...int) (v verdict, byCallback int) {
	w := &world{dieAt: map[int]bool{}}
	for _, at := range dieAt {
		w.dieAt[at] = true
	}
	mail := &office{}
	sb, err := sandbox.New(sandbox.Options{
		Render: 20 * time.Second, Faults: "accept-then-drop@1,accept-then-500@3,webhook-twice=100%", Webhooks: mail,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sb.Close()
	s, store := colossyanOver(t, mortalTransport{sb.Transport(), w}), newMemory(t)
	planRows(t, store, s, rows(3))
	processes := len(dieAt) + 2
	for i := range processes {
		w.restart()
		receiver := engine.NewReceiver(s.provider.(providers.Notifier))
		mail.deliverTo(receiver, i == processes-1)
		live(t, w, store, &engine.Engine{
			Provider: s.provider, Checker: s.checker, Workers: workers, MaxWait: time.Minute,
			Limits:   engine.Limits{FirstPoll: 10 * time.Second, MaxPoll: 20 * time.Second, Deadline: 5 * time.Minute, Active: workers},
			Callback: hookURL, Notices: receiver.Notices(), CheckLink: func(context.Context, string) error { return w.cross() },
		})
		mail.deliverTo(nil, false)
	}
	v.boundaries = w.boundary
	entries := states(t, store)
	judge(&v, mode{unsure: true}, entries, jobsByName(t, sb))
	for _, e := range entries {
		if e.By == ledger.ByCallback {
			byCallback++
		}
	}
	return v, byCallback
}

// deliverTo sends what comes from now on to a receiver, and at its start what came
// before once more.
func (o *office) deliverTo(to *engine.Receiver, again bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to = to
	if !again {
		return
	}
	for _, body := range o.bodies {
		post(to, bytes.NewReader(body))
	}
}

// TestCrashAtEveryBoundaryWithCallbacks dies at each boundary of a run whose lost
// rows are settled by their callbacks.
func TestCrashAtEveryBoundaryWithCallbacks(t *testing.T) {
	for _, workers := range []int{1, 4} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			var clean verdict
			settled := 0
			synctest.Test(t, func(t *testing.T) { clean, settled = callbackTrial(t, workers) })
			clean.check(t)
			if settled != 2 || clean.unsure != 0 {
				t.Fatalf("%d rows settled by callbacks, %+v: the test is broken", settled, clean)
			}
			unsure := 0
			for at := 1; at <= clean.boundaries+10; at++ {
				synctest.Test(t, func(t *testing.T) {
					v, _ := callbackTrial(t, workers, at)
					v.check(t, at)
					unsure += v.unsure
				})
			}
			t.Logf("%d boundaries, %d rows left unsure", clean.boundaries, unsure)
		})
	}
}

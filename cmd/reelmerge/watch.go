package main

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/ledger"
)

// watch follows a run: it keeps status.json fresh and tells people, or with
// --json programs, how it goes.
type watch struct {
	app   *app
	setup *setup
	job   job
	stop  chan struct{}
	done  sync.WaitGroup

	mu     sync.Mutex
	events *json.Encoder
	count  map[string]int
	ready  int
	begun  time.Time
}

// eventJSON is one line of `run --json`.
type eventJSON struct {
	Time   time.Time `json:"time"`
	Event  string    `json:"event"`
	Key    string    `json:"key,omitempty"`
	Row    int       `json:"row,omitempty"`
	Ticket string    `json:"ticket,omitempty"`
	Detail string    `json:"detail,omitempty"`
}

const (
	statusEvery = time.Second
	lineEvery   = 30 * time.Second
)

// newWatch starts the ticking part; close ends it.
func (a *app) newWatch(s *setup, j job) *watch {
	w := &watch{app: a, setup: s, job: j, stop: make(chan struct{}), count: map[string]int{}, ready: len(j.plan.Ready), begun: time.Now()}
	if a.json {
		w.events = json.NewEncoder(a.out)
	}
	if j.flags.limit > 0 {
		w.ready = min(w.ready, j.flags.limit)
	}
	w.status(true)
	w.done.Go(w.tick)
	return w
}

func (w *watch) tick() {
	status, line := time.NewTicker(statusEvery), time.NewTicker(lineEvery)
	defer status.Stop()
	defer line.Stop()
	for {
		select {
		case <-status.C:
			w.status(true)
		case <-line.C:
			w.progress()
		case <-w.stop:
			return
		}
	}
}

func (w *watch) close() {
	close(w.stop)
	w.done.Wait()
	w.status(false)
}

// status writes status.json, which is how `reelmerge status` looks at a run that
// is going. That it could not be written is no reason to stop.
func (w *watch) status(running bool) {
	summary, err := w.job.store.Summary()
	if err != nil {
		return
	}
	doc := w.setup.statusDocument(summary)
	doc.Running = running
	_ = writeStatus(w.setup.path(statusFile), doc)
}

func (w *watch) happened(h engine.Happening) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count[h.Event]++
	if w.events != nil {
		_ = w.events.Encode(eventJSON{h.At, h.Event, h.Entry.Key, h.Entry.Row, h.Entry.Ticket.Job, h.Detail})
		return
	}
	switch h.Event {
	case "failed", "unsure":
		w.app.say("row %d %s: %s", h.Entry.Row, words(h.Entry.State), h.Detail)
	case "held":
		w.app.say("held: %s", h.Detail)
	}
}

func words(s ledger.State) string {
	if s == ledger.Unsure {
		return "is not known"
	}
	return string(s)
}

// progress is the line that a run writes now and then where there is no live
// display.
func (w *watch) progress() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.events != nil {
		return
	}
	w.app.say("%s", fmt.Sprintf("%v: %d of %d sent, %d made, %d failed", time.Since(w.begun).Round(time.Second),
		w.count["submitted"], w.ready, w.count["succeeded"], w.count["failed"]))
}

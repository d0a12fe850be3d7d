package main

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/display"
	"github.com/reelmerge/reelmerge/internal/tty"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/report"
)

// watch shows a run to people, or with --json to programs.
//
// The engine's loop calls it and must not wait for it, so it posts lines to an outbox.
// The progress comes from another goroutine, which is the only one that draws.
type watch struct {
	app      *app
	campaign *reelmerge.Campaign
	lines    *tty.Outbox // where there is no live display
	canvas   *tty.Canvas // nil where there is no live display
	once     sync.Once

	wrongs   int // belongs to the engine's loop
	overruns int // rows that cost more than was set aside for them

	told  display.Heartbeat // belongs to the goroutine that draws
	waits bool              // the line about waiting for callbacks was written
}

// eventJSON is one line of `run --json`.
type eventJSON struct {
	Time   time.Time   `json:"time"`
	Event  engine.What `json:"event"`
	Key    string      `json:"key,omitempty"`
	Part   string      `json:"part,omitempty"` // of a step that rows wait for
	Row    int         `json:"row,omitempty"`
	Ticket string      `json:"ticket,omitempty"`
	Detail string      `json:"detail,omitempty"`
}

// newWatch prepares to show a run; close ends it.
func (a *app) newWatch(c *reelmerge.Campaign) *watch {
	w := &watch{app: a, campaign: c, canvas: a.newCanvas(a.screen.err)}
	switch {
	case a.json:
		w.lines = tty.NewOutbox(a.out)
	case w.canvas == nil:
		w.lines = tty.NewOutbox(a.err)
	}
	return w
}

// every is how often the run is shown.
func (w *watch) every() time.Duration {
	if w.canvas != nil {
		return frameEvery
	}
	return time.Second
}

// show shows the progress. The library catches a panic in it, so that it does not end a
// run that pays.
func (w *watch) show(doc reelmerge.Status) {
	now := time.Now()
	switch {
	case w.canvas != nil:
		w.canvas.Draw(display.Screen{Status: doc, Look: w.canvas.Look, Now: now}.Draw)
	case w.app.json:
	case doc.Progress.CallbacksUntil != nil && !w.waits:
		w.waits = true
		w.say("%s; Ctrl-C ends the wait, and then: %s", display.Awaited(doc, now), w.campaign.Command("resolve"))
	case w.told.Due(doc, now):
		w.say("%s", display.HeartbeatLine(doc, now))
	}
}

// happened is called by the engine's loop, and returns at once.
func (w *watch) happened(h engine.Happening) {
	logHappening(w.app.log, h)
	switch {
	case w.app.json:
		_ = json.NewEncoder(w.lines).Encode(eventJSON{h.At, h.What, reelmerge.KeyOf(h.Entry), reelmerge.PartOf(h.Entry), h.Entry.Row, h.Entry.Ticket.Job, h.Detail})
	case w.canvas != nil:
	case h.What == engine.Failed || h.What == engine.Unsure:
		w.wrong(h)
	case h.What == engine.Overrun && h.Entry.Money.Overrun >= report.Telling:
		w.overrun(h)
	}
}

// overrun lists the first rows that cost more than was set aside for them; the end gives
// the sum.
func (w *watch) overrun(h engine.Happening) {
	switch w.overruns++; {
	case w.overruns <= sayWrong:
		w.say("%s", h.Detail)
	case w.overruns == sayWrong+1:
		w.say("more rows cost more than was set aside for them; the end says how much in all")
	}
}

// wrong lists the first rows that fail or become unsure. A list of thousands is too long
// to read, and the results have them all.
func (w *watch) wrong(h engine.Happening) {
	switch w.wrongs++; {
	case w.wrongs <= sayWrong:
		w.say("%s %s: %s", engine.Who(h.Entry), display.Words(h.Entry.State), reelmerge.PlainReason(h.Detail))
	case w.wrongs == sayWrong+1:
		w.say("more rows go wrong; the results will have all of them, with reasons")
	}
}

const sayWrong = 20

// say posts a line for people.
func (w *watch) say(format string, args ...any) {
	if !w.app.quiet {
		fmt.Fprintln(w.lines, wording.Clean(fmt.Sprintf(format, args...)))
	}
}

// close removes the display, once.
func (w *watch) close() {
	w.once.Do(func() {
		if w.canvas != nil {
			w.canvas.Clear()
		}
		if w.lines != nil {
			w.lines.Close()
		}
	})
}

package display

import (
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// Heartbeat decides when a run without a live display writes a line: at the start, and
// then when half a minute has passed and another twentieth of the rows is settled.
type Heartbeat struct {
	at   time.Time
	part int // twentieths of the rows
}

const lineEvery = 30 * time.Second

// Due reports whether a line is due, and takes it as written.
func (h *Heartbeat) Due(doc reelmerge.Status, now time.Time) bool {
	if h.at.IsZero() && doc.Progress.ToSend+doc.States[ledger.Submitted]+doc.States[ledger.Intended] == 0 {
		return false // a run with nothing to do has nothing to tell
	}
	part := 20 * settled(doc) / max(1, doc.Progress.Total)
	if !h.at.IsZero() && (now.Sub(h.at) < lineEvery || part == h.part) {
		return false
	}
	h.at, h.part = now, part
	return true
}

func settled(doc reelmerge.Status) int {
	return doc.States[ledger.Succeeded] + doc.States[ledger.Failed] + doc.States[ledger.Cancelled]
}

// HeartbeatLine describes the run in one line.
func HeartbeatLine(doc reelmerge.Status, now time.Time) string {
	s := Screen{Status: doc, Now: now}
	p := doc.Progress
	where := ""
	if doc.Test {
		where = " on the simulator"
	}
	text := fmt.Sprintf("after %s%s: %s to send, %s being made, %s made, %s failed", wording.Lasting(now.Sub(p.Began).Truncate(time.Second)), where,
		wording.Count(p.ToSend), wording.Count(s.making()), wording.Count(doc.States[ledger.Succeeded]), wording.Count(doc.States[ledger.Failed]))
	if n := doc.States[ledger.Unsure]; n > 0 {
		text += fmt.Sprintf(", %s not known", wording.Count(n))
	}
	for _, c := range doc.Credits {
		_, spent := report.Credits{Unit: c.Unit, Charged: c.Charged, Money: c.Money}.Said(doc.Test)
		if !doc.Test {
			spent = "spent " + spent
		}
		text += "; " + spent
	}
	if p.Ends != nil && p.Ends.After(now) {
		text += fmt.Sprintf("; ends %s, in about %s", wording.Moment(*p.Ends, now), wording.Lasting(p.Ends.Sub(now)))
	}
	return text
}

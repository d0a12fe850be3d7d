package engine

import (
	"cmp"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/reelmerge/reelmerge/providers"
)

// Limits are the limits for the requests of one account at a service. Limits without a
// rate and without a number of jobs stand for one request a second, and polls without a
// pause wait a second or more: a caller who forgets to set them does not flood the
// service.
type Limits struct {
	Submits  []providers.Window // of paid calls, all of which hold
	Requests providers.Window   // of all calls; a zero Count is no limit
	Active   int                // jobs at a time; 0 is no limit
	// HardActive says that the service itself allows no more than Active.
	HardActive bool
	FirstPoll  time.Duration
	MaxPoll    time.Duration
	Deadline   time.Duration // after which a job is overdue
}

// LimitsOf returns the limits that the service itself states.
func LimitsOf(t providers.Traits) Limits {
	return Limits{
		Submits: t.Submits, Requests: t.Requests, Active: t.Active, HardActive: t.HardActive,
		FirstPoll: t.FirstPoll, MaxPoll: t.MaxPoll, Deadline: t.Deadline,
	}
}

// With returns the limits with the caller's own in place of the service's, except for
// those that the caller leaves zero. A hard limit is never raised, since the service
// would refuse requests beyond it.
func (l Limits) With(own Limits) Limits {
	if len(own.Submits) > 0 {
		l.Submits = own.Submits
	}
	if own.Requests.Count > 0 {
		l.Requests = own.Requests
	}
	if own.Active > 0 && (!l.HardActive || own.Active < l.Active) {
		l.Active = own.Active
	}
	l.FirstPoll, l.MaxPoll = cmp.Or(own.FirstPoll, l.FirstPoll), cmp.Or(own.MaxPoll, l.MaxPoll)
	l.Deadline = cmp.Or(own.Deadline, l.Deadline)
	return l
}

// careful fills in the limits that are missing, so that a zero Limits is slow and not
// without limit.
func (l Limits) careful() Limits {
	if len(l.Submits) == 0 && l.Requests.Count == 0 && l.Active == 0 {
		l.Requests = providers.Window{Count: 1, Per: time.Second}
	}
	if l.FirstPoll == 0 {
		l.FirstPoll = min(time.Second, cmp.Or(l.MaxPoll, time.Second))
	}
	return l
}

// Memory returns how long an intent counts: the longest window of submits. The ledger
// is asked for the intents of that time, so that a restart cannot exceed a limit.
func (l Limits) Memory() (d time.Duration) {
	for _, w := range l.Submits {
		d = max(d, w.Per)
	}
	return d
}

// submitRate is the full rate of submits and the limit that sets it: the shortest
// window, or half of all requests where that is less. Polls get what it leaves,
// so that neither starves the other. Without a limit the bound is empty.
func (l Limits) submitRate() (r rate.Limit, bound string) {
	r = rate.Inf
	if w, ok := shortest(l.Submits); ok {
		r = every(w)
		bound = "submits: " + windowText(w)
	}
	if l.Requests.Count > 0 && every(l.Requests)/2 < r {
		r = every(l.Requests) / 2
		bound = "requests: " + windowText(l.Requests)
	}
	return r, bound
}

func every(w providers.Window) rate.Limit { return rate.Every(w.Per / time.Duration(w.Count)) }

// shortest returns the window with the shortest span: it decides how close together two
// submits may be.
func shortest(windows []providers.Window) (best providers.Window, ok bool) {
	for _, w := range windows {
		if w.Count > 0 && (!ok || w.Per < best.Per) {
			best = w
			ok = true
		}
	}
	return best, ok
}

// NextPoll says when to ask for a job that was submitted at a time: not before
// FirstPoll, then ever less often, up to MaxPoll. It depends on nothing but the
// times, so a resumed job goes on in the same rhythm. A job that was submitted in the
// future shows that the clock was set back, and counts as new.
func (l Limits) NextPoll(submitted, now time.Time) time.Time {
	l = l.careful()
	age := max(0, now.Sub(submitted))
	if age < l.FirstPoll {
		return now.Add(l.FirstPoll - age)
	}
	return now.Add(min(max(age/4, l.FirstPoll), max(l.MaxPoll, l.FirstPoll)))
}

func windowText(w providers.Window) string {
	unit := w.Per.String()
	switch w.Per {
	case time.Second:
		unit = "s"
	case time.Minute:
		unit = "m"
	case time.Hour:
		unit = "h"
	case 24 * time.Hour:
		unit = "d"
	}
	return fmt.Sprintf("%d/%s", w.Count, unit)
}

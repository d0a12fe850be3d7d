package engine

import (
	"errors"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// patience is what lost rows wait for that no time of day brings: news of other
// rows. A row waits only while something is under way that could bring them.
type patience struct {
	hopes    map[string]bool         // rows in doubt on the wire, or with a search to come
	contests map[string]contest      // rows whose job could be another row's
	alone    map[string]ledger.Entry // rows whose search shows no job that the ledger knows
	tried    map[string]int          // searches in vain, and failures that do not pass
	ticketAt time.Time               // when a row of this run last got a job
}

// contest is a row and those that its job could belong to as well.
type contest struct {
	entry  ledger.Entry
	rivals []string
}

func newPatience() patience {
	return patience{
		hopes: map[string]bool{}, contests: map[string]contest{}, alone: map[string]ledger.Entry{}, tried: map[string]int{},
	}
}

// begin ends all waits of a row: a call about it was answered.
func (p *patience) begin(key string) {
	delete(p.hopes, key)
	delete(p.contests, key)
	delete(p.alone, key)
}

// hopeful reports whether one of some rows is on the wire, or is still to be looked
// for.
func (p *patience) hopeful(keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return p.hopes[key] })
}

// lookAgain decides what an unsure entry waits for: a search, news of other rows, a
// callback, or a person.
func (r *run) lookAgain(now time.Time, d Done) {
	entry := d.Entry
	var contested *contestedError
	switch {
	case !r.mayFind(now, d):
		r.resign(now, entry)
	case errors.As(d.Err, &contested):
		r.patience.contests[entry.Key] = contest{entry, contested.rivals}
	case errors.Is(d.Err, providers.ErrNoWitness):
		r.awaitWitness(now, entry)
	default:
		r.doubts.raise(r.waiting(entry))
		r.appoint(r.searchAt(entry, d, now), entry)
	}
}

// appoint makes an appointment for a search.
func (r *run) appoint(at time.Time, entry ledger.Entry) {
	r.patience.hopes[entry.Key] = true
	r.due.add(at, entry.Key)
}

// mayFind reports whether another search for a lost job has any hope.
func (r *run) mayFind(now time.Time, d Done) bool {
	_, searchable := r.Provider.(providers.Finder)
	entry := d.Entry
	return searchable && !entry.Disowned() && entry.Asked < r.policy.Searches && r.mayPass(now, d)
}

// mayPass reports whether what kept a search from an answer may pass. Trouble of
// the service does with time. What it does not understand hardly ever does, and
// what other rows have to make clear is waited for twice as often.
func (r *run) mayPass(now time.Time, d Done) bool {
	key := d.Entry.Key
	if inVain(d.Err) {
		r.patience.tried[key]++
		return r.patience.tried[key] < 2*r.policy.Searches
	}
	switch kind := providers.KindOf(d.Err); {
	case d.Err == nil:
		return true
	case errors.Is(d.Err, errNothing):
		return false
	case d.Before == ledger.Unsure && (kind == providers.Contract || kind == providers.Invalid || kind == providers.NotFound):
		r.patience.tried[key]++
		return r.patience.tried[key] < r.policy.Searches
	}
	return now.Sub(d.Entry.IntendedAt) <= max(r.MaxWait, time.Minute)
}

// inVain reports whether a search was answered, and may become clear by news of
// other rows.
func inVain(err error) bool {
	var contested *contestedError
	return errors.As(err, &contested) || errors.Is(err, providers.ErrNoWitness)
}

// awaitWitness waits for a job of this ledger that the next search can show. The
// row keeps no other from being sent meanwhile: those are the witnesses. One that
// was named a moment ago may not be listed yet.
func (r *run) awaitWitness(now time.Time, entry ledger.Entry) {
	r.giveUp(entry)
	listed := r.patience.ticketAt.Add(r.Checker.Traits().Settle)
	if !r.patience.ticketAt.IsZero() && listed.After(now) {
		r.appoint(listed, entry)
		return
	}
	r.patience.alone[entry.Key] = entry
}

// reconsider draws the conclusions of one row's answer for those that wait for
// news.
func (r *run) reconsider(now time.Time, d Done) {
	listed := now.Add(r.Checker.Traits().Settle)
	if d.Event.Kind == ledger.Submit || d.Event.Kind == ledger.Adopt {
		r.patience.ticketAt = now
		for key, entry := range r.patience.alone {
			delete(r.patience.alone, key)
			r.appoint(listed, entry)
		}
	}
	doubtful := d.Entry.State == ledger.Unsure || d.Entry.State == ledger.Intended
	for key, c := range r.patience.contests {
		if !doubtful && slices.Contains(c.rivals, d.Entry.Key) {
			delete(r.patience.contests, key)
			r.appoint(listed, c.entry)
		}
	}
	r.resignAll(now)
}

// resignAll gives up the rows that nothing under way could bring news for.
func (r *run) resignAll(now time.Time) {
	for key, c := range r.patience.contests {
		if !r.patience.hopeful(c.rivals) {
			delete(r.patience.contests, key)
			r.resign(now, c.entry)
		}
	}
	if len(r.patience.alone) == 0 || len(r.patience.hopes) > 0 || r.held == "" && r.pick() >= 0 {
		return
	}
	for key, entry := range r.patience.alone {
		delete(r.patience.alone, key)
		r.tell(Unsure, entry, providers.ErrNoWitness.Error())
		r.resign(now, entry)
	}
}

// resign leaves a lost row to a callback, where one may come, or to a person.
func (r *run) resign(now time.Time, entry ledger.Entry) {
	r.giveUp(entry)
	if r.Notices != nil && now.Sub(entry.IntendedAt) < r.Limits.Deadline {
		r.due.add(earlier(entry.IntendedAt, now).Add(r.Limits.Deadline), entry.Key)
	}
}

// giveUp stops waiting for a lost job. Its row is a person's for now; rows of the
// very same content wait with it, and others no longer do.
func (r *run) giveUp(entry ledger.Entry) {
	r.release(entry.Key)
	r.doubts.narrow(r.waiting(entry))
}

// searchAt leaves the service time to show a job that it has just created, and a
// search that failed time to do better. A clock that was set back adds nothing.
func (r *run) searchAt(entry ledger.Entry, d Done, now time.Time) time.Time {
	settle := r.Checker.Traits().Settle
	if d.Err != nil && d.Before == ledger.Unsure {
		return now.Add(max(settle, time.Second))
	}
	return now.Add(min(settle, max(0, settle-now.Sub(entry.AskedAt))))
}

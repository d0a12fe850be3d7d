package engine

import (
	"errors"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers"
)

// patience holds the lost rows that wait for news of other rows, instead of for a time. A
// row waits only while something is under way that could bring such news: otherwise the
// run would never end.
type patience struct {
	hopes    map[string]bool         // rows in doubt on the wire, or with a search to come
	contests map[string]contest      // rows whose job could be another row's
	alone    map[string]ledger.Entry // rows whose search shows no witness: no job that the ledger knows
	tried    map[string]int          // searches in vain, and failures that do not pass
	keyed    map[string]ledger.Entry // rows that are to be sent again under their key
	unkeyed  map[string]bool         // rows that are not, in this run
	waits    map[string]int          // resends that did not count
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
		keyed: map[string]ledger.Entry{}, unkeyed: map[string]bool{}, waits: map[string]int{},
	}
}

// begin ends all waits of a row once a call about it was answered. The verdict then names
// the next one.
func (p *patience) begin(key string) {
	delete(p.hopes, key)
	delete(p.contests, key)
	delete(p.alone, key)
	delete(p.keyed, key)
}

// hopeful reports whether one of the rows is on the wire, or has a search to come: its
// answer may make clear whose job it is.
func (p *patience) hopeful(keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return p.hopes[key] })
}

// lookAgain decides what an unsure entry waits for: a resend under its key, a search, the
// end of other rows, a callback, or a person. It leads to no other submit by itself (L3).
func (r *run) lookAgain(now time.Time, d Done) {
	entry := d.Entry
	if at, may := r.resendAt(now, d); may {
		r.doubts.raise(r.waiting(entry))
		r.appoint(at, entry)
		r.patience.keyed[entry.Key] = entry
		return
	}
	if d.Resent {
		d.Err = nil // the search is another call
	}
	var contested *contestedError
	switch {
	case errors.Is(d.Err, errBeside):
		r.engine.tell(Unsure, entry, "another campaign of this account was at work then, and its job may look the same")
		r.resign(now, entry)
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

// mayFind reports whether another search may still find a lost job. A row whose adopted
// job a person has disowned is not searched for: the same job would be found again.
func (r *run) mayFind(now time.Time, d Done) bool {
	_, searchable := providers.As[providers.Finder](r.engine.Provider)
	entry := d.Entry
	return searchable && !entry.Disowned() && len(entry.Claims()) == 0 && entry.Asked < r.policy.Searches && r.mayPass(now, d)
}

// mayPass reports whether the reason for which a search failed may go away. Outages of the
// service pass with time. A search that the service does not understand hardly ever works
// later, so it has few tries. One that depends on other rows has twice as many, because
// those take a while.
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
	return now.Sub(d.Entry.IntendedAt) <= max(r.engine.MaxWait, time.Minute)
}

// inVain reports whether a search was answered without a result, and news of other rows
// may give it one.
func inVain(err error) bool {
	var contested *contestedError
	return errors.As(err, &contested) || errors.Is(err, providers.ErrNoWitness)
}

// awaitWitness waits for a job of this ledger that the next search can show. Other rows
// are sent meanwhile, because their jobs are the witnesses. A job that was created a
// moment ago may not be listed yet, so the search waits until it is.
func (r *run) awaitWitness(now time.Time, entry ledger.Entry) {
	r.giveUp(entry)
	listed := r.patience.ticketAt.Add(r.settle(entry))
	if !r.patience.ticketAt.IsZero() && listed.After(now) {
		r.appoint(listed, entry)
		return
	}
	r.patience.alone[entry.Key] = entry
}

// reconsider looks again at the rows that wait for news, after the answer about one row.
// A new ticket is a witness; a row that is no longer in doubt makes its rivals clear.
func (r *run) reconsider(now time.Time, d Done) {
	if d.Event.Kind == ledger.Submit || d.Event.Kind == ledger.Adopt {
		r.patience.ticketAt = now
		for key, entry := range r.patience.alone {
			delete(r.patience.alone, key)
			r.appoint(now.Add(r.settle(entry)), entry)
		}
	}
	doubtful := d.Entry.State == ledger.Unsure || d.Entry.State == ledger.Intended
	for key, c := range r.patience.contests {
		if !doubtful && slices.Contains(c.rivals, d.Entry.Key) {
			delete(r.patience.contests, key)
			r.appoint(now.Add(r.settle(c.entry)), c.entry)
		}
	}
	r.resignAll(now)
}

// resignAll gives up the rows for which nothing is under way that could bring news.
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
		r.engine.tell(Unsure, entry, providers.ErrNoWitness.Error())
		r.resign(now, entry)
	}
}

// resign leaves a lost row to a callback, where one may come, or to a person.
func (r *run) resign(now time.Time, entry ledger.Entry) {
	r.giveUp(entry)
	if r.engine.Notices != nil && now.Sub(entry.IntendedAt) < r.engine.Limits.Deadline {
		r.due.add(earlier(entry.IntendedAt, now).Add(r.engine.Limits.Deadline), entry.Key)
	}
}

// giveUp stops waiting for a lost job, and a person decides about its row. Rows of the
// very same content still wait for that, because a later search could not tell the two
// jobs apart. Other rows go on.
func (r *run) giveUp(entry ledger.Entry) {
	r.release(entry.Key)
	r.doubts.narrow(r.waiting(entry))
}

// searchAt returns when to search for a lost job. A service needs time until it lists a
// job that it has just created, and a search that failed needs time before it may work. A
// clock that was set back must not make the wait longer, so it has an upper bound. What
// proves that nothing was created waits until the quarantine is over.
func (r *run) searchAt(entry ledger.Entry, d Done, now time.Time) time.Time {
	settle := r.settle(entry)
	if d.Err != nil && d.Before == ledger.Unsure {
		return now.Add(max(settle, time.Second))
	}
	at := now.Add(min(settle, max(0, settle-now.Sub(entry.AskedAt))))
	if quarantine := r.engine.Quarantine; entry.Asked > 0 { // it may prove that nothing was created
		at = later(at, earlier(entry.LeftAt(), now).Add(quarantine))
	}
	return at
}

// settle is how long the service takes until it lists a job of the entry's step.
func (r *run) settle(e ledger.Entry) time.Duration {
	return r.worker.Step.rulesOf(e.Operation).Traits().Settle
}

package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/providers"
)

// answered is an answer about an entry that was, and now is, in some state.
func answered(before, after ledger.State, kind ledger.Kind, err error) engine.Done {
	return engine.Done{
		Before: before, Err: err, Event: ledger.Event{Kind: kind, Reason: "why"},
		Entry: ledger.Entry{State: after, SubmittedAt: ledgertest.Start(), Reason: "why", Ticket: job.Ticket{Job: "j"}, Content: ledger.Content{Row: 2}},
	}
}

func failure(kind providers.Kind) *providers.Error { return &providers.Error{Kind: kind} }

// TestVerdict goes through the answers that a run may get. Each verdict is compared as
// a whole, so that what is not named here does not happen.
func TestVerdict(t *testing.T) {
	start := ledgertest.Start()
	now := start.Add(time.Minute)
	late := start.Add(2 * time.Hour)
	p := engine.Defaults()
	p.Limits = engine.Limits{FirstPoll: 20 * time.Second, MaxPoll: 30 * time.Second, Deadline: time.Hour}
	p.MaxWait = time.Hour
	well := []engine.Order{{Do: engine.GoWell}}
	running := func(err error) engine.Done {
		d := answered(ledger.Submitted, ledger.Submitted, "", err)
		d.Event.Reason = ""
		return d
	}
	lost := func(err error) engine.Done { return answered(ledger.Intended, ledger.Planned, ledger.Unsend, err) }
	pause := func(do engine.Command, wait time.Duration, why string) engine.Order {
		return engine.Order{Do: do, Until: now.Add(wait), Why: why}
	}
	back := func(v engine.Verdict) engine.Verdict {
		v.Release, v.PutBack, v.Unsent, v.Tell, v.Detail = true, true, true, engine.Planned, "why"
		return v
	}
	next := now.Add(20 * time.Second)
	for _, test := range []struct {
		name string
		at   time.Time
		done engine.Done
		so   engine.Standing
		want engine.Verdict
	}{
		{"moot", now, engine.Done{Moot: true}, engine.Standing{}, engine.Verdict{Release: true}},
		{"taken by the service", now, answered(ledger.Intended, ledger.Submitted, ledger.Submit, nil), engine.Standing{},
			engine.Verdict{Pace: well, Tell: engine.Submitted, Again: next}},
		{"still running", now, running(nil), engine.Standing{}, engine.Verdict{Pace: well, Tell: engine.Polled, Again: next}},
		{"still running, in a word that is not known", now, answered(ledger.Submitted, ledger.Submitted, "", nil), engine.Standing{},
			engine.Verdict{Pace: well, Tell: engine.Polled, Detail: "why", Again: next}},
		{"found again", now, answered(ledger.Unsure, ledger.Submitted, ledger.Adopt, nil), engine.Standing{},
			engine.Verdict{Pace: well, Tell: engine.Found, Again: now}},
		{"overdue", late, running(nil), engine.Standing{}, engine.Verdict{Pace: well, Tell: engine.Polled, Release: true, Overdue: true}},
		{"overdue and not heard", late, running(errors.New("x")), engine.Standing{FailedPolls: 3},
			engine.Verdict{Tell: engine.Polled, Detail: "x", Again: late.Add(30 * time.Second), FailedPolls: 4}},
		{"overdue and not heard too often", late, running(errors.New("x")), engine.Standing{FailedPolls: 4},
			engine.Verdict{Tell: engine.Polled, Detail: "x", Release: true, Overdue: true, FailedPolls: 5}},
		{"made", now, answered(ledger.Submitted, ledger.Succeeded, ledger.Succeed, nil), engine.Standing{Account: engine.Account{Refused: 2, Unreachable: true, Outage: start}},
			engine.Verdict{Pace: well, Release: true, Tell: engine.Succeeded, Detail: "why"}},
		{"lost", now, answered(ledger.Intended, ledger.Unsure, ledger.Lose, errors.New("x")), engine.Standing{},
			engine.Verdict{Search: true, Tell: engine.Unsure, Detail: "why"}},
		{"searched in vain", now, answered(ledger.Unsure, ledger.Unsure, ledger.Search, nil), engine.Standing{}, engine.Verdict{Pace: well, Search: true}},
		{"proven not to have been made, and no longer wanted", now, answered(ledger.Unsure, ledger.Planned, ledger.Unsend, nil), engine.Standing{},
			engine.Verdict{Pace: well, Release: true, Tell: engine.Planned, Detail: "why"}},
		{"busy with other rows", now, lost(failure(providers.Busy)), engine.Standing{Active: 2, Wanted: true},
			back(engine.Verdict{Pace: []engine.Order{pause(engine.DoPause, 10*time.Second, "the service is busy with other jobs")}})},
		{"busy with somebody else", now, lost(failure(providers.Busy)), engine.Standing{Active: 1, Wanted: true},
			back(engine.Verdict{Crowded: true, Pace: []engine.Order{pause(engine.DoPause, 10*time.Second, "the service is busy with other jobs")}})},
		{"throttled", now, lost(failure(providers.Throttled)), engine.Standing{Wanted: true},
			back(engine.Verdict{Pace: []engine.Order{{Do: engine.GoSlow}, pause(engine.DoQuiet, time.Second, "the service asked to slow down")}})},
		{"throttled for a day: polls go on", now, lost(&providers.Error{Kind: providers.Throttled, Daily: true}), engine.Standing{Wanted: true},
			back(engine.Verdict{Pace: []engine.Order{{Do: engine.GoSlow}, pause(engine.DoPause, time.Hour, "the service asked to slow down")}})},
		{"out of reach", now, lost(failure(providers.NotSent)), engine.Standing{Wanted: true},
			back(engine.Verdict{Account: engine.Account{Outage: now}, Pace: []engine.Order{pause(engine.DoPause, time.Second, "the service cannot be reached")}})},
		{"out of reach for a minute", now, lost(failure(providers.NotSent)), engine.Standing{Wanted: true, Account: engine.Account{Outage: start}},
			back(engine.Verdict{Account: engine.Account{Outage: start}, Pace: []engine.Order{pause(engine.DoPause, 30*time.Second, "the service cannot be reached")}})},
		{"nothing left, says the service", now, running(nil), engine.Standing{Hint: providers.RateHint{Known: true, Reset: time.Minute}},
			engine.Verdict{Pace: []engine.Order{pause(engine.DoQuiet, time.Minute, "the service's own limit"), {Do: engine.GoWell}}, Tell: engine.Polled, Again: next}},
	} {
		if diff := cmp.Diff(test.want, p.Verdict(test.at, test.done, test.so)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestVerdictHolds says what ends the sending of a run.
func TestVerdictHolds(t *testing.T) {
	now := ledgertest.Start().Add(time.Minute)
	p := engine.Defaults()
	p.MaxWait = time.Minute
	lost := func(err error) engine.Done { return answered(ledger.Intended, ledger.Unsure, ledger.Lose, err) }
	dear := answered(ledger.Submitted, ledger.Succeeded, ledger.Succeed, nil)
	dear.Price = engine.PriceDearer
	unset := answered(ledger.Planned, ledger.Planned, "", ledger.ErrBudget)
	for _, test := range []struct {
		name string
		done engine.Done
		so   engine.Standing
		want string // part of the reason; empty: it goes on
		kind engine.Hold
	}{
		{"the credentials are refused", lost(failure(providers.Auth)), engine.Standing{}, "refuses the credentials", engine.HoldCredentials},
		{"the account cannot pay", lost(failure(providers.Funds)), engine.Standing{}, "cannot pay", engine.HoldFunds},
		{"another row's job", lost(ledger.ErrTaken), engine.Standing{}, "gave row 2 the job of another row", engine.HoldDoubt},
		{"alike too often", lost(errors.New("x")), engine.Standing{Alike: "5 rows"}, "5 rows", engine.HoldAlike},
		{"down for too long", lost(failure(providers.NotSent)), engine.Standing{Account: engine.Account{Outage: now.Add(-time.Minute)}}, "has not answered for 1 min:", engine.HoldOutage},
		{"down, but not for long", lost(failure(providers.NotSent)), engine.Standing{Account: engine.Account{Outage: now.Add(-59 * time.Second)}}, "", ""},
		{"two dear videos", dear, engine.Standing{Account: engine.Account{Surprised: 1}}, "", ""},
		{"a sum that is too dear", dear, engine.Standing{Dear: "the latest 20 videos"}, "the latest 20 videos", engine.HoldPrices},
		{"three dear videos", dear, engine.Standing{Account: engine.Account{Surprised: 2}}, "a price may have changed", engine.HoldPrices},
		{"the budget, with a job to come", unset, engine.Standing{Active: 2}, "", ""},
		{"the budget", unset, engine.Standing{Active: 1}, "the budget is reached", engine.HoldBudget},
		{"an intent that cannot be kept", answered(ledger.Planned, ledger.Planned, "", errors.New("x")), engine.Standing{Active: 2}, "cannot be set aside for: x", engine.HoldDoubt},
	} {
		v := p.Verdict(now, test.done, test.so)
		if got := v.Stop + v.Hold; test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q", test.name, got)
		}
		if got := v.StopFor + v.HoldFor; got != test.kind {
			t.Errorf("%s: it holds for %q, want %q", test.name, got, test.kind)
		}
	}
	p.AcceptPrices = true
	if v := p.Verdict(now, dear, engine.Standing{Account: engine.Account{Surprised: 9}}); v.Hold != "" {
		t.Errorf("accepted prices: %q", v.Hold)
	}
}

package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

func start() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) }

// event returns a complete event of a kind, that any state which allows the kind
// accepts.
func event(kind ledger.Kind, by ledger.By) ledger.Event {
	ev := ledger.Event{
		Kind: kind, At: start(), By: by, Ticket: job.Ticket{Job: "job"}, Keep: ledger.Fingerprint{9},
		Charge:  credit.Charge{Amount: credit.Of(3), Basis: credit.Documented},
		Result:  job.Result{VideoURL: "https://cdn.example.com/v.mp4"},
		Fetched: ledger.Fetched{File: "C-1.mp4", Bytes: 4, SHA256: ledger.Fingerprint{7}},
		Sent:    ledger.Sent{Hash: ledger.Fingerprint{3}, Callback: "https://hooks.example.com/Ada"},
	}
	if kind == ledger.Claim {
		ev.Ticket.Job = "late"
	}
	if kind == ledger.Plan {
		ev.Content = ledger.Content{
			Fingerprint: ledger.Fingerprint{1, 2}, Payload: []byte(`{}`), Account: credit.Account{Provider: "acme", Unit: "credits"},
			Estimate: credit.Estimate{Low: credit.Of(1), Likely: credit.Of(3), High: credit.Of(5), Basis: credit.Documented},
		}
	}
	return ev
}

// by says who must be behind a move.
func by(m ledger.Move) ledger.By {
	switch {
	case m.Person, m.From == ledger.Failed && m.Kind == ledger.Plan:
		return ledger.ByPerson
	case m.From == ledger.Unsure && (m.Kind == ledger.Succeed || m.Kind == ledger.Fail):
		return ledger.ByCallback
	}
	return ""
}

// reached returns an entry of every state, by walking the table from nothing.
func reached(t testing.TB) map[ledger.State]ledger.Entry {
	t.Helper()
	found := map[ledger.State]ledger.Entry{"": {}}
	for grown := true; grown; {
		grown = false
		for _, m := range ledger.Moves() {
			from, known := found[m.From]
			if _, done := found[m.To]; !known || done {
				continue
			}
			e, err := ledger.Next(from, event(m.Kind, by(m)))
			if err != nil {
				t.Fatalf("%s of %s: %v", m.Kind, m.From, err)
			}
			found[m.To], grown = e, true
		}
	}
	return found
}

// fit returns the entry of a state that an event needs: only an adopted job can be
// disowned, and only an unsure entry that was sent again has news of that.
func fit(t testing.TB, entries map[ledger.State]ledger.Entry, state ledger.State, kind ledger.Kind) ledger.Entry {
	t.Helper()
	way, possible := map[ledger.State][]ledger.Event{
		ledger.Submitted: nil,
		ledger.Succeeded: {event(ledger.Succeed, "")},
		ledger.Failed:    {event(ledger.Fail, "")},
		ledger.Cancelled: {event(ledger.Cancel, ledger.ByPerson)},
	}[state]
	if state == ledger.Unsure && (kind == ledger.Observe || kind == ledger.Reject) {
		return walk(t, entries[state], event(ledger.Resend, ""))
	}
	if kind != ledger.Disown || !possible {
		return entries[state]
	}
	return walk(t, entries[ledger.Unsure], append([]ledger.Event{event(ledger.Adopt, ledger.ByPerson)}, way...)...)
}

func kinds() (all []ledger.Kind) {
	for _, m := range ledger.Moves() {
		if !slices.Contains(all, m.Kind) {
			all = append(all, m.Kind)
		}
	}
	return all
}

func TestEveryStateIsReached(t *testing.T) {
	entries := reached(t)
	for _, s := range ledger.States() {
		if entries[s].State != s {
			t.Errorf("no way leads to %s", s)
		}
	}
}

// TestOnlyTheTableIsLegal tries every event in every state.
func TestOnlyTheTableIsLegal(t *testing.T) {
	moves := map[string]ledger.Move{}
	for _, m := range ledger.Moves() {
		id := fmt.Sprint(m.From, " ", m.Kind)
		if _, twice := moves[id]; twice {
			t.Errorf("%s is in the table twice", id)
		}
		moves[id] = m
	}
	entries := reached(t)
	for state := range entries {
		for _, kind := range kinds() {
			e := fit(t, entries, state, kind)
			for _, who := range []ledger.By{"", ledger.ByCallback, ledger.ByPerson} {
				m, listed := moves[fmt.Sprint(state, " ", kind)]
				after, err := ledger.Next(e, event(kind, who))
				switch {
				case err != nil && !errors.Is(err, ledger.ErrIllegal):
					t.Errorf("%s of %s by %q: %v", kind, state, who, err)
				case err != nil && cmp.Diff(e, after) != "":
					t.Errorf("%s of %s by %q was refused and changed the entry", kind, state, who)
				case err == nil && (!listed || after.State != m.To || m.Person && who != ledger.ByPerson):
					t.Errorf("%s of %s by %q leads to %s, the table says %+v", kind, state, who, after.State, m)
				case err != nil && listed && who == by(m):
					t.Errorf("%s of %s by %q: %v, the table allows it", kind, state, who, err)
				}
			}
		}
	}
}

// TestASettledEntryChangesOnlyByAPerson is L6: a late webhook neither revives nor
// kills a row. What the program may do is plan a failed row that was mended, and
// note the file of a video, or a job that was made besides.
func TestASettledEntryChangesOnlyByAPerson(t *testing.T) {
	for state, e := range reached(t) {
		if !state.Settled() {
			continue
		}
		for _, kind := range kinds() {
			if kind == ledger.Claim || kind == ledger.Fetch && state == ledger.Succeeded {
				continue
			}
			for _, who := range []ledger.By{"", ledger.ByCallback} {
				mended := event(kind, who)
				mended.Content.Fingerprint[0]++
				same := event(kind, who)
				if _, err := ledger.Next(e, same); err == nil {
					t.Errorf("%s of a %s entry by %q is allowed", kind, state, who)
				}
				if _, err := ledger.Next(e, mended); err == nil && (state != ledger.Failed || kind != ledger.Plan) {
					t.Errorf("%s of a changed %s entry by %q is allowed", kind, state, who)
				}
			}
		}
	}
}

// TestAFetchChangesNothingButTheFile, and what is made again has none yet.
func TestAFetchChangesNothingButTheFile(t *testing.T) {
	before := reached(t)[ledger.Succeeded]
	fetched := walk(t, before, event(ledger.Fetch, ""))
	if fetched.Fetched != event(ledger.Fetch, "").Fetched {
		t.Errorf("fetched = %+v", fetched.Fetched)
	}
	again := event(ledger.Plan, ledger.ByPerson)
	next := walk(t, fetched, again)
	if next.Fetched.File != "" || next.Attempts[0].Fetched != fetched.Fetched {
		t.Errorf("made again: %+v, %+v", next.Fetched, next.Attempts)
	}
	if diff := cmp.Diff([]ledger.Fetched{fetched.Fetched}, next.Files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	adopted := lost(t, event(ledger.Adopt, ledger.ByPerson), charged(3, credit.Observed), event(ledger.Fetch, ""))
	if e := walk(t, adopted, event(ledger.Disown, ledger.ByPerson)); len(e.Files()) > 0 {
		t.Errorf("disowned: %+v", e.Files())
	}
	fetched.Fetched, fetched.Version, fetched.History = before.Fetched, before.Version, before.History
	if diff := cmp.Diff(before, fetched); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// TestTheEstimateInForceIsReserved follows an estimate that finished videos taught: its
// high end is reserved, it is gone with its attempt, and a disowned job has it again.
func TestTheEstimateInForceIsReserved(t *testing.T) {
	entries := reached(t)
	intend := event(ledger.Intend, "")
	intend.Estimate = credit.Estimate{Low: credit.Of(6), Likely: credit.Of(7), High: credit.Of(8), Basis: credit.Observed}
	sent := walk(t, entries[ledger.Planned], intend)
	if sent.Money.Reserved != credit.Of(8) || sent.Expected() != intend.Estimate || sent.Estimate.High != credit.Of(5) {
		t.Errorf("sent with %+v, reserved %s", sent.Expected(), sent.Money.Reserved)
	}
	back := walk(t, sent, event(ledger.Unsend, ""))
	if back.Money.Reserved != 0 || back.Expected().High != credit.Of(5) {
		t.Errorf("after nothing was created: %+v, reserved %s", back.Expected(), back.Money.Reserved)
	}
	if again := walk(t, back, event(ledger.Intend, "")); again.Money.Reserved != credit.Of(5) {
		t.Errorf("without lessons %s is reserved, want the planned 5", again.Money.Reserved)
	}
	wrong := walk(t, sent, event(ledger.Lose, ""), event(ledger.Adopt, ""), event(ledger.Succeed, ""), event(ledger.Disown, ledger.ByPerson))
	if wrong.Money.Reserved != credit.Of(8) {
		t.Errorf("a disowned job holds %s, want 8", wrong.Money.Reserved)
	}
	mended := walk(t, sent, event(ledger.Reject, ""), event(ledger.Plan, ledger.ByPerson))
	if mended.Expected().High != credit.Of(5) {
		t.Errorf("planned again, %s is expected at most, want 5", mended.Expected().High)
	}
}

func TestAnIncompleteEventIsRefused(t *testing.T) {
	entries := reached(t)
	for name, c := range map[string]struct {
		from  ledger.State
		kind  ledger.Kind
		spoil func(*ledger.Event)
	}{
		"no time":             {"", ledger.Plan, func(e *ledger.Event) { e.At = time.Time{} }},
		"no fingerprint":      {"", ledger.Plan, func(e *ledger.Event) { e.Content.Fingerprint = ledger.Fingerprint{} }},
		"no payload":          {"", ledger.Plan, func(e *ledger.Event) { e.Content.Payload = nil }},
		"negative estimate":   {"", ledger.Plan, func(e *ledger.Event) { e.Content.Estimate.High = -1 }},
		"absurd estimate":     {"", ledger.Plan, func(e *ledger.Event) { e.Content.Estimate.High = 1 << 62 }},
		"absurd in force":     {ledger.Planned, ledger.Intend, func(e *ledger.Event) { e.Estimate.High = 1 << 62 }},
		"no ticket":           {ledger.Intended, ledger.Submit, func(e *ledger.Event) { e.Ticket = job.Ticket{} }},
		"adopts no ticket":    {ledger.Unsure, ledger.Adopt, func(e *ledger.Event) { e.Ticket = job.Ticket{} }},
		"negative charge":     {ledger.Submitted, ledger.Succeed, func(e *ledger.Event) { e.Charge.Amount = -1 }},
		"negative holding":    {ledger.Intended, ledger.Submit, func(e *ledger.Event) { e.Held.Amount = -1 }},
		"a poll of an unsure": {ledger.Unsure, ledger.Succeed, func(e *ledger.Event) { e.By = "" }},
		"a person's success":  {ledger.Unsure, ledger.Succeed, func(e *ledger.Event) { e.By = ledger.ByPerson }},
		"a fetch of no name":  {ledger.Succeeded, ledger.Fetch, func(e *ledger.Event) { e.Fetched.File = "" }},
		"a name without end":  {ledger.Succeeded, ledger.Fetch, func(e *ledger.Event) { e.Fetched.File = strings.Repeat("x", ledger.Longest+1) }},
		"a fetch of nothing":  {ledger.Succeeded, ledger.Fetch, func(e *ledger.Event) { e.Fetched.Bytes = 0 }},
		"a fetch of anything": {ledger.Succeeded, ledger.Fetch, func(e *ledger.Event) { e.Fetched.SHA256 = ledger.Fingerprint{} }},
		"nobody's failure":    {ledger.Unsure, ledger.Fail, func(e *ledger.Event) { e.By = "" }},
	} {
		ev := event(c.kind, ledger.ByCallback)
		if _, err := ledger.Next(entries[c.from], ev); err != nil {
			t.Errorf("%s: without the fault: %v", name, err)
		}
		c.spoil(&ev)
		if _, err := ledger.Next(entries[c.from], ev); !errors.Is(err, ledger.ErrIllegal) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

// walk applies events that must be legal.
func walk(t testing.TB, e ledger.Entry, events ...ledger.Event) ledger.Entry {
	t.Helper()
	for _, ev := range events {
		var err error
		if e, err = ledger.Next(e, ev); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func charged(units int64, basis credit.Basis) ledger.Event {
	ev := event(ledger.Succeed, "")
	ev.Charge = credit.Charge{Amount: credit.Of(units), Basis: basis}
	return ev
}

func TestMoneyOfEachEnding(t *testing.T) {
	plan, intend, submit := event(ledger.Plan, ""), event(ledger.Intend, ""), event(ledger.Submit, "")
	held := submit
	held.Held = credit.Charge{Amount: credit.Of(2), Basis: credit.Observed}
	failed := event(ledger.Fail, "")
	failed.Charge = credit.Charge{}
	u := credit.Of
	for name, c := range map[string]struct {
		events []ledger.Event
		want   ledger.Money
	}{
		"under its estimate":     {[]ledger.Event{submit, charged(3, credit.Observed)}, ledger.Money{Ever: u(5), Charged: u(3), Released: u(2)}},
		"over its estimate":      {[]ledger.Event{submit, charged(8, credit.Observed)}, ledger.Money{Ever: u(5), Charged: u(8), Overrun: u(3)}},
		"of unknown cost":        {[]ledger.Event{submit, charged(0, credit.Unknown)}, ledger.Money{Ever: u(5), Charged: u(5)}},
		"failed at unknown cost": {[]ledger.Event{submit, failed}, ledger.Money{Ever: u(5), Charged: u(5)}},
		"refused":                {[]ledger.Event{event(ledger.Reject, "")}, ledger.Money{Ever: u(5), Released: u(5)}},
		"not sent":               {[]ledger.Event{event(ledger.Unsend, "")}, ledger.Money{Ever: u(5), Released: u(5)}},
		"unsure":                 {[]ledger.Event{event(ledger.Lose, "")}, ledger.Money{Ever: u(5), Reserved: u(5)}},
		"held by the provider":   {[]ledger.Event{held}, ledger.Money{Ever: u(5), Reserved: u(2), Released: u(3)}},
		"sent again all the same": {
			[]ledger.Event{event(ledger.Lose, ""), withCharge(event(ledger.Repeat, ledger.ByPerson), credit.Charge{}), intend},
			ledger.Money{Ever: u(10), Charged: u(5), Reserved: u(5)},
		},
	} {
		got := walk(t, ledger.Entry{}, append([]ledger.Event{plan, intend}, c.events...)...).Money
		if diff := cmp.Diff(c.want, got); diff != "" || !got.Balanced() {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func withCharge(ev ledger.Event, c credit.Charge) ledger.Event {
	ev.Charge = c
	return ev
}

func TestEarlierAttemptsKeepTheirCost(t *testing.T) {
	again := event(ledger.Plan, ledger.ByPerson)
	elsewhere := again
	elsewhere.Content.Account.Payer = "someone else"
	e := reached(t)[ledger.Planned]
	for _, plan := range []ledger.Event{again, elsewhere, again} {
		e = walk(t, e, event(ledger.Intend, ""), event(ledger.Submit, ""), charged(3, credit.Observed), plan)
	}
	var costs []string
	for _, a := range e.Attempts {
		costs = append(costs, fmt.Sprint(a.Charged, " ", a.Account, " ", a.Outcome, " ", a.Ticket.Job))
	}
	want := []string{"3 acme credits succeeded job", "3 acme credits succeeded job", "3 acme credits of someone else succeeded job"}
	if diff := cmp.Diff(want, costs); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if e.Money.Charged != credit.Of(6) || len(e.Elsewhere) != 1 || e.Elsewhere[0].Money.Charged != credit.Of(3) {
		t.Errorf("balances = %+v", e.Balances())
	}
	if diff := cmp.Diff([]string{"job"}, e.Tickets()); diff != "" {
		t.Errorf("tickets (-want +got):\n%s", diff)
	}
}

func TestTheStoryOfARowIsBounded(t *testing.T) {
	e := reached(t)[ledger.Submitted]
	first := e.History[0]
	for i := range 500 {
		ev := event(ledger.Observe, "")
		ev.At = start().Add(time.Duration(i) * time.Second)
		ev.Reason = strings.Repeat("überlastet ", 999)
		e = walk(t, e, ev)
	}
	last := e.History[len(e.History)-1]
	if len(e.History) > 32 || e.History[0] != first || !last.At.Equal(start().Add(499*time.Second)) {
		t.Errorf("%d moments, from %v to %v", len(e.History), e.History[0], last.At)
	}
	if len(last.Detail) > 1010 || !utf8.ValidString(last.Detail) {
		t.Errorf("a reason of %d bytes was kept", len(last.Detail))
	}
}

func TestNextDoesNotTouchWhatItWasGiven(t *testing.T) {
	for _, m := range ledger.Moves() {
		e := fit(t, reached(t), m.From, m.Kind)
		e.History = append(make([]ledger.Moment, 0, 64), e.History...) // room to write into
		e.Attempts = append(make([]ledger.Attempt, 0, 64), e.Attempts...)
		before := fmt.Sprintf("%+v", e)
		_ = walk(t, e, event(m.Kind, by(m)))
		if after := fmt.Sprintf("%+v", e); after != before || len(e.History[:cap(e.History)]) > 0 && !e.History[:len(e.History)+1][len(e.History)].At.IsZero() {
			t.Errorf("%s of %q wrote into the entry it was given", m.Kind, m.From)
		}
	}
}

func TestPurgeForgetsWhatIsPersonal(t *testing.T) {
	ev := charged(3, credit.Observed)
	ev.Reason = "Ada Lovelace"
	ev.Result = job.Result{VideoURL: "Ada", ShareURL: "Ada", ThumbnailURL: "Ada", Name: "Ada"}
	plan := event(ledger.Plan, "")
	plan.Content.Payload, plan.Content.File = []byte(`"Ada"`), "Ada.mp4"
	plan.Content.Media = []job.Media{{Path: "Ada.png"}}
	fetch, again := event(ledger.Fetch, ""), plan
	fetch.Fetched.File, again.By = "Ada-2.mp4", ledger.ByPerson
	made := []ledger.Event{event(ledger.Intend, ""), event(ledger.Submit, ""), ev, fetch}
	e := walk(t, ledger.Entry{}, slices.Concat([]ledger.Event{plan}, made, []ledger.Event{again}, made, []ledger.Event{event(ledger.Purge, ledger.ByPerson)})...)
	if text := fmt.Sprintf("%+v", e); strings.Contains(text, "Ada") || !e.Purged || e.Money.Charged != credit.Of(6) || e.Ticket.Job == "" {
		t.Errorf("left: %s", text)
	}
}

func TestAChangedRowIsNoticedUntilSomeoneDecides(t *testing.T) {
	now := ledger.Fingerprint{7}
	for state, e := range reached(t) {
		want := state == ledger.Succeeded || state == ledger.Submitted || state == ledger.Unsure || state == ledger.Intended
		if state != "" && e.Changed(now) != want {
			t.Errorf("%s: changed = %v", state, e.Changed(now))
		}
		if e.Changed(e.Fingerprint) {
			t.Errorf("%s: changed without a change", state)
		}
	}
	keep := event(ledger.Keep, ledger.ByPerson)
	keep.Keep = now
	kept := walk(t, reached(t)[ledger.Succeeded], keep)
	if kept.Changed(now) || !kept.Changed(ledger.Fingerprint{8}) {
		t.Error("keep is for one change, and for that one")
	}
}

func TestTheTableForTheDocsHasEveryMove(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(ledger.Table()), "\n")
	if len(lines) != len(ledger.Moves())+2 || !strings.Contains(ledger.Table(), "| intended | lose | unsure |") {
		t.Errorf("%d lines:\n%s", len(lines), ledger.Table())
	}
	for i, line := range lines {
		if strings.Count(line, "|") != 6 {
			t.Errorf("line %d is no row of the table: %s", i, line)
		}
	}
}

// FuzzNext reads bytes as a sequence of events, and holds every entry on the way
// to what its state promises.
func FuzzNext(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 4, 0, 10, 0})                                        // made
	f.Add([]byte{0, 0, 1, 0, 6, 0, 13, 2, 1, 0, 6, 0, 8, 0, 10, 7})               // lost, repeated, found
	f.Add([]byte{0, 0, 1, 0, 5, 0, 0, 130, 1, 0, 4, 64, 9, 0, 11, 16, 15, 2})     // refused, mended, failed, purged
	f.Add([]byte{0, 0, 12, 2, 0, 2, 1, 0, 2, 0, 1, 8, 4, 24, 12, 0, 0, 34, 1, 0}) // cancelled, taken up again
	all := kinds()
	f.Fuzz(func(t *testing.T, data []byte) {
		var e ledger.Entry
		for ; len(data) >= 2; data = data[2:] {
			ev := event(all[int(data[0])%len(all)], []ledger.By{"", ledger.ByCallback, ledger.ByPerson, "odd"}[data[1]&3])
			bits := credit.Amount(data[1] >> 2)
			ev.Charge = credit.Charge{Amount: bits * credit.Unit, Basis: credit.Basis(data[1] >> 2 & 3)}
			ev.Held = credit.Charge{Amount: bits * 2, Basis: credit.Basis(data[1] >> 4 & 3)}
			if ev.Kind == ledger.Plan {
				ev.Content.Fingerprint[0], ev.Content.Estimate.High = data[1], bits*credit.Unit
				ev.Content.Account.Payer = []string{"", "a", "b", "c"}[data[1]>>6]
			}
			after, err := ledger.Next(e, ev)
			if err != nil && !errors.Is(err, ledger.ErrIllegal) {
				t.Fatal(err)
			}
			if err == nil {
				promises(t, e, after, ev)
				e = after
			}
		}
	})
}

func promises(t *testing.T, before, e ledger.Entry, ev ledger.Event) {
	for _, b := range e.Balances() {
		if !b.Money.Balanced() || b.Money.Reserved > 0 && !e.State.Open() {
			t.Fatalf("%s of %s: balances %+v", ev.Kind, before.State, b)
		}
	}
	if e.Version != before.Version+1 || len(e.History) > 32 {
		t.Fatalf("version %d after %d, %d moments", e.Version, before.Version, len(e.History))
	}
	if before.State.Settled() && ev.By != ledger.ByPerson && ev.Kind != ledger.Fetch && (before.State != ledger.Failed || before.Fingerprint == e.Fingerprint) {
		t.Fatalf("%s of a %s entry by %q", ev.Kind, before.State, ev.By)
	}
	if e.State == ledger.Submitted && e.Ticket.Job == "" || e.State == ledger.Planned && len(e.Payload) == 0 {
		t.Fatalf("a %s entry without what it needs: %+v", e.State, e)
	}
	if e.State.Settled() == e.SettledAt.IsZero() {
		t.Fatalf("a %s entry settled at %v", e.State, e.SettledAt)
	}
}

// TestAJobGoesByTheCredentialsThatNamedIt follows a row through a lost answer, a
// search with other credentials, and another attempt.
func TestAJobGoesByTheCredentialsThatNamedIt(t *testing.T) {
	at := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	e := ledger.Entry{State: ledger.Planned}
	for _, step := range []struct {
		event ledger.Event
		want  string
	}{
		{ledger.Event{Kind: ledger.Intend, Reason: "one"}, "one"},
		{ledger.Event{Kind: ledger.Lose, Reason: "timeout"}, "one"},
		{ledger.Event{Kind: ledger.Search}, "one"},
		{ledger.Event{Kind: ledger.Unsend, Reason: "nothing was created"}, "one"},
		{ledger.Event{Kind: ledger.Intend}, ""},
		{ledger.Event{Kind: ledger.Lose}, ""},
		{ledger.Event{Kind: ledger.Adopt, Reason: "two", Ticket: job.Ticket{Job: "a"}}, "two"},
		{ledger.Event{Kind: ledger.Observe, Reason: "overdue", Overdue: true}, "two"},
	} {
		step.event.At = at
		next, err := ledger.Next(e, step.event)
		if err != nil || next.Session() != step.want {
			t.Errorf("after %s: %q, %v; want %q", step.event.Kind, next.Session(), err, step.want)
		}
		e = next
	}
}

package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
)

func TestIdentityConflicts(t *testing.T) {
	is := ledger.Identity{ID: "one", Provider: "acme", BaseURL: "https://api.example.com"}
	same := is
	same.ID, same.Created = "two", start()
	if err := is.Conflict(same); err != nil {
		t.Errorf("the id and the time of creation do not matter: %v", err)
	}
	for want, change := range map[string]func(*ledger.Identity){
		`provider "acme"`:                                     func(i *ledger.Identity) { i.Provider = "other" },
		`"https://api.example.com"`:                           func(i *ledger.Identity) { i.BaseURL = "https://eu.example.com" },
		"on the real service, and this run is on the sandbox": func(i *ledger.Identity) { i.Sandbox = true },
	} {
		other := is
		change(&other)
		if err := is.Conflict(other); !errors.Is(err, ledger.ErrOther) || !strings.Contains(err.Error(), want) {
			t.Errorf("err = %v, want it to say %q", err, want)
		}
	}
}

func TestEntriesAreReadBackFromJSON(t *testing.T) {
	for state, e := range reached(t) {
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back ledger.Entry
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, back); diff != "" {
			t.Errorf("%s (-written +read):\n%s", state, diff)
		}
	}
	var f ledger.Fingerprint
	for _, odd := range []string{"xyz", "00", strings.Repeat("00", 33)} {
		if f.UnmarshalText([]byte(odd)) == nil {
			t.Errorf("%q was read as a fingerprint", odd)
		}
	}
}

// lying is a store whose entries are not what it says of them.
type lying struct {
	ledger.Store
	spoil func(*ledger.Entry)
}

func (l lying) Entries(ctx context.Context, q ledger.Query) iter.Seq2[ledger.Entry, error] {
	return func(yield func(ledger.Entry, error) bool) {
		for e, err := range l.Store.Entries(ctx, q) {
			l.spoil(&e)
			if !yield(e, err) {
				return
			}
		}
	}
}

func TestCheckFindsEachLie(t *testing.T) {
	s := ledgertest.Checked(t, ledgertest.NewMemory(ledgertest.Identity()))
	for i, steps := range []int{1, 2, 3, 4, 4} {
		key := fmt.Sprint(i)
		for step, ev := range []ledger.Event{
			ledgertest.Plan(key, 2), {Kind: ledger.Intend, At: start()},
			{Kind: ledger.Submit, At: start(), Ticket: job.Ticket{Job: "job" + key}}, {Kind: ledger.Succeed, At: start()},
		}[:steps] {
			if _, err := s.Apply(t.Context(), ledger.Change{Key: key, Version: uint64(step), Event: ev}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		want  string
		spoil func(*ledger.Entry)
	}{
		"state":           {"summary counts", func(e *ledger.Entry) { e.State = ledger.Planned }},
		"unbalanced":      {"does not balance", func(e *ledger.Entry) { e.Money.Charged++ }},
		"balances":        {"add up to", func(e *ledger.Entry) { e.Money.Charged++; e.Money.Ever++ }},
		"another account": {"no entry has it", func(e *ledger.Entry) { e.Account.Unit = "minutes" }},
		"reservation":     {"still holds a reservation", func(e *ledger.Entry) { e.Money = ledger.Money{Ever: 1, Reserved: 1} }},
		"no ticket":       {"without a ticket", func(e *ledger.Entry) { e.Ticket = job.Ticket{} }},
		"no key":          {"sent again without a key", func(e *ledger.Entry) { e.Sent.Resends = 1 }},
		"same ticket":     {"same ticket", func(e *ledger.Entry) { e.Ticket.Job = "job" }},
		"no payload":      {"without what its submit needs", func(e *ledger.Entry) { e.Payload = nil }},
		"never settled":   {"settled at", func(e *ledger.Entry) { e.SettledAt = ledger.Entry{}.SettledAt }},
		"other balances":  {"does not balance", func(e *ledger.Entry) { e.Elsewhere = []ledger.Balance{{Money: ledger.Money{Charged: 1}}} }},
	} {
		if text := fmt.Sprint(ledger.Check(t.Context(), lying{s, c.spoil})); !strings.Contains(text, c.want) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestFullBooksAreRefusedRatherThanWrapped(t *testing.T) {
	s := ledgertest.NewMemory(ledgertest.Identity())
	refused := false
	for i := range 10_000 {
		key := fmt.Sprint(i)
		_, err := s.Apply(t.Context(),
			ledger.Change{Key: key, Event: ledgertest.Plan(key, 1_000_000_000)},
			ledger.Change{Key: key, Version: 1, Event: ledger.Event{Kind: ledger.Intend, At: start()}})
		if refused = err != nil; refused {
			if !errors.Is(err, ledger.ErrIllegal) {
				t.Error(err)
			}
			break
		}
	}
	sum, err := s.Summary(t.Context())
	if m := sum.Balances[ledgertest.Account()]; err != nil || !refused || m.Reserved < credit.Of(9_000_000_000) || !m.Balanced() {
		t.Errorf("refused = %v, balances = %+v, %v", refused, m, err)
	}
}

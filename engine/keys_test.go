package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// keyed is a sheet of rows with these keys.
func keyed(keys ...string) sheet {
	csv := "id,name\n"
	for _, key := range keys {
		csv += `"` + key + `",Ada` + "\n"
	}
	s := invite()
	s.csv = csv
	return s
}

func keyProblems(plan *engine.Plan) (found []string) {
	for _, p := range plan.Problems {
		if strings.HasPrefix(p.Code, "ROW-KEY") {
			found = append(found, p.Severity.String()+" "+p.Cell+" "+p.Code)
		}
	}
	return found
}

// TestKeyThatCannotBeTypedIsAProblemOfItsCell.
func TestKeyThatCannotBeTypedIsAProblemOfItsCell(t *testing.T) {
	for key, says := range map[string]string{
		"C1\u200b": "U+200B (zero width space)", "C3\u2003--save-campaign\u2003/path": "U+2003 (em space)", "C\x1b[31m": "U+001B (escape)",
		"C\t1": "U+0009 (tab)", "C\n1": "U+000A (line break)", "C\u00a01": "U+00A0 (no-break space)", "\u202eC1": "U+202E", "C\u200d1": "U+200D",
		"C\u00ad1": "U+00AD (soft hyphen)", "C1\ufe0f": "U+FE0F", "C1 ": "a blank at its beginning or end", " C1": "a blank", "C\u2800": "U+2800",
	} {
		for _, pattern := range []string{"", "{key}.mp4", "{key}-{row}.mp4"} {
			p := keyed("C0", key, "C9").planner(t, newMemory(t))
			p.Filename = pattern
			plan, err := p.Plan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			found := keyProblems(plan)
			if len(found) == 0 || found[0] != "error A3 ROW-KEY-CHARACTERS" || !strings.Contains(plan.Problems[0].Message, says) || plan.Rows.Refused != 1 {
				t.Errorf("%q, %q: %v %+v", key, pattern, found, plan.Problems)
			}
		}
	}
	for _, key := range []string{"C1", "größe", "山田 花子", "o'Neil & Co", "-x", "e\u0301", "C1 C2"} {
		if found := keyProblems(keyed(key).plan(t, newMemory(t))); found != nil {
			t.Errorf("%q: %v", key, found)
		}
	}
}

// TestKeyThatLooksLikeAnotherIsAProblem: accents are typed in two ways, which no
// screen shows.
func TestKeyThatLooksLikeAnotherIsAProblem(t *testing.T) {
	p := keyed("\u00e91", "e\u03011", "e2").planner(t, newMemory(t))
	p.Filename = ""
	plan, err := p.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if found := keyProblems(plan); len(found) != 1 || found[0] != "error A3 ROW-KEY-ALIKE" {
		t.Errorf("%v", found)
	}
}

// TestKeyBeyondTheLedgerIsAProblemAndIsNotShown.
func TestKeyBeyondTheLedgerIsAProblemAndIsNotShown(t *testing.T) {
	store := newMemory(t)
	plan := keyed(strings.Repeat("x", ledger.Longest+1), strings.Repeat("y", ledger.Longest)).plan(t, store)
	if found := keyProblems(plan); len(found) != 1 || found[0] != "error A2 ROW-KEY-LONG" {
		t.Fatalf("%v", found)
	}
	if p := plan.Problems[0]; len(p.Value)+len(p.Message) > 200 || len(plan.Run.Refused) != 1 || plan.Run.Refused[0].Key != "" {
		t.Errorf("%+v, %+v", p.Message, plan.Run.Refused)
	}
	if len(states(t, store)) != 1 {
		t.Errorf("%d entries", len(states(t, store)))
	}
}

// TestRowSentUnderAnOddKeyStaysWhatItIs: earlier versions took such keys, and what
// was bought under them is not bought again.
func TestRowSentUnderAnOddKeyStaysWhatItIs(t *testing.T) {
	for _, key := range []string{"C1\u200b", "C1 ", "C\u20031", "C\t1"} {
		for _, state := range []ledger.State{ledger.Planned, ledger.Submitted, ledger.Succeeded} {
			store := newMemory(t)
			sendUnder(t, store, key, state)
			plan := keyed(key, "C9").plan(t, store)
			want := "warning A2 ROW-KEY-CHARACTERS"
			if state == ledger.Planned {
				want = "error A2 ROW-KEY-CHARACTERS"
			}
			if found := keyProblems(plan); len(found) != 1 || found[0] != want {
				t.Errorf("%q, %s: %v", key, state, found)
			}
			if got := states(t, store)[key].State; got != state || plan.Vanished != 0 || plan.Actions.Removed != 0 {
				t.Errorf("%q, %s: now %s, %+v", key, state, got, plan.Actions)
			}
			for _, r := range plan.Ready {
				if r.Key == key {
					t.Errorf("%q, %s: sent again", key, state)
				}
			}
		}
	}
}

// sendUnder makes an entry of a key, as an earlier version planned and sent it.
func sendUnder(t *testing.T, store ledger.Store, key string, state ledger.State) {
	t.Helper()
	like := keyed("like").planner(t, newMemory(t))
	var content ledger.Content
	like.Record = func(_ context.Context, changes ...ledger.Change) error {
		content = changes[0].Event.Content
		return nil
	}
	if _, err := like.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	content.Row, content.File = 2, ""
	events := []ledger.Event{{Kind: ledger.Plan, Content: content}, {Kind: ledger.Intend}, {Kind: ledger.Submit, Ticket: job.Ticket{Job: "j"}}, {Kind: ledger.Succeed}}
	steps := map[ledger.State]int{ledger.Planned: 1, ledger.Submitted: 3, ledger.Succeeded: 4}
	events = events[:steps[state]]
	for i, event := range events {
		event.At = time.Now()
		if _, err := store.Apply(t.Context(), ledger.Change{Key: key, Version: uint64(i), Event: event}); err != nil {
			t.Fatal(err)
		}
	}
}

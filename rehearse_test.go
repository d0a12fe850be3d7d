package reelmerge

import (
	"testing"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// TestRehearsalTellsTwinsFromWhatIsPaidTwice: rows may say the same, and a template
// may give all its videos one name; neither makes a job a second one.
func TestRehearsalTellsTwinsFromWhatIsPaidTwice(t *testing.T) {
	ada, bob := ledger.Fingerprint{1}, ledger.Fingerprint{2}
	job := func(id, content string) sandbox.Charge {
		return sandbox.Charge{Job: id, Content: content, Reference: "Welcome"}
	}
	for name, c := range map[string]struct {
		made        map[string]ledger.Fingerprint
		rows        map[ledger.Fingerprint]int
		unsure      map[ledger.Fingerprint]int
		bank        []sandbox.Charge
		twice, lost int
	}{
		"each its own": {
			made: map[string]ledger.Fingerprint{"1": ada, "2": bob}, rows: map[ledger.Fingerprint]int{ada: 1, bob: 1},
			bank: []sandbox.Charge{job("1", "a"), job("2", "b")},
		},
		"twins": {
			made: map[string]ledger.Fingerprint{"1": ada, "2": ada}, rows: map[ledger.Fingerprint]int{ada: 2},
			bank: []sandbox.Charge{job("1", "a"), job("2", "a")},
		},
		"one of the twins is unsure": {
			made: map[string]ledger.Fingerprint{"1": ada}, rows: map[ledger.Fingerprint]int{ada: 2}, unsure: map[ledger.Fingerprint]int{ada: 1},
			bank: []sandbox.Charge{job("1", "a"), job("2", "a")},
		},
		"an unsure row": {
			made: map[string]ledger.Fingerprint{"1": ada}, rows: map[ledger.Fingerprint]int{ada: 1, bob: 1}, unsure: map[ledger.Fingerprint]int{bob: 1},
			bank: []sandbox.Charge{job("1", "a"), job("2", "b")},
		},
		"sent again": {
			made: map[string]ledger.Fingerprint{"2": ada}, rows: map[ledger.Fingerprint]int{ada: 1},
			bank: []sandbox.Charge{job("1", "a"), job("2", "a")}, twice: 1,
		},
		"unsure and sent again": {
			rows: map[ledger.Fingerprint]int{ada: 1}, unsure: map[ledger.Fingerprint]int{ada: 1},
			bank: []sandbox.Charge{job("1", "a"), job("2", "a")}, twice: 1,
		},
		"lost": {
			made: map[string]ledger.Fingerprint{"1": ada}, rows: map[ledger.Fingerprint]int{ada: 1},
			bank: []sandbox.Charge{job("1", "a"), job("2", "b")}, lost: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var d Rehearsal
			for _, n := range c.unsure {
				d.Unsure += n
			}
			d.fromBank(c.bank, rehearsed{c.made, c.rows, c.unsure})
			if d.PaidTwice != c.twice || d.Lost != c.lost {
				t.Errorf("paid twice: %d, lost: %d; want %d and %d", d.PaidTwice, d.Lost, c.twice, c.lost)
			}
		})
	}
}

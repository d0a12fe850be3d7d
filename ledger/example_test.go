package ledger_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// A row whose answer is lost is never sent again by the program alone.
func ExampleNext() {
	now := time.Date(2026, time.November, 20, 21, 3, 10, 0, time.UTC)
	content := ledger.Content{
		Row: 147, Operation: "colossyan/template-job", Fingerprint: ledger.Fingerprint{1}, Payload: []byte(`{}`),
		Account:  credit.Account{Provider: "colossyan", Unit: "minutes"},
		Estimate: credit.Exactly(credit.Of(2), credit.Documented),
	}
	entry := ledger.Entry{Key: "C00147"}
	for _, event := range []ledger.Event{
		{Kind: ledger.Plan, At: now, Content: content},
		{Kind: ledger.Intend, At: now},
		{Kind: ledger.Lose, At: now, Reason: "the connection was cut"},
		{Kind: ledger.Repeat, At: now},                      // the program may not
		{Kind: ledger.Repeat, At: now, By: ledger.ByPerson}, // a person may
	} {
		next, err := ledger.Next(entry, event)
		if errors.Is(err, ledger.ErrIllegal) {
			fmt.Println(err)
			continue
		}
		entry = next
		fmt.Printf("%s: %s, %v reserved, %v charged\n", event.Kind, entry.State, entry.Money.Reserved, entry.Money.Charged)
	}
	// Output:
	// plan: planned, 0 reserved, 0 charged
	// intend: intended, 2 reserved, 0 charged
	// lose: unsure, 2 reserved, 0 charged
	// change is not legal: repeat of a unsure entry needs a person
	// repeat: planned, 0 reserved, 2 charged
}

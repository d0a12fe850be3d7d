package reelmerge

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
)

// TestNothingThatComesAfterAnIntentSaysThatNothingWasSent ends what comes once rows may
// have been sent in every way there is.
func TestNothingThatComesAfterAnIntentSaysThatNothingWasSent(t *testing.T) {
	ends := func(err error) func() error { return func() error { return err } }
	for name, c := range map[string]struct {
		act  func() error
		want Cause
		said string
	}{
		"well":              {ends(nil), Done, ""},
		"a bug":             {ends(fail(Bug, errors.New("odd"), "look")), BadRows, "odd"},
		"wrong usage":       {ends(fail(Usage, errors.New("so"), "")), BadRows, "so"},
		"an error":          {ends(errors.New("plain")), BadRows, "plain"},
		"nobody reads":      {ends(fmt.Errorf("write: %w", syscall.EPIPE)), BadRows, "broken pipe"},
		"the terminal went": {ends(fmt.Errorf("write: %w", syscall.EIO)), BadRows, "input/output error"},
		"a panic":           {func() error { panic("Ada Lovelace") }, BadRows, "internal error"},
		"problems":          {ends(fail(BadRows, errors.New("rows"), "")), BadRows, ""},
		"decisions":         {ends(fail(Undecided, errors.New("rows"), "")), Undecided, ""},
		"held":              {ends(fail(Held, errors.New("held"), "")), Held, ""},
		"locked":            {ends(fail(Locked, errors.New("locked"), "")), Locked, ""},
		"no ledger":         {ends(ledgerFailure(errors.New("full"))), BadLedger, "full"},
		"stopped":           {ends(&Error{Cause: Stopped}), Stopped, ""},
	} {
		t.Run(name, func(t *testing.T) {
			sending := false
			r := &running{campaign: &Campaign{options: Options{Log: slog.New(slog.DiscardHandler)}}, chosen: RunOptions{Sending: func() { sending = true }}}
			err := r.afterIntent(c.act)
			if CauseOf(err) != c.want || !sending || c.said != "" && !strings.Contains(fmt.Sprint(err), c.said) || strings.Contains(fmt.Sprint(err), "Ada") {
				t.Errorf("%s: %v, want %s and %q", CauseOf(err), err, c.want, c.said)
			}
		})
	}
}

package reelmerge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/patience"
	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// Notice is what a run's end posts to the address of notify. It has counts only: keys may be
// addresses of people.
type Notice struct {
	Version  int                  `json:"version"`
	Event    string               `json:"event"`
	Campaign string               `json:"campaign"`
	Text     string               `json:"text"` // in words, as chat tools show it
	At       time.Time            `json:"at"`
	Exit     int                  `json:"exit"`
	Rows     map[ledger.State]int `json:"rows"`
	Credits  []report.Credits     `json:"credits"`
}

// eventOf is what the end of a run is told as; empty: an interrupt, which a person caused and
// knows of.
func eventOf(out *Outcome, err error) string {
	switch {
	case out.Interrupted, out.Summary.States == nil && unsent(err) == "":
		return ""
	case out.Summary.States == nil:
		return "held"
	case out.HeldFor == engine.HoldBudget:
		return "budget"
	case out.Held != "":
		return "held"
	case out.Summary.States[ledger.Unsure] > 0:
		return "unsure"
	case out.Cause() == Done, out.Cause() == BadRows:
		return "done"
	}
	return "held" // rows wait for a decision or an approval
}

// unsent says why a run that sent nothing needs a person; empty: it was told at once, to the
// one who had started it.
func unsent(err error) string {
	return map[Cause]string{
		BadRows: "rows have problems", Undecided: "a decision is needed", Held: "the run holds", BadLedger: "the ledger cannot be used",
	}[CauseOf(err)]
}

// Notify tells the address of notify how a run ended: with an outcome and an error, as
// [Campaign.Run] returned them, and with the exit code of the command. It
// posts nothing where the campaign names no address, or does not ask for this event. Its
// error changes nothing about the run.
func (c *Campaign) Notify(ctx context.Context, out *Outcome, ended error, exit int) error {
	event := eventOf(out, ended)
	if c.file.Notify.URL.Empty() || event == "" || !slices.Contains(c.file.Notify.On, event) {
		return nil
	}
	secrets, problems := c.file.Secrets(c.options.Getenv, readToken)
	link := secrets.Notify.Reveal()
	if link == "" {
		return fmt.Errorf("notify: %w", problems)
	}
	text := c.file.Name + ": " + out.Tally.String()
	summary := out.Summary
	switch {
	case summary.States == nil: // it did not come to sending
		text = c.file.Name + ": nothing was sent: " + unsent(ended)
		summary = c.summaryNow(ctx)
	case out.Held != "":
		text += "; held: " + out.Held
	}
	status := c.StatusOf(summary)
	body, err := json.Marshal(Notice{Version: 1, Event: event, Campaign: c.file.Name, Text: text, At: time.Now().UTC().Round(0), Exit: exit, Rows: status.States, Credits: status.Credits})
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return post(ctx, link, body, noticeTime)
}

// summaryNow is the ledger's, as far as it can be read.
func (c *Campaign) summaryNow(ctx context.Context) (s ledger.Summary) {
	store, err := c.peek(ctx)
	if err != nil || store == nil {
		return s
	}
	defer store.Close()
	s, _ = store.Summary(ctx) // counts that are not known stay zero
	return s
}

// Limits of a notice.
const (
	noticeTries = 3
	noticeTime  = 10 * time.Second // of a try
	noticePause = time.Second      // before the second
)

// post posts a document. A try that fails, or has no answer in time, is made again, twice.
func post(ctx context.Context, link string, body []byte, inTime time.Duration) error {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return errors.New("notify.url is no web address")
	}
	o := publicnet.Options{NoRedirects: true}
	if publicnet.IsLoopback(u.Hostname()) {
		o.Loopback = []string{u.Host}
	}
	client := publicnet.New(o)
	defer client.CloseIdleConnections()
	err = patience.Attempts{Most: noticeTries, Pause: noticePause}.Do(ctx, func() error { return postOnce(ctx, client, link, body, inTime) },
		func(err error) (time.Duration, bool) { return 0, !errors.Is(err, publicnet.ErrForbidden) })
	if err != nil {
		return fmt.Errorf("notify %q: %w", u.Host, err)
	}
	return nil
}

func postOnce(ctx context.Context, client *publicnet.Client, link string, body []byte, inTime time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, inTime)
	defer cancel()
	response, err := client.Post(ctx, link, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode < http.StatusOK || response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("it answered with status %d", response.StatusCode)
	}
	return nil
}

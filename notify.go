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
func eventOf(out *Outcome) string {
	switch {
	case out.Interrupted:
		return ""
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

// Notify tells the address of notify how a run ended, with the exit code of the command. It
// posts nothing where the campaign names no address, or does not ask for this event. Its
// error changes nothing about the run.
func (c *Campaign) Notify(ctx context.Context, out *Outcome, exit int) error {
	event := eventOf(out)
	if c.file.Notify.URL.Empty() || event == "" || !slices.Contains(c.file.Notify.On, event) {
		return nil
	}
	secrets, problems := c.file.Secrets(c.options.Getenv, readToken)
	link := secrets.Notify.Reveal()
	if link == "" {
		return fmt.Errorf("notify: %w", problems)
	}
	status := c.StatusOf(out.Summary)
	text := c.file.Name + ": " + out.Tally.String()
	if out.Held != "" {
		text += "; held: " + out.Held
	}
	body, err := json.Marshal(Notice{Version: 1, Event: event, Campaign: c.file.Name, Text: text, At: time.Now().UTC().Round(0), Exit: exit, Rows: status.States, Credits: status.Credits})
	if err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return post(ctx, link, body)
}

// Limits of a notice.
const (
	noticeTries = 3
	noticeTime  = 10 * time.Second // of a try
	noticePause = time.Second      // before the second
)

// post posts a document. A try that fails is made again, twice.
func post(ctx context.Context, link string, body []byte) error {
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
	err = patience.Attempts{Most: noticeTries, Pause: noticePause}.Do(ctx, func() error { return postOnce(ctx, client, link, body) },
		func(err error) (time.Duration, bool) { return 0, !errors.Is(err, publicnet.ErrForbidden) })
	if err != nil {
		return fmt.Errorf("notify %q: %w", u.Host, err)
	}
	return nil
}

func postOnce(ctx context.Context, client *publicnet.Client, link string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, noticeTime)
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

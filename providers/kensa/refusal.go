package kensa

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// refine looks at the words of a refusal where its status says too little: some
// deployments answer an empty balance with 500 (KEN-G6), and a 429 may be about
// the rate, the videos in the making or the day.
//
// The 500 is taken at its word. It comes from the place that freezes the
// credits, before any video is asked for; at most a failed record is left, which
// costs nothing.
func refine(err error, answer rest.Answer) error {
	e, ok := err.(*providers.Error) //nolint:errorlint // rest returns this type itself
	if !ok || answer.Status == 0 {
		return err
	}
	var body envelope
	if json.Unmarshal(answer.Body, &body) != nil {
		return err
	}
	said := body.said()
	switch {
	case answer.Status == http.StatusInternalServerError && noCredits(said.text):
		e.Kind, e.After = providers.Funds, 0
	case answer.Status == http.StatusTooManyRequests:
		limited(e, said.reason)
	}
	return err
}

// day is how long a daily limit is obeyed that does not say when it ends, before
// the service is asked again.
const day = time.Hour

// limited tells the kinds of limits apart.
func limited(e *providers.Error, reason string) {
	switch reason {
	case "parallel_limit", "cooldown":
		e.Kind = providers.Busy
	case "daily_limit":
		e.Kind, e.Daily = providers.Throttled, true
		if e.After == 0 {
			e.After = day
		}
	default:
		e.Kind = providers.Throttled
	}
}

// refusal is the error for an answer with status 200 that says of itself that it
// is none (KEN-R2). Only its words tell what it means. A refusal in words is a
// refusal; words about trouble are trouble, and then a submit may have happened;
// and silence is not understood.
func (c *Client) refusal(call rest.Call, answer rest.Answer, said words) error {
	e := c.rest.Misunderstood(call, answer, c.rest.Clean(said.text, call.Private...))
	text := strings.ToLower(e.Message) // without the row's own words
	switch {
	case said.reason != "":
		limited(e, said.reason)
	case noCredits(text):
		e.Kind = providers.Funds
	case mentions(text, "unauthorized", "unauthorised", "session", "log in", "sign in", "forbidden"):
		e.Kind = providers.Auth
	case mentions(text, "too many", "rate limit", "slow down"):
		e.Kind = providers.Throttled
	case mentions(text, "not found"):
		e.Kind = providers.NotFound
	case text == "" || mentions(text, "internal", "server error", "unexpected", "went wrong", "timeout", "timed out", "try again", "unavailable"):
		e.Kind = providers.Contract
	case call.Paid:
		e.Kind = providers.Invalid
	}
	if e.Message == "" {
		e.Message = "the service says that the call failed, and not why"
	}
	return e
}

func mentions(text string, some ...string) bool {
	for _, s := range some {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// noCredits recognises the words for an empty balance. That credits are merely
// mentioned is not enough: a service may fail to book a video that it made.
func noCredits(text string) bool {
	text = strings.ToLower(text)
	return mentions(text, "credit", "balance") && mentions(text, "insufficient", "not enough", "not sufficient")
}

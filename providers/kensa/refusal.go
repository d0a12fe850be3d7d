package kensa

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// refine reads the words of a refusal if its status says too little. Some deployments
// answer an empty balance with 500 (KEN-G6), and a 429 may be about the rate, the running
// videos or the day.
//
// The 500 is believed. It comes from the code that freezes the credits, which runs before
// any video is ordered. At most it leaves a failed record, which costs nothing.
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
		e.Kind = providers.Funds
		e.After = 0
	case answer.Status == http.StatusTooManyRequests:
		limited(e, said.reason)
	}
	return err
}

// day is how long a daily limit is obeyed that does not say when it ends. Then the service
// is asked again.
const day = time.Hour

// limited tells the kinds of limits apart. They need different waits.
func limited(e *providers.Error, reason string) {
	switch reason {
	case "parallel_limit", "cooldown":
		e.Kind = providers.Busy
	case "daily_limit":
		e.Kind = providers.Throttled
		e.Daily = true
		if e.After == 0 {
			e.After = day
		}
	default:
		e.Kind = providers.Throttled
	}
}

// refusal returns the error of an answer with status 200 that reports a failure (KEN-R2).
// Only its words tell the kind. Words of refusal are a refusal. Words about trouble are
// trouble, and a submit may have happened. Silence is not understood.
func (c *Client) refusal(call rest.Call, answer rest.Answer, said words) error {
	e := c.rest.Misunderstood(call, answer, c.rest.Clean(said.text, call.Private...))
	// The row's own words are already removed. A prompt about a "session" must not look
	// like a login error.
	text := strings.ToLower(e.Message)
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
	// Trouble comes before the general refusal: calling it one would order the video again.
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

// mentions reports whether a text contains one of some words.
func mentions(text string, some ...string) bool {
	for _, s := range some {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// noCredits recognises the words for an empty balance. A mere mention of credits is not
// enough, because a service may fail to book a video that it has made.
func noCredits(text string) bool {
	text = strings.ToLower(text)
	return mentions(text, "credit", "balance") && mentions(text, "insufficient", "not enough", "not sufficient")
}

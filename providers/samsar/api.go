package samsar

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// quoted writes a text as JSON.
func quoted(text string) json.RawMessage {
	raw, err := json.Marshal(text)
	if err != nil { // a text can always be written
		return json.RawMessage(`""`)
	}
	return raw
}

// credits is an amount that an answer may leave out, or write as a text.
type credits struct {
	amount credit.Amount
	told   bool
}

// UnmarshalJSON reads a number, or a text that is one. Anything else counts as not told:
// a strange price must not make the whole answer unreadable.
func (c *credits) UnmarshalJSON(data []byte) error {
	*c = credits{}
	if a, err := credit.Parse(string(bytes.Trim(data, `"`))); err == nil && a >= 0 {
		*c = credits{a, true}
	}
	return nil
}

// bill is the cost that an answer tells, in either of two spellings.
type bill struct {
	Charged credits `json:"creditsCharged"`
	Snake   credits `json:"credits_charged"`
}

func (b bill) charged() (amount credit.Amount, told bool) {
	if b.Charged.told {
		return b.Charged.amount, true
	}
	return b.Snake.amount, b.Snake.told
}

// accepted answers a submit.
type accepted struct {
	Request  rest.Word `json:"request_id"`
	Session  rest.Word `json:"session_id"`
	External rest.Word `json:"external_request_id"`
	bill
}

// ticket names the new session. Its status is asked for by the request's id. An external
// request has an id of its own for that. The zero ticket means that no usable id was
// told.
func (a accepted) ticket(external bool) job.Ticket {
	t := job.Ticket{Job: string(cmp.Or(a.Request, a.Session)), Result: string(cmp.Or(a.Session, a.Request))}
	if external && a.External != "" {
		t.Job = string(a.External)
	}
	if !rest.Usable(t.Job) || !rest.Usable(t.Result) {
		return job.Ticket{}
	}
	return t
}

// status answers the question about a session. Its link can be in any of four fields
// (SAM-G9).
type status struct {
	Request  rest.Word       `json:"request_id"`
	Session  rest.Word       `json:"session_id"`
	External rest.Word       `json:"external_request_id"`
	Status   rest.Word       `json:"status"`
	Error    json.RawMessage `json:"expressGenerationError"`
	Failure  json.RawMessage `json:"error"`
	Message  rest.Word       `json:"message"`
	URL      rest.Word       `json:"result_url"`
	URLs     json.RawMessage `json:"result_urls"`
	Link     rest.Word       `json:"videoLink"`
	Remote   rest.Word       `json:"remoteURL"`
	Video    json.RawMessage `json:"video"`
	bill
}

// link returns the first link of the four fields, or of the fifth that webhooks have.
func (s status) link() string {
	var urls []rest.Word
	var video struct {
		URL rest.Word `json:"url"`
	}
	var first rest.Word
	if json.Unmarshal(rest.OrNull(s.URLs), &urls) == nil && len(urls) > 0 {
		first = urls[0]
	}
	if json.Unmarshal(rest.OrNull(s.Video), &video) != nil {
		video.URL = ""
	}
	return string(cmp.Or(s.URL, first, s.Link, s.Remote, video.URL))
}

// isOther reports whether an answer names sessions, but not the one that was asked for.
// The ids of external requests come with and without their prefix.
func (s status) isOther(t job.Ticket) bool {
	var named []string
	for _, id := range []rest.Word{s.Request, s.Session, s.External} {
		if id != "" {
			named = append(named, bare(string(id)))
		}
	}
	ours := func(id string) bool { return id == bare(t.Job) || id == bare(t.Result) }
	return len(named) > 0 && !slices.ContainsFunc(named, ours)
}

const externalPrefix = "extreq_"

// bare removes the prefix of an external request's id.
func bare(id string) string { return strings.TrimPrefix(id, externalPrefix) }

// learnt returns the ticket with the session's name, if only the answer tells it.
func (s status) learnt(t job.Ticket) job.Ticket {
	if t.Result == "" {
		t.Result = string(cmp.Or(s.Session, s.Request, rest.Word(t.Job)))
	}
	return t
}

// progress translates the answer into the engine's terms. A session that still runs has
// no final cost.
func (s status) progress() providers.Progress {
	var p providers.Progress
	p.Outcome, p.Strange = outcome(s.Status)
	switch p.Outcome {
	case providers.Succeeded:
		p.Result.VideoURL = s.link()
	case providers.Failed, providers.Cancelled:
		p.Reason = s.reason()
	case providers.Running:
		return p
	}
	if amount, told := s.charged(); told {
		p.Reported = credit.Charge{Amount: amount, Basis: credit.Observed}
	}
	return p
}

// outcome translates the service's words, in any case. An unknown word means that the
// session goes on: a wrong "failed" would have the row paid twice.
func outcome(word rest.Word) (o providers.Outcome, strange string) {
	switch strings.ToUpper(strings.TrimSpace(string(word))) {
	case "COMPLETED", "COMPLETE", "SUCCEEDED", "SUCCESS", "DONE":
		return providers.Succeeded, ""
	case "FAILED", "FAIL", "ERROR", "REJECTED", "TIMED_OUT", "TIMEOUT":
		return providers.Failed, ""
	case "CANCELLED", "CANCELED":
		return providers.Cancelled, ""
	case "PENDING", "QUEUED", "IN_PROGRESS", "PROCESSING", "PAUSED":
		return providers.Running, ""
	}
	return providers.Running, rest.Strange(word)
}

// reason says in the service's words why a session failed.
func (s status) reason() string {
	for _, raw := range []json.RawMessage{s.Error, s.Failure} {
		var text rest.Word
		var object struct {
			Message rest.Word `json:"message"`
		}
		if json.Unmarshal(rest.OrNull(raw), &text) == nil && text != "" {
			return string(text)
		}
		if json.Unmarshal(rest.OrNull(raw), &object) == nil && object.Message != "" {
			return string(object.Message)
		}
	}
	return string(cmp.Or(s.Message, "Samsar says no reason"))
}

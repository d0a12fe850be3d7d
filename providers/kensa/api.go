package kensa

import (
	"encoding/json"
	"strings"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// envelope is the form of every answer.
type envelope struct {
	Success *bool           `json:"success"`
	Data    json.RawMessage `json:"data"`
	Error   json.RawMessage `json:"error"`
	Message rest.Word       `json:"message"`
}

// said returns the service's explanation of a refusal. It is a text, or an object with a
// message and details.
func (e envelope) said() words {
	var text rest.Word
	var object struct {
		Message rest.Word `json:"message"`
		Details struct {
			Reason rest.Word `json:"reason"`
		} `json:"details"`
	}
	switch {
	case len(e.Error) == 0:
	case json.Unmarshal(e.Error, &text) == nil && text != "":
		return words{text: string(text)}
	case json.Unmarshal(e.Error, &object) == nil:
		return words{string(object.Message), string(object.Details.Reason)}
	}
	return words{text: string(e.Message)}
}

// words holds the service's words on a refusal.
type words struct {
	text   string
	reason string // one word, where the deployment gives one
}

// video holds everything that an answer may say about a video: K1, K2, K3 and K5.
type video struct {
	UUID        rest.Word       `json:"uuid"`
	Prompt      rest.Word       `json:"prompt"`
	Model       rest.Word       `json:"model"`
	Status      rest.Word       `json:"status"`
	VideoURL    rest.Word       `json:"videoUrl"`
	Thumbnail   rest.Word       `json:"thumbnailUrl"`
	Duration    *rest.Quantity  `json:"duration"`
	AspectRatio rest.Word       `json:"aspectRatio"`
	Resolution  rest.Word       `json:"resolution"`
	StartImage  rest.Word       `json:"startImageUrl"`
	Bytes       rest.Quantity   `json:"fileSize"`
	CreditsUsed json.RawMessage `json:"creditsUsed"`
	CreatedAt   rest.Word       `json:"createdAt"`
	Error       json.RawMessage `json:"error"` // documented nowhere
	Message     rest.Word       `json:"errorMessage"`
}

// credits returns the exact amount. It does not accept a negative one, which the history
// shows for the same video (KEN-G4).
func (v video) credits() (credit.Amount, bool) {
	amount, err := credit.Parse(strings.Trim(string(v.CreditsUsed), `" `))
	return amount, err == nil && amount >= 0
}

// progress returns the state of the video. An unknown status counts as running, since only
// the known ones end a video.
func (v video) progress() providers.Progress {
	p := providers.Progress{Ticket: job.Ticket{Job: string(v.UUID)}}
	switch strings.ToUpper(strings.TrimSpace(string(v.Status))) {
	case "COMPLETED":
		p.Outcome = providers.Succeeded
	case "FAILED":
		p.Outcome = providers.Failed
	case "PENDING", "GENERATING", "UPLOADING":
	default:
		p.Strange = rest.Strange(v.Status)
	}
	return p
}

// result returns the result of a completed video. Its duration is the one that was ordered.
func (v video) result() job.Result {
	r := job.Result{
		VideoURL: string(v.VideoURL), ThumbnailURL: string(v.Thumbnail), Bytes: int64(min(max(v.Bytes, 0), 1<<50)),
	}
	if v.Duration != nil {
		r.Duration = v.Duration.Seconds()
	}
	return r
}

// reason returns the service's explanation of a failure. The documentation shows none, so
// several places are searched.
func (v video) reason() string {
	if v.Message != "" {
		return string(v.Message)
	}
	if said := (envelope{Error: v.Error}).said(); said.text != "" {
		return said.text
	}
	return "Kensa says that the video failed, and not why"
}

package kensa

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/providers"
)

// word is a text that may come as a number too; null, an object or a list is
// nothing.
type word string

// UnmarshalJSON reads a text, a number, or anything else as nothing.
func (w *word) UnmarshalJSON(data []byte) error {
	switch {
	case data[0] == '"':
		return json.Unmarshal(data, (*string)(w))
	case data[0] == '-' || data[0] >= '0' && data[0] <= '9':
		*w = word(data)
	default:
		*w = ""
	}
	return nil
}

// quantity is a number that may come as a text too; -1 when there is none.
type quantity float64

// UnmarshalJSON reads a number, a text with a number, or anything else as none.
func (q *quantity) UnmarshalJSON(data []byte) error {
	var n json.Number
	*q = -1
	if json.Unmarshal(data, &n) != nil {
		return nil // an odd number must not hide a finished video
	}
	if f, err := n.Float64(); err == nil && f >= 0 && !math.IsInf(f, 0) {
		*q = quantity(f)
	}
	return nil
}

// envelope is what every answer comes in.
type envelope struct {
	Success *bool           `json:"success"`
	Data    json.RawMessage `json:"data"`
	Error   json.RawMessage `json:"error"`
	Message word            `json:"message"`
}

// said is the service's explanation of a refusal, which is a text or an object
// with a message and details.
func (e envelope) said() words {
	var text word
	var object struct {
		Message word `json:"message"`
		Details struct {
			Reason word `json:"reason"`
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

// words are the service's words on a refusal.
type words struct {
	text   string
	reason string // one word, where the deployment gives one
}

// video is all that any answer says of one: K1, K2, K3 and K5.
type video struct {
	UUID        word            `json:"uuid"`
	Prompt      word            `json:"prompt"`
	Model       word            `json:"model"`
	Status      word            `json:"status"`
	Progress    *quantity       `json:"progress"`
	VideoURL    word            `json:"videoUrl"`
	Thumbnail   word            `json:"thumbnailUrl"`
	Duration    *quantity       `json:"duration"`
	AspectRatio word            `json:"aspectRatio"`
	Resolution  word            `json:"resolution"`
	StartImage  word            `json:"startImageUrl"`
	Bytes       quantity        `json:"fileSize"`
	CreditsUsed json.RawMessage `json:"creditsUsed"`
	CreatedAt   word            `json:"createdAt"`
	Error       json.RawMessage `json:"error"` // documented nowhere
	Message     word            `json:"errorMessage"`
}

// credits reads the amount exactly. A negative one, as the history shows for the
// same video (KEN-G4), is not understood.
func (v video) credits() (credit.Amount, bool) {
	amount, err := credit.Parse(strings.Trim(string(v.CreditsUsed), `" `))
	return amount, err == nil && amount >= 0
}

// created is when the service says that the video was asked for; zero when it
// says nothing that is understood.
func (v video) created() time.Time {
	at, err := time.Parse(time.RFC3339Nano, string(v.CreatedAt))
	if err != nil {
		return time.Time{}
	}
	return at
}

func (v video) progress() providers.Progress {
	p := providers.Progress{Word: string(v.Status), Done: -1, Ticket: providers.Ticket{Job: string(v.UUID)}}
	if v.Progress != nil && *v.Progress >= 0 {
		p.Done = min(1, float64(*v.Progress)/100)
	}
	switch strings.ToUpper(strings.TrimSpace(p.Word)) {
	case "COMPLETED":
		p.Outcome = providers.Succeeded
	case "FAILED":
		p.Outcome = providers.Failed
	case "PENDING", "GENERATING", "UPLOADING":
	default:
		p.Strange = true
	}
	return p
}

// result is a completed video. Its duration is the one that was asked for.
func (v video) result() providers.Result {
	r := providers.Result{
		VideoURL: string(v.VideoURL), ThumbnailURL: string(v.Thumbnail), Bytes: int64(min(max(v.Bytes, 0), 1<<50)),
	}
	if v.Duration != nil {
		r.Duration = seconds(float64(*v.Duration))
	}
	return r
}

// seconds reads a number of seconds to the millisecond; what is no plausible
// length of a video is nothing.
func seconds(n float64) time.Duration {
	const day = 24 * 60 * 60
	if !(n > 0 && n <= day) {
		return 0
	}
	return time.Duration(math.Round(n*1000)) * time.Millisecond
}

// reason is the service's explanation of a failure. None is documented.
func (v video) reason() string {
	if v.Message != "" {
		return string(v.Message)
	}
	if said := (envelope{Error: v.Error}).said(); said.text != "" {
		return said.text
	}
	return "Kensa says that the video failed, and not why"
}

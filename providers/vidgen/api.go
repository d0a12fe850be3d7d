package vidgen

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

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

// job is all that any answer says of one: the answer to a submit, an item of the
// list, a status, and a webhook. The same id has two names (VID-G3).
type job struct {
	ID         word `json:"id"`
	JobID      word `json:"jobId"`
	Status     word `json:"status"`
	Progress   word `json:"progress"`
	Video      word `json:"outputVideo"`
	Share      word `json:"outputShareLink"`
	Error      word `json:"errorMessage"`
	CreatedAt  word `json:"createdAt"`
	WebhookURL word `json:"webhookUrl"`
}

func (j job) id() string {
	if j.JobID != "" {
		return string(j.JobID)
	}
	return string(j.ID)
}

// created is when the service says that it took the job; zero when it says
// nothing that is understood.
func (j job) created() time.Time {
	at, err := time.Parse(time.RFC3339Nano, string(j.CreatedAt))
	if err != nil {
		return time.Time{}
	}
	return at
}

// progress maps the service's words. A job that is completed and shows no video
// goes on: its link follows. An unknown word goes on too.
func (j job) progress() providers.Progress {
	p := providers.Progress{Word: string(j.Status), Done: -1}
	if percent, err := strconv.ParseFloat(string(j.Progress), 64); err == nil && percent >= 0 {
		p.Done = min(1, percent/100)
	}
	switch strings.ToUpper(strings.TrimSpace(p.Word)) {
	case "COMPLETED":
		if j.Video != "" {
			p.Outcome = providers.Succeeded
			p.Result = providers.Result{VideoURL: string(j.Video), ShareURL: string(j.Share)}
		}
	case "FAILED":
		p.Outcome = providers.Failed
		p.Reason = string(j.Error)
		if p.Reason == "" {
			p.Reason = "vidgen says that the job failed, and not why"
		}
	case "CANCELLED":
		p.Outcome = providers.Cancelled
	case "PENDING", "PROCESSING":
	default:
		p.Strange = true
	}
	return p
}

package vidgen

import (
	"strings"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// jobState holds everything that an answer may say about a job: the answer to a submit, an
// item of the list, a status, or a webhook. The id of a job has two names (VID-G3).
type jobState struct {
	ID         rest.Word `json:"id"`
	JobID      rest.Word `json:"jobId"`
	Status     rest.Word `json:"status"`
	Video      rest.Word `json:"outputVideo"`
	Share      rest.Word `json:"outputShareLink"`
	Error      rest.Word `json:"errorMessage"`
	CreatedAt  rest.Word `json:"createdAt"`
	WebhookURL rest.Word `json:"webhookUrl"`
}

// id returns the id under either name.
func (j jobState) id() string {
	if j.JobID != "" {
		return string(j.JobID)
	}
	return string(j.ID)
}

// progress translates the service's words. A completed job without a video counts as
// running, because its link follows. An unknown word counts as running, too.
func (j jobState) progress() providers.Progress {
	var p providers.Progress
	switch strings.ToUpper(strings.TrimSpace(string(j.Status))) {
	case "COMPLETED":
		// Calling it a success now would settle the row without its video.
		if j.Video != "" {
			p.Outcome = providers.Succeeded
			p.Result = job.Result{VideoURL: string(j.Video), ShareURL: string(j.Share)}
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
		p.Strange = rest.Strange(j.Status)
	}
	return p
}

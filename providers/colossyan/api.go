package colossyan

import (
	"bytes"
	"encoding/json"
	"net/url"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// queuedJob answers E1 and E2.
type queuedJob struct {
	ID      rest.Word `json:"id"`
	VideoID rest.Word `json:"videoId"`
}

// madeAvatar answers E9.
type madeAvatar struct {
	Name rest.Word `json:"name"`
}

// madeDraft answers E10.
type madeDraft struct {
	URL rest.Word `json:"url"`
}

// jobState answers E3. The service echoes the whole request, with every value of the row,
// so only the named members are kept.
type jobState struct {
	ID       rest.Word       `json:"id"`
	VideoID  rest.Word       `json:"videoId"`
	Status   rest.Word       `json:"status"`
	Error    json.RawMessage `json:"error"` // not documented (COL-G14)
	Message  rest.Word       `json:"message"`
	Echoed   json.RawMessage `json:"dynamicVariables"`
	Creative json.RawMessage `json:"videoCreative"`

	rate providers.RateHint
}

// isOther reports whether the answer is about another job than the one asked for. A job
// can be asked for by either of its ids, and an answer that carries ids must carry one of
// them. An answer about another job would settle this row with a stranger's video.
func (j jobState) isOther(t job.Ticket) bool {
	if j.ID == "" {
		return false
	}
	ours := func(id rest.Word) bool { return id != "" && (string(id) == t.Job || string(id) == t.Result) }
	return !ours(j.ID) && !ours(j.VideoID)
}

// echo returns the part of an answer that holds the row's values, so that they can be
// removed from error texts.
func (j jobState) echo() json.RawMessage {
	all, err := json.Marshal(map[string]json.RawMessage{
		"dynamicVariables": rest.OrNull(j.Echoed), "videoCreative": rest.OrNull(j.Creative),
	})
	if err != nil {
		return nil
	}
	return all
}

// progress translates the answer into the engine's terms, without the result.
func (j jobState) progress() providers.Progress {
	p := providers.Progress{Rate: j.rate}
	p.Outcome, p.Strange = outcome(j.Status)
	if p.Outcome == providers.Failed {
		p.Reason = j.reason()
	}
	return p
}

// reason is the service's explanation of a failure. Its form is not documented, so all
// forms that other calls use are tried.
func (j jobState) reason() string {
	if j.Message != "" {
		return string(j.Message)
	}
	var text rest.Word
	var object struct {
		Message rest.Word `json:"message"`
	}
	raw := bytes.TrimSpace(j.Error)
	if json.Unmarshal(rest.OrNull(raw), &text) == nil && text != "" {
		return string(text)
	}
	if json.Unmarshal(rest.OrNull(raw), &object) == nil && object.Message != "" {
		return string(object.Message)
	}
	return "Colossyan says that the job failed, and not why"
}

// video answers E5.
type video struct {
	ID        rest.Word     `json:"id"`
	PublicURL rest.Word     `json:"publicUrl"`
	Thumbnail rest.Word     `json:"thumbnailUrl"`
	Bytes     rest.Quantity `json:"videoSizeBytes"`
	Seconds   rest.Quantity `json:"videoDurationSeconds"`
}

// result bounds the size, so that a wrong number cannot overflow a sum of sizes.
func (v video) result() job.Result {
	return job.Result{
		VideoURL: webAddress(string(v.PublicURL)), ThumbnailURL: webAddress(string(v.Thumbnail)),
		Duration: v.Seconds.Seconds(), Bytes: int64(min(max(v.Bytes, 0), 1<<50)),
	}
}

// webAddress returns a link that a browser may open, or "" for any other text. Links end
// up in sheets and reports, where a javascript: address or one with a password would do
// harm.
func webAddress(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return link
}

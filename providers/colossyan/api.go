package colossyan

import (
	"bytes"
	"encoding/json"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/providers"
)

// word is a text that may come as a number too: the documentation shows ids as
// texts and promises nothing.
type word string

// UnmarshalJSON reads a text, a number, or null as nothing.
func (w *word) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, (*string)(w))
	}
	if data[0] != '-' && (data[0] < '0' || data[0] > '9') {
		*w = "" // null, an object, a list: nothing that names anything
		return nil
	}
	*w = word(data)
	return nil
}

// quantity is a number that may come as a text too; -1 when there is none.
type quantity float64

// UnmarshalJSON reads a number, a text with a number, or null as nothing.
func (q *quantity) UnmarshalJSON(data []byte) error {
	var n json.Number
	*q = -1
	if json.Unmarshal(data, &n) != nil {
		return nil // an odd statistic must not hide a finished video
	}
	if f, err := n.Float64(); err == nil && f >= 0 && !math.IsInf(f, 0) {
		*q = quantity(f)
	}
	return nil
}

// queuedJob answers E1 and E2.
type queuedJob struct {
	ID      word `json:"id"`
	VideoID word `json:"videoId"`
}

// madeAvatar answers E9.
type madeAvatar struct {
	Name word `json:"name"`
}

// madeDraft answers E10.
type madeDraft struct {
	URL word `json:"url"`
}

// job answers E3. It echoes the whole request, with every value of the row, so
// only what is named here is kept.
type job struct {
	ID       word            `json:"id"`
	VideoID  word            `json:"videoId"`
	Status   word            `json:"status"`
	Done     quantity        `json:"progress"`
	Of       quantity        `json:"maximumProgress"`
	Error    json.RawMessage `json:"error"` // documented nowhere (COL-G14)
	Message  word            `json:"message"`
	Echoed   json.RawMessage `json:"dynamicVariables"`
	Creative json.RawMessage `json:"videoCreative"`

	rate providers.RateHint
}

// isOther reports whether the answer is about another job than was asked for. It
// may be asked for by either id, and must carry one of them if it carries any.
func (j job) isOther(t providers.Ticket) bool {
	if j.ID == "" {
		return false
	}
	ours := func(id word) bool { return id != "" && (string(id) == t.Job || string(id) == t.Result) }
	return !ours(j.ID) && !ours(j.VideoID)
}

// echo is the part of an answer that holds the row's values.
func (j job) echo() json.RawMessage {
	all, err := json.Marshal(map[string]json.RawMessage{
		"dynamicVariables": orNull(j.Echoed), "videoCreative": orNull(j.Creative),
	})
	if err != nil {
		return nil
	}
	return all
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

func (j job) progress() providers.Progress {
	p := providers.Progress{Word: string(j.Status), Done: j.fraction(), Rate: j.rate}
	p.Outcome, p.Strange = outcome(strings.ToLower(strings.TrimSpace(p.Word)))
	if p.Outcome == providers.Failed {
		p.Reason = j.reason()
	}
	return p
}

// fraction is how much is done. The two numbers are no percentages, and the
// second may be zero or missing.
func (j job) fraction() float64 {
	if j.Of <= 0 || j.Done < 0 {
		return -1
	}
	return min(1, float64(j.Done/j.Of))
}

// reason is the service's explanation of a failure, if it gives one after all.
func (j job) reason() string {
	if j.Message != "" {
		return string(j.Message)
	}
	var text word
	var object struct {
		Message word `json:"message"`
	}
	raw := bytes.TrimSpace(j.Error)
	if json.Unmarshal(orNull(raw), &text) == nil && text != "" {
		return string(text)
	}
	if json.Unmarshal(orNull(raw), &object) == nil && object.Message != "" {
		return string(object.Message)
	}
	return "Colossyan says that the job failed, and not why"
}

// video answers E5.
type video struct {
	ID        word     `json:"id"`
	PublicURL word     `json:"publicUrl"`
	Thumbnail word     `json:"thumbnailUrl"`
	Bytes     quantity `json:"videoSizeBytes"`
	Seconds   quantity `json:"videoDurationSeconds"`
}

func (v video) result() providers.Result {
	return providers.Result{
		VideoURL: webAddress(string(v.PublicURL)), ThumbnailURL: webAddress(string(v.Thumbnail)),
		Duration: v.Seconds.duration(), Bytes: int64(min(max(v.Bytes, 0), 1<<50)),
	}
}

// webAddress returns a link that a browser may be sent to, or nothing: links end
// up in sheets and reports.
func webAddress(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return link
}

// duration reads a number of seconds to the millisecond; what is no plausible
// length of a video is nothing.
func (q quantity) duration() time.Duration {
	const day = 24 * 60 * 60
	if q <= 0 || q > day {
		return 0
	}
	return time.Duration(math.Round(float64(q)*1000)) * time.Millisecond
}

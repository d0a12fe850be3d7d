package sandbox

import (
	"encoding/json"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// failsAt is the part of its rendering that a failing job completes.
const failsAt = 0.6

// job is the record of an accepted call. Time changes nothing in it: the progress of a job
// follows from the clock. A restart, or a clock that jumps, therefore needs no repair.
type job struct {
	Seq       uint64 `json:"seq"`
	ID        string `json:"id"`
	ResultID  string `json:"result_id,omitempty"` // where the result has another name
	Provider  string `json:"provider"`
	Operation string `json:"operation"`
	Owner     string `json:"owner"` // hash of the credential
	Payer     string `json:"payer,omitempty"`
	Reference string `json:"reference,omitempty"`

	Try      int             `json:"try"`       // which submit of its content brought it about, from 1
	Content  string          `json:"content"`   // hash of the video's input, without callback fields
	BodyHash string          `json:"body_hash"` // hash of the request's bytes
	Body     json.RawMessage `json:"body"`
	Facts    json.RawMessage `json:"facts,omitempty"` // facts that the dialect needs later
	Base     string          `json:"base"`            // root of the links of a webhook

	Created time.Time     `json:"created"`
	Render  time.Duration `json:"render"`
	Length  time.Duration `json:"length"` // of the video
	Fails   bool          `json:"fails,omitempty"`
	Instant bool          `json:"instant,omitempty"` // the answer to the submit is the result
	Void    bool          `json:"void,omitempty"`    // a record without a payment

	Price      credit.Amount `json:"price"`
	Unit       string        `json:"unit"`
	Staged     []int64       `json:"staged,omitempty"`      // parts of the price, each taken when its stage is over
	FailedCost bool          `json:"failed_cost,omitempty"` // a failure costs as much as a success

	Webhook   string    `json:"webhook,omitempty"`
	Delivered bool      `json:"delivered,omitempty"`
	Cancelled time.Time `json:"cancelled,omitzero"`
	Deleted   bool      `json:"deleted,omitempty"` // the result, by its owner
	Gone      bool      `json:"gone,omitempty"`    // the record of the finished job, by its owner
}

// stretch multiplies the length of the video. A price by the minute grows with it.
func (j *job) stretch(times float64) {
	if times == 1 || j.Length <= 0 {
		return
	}
	j.Length = time.Duration(times * float64(j.Length)).Round(lengthGranularity)
	if j.Unit == minutes {
		j.Price = credit.Unit.Ratio(j.Length.Milliseconds(), time.Minute.Milliseconds())
	}
}

// fate is how a job ended, or that it runs.
type fate uint8

const (
	running fate = iota
	succeeded
	failed
	cancelled
)

// ends returns when the job is over, unless it is cancelled before.
func (j *job) ends() time.Time {
	switch {
	case j.Instant:
		return j.Created
	case j.Fails:
		return j.Created.Add(time.Duration(failsAt * float64(j.Render)))
	default:
		return j.Created.Add(j.Render)
	}
}

// fate returns the state of the job at an instant.
func (j *job) fate(now time.Time) fate {
	switch {
	case !j.Cancelled.IsZero():
		return cancelled
	case now.Before(j.ends()):
		return running
	case j.Fails:
		return failed
	default:
		return succeeded
	}
}

// progress returns the finished part of the rendering at an instant, from 0 to 1. It stops
// when the job is over.
func (j *job) progress(now time.Time) float64 {
	stop := j.ends()
	if !j.Cancelled.IsZero() {
		stop = j.Cancelled
	}
	if now.After(stop) {
		now = stop
	}
	if j.Instant || j.Render <= 0 {
		return 1
	}
	return min(1, max(0, float64(now.Sub(j.Created))/float64(j.Render)))
}

// changed returns the last time that the job's owner could see it change.
func (j *job) changed(now time.Time) time.Time {
	switch {
	case !j.Cancelled.IsZero():
		return j.Cancelled
	case now.After(j.ends()):
		return j.ends()
	default:
		return now
	}
}

// cost returns what the job costs at an instant, and whether that is final. A running job
// holds its price, and a finished one has taken it. A job that failed or was stopped has
// given back everything that no finished stage took.
func (j *job) cost(now time.Time) (credit.Amount, State) {
	switch j.fate(now) {
	case running:
		return j.Price, Open
	case succeeded:
		return j.Price, Charged
	case failed, cancelled:
		if lost := j.lost(now); lost > 0 {
			return lost, Charged
		}
	}
	return j.Price, Released
}

// lost returns the cost of a job that came to nothing.
func (j *job) lost(now time.Time) credit.Amount {
	if j.FailedCost {
		return j.Price
	}
	var total int64
	for _, part := range j.Staged {
		total += part
	}
	// A stage is paid when it is finished. The one that the job failed in is free.
	reached := int64(j.progress(now) * float64(total))
	var taken int64
	for _, part := range j.Staged {
		if taken+part > reached {
			break
		}
		taken += part
	}
	if taken == 0 {
		return 0
	}
	return j.Price.Ratio(taken, total)
}

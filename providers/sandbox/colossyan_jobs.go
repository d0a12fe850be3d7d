package sandbox

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"time"
)

// isUUID reports whether an id has the form of the service's ids. Any other text is an
// invalid parameter, and not an unknown id.
func isUUID(id string) bool {
	groups := strings.Split(id, "-")
	if len(groups) != 5 || len(id) != len("00000000-0000-0000-0000-000000000000") {
		return false
	}
	_, err := hex.DecodeString(strings.Join(groups, ""))
	return err == nil
}

// find returns a job of the caller. The job of another workspace is not found, just like
// one that never existed: the answer must not tell them apart.
func (c colossyan) find(in *call, parameter string, wanted func(job) string) (job, *reply) {
	id := in.PathValue("id")
	d := c.dialect()
	if !isUUID(id) {
		r := d.refuse(http.StatusBadRequest, "Invalid "+parameter+" parameter.")
		return job{}, &r
	}
	j, ok, err := c.books.find(id)
	if err != nil {
		return job{}, &reply{fault: dropped}
	}
	if !ok || j.Provider != Colossyan || j.Owner != in.owner || wanted(j) != id {
		r := d.refuse(http.StatusNotFound, "Not found.")
		return job{}, &r
	}
	return j, nil
}

// findJob returns the job that a path names.
func (c colossyan) findJob(in *call) (job, *reply) {
	return c.find(in, "videoGenerationJobId", func(j job) string {
		if c.behaviour().JobByVideoID {
			return j.ResultID
		}
		return j.ID
	})
}

// findVideo returns the job of a finished video. A deleted or very recent one is not found.
func (c colossyan) findVideo(in *call) (job, *reply) {
	j, refused := c.find(in, "videoId", func(j job) string { return j.ResultID })
	if refused != nil {
		return job{}, refused
	}
	now := c.now()
	if j.fate(now) != succeeded || j.Deleted || now.Before(j.ends().Add(c.behaviour().ResultDelay)) {
		r := c.dialect().refuse(http.StatusNotFound, "Generated video not found.")
		return job{}, &r
	}
	return j, nil
}

// job answers with the status of a job and the job itself.
func (c colossyan) job(in *call) reply {
	j, refused := c.findJob(in)
	if refused != nil {
		return *refused
	}
	now := c.now()
	if c.status(j, now) == "deleted" && c.behaviour().DeletedIsGone {
		return c.dialect().refuse(http.StatusNotFound, "Video generation job not found.")
	}
	body := map[string]any{
		"id": j.ID, "videoId": j.ResultID, "status": c.status(j, now),
		"creationDate": c.stamp(j.Created), "folderId": nil, "isAPIGenerated": true, "sharded": false,
		"userId": "sandbox-user",
	}
	body["progress"], body["maximumProgress"] = colossyanProgress(j, now)
	// The service repeats the parts of the request that made the video.
	var request map[string]json.RawMessage
	if json.Unmarshal(j.Body, &request) == nil {
		for _, name := range []string{"videoCreative", "templateJobId", "dynamicVariables"} {
			if value, ok := request[name]; ok {
				body[name] = value
			}
		}
	}
	return reply{status: http.StatusOK, body: body}
}

// status returns the status of a job in the service's words.
func (c colossyan) status(j job, now time.Time) string {
	if j.Gone {
		return "deleted"
	}
	switch j.fate(now) {
	case succeeded:
		return "finished"
	case failed:
		return "failed"
	case cancelled:
		return "deleted"
	case running:
	}
	// The shares are made up. Clients may rely on the order of the words only.
	switch part := j.progress(now); {
	case part < 0.1:
		return "in_queue"
	case part < 0.25:
		return "preprocessing"
	case part < 0.3:
		return "preprocessing_finished"
	case c.behaviour().OddStatus != "":
		return c.behaviour().OddStatus
	default:
		return "generating"
	}
}

// colossyanProgress counts pieces of work, and is not a percentage. At first there are
// none, because the job has not been divided yet.
func colossyanProgress(j job, now time.Time) (progress, maximum int64) {
	part := j.progress(now)
	if part < 0.25 {
		return 0, 0
	}
	maximum = 3 + j.Length.Milliseconds()/1700
	return int64(math.Floor(part * float64(maximum))), maximum
}

// deleteJob stops a running job, or removes a finished one together with its video.
func (c colossyan) deleteJob(in *call) reply {
	j, refused := c.findJob(in)
	if refused != nil {
		return *refused
	}
	now := c.now()
	_, no, err := c.books.change(j.ID, func(j *job) *refusal {
		switch {
		case !j.Cancelled.IsZero() || j.Gone:
			return &refusal{status: http.StatusNotFound, text: "Video generation job not found."}
		// A running job is stopped. A finished one is only hidden, and stays paid.
		case j.fate(now) == running:
			j.Cancelled = now
		default:
			j.Gone, j.Deleted = true, true
		}
		return nil
	})
	return c.deleted(no, err)
}

// deleteVideo removes a finished video.
func (c colossyan) deleteVideo(in *call) reply {
	j, refused := c.findVideo(in)
	if refused != nil {
		return *refused
	}
	_, no, err := c.books.change(j.ID, func(j *job) *refusal {
		j.Deleted = true
		return nil
	})
	return c.deleted(no, err)
}

// deleted answers a deletion in the form that the options choose.
func (c colossyan) deleted(no *refusal, err error) reply {
	switch {
	case err != nil:
		return reply{fault: dropped}
	case no != nil:
		return c.dialect().refusal(*no)
	case c.behaviour().DeleteNoContent:
		return reply{status: http.StatusNoContent}
	default:
		return reply{status: http.StatusOK, body: map[string]any{}}
	}
}

// video answers with the address of a finished video.
func (c colossyan) video(in *call) reply {
	j, refused := c.findVideo(in)
	if refused != nil {
		return *refused
	}
	return reply{status: http.StatusOK, body: map[string]any{
		"id": j.ResultID, "jobId": j.ID, "shareId": j.ID, "name": colossyanName(j),
		"publicUrl": c.link(in.base, j, ".mp4"), "thumbnailUrl": c.link(in.base, j, ".png"),
		"createdAt": c.stamp(j.ends()), "videoSizeBytes": videoSize(j.Length, j.picture()),
		"videoDurationSeconds": j.Length.Seconds(),
	}}
}

// colossyanName returns the name of the video in the workspace.
func colossyanName(j job) string {
	var request struct {
		VideoCreative struct {
			Settings struct{ Name string }
		}
		TemplateJobID string
	}
	// The body was parsed when the job was accepted.
	_ = json.Unmarshal(j.Body, &request)
	if name := request.VideoCreative.Settings.Name; name != "" {
		return name
	}
	return "Template " + request.TemplateJobID
}

package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// word returns the status of a job in the service's words.
func (s samsar) word(j job, now time.Time) string {
	switch j.fate(now) {
	case succeeded:
		return "COMPLETED"
	case failed:
		return "FAILED"
	case cancelled:
		return "CANCELLED"
	case running:
	}
	if part := j.progress(now); s.behaviour().Pauses && part >= 0.4 && part < 0.6 {
		return "PAUSED"
	}
	return "PENDING"
}

// status answers about any request of the caller.
func (s samsar) status(c *call) reply {
	j, found, err := s.findSession(c, c.URL.Query().Get("request_id"))
	switch {
	case err != nil:
		return reply{fault: dropped}
	case !found:
		return s.dialect().refuse(http.StatusNotFound, "request not found")
	}
	return reply{status: http.StatusOK, body: s.statusBody(j, c.base, s.now())}
}

// statusBody returns the status of a session.
func (s samsar) statusBody(j job, base string, now time.Time) map[string]any {
	session := j.session()
	body := map[string]any{
		"session_id": j.ID, "request_id": j.ID, "status": s.word(j, now), "type": "video", "provider": session.Model,
	}
	switch j.fate(now) {
	case running:
		body["expressGenerationStatus"] = stageWords(j, session.Stages, now)
		body["paused"] = body["status"] == "PAUSED"
	case failed:
		body["expressGenerationError"] = "A stage of the generation failed."
		body["message"] = "Video generation failed."
	case cancelled:
		body["message"] = "Render was cancelled."
	case succeeded:
		body["has_subtitles"] = session.Subtitles
		body["result_language"] = session.Language
		s.addLink(body, j, base, now)
	}
	// While the job runs, the taken credits are not final.
	if j.fate(now) != running && !s.behaviour().NoCreditHeaders {
		body["creditsCharged"] = number(s.taken(j, now))
	}
	return body
}

// taken returns the cost of a finished session.
func (s samsar) taken(j job, now time.Time) credit.Amount {
	if amount, state := j.cost(now); state == Charged {
		return amount
	}
	return 0
}

// stageWords returns the status of each stage.
func stageWords(j job, stages []string, now time.Time) map[string]string {
	words := map[string]string{}
	var begin, total float64
	for _, part := range j.Staged {
		total += float64(part)
	}
	for i, stage := range stages {
		end := total
		// A stage beyond the paid ones lasts until the end.
		if i < len(j.Staged) {
			end = begin + float64(j.Staged[i])
		}
		switch at := j.progress(now) * total; {
		case at >= end && total > 0:
			words[stage] = "COMPLETED"
		case at >= begin:
			words[stage] = "IN_PROGRESS"
		default:
			words[stage] = "PENDING"
		}
		begin = end
	}
	return words
}

// addLink adds the fields with the link to the result.
func (s samsar) addLink(body map[string]any, j job, base string, now time.Time) {
	if now.Before(j.ends().Add(s.behaviour().LinkDelay)) {
		return
	}
	link := s.link(base, j, ".mp4")
	for name, value := range map[string]any{"result_url": link, "result_urls": []string{link}, "videoLink": link, "remoteURL": link} {
		if only := s.behaviour().ResultField; only == "" || only == name {
			body[name] = value
		}
	}
}

// cancel stops a session. It may be repeated, and gives nothing back.
func (s samsar) cancel(c *call) reply {
	fields, _, refused := c.object()
	if refused != nil {
		return s.dialect().refusal(*refused)
	}
	id, _ := inputOf(fields)["videoSessionId"].(string)
	if id == "" {
		return s.dialect().refuse(http.StatusBadRequest, "videoSessionId is required")
	}
	j, found, err := s.findSession(c, id)
	if err == nil && !found {
		return s.dialect().refuse(http.StatusNotFound, "session not found")
	}
	if err == nil {
		_, _, err = s.books.change(j.ID, func(j *job) *refusal {
			// A session that is over stays as it is, and the answer is the same.
			if now := s.now(); j.fate(now) == running {
				j.Cancelled = now
			}
			return nil
		})
	}
	if err != nil {
		return reply{fault: dropped}
	}
	return reply{status: http.StatusOK, body: map[string]any{
		"request_id": j.ID, "session_id": j.ID, "status": "CANCELLED", "cancelled": true,
		"message": "Render cancellation requested.",
	}}
}

// latest answers with the newest link of a session. A failure has the status 200 here.
func (s samsar) latest(c *call) reply {
	id := c.URL.Query().Get("session_id")
	if id == "" {
		return s.dialect().refuse(http.StatusBadRequest, "session_id is required")
	}
	j, found, err := s.books.find(id)
	switch {
	case err != nil:
		return reply{fault: dropped}
	case !found || j.Provider != Samsar:
		return s.dialect().refuse(http.StatusNotFound, "session not found")
	// Here, and only here, the service tells that a session exists but belongs to another
	// key.
	case j.Owner != c.owner:
		return s.dialect().refuse(http.StatusForbidden, "session does not belong to the API key")
	}
	now := s.now()
	body := map[string]any{"session_id": j.ID, "status": s.word(j, now)}
	switch j.fate(now) {
	case succeeded:
		session := j.session()
		return reply{status: http.StatusOK, body: map[string]any{
			"session_id": j.ID, "result_url": s.link(c.base, j, ".mp4"),
			"has_subtitles": session.Subtitles, "result_language": session.Language,
		}}
	case failed:
		body["message"] = "Video generation failed."
	case cancelled:
		body["message"] = "Render was cancelled."
	case running:
		body["status"], body["message"] = "PENDING", "Render not ready yet."
		return reply{status: http.StatusAccepted, body: body}
	}
	return reply{status: http.StatusOK, body: body}
}

// completed lists the account's own completed sessions, newest first. The service misspells
// one field.
func (s samsar) completed(c *call) reply {
	limit := positiveQuery(c, "limit", sessionsMost)
	if limit == 0 {
		return s.dialect().refuse(http.StatusBadRequest, "limit must be a positive number")
	}
	now := s.now()
	// Sessions of external users are in a list of their own.
	jobs, err := s.books.list(Samsar, func(j *job) bool {
		return j.Owner == c.owner && j.fate(now) == succeeded && !strings.HasPrefix(j.ID, externalPrefix)
	})
	if err != nil {
		return reply{fault: dropped}
	}
	slices.Reverse(jobs)
	items := []any{}
	for _, j := range jobs[:min(limit, sessionsMost, len(jobs))] {
		session := j.session()
		items = append(items, map[string]any{
			"session_id": j.ID, "langauge": session.Language, //nolint:misspell // the service's spelling
			"result_language": session.Language,
			"has_subtitles":   session.Subtitles, "result_url": s.link(c.base, j, ".mp4"),
		})
	}
	return reply{status: http.StatusOK, body: items}
}

// requests lists the requests for one external user, or for all of them. The newest comes
// first, finished or not.
func (s samsar) requests(c *call) reply {
	key := c.URL.Query().Get("unique_key")
	if key == "" {
		key = c.URL.Query().Get("external_user_id")
	}
	// A list without a key shows all users of the account, and never those of another one.
	jobs, err := s.books.list(Samsar, func(j *job) bool {
		return j.Owner == c.owner && strings.HasPrefix(j.ID, externalPrefix) && (key == "" || j.Payer == key)
	})
	if err != nil {
		return reply{fault: dropped}
	}
	slices.Reverse(jobs)
	now := s.now()
	items := []any{}
	for _, j := range jobs {
		item := map[string]any{
			"request_id": j.ID, "session_id": j.ID, "unique_key": j.Payer, "status": s.word(j, now),
			"prompt": j.session().Prompt, "credits_charged": number(s.taken(j, now)), "credits_refunded": 0,
			"created_at": s.stamp(j.Created), "updated_at": s.stamp(j.changed(now)), "video_url": nil,
		}
		if j.fate(now) == succeeded {
			item["video_url"] = s.link(c.base, j, ".mp4")
		}
		items = append(items, item)
	}
	return reply{status: http.StatusOK, body: map[string]any{"requests": items}}
}

// notice returns the webhook of a session. It has no signature, so a client can only take
// it as a hint.
func (s samsar) notice(j job, kind noticeKind) notice {
	if kind == stranger {
		j.ID = "vid_" + newID()
	}
	now := s.now()
	video := map[string]any{"url": nil, "request_id": j.ID, "session_id": j.ID}
	body := map[string]any{"request_id": j.ID, "session_id": j.ID, "status": s.word(j, now), "video": video}
	if j.fate(now) == succeeded {
		link := s.link(j.Base, j, ".mp4")
		body["result_url"], video["url"] = link, link
	} else {
		body["error"] = map[string]any{"message": "Video generation failed."}
	}
	// Webhooks for an external user carry the ids of both worlds.
	if strings.HasPrefix(j.ID, externalPrefix) {
		body["external_request_id"], body["external_session_id"] = j.ID, j.ID
		body["upstream_session_id"] = "vid_" + strings.TrimPrefix(j.ID, externalPrefix)
	}
	return notice{body: encode(body)}
}

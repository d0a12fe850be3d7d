package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

const vidgenBase = "/vidgen"

// VidgenBehaviour chooses the behaviour that vidgen's documentation leaves open.
type VidgenBehaviour struct {
	// SubmitsPerMinute and RequestsPerMinute are the limits per address. Zero means 30 and
	// 600, a negative number none.
	SubmitsPerMinute, RequestsPerMinute int
	// OnePerUser counts the active jobs of all keys together, and not of each key.
	OnePerUser bool
	// CancelByPost accepts POST /api/jobs/{id}/cancel instead of DELETE /api/jobs/{id}.
	CancelByPost bool
	// NoList answers the list of jobs with 404, because no document names its path.
	NoList bool
	// CreatedStatus is the status of an accepted submit; default: 201.
	CreatedStatus int
	// UpperCaseSignature writes the webhook's signature in upper-case hex.
	UpperCaseSignature bool
	// OneRateLimitHeader sends the newer single RateLimit header instead of three headers.
	OneRateLimitHeader bool
}

// vidgen plays the service that makes a talking video from an image and a sound file.
type vidgen struct{ *Sandbox }

// routes registers all paths of the service.
func (v vidgen) routes() {
	d := v.dialect()
	d.paid("POST "+vidgenBase+"/api/jobs", v.create)
	if !v.behaviour().NoList {
		d.free("GET "+vidgenBase+"/api/jobs", v.list)
	}
	d.free("GET "+vidgenBase+"/api/status/{id}", v.status)
	cancel := "DELETE " + vidgenBase + "/api/jobs/{id}"
	if v.behaviour().CancelByPost {
		cancel = "POST " + vidgenBase + "/api/jobs/{id}/cancel"
	}
	d.free(cancel, v.cancel)
	d.open("GET "+vidgenBase+"/health", v.health)
	d.open("GET "+vidgenBase+"/api/health", v.health)
}

func (v vidgen) dialect() dialect {
	return dialect{
		sandbox: v.Sandbox, name: Vidgen, gate: v.gate,
		credential: func(r *http.Request) string { return r.Header.Get("X-API-Key") },
		errorBody:  func(r refusal) any { return map[string]any{"error": r.text} },
	}
}

func (v vidgen) behaviour() VidgenBehaviour { return v.options.Behaviour.Vidgen }

// health answers that the service runs.
func (v vidgen) health(*call) reply {
	return reply{status: http.StatusOK, body: map[string]any{"status": "ok"}}
}

// gate applies the limits per address, and tells the caller how much is left.
func (v vidgen) gate(c *call) *refusal {
	limits := []limit{{"", v.behaviour().RequestsPerMinute, 600}}
	if c.Method == http.MethodPost && strings.HasSuffix(c.URL.Path, "/api/jobs") {
		limits = append(limits, limit{"submit", v.behaviour().SubmitsPerMinute, 30})
	}
	for _, l := range limits {
		if refused := v.meter(c, l); refused != nil {
			return refused
		}
	}
	return nil
}

// limit is the number of calls of a kind that a minute allows.
type limit struct {
	kind       string
	configured int // 0: the documented number, negative: no limit
	documented int
}

// meter counts a call, adds the headers, and refuses it if it is one too many.
func (v vidgen) meter(c *call, l limit) *refusal {
	allowed := l.configured
	if allowed == 0 {
		allowed = l.documented
	}
	if allowed < 0 {
		return nil
	}
	// The port changes with each connection. All connections of a machine share a limit.
	address, _, _ := strings.Cut(c.RemoteAddr, ":")
	used, reset := v.meters.count(l.kind+"\x00"+address, v.now())
	seconds := strconv.Itoa(int((reset + time.Second - 1) / time.Second))
	left := strconv.Itoa(max(0, allowed-used))
	if v.behaviour().OneRateLimitHeader {
		c.header.Set("RateLimit", "limit="+strconv.Itoa(allowed)+", remaining="+left+", reset="+seconds)
	} else {
		c.header.Set("RateLimit-Limit", strconv.Itoa(allowed))
		c.header.Set("RateLimit-Remaining", left)
		c.header.Set("RateLimit-Reset", seconds)
	}
	if used <= allowed {
		return nil
	}
	return &refusal{status: http.StatusTooManyRequests, text: "Rate limit exceeded", header: http.Header{"Retry-After": {seconds}}}
}

// create accepts a job.
func (v vidgen) create(c *call) reply {
	form, refused := readUpload(c)
	if refused != nil {
		return v.dialect().refusal(*refused)
	}
	body := encode(form.summary())
	operation := "vidgen/job"
	draft := job{
		ID: "cl" + newID(), Operation: operation, BodyHash: hash(body), Body: body,
		// The names of the files do not change the video, so only their hashes count.
		Content: contentOf(operation, map[string]any{"image": form.image.SHA256, "audio": form.audio.SHA256}),
		Webhook: form.webhook, Reference: queryReference(form.webhook),
		Length: form.audio.length, Price: credit.Of(1), Unit: "jobs",
	}
	return v.dialect().submit(c, draft, v.oneAtATime(c.owner), func(j job) reply {
		status := v.behaviour().CreatedStatus
		if status == 0 {
			status = http.StatusCreated
		}
		return reply{status: status, body: map[string]any{"message": "Job created", "jobId": j.ID}}
	})
}

// oneAtATime refuses a job while another one of the same key, or of the same user, is
// pending or processing.
func (v vidgen) oneAtATime(owner string) func(*books) *refusal {
	return func(b *books) *refusal {
		mine := func(j *job) bool { return v.behaviour().OnePerUser || j.Owner == owner }
		if b.active(Vidgen, v.now(), mine) > 0 {
			return &refusal{status: http.StatusConflict, text: "You already have an active job"}
		}
		return nil
	}
}

// word returns the status of a job in the service's words.
func (v vidgen) word(j job, now time.Time) string {
	switch j.fate(now) {
	case succeeded:
		return "COMPLETED"
	case failed:
		return "FAILED"
	case cancelled:
		return "CANCELLED"
	case running:
	}
	if pending(&j, now) {
		return "PENDING"
	}
	return "PROCESSING"
}

// pending reports whether no worker has taken the job yet. Only then can it be cancelled.
func pending(j *job, now time.Time) bool {
	return j.fate(now) == running && j.progress(now) < 0.15
}

// shown returns the fields that every answer has about a job.
func (v vidgen) shown(j job, base string, now time.Time) map[string]any {
	fields := map[string]any{
		"status": v.word(j, now), "outputVideo": nil, "outputShareLink": nil, "errorMessage": nil,
		"createdAt": v.stamp(j.Created), "updatedAt": v.stamp(j.changed(now)),
	}
	switch j.fate(now) {
	case succeeded:
		fields["outputVideo"], fields["outputShareLink"] = v.link(base, j, ".mp4"), shareLink(base, j)
	case failed:
		fields["errorMessage"] = "The face in the image could not be animated."
	case running, cancelled:
	}
	return fields
}

// statusBody returns the status of a job.
func (v vidgen) statusBody(j job, base string, now time.Time) map[string]any {
	fields := v.shown(j, base, now)
	fields["jobId"] = j.ID
	if j.fate(now) == running && !pending(&j, now) {
		fields["progress"] = int(100 * j.progress(now))
	}
	return fields
}

// find returns a job of the caller.
func (v vidgen) find(c *call) (job, *reply) {
	j, ok, err := v.books.find(c.PathValue("id"))
	if err != nil {
		return job{}, &reply{fault: dropped}
	}
	if !ok || j.Provider != Vidgen || j.Owner != c.owner {
		r := v.dialect().refuse(http.StatusNotFound, "Job not found")
		return job{}, &r
	}
	return j, nil
}

// status answers with the status of a job.
func (v vidgen) status(c *call) reply {
	j, refused := v.find(c)
	if refused != nil {
		return *refused
	}
	return reply{status: http.StatusOK, body: v.statusBody(j, c.base, v.now())}
}

// list answers with the caller's jobs, newest first, one page at a time.
func (v vidgen) list(c *call) reply {
	query := c.URL.Query()
	limit := 20
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return v.dialect().refuse(http.StatusBadRequest, "limit must be an integer from 1 to 100")
		}
		limit = n
	}
	status := query.Get("status")
	now := v.now()
	words := []string{"", "PENDING", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED"}
	if !slices.Contains(words, status) {
		return v.dialect().refuse(http.StatusBadRequest, "unknown status")
	}
	jobs, err := v.books.list(Vidgen, func(j *job) bool {
		return j.Owner == c.owner && (status == "" || v.word(*j, now) == status)
	})
	if err != nil {
		return reply{fault: dropped}
	}
	slices.Reverse(jobs)
	// The cursor is the first job of the next page, so new jobs do not shift it.
	if cursor := query.Get("cursor"); cursor != "" {
		at := slices.IndexFunc(jobs, func(j job) bool { return j.ID == cursor })
		if at < 0 {
			return v.dialect().refuse(http.StatusBadRequest, "unknown cursor")
		}
		jobs = jobs[at:]
	}
	return reply{status: http.StatusOK, body: v.page(c, jobs, limit)}
}

// page returns the start of a list, and the cursor of the next page.
func (v vidgen) page(c *call, jobs []job, limit int) map[string]any {
	pagination := map[string]any{"limit": limit, "nextCursor": nil, "hasNextPage": len(jobs) > limit}
	// The cursor is the first job that did not fit.
	if len(jobs) > limit {
		pagination["nextCursor"] = jobs[limit].ID
		jobs = jobs[:limit]
	}
	now := v.now()
	items := make([]any, len(jobs))
	for i, j := range jobs {
		fields := v.shown(j, c.base, now)
		fields["id"] = j.ID
		fields["retries"] = 0
		fields["webhookUrl"] = nil
		if j.Webhook != "" {
			fields["webhookUrl"] = j.Webhook
		}
		items[i] = fields
	}
	return map[string]any{"jobs": items, "pagination": pagination}
}

// cancel stops a job that no worker has taken.
func (v vidgen) cancel(c *call) reply {
	j, refused := v.find(c)
	if refused != nil {
		return *refused
	}
	_, no, err := v.books.change(j.ID, func(j *job) *refusal {
		now := v.now()
		// The check and the change are under one lock, so two cancellations cannot both succeed.
		if !pending(j, now) {
			return &refusal{status: http.StatusConflict, text: "Job is not in a cancellable state"}
		}
		j.Cancelled = now
		return nil
	})
	switch {
	case err != nil:
		return reply{fault: dropped}
	case no != nil:
		return v.dialect().refusal(*no)
	}
	return reply{status: http.StatusOK, body: map[string]any{"success": true, "message": "Job cancelled successfully"}}
}

// notice returns the webhook of a job: the answer of its status, with a signature.
func (v vidgen) notice(j job, kind noticeKind) notice {
	secret := v.options.WebhookSecret
	// A forger does not know the secret. A stranger does, but speaks of another job.
	switch kind {
	case forged:
		secret += " guessed"
	case stranger:
		j.ID = "cl" + newID()
	case genuine:
	}
	body := encode(v.statusBody(j, j.Base, v.now()))
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write(body)
	signature := hex.EncodeToString(mac.Sum(nil))
	if v.behaviour().UpperCaseSignature {
		signature = strings.ToUpper(signature)
	}
	return notice{body: body, header: http.Header{"X-Webhook-Signature": {signature}}}
}

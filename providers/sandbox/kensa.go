package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

const (
	kensaBase = "/kensa/api/v1"

	kensaPromptLimit = 5000 // runes; of the sibling service, the documentation is silent
	kensaPromptShown = 28   // runes of a prompt that a list shows
	kensaUploadFrom  = 0.9  // the part of the rendering after which the video is uploaded
)

// KensaBehaviour chooses the behaviour that Kensa's documentation leaves open.
type KensaBehaviour struct {
	// Prices are credits for a job, by "model quality seconds" ("sora-2 720p 10"). They
	// replace the built-in prices.
	Prices map[string]credit.Amount
	// ErrorObject makes errors an object with a message, not a text.
	ErrorObject bool
	// ErrorsAsOK answers refusals with 200 and "success": false.
	ErrorsAsOK bool
	// FundsAs500 answers an empty balance with 500 instead of 402, and leaves a failed
	// record behind. A client must not pay twice because of it.
	FundsAs500 bool
	// WholePrompts shows prompts in full in lists and details.
	WholePrompts bool
	// ListGrows adds somebody else's video each time a later page of the list is read, so
	// that the pages shift.
	ListGrows bool
	// LinkDelay is how long a completed video has no link yet.
	LinkDelay time.Duration
	// FailedIsFree shows no credits for failed videos. Otherwise the frozen ones are shown.
	FailedIsFree bool
	// DiscreteDurations allows only the durations of the sibling service. Otherwise all up
	// to a model's longest are allowed.
	DiscreteDurations bool
	// Parallel is how many videos may be in progress at a time, and Daily how many may be
	// started in 24 hours. Zero means no limit.
	Parallel, Daily int
	// SessionCalls is how many calls a session lasts before it expires. Zero means that it
	// never does. Another credential is another session of the same account.
	SessionCalls int
}

// kensa plays the service Kensa. It freezes credits, and then settles or releases them.
type kensa struct{ *Sandbox }

// routes registers all paths of the service.
func (k kensa) routes() {
	d := k.dialect()
	d.paid("POST "+kensaBase+"/video/generate", k.generate)
	d.free("GET "+kensaBase+"/video/list", k.list)
	d.free("GET "+kensaBase+"/video/task", k.task)
	d.free("GET "+kensaBase+"/video/{uuid}", k.details)
	d.free("DELETE "+kensaBase+"/video/{uuid}", k.remove)
	d.free("GET "+kensaBase+"/config/models", k.models)
	d.free("GET "+kensaBase+"/credit/history", k.history)
}

func (k kensa) dialect() dialect {
	return dialect{sandbox: k.Sandbox, name: Kensa, credential: session, errorBody: k.errorBody, gate: k.logIn, errorStatus: k.errorStatus}
}

func (k kensa) behaviour() KensaBehaviour { return k.options.Behaviour.Kensa }

// session returns the caller's credential: a cookie, or a token for a deployment that takes
// one.
func session(r *http.Request) string {
	if cookie := r.Header.Get("Cookie"); cookie != "" {
		return cookie
	}
	return bearer(r)
}

// errorBody words a refusal. A refusal with details always has the long form.
func (k kensa) errorBody(r refusal) any {
	var problem any = r.text
	if k.behaviour().ErrorObject || r.detail != nil {
		details := r.detail
		if details == nil {
			details = map[string]any{}
		}
		problem = map[string]any{"message": r.text, "details": details}
	}
	return map[string]any{"success": false, "error": problem}
}

// errorStatus returns 200 for refusals if the options say so. A session that has expired
// keeps its status, because no client could log in again otherwise.
func (k kensa) errorStatus(status int) int {
	if k.behaviour().ErrorsAsOK && status >= 400 && status < 500 && status != http.StatusUnauthorized {
		return http.StatusOK
	}
	return status
}

// logIn finds the account of a session, and ends the session after so many calls. Where
// sessions end, all of them belong to one account, so that a new session sees the videos of
// the old one.
func (k kensa) logIn(c *call) *refusal {
	most := k.behaviour().SessionCalls
	if most == 0 {
		return nil
	}
	if k.polls.next("kensa session\x00"+c.owner) > most {
		return &refusal{status: http.StatusUnauthorized, text: "Session expired"}
	}
	c.owner = hash([]byte("the next login"))
	return nil
}

// success returns an answer with data.
func success(data any) reply {
	return reply{status: http.StatusOK, body: map[string]any{"success": true, "data": data}}
}

// kensaOrder is a request for a video.
type kensaOrder struct {
	Prompt        string  `json:"prompt"`
	Model         string  `json:"model"`
	Duration      float64 `json:"duration"`
	AspectRatio   string  `json:"aspectRatio"`
	Quality       string  `json:"quality"`
	StartImageURL *string `json:"startImageUrl"`
}

// generate accepts a video and freezes its credits.
func (k kensa) generate(c *call) reply {
	fields, raw, refused := c.object()
	if refused != nil {
		return k.dialect().refusal(*refused)
	}
	var order kensaOrder
	if err := json.Unmarshal(raw, &order); err != nil {
		return k.dialect().refuse(http.StatusBadRequest, "Invalid parameters")
	}
	if problem := k.check(order); problem != "" {
		return k.dialect().refuse(http.StatusBadRequest, problem)
	}
	draft := job{
		ID: newUUID(), Operation: "kensa/generate", BodyHash: hash(raw), Body: raw, Facts: encode(order),
		Price: k.price(order), Unit: "credits",
		Length: time.Duration(order.Duration * float64(time.Second)).Round(lengthGranularity),
	}
	// The query of the image's address carries the caller's key. It changes with each
	// campaign and not the video, so it is no part of the content.
	if order.StartImageURL != nil {
		draft.Reference = queryReference(*order.StartImageURL)
		fields["startImageUrl"], _, _ = strings.Cut(*order.StartImageURL, "?")
	}
	draft.Content = contentOf(draft.Operation, fields)
	return k.dialect().submit(c, draft, k.admit(draft, c.owner), func(j job) reply {
		return success(map[string]any{
			"uuid": j.ID, "status": "PENDING", "model": order.Model,
			"creditsUsed": number(j.Price), "createdAt": k.stamp(j.Created),
		})
	})
}

// admit refuses a video that the account cannot pay for or may not start.
func (k kensa) admit(draft job, owner string) func(*books) *refusal {
	return func(b *books) *refusal {
		now := k.now()
		mine := func(j *job) bool { return j.Owner == owner }
		if most := k.behaviour().Parallel; most > 0 && b.active(Kensa, now, mine) >= most {
			return kensaLimit("parallel_limit", "Too many videos in the making", 10)
		}
		if most := k.behaviour().Daily; most > 0 && b.since(Kensa, now.Add(-24*time.Hour)) >= most {
			return kensaLimit("daily_limit", "Daily limit reached", 3600)
		}
		// The money is checked last: a limit passes, an empty balance does not.
		if left, limited := b.left(account{Kensa, ""}, now); !limited || left >= draft.Price {
			return nil
		}
		if !k.behaviour().FundsAs500 {
			return &refusal{status: http.StatusPaymentRequired, text: "Insufficient credits"}
		}
		return &refusal{status: http.StatusInternalServerError, text: "Insufficient credits", leaves: k.failedRecord(draft, owner)}
	}
}

// kensaLimit returns the refusal of a caller who is over a limit, with the headers of the
// service.
func kensaLimit(reason, text string, seconds int) *refusal {
	return &refusal{
		status: http.StatusTooManyRequests, text: text, detail: map[string]any{"reason": reason},
		header: http.Header{
			"Retry-After":           {strconv.Itoa(seconds)},
			"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {strconv.Itoa(seconds)},
		},
	}
}

// failedRecord returns the record that some deployments write before they check the
// balance: a failed video that was not paid.
func (k kensa) failedRecord(draft job, owner string) *job {
	draft.Provider, draft.Owner = Kensa, owner
	draft.Created = k.now()
	draft.Void, draft.Fails = true, true
	draft.Price = 0
	return &draft
}

// word returns the status of a job in the service's words.
func (k kensa) word(j job, now time.Time) string {
	switch j.fate(now) {
	case succeeded:
		return "COMPLETED"
	case failed, cancelled:
		return "FAILED"
	case running:
	}
	switch part := j.progress(now); {
	case part < 0.1:
		return "PENDING"
	case part < kensaUploadFrom:
		return "GENERATING"
	default:
		return "UPLOADING"
	}
}

// find returns a video of the caller by its uuid. A deleted one is not found.
func (k kensa) find(c *call, uuid string) (job, *reply) {
	j, ok, err := k.books.find(uuid)
	if err != nil {
		return job{}, &reply{fault: dropped}
	}
	if !ok || j.Provider != Kensa || j.Owner != c.owner || j.Deleted {
		r := k.dialect().refuse(http.StatusNotFound, "Video not found")
		return job{}, &r
	}
	return j, nil
}

// task answers with the status of a video alone.
func (k kensa) task(c *call) reply {
	uuid := c.URL.Query().Get("uuid")
	if uuid == "" {
		return k.dialect().refuse(http.StatusBadRequest, "uuid is required")
	}
	j, refused := k.find(c, uuid)
	if refused != nil {
		return *refused
	}
	now := k.now()
	return success(map[string]any{"uuid": j.ID, "status": k.word(j, now), "progress": int(100 * j.progress(now))})
}

// item returns a video in the form of a list.
func (k kensa) item(j job, base string, now time.Time) map[string]any {
	var order kensaOrder
	// generate wrote the facts.
	_ = json.Unmarshal(j.Facts, &order)
	fields := map[string]any{
		"uuid": j.ID, "prompt": k.shownPrompt(order.Prompt), "model": order.Model, "status": k.word(j, now),
		"videoUrl": nil, "thumbnailUrl": nil, "duration": order.Duration, "aspectRatio": order.AspectRatio,
		"creditsUsed": number(j.Price), "createdAt": k.stamp(j.Created), "completedAt": nil,
	}
	switch j.fate(now) {
	case succeeded:
		fields["completedAt"] = k.stamp(j.ends())
		// A finished video may have no link for a while. Clients must ask again.
		if !now.Before(j.ends().Add(k.behaviour().LinkDelay)) {
			fields["videoUrl"], fields["thumbnailUrl"] = k.link(base, j, ".mp4"), k.link(base, j, ".png")
		}
	case failed:
		if k.behaviour().FailedIsFree {
			fields["creditsUsed"] = 0
		}
	case running, cancelled:
	}
	return fields
}

// shownPrompt returns the part of a prompt that a list shows.
func (k kensa) shownPrompt(prompt string) string {
	runes := []rune(prompt)
	if k.behaviour().WholePrompts || len(runes) <= kensaPromptShown {
		return prompt
	}
	return string(runes[:kensaPromptShown]) + "..."
}

// details answers with everything that is known about a video.
func (k kensa) details(c *call) reply {
	j, refused := k.find(c, c.PathValue("uuid"))
	if refused != nil {
		return *refused
	}
	now := k.now()
	var order kensaOrder
	// generate wrote the facts.
	_ = json.Unmarshal(j.Facts, &order)
	fields := k.item(j, c.base, now)
	fields["provider"] = "evolink"
	fields["startImageUrl"] = order.StartImageURL
	fields["resolution"] = order.quality()
	fields["fileSize"], fields["generationTime"] = nil, nil
	if j.fate(now) == succeeded {
		fields["fileSize"], fields["generationTime"] = videoSize(j.Length, j.picture()), int(j.Render.Seconds())
	}
	return success(fields)
}

// list answers with a page of the caller's videos, newest first.
func (k kensa) list(c *call) reply {
	page, size := positiveQuery(c, "page", 1), positiveQuery(c, "pageSize", 20)
	if page == 0 || size == 0 || size > 100 {
		return k.dialect().refuse(http.StatusBadRequest, "Invalid page or pageSize")
	}
	// A client that counts pages would miss a video or see one twice.
	if page > 1 && k.behaviour().ListGrows {
		if err := k.intrude(c); err != nil {
			return reply{fault: dropped}
		}
	}
	jobs, err := k.books.list(Kensa, func(j *job) bool { return j.Owner == c.owner && !j.Deleted })
	if err != nil {
		return reply{fault: dropped}
	}
	slices.Reverse(jobs)
	now := k.now()
	items := []any{}
	for _, j := range pageOf(jobs, page, size) {
		items = append(items, k.item(j, c.base, now))
	}
	return success(map[string]any{"videos": items, "total": len(jobs), "page": page, "pageSize": size})
}

// pageOf returns a page of a list, counted from 1.
func pageOf(jobs []job, page, size int) []job {
	// The check comes before the multiplication, which could overflow.
	if page-1 > len(jobs)/size {
		return nil
	}
	begin := (page - 1) * size
	return jobs[min(begin, len(jobs)):min(begin+size, len(jobs))]
}

// positiveQuery reads a number of a query, at least 1. It returns 0 for anything else.
func positiveQuery(c *call, name string, absent int) int {
	text := c.URL.Query().Get(name)
	if text == "" {
		return absent
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// intrude makes a video for a colleague while the list is read.
func (k kensa) intrude(c *call) error {
	order := kensaOrder{Prompt: "Made by a colleague on the web page", Model: "sora-2", Duration: 10, AspectRatio: "16:9"}
	_, _, err := k.books.add(job{
		ID: newUUID(), Provider: Kensa, Owner: c.owner, Operation: "kensa/generate", Facts: encode(order), Body: encode(order),
		Content: "intruder", Created: k.now(), Render: k.options.Render, Length: 10 * time.Second, Void: true, Unit: "credits",
	}, nil)
	return err
}

// remove hides a video. It does not stop the rendering and gives nothing back.
func (k kensa) remove(c *call) reply {
	j, refused := k.find(c, c.PathValue("uuid"))
	if refused != nil {
		return *refused
	}
	_, _, err := k.books.change(j.ID, func(j *job) *refusal {
		j.Deleted = true
		return nil
	})
	if err != nil {
		return reply{fault: dropped}
	}
	return success(map[string]any{"uuid": j.ID, "deleted": true})
}

// history answers with the frozen, settled and released credits, newest first.
func (k kensa) history(c *call) reply {
	page, size := positiveQuery(c, "page", 1), positiveQuery(c, "pageSize", 20)
	if page == 0 || size == 0 || size > 100 {
		return k.dialect().refuse(http.StatusBadRequest, "Invalid page or pageSize")
	}
	jobs, err := k.books.list(Kensa, func(j *job) bool { return j.Owner == c.owner && !j.Void })
	if err != nil {
		return reply{fault: dropped}
	}
	slices.Reverse(jobs)
	now := k.now()
	items := []any{}
	for _, j := range pageOf(jobs, page, size) {
		amount, state := j.cost(now)
		// Each video has one line, with the state that its credits are in now.
		word := map[State]string{Open: "FREEZE", Charged: "SETTLE", Released: "RELEASE"}[state]
		items = append(items, map[string]any{
			"videoUuid": j.ID, "type": word, "credits": number(amount), "createdAt": k.stamp(j.Created),
		})
	}
	return success(map[string]any{"transactions": items, "total": len(jobs), "page": page, "pageSize": size})
}

// number returns an amount as a JSON number, as the services write it. A float would lose
// digits.
func number(a credit.Amount) json.Number { return json.Number(a.String()) }

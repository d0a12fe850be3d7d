package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

const (
	samsarBase = "/samsar/v1"
	samsarV2   = "/samsar/v2"

	externalPrefix = "extreq_" // of the ids of external users' requests
	samsarOpenEnd  = 1_000_000 // credits shown for an account that never runs out
	sessionsMost   = 5000      // of the list of completed sessions
)

// SamsarBehaviour is what Samsar's documentation leaves open.
type SamsarBehaviour struct {
	// Rates are credits per second by video model, where they differ from the
	// documented ones.
	Rates map[string]int64
	// ChargeAtOnce takes the whole price when a request is accepted, as the
	// documentation says; otherwise each finished stage takes its part, as the
	// vendor's published server does. Neither gives anything back.
	ChargeAtOnce bool
	// SubmitDelay is how long a submit takes to be answered; image lists are
	// downloaded during it.
	SubmitDelay time.Duration
	// NoCreditHeaders leaves out all words on credits: headers and fields.
	NoCreditHeaders bool
	// MinimumDuration is the shortest text-to-video; none when zero.
	MinimumDuration time.Duration
	// Pauses shows PAUSED for the third fifth of each rendering.
	Pauses bool
	// LinkDelay is how long a completed session has no link yet.
	LinkDelay time.Duration
	// ResultField is the one field that carries the link: "result_url",
	// "result_urls", "videoLink" or "remoteURL"; all four when empty.
	ResultField string
}

// samsar plays Samsar.
type samsar struct{ *Sandbox }

func (s samsar) routes() {
	d := s.dialect()
	for _, operation := range samsarOperations() {
		for _, route := range operation.routes() {
			d.paid("POST "+route.path, s.submit(operation, route.external))
		}
	}
	d.free("POST "+samsarBase+"/video/cancel_render", s.cancel)
	d.free("GET "+samsarBase+"/video/fetch_latest_version", s.latest)
	d.free("GET "+samsarBase+"/video/list_completed_video_sessions", s.completed)
	for _, path := range []string{samsarBase + "/status", samsarV2 + "/status", samsarBase + "/external_users/status"} {
		d.free("GET "+path, s.status)
	}
	d.free("GET "+samsarBase+"/external_users/requests", s.requests)
	d.free("GET "+samsarBase+"/credits", s.credits)
	d.open("GET "+samsarBase+"/video/supported_models", s.models)
	d.open("GET "+samsarBase+"/supported_fonts", s.fonts)
}

func (s samsar) dialect() dialect {
	return dialect{
		sandbox: s.Sandbox, name: Samsar, credential: bearer, gate: s.echo,
		errorBody: func(r refusal) any { return map[string]any{"message": r.text} },
	}
}

func (s samsar) behaviour() SamsarBehaviour { return s.options.Behaviour.Samsar }

// echo returns the caller's tracing id. It is no idempotency key.
func (s samsar) echo(c *call) *refusal {
	if id := c.Request.Header.Get("X-Request-Id"); id != "" {
		c.header.Set("X-Request-Id", id)
	}
	return nil
}

// samsarSession is what is remembered of a session, besides its job.
type samsarSession struct {
	Prompt      string   `json:"prompt,omitempty"`
	Model       string   `json:"model"`
	AspectRatio string   `json:"aspect_ratio"`
	Language    string   `json:"language"`
	Subtitles   bool     `json:"subtitles"`
	Outro       bool     `json:"outro,omitempty"`
	Sources     []string `json:"sources,omitempty"`
	Stages      []string `json:"stages"`
}

func (j *job) session() samsarSession {
	var session samsarSession
	_ = json.Unmarshal(j.Facts, &session) // written by submit
	return session
}

// samsarOrder is a request on its way to becoming a job.
type samsarOrder struct {
	input    map[string]any
	webhook  string
	payer    string // the external user's key
	external bool   // ids and status are an external user's
	sources  []job
	session  samsarSession
	length   time.Duration
	rate     int64 // credits per second of length
	flat     int64 // credits beside that
	highest  int64 // credits that must be there, when more than the price
	parts    []int64
}

// price is what the order costs.
func (o *samsarOrder) price() credit.Amount {
	return credit.Of(o.rate).Ratio(o.length.Milliseconds(), time.Second.Milliseconds()).Plus(credit.Of(o.flat))
}

// submit accepts the requests of one operation.
func (s samsar) submit(operation samsarOperation, external bool) handler {
	return func(c *call) reply {
		fields, raw, refused := c.object()
		if refused != nil {
			return s.dialect().refusal(*refused)
		}
		order, refused := s.order(c, operation, fields, external)
		if refused != nil {
			return s.dialect().refusal(*refused)
		}
		draft := job{
			ID: order.newID(operation.prefix), Operation: "samsar/" + operation.name, BodyHash: hash(raw), Body: raw,
			Content: contentOf(operation.name, map[string]any{"input": order.input, "payer": order.payer}),
			Webhook: order.webhook, Payer: order.payer, Reference: queryReference(order.webhook),
			Length: order.length, Price: order.price(), Unit: "credits", Facts: encode(order.session),
			Staged: order.parts, FailedCost: s.behaviour().ChargeAtOnce || order.parts == nil,
		}
		if draft.Reference == "" {
			draft.Reference = order.payer
		}
		r := s.dialect().submit(c, draft, s.afford(order), func(j job) reply { return s.accepted(operation, j, order.external) })
		r.delay = s.behaviour().SubmitDelay
		return r
	}
}

func (o *samsarOrder) newID(prefix string) string {
	if o.external {
		return externalPrefix + newID()
	}
	return prefix + newID()
}

// order reads and checks a request.
func (s samsar) order(c *call, operation samsarOperation, fields map[string]any, external bool) (*samsarOrder, *refusal) {
	o := &samsarOrder{input: inputOf(fields)}
	user, named := externalUser(fields)
	if external && operation.sources == 0 && !named {
		return nil, badRequest("external_user with provider and external_user_id is required")
	}
	if webhook, ok := fields["webhookUrl"]; ok {
		text, _ := webhook.(string)
		if !isWebURL(text) {
			return nil, badRequest("webhookUrl must be a URL")
		}
		o.webhook = text
	}
	if refused := s.findSources(c, operation, o); refused != nil {
		return nil, refused
	}
	s.route(o, user, external && named)
	if problem := operation.check(s, o); problem != "" {
		return nil, badRequest(problem)
	}
	return o, nil
}

// inputOf returns the fields of a request: those under "input", else those of a
// flat request, without what is always beside them.
func inputOf(fields map[string]any) map[string]any {
	if nested, ok := fields["input"].(map[string]any); ok {
		return nested
	}
	flat := maps.Clone(fields)
	delete(flat, "webhookUrl")
	delete(flat, "external_user")
	return flat
}

// externalUser reads for whom a request is made.
func externalUser(fields map[string]any) (key string, named bool) {
	user, _ := fields["external_user"].(map[string]any)
	id, _ := user["external_user_id"].(string)
	provider, _ := user["provider"].(string)
	key, _ = user["unique_key"].(string)
	if key == "" {
		key = id
	}
	return key, key != "" && id != "" && provider != ""
}

// route says who pays. The kind of the source's id decides before the path does:
// an external user's session is billed to that user on either route, and an
// internal one to the account, unless the external route names a user.
func (s samsar) route(o *samsarOrder, user string, named bool) {
	o.payer, o.external = "", named
	if named {
		o.payer = user
		return
	}
	for _, source := range o.sources {
		if strings.HasPrefix(source.ID, externalPrefix) {
			o.payer, o.external = source.Payer, true
		}
	}
}

// findSession returns a session of the caller's: by its id, or an external
// request's id without its prefix.
func (s samsar) findSession(c *call, id string) (j job, found bool, err error) {
	for _, name := range []string{id, externalPrefix + id} {
		j, found, err = s.books.find(name)
		if err != nil || found && j.Provider == Samsar {
			break
		}
	}
	return j, found && j.Provider == Samsar && j.Owner == c.owner, err
}

// findSources finds the sessions that an edit begins with. They must be
// completed; nothing else has a timeline to edit.
func (s samsar) findSources(c *call, operation samsarOperation, o *samsarOrder) *refusal {
	ids, problem := operation.sourceIDs(o.input)
	if problem != "" {
		return badRequest(problem)
	}
	for _, id := range ids {
		j, found, err := s.findSession(c, id)
		switch {
		case err != nil:
			return &refusal{status: http.StatusInternalServerError, text: "Internal server error"}
		case !found && operation.unknownIs400:
			return badRequest("unknown session id")
		case !found:
			return &refusal{status: http.StatusNotFound, text: "session not found"}
		case j.fate(s.now()) != succeeded:
			return badRequest("source session has no completed video URL")
		}
		o.sources = append(o.sources, j)
	}
	return nil
}

// afford refuses an order that the account cannot pay at its highest.
func (s samsar) afford(o *samsarOrder) func(*books) *refusal {
	return func(b *books) *refusal {
		need := max(o.price(), credit.Of(o.highest))
		left, limited := b.left(account{Samsar, o.payer}, s.now())
		if !limited || need == 0 || left >= need {
			return nil
		}
		return &refusal{
			status: http.StatusPaymentRequired,
			text:   "Insufficient credits. Estimated required credits: " + need.String() + "; available credits: " + left.String(),
		}
	}
}

// accepted is the answer to an accepted request.
func (s samsar) accepted(operation samsarOperation, j job, external bool) reply {
	body := map[string]any{"request_id": j.ID, "session_id": j.ID}
	if external {
		body["external_request_id"] = j.ID
		body["status_endpoint"] = "/v1/external_users/status?request_id=" + j.ID
	}
	if operation.name == "clone" {
		body["status"], body["type"] = "PENDING", "video"
	}
	if (external || operation.name == "clone") && !s.behaviour().NoCreditHeaders {
		body["creditsCharged"] = number(j.Price)
	}
	return reply{status: http.StatusOK, header: s.creditHeaders(j), body: body}
}

func (s samsar) creditHeaders(j job) http.Header {
	if s.behaviour().NoCreditHeaders {
		return nil
	}
	return http.Header{
		"X-Credits-Charged":   {j.Price.String()},
		"X-Credits-Remaining": {s.remaining(j.Payer).String()},
	}
}

// remaining is what an account shows as its balance.
func (s samsar) remaining(payer string) credit.Amount {
	left, limited := s.books.balance(account{Samsar, payer}, s.now())
	if !limited {
		return credit.Of(samsarOpenEnd)
	}
	return left
}

func (s samsar) credits(*call) reply {
	left := s.remaining("")
	body := map[string]any{"remainingCredits": number(left), "lastTopUp": nil}
	return reply{status: http.StatusOK, header: http.Header{"X-Credits-Remaining": {left.String()}}, body: body}
}

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

// status answers about any request of the caller's.
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
		body["has_subtitles"], body["result_language"] = session.Subtitles, session.Language
		s.addLink(body, j, base, now)
	}
	if j.fate(now) != running && !s.behaviour().NoCreditHeaders {
		body["creditsCharged"] = number(s.taken(j, now))
	}
	return body
}

// taken is what a finished session has cost.
func (s samsar) taken(j job, now time.Time) credit.Amount {
	if amount, state := j.cost(now); state == Charged {
		return amount
	}
	return 0
}

// stageWords tells how far each stage is.
func stageWords(j job, stages []string, now time.Time) map[string]string {
	words := map[string]string{}
	var begin, total float64
	for _, part := range j.Staged {
		total += float64(part)
	}
	for i, stage := range stages {
		end := total
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

// addLink adds the fields that carry the link to the result.
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

// latest answers with a session's newest link; a failure is a 200 here.
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

// completed lists the account's own completed sessions, newest first. The
// misspelt field is the service's.
func (s samsar) completed(c *call) reply {
	limit := positiveQuery(c, "limit", sessionsMost)
	if limit == 0 {
		return s.dialect().refuse(http.StatusBadRequest, "limit must be a positive number")
	}
	now := s.now()
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
			"session_id": j.ID, "langauge": session.Language, "result_language": session.Language,
			"has_subtitles": session.Subtitles, "result_url": s.link(c.base, j, ".mp4"),
		})
	}
	return reply{status: http.StatusOK, body: items}
}

// requests lists what was asked for an external user, or for all of them, newest
// first, finished or not.
func (s samsar) requests(c *call) reply {
	key := c.URL.Query().Get("unique_key")
	if key == "" {
		key = c.URL.Query().Get("external_user_id")
	}
	jobs, err := s.books.list(Samsar, func(j *job) bool {
		return j.Owner == c.owner && strings.HasPrefix(j.ID, externalPrefix) && (key == "" || j.Payer == key)
	})
	if err != nil {
		return reply{fault: dropped}
	}
	slices.Reverse(jobs)
	now, items := s.now(), []any{}
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

// notice is a session's webhook, unsigned.
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
	if strings.HasPrefix(j.ID, externalPrefix) {
		body["external_request_id"], body["external_session_id"] = j.ID, j.ID
		body["upstream_session_id"] = "vid_" + strings.TrimPrefix(j.ID, externalPrefix)
	}
	return notice{body: encode(body)}
}

// models lists the models and their prices.
func (s samsar) models(*call) reply {
	var images, videos []any
	for _, m := range samsarImageModels() {
		images = append(images, map[string]any{"label": m.value, "value": m.value, "basePrice": m.price})
	}
	for _, m := range samsarVideoModels() {
		rate := s.rate(m.value)
		parts := map[string]any{"total": rate, "optionalAddons": map[string]any{"express_cta_generation": ctaRate}}
		for i, stage := range samsarStages() {
			parts[stage.component] = m.parts(rate)[i]
		}
		videos = append(videos, map[string]any{"label": m.label, "value": m.value, "basePrice": rate, "pricingDistribution": parts})
	}
	return reply{status: http.StatusOK, body: map[string]any{"IMAGE_MODELS": images, "VIDEO_MODELS": videos}}
}

func (s samsar) fonts(*call) reply {
	return reply{status: http.StatusOK, body: map[string]any{"fontsByLanguage": samsarFonts()}}
}

// rate is what a second of a model costs.
func (s samsar) rate(model string) int64 {
	if rate, ok := s.behaviour().Rates[model]; ok {
		return rate
	}
	for _, m := range samsarVideoModels() {
		if m.value == model {
			return m.rate
		}
	}
	return 0
}

// samsarRoute is one path of an operation.
type samsarRoute struct {
	path     string
	external bool
}

// routes are all paths of an operation.
func (o samsarOperation) routes() []samsarRoute {
	var routes []samsarRoute
	for _, path := range o.paths {
		routes = append(routes, samsarRoute{path: samsarBase + "/video/" + path})
	}
	if o.external {
		routes = append(routes, samsarRoute{path: samsarBase + "/external_users/" + o.paths[0], external: true})
	}
	if o.v2 {
		routes = append(routes, samsarRoute{path: samsarV2 + "/video/" + o.paths[0]})
	}
	return routes
}

// milli is a number of seconds of a request.
func milli(seconds float64) time.Duration {
	return time.Duration(seconds*1000+0.5) * time.Millisecond
}

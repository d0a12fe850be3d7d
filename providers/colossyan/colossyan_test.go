package colossyan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
)

const (
	canary    = "s3cret-canary-7351"
	hook      = "https://hooks.example.com/reelmerge?a=1&b=2"
	reference = "r-0123456789abcdef"
)

// service answers by method and path, and remembers what it was asked.
type service struct {
	answers map[string]string // "GET /x": "200 {…}"
	asked   []string
	bodies  []string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	what := r.Method + " " + r.URL.EscapedPath()
	s.asked, s.bodies = append(s.asked, what), append(s.bodies, string(body))
	status, text := http.StatusNotFound, `{"message":"not found"}`
	if answer, ok := s.answers[what]; ok {
		code, rest, _ := strings.Cut(answer, " ")
		if _, err := fmt.Sscan(code, &status); err != nil {
			panic(err)
		}
		text = rest
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

func connect(t *testing.T, answers map[string]string) (*colossyan.Client, *service) {
	t.Helper()
	s := &service{answers: answers}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client, err := colossyan.New(providers.Config{BaseURL: server.URL + "/api/v1", Token: canary, WebhookSecret: "hook-secret"})
	if err != nil {
		t.Fatal(err)
	}
	return client, s
}

const (
	jobPath   = "GET /api/v1/video-generation-jobs/"
	videoPath = "GET /api/v1/generated-videos/"
)

func poll(t *testing.T, c *colossyan.Client, ticket job.Ticket) providers.Progress {
	t.Helper()
	p, err := c.Poll(t.Context(), colossyan.TemplateJob, ticket)
	if err != nil {
		t.Fatalf("poll: %v", err)
	}
	return p
}

// COL-G1, COL-B4: the field's name differs, and nothing but our reference and
// signature goes along.
func TestTheCallbackGoesByItsRightName(t *testing.T) {
	for operation, test := range map[string]struct {
		request      providers.Request
		path         string
		field, other string
	}{
		colossyan.TemplateJob: {templateJob(1), "/api/v1/video-generation-jobs/template-jobs", "callbackUrl", "callback"},
		colossyan.VideoJob:    {videoJob(1), "/api/v1/video-generation-jobs", "callback", "callbackUrl"},
	} {
		c, s := connect(t, map[string]string{"POST " + test.path: `200 {"id":"j","videoId":"v"}`})
		test.request.Callback, test.request.Reference = hook, reference
		if _, err := c.Submit(t.Context(), test.request); err != nil {
			t.Fatal(err)
		}
		var sent map[string]json.RawMessage
		if err := json.Unmarshal([]byte(s.bodies[0]), &sent); err != nil {
			t.Fatalf("%s: %v: %s", operation, err, s.bodies[0])
		}
		var address string
		var payload map[string]string
		if json.Unmarshal(sent[test.field], &address) != nil || address != hook {
			t.Errorf("%s: %s = %s", operation, test.field, sent[test.field])
		}
		if _, there := sent[test.other]; there {
			t.Errorf("%s: %s was sent", operation, test.other)
		}
		if json.Unmarshal(sent["callbackPayload"], &payload) != nil || len(payload) != 2 || payload["rm"] != reference || len(payload["sig"]) != 64 {
			t.Errorf("%s: payload = %s", operation, sent["callbackPayload"])
		}
		start := strings.TrimSuffix(strings.TrimSpace(string(test.request.Body)), "}")
		if !strings.HasPrefix(s.bodies[0], start+",") {
			t.Errorf("%s: the request did not go out byte for byte:\n%s", operation, s.bodies[0])
		}
	}
}

func TestWithoutCallbackTheRequestGoesOutAsItIs(t *testing.T) {
	const path = "POST /api/v1/video-generation-jobs/template-jobs"
	collide := providers.Request{
		Operation: colossyan.TemplateJob, Callback: hook, Reference: reference,
		Body: body(`{"templateJobId":"a","dynamicVariables":{"status":"finished","url":"https://evil.example"}}`),
	}
	plain := templateJob(1)
	for name, r := range map[string]providers.Request{"no callback": plain, "COL-B3": collide} {
		c, s := connect(t, map[string]string{path: `200 {"id":"j","videoId":"v"}`})
		if _, err := c.Submit(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if s.bodies[0] != string(r.Body) {
			t.Errorf("%s: sent %s, want %s", name, s.bodies[0], r.Body)
		}
	}
}

func TestARequestWithACallbackOfItsOwnIsNotSent(t *testing.T) {
	c, s := connect(t, nil)
	for _, text := range []string{
		`{"templateJobId":"a","dynamicVariables":{},"callback":"https://x.example"}`,
		`{"templateJobId":"a","dynamicVariables":{},"callbackUrl":null}`,
		`{"templateJobId":"a","dynamicVariables":{},"callbackPayload":{}}`,
		`[]`, `null`, `{`,
	} {
		_, err := c.Submit(t.Context(), providers.Request{Operation: colossyan.TemplateJob, Body: body("%s", text)})
		if providers.KindOf(err) != providers.Invalid {
			t.Errorf("%s: %v", text, err)
		}
	}
	if len(s.asked) != 0 {
		t.Errorf("asked %v", s.asked)
	}
}

// COL-P1, COL-G19.
func TestSubmitKeepsBothIDs(t *testing.T) {
	for answer, want := range map[string]job.Ticket{
		`{"id":"j","videoId":"v"}`:  {Job: "j", Result: "v"},
		`{"id":"j"}`:                {Job: "j"},
		`{"id":"j","videoId":null}`: {Job: "j"},
		`{"videoId":"v"}`:           {Job: "v", Result: "v"},
		`{"id":17,"videoId":18}`:    {Job: "17", Result: "18"},
	} {
		c, _ := connect(t, map[string]string{"POST /api/v1/video-generation-jobs/template-jobs": "200 " + answer})
		got, err := c.Submit(t.Context(), templateJob(1))
		if err != nil || got.Ticket != want {
			t.Errorf("%s: %+v, %v; want %+v", answer, got.Ticket, err, want)
		}
	}
	for _, answer := range []string{`{"id":".."}`, `{"id":"a\u0000b"}`, `{"id":{}}`, `{"id":true}`, `{"id":"j","videoId":"."}`} {
		c, _ := connect(t, map[string]string{"POST /api/v1/video-generation-jobs/template-jobs": "200 " + answer})
		if _, err := c.Submit(t.Context(), templateJob(1)); providers.KindOf(err) != providers.Contract {
			t.Errorf("%s: %v, want a contract failure", answer, err)
		}
	}
}

// COL-P2: the id that worked is the one to ask by from then on.
func TestAJobKnownByItsVideosIDIsAskedForByThatFromThenOn(t *testing.T) {
	for _, refusal := range []string{`400 {"message":"Invalid videoGenerationJobId"}`, `404 {}`} {
		c, s := connect(t, map[string]string{jobPath + "j": refusal, jobPath + "v": `200 {"id":"j","videoId":"v","status":"generating"}`})
		p := poll(t, c, job.Ticket{Job: "j", Result: "v"})
		want := job.Ticket{Job: "v", Result: "v"}
		if p.Ticket != want {
			t.Errorf("ticket = %+v, want %+v", p.Ticket, want)
		}
		s.asked = nil
		if p = poll(t, c, p.Ticket); p.Ticket != want || !slices.Equal(s.asked, []string{jobPath + "v"}) {
			t.Errorf("ticket = %+v, asked %v", p.Ticket, s.asked)
		}
	}
}

func TestAJobKnownByNeitherIDIsNotFound(t *testing.T) {
	c, s := connect(t, map[string]string{jobPath + "j": `400 {}`})
	_, err := c.Poll(t.Context(), colossyan.TemplateJob, job.Ticket{Job: "j", Result: "v"})
	if providers.KindOf(err) != providers.NotFound || len(s.asked) != 2 {
		t.Errorf("%v after %v", err, s.asked)
	}
	s.asked = nil
	if _, err = c.Poll(t.Context(), colossyan.TemplateJob, job.Ticket{Job: "a/../b"}); providers.KindOf(err) != providers.NotFound {
		t.Errorf("%v", err)
	}
	if want := []string{jobPath + "a%2F..%2Fb"}; !slices.Equal(s.asked, want) {
		t.Errorf("asked %v, want %v", s.asked, want)
	}
}

func TestTroubleIsNoReasonToTryTheOtherID(t *testing.T) {
	c, s := connect(t, map[string]string{jobPath + "j": `503 {}`})
	_, err := c.Poll(t.Context(), colossyan.TemplateJob, job.Ticket{Job: "j", Result: "v"})
	if providers.KindOf(err) != providers.Transient || len(s.asked) != 1 {
		t.Errorf("%v after %v", err, s.asked)
	}
}

// COL-G7, COL-G14: seven words, and any other goes on.
func TestStatusesMeanWhatTheySay(t *testing.T) {
	for word, want := range map[string]providers.Progress{
		"in_queue":               {Outcome: providers.Running},
		"preprocessing":          {Outcome: providers.Running},
		"preprocessing_finished": {Outcome: providers.Running},
		"generating":             {Outcome: providers.Running},
		"Generating":             {Outcome: providers.Running},
		"polishing":              {Outcome: providers.Running, Strange: "polishing"},
		"success":                {Outcome: providers.Running, Strange: "success"},
		"failed":                 {Outcome: providers.Failed, Reason: "Colossyan says that the job failed, and not why"},
		"deleted":                {Outcome: providers.Cancelled},
	} {
		c, _ := connect(t, map[string]string{jobPath + "j": fmt.Sprintf(`200 {"id":"j","videoId":"v","status":%q,"progress":1,"maximumProgress":4}`, word)})
		want.Ticket = job.Ticket{Job: "j", Result: "v"}
		if diff := cmp.Diff(want, poll(t, c, job.Ticket{Job: "j"})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", word, diff)
		}
	}
}

func TestWhyAJobFailedIsToldWithoutTheRowsValues(t *testing.T) {
	for fields, want := range map[string]string{
		`"error":"no voice for Ada Lovelace"`:                 "no voice for [hidden]",
		`"error":{"message":"no voice for Ada Lovelace"}`:     "no voice for [hidden]",
		`"message":"token ` + canary + ` of https://a/b?c=d"`: "token [hidden] of https://a/b?[hidden]",
	} {
		c, _ := connect(t, map[string]string{jobPath + "j": `200 {"status":"failed","dynamicVariables":{"name":"Ada Lovelace"},` + fields + `}`})
		if got := poll(t, c, job.Ticket{Job: "j"}).Reason; got != want {
			t.Errorf("%s: %q, want %q", fields, got, want)
		}
	}
}

// COL-P5, and a result without its file.
func TestAFinishedJobWithoutItsResultGoesOn(t *testing.T) {
	for name, answer := range map[string]string{
		"not there yet": `404 {}`, "not known yet": `400 {"message":"Invalid videoId parameter"}`, "without file": `200 {"id":"v","publicUrl":null}`,
	} {
		c, _ := connect(t, map[string]string{jobPath + "j": `200 {"id":"j","videoId":"v","status":"finished"}`, videoPath + "v": answer})
		if p := poll(t, c, job.Ticket{Job: "j"}); p.Outcome != providers.Running || p.Ticket.Result != "v" {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestAFinishedJobHasItsResult(t *testing.T) {
	c, s := connect(t, map[string]string{
		jobPath + "j":   `200 {"id":"j","videoId":"v","status":"finished","progress":4,"maximumProgress":4}`,
		videoPath + "v": `200 {"id":"v","jobId":"j","publicUrl":"https://cdn.example/v.mp4?sig=1","thumbnailUrl":"https://cdn.example/v.png","videoSizeBytes":1234,"videoDurationSeconds":42.5,"name":"x"}`,
	})
	want := providers.Progress{
		Outcome: providers.Succeeded, Ticket: job.Ticket{Job: "j", Result: "v"},
		Result: job.Result{VideoURL: "https://cdn.example/v.mp4?sig=1", ThumbnailURL: "https://cdn.example/v.png", Bytes: 1234, Duration: 42500 * time.Millisecond},
	}
	if diff := cmp.Diff(want, poll(t, c, job.Ticket{Job: "j", Result: "v"})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if want := []string{jobPath + "j", videoPath + "v"}; !slices.Equal(s.asked, want) {
		t.Errorf("asked %v, want %v", s.asked, want)
	}
}

// A link ends up in a sheet that people click in.
func TestALinkThatIsNoneIsNotTaken(t *testing.T) {
	for _, link := range []string{"javascript:alert(1)", "file:///etc/passwd", "//cdn.example/v.mp4", "v.mp4", "https://u:p@cdn.example/"} {
		c, _ := connect(t, map[string]string{
			jobPath + "j":   `200 {"id":"j","videoId":"v","status":"finished"}`,
			videoPath + "v": fmt.Sprintf(`200 {"publicUrl":%q}`, link),
			videoPath + "w": fmt.Sprintf(`200 {"publicUrl":"https://cdn.example/w.mp4","thumbnailUrl":%q}`, link),
			jobPath + "k":   `200 {"id":"k","videoId":"w","status":"finished"}`,
		})
		if _, err := c.Poll(t.Context(), colossyan.TemplateJob, job.Ticket{Job: "j"}); providers.KindOf(err) != providers.Contract {
			t.Errorf("%s: %v, want a contract failure", link, err)
		}
		if p := poll(t, c, job.Ticket{Job: "k"}); p.Outcome != providers.Succeeded || p.Result.ThumbnailURL != "" {
			t.Errorf("%s: %+v", link, p)
		}
	}
}

func TestImplausibleLengthsAreUnknown(t *testing.T) {
	for _, seconds := range []string{"-1", "0", "1e30", `"x"`, "null", "{}", "86401"} {
		c, _ := connect(t, map[string]string{
			jobPath + "j":   `200 {"id":"j","videoId":"v","status":"finished"}`,
			videoPath + "v": `200 {"publicUrl":"https://cdn.example/v.mp4","videoSizeBytes":1e300,"videoDurationSeconds":` + seconds + `}`,
		})
		p := poll(t, c, job.Ticket{Job: "j"})
		if p.Outcome != providers.Succeeded || p.Result.Duration != 0 || p.Result.Bytes < 0 {
			t.Errorf("%s s: %+v", seconds, p)
		}
	}
}

func TestAnAnswerAboutSomebodyElsesJobIsRefused(t *testing.T) {
	for name, answers := range map[string]map[string]string{
		"job":   {jobPath + "j": `200 {"id":"other","videoId":"w","status":"finished"}`},
		"video": {jobPath + "j": `200 {"id":"j","videoId":"v","status":"finished"}`, videoPath + "v": `200 {"id":"w","publicUrl":"https://cdn.example/w.mp4"}`},
	} {
		c, _ := connect(t, answers)
		if _, err := c.Poll(t.Context(), colossyan.TemplateJob, job.Ticket{Job: "j", Result: "v"}); providers.KindOf(err) != providers.Contract {
			t.Errorf("%s: %v, want a contract failure", name, err)
		}
	}
}

// COL-G11.
func TestDeletionsSucceedWithAndWithoutABody(t *testing.T) {
	ticket := job.Ticket{Job: "j", Result: "v"}
	for _, answer := range []string{`200 {"any":1}`, `200 `, `204 `} {
		c, s := connect(t, map[string]string{"DELETE /api/v1/video-generation-jobs/j": answer, "DELETE /api/v1/generated-videos/v": answer})
		if err := c.Cancel(t.Context(), colossyan.VideoJob, ticket); err != nil {
			t.Errorf("cancel: %v", err)
		}
		if err := c.Delete(t.Context(), colossyan.VideoJob, ticket); err != nil {
			t.Errorf("delete: %v", err)
		}
		if len(s.asked) != 2 {
			t.Errorf("asked %v", s.asked)
		}
	}
}

func TestCancelTriesTheOtherIDToo(t *testing.T) {
	c, _ := connect(t, map[string]string{"DELETE /api/v1/video-generation-jobs/v": `200 {}`})
	if err := c.Cancel(t.Context(), colossyan.TemplateJob, job.Ticket{Job: "j", Result: "v"}); err != nil {
		t.Error(err)
	}
	if err := c.Cancel(t.Context(), colossyan.TemplateJob, job.Ticket{Job: "j", Result: "w"}); providers.KindOf(err) != providers.NotFound {
		t.Error(err)
	}
}

func TestWhatAnswersAtOnceCannotBeStoppedOrDeleted(t *testing.T) {
	c, s := connect(t, nil)
	for _, operation := range []string{colossyan.Avatar, colossyan.Draft} {
		for _, err := range []error{c.Cancel(t.Context(), operation, job.Ticket{Job: "j"}), c.Delete(t.Context(), operation, job.Ticket{Job: "j"})} {
			if providers.KindOf(err) != providers.Invalid {
				t.Errorf("%s: %v", operation, err)
			}
		}
	}
	if len(s.asked) != 0 {
		t.Errorf("asked %v", s.asked)
	}
}

func TestWhatWasMadeAtOnceIsFoundAgain(t *testing.T) {
	c, s := connect(t, map[string]string{"GET /api/v1/assets/actors": `200 [{"name":"ana"}]`})
	if p, err := c.Poll(t.Context(), colossyan.Avatar, job.Ticket{Job: "ana"}); err != nil || p.Outcome != providers.Succeeded || p.Result.Name != "ana" {
		t.Errorf("avatar: %+v, %v", p, err)
	}
	if _, err := c.Poll(t.Context(), colossyan.Avatar, job.Ticket{Job: "bob"}); providers.KindOf(err) != providers.NotFound {
		t.Errorf("another avatar: %v", err)
	}
	const link = "https://app.colossyan.com/d/1"
	if p, err := c.Poll(t.Context(), colossyan.Draft, job.Ticket{Job: link}); err != nil || p.Outcome != providers.Succeeded || p.Result.ShareURL != link {
		t.Errorf("draft: %+v, %v", p, err)
	}
	if _, err := c.Poll(t.Context(), colossyan.Draft, job.Ticket{Job: "d1"}); providers.KindOf(err) != providers.Invalid {
		t.Errorf("no draft: %v", err)
	}
	if len(s.asked) != 2 {
		t.Errorf("asked %v", s.asked)
	}
}

// A path of dots would lead a deletion elsewhere.
func TestAnIDThatIsNoneIsNeverSent(t *testing.T) {
	c, s := connect(t, nil)
	for _, id := range []string{"", ".", "..", "a\nb", strings.Repeat("x", 1000)} {
		ticket := job.Ticket{Job: id}
		_, err := c.Poll(t.Context(), colossyan.VideoJob, ticket)
		for _, err := range []error{err, c.Cancel(t.Context(), colossyan.VideoJob, ticket), c.Delete(t.Context(), colossyan.VideoJob, ticket)} {
			if providers.KindOf(err) != providers.NotFound {
				t.Errorf("%q: %v", id, err)
			}
		}
	}
	if len(s.asked) != 0 {
		t.Errorf("asked %v", s.asked)
	}
}

// COL-G5: the draft endpoint lies beside the versioned API.
func TestDraftsAreMadeOutsideOfTheVersionedAPI(t *testing.T) {
	c, s := connect(t, map[string]string{"POST /api/knowledge-to-draft/generate-draft": `200 {"url":"https://app.colossyan.com/d/1"}`})
	got, err := c.Submit(t.Context(), providers.Request{Operation: colossyan.Draft, Body: body(`{}`)})
	if err != nil || got.Result == nil || got.Result.ShareURL != "https://app.colossyan.com/d/1" {
		t.Errorf("%+v, %v, asked %v", got, err, s.asked)
	}
}

// COL-G13, COL-G18.
func TestAssetsAreReadInBothSpellings(t *testing.T) {
	c, _ := connect(t, map[string]string{
		"GET /api/v1/assets/voices": `200 [{"name":"v1","displayName":"Ryan","languages":["en-GB"],"genders":"male","style":null,"isClonedVoice":true},{"displayName":"nameless"}]`,
		"GET /api/v1/assets/actors": `200 [{"name":"karen","display_name":"Karen","type":"Studio","gender":"Female","views":[
			{"viewVariantType":"front","supportedActorTrackVariants":["full_body","bubble"],"supportedInferenceModels":["legacy","neo"]},
			{"viewVariantType":"side","supportedActorTrackVariant":"shoulder","supportedInferenceModel":["neo"]}]}]`,
	})
	voices, err := c.Assets(t.Context(), colossyan.Voices)
	want := []providers.Asset{{Name: "v1", Label: "Ryan", Details: map[string]string{"languages": "en-GB", "genders": "male", "cloned": "yes"}}}
	if diff := cmp.Diff(want, voices); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	avatars, err := c.Assets(t.Context(), colossyan.Avatars)
	want = []providers.Asset{{Name: "karen", Label: "Karen", Details: map[string]string{
		"type": "Studio", "gender": "Female", "views": "front, side", "variants": "full_body, bubble, shoulder", "models": "legacy, neo",
		"view front": "full_body, bubble", "view side": "shoulder",
	}}}
	if diff := cmp.Diff(want, avatars); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	if _, err := colossyan.New(providers.Config{}); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("%v", err)
	}
	if _, err := colossyan.New(providers.Config{Token: canary + "\n"}); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("%v", err)
	}
}

func TestErrorsShowNoValueOfTheRow(t *testing.T) {
	c, _ := connect(t, map[string]string{
		"POST /api/v1/video-generation-jobs/template-jobs": `400 {"message":"name 'Ada Lovelace 1' is not allowed"}`,
	})
	_, err := c.Submit(t.Context(), templateJob(1))
	var e *providers.Error
	if !errors.As(err, &e) || e.Message != "name '[hidden]' is not allowed" {
		t.Errorf("%v", err)
	}
}

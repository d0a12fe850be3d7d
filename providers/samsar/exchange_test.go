package samsar_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/samsar"
)

const acceptedAnswer = `{"request_id":"req_1","session_id":"vid_1"}`

// sent returns the body that goes out for a request.
func sent(t *testing.T, r providers.Request) any {
	t.Helper()
	w := &wire{answer: always(200, acceptedAnswer)}
	if _, err := w.client(t).Submit(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return decoded(t, w.bodies[0])
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	var tree any
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return tree
}

func TestWhatIsSent(t *testing.T) {
	for name, test := range map[string]struct {
		operation  string
		body, want string
	}{
		"what has another default elsewhere is explicit (V9, V6)": {
			samsar.TextToVideo, `{"prompt":"x","duration":10.0}`,
			`{"input":{"prompt":"x","duration":10,"aspect_ratio":"16:9","enable_subtitles":true}}`,
		},
		"what was said stays": {
			samsar.TextToVideo, `{"enable_subtitles":false,"aspect_ratio":"9:16"}`,
			`{"input":{"enable_subtitles":false,"aspect_ratio":"9:16"}}`,
		},
		"image lists name their model": {
			samsar.ImageListToVideo, `{"image_urls":["https://e.com/1.png"]}`,
			`{"input":{"image_urls":["https://e.com/1.png"],"aspect_ratio":"16:9","enable_subtitles":true,"video_model":"RUNWAYML"}}`,
		},
		"an avatar is one narrator (I4)": {
			samsar.ImageListToVideo, `{"add_narrator_avatar":true,"video_model":"VEO3.1I2V"}`,
			`{"input":{"add_narrator_avatar":true,"limit_single_narrator":true,"aspect_ratio":"16:9","enable_subtitles":true,"video_model":"VEO3.1I2V"}}`,
		},
		"the service's spelling (O5)": {
			samsar.AddOutro, `{"videoSessionId":"vid_1","outro_focus_area":{"x":1,"y":2,"width":3,"height":4}}`,
			`{"input":{"videoSessionId":"vid_1","outro_focust_area":{"x":1,"y":2,"width":3,"height":4}}}`,
		},
		"one name for calls to action (C2)": {
			samsar.ImageListToVideo, `{"autoGenerateCtaText":true}`,
			`{"input":{"express_cta_generation":true,"aspect_ratio":"16:9","enable_subtitles":true,"video_model":"RUNWAYML"}}`,
		},
		"a generated outro is explicit (S3)": {
			samsar.UpdateOutro, `{"videoSessionId":"vid_1","cta_url":"https://e.com"}`,
			`{"input":{"videoSessionId":"vid_1","cta_url":"https://e.com","generate_outro_image":true}}`,
		},
		"another outro's picture": {
			samsar.UpdateOutro, `{"videoSessionId":"vid_1","cta_url":"https://e.com","newOutroImageUrl":"https://e.com/o.png"}`,
			`{"input":{"videoSessionId":"vid_1","cta_url":"https://e.com","outro_image_url":"https://e.com/o.png"}}`,
		},
		"translations": {
			samsar.Translate, `{"videoSessionId":"vid_1","language":"es"}`,
			`{"input":{"videoSessionId":"vid_1","language":"es","enable_subtitles":false,"translate_outro":true,"translate_footer":true}}`,
		},
		"joining": {
			samsar.Join, `{"session_ids":["a","b"]}`, `{"input":{"session_ids":["a","b"],"blend_scenes":false}}`,
		},
		"nothing else": {samsar.Clone, `{"videoSessionId":"vid_1"}`, `{"input":{"videoSessionId":"vid_1"}}`},
		"an external user stands beside, and the session has another name": {
			samsar.External(samsar.AddOutro), `{"videoSessionId":"extreq_1","external_user":{"provider":"crm","external_user_id":"42"}}`,
			`{"input":{"session_id":"extreq_1"},"external_user":{"provider":"crm","external_user_id":"42"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := sent(t, providers.Request{Operation: test.operation, Body: json.RawMessage(test.body)})
			if diff := cmp.Diff(decoded(t, test.want), got); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheWebhookStandsBesideTheInput(t *testing.T) {
	request := providers.Request{
		Operation: samsar.Clone, Body: json.RawMessage(`{"videoSessionId":"vid_1"}`),
		Reference: "row 7", Callback: "https://hooks.example.com/r?tenant=a",
	}
	if problems := check(t, samsar.Clone).Check(request); len(problems) > 0 {
		t.Errorf("problems = %+v", problems)
	}
	body := sent(t, request).(map[string]any)
	address, _ := body["webhookUrl"].(string)
	if !strings.HasPrefix(address, "https://hooks.example.com/r?rm=row+7&sig=") || !strings.HasSuffix(address, "&tenant=a") {
		t.Errorf("webhookUrl = %q", address)
	}
	if diff := cmp.Diff(map[string]any{"videoSessionId": "vid_1"}, body["input"]); diff != "" {
		t.Errorf("input (-want +got):\n%s", diff)
	}
}

func TestWhatTheCheckRefusesIsNotSent(t *testing.T) {
	w := &wire{answer: always(200, acceptedAnswer)}
	for _, body := range []string{`null`, `[]`, `{`, `{"outroImageUrl":"a","outro_image_url":"b"}`} {
		_, err := w.client(t).Submit(t.Context(), providers.Request{Operation: samsar.UpdateOutro, Body: json.RawMessage(body)})
		if providers.KindOf(err) != providers.Invalid || len(w.calls) > 0 {
			t.Errorf("%s: %v, %d calls", body, err, len(w.calls))
		}
	}
}

func TestBothNamesOfASessionAreKept(t *testing.T) {
	for answer, want := range map[string]struct {
		operation string
		ticket    job.Ticket
	}{
		`{"request_id":"r","session_id":"s"}`: {samsar.TextToVideo, job.Ticket{Job: "r", Result: "s"}},
		`{"session_id":"s"}`:                  {samsar.TextToVideo, job.Ticket{Job: "s", Result: "s"}},
		`{"request_id":17}`:                   {samsar.TextToVideo, job.Ticket{Job: "17", Result: "17"}},
		`{"request_id":"r","session_id":"s","external_request_id":"e"}`:   {samsar.External(samsar.TextToVideo), job.Ticket{Job: "e", Result: "s"}},
		`{"request_id":"r","session_id":"s","external_request_id":null}`:  {samsar.External(samsar.TextToVideo), job.Ticket{Job: "r", Result: "s"}},
		`{"request_id":"r", "session_id":"s","external_request_id":"e" }`: {samsar.TextToVideo, job.Ticket{Job: "r", Result: "s"}},
	} {
		w := &wire{answer: always(200, answer)}
		receipt, err := w.client(t).Submit(t.Context(), providers.Request{Operation: want.operation, Body: json.RawMessage(`{}`)})
		if err != nil || receipt.Ticket != want.ticket {
			t.Errorf("%s: %+v, %v", answer, receipt.Ticket, err)
		}
	}
}

func TestWhatWasTakenAtOnceIsHeld(t *testing.T) {
	for answer, want := range map[string]credit.Charge{
		`{"request_id":"r","creditsCharged":75}`:                   {Amount: credit.Of(75), Basis: credit.Observed},
		`{"request_id":"r","credits_charged":"12.5"}`:              {Amount: 12_500_000, Basis: credit.Observed},
		`{"request_id":"r","creditsCharged":0}`:                    {},
		`{"request_id":"r","creditsCharged":null}`:                 {},
		`{"request_id":"r","creditsCharged":"many"}`:               {},
		`{"request_id":"r"}`:                                       {},
		`{"request_id":"r","creditsCharged":-5}`:                   {},
		`{"request_id":"r","creditsCharged":99999999999999999999}`: {},
	} {
		w := &wire{answer: always(200, answer)}
		receipt, err := w.client(t).Submit(t.Context(), providers.Request{Operation: samsar.Clone, Body: json.RawMessage(`{}`)})
		if err != nil || receipt.Held != want {
			t.Errorf("%s: held %+v, %v; want %+v", answer, receipt.Held, err, want)
		}
	}
}

// poll asks once, with answers for the status and for the latest version.
func poll(t *testing.T, operation string, status int, answer, latest string) (providers.Progress, error) {
	t.Helper()
	w := &wire{answer: func(r *http.Request) (int, string) {
		if strings.HasSuffix(r.URL.Path, "fetch_latest_version") {
			return 200, latest
		}
		return status, answer
	}}
	return w.client(t).Poll(context.Background(), operation, job.Ticket{Job: "r", Result: "s"})
}

func TestStatusWords(t *testing.T) {
	for word, want := range map[string]providers.Outcome{
		"COMPLETED": providers.Succeeded, "completed": providers.Succeeded, "SUCCESS": providers.Succeeded, "Done": providers.Succeeded,
		"FAILED": providers.Failed, "REJECTED": providers.Failed, "TIMED_OUT": providers.Failed, "error": providers.Failed,
		"CANCELLED": providers.Cancelled, "CANCELED": providers.Cancelled,
		"PENDING": providers.Running, "PAUSED": providers.Running, "IN_PROGRESS": providers.Running, "MARINATING": providers.Running,
	} {
		p, err := poll(t, samsar.TextToVideo, 200, `{"request_id":"r","session_id":"s","status":"`+word+`","result_url":"https://e.com/v.mp4"}`, "")
		if err != nil || p.Outcome != want || (p.Strange == word) != (word == "MARINATING") {
			t.Errorf("%s: %+v, %v", word, p, err)
		}
		if (p.Result.VideoURL != "") != (want == providers.Succeeded) {
			t.Errorf("%s: link %q", word, p.Result.VideoURL)
		}
	}
}

func TestTheLinkMayStandInFourFields(t *testing.T) {
	const none = `{"status":"PENDING"}`
	for fields, want := range map[string]string{
		`"result_url":"a","result_urls":["b"],"videoLink":"c","remoteURL":"d"`: "a",
		`"result_url":null,"result_urls":["b","x"],"videoLink":"c"`:            "b",
		`"result_urls":[],"videoLink":"c","remoteURL":"d"`:                     "c",
		`"result_urls":"odd","remoteURL":"d"`:                                  "d",
	} {
		p, err := poll(t, samsar.TextToVideo, 200, `{"status":"COMPLETED",`+fields+`}`, none)
		if err != nil || p.Outcome != providers.Succeeded || p.Result.VideoURL != want {
			t.Errorf("%s: %+v, %v; want %q", fields, p, err, want)
		}
	}
}

func TestCompletedWithoutALinkAsksForTheLatestVersion(t *testing.T) {
	const status = `{"request_id":"r","session_id":"s","status":"COMPLETED","creditsCharged":300}`
	for name, test := range map[string]struct {
		operation, latest string
		want              providers.Outcome
	}{
		"there":               {samsar.TextToVideo, `{"session_id":"s","result_url":"https://e.com/v.mp4"}`, providers.Succeeded},
		"not yet":             {samsar.TextToVideo, `{"session_id":"s","status":"PENDING"}`, providers.Running},
		"in trouble":          {samsar.TextToVideo, `<html>`, providers.Running},
		"of another":          {samsar.TextToVideo, `{"session_id":"z","result_url":"https://e.com/z.mp4"}`, providers.Running},
		"not for an external": {samsar.External(samsar.TextToVideo), `{"session_id":"s","result_url":"https://e.com/v.mp4"}`, providers.Running},
	} {
		p, err := poll(t, test.operation, 200, status, test.latest)
		if err != nil || p.Outcome != test.want {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestFailuresHaveAReasonAndTheirCost(t *testing.T) {
	for answer, want := range map[string]string{
		`{"status":"FAILED","expressGenerationError":"no credits","message":"failed"}`:           "no credits",
		`{"status":"FAILED","expressGenerationError":{"message":"stage broke"}}`:                 "stage broke",
		`{"status":"FAILED","error":{"message":"late"},"message":"failed"}`:                      "late",
		`{"status":"FAILED","message":"failed"}`:                                                 "failed",
		`{"status":"FAILED"}`:                                                                    "Samsar says no reason",
		`{"status":"FAILED","expressGenerationError":"see https://api.example.com/x?token=abc"}`: "see https://api.example.com/x?[hidden]",
	} {
		p, err := poll(t, samsar.TextToVideo, 200, answer, "")
		if err != nil || p.Outcome != providers.Failed || p.Reason != want || p.Reported.Basis != credit.Unknown {
			t.Errorf("%s: %+v, %v", answer, p, err)
		}
	}
	p, err := poll(t, samsar.TextToVideo, 200, `{"status":"FAILED","creditsCharged":160}`, "")
	if err != nil || p.Reported != (credit.Charge{Amount: credit.Of(160), Basis: credit.Observed}) {
		t.Errorf("reported = %+v, %v", p.Reported, err)
	}
}

func TestWhatRunningSessionsHaveTakenIsNoCharge(t *testing.T) {
	p, err := poll(t, samsar.TextToVideo, 200, `{"status":"PENDING","creditsCharged":40,"expressGenerationStatus":{"a":"COMPLETED","b":"IN_PROGRESS","c":"PENDING","d":"completed"}}`, "")
	if err != nil || p.Reported != (credit.Charge{}) {
		t.Errorf("progress = %+v, %v", p, err)
	}
}

func TestA404IsNoNewsAboutASession(t *testing.T) {
	_, err := poll(t, samsar.TextToVideo, 404, `{"message":"not found"}`, "")
	if providers.KindOf(err) != providers.NotFound {
		t.Errorf("err = %v", err)
	}
	for answer := range map[string]bool{`{}`: true, `[]`: true, `{"status":"COMPLETED","request_id":"other","session_id":"other"}`: true} {
		if _, err := poll(t, samsar.TextToVideo, 200, answer, ""); providers.KindOf(err) != providers.Contract {
			t.Errorf("%s: %v, want a contract failure", answer, err)
		}
	}
}

func TestLatestTellsFailureFromSuccess(t *testing.T) {
	for answer, want := range map[string]providers.Outcome{
		`{"session_id":"s","result_url":"https://e.com/v.mp4"}`: providers.Succeeded,
		`{"session_id":"s","status":"FAILED","message":"no"}`:   providers.Failed,
		`{"session_id":"s","status":"CANCELLED"}`:               providers.Cancelled,
		`{"session_id":"s","status":"PENDING"}`:                 providers.Running,
	} {
		w := &wire{answer: always(200, answer)}
		if p, err := w.client(t).Latest(t.Context(), "s"); err != nil || p.Outcome != want {
			t.Errorf("%s: %+v, %v", answer, p, err)
		}
	}
}

func TestCancelNamesTheSession(t *testing.T) {
	w := &wire{answer: always(200, `{"cancelled":true}`)}
	if err := w.client(t).Cancel(t.Context(), samsar.TextToVideo, job.Ticket{Job: "r", Result: "s"}); err != nil {
		t.Error(err)
	}
	if w.bodies[0] != `{"input":{"videoSessionId":"s"}}` {
		t.Errorf("body = %s", w.bodies[0])
	}
	w = &wire{answer: always(200, `{"cancelled":false}`)}
	if err := w.client(t).Cancel(t.Context(), samsar.TextToVideo, job.Ticket{Job: "r"}); providers.KindOf(err) != providers.Conflict {
		t.Errorf("err = %v, want a conflict", err)
	}
}

func TestValuesOfTheRowAreNotInErrors(t *testing.T) {
	w := &wire{answer: always(400, `{"message":"prompt \"Ada's birthday\" with https://e.com/ada.png is refused for RUNWAYML"}`)}
	_, err := w.client(t).Submit(t.Context(), providers.Request{
		Operation: samsar.ImageListToVideo,
		Body:      json.RawMessage(`{"prompt":"Ada's birthday","image_urls":[{"url":"https://e.com/ada.png"}],"video_model":"RUNWAYML"}`),
	})
	if err == nil || strings.Contains(err.Error(), "Ada") || strings.Contains(err.Error(), "ada.png") || !strings.Contains(err.Error(), "RUNWAYML") {
		t.Errorf("err = %v", err)
	}
}

func TestWebhooksAreHints(t *testing.T) {
	client := (&wire{answer: always(200, acceptedAnswer)}).client(t)
	signed := signedQuery(t, "row-7")
	const done = `{"request_id":"r","session_id":"s","status":"COMPLETED","video":{"url":"https://e.com/v.mp4"}}`
	notice, err := client.Notify(nil, []byte(signed), []byte(done))
	want := providers.Notice{
		Reference: "row-7", Ticket: job.Ticket{Job: "r", Result: "s"}, Authentic: true,
		Progress: providers.Progress{Outcome: providers.Succeeded, Result: job.Result{VideoURL: "https://e.com/v.mp4"}},
	}
	if diff := cmp.Diff(want, notice); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	external, err := client.Notify(nil, []byte(signed), []byte(`{"request_id":"r","session_id":"s","external_request_id":"extreq_r","status":"FAILED"}`))
	if err != nil || external.Ticket != (job.Ticket{Job: "extreq_r", Result: "s"}) || external.Progress.Outcome != providers.Failed {
		t.Errorf("external = %+v, %v", external, err)
	}
	for query, body := range map[string]string{
		strings.Replace(signed, "row-7", "row-8", 1): done,
		"rm=row-7":         done,
		"rm=row-7&sig=":    done,
		"sig=abc":          done,
		"%zz":              done,
		signed:             `{"status":"COMPLETED"}`,
		signed + "&x=1":    `nonsense`,
		signed + "&y=1":    `{"request_id":"a\u0000b"}`,
		signed + "&long=1": `"` + strings.Repeat("x", 1<<20) + `"`,
	} {
		if n, err := client.Notify(nil, []byte(query), []byte(body)); err == nil {
			t.Errorf("%s is accepted: %+v", query, n)
		}
	}
	silent := (&wire{}).client(t, func(c *providers.Config) { c.WebhookSecret = "" })
	if n, err := silent.Notify(nil, []byte("rm=row-7"), []byte(done)); err != nil || n.Authentic {
		t.Errorf("without a secret: %+v, %v; want a mere hint", n, err)
	}
}

// signedQuery is the query of the address that a row's webhook is sent to.
func signedQuery(t *testing.T, reference string) string {
	t.Helper()
	body := sent(t, providers.Request{
		Operation: samsar.Clone, Body: json.RawMessage(`{}`), Reference: reference, Callback: "https://hooks.example.com",
	})
	_, query, _ := strings.Cut(body.(map[string]any)["webhookUrl"].(string), "?")
	return query
}

func TestBalanceIsTheOwnersOwn(t *testing.T) {
	w := &wire{answer: always(200, `{"remainingCredits":1234.5,"lastTopUp":null}`)}
	amount, account, err := w.client(t).Balance(t.Context())
	if err != nil || amount.String() != "1234.5" || account != (credit.Account{Provider: "samsar", Unit: "credits"}) {
		t.Errorf("balance = %v %v, %v", amount, account, err)
	}
	w = &wire{answer: always(200, `{"remainingCredits":"a lot"}`)}
	if _, _, err := w.client(t).Balance(t.Context()); providers.KindOf(err) != providers.Contract {
		t.Errorf("err = %v", err)
	}
}

func FuzzAnswersNeverPanic(f *testing.F) {
	for _, seed := range []string{
		acceptedAnswer, `{"status":"COMPLETED","result_urls":[1]}`, `{"status":{},"expressGenerationStatus":[]}`, `[{"session_id":1,"langauge":"en"}]`, //nolint:misspell // the service's spelling
		`{"requests":[{"created_at":5}]}`, `{"fontsByLanguage":{"en":[null]}}`, `{"creditsCharged":"-1e9"}`, `null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		client := (&wire{answer: always(200, string(answer))}).client(t)
		receipt, err := client.Submit(t.Context(), textToVideo(1))
		if err == nil && receipt.Ticket.Job == "" {
			t.Errorf("%q: no error and no ticket", answer)
		}
		if p, err := client.Poll(t.Context(), samsar.TextToVideo, job.Ticket{Job: "r"}); err == nil && p.Outcome == providers.Succeeded && p.Result.VideoURL == "" {
			t.Errorf("%q: a success without a link", answer)
		}
		lost := providers.Lost{Request: external(textToVideo)(1)}
		_, _ = client.Find(t.Context(), lost)
		_, _ = client.Propose(t.Context(), providers.Lost{Request: textToVideo(1)})
		for _, kind := range client.Kinds() {
			_, _ = client.Assets(t.Context(), kind)
		}
		_, _ = client.Notify(nil, []byte("rm=a"), answer)
	})
}

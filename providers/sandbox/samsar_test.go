package sandbox_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

func samsarCaller(s *sandbox.Sandbox) caller {
	return caller{s, s.BaseURL(sandbox.Samsar, root), http.Header{"Authorization": {"Bearer key"}}}
}

func samsarBehaving(t *testing.T, b sandbox.SamsarBehaviour, o sandbox.Options) caller {
	t.Helper()
	o.Behaviour.Samsar = b
	return samsarCaller(open(t, o))
}

// input is a request with its fields where they belong; each change is a field
// and its value, and a nil value takes the field away.
func input(base map[string]any, changes ...any) map[string]any {
	in := maps.Clone(base)
	for i := 0; i < len(changes); i += 2 {
		in[changes[i].(string)] = changes[i+1]
		if changes[i+1] == nil {
			delete(in, changes[i].(string))
		}
	}
	return map[string]any{"input": in}
}

func textFields() map[string]any {
	return map[string]any{"prompt": "Clouds over a city", "image_model": "GPTIMAGE2", "video_model": "RUNWAYML", "duration": 10}
}

func imageFields() map[string]any {
	return map[string]any{"image_urls": []any{"https://example.com/1.png", map[string]any{"src": "https://example.com/2.png"}}}
}

// session submits a request and returns the new session's id.
func (c caller) session(t *testing.T, path string, body map[string]any) string {
	t.Helper()
	a := c.want(t, http.StatusOK, "POST", path, body)
	id := a.text(t, "session_id")
	if id == "" || id != a.text(t, "request_id") {
		t.Fatalf("answer = %s, want two equal ids", a.body)
	}
	return id
}

func area(x, y, width, height int) map[string]any {
	return map[string]any{"x": x, "y": y, "width": width, "height": height}
}

func TestSamsarChecksRequests(t *testing.T) {
	item := map[string]any{"url": "https://example.com/book", "title": "Book"}
	for name, test := range map[string]struct {
		path string
		body map[string]any
		want int
	}{
		"V1 no prompt":             {"text", input(textFields(), "prompt", " "), 400},
		"V1 1000 characters":       {"text", input(textFields(), "prompt", strings.Repeat("é", 1000)), 200},
		"V1 1001 characters":       {"text", input(textFields(), "prompt", strings.Repeat("é", 1001)), 400},
		"V2 no duration":           {"text", input(textFields(), "duration", nil), 400},
		"V2 no image model":        {"text", input(textFields(), "image_model", nil), 400},
		"V3 label for a model":     {"text", input(textFields(), "video_model", "Seedance 1.5"), 400},
		"V4 240 s":                 {"text", input(textFields(), "duration", 240), 200},
		"V4 241 s":                 {"text", input(textFields(), "duration", 241), 400},
		"V4 0 s":                   {"text", input(textFields(), "duration", 0), 400},
		"V4 as text":               {"text", input(textFields(), "duration", "10"), 400},
		"V6 square text":           {"text", input(textFields(), "aspect_ratio", "1:1"), 400},
		"V6 square images":         {"image", input(imageFields(), "aspect_ratio", "1:1"), 200},
		"V7 Bengali":               {"text", input(textFields(), "language", "bn"), 400},
		"V8 font of another":       {"text", input(textFields(), "language", "ja", "font_key", "Poppins"), 400},
		"V8 font":                  {"text", input(textFields(), "language", "en", "font_key", "Poppins"), 200},
		"V8 default font":          {"text", input(textFields(), "language", "fr", "font_key", "Montserrat"), 200},
		"V11 flat":                 {"text", textFields(), 200},
		"V12 typo":                 {"text", input(textFields(), "pormpt", "x"), 200},
		"O1 two outros":            {"text", input(textFields(), "generate_outro_image", true, "cta_url", "https://e.com", "outro_image_url", "https://e.com/o.png"), 400},
		"O2 no address":            {"text", input(textFields(), "generate_outro_image", true), 400},
		"O2 address":               {"text", input(textFields(), "generate_outro_image", true, "cta_url", "https://e.com"), 200},
		"O3 area not animated":     {"text", input(textFields(), "add_outro_focus_area", true, "outro_focust_area", area(0, 0, 10, 10)), 400},
		"O3 animated, no area":     {"text", input(textFields(), "add_outro_focus_area", true, "add_outro_animation", true), 400},
		"O4 whole canvas":          {"text", input(textFields(), "outro_focust_area", area(0, 0, 1792, 1024)), 200},
		"O4 beyond the canvas":     {"text", input(textFields(), "outro_focust_area", area(1, 0, 1792, 1024)), 400},
		"O4 upright canvas":        {"text", input(textFields(), "aspect_ratio", "9:16", "outro_focust_area", area(0, 0, 1024, 1792)), 200},
		"O4 of no size":            {"text", input(textFields(), "outro_focust_area", area(0, 0, 0, 10)), 400},
		"O5 spelt right":           {"text", input(textFields(), "outro_focus_area", area(0, 0, 10, 10)), 200},
		"O5 both alike":            {"text", input(textFields(), "outro_focus_area", area(0, 0, 10, 10), "outro_focust_area", area(0, 0, 10, 10)), 200},
		"O5 both, different":       {"text", input(textFields(), "outro_focus_area", area(0, 0, 10, 10), "outro_focust_area", area(0, 0, 10, 11)), 400},
		"F1 footer without items":  {"text", input(textFields(), "add_footer_animation", true), 400},
		"F1 item without title":    {"text", input(textFields(), "add_footer_animation", true, "footer_metadata", []any{map[string]any{"url": "https://e.com"}}), 400},
		"F2 one for a text":        {"text", input(textFields(), "add_footer_animation", true, "footer_metadata", []any{item}), 200},
		"F2 one for two images":    {"image", input(imageFields(), "add_footer_animation", true, "footer_metadata", []any{item}), 400},
		"F2 two for two images":    {"image", input(imageFields(), "add_footer_animation", true, "footer_metadata", []any{item, item}), 200},
		"C1 alone":                 {"image", input(imageFields(), "express_cta_generation", true, "cta_url", "https://e.com"), 200},
		"C1 with a footer":         {"image", input(imageFields(), "express_cta_generation", true, "cta_url", "https://e.com", "footer_metadata", []any{item}), 400},
		"C1 no address":            {"image", input(imageFields(), "express_cta_generation", true), 400},
		"C2 alias with text":       {"image", input(imageFields(), "generateCtaTexts", true, "cta_url", "https://e.com", "cta_text_top", "x"), 400},
		"I1 no images":             {"image", input(imageFields(), "image_urls", []any{}), 400},
		"I1 object without URL":    {"image", input(imageFields(), "image_urls", []any{map[string]any{"title": "x"}}), 400},
		"I2 local file":            {"image", input(imageFields(), "image_urls", []any{"/tmp/a.png"}), 400},
		"I3 metadata in a list":    {"image", input(imageFields(), "metadata", []any{}), 400},
		"I1 unsupported model":     {"image", input(imageFields(), "video_model", "SORA"), 400},
		"webhook that is no URL":   {"text", map[string]any{"input": textFields(), "webhookUrl": "x"}, 400},
		"images, nothing else set": {"image", input(imageFields()), 200},
	} {
		t.Run(name, func(t *testing.T) {
			c := samsarCaller(open(t, sandbox.Options{}))
			path := map[string]string{"text": "/video/text_to_video", "image": "/video/image_list_to_video"}[test.path]
			c.want(t, test.want, "POST", path, test.body)
			if n := len(bank(t, c.sandbox)); (n == 1) != (test.want == 200) {
				t.Errorf("%d sessions in the bank after a %d", n, test.want)
			}
		})
	}
	c := samsarBehaving(t, sandbox.SamsarBehaviour{MinimumDuration: 10 * time.Second}, sandbox.Options{})
	c.want(t, 400, "POST", "/video/text_to_video", input(textFields(), "duration", 9))
}

func TestSamsarPrices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, sandbox.Options{})
		c := samsarCaller(s)
		source := c.session(t, "/video/text_to_video", input(textFields(), "outro_image_url", "https://e.com/o.png"))
		c.session(t, "/video/text_to_video", input(textFields(), "video_model", "VEO3.1I2V", "duration", 8))
		c.session(t, "/video/image_list_to_video", input(imageFields(), "add_narrator_avatar", true, "express_cta_generation", true, "cta_url", "https://e.com"))
		time.Sleep(time.Minute)
		of := func(changes ...any) map[string]any {
			return input(map[string]any{"videoSessionId": source}, changes...)
		}
		second := c.session(t, "/video/clone", of())
		time.Sleep(time.Minute)
		c.session(t, "/video/translate_video", of("language", "es"))
		c.session(t, "/video/retranslate_video", of("language", "fr"))
		c.session(t, "/video/join_videos", input(map[string]any{"session_ids": []any{source, second}}))
		c.session(t, "/video/add_outro_image", of("outro_image_url", "data:image/png;base64,AA=="))
		c.session(t, "/video/update_outro_image", of("cta_url", "https://e.com"))
		c.session(t, "/video/update_footer_image", of("remove_footer", true))
		c.session(t, "/video/remove_subtitles", of())
		c.session(t, "/video/add_subtitles", of())
		v2 := c
		v2.base = root + "/samsar/v2"
		v2.session(t, "/video/clone", of())
		var got []string
		for _, line := range bank(t, s) {
			got = append(got, fmt.Sprint(strings.TrimPrefix(line.Operation, "samsar/"), " ", line.Price))
		}
		want := []string{
			"text-to-video 300", "text-to-video 480", "image-list-to-video 350", "clone 0", "translate 30", "translate 30", "join 60",
			"add-outro 75", "update-outro 75", "update-footer 75", "remove-subtitles 0", "add-subtitles 0", "clone 0",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("prices (-want +got):\n%s", diff)
		}
	})
}

func TestSamsarEditsWantTheirSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := samsarCaller(open(t, sandbox.Options{Render: time.Minute}))
		upright := c.session(t, "/video/text_to_video", input(textFields(), "aspect_ratio", "9:16"))
		done := c.session(t, "/video/text_to_video", input(textFields()))
		time.Sleep(2 * time.Minute)
		runs := c.session(t, "/video/text_to_video", input(textFields()))
		of := func(id string, changes ...any) map[string]any {
			return input(map[string]any{"videoSessionId": id}, changes...)
		}
		other := c
		other.header = http.Header{"Authorization": {"Bearer other"}}
		other.want(t, 404, "POST", "/video/clone", of(done))
		for name, test := range map[string]struct {
			path string
			body map[string]any
			want int
		}{
			"no source":                    {"/video/clone", input(nil), 400},
			"unknown source":               {"/video/clone", of("vid_x"), 404},
			"unknown source of a language": {"/video/translate_video", of("vid_x", "language", "es"), 400},
			"unfinished source":            {"/video/clone", of(runs), 400},
			"J1 one session":               {"/video/join_videos", input(map[string]any{"session_ids": []any{done}}), 400},
			"J1 the same twice":            {"/video/join_videos", input(map[string]any{"session_ids": []any{done, done}}), 400},
			"J2 different ratios":          {"/video/join_videos", input(map[string]any{"session_ids": []any{done, upright}}), 400},
			"V7 German translation":        {"/video/translate_video", of(done, "language", "de"), 400},
			"S2 outro in a translation":    {"/video/translate_video", of(done, "language", "es", "outro_image_url", "https://e.com/o.png"), 400},
			"S3 no outro yet":              {"/video/update_outro_image", of(done, "cta_url", "https://e.com"), 400},
			"S4 nothing to change":         {"/video/update_footer_image", of(done), 400},
			"no picture":                   {"/video/add_outro_image", of(done), 400},
		} {
			if a := c.call(t, "POST", test.path, test.body); a.status != test.want {
				t.Errorf("%s: %d %s, want %d", name, a.status, a.body, test.want)
			}
		}
	})
}

func TestSamsarStatusTellsStagesThenTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := samsarCaller(open(t, sandbox.Options{Render: 100 * time.Second}))
		id := c.session(t, "/video/text_to_video", input(textFields()))
		time.Sleep(50 * time.Second)
		half := c.want(t, 200, "GET", "/status?request_id="+id, nil).fields(t)
		stages := half["expressGenerationStatus"].(map[string]any)
		if half["status"] != "PENDING" || stages["prompt_generation"] != "COMPLETED" || stages["video_generation"] != "PENDING" {
			t.Errorf("status halfway = %v", half)
		}
		c.want(t, http.StatusAccepted, "GET", "/video/fetch_latest_version?session_id="+id, nil)
		time.Sleep(50 * time.Second)
		end := c.want(t, 200, "GET", "/status?request_id="+id, nil).fields(t)
		link := end["result_url"]
		if end["status"] != "COMPLETED" || link == nil || end["videoLink"] != link || end["remoteURL"] != link || end["creditsCharged"] != 300.0 {
			t.Errorf("status at the end = %v", end)
		}
		if latest := c.want(t, 200, "GET", "/video/fetch_latest_version?session_id="+id, nil); latest.text(t, "result_url") != link {
			t.Errorf("latest = %s", latest.body)
		}
		c.want(t, 404, "GET", "/status?request_id=vid_x", nil)
		c.want(t, 404, "GET", "/video/fetch_latest_version?session_id=vid_x", nil)
		c.want(t, 400, "GET", "/video/fetch_latest_version", nil)
		c.header = http.Header{"Authorization": {"Bearer other"}}
		c.want(t, 403, "GET", "/video/fetch_latest_version?session_id="+id, nil)
		c.want(t, 404, "GET", "/status?request_id="+id, nil)
	})
}

func TestSamsarLinkComesInOneOfFourFieldsOrLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := []string{"remoteURL", "result_url", "result_urls", "videoLink"}
		for _, field := range all {
			c := samsarBehaving(t, sandbox.SamsarBehaviour{ResultField: field, LinkDelay: time.Minute}, sandbox.Options{})
			id := c.session(t, "/video/text_to_video", input(textFields()))
			for _, want := range [][]string{nil, {field}} {
				time.Sleep(31 * time.Second)
				a := c.want(t, 200, "GET", "/status?request_id="+id, nil).fields(t)
				got := slices.DeleteFunc(slices.Sorted(maps.Keys(a)), func(name string) bool { return !slices.Contains(all, name) })
				if a["status"] != "COMPLETED" || !slices.Equal(got, want) {
					t.Errorf("status = %v, want links in %v", a, want)
				}
			}
		}
	})
}

func TestSamsarFailureKeepsWhatFinishedStagesTook(t *testing.T) {
	for name, test := range map[string]struct {
		behaviour sandbox.SamsarBehaviour
		want      credit.Amount
		state     sandbox.State
	}{
		// It fails at 60 % of 30 credits per second: after 16 of them.
		"per stage": {sandbox.SamsarBehaviour{}, credit.Of(160), sandbox.Charged},
		"at once":   {sandbox.SamsarBehaviour{ChargeAtOnce: true}, credit.Of(300), sandbox.Charged},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := samsarBehaving(t, test.behaviour, sandbox.Options{Faults: "failed=1"})
				id := c.session(t, "/video/text_to_video", input(textFields()))
				time.Sleep(time.Minute)
				a := c.want(t, 200, "GET", "/status?request_id="+id, nil).fields(t)
				if a["status"] != "FAILED" || a["expressGenerationError"] == nil || fmt.Sprint(a["creditsCharged"]) != test.want.String() {
					t.Errorf("status = %v", a)
				}
				if latest := c.want(t, 200, "GET", "/video/fetch_latest_version?session_id="+id, nil); latest.text(t, "status") != "FAILED" {
					t.Errorf("latest = %s, want FAILED with a 200", latest.body)
				}
				if line := bank(t, c.sandbox)[0]; line.Amount != test.want || line.State != test.state {
					t.Errorf("bank = %v %s, want %v %s", line.Amount, line.State, test.want, test.state)
				}
			})
		})
	}
}

func TestSamsarCancelStopsAndKeepsTheMoney(t *testing.T) {
	for after, want := range map[time.Duration]struct {
		credits int64
		state   sandbox.State
	}{
		5 * time.Second:  {300, sandbox.Released}, // not one stage is over
		24 * time.Second: {120, sandbox.Charged},  // 12 of 30 credits per second, the fourth stage just now
		45 * time.Second: {160, sandbox.Charged},  // the video itself is not finished
	} {
		synctest.Test(t, func(t *testing.T) {
			c := samsarCaller(open(t, sandbox.Options{Render: time.Minute}))
			id := c.session(t, "/video/text_to_video", input(textFields()))
			time.Sleep(after)
			body := input(map[string]any{"videoSessionId": id})
			for range 2 {
				if a := c.want(t, 200, "POST", "/video/cancel_render", body).fields(t); a["status"] != "CANCELLED" || a["cancelled"] != true || a["session_id"] != id {
					t.Errorf("answer = %v", a)
				}
			}
			time.Sleep(time.Hour)
			if a := c.want(t, 200, "GET", "/status?request_id="+id, nil); a.text(t, "status") != "CANCELLED" {
				t.Errorf("status = %s", a.body)
			}
			if line := bank(t, c.sandbox)[0]; line.State != want.state || line.Amount != credit.Of(want.credits) {
				t.Errorf("after %s: bank = %v %s, want %d %s", after, line.Amount, line.State, want.credits, want.state)
			}
			c.want(t, 400, "POST", "/video/cancel_render", input(nil))
			c.want(t, 404, "POST", "/video/cancel_render", input(map[string]any{"videoSessionId": "x"}))
		})
	}
}

func TestSamsarWantsItsHighestPriceOnTheAccount(t *testing.T) {
	c := samsarBehaving(t, sandbox.SamsarBehaviour{}, sandbox.Options{Render: time.Hour, Balance: map[string]credit.Amount{"samsar": credit.Of(599)}})
	// Two images may take 10 seconds each: 600 credits must be there, though 300
	// will be taken.
	a := c.want(t, http.StatusPaymentRequired, "POST", "/video/image_list_to_video", input(imageFields()))
	if want := "Estimated required credits: 600; available credits: 599"; !strings.Contains(string(a.body), want) {
		t.Errorf("answer = %s, want %q", a.body, want)
	}
	c.sandbox.Grant("samsar", credit.Of(1))
	a = c.want(t, 200, "POST", "/video/image_list_to_video", input(imageFields()))
	if a.header.Get("X-Credits-Charged") != "300" || a.header.Get("X-Credits-Remaining") != "300" {
		t.Errorf("headers = %v", a.header)
	}
	if a := c.want(t, 200, "GET", "/credits", nil); a.fields(t)["remainingCredits"] != 300.0 || a.header.Get("X-Credits-Remaining") != "300" {
		t.Errorf("credits = %s", a.body)
	}
}

func TestSamsarMaySayNothingOfCredits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := samsarBehaving(t, sandbox.SamsarBehaviour{NoCreditHeaders: true}, sandbox.Options{})
		a := c.want(t, 200, "POST", "/video/text_to_video", input(textFields()))
		time.Sleep(time.Minute)
		status := c.want(t, 200, "GET", "/status?request_id="+a.text(t, "request_id"), nil)
		if a.header.Get("X-Credits-Charged") != "" || strings.Contains(string(status.body), "credits") {
			t.Errorf("answers = %v, %s; want no word on credits", a.header, status.body)
		}
	})
}

func TestSamsarExternalUsersPayForThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := samsarBehaving(t, sandbox.SamsarBehaviour{}, sandbox.Options{Balance: map[string]credit.Amount{"samsar": credit.Of(75), "samsar/ada": credit.Of(450)}})
		user := map[string]any{"provider": "crm", "unique_key": "ada", "external_user_id": "42"}
		video := input(textFields())
		c.want(t, 400, "POST", "/external_users/text_to_video", video)
		video["external_user"] = user
		a := c.want(t, 200, "POST", "/external_users/text_to_video", video)
		id := a.text(t, "request_id")
		if !strings.HasPrefix(id, "extreq_") || a.text(t, "external_request_id") != id || a.text(t, "status_endpoint") == "" || a.fields(t)["creditsCharged"] != 300.0 {
			t.Errorf("answer = %s", a.body)
		}
		open := c.want(t, 200, "GET", "/external_users/requests?unique_key=ada", nil).fields(t)["requests"].([]any)
		if len(open) != 1 || open[0].(map[string]any)["request_id"] != id || open[0].(map[string]any)["prompt"] != "Clouds over a city" {
			t.Errorf("requests = %v", open)
		}
		time.Sleep(time.Minute)
		c.want(t, 200, "GET", "/external_users/status?request_id="+strings.TrimPrefix(id, "extreq_"), nil)
		// On the plain route the kind of the id decides who pays.
		outro := input(map[string]any{"videoSessionId": id, "outro_image_url": "https://e.com/o.png"})
		c.session(t, "/video/add_outro_image", outro)
		time.Sleep(time.Minute)
		for _, line := range bank(t, c.sandbox) {
			if line.Payer != "ada" {
				t.Errorf("%s was paid by %q, want ada", line.Operation, line.Payer)
			}
		}
		// An internal session on the external route, without a user, is internal.
		c.sandbox.Grant("samsar", credit.Of(300))
		plain := c.session(t, "/video/text_to_video", input(textFields()))
		time.Sleep(time.Minute)
		own := c.session(t, "/external_users/add_outro_image", input(map[string]any{"videoSessionId": plain, "outro_image_url": "https://e.com/o.png"}))
		if line := bank(t, c.sandbox)[3]; line.Payer != "" || strings.HasPrefix(own, "extreq_") {
			t.Errorf("%s %s was paid by %q, want the account", line.Operation, own, line.Payer)
		}
		time.Sleep(time.Minute)
		if list := c.want(t, 200, "GET", "/video/list_completed_video_sessions", nil); strings.Contains(string(list.body), "extreq_") {
			t.Errorf("list = %s, want the account's own sessions alone", list.body)
		}
	})
}

func TestSamsarListsCompletedSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := samsarCaller(open(t, sandbox.Options{Render: time.Second}))
		first := c.session(t, "/video/text_to_video", input(textFields(), "language", "es", "enable_subtitles", false))
		time.Sleep(time.Minute)
		c.session(t, "/video/text_to_video", input(textFields()))
		list := c.want(t, 200, "GET", "/video/list_completed_video_sessions?limit=1", nil)
		want := `[{"has_subtitles":false,"langauge":"es","result_language":"es","result_url":"` + root + `/files/` + first + `.mp4","session_id":"` + first + `"}]` //nolint:misspell // the service's spelling
		if string(list.body) != want {
			t.Errorf("list = %s, want %s", list.body, want)
		}
		c.want(t, 400, "GET", "/video/list_completed_video_sessions?limit=0", nil)
	})
}

func TestSamsarSubmitsMayTakeMinutesAndRendersMayPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := samsarBehaving(t, sandbox.SamsarBehaviour{SubmitDelay: 3 * time.Minute, Pauses: true}, sandbox.Options{Render: 10 * time.Minute})
		start := time.Now()
		id := c.session(t, "/video/text_to_video", input(textFields()))
		if took := time.Since(start); took != 3*time.Minute {
			t.Errorf("the submit took %s, want 3 m", took)
		}
		time.Sleep(2 * time.Minute)
		if a := c.want(t, 200, "GET", "/status?request_id="+id, nil); a.text(t, "status") != "PAUSED" {
			t.Errorf("status halfway = %s, want PAUSED", a.body)
		}
	})
}

func TestSamsarWebhookIsSentOnceUnsigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &inbox{}
		c := samsarCaller(open(t, sandbox.Options{Webhooks: in}))
		body := input(textFields())
		body["webhookUrl"] = "https://hooks.example.com/?rk=row-7"
		id := c.session(t, "/video/text_to_video", body)
		time.Sleep(time.Minute)
		mail := in.take()
		if len(mail) != 1 || mail[0]["request_id"] != id || mail[0]["status"] != "COMPLETED" || mail[0]["result_url"] == nil {
			t.Errorf("webhooks = %v", mail)
		}
		if line := bank(t, c.sandbox)[0]; line.Reference != "row-7" {
			t.Errorf("reference = %q, want row-7", line.Reference)
		}
	})
}

func TestSamsarListsModelsAndFontsWithoutAKey(t *testing.T) {
	c := samsarBehaving(t, sandbox.SamsarBehaviour{Rates: map[string]int64{"RUNWAYML": 33}}, sandbox.Options{})
	keyed := c
	c.header = nil
	list := c.want(t, 200, "GET", "/video/supported_models", nil).fields(t)["VIDEO_MODELS"].([]any)
	for _, item := range list {
		model := item.(map[string]any)
		parts := model["pricingDistribution"].(map[string]any)
		sum := 0.0
		for name, part := range parts {
			if n, ok := part.(float64); ok && name != "total" {
				sum += n
			}
		}
		if sum != model["basePrice"] || parts["total"] != model["basePrice"] {
			t.Errorf("%v: parts add up to %v", model, sum)
		}
		if model["value"] == "RUNWAYML" && model["basePrice"] != 33.0 {
			t.Errorf("RUNWAYML costs %v, want the changed price", model["basePrice"])
		}
	}
	if fonts := c.want(t, 200, "GET", "/supported_fonts", nil).fields(t)["fontsByLanguage"].(map[string]any); len(fonts) != 4 {
		t.Errorf("fonts = %v", fonts)
	}
	c.want(t, 401, "GET", "/credits", nil)
	keyed.session(t, "/video/text_to_video", input(textFields()))
	if line := bank(t, c.sandbox)[0]; line.Price != credit.Of(330) {
		t.Errorf("price = %v, want the changed one", line.Price)
	}
	keyed.header.Set("X-Request-Id", "trace")
	if a := keyed.call(t, "GET", "/credits", nil); a.header.Get("X-Request-Id") != "trace" {
		t.Errorf("headers = %v, want the tracing id", a.header)
	}
}

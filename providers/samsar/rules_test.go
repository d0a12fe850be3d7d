package samsar_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/samsar"
)

type members = map[string]any

// good is a request of each operation that breaks no rule.
func good(operation string) members {
	switch strings.Replace(operation, "external-", "", 1) {
	case samsar.TextToVideo:
		return members{"prompt": "A bakery", "image_model": "SEEDREAM", "video_model": "RUNWAYML", "duration": 10}
	case samsar.ImageListToVideo:
		return members{"image_urls": []any{"https://cdn.example.com/1.jpg", "https://cdn.example.com/2.jpg"}}
	case samsar.AddOutro:
		return members{"videoSessionId": "vid_1", "outro_image_url": "https://cdn.example.com/o.png"}
	case samsar.UpdateOutro:
		return members{"videoSessionId": "vid_1", "cta_url": "https://example.com"}
	case samsar.UpdateFooter:
		return members{"videoSessionId": "vid_1", "cta_text": "Book now"}
	case samsar.Translate:
		return members{"videoSessionId": "vid_1", "language": "es"}
	case samsar.Join:
		return members{"session_ids": []any{"vid_1", "vid_2"}}
	}
	return members{"videoSessionId": "vid_1"}
}

// with changes a good request; nil takes a member away.
func with(operation string, change members) json.RawMessage {
	all := good(operation)
	maps.Copy(all, change)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	raw, err := json.Marshal(all)
	if err != nil {
		panic(err) // a literal of this file
	}
	return raw
}

func area(x, y, width, height int) members {
	return members{"x": x, "y": y, "width": width, "height": height}
}

func item() members { return members{"url": "https://example.com", "title": "Book"} }

// ruleCase is a change of a good request. One that begins with "ok" breaks no
// rule, neither as an error nor as a warning; any other breaks exactly the rules
// that it names, those with a ? as a warning.
type ruleCase struct {
	operation string
	change    members
	breaks    string
}

func ruleCases() []ruleCase {
	const text, images, add, other, footer = samsar.TextToVideo, samsar.ImageListToVideo, samsar.AddOutro, samsar.UpdateOutro, samsar.UpdateFooter
	return []ruleCase{
		{text, nil, "ok SAM-V2"},
		{text, members{"prompt": strings.Repeat("é", 1000)}, "ok SAM-V1"},
		{text, members{"prompt": strings.Repeat("é", 1001)}, "SAM-V1"},
		{text, members{"prompt": " \n"}, "SAM-V1"},
		{text, members{"prompt": nil}, "SAM-V1"},
		{text, members{"image_model": nil}, "SAM-V2"},
		{text, members{"video_model": nil}, "SAM-V2"},
		{text, members{"duration": nil}, "SAM-V2"},
		{text, members{"video_model": "VEO3.1I2V", "duration": 14}, "ok SAM-V3"},
		{text, members{"video_model": "Seedance 1.5"}, "SAM-V3"},
		{text, members{"image_model": "SORA"}, "SAM-V3"},
		{text, members{"image_model": "CUSTOM_TEXT_TO_IMAGE"}, "SAM-G18?"},
		{text, members{"duration": 240}, "ok SAM-V4"},
		{text, members{"duration": 240.5}, "SAM-V4"},
		{text, members{"duration": 0}, "SAM-V4"},
		{text, members{"duration": "10"}, "SAM-V4"},
		{text, members{"duration": 8}, "SAM-V4?"},
		{text, members{"duration": 10.5}, "SAM-V4?"},
		{text, members{"duration": 15}, "ok SAM-V5"},
		{text, members{"duration": 12}, "SAM-V5?"},
		{text, members{"video_model": "VEO3.1I2V", "duration": 10}, "SAM-V5?"},
		{text, members{"aspect_ratio": "9:16"}, "ok SAM-V6"},
		{text, members{"aspect_ratio": "1:1"}, "SAM-V6"},
		{images, members{"aspect_ratio": "1:1"}, "SAM-V6"},
		{text, members{"language": "de"}, "ok SAM-V7"},
		{text, members{"language": "bn"}, "SAM-V7"},
		{samsar.Translate, members{"language": "bn"}, "ok SAM-V7"},
		{samsar.Translate, members{"language": "de"}, "SAM-V7"},
		{samsar.Translate, members{"language": "auto"}, "SAM-V7"},
		{text, members{"language": "ja", "font_key": "Noto Sans JP"}, "ok SAM-V8"},
		{text, members{"language": "fr", "font_key": "Rampart One"}, "ok SAM-V8"},
		{text, members{"language": "ja", "font_key": "Poppins"}, "SAM-V8"},
		{images, members{"language": "fr", "font_key": "Poppins"}, "SAM-V8"},
		{text, members{"font_key": "Poppins"}, "SAM-V8?"},
		{text, members{"enable_subtitles": false}, "ok SAM-V9"},
		{text, members{"enable_subtitles": "yes"}, "SAM-V9"},
		{text, members{"webhookUrl": "https://hooks.example.com"}, "SAM-V10"},
		{text, members{"input": members{"prompt": "x"}}, "SAM-V11"},
		{text, members{"pormpt": "x"}, "SAM-V12"},
		{samsar.Clone, members{"language": "es"}, "SAM-V12"},
		{text, members{"tone": "cinematic"}, "ok SAM-G19"},
		{text, members{"tone": "epic"}, "SAM-G19"},

		{text, members{"outro_image_url": "https://example.com/o.png", "add_outro_animation": true}, "ok SAM-O1"},
		{text, members{"generate_outro_image": true, "cta_url": "https://example.com", "add_outro_animation": false}, "ok SAM-O1"},
		{text, members{"generate_outro_image": true, "cta_url": "https://example.com", "outro_image_url": "https://example.com/o.png"}, "SAM-O1"},
		{images, members{"express_cta_generation": true, "cta_url": "https://example.com", "outro_image_url": "https://example.com/o.png"}, "SAM-O1"},
		{text, members{"generate_outro_image": true, "cta_url": "https://example.com"}, "ok SAM-O2"},
		{text, members{"generate_outro_image": true}, "SAM-O2"},
		{text, members{"outro_image_url": "https://example.com/o.png", "add_outro_focus_area": true, "add_outro_animation": true, "outro_focust_area": area(0, 0, 10, 10)}, "ok SAM-O3"},
		{text, members{"add_outro_focus_area": true, "outro_focust_area": area(0, 0, 10, 10)}, "SAM-O3"},
		{add, members{"add_outro_focus_area": true, "add_outro_animation": true}, "SAM-O3"},
		{text, members{"outro_focust_area": area(0, 0, 1792, 1024)}, "ok SAM-O4"},
		{text, members{"outro_focust_area": area(1, 0, 1792, 1024)}, "SAM-O4"},
		{text, members{"outro_focust_area": area(0, 0, 1024, 1792), "aspect_ratio": "9:16"}, "ok SAM-O4"},
		{text, members{"outro_focust_area": area(0, 0, 1024, 1792)}, "SAM-O4"},
		{text, members{"outro_focust_area": area(0, 0, 0, 10)}, "SAM-O4"},
		{text, members{"outro_focust_area": members{"x": 0, "y": 0, "width": 5}}, "SAM-O4"},
		{add, members{"outro_focust_area": area(0, 0, 1024, 1792)}, "ok SAM-O4"},
		{add, members{"outro_focust_area": area(0, 0, 1792, 1792)}, "SAM-O4"},
		{text, members{"outro_focus_area": area(0, 0, 10, 10)}, "ok SAM-O5"},
		{text, members{"outro_focus_area": area(0, 0, 10, 10), "outro_focust_area": area(0, 0, 10, 10)}, "ok SAM-O5"},
		{text, members{"outro_focus_area": area(0, 0, 10, 10), "outro_focust_area": area(0, 0, 10, 11)}, "SAM-O5"},
		{text, members{"outro_image_url": "https://example.com/o.png"}, "ok SAM-O6"},
		{text, members{"outro_image_url": "o.png"}, "SAM-O6"},
		{text, members{"cta_logo": "data:image/png;base64,AA=="}, "SAM-O6"},
		{add, members{"outro_image_url": "data:image/png;base64,AA=="}, "ok SAM-O6"},
		{add, members{"outro_image_url": "o.png"}, "SAM-O6"},
		{add, members{"outro_image_url": nil}, "SAM-O6"},

		{text, members{"add_footer_animation": true, "footer_metadata": []any{item()}, "enable_subtitles": false}, "ok SAM-F1"},
		{text, members{"add_footer_animation": true, "enable_subtitles": false}, "SAM-F1"},
		{text, members{"add_footer_animation": true, "enable_subtitles": false, "footer_metadata": []any{members{"url": "https://example.com"}}}, "SAM-F1 SAM-F1"},
		{text, members{"add_footer_animation": true, "enable_subtitles": false, "footer_metadata": []any{members{"url": "example", "title": "x"}}}, "SAM-F1"},
		{images, members{"add_footer_animation": true, "footer_metadata": []any{item(), item()}, "enable_subtitles": false}, "ok SAM-F2"},
		{images, members{"add_footer_animation": true, "footer_metadata": []any{item()}, "enable_subtitles": false}, "SAM-F2"},
		{text, members{"footer_metadata": []any{item()}}, "SAM-F3?"},
		{text, members{"add_footer_animation": true, "footer_metadata": []any{item()}}, "SAM-F4?"},

		{images, members{"express_cta_generation": true, "cta_url": "https://example.com"}, "ok SAM-C1"},
		{images, members{"express_cta_generation": true}, "SAM-C1"},
		{images, members{"express_cta_generation": true, "cta_url": "https://example.com", "cta_text_top": "Hi"}, "SAM-C1"},
		{images, members{"generateCtaTexts": true, "cta_url": "https://example.com"}, "ok SAM-C2"},
		{images, members{"generateCtaTexts": true, "autoGenerateCtaText": false, "cta_url": "https://example.com"}, "SAM-C2"},
		{images, members{"expressCtaGeneration": true, "cta_url": "https://example.com", "cta_text_top": "Hi"}, "SAM-C1"},
		{text, members{"express_cta_generation": true}, "SAM-C3"},
		{text, members{"autoGenerateCtaText": true}, "SAM-C3"},

		{images, members{"image_urls": []any{members{"src": "https://example.com/1.png", "title": "Garden"}}}, "ok SAM-I1"},
		{images, members{"image_urls": []any{}}, "SAM-I1"},
		{images, members{"image_urls": "https://example.com/1.png"}, "SAM-I1"},
		{images, members{"image_urls": []any{members{"title": "Garden"}}}, "SAM-I1"},
		{images, members{"image_urls": []any{members{"src": "https://e.com/1.png", "url": "https://e.com/2.png"}}}, "SAM-I1"},
		{images, members{"image_urls": []any{"http://example.com/1.png"}}, "ok SAM-I2"},
		{images, members{"image_urls": []any{"C:\\pictures\\1.png"}}, "SAM-I2"},
		{images, members{"image_urls": []any{members{"image_url": "1.png"}}}, "SAM-I2"},
		{images, members{"image_urls": slices.Repeat([]any{"https://example.com/1.png"}, 25)}, "SAM-G24?"},
		{images, members{"metadata": members{"city": "Lisbon"}}, "ok SAM-I3"},
		{images, members{"metadata": []any{}}, "SAM-I3"},
		{images, members{"add_narrator_avatar": true}, "ok SAM-I4"},
		{images, members{"add_narrator_avatar": true, "limit_single_narrator": false}, "SAM-I4"},

		{samsar.Join, nil, "ok SAM-J1"},
		{samsar.Join, members{"session_ids": []any{"vid_1"}}, "SAM-J1"},
		{samsar.Join, members{"session_ids": []any{"vid_1", "vid_1"}}, "SAM-J1"},
		{samsar.Join, members{"session_ids": []any{"vid_1", ""}}, "SAM-J1"},

		{samsar.Join, members{"aspect_ratios": []any{"9:16", "9:16"}}, "ok SAM-J2"},
		{samsar.Join, members{"aspect_ratios": []any{"9:16", "16:9"}}, "SAM-J2"},
		{samsar.Join, members{"aspect_ratios": []any{"9:16", "9:16", "9:16"}}, "SAM-J2"},
		{samsar.Join, members{"aspect_ratios": []any{"9:16", "16:09"}}, "SAM-J2"},
		{samsar.Join, members{"aspect_ratios": []any{"9:16", ""}}, "SAM-J2?"},
		{samsar.Join, members{"aspect_ratios": []any{"9:16"}}, "SAM-J2?"},
		{samsar.Join, members{"session_ids": []any{"a", "b", "c"}, "aspect_ratios": []any{"9:16", "", "16:9"}}, "SAM-J2"},
		{samsar.External(samsar.Join), members{"external_user": members{"provider": "crm", "external_user_id": "42"}, "aspect_ratios": []any{"9:16", "16:9"}}, "SAM-J2"},
		{samsar.Translate, members{"aspect_ratios": []any{"9:16"}}, "SAM-V12"},

		{samsar.Clone, nil, "ok SAM-S1"},
		{samsar.Clone, members{"videoSessionId": ""}, "SAM-S1"},
		{samsar.Translate, members{"videoSessionId": nil}, "SAM-S1"},
		{samsar.Translate, nil, "ok SAM-S2"},
		{samsar.Translate, members{"outro_image_url": "https://example.com/o.png"}, "SAM-S2"},
		{other, nil, "ok SAM-S3"},
		{other, members{"newOutroImageUrl": "https://example.com/o.png", "cta_url": nil}, "ok SAM-S3"},
		{other, members{"outroImageUrl": "https://e.com/1.png", "outro_image_url": "https://e.com/2.png"}, "SAM-S3"},
		{other, members{"generate_outro_image": true, "outro_image_url": "https://example.com/o.png"}, "SAM-S3"},
		{other, members{"generate_outro_image": true, "cta_url": nil}, "SAM-S3"},
		{other, members{"cta_url": nil}, "SAM-S3"},
		{footer, members{"remove_footer": true, "cta_text": nil}, "ok SAM-S4"},
		{footer, members{"cta_text": " "}, "SAM-S4"},
		{footer, members{"remove_footer": true}, "SAM-S4?"},
		{footer, members{"cta_logo": "data:image/png;base64,AA=="}, "ok SAM-O6"},
		{footer, members{"cta_logo": "logo"}, "SAM-O6"},

		{samsar.AddSubtitles, members{"videoSessionId": "extreq_9"}, "ROW-PAYER"},
		{samsar.Join, members{"session_ids": []any{"vid_1", "extreq_9"}}, "ROW-PAYER"},
		{samsar.External(samsar.Translate), members{"videoSessionId": "extreq_9", "external_user": members{"provider": "crm", "external_user_id": "42"}}, "ok ROW-PAYER"},
		{samsar.External(samsar.Translate), members{"external_user": members{"provider": "crm"}}, "ROW-PAYER"},
		{samsar.External(samsar.TextToVideo), nil, "ROW-PAYER"},
	}
}

func TestRules(t *testing.T) {
	for _, test := range ruleCases() {
		request := providers.Request{Operation: test.operation, Body: with(test.operation, test.change)}
		var broken []string
		for _, p := range check(t, test.operation).Check(request) {
			code := p.Code
			if !p.IsError() {
				code += "?"
			}
			if p.Message == "" || p.Hint == "" {
				t.Errorf("%s: %+v has no message or no hint", request.Body, p)
			}
			broken = append(broken, code)
		}
		want := test.breaks
		if strings.HasPrefix(want, "ok") {
			want = ""
		}
		if got := strings.Join(broken, " "); got != want {
			t.Errorf("%s %s\nbreaks %q, want %q", test.operation, request.Body, got, want)
		}
	}
}

// TestEveryRuleIsTestedBothWays counts the rules that [TestRules] shows broken
// and kept. A rule that cannot be broken in a way that is not another's, or that
// says how the client behaves, is tested where it is named here.
func TestEveryRuleIsTestedBothWays(t *testing.T) {
	elsewhere := map[string]string{
		"kept SAM-V10": "TestTheWebhookStandsBesideTheInput",
		"kept SAM-V11": "TestTheWebhookStandsBesideTheInput",
		"kept SAM-V12": "all good requests",
		"kept SAM-F3":  "SAM-F1",
		"kept SAM-F4":  "SAM-F1",
		"kept SAM-C3":  "SAM-C1",
	}
	seen := map[string]bool{}
	for _, test := range ruleCases() {
		if rule, kept := strings.CutPrefix(test.breaks, "ok "); kept {
			seen["kept "+rule] = true
			continue
		}
		for rule := range strings.FieldsSeq(test.breaks) {
			seen["broken "+strings.TrimSuffix(rule, "?")] = true
		}
	}
	rules := map[string]int{"SAM-V": 12, "SAM-O": 6, "SAM-F": 4, "SAM-C": 3, "SAM-I": 4, "SAM-J": 2, "SAM-S": 4}
	for family, most := range rules {
		for n := range most {
			for _, way := range []string{"kept ", "broken "} {
				name := fmt.Sprintf("%s%s%d", way, family, n+1)
				if _, excused := elsewhere[name]; !seen[name] && !excused {
					t.Errorf("%s is not tested", name)
				}
			}
		}
	}
}

func TestAWebhookInTheClearIsRefused(t *testing.T) {
	for address, want := range map[string]bool{
		"https://hooks.example.com/x": false, "http://hooks.example.com/x": true, "hooks": true, "https://a:b@hooks.example.com": true,
	} {
		request := providers.Request{Operation: samsar.TextToVideo, Body: with(samsar.TextToVideo, nil), Callback: address}
		problems := check(t, samsar.TextToVideo).Check(request)
		if got := len(problems) == 1 && problems[0].Code == "SAM-V10"; got != want {
			t.Errorf("%s: %+v", address, problems)
		}
	}
}

func TestTheHintForALabelNamesTheValue(t *testing.T) {
	request := providers.Request{Body: with(samsar.TextToVideo, members{"video_model": "Seedance 1.5"})}
	problems := check(t, samsar.TextToVideo).Check(request)
	if len(problems) != 1 || !strings.Contains(problems[0].Hint, `"SEEDANCEI2V"`) || problems[0].Value != "Seedance 1.5" || problems[0].Pointer != "/video_model" {
		t.Errorf("problems = %+v", problems)
	}
}

func FuzzCheckNeverPanics(f *testing.F) {
	for _, test := range ruleCases() {
		f.Add(test.operation, []byte(with(test.operation, test.change)))
	}
	f.Add(samsar.ImageListToVideo, []byte(`{"image_urls":[null,{},[],{"url":1}],"footer_metadata":[null,1],"outro_focust_area":[]}`))
	f.Add(samsar.Join, []byte(`{"session_ids":[null,{"a":1}]}`))
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		checker, err := samsar.NewChecker(operation, providers.Prices{})
		if err != nil {
			t.Skip()
		}
		request := providers.Request{Operation: operation, Body: body}
		_ = checker.Check(request)
		quote := checker.Quote(request, job.Length{})
		if quote.Low < 0 || quote.Low > quote.Likely || quote.Likely > quote.High {
			t.Errorf("quote %+v is out of order", quote)
		}
		checker.Account(request)
	})
}

// TestATemplateThatTellsNoAspectRatiosIsSaidOnce: what cannot be checked is no
// problem of any row.
func TestATemplateThatTellsNoAspectRatiosIsSaidOnce(t *testing.T) {
	for _, test := range []struct {
		operation, request, want string
	}{
		{samsar.Join, `{"session_ids": "{sessions}"}`, "SAM-J2"},
		{samsar.External(samsar.Join), `{"session_ids": ["{a}", "{b}"]}`, "SAM-J2"},
		{samsar.Join, `{"session_ids": "{sessions}", "aspect_ratios": "{ratios}"}`, ""},
		{samsar.Translate, `{"videoSessionId": "{session}"}`, ""},
		{samsar.Join, `not JSON`, ""},
	} {
		got := ""
		for _, p := range check(t, test.operation).Survey(json.RawMessage(test.request)) {
			if got += p.Code; p.IsError() || p.Hint == "" {
				t.Errorf("%s: %+v", test.request, p)
			}
		}
		if got != test.want {
			t.Errorf("%s %s: %q, want %q", test.operation, test.request, got, test.want)
		}
	}
}

// TestWhatIsKnownOfSessionsIsNotSent: the service has no such field.
func TestWhatIsKnownOfSessionsIsNotSent(t *testing.T) {
	w := &wire{answer: always(200, `{"request_id": "vid_3", "session_id": "vid_3"}`)}
	_, err := w.client(t).Submit(t.Context(), providers.Request{
		Operation: samsar.Join, Body: with(samsar.Join, members{"aspect_ratios": []any{"9:16", "9:16"}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"input":{"blend_scenes":false,"session_ids":["vid_1","vid_2"]}}`
	if len(w.bodies) != 1 || w.bodies[0] != want {
		t.Errorf("sent %q, want %q", w.bodies, want)
	}
}

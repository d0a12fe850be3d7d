package kensa_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/kensa"
	"github.com/reelmerge/reelmerge/schema"
)

// good is a request without fault; edit changes one of its fields, or takes it
// out.
func edit(field, value string) json.RawMessage {
	fields := map[string]json.RawMessage{
		"prompt": []byte(`"A dog"`), "model": []byte(`"sora-2"`), "duration": []byte(`10`),
		"aspectRatio": []byte(`"16:9"`), "quality": []byte(`"720p"`),
	}
	if field != "" {
		fields[field] = json.RawMessage(value)
	}
	if value == "" {
		delete(fields, field)
	}
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return text
}

func newChecker(t *testing.T, p providers.Prices) *kensa.Checker {
	t.Helper()
	checker, err := kensa.NewChecker(kensa.Generate, p)
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

// breaks lists the rules that a request breaks, as "CODE pointer" or "warning
// CODE pointer".
func breaks(c providers.Checker, body json.RawMessage) (all []string) {
	for _, p := range c.Check(providers.Request{Operation: kensa.Generate, Body: body}) {
		line := p.Code + " " + p.Pointer
		if !p.IsError() {
			line = "warning " + line
		}
		all = append(all, line)
	}
	return all
}

func TestEachRuleIsHeldOffline(t *testing.T) {
	checker := newChecker(t, published())
	for _, test := range []struct{ field, value, want string }{
		{"", "", ""},
		{"prompt", ``, "KEN-V1 /prompt"},
		{"prompt", `"  \n"`, "KEN-V1 /prompt"},
		{"prompt", `7`, "KEN-V1 /prompt"},
		{"prompt", `"` + strings.Repeat("é", 5000) + `"`, ""},
		{"prompt", `"` + strings.Repeat("é", 5001) + `"`, "KEN-V1 /prompt"},
		{"model", ``, "KEN-V2 /model"},
		{"model", `"sora2"`, "KEN-V2 /model"},
		{"model", `"seedance-1-5"`, ""},
		{"duration", ``, "KEN-V3 /duration"},
		{"duration", `null`, "KEN-V3 /duration"},
		{"duration", `"10"`, "KEN-V3 /duration"},
		{"duration", `0`, "KEN-V3 /duration"},
		{"duration", `-1`, "KEN-V3 /duration"},
		{"duration", `7.5`, "warning KEN-V3 /duration"},
		{"duration", `3600`, ""},
		{"aspectRatio", ``, "KEN-V4 /aspectRatio"},
		{"aspectRatio", `"16/9"`, "KEN-V4 /aspectRatio"},
		{"aspectRatio", `"0:9"`, "KEN-V4 /aspectRatio"},
		{"aspectRatio", `"21:9"`, ""},
		{"quality", ``, ""},
		{"quality", `"4k"`, ""},
		{"quality", `"720"`, "KEN-V5 /quality"},
		{"startImageUrl", `"https://cdn.example.com/a.jpg"`, ""},
		{"startImageUrl", `"a.jpg"`, "KEN-V6 /startImageUrl"},
		{"startImageUrl", `""`, "KEN-V6 /startImageUrl"},
		{"startImageUrl", `"file:///a.jpg"`, "KEN-V6 /startImageUrl"},
		{"start_image_url", `"https://cdn.example.com/a.jpg"`, "TPL-REQUEST /start_image_url"},
		{"seed", `7`, ""},
	} {
		t.Run(test.field+" "+test.value[:min(20, len(test.value))], func(t *testing.T) {
			if got := strings.Join(breaks(checker, edit(test.field, test.value)), "\n"); got != test.want {
				t.Errorf("breaks %q, want %q", got, test.want)
			}
		})
	}
}

func TestAModelOfThePriceTableIsKnown(t *testing.T) {
	p := published()
	p.Table = append(p.Table, providers.Price{Model: "sora-3", Duration: p.Table[0].Duration})
	if got := breaks(newChecker(t, p), edit("model", `"sora-3"`)); got != nil {
		t.Errorf("breaks %v", got)
	}
}

func TestWhatTheDeploymentSaysGoesBeforeTheDocumentation(t *testing.T) {
	client := connect(t, play(t, nil), "session=abcdefgh")
	models, err := client.Assets(t.Context(), kensa.Models)
	if err != nil {
		t.Fatal(err)
	}
	models = append(models, providers.Asset{Name: "pictures-only", Details: map[string]string{"modes": "image-to-video"}})
	checker := newChecker(t, published()).WithAssets(kensa.Models, models)
	for _, test := range []struct{ field, value, want string }{
		{"", "", ""},
		{"model", `"sora-3"`, "KEN-V2 /model"},
		{"model", `"kling-1-0"`, "KEN-V7 /model"},
		{"model", `"pictures-only"`, "KEN-V6 /startImageUrl"},
		{"duration", `15`, ""},
		{"duration", `16`, "KEN-V3 /duration"},
		{"aspectRatio", `"1:1"`, "KEN-V4 /aspectRatio"},
		{"quality", `"4k"`, "KEN-V5 /quality"},
	} {
		if got := strings.Join(breaks(checker, edit(test.field, test.value)), "\n"); got != test.want {
			t.Errorf("%s %s breaks %q, want %q", test.field, test.value, got, test.want)
		}
	}
	text := string(edit("model", `"kling-1-0"`))
	text = strings.Replace(text, "{", `{"startImageUrl":"https://cdn.example.com/a.jpg",`, 1)
	if got := breaks(checker, json.RawMessage(text)); !cmp.Equal(got, []string{"KEN-V7 /model", "KEN-V6 /startImageUrl"}) &&
		!cmp.Equal(got, []string{"KEN-V7 /model", "KEN-V5 /quality", "KEN-V6 /startImageUrl"}) {
		t.Errorf("a picture for a model that takes none breaks %v", got)
	}
}

// FuzzCheck checks random bodies. The checker must not panic, and every body that it
// accepts must have the shape of the schema.
func FuzzCheck(f *testing.F) {
	for _, seed := range []json.RawMessage{edit("", ""), edit("duration", `1e400`), edit("startImageUrl", `"https://a/b"`), []byte(`{"prompt":`), []byte(`[]`), []byte(`null`)} {
		f.Add([]byte(seed))
	}
	shape, err := schema.Compile("kensa-generate", kensa.Service().Operations[0].Schema)
	if err != nil {
		f.Fatal(err)
	}
	checker, err := kensa.NewChecker(kensa.Generate, published())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, p := range checker.Check(providers.Request{Operation: kensa.Generate, Body: body}) {
			if p.IsError() {
				return
			}
		}
		if v := shape.Check(body); len(v) > 0 && v[0].Keyword != "syntax" && v[0].Keyword != "type" {
			t.Errorf("accepted %q, which breaks the schema: %+v", body, v)
		}
	})
}

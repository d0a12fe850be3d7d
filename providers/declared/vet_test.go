package declared_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/declared"
)

// asking is Acme with saved templates, a free check and a list of voices.
func asking(t testing.TB) string {
	t.Helper()
	return changed(t, text(t, "acme"),
		"operations:\n", "assets:\n  voices: {call: {method: GET, path: /v2/voices}, items: /voices, name: /id, label: /name, next: {cursor: /next}}\noperations:\n",
		"variables: {at: /fields, shape: list,", "check: {call: {method: POST, path: /v2/clips/check, body: json}, errors: /errors, warnings: /warnings}\n    variables: {discover: {call: {method: GET, path: \"/v2/looks/{request:/title}\"}, items: /fields, name: \"{key}\", label: /says}, at: /fields, shape: list,",
		"recordings:\n", `recordings:
  - {call: discover, from: docs, status: 200, body: {fields: {name: {says: who is greeted}, city: {says: where}}}}
  - {call: check, from: docs, status: 200, body: {errors: [the voice is gone], warnings: it will take long}}
  - {call: assets, kind: voices, from: docs, status: 200, body: {voices: [{id: v1, name: Ann}], next: ""}}
`)
}

// changed replaces texts by pairs, each of which must be there.
func changed(t testing.TB, s string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(s, pairs[i]) {
			t.Fatalf("there is no %q to change", pairs[i])
		}
		s = strings.Replace(s, pairs[i], pairs[i+1], 1)
	}
	return s
}

// TestWhatTheAccountHasIsListed, page by page.
func TestWhatTheAccountHasIsListed(t *testing.T) {
	a := answers(t, 200, "")
	a.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := `{"voices":[{"id":"v1","name":"Ann"},{"name":"without an id"}],"next":"2"}`
		if r.URL.Query().Get("cursor") == "2" {
			body = `{"voices":[{"id":"v2"}]}`
		}
		_, _ = w.Write([]byte(body))
	})
	d := parse(t, changed(t, asking(t), "path: /v2/voices}", `path: /v2/voices, query: {cursor: "{cursor}"}}`))
	lister, ok := providers.As[providers.Lister](a.client(t, d))
	if !ok || len(lister.Kinds()) != 1 {
		t.Fatal("it lists nothing")
	}
	list, err := lister.Assets(t.Context(), "voices")
	if err != nil || len(list) != 2 || list[0].Name != "v1" || list[0].Label != "Ann" || list[1].Name != "v2" {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := lister.Assets(t.Context(), "fonts"); err == nil {
		t.Error("it lists fonts")
	}
	if _, ok := providers.As[providers.Lister](a.client(t, load(t, "acme"))); ok {
		t.Error("a service without lists lists something")
	}
}

// TestVariablesAreThoseOfTheSavedTemplate: what it does not have is a problem, what stays as
// it stands there a warning, and it is asked for once.
func TestVariablesAreThoseOfTheSavedTemplate(t *testing.T) {
	a := answers(t, 200, `{"fields":{"name":{"says":"who"},"city":{}}}`)
	vetter, ok := providers.As[providers.Vetter](a.client(t, parse(t, changed(t, asking(t), "check: {call: {method: POST, path: /v2/clips/check, body: json}, errors: /errors, warnings: /warnings}\n    ", ""))))
	if !ok {
		t.Fatal("it cannot be asked")
	}
	vet := func(fields string) (codes string) {
		t.Helper()
		found, err := vetter.Vet(t.Context(), providers.Request{Operation: "acme/clip", Body: json.RawMessage(`{"title":"look 1","seconds":8,"fields":` + fields + `}`)})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range found {
			codes += p.Code + " " + p.Pointer + " " + p.Value + ";"
		}
		return codes
	}
	for fields, want := range map[string]string{
		`{"name":"Ada","city":"Bern"}`:                "",
		`{"name":"Ada","citty":"Bern"}`:               "SVC-VARIABLE /fields/citty citty;SVC-UNFILLED /fields city;",
		`[{"key":"anything","text":"as it is sent"}]`: "",
	} {
		if got := vet(fields); got != want {
			t.Errorf("%s: %q, want %q", fields, got, want)
		}
	}
	if len(a.asked) != 1 || a.asked[0].URL.Path != "/v2/looks/look 1" {
		t.Errorf("asked %d times, %v", len(a.asked), a.asked[0].URL)
	}
	a = answers(t, 404, `{}`)
	vetter, _ = providers.As[providers.Vetter](a.client(t, parse(t, asking(t))))
	a.mu.Lock()
	a.status = 404
	a.mu.Unlock()
	found, err := vetter.Vet(t.Context(), providers.Request{Operation: "acme/clip", Body: json.RawMessage(`{"title":"gone","fields":{"name":"x"}}`)})
	if len(found) != 1 || found[0].Code != "SVC-TEMPLATE" {
		t.Errorf("a template that is gone: %v, %v", found, err)
	}
}

// TestTheFreeCheckSaysWhatIsWrong in an answer, and by a refusal; it never has our key,
// reference or address for webhooks.
func TestTheFreeCheckSaysWhatIsWrong(t *testing.T) {
	d := parse(t, changed(t, asking(t), `discover: {call: {method: GET, path: "/v2/looks/{request:/title}"}, items: /fields, name: "{key}", label: /says}, `, ""))
	for _, c := range []struct {
		status     int
		body, want string
		failed     bool
	}{
		{200, `{"errors":["the voice is gone",{"at":"x"}],"warnings":"slow"}`, `error: Acme Video says: the voice is gone;error: Acme Video says: {"at":"x"};warning: Acme Video says: slow;`, false},
		{200, `{}`, "", false},
		{422, `{"error":{"text":"no such voice"}}`, "error: Acme Video would refuse it: no such voice;", false},
		{500, `{}`, "", true},
	} {
		a := answers(t, c.status, c.body)
		vetter, _ := providers.As[providers.Vetter](a.client(t, d))
		found, err := vetter.Vet(t.Context(), providers.Request{Operation: "acme/clip", Body: json.RawMessage(`{"title":"Hi","seconds":8,"fields":{"a":"1"}}`)})
		got := ""
		for _, p := range found {
			severity := "error"
			if !p.IsError() {
				severity = "warning"
			}
			got += severity + ": " + p.Message + ";"
		}
		if got != c.want || (err != nil) != c.failed || a.asked[0].Method+a.asked[0].URL.Path != "POST/v2/clips/check" || a.bodies[0] != `{"fields":[{"key":"a","text":"1"}],"seconds":8,"title":"Hi"}` {
			t.Errorf("%d %s: %q, %v, asked %v %s", c.status, c.body, got, err, a.asked[0].URL, a.bodies)
		}
	}
}

// TestOnlyTheFreeCallMayBeMadeByACheck: everything else that does not read is kept back,
// however it is written.
func TestOnlyTheFreeCallMayBeMadeByACheck(t *testing.T) {
	d := parse(t, asking(t))
	for address, want := range map[string]bool{
		"https://api.acme.example/v2/clips/check": true, "https://api.acme.example/v2/clips/check/": true, "https://api.acme.example/v2/clips": false,
		"https://api.acme.example/v2/clips/": false, "https://api.acme.example/v2/clips/c_1/stop": false, "https://other.example/v2/clips/check": false,
	} {
		u, err := url.Parse(address)
		if got := d.MayVet(&http.Request{Method: http.MethodPost, URL: u}, "https://api.acme.example"); got != want || err != nil {
			t.Errorf("%s: %v, %v", address, got, err)
		}
	}
}

// TestACheckThatCouldBuyIsRefused by the loader, in every way in which it can be written.
func TestACheckThatCouldBuyIsRefused(t *testing.T) {
	const free = "path: /v2/clips/check, body: json}"
	for name, pairs := range map[string][]string{
		"the same path":           {free, "path: /v2/clips, body: json}"},
		"a slash more":            {free, "path: /v2/clips/, body: json}"},
		"a hole in the paid path": {"call: {method: POST, path: /v2/clips}", `call: {method: POST, path: "/v2/clips/{take:/title}"}`},
		"a hole in the free path": {free, `path: "/v2/{request:/title}", body: json}`},
		"the balance":             {"{method: GET, path: /v2/me}", "{method: POST, path: /v2/clips}"},
		"the list of a template":  {`{method: GET, path: "/v2/looks/{request:/title}"}`, `{method: POST, path: /v2/clips, query: {t: "{request:/title}"}}`},
	} {
		if d, found := declared.Parse("acme.service.yaml", []byte(changed(t, asking(t), pairs...))); d != nil || !strings.Contains(found.Error(), "SVC-PAID") {
			t.Errorf("%s: %v", name, found)
		}
	}
}

package reelmerge_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// TestDiscoverMakesATemplateOfASavedOne: its variables are those that the service names, each
// once, and the token goes to a described host only after a person has said so.
func TestDiscoverMakesATemplateOfASavedOne(t *testing.T) {
	asked := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked += r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization") + ";"
		_, _ = w.Write([]byte(`{"fields":["First name","first-name","1st"]}`))
	}))
	defer server.Close()
	d := newDescribed(t, sandbox.Options{})
	d.edit("variables: {at:", `variables: {discover: {call: {method: GET, path: "/v2/looks/{request:/look}"}, items: /fields, name: ""}, at:`)
	d.edit("recordings:\n", "recordings:\n  - {call: discover, from: docs, status: 200, body: {fields: [name]}}\n")
	saved := reelmerge.SavedTemplate{Starter: "acme-clip", ID: "look/7", File: d.path + "/acme.service.yaml", Address: server.URL}
	o := reelmerge.Options{Services: all.Services(), Getenv: variables}
	_, err := reelmerge.Discover(t.Context(), saved, o)
	d.want(err, reelmerge.Usage, "the token goes to api.acme.example")
	if asked != "" {
		t.Errorf("asked %s", asked)
	}
	o.Ask = func(_ context.Context, q reelmerge.Question) bool { return q.About == reelmerge.Service }
	text, err := reelmerge.Discover(t.Context(), saved, o)
	d.want(err, reelmerge.Done, "")
	var made struct {
		Operation string
		Request   struct {
			Look   string
			Fields map[string]string
		}
		Variables map[string]any
	}
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatal(err)
	}
	if f := made.Request.Fields; made.Operation != "acme/clip" || made.Request.Look != "look/7" || f["First name"] != "{first_name}" || f["first-name"] != "{first_name_2}" || f["1st"] != "{v1st}" || len(made.Variables) != 3 {
		t.Errorf("%s", text)
	}
	if asked != "GET /v2/looks/look/7 Token another;" {
		t.Errorf("asked %s", asked)
	}
	saved.Starter = "kensa-generate"
	_, err = reelmerge.Discover(t.Context(), saved, o)
	d.want(err, reelmerge.Usage, "nothing that kensa-generate describes")
}

package samsar_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/samsar"
)

// endpoints are all calls of the documentation, below the base URL.
func endpoints() []string {
	return []string{
		"GET /video/supported_models",
		"POST /video/text_to_video",
		"POST /video/image_list_to_video",
		"POST /external_users/text_to_video",
		"POST /external_users/image_list_to_video",
		"POST /video/add_outro_image",
		"POST /video/update_outro_image",
		"POST /video/update_footer_image",
		"POST /external_users/add_outro_image",
		"POST /external_users/update_outro_image",
		"POST /external_users/update_footer_image",
		"POST /external_users/translate_video",
		"POST /external_users/join_videos",
		"GET /external_users/status",
		"POST /video/clone",
		"POST /video/translate_video",
		"POST /video/join_videos",
		"POST /video/remove_subtitles",
		"POST /video/add_subtitles",
		"POST /video/cancel_render",
		"GET /video/fetch_latest_version",
		"GET /video/list_completed_video_sessions",
		"GET /status",
		"GET /supported_fonts",
		"GET /credits",
		"GET /external_users/requests",
	}
	// Left out, being other addresses of calls that are here: POST
	// /video/retranslate_video, and POST /video/clone and GET /status under /v2.
}

// wire answers calls, and remembers them.
type wire struct {
	answer func(r *http.Request) (status int, body string)

	mu     sync.Mutex
	calls  []string
	bodies []string
}

// RoundTrip implements [http.RoundTripper].
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	w.mu.Lock()
	w.calls = append(w.calls, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/v1"))
	w.bodies = append(w.bodies, string(sent))
	w.mu.Unlock()
	status, body := w.answer(r)
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: r,
	}, nil
}

func (w *wire) client(t *testing.T, change ...func(*providers.Config)) *samsar.Client {
	t.Helper()
	config := providers.Config{Token: "token", Transport: w, WebhookSecret: "secret"}
	for _, c := range change {
		c(&config)
	}
	client, err := samsar.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// always answers every call alike.
func always(status int, body string) func(*http.Request) (int, string) {
	return func(*http.Request) (int, string) { return status, body }
}

// examples returns the requests that an operation's schema shows.
func examples(t *testing.T, o providers.Operation) []json.RawMessage {
	t.Helper()
	var doc struct {
		Examples []json.RawMessage `json:"examples"`
	}
	if err := json.Unmarshal(o.Schema, &doc); err != nil || len(doc.Examples) == 0 {
		t.Fatalf("%s: %v, %d examples", o.Name, err, len(doc.Examples))
	}
	return doc.Examples
}

// TestEveryDocumentedEndpointIsCalled uses all operations of the table and all
// abilities of the client, and compares the calls that arrive with the
// documentation.
func TestEveryDocumentedEndpointIsCalled(t *testing.T) {
	w := &wire{answer: func(r *http.Request) (int, string) {
		switch {
		case strings.HasSuffix(r.URL.Path, "list_completed_video_sessions"):
			return 200, `[]`
		case strings.HasSuffix(r.URL.Path, "supported_models"):
			return 200, `{"VIDEO_MODELS":[{"value":"X","basePrice":1}]}`
		}
		return 200, `{"request_id":"a","session_id":"a","status":"COMPLETED","remainingCredits":5,"requests":[]}`
	}}
	client := w.client(t)
	for _, o := range samsar.Service().Operations {
		r := providers.Request{Operation: o.Name, Body: examples(t, o)[0]}
		receipt, err := client.Submit(t.Context(), r)
		if err != nil {
			t.Fatalf("%s: %v", o.Name, err)
		}
		if _, err := client.Poll(t.Context(), o.Name, receipt.Ticket); err != nil {
			t.Errorf("poll %s: %v", o.Name, err)
		}
		if err := client.Cancel(t.Context(), o.Name, receipt.Ticket); err != nil {
			t.Errorf("cancel %s: %v", o.Name, err)
		}
	}
	lost := providers.Lost{Request: external(textToVideo)(1)}
	if _, err := client.Find(t.Context(), lost); err != nil {
		t.Error(err)
	}
	for _, kind := range client.Kinds() {
		if _, err := client.Assets(t.Context(), kind); err != nil {
			t.Errorf("list %s: %v", kind, err)
		}
	}
	if _, _, err := client.Balance(t.Context()); err != nil {
		t.Error(err)
	}
	slices.Sort(w.calls)
	want := endpoints()
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Compact(w.calls)); diff != "" {
		t.Errorf("calls (-documented +made):\n%s", diff)
	}
}

// TestOperationsAreRowsWithOneSchemaEach holds the table to its schemas: there is
// one for each operation, its examples pass the check, and that of an external
// user's twin is the operation's own with the user added.
func TestOperationsAreRowsWithOneSchemaEach(t *testing.T) {
	byName := map[string]providers.Operation{}
	for _, o := range samsar.Service().Operations {
		byName[o.Name] = o
		checker := check(t, o.Name)
		for _, example := range examples(t, o) {
			for _, p := range checker.Check(providers.Request{Operation: o.Name, Body: example}) {
				t.Errorf("%s: its example breaks %s: %s", o.Name, p.Code, p.Message)
			}
		}
		if base, twin := strings.CutPrefix(o.Name, "samsar/external-"); twin {
			wantTwin(t, byName["samsar/"+base], o)
		}
	}
	files, err := filepath.Glob("*.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := "samsar/" + strings.TrimSuffix(file, ".schema.json"); byName[name].Schema == nil {
			t.Errorf("%s belongs to no operation", file)
		}
	}
	if len(byName) != 17 || len(files) != 17 {
		t.Errorf("%d operations and %d schemas, want 17", len(byName), len(files))
	}
}

func wantTwin(t *testing.T, base, twin providers.Operation) {
	t.Helper()
	read := func(o providers.Operation) (required []string, properties map[string]any) {
		var doc struct {
			Required   []string       `json:"required"`
			Properties map[string]any `json:"properties"`
		}
		if err := json.Unmarshal(o.Schema, &doc); err != nil {
			t.Fatal(err)
		}
		return doc.Required, doc.Properties
	}
	required, properties := read(base)
	required2, properties2 := read(twin)
	if properties2["external_user"] == nil || !slices.Contains(required2, "external_user") {
		t.Errorf("%s has no external_user", twin.Name)
	}
	delete(properties2, "external_user")
	required2 = slices.DeleteFunc(required2, func(name string) bool { return name == "external_user" })
	if diff := cmp.Diff(map[string]any{"r": required, "p": properties}, map[string]any{"r": required2, "p": properties2}); diff != "" {
		t.Errorf("%s differs from its twin (-own +external):\n%s", base.Name, diff)
	}
}

func check(t *testing.T, operation string) *samsar.Checker {
	t.Helper()
	checker, err := samsar.NewChecker(operation, providers.Prices{})
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

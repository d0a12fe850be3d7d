package reelmerge_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// TestCheckOnlineAsksADescribedService: about the variables once, about each row by the free
// call, within the limits of the service, and never by a paid call.
func TestCheckOnlineAsksADescribedService(t *testing.T) {
	d := newDescribed(t, sandbox.Options{Render: 10 * time.Millisecond})
	d.edit("operations:\n", "assets:\n  voices: {call: {method: GET, path: /v2/voices}, name: \"\"}\noperations:\n")
	d.edit("variables: {at:", "check: {call: {method: POST, path: /v2/clips/check, body: json}, errors: /errors}\n    variables: {discover: {call: {method: GET, path: /v2/look, query: {of: \"{request:/seconds}\"}}, name: \"\"}, at:")
	d.edit("recordings:\n", "recordings:\n  - {call: discover, from: docs, status: 200, body: [name]}\n  - {call: check, from: docs, status: 200, body: {errors: [no]}}\n  - {call: assets, kind: voices, from: docs, status: 200, body: [Ann]}\n")
	_, err := d.open().Check(t.Context(), reelmerge.CheckOptions{Online: true})
	d.want(err, reelmerge.Usage, "no person has said yet")
	_, err = d.start(d.trust())
	d.want(err, reelmerge.Done, "")
	bank, _ := d.box.Bank()

	asked := map[string]int{}
	d.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.Method+" "+strings.TrimPrefix(r.URL.Path, "/acme")]++
		body := `["name"]`
		if r.Method == http.MethodPost {
			body = `{"errors":[]}`
			if asked["POST /v2/clips/check"] == 2 {
				body = `{"errors":["the name is not allowed"]}`
			}
		}
		_, _ = w.Write([]byte(body))
	})
	done, err := d.open().Check(t.Context(), reelmerge.CheckOptions{Online: true})
	if err != nil {
		t.Fatal(err)
	}
	if p := done.Problems; len(p) != 1 || p[0].Code != "SVC-REFUSED" || p[0].Row != 3 || done.Rows.Valid != 2 {
		t.Errorf("found %v, %d rows are ready", p, done.Rows.Valid)
	}
	if len(asked) != 2 || asked["GET /v2/look"] != 1 || asked["POST /v2/clips/check"] != 3 {
		t.Errorf("asked %v", asked)
	}
	d.write("t.json", `{"operation": "acme/clip", "request": {"title": "Hello {name}", "seconds": 8, "fields": {"nam": "{name}"}}, "variables": {"name": {"type": "string"}}}`)
	done, err = d.open().Check(t.Context(), reelmerge.CheckOptions{Online: true})
	if err != nil || len(done.Problems) != 2 || done.Problems[0].Code != "SVC-VARIABLE" || !strings.Contains(done.Problems[0].Hint, `"name"`) || done.Rows.Valid != 0 {
		t.Errorf("another variable: %v, %v", done.Problems, err)
	}
	if now, _ := d.box.Bank(); len(now) != len(bank) {
		t.Errorf("a check bought %d", len(now)-len(bank))
	}
}

// TestRecordKeepsTheShapeAlone: what a live account answers becomes recordings that the
// description loads with, and nothing in them is the account's or a customer's.
func TestRecordKeepsTheShapeAlone(t *testing.T) {
	d := newDescribed(t, sandbox.Options{Render: 10 * time.Millisecond})
	_, err := d.open().Record(t.Context(), "")
	d.want(err, reelmerge.Usage, "no person has said yet")
	_, err = d.start(d.trust())
	d.want(err, reelmerge.Done, "")
	methods := map[string]int{}
	d.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		methods[r.Method]++
		body := `{"clips":[{"id":"canary-1","external_id":"canary-ref","made":1789000000,"phase":"canary","owner":"canary@example.com"},{"id":"canary-2","external_id":null},{"id":"canary-3"}]}`
		switch {
		case strings.HasSuffix(r.URL.Path, "/me"):
			body = `{"coins":"98765.5","name":"canary"}`
		case !strings.HasSuffix(r.URL.Path, "/clips"):
			body = `{"clip":{"id":"` + r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:] + `","phase":"ready","file":"https://files.acme.example/canary.mp4?sig=canary","length_ms":8000,"title":"canary","at":"2026-11-30T10:00:00Z","frames":98765}}`
		}
		_, _ = w.Write([]byte(body))
	})
	noted, err := d.open().Record(t.Context(), "2")
	if err != nil || len(noted) != 3 {
		t.Fatalf("%v, %v", noted, err)
	}
	lines := ""
	for _, r := range noted {
		lines += r.Line() + "\n"
	}
	want := `  - {call: "poll", operation: "clip", named: "succeeded", from: "live", status: 200, body: {"clip":{"at":"2026-01-02T03:04:05Z","file":"https://files.acme.example/private.mp4","frames":1,"id":"id_1","length_ms":8000,"phase":"ready","title":"private"}}}
  - {call: "find", operation: "clip", from: "live", status: 200, body: {"clips":[{"external_id":"id_1","id":"id_1","made":1789000000,"owner":"private","phase":"private"},{"external_id":null,"id":"id_2"}]}}
  - {call: "balance", from: "live", status: 200, body: {"coins":"1","name":"private"}}
`
	if lines != want {
		t.Errorf("%s, want %s", lines, want)
	}
	if methods[http.MethodGet] != 3 || len(methods) != 1 {
		t.Errorf("called %v", methods)
	}
	d.edit("recordings:\n", "recordings:\n"+lines)
	if _, err := d.opened(); err != nil {
		t.Errorf("with what was recorded: %v", err)
	}
	_, err = d.open().Record(t.Context(), "no such row")
	d.want(err, reelmerge.Usage, "no row with the key")
}

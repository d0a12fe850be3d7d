package declared_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/declared"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// placing is Acme with a picture that is put somewhere before the submit.
func placing(t testing.TB, more ...string) string {
	t.Helper()
	return changed(t, text(t, "acme"), append([]string{
		"    submit:\n", "    uploads:\n      - {at: /picture, how: before, types: [image/png], ask: {method: POST, path: /v2/uploads, send: {kind: picture}}, put: /slot/url, use: /slot/name, valid: 1h}\n    submit:\n",
		"recordings:\n", "recordings:\n  - {call: upload, from: docs, status: 201, body: {slot: {url: \"https://files.acme.example/u/1\", name: pictures/1}}}\n",
	}, more...)...)
}

// picture is a request with a picture in a file.
func picture(t testing.TB, n int) providers.Request {
	t.Helper()
	path := filepath.Join(t.TempDir(), "face.png")
	data, err := os.ReadFile("../vidgen/face.png")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, fmt.Sprint(n)...), 0o600); err != nil {
		t.Fatal(err)
	}
	r := providers.Request{Operation: "acme/clip", Reference: fmt.Sprintf("%024x", n), Body: json.RawMessage(`{"title":"Hi","seconds":8,"picture":"face.png"}`)}
	c, err := service(t, parse(t, placing(t)), nil).NewChecker("acme/clip", providers.Prices{})
	if err != nil {
		t.Fatal(err)
	}
	attacher, ok := providers.As[providers.Attacher](c)
	if !ok {
		t.Fatal("it takes no files")
	}
	media, found := attacher.Attach(r, func(string) providers.Placed { return providers.Placed{Path: path} })
	if len(found) > 0 {
		t.Fatal(found)
	}
	for i := range media {
		media[i].Path = path
	}
	r.Media = media
	return r
}

// TestAFileIsPutBeforeTheSubmit, once for all rows that have it, and the simulator refuses a
// submit that names a place where nothing lies.
func TestAFileIsPutBeforeTheSubmit(t *testing.T) {
	d := parse(t, placing(t))
	box, err := sandbox.New(sandbox.Options{Render: time.Nanosecond, Described: [][]byte{[]byte(placing(t))}})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	asked := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.Method]++
		box.ServeHTTP(w, r)
	}))
	defer server.Close()
	c, err := service(t, d, nil).New(providers.Config{BaseURL: server.URL + "/acme", Token: "token"})
	if err != nil {
		t.Fatal(err)
	}
	same, other := picture(t, 1), picture(t, 2)
	for _, r := range []providers.Request{same, same, other} {
		if _, err := c.Submit(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	bank, err := box.Bank()
	if err != nil || len(bank) != 3 || bank[0].Content != bank[1].Content || bank[1].Content == bank[2].Content {
		t.Errorf("bought %+v, %v", bank, err)
	}
	if asked[http.MethodPut] != 2 || asked[http.MethodPost] != 5 {
		t.Errorf("asked %v", asked)
	}
}

// TestAPlaceOnThisMachineIsRefused unless it is the service's own server: an answer must not
// make this machine talk to its neighbours.
func TestAPlaceOnThisMachineIsRefused(t *testing.T) {
	other := answers(t, 200, "")
	a := answers(t, 200, `{"slot":{"url":"`+other.URL+`/u","name":"p/1"}}`)
	_, err := a.client(t, parse(t, placing(t))).Submit(t.Context(), picture(t, 1))
	if providers.KindOf(err) != providers.NotSent || len(other.asked) != 0 || len(a.asked) != 1 {
		t.Errorf("%v, %d calls to the other server", err, len(other.asked))
	}
}

// TestWhatGoesWrongBeforeTheSubmitCostsNothing: whatever the service answers to the question
// or the file, no submit leaves, and the row can be sent again.
func TestWhatGoesWrongBeforeTheSubmitCostsNothing(t *testing.T) {
	d := parse(t, placing(t))
	for name, c := range map[string]struct {
		status int
		body   string
		want   providers.Kind
	}{
		"refused":           {401, `{}`, providers.Auth},
		"slow down":         {429, `{}`, providers.Throttled},
		"broken":            {500, `{}`, providers.NotSent},
		"not JSON":          {200, `hello`, providers.NotSent},
		"no place":          {200, `{"slot":{}}`, providers.NotSent},
		"a private network": {200, `{"slot":{"url":"https://10.0.0.1/u","name":"p"}}`, providers.NotSent},
		"not by https":      {200, `{"slot":{"url":"http://files.example.com/u","name":"p"}}`, providers.NotSent},
		"no address":        {200, `{"slot":{"url":"u","name":"p"}}`, providers.NotSent},
	} {
		a := answers(t, c.status, c.body)
		_, err := a.client(t, d).Submit(t.Context(), picture(t, 1))
		if providers.KindOf(err) != c.want || !providers.KindOf(err).NothingCreated() || len(a.asked) != 1 || a.asked[0].URL.Path != "/v2/uploads" || a.bodies[0] != `{"kind":"picture"}` {
			t.Errorf("%s: %v (%v) after %d calls", name, err, providers.KindOf(err), len(a.asked))
		}
	}
}

// TestPlacesThatCannotWorkAreRefused by the loader.
func TestPlacesThatCannotWorkAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ old, new, code string }{
		"no place":          {", put: /slot/url", "", "SVC-UPLOAD"},
		"a wrong pointer":   {"use: /slot/name", "use: /slot/nam", "SVC-POINTER"},
		"the paid call":     {"path: /v2/uploads", "path: /v2/clips", "SVC-PAID"},
		"found by its body": {`match: {/external_id: "{reference}"}`, `match: {/external_id: "{body}"}`, "SVC-FIND"},
	} {
		if d, found := declared.Parse("acme.service.yaml", []byte(placing(t, c.old, c.new))); d != nil || !strings.Contains(found.Error(), c.code) {
			t.Errorf("%s: %v", name, found)
		}
	}
}

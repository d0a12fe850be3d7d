package declared_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/declared"
)

// answering is a server that gives one answer to everything, and keeps what it was asked.
type answering struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	body   string
	header http.Header
	asked  []*http.Request
	bodies []string
}

func answers(t *testing.T, status int, body string) *answering {
	t.Helper()
	a := &answering{status: status, body: body}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		sent, _ := io.ReadAll(r.Body)
		a.asked, a.bodies = append(a.asked, r), append(a.bodies, string(sent))
		maps.Copy(w.Header(), a.header)
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *answering) client(t *testing.T, d *declared.Description) providers.Provider {
	t.Helper()
	c, err := service(t, d, nil).New(providers.Config{BaseURL: a.URL, Token: "token", WebhookSecret: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestStrangeAnswersToASubmitAreNoTicket: whatever the service answers, a job that may exist
// is never taken for one that does not.
func TestStrangeAnswersToASubmitAreNoTicket(t *testing.T) {
	d := load(t, "acme")
	for name, body := range map[string]string{
		"no JSON": "hello", "the id elsewhere": `{"id":"c_1"}`, "null": `{"clip":{"id":null}}`, "an object": `{"clip":{"id":{"a":1}}}`,
		"an empty text": `{"clip":{"id":""}}`, "a thousand characters": `{"clip":{"id":"` + strings.Repeat("x", 1000) + `"}}`,
		"a step in a path": `{"clip":{"id":".."}}`, "a list": `[]`, "nothing": ``, "two documents": `{"clip":`,
	} {
		a := answers(t, 202, body)
		_, err := a.client(t, d).Submit(t.Context(), acme(1))
		if err == nil || providers.KindOf(err).NothingCreated() || len(a.asked) != 1 {
			t.Errorf("%s: %v after %d calls", name, err, len(a.asked))
		}
	}
	a := answers(t, 202, `{"clip":{"id":81}}`)
	if r, err := a.client(t, d).Submit(t.Context(), acme(1)); err != nil || r.Ticket.Job != "81" {
		t.Errorf("a number is an id: %+v, %v", r, err)
	}
	a = answers(t, 201, `{"clip":{"id":"c_1"}}`)
	if _, err := a.client(t, d).Submit(t.Context(), acme(1)); providers.KindOf(err) != providers.Contract {
		t.Errorf("a status that is not accepted: %v", err)
	}
}

// TestARefusalInsideA200IsKnown: the envelope says so; a code that is not listed leaves the
// outcome unknown.
func TestARefusalInsideA200IsKnown(t *testing.T) {
	d := parse(t, strings.Replace(text(t, "acme"), "limits:", "envelope: {ok: {at: /ok, is: true}, code: /code, codes: {\"7\": funds}}\nlimits:", 1))
	for body, want := range map[string]providers.Kind{
		`{"ok":false,"code":7,"clip":{"id":"c"}}`: providers.Funds,
		`{"ok":false,"code":8,"clip":{"id":"c"}}`: providers.Unknown,
		`{"clip":{"id":"c"}}`:                     providers.Unknown,
	} {
		a := answers(t, 202, body)
		if _, err := a.client(t, d).Submit(t.Context(), acme(1)); err == nil || providers.KindOf(err) != want {
			t.Errorf("%s: %v, want %v", body, err, want)
		}
	}
}

// TestWhatARefusalSaysOfTheKey: a mark tells the first answer from one about this send.
func TestWhatARefusalSaysOfTheKey(t *testing.T) {
	key := "key: {in: header, name: Idempotency-Key, holds: 24h, stated: \"acme.md\", in_progress: [409], changed: [422], replayed: %s}\n        find:"
	for mark, body := range map[string]string{`{header: Idempotent-Replayed, is: "true"}`: `{}`, `{at: /again, is: true}`: `{"again":true}`} {
		d := parse(t, strings.Replace(text(t, "acme"), "find:", fmt.Sprintf(key, mark), 1))
		for _, want := range []struct {
			status  int
			body    string
			created bool
			key     providers.KeyAnswer
		}{
			{400, body, false, providers.KeyReplayed}, {400, `{"again":false}`, false, providers.KeyUnmentioned},
			{409, body, true, providers.KeyInProgress}, {422, body, true, providers.KeyChanged}, {500, body, true, providers.KeyReplayed},
		} {
			a := answers(t, want.status, want.body)
			if want.body == body {
				a.header = http.Header{"Idempotent-Replayed": {"True"}}
			}
			_, err := a.client(t, d).Submit(t.Context(), acme(1))
			var e *providers.Error
			if !errors.As(err, &e) || e.Key != want.key || e.Kind.NothingCreated() == want.created {
				t.Errorf("%s: %d %s: %v says %d of the key", mark, want.status, want.body, err, e.Key)
			}
		}
	}
}

// TestARefusalOfTheCallIsNoFailureOfTheJob: a service that says "not so fast" where it says
// why a job failed has not lost the video.
func TestARefusalOfTheCallIsNoFailureOfTheJob(t *testing.T) {
	d := parse(t, strings.Replace(text(t, "acme"), "reason: /clip/problem", "reason: /clip/problem\n      failed_when: /error", 1))
	for status, failed := range map[int]bool{422: true, 400: true, 401: false, 403: false, 408: false, 429: false, 500: false, 503: false} {
		a := answers(t, status, `{"error":{"text":"no"}}`)
		p, err := a.client(t, d).Poll(t.Context(), "acme/clip", job.Ticket{Job: "c_1"})
		if (err == nil && p.Outcome == providers.Failed) != failed {
			t.Errorf("%d: %+v, %v", status, p, err)
		}
	}
}

// TestVariablesHaveTheShapeOfTheVendor reads what was sent.
func TestVariablesHaveTheShapeOfTheVendor(t *testing.T) {
	for name, test := range map[string]struct{ operation, body, want string }{
		"acme":   {"acme/clip", `{"title":"Hi","seconds":8,"fields":{"b":"2","a":"1"}}`, `{"external_id":"r","fields":[{"key":"a","text":"1"},{"key":"b","text":"2"}],"seconds":8,"title":"Hi"}`},
		"heygen": {"heygen/template", `{"template_id":"t/1","variables":{"a":"1","b":{"type":"image"}}}`, `{"callback_id":"r","variables":{"a":{"content":"1","type":"text"},"b":{"type":"image"}}}`},
	} {
		a := answers(t, 500, "{}")
		_, err := a.client(t, load(t, name)).Submit(t.Context(), providers.Request{Operation: test.operation, Body: json.RawMessage(test.body), Reference: "r"})
		if err == nil || len(a.bodies) != 1 || a.bodies[0] != test.want {
			t.Errorf("%s sent %s, want %s (%v)", name, a.bodies, test.want, err)
		}
	}
}

// TestTheTokenOpensFilesOfTheHostsAlone: a file elsewhere is asked for without it, and so is
// one of a service that does not want it.
func TestTheTokenOpensFilesOfTheHostsAlone(t *testing.T) {
	locked := parse(t, strings.Replace(text(t, "acme"), "expires: 7d", "expires: 7d, fetch: with token", 1))
	client, ok := providers.As[providers.Unlocker](answers(t, 200, "").client(t, locked))
	if !ok {
		t.Fatal("it unlocks nothing")
	}
	for link, want := range map[string]string{
		"https://api.acme.example/c.mp4": "Token token", "https://files.acme.example/c.mp4": "", "http://api.acme.example/c.mp4": "",
		"https://api.acme.example@thief.example/c.mp4": "", "https://API.acme.example:443/c.mp4": "Token token",
	} {
		u, err := url.Parse(link)
		if got := client.Unlock(u).Get("Authorization"); err != nil || got != want {
			t.Errorf("%s gets %q, want %q", link, got, want)
		}
	}
	if _, ok := providers.As[providers.Unlocker](answers(t, 200, "").client(t, load(t, "acme"))); ok {
		t.Error("the token goes along with files that are open")
	}
}

// TestTheTokenGoesToTheHostsAlone: an address that an answer names is not followed
// elsewhere.
func TestTheTokenGoesToTheHostsAlone(t *testing.T) {
	thief := answers(t, 200, "{}")
	d := load(t, "fal")
	for _, address := range []string{thief.URL + "/x", "https://thief.example/x", "http://queue.fal.run/x", "https://queue.fal.run@thief.example/x", "https://queue.fal.run.thief.example/"} {
		a := answers(t, 200, `{"request_id":"q","status_url":"`+address+`","response_url":"`+address+`","cancel_url":"`+address+`"}`)
		c := a.client(t, d)
		r, err := c.Submit(t.Context(), providers.Request{Operation: "fal/queue", Body: json.RawMessage(`{"model":"fal-ai/veo3"}`), Reference: "r"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Poll(t.Context(), "fal/queue", r.Ticket); err == nil || !strings.Contains(err.Error(), "token goes nowhere else") && !strings.Contains(err.Error(), "no address") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if len(thief.asked) != 0 {
		t.Errorf("the thief was asked: %v", thief.asked[0].Header)
	}
	if _, err := service(t, d, nil).New(providers.Config{BaseURL: "https://thief.example", Token: "token"}); err == nil {
		t.Error("a campaign may send the token to another host")
	}
}

// TestASearchThatNeverEndsIsGivenUp: a cursor that comes again proves nothing.
func TestASearchThatNeverEndsIsGivenUp(t *testing.T) {
	items := strings.Repeat(`{"id":"c","external_id":"x","made":4102444800},`, 50)
	a := answers(t, 200, `{"clips":[`+strings.TrimSuffix(items, ",")+`]}`)
	finder, _ := providers.As[providers.Finder](a.client(t, load(t, "acme")))
	found, err := finder.Find(t.Context(), providers.Lost{Request: acme(1), Since: time.Now()})
	if len(found) != 0 || providers.KindOf(err) != providers.Contract || len(a.asked) > 100 {
		t.Errorf("%v, %v after %d calls", found, err, len(a.asked))
	}
	late := parse(t, strings.Replace(text(t, "acme"), "settle: 5s", "settle: 5s\n          visible: 1h", 1))
	finder, _ = providers.As[providers.Finder](a.client(t, late))
	before := len(a.asked)
	if _, err := finder.Find(t.Context(), providers.Lost{Request: acme(1), Since: time.Now().Add(-2 * time.Hour)}); err == nil || len(a.asked) != before {
		t.Errorf("a search after jobs have gone from the list: %v", err)
	}
}

// TestStandardWebhooks reproduces the vector of the Standard Webhooks specification.
func TestStandardWebhooks(t *testing.T) {
	const (
		secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
		id     = "msg_p5jXN8AQM9LWM0D4loKWxJek"
		body   = `{"test": 2432232314}`
		want   = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	)
	v := declared.Verify{Scheme: "standard-webhooks"}
	at := time.Unix(1614265330, 0)
	header := func(signature string) http.Header {
		h := http.Header{}
		h.Set("webhook-id", id)
		h.Set("webhook-timestamp", "1614265330")
		h.Set("webhook-signature", signature)
		return h
	}
	for name, test := range map[string]struct {
		header http.Header
		body   string
		now    time.Time
		want   bool
	}{
		"the vector":            {header(want), body, at, true},
		"one of several":        {header("v1,AAAA v2,BBBB " + want), body, at, true},
		"another body":          {header(want), body + " ", at, false},
		"another version":       {header("v2" + want[2:]), body, at, false},
		"no signature":          {header(""), body, at, false},
		"five minutes later":    {header(want), body, at.Add(5*time.Minute + time.Second), false},
		"from the future":       {header(want), body, at.Add(-6 * time.Minute), false},
		"a signature cut short": {header(want[:20]), body, at, false},
	} {
		if got := v.Holds([]byte(secret), test.header, []byte(test.body), test.now); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestWebhooksByAVendorsKey: the example of RFC 8032 proves that keys and signatures are read
// in every way in which vendors write them; fal.ai and Standard Webhooks say what is signed.
func TestWebhooksByAVendorsKey(t *testing.T) {
	const key, message, signature = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
	raw, err := hex.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	v := declared.Verify{Scheme: "ed25519", Header: "S"}
	for _, written := range []string{key, base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw), "whpk_" + base64.StdEncoding.EncodeToString(raw), strings.Repeat("0", 64) + " " + key} {
		if !v.Holds([]byte(written), http.Header{"S": {signature}}, []byte(message), time.Now()) {
			t.Errorf("the example does not hold under %s", written)
		}
	}
	for name, h := range map[string]http.Header{"none": {}, "cut short": {"S": {signature[:20]}}, "another": {"S": {strings.Replace(signature, "92a0", "92a1", 1)}}} {
		if v.Holds([]byte(key), h, []byte(message), time.Now()) {
			t.Errorf("a signature that is %s holds", name)
		}
	}
	if v.Holds([]byte("no key"), http.Header{"S": {signature}}, []byte(message), time.Now()) || v.Holds(nil, http.Header{"S": {signature}}, []byte(message), time.Now()) {
		t.Error("it holds without a key")
	}
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := "whpk_" + base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	h := http.Header{}
	h.Set("webhook-id", "msg_1")
	h.Set("webhook-timestamp", stamp)
	h.Set("webhook-signature", "v1,AAAA v1a,"+base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte("msg_1."+stamp+".{}"))))
	standard := declared.Verify{Scheme: "standard-webhooks"}
	if !standard.Holds([]byte(public), h, []byte("{}"), time.Now()) || standard.Holds([]byte(public), h, []byte("{ }"), time.Now()) || standard.Holds([]byte(public), h, []byte("{}"), time.Now().Add(time.Hour)) {
		t.Error("Standard Webhooks with a public key")
	}
}

// TestAWebhookOfFalIsBelievedWithItsKey, and a reference in its address only where we signed
// that: fal.ai signs webhooks of other accounts with the same key.
func TestAWebhookOfFalIsBelievedWithItsKey(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := base64.RawURLEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
	data, err := os.ReadFile("../builtin/fal.service.yaml")
	if err != nil {
		t.Fatal(err)
	}
	a := answers(t, 200, `{"request_id":"q","status_url":"S","response_url":"S","cancel_url":"S"}`)
	made, err := service(t, parse(t, string(data)), nil).New(providers.Config{BaseURL: a.URL, Token: "token", WebhookSecret: public})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := made.Submit(t.Context(), providers.Request{Operation: "fal/queue", Body: json.RawMessage(`{"model":"fal-ai/veo3"}`), Reference: "r", Callback: "https://hooks.example.com/x"}); err != nil {
		t.Fatal(err)
	}
	called, err := url.Parse(a.asked[0].URL.Query().Get("fal_webhook"))
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"request_id":"q","status":"OK"}`
	sum := sha256.Sum256([]byte(body))
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	h := http.Header{"X-Fal-Webhook-Request-Id": {"q"}, "X-Fal-Webhook-User-Id": {"u"}, "X-Fal-Webhook-Timestamp": {stamp}}
	h.Set("X-Fal-Webhook-Signature", hex.EncodeToString(ed25519.Sign(private, []byte("q\nu\n"+stamp+"\n"+hex.EncodeToString(sum[:])))))
	c, _ := providers.As[providers.Notifier](made)
	n, err := c.Notify(h, []byte(called.RawQuery), []byte(body))
	if err != nil || !n.Authentic || n.Reference != "r" || n.Ticket.Job != "q" {
		t.Errorf("%+v, %v", n, err)
	}
	if _, err := made.Poll(t.Context(), "fal/queue", n.Ticket); err == nil {
		t.Error("a job without its addresses is polled, and would be adopted")
	}
	forger := hmac.New(sha256.New, []byte(public)) // who has the public key, as everybody may
	forger.Write([]byte("reelmerge reference\x00r"))
	if n, err := c.Notify(h, []byte("rm=r&rs="+hex.EncodeToString(forger.Sum(nil))), []byte(body)); err == nil {
		t.Errorf("a reference that a stranger signed: %+v", n)
	}
	h.Set("X-Fal-Webhook-User-Id", "v")
	if n, err := c.Notify(h, []byte(called.RawQuery), []byte(body)); err == nil {
		t.Errorf("another user: %+v", n)
	}
}

// TestASignedWebhookIsBelievedOnlyAsItWasSigned breaks one in each part.
func TestASignedWebhookIsBelievedOnlyAsItWasSigned(t *testing.T) {
	c, _ := providers.As[providers.Notifier](answers(t, 200, "{}").client(t, load(t, "acme")))
	body := `{"clip":{"id":"c_1","external_id":"r"}}`
	sign := func(secret, stamp, body string) http.Header {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp + "." + body))
		return http.Header{"Acme-Time": {stamp}, "Acme-Signature": {"v2=" + hex.EncodeToString(mac.Sum(nil))}}
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	n, err := c.Notify(sign("secret", now, body), nil, []byte(body))
	if err != nil || !n.Authentic || n.Reference != "r" || n.Ticket.Job != "c_1" {
		t.Errorf("a good one: %+v, %v", n, err)
	}
	for name, h := range map[string]http.Header{
		"wrong": sign("another", now, body), "missing": {}, "old": sign("secret", strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10), body), "of another body": sign("secret", now, "{}"),
	} {
		if n, err := c.Notify(h, nil, []byte(body)); err == nil || n.Authentic {
			t.Errorf("a signature that is %s: %+v", name, n)
		}
	}
}

// TestASecondReadBringsTheResult: the status of a job says that it is over, and another
// call what became of it.
func TestASecondReadBringsTheResult(t *testing.T) {
	d := load(t, "fal")
	ticket := func(a *answering) job.Ticket {
		r, err := a.client(t, d).Submit(t.Context(), providers.Request{Operation: "fal/queue", Body: json.RawMessage(`{"model":"fal-ai/veo3"}`), Reference: "r"})
		if err != nil {
			t.Fatal(err)
		}
		return r.Ticket
	}
	for name, test := range map[string]struct {
		status int
		second string
		want   providers.Outcome
		says   string
	}{
		"a video":   {200, `{"video":{"url":"https://v3.fal.media/x.mp4","duration":5}}`, providers.Succeeded, ""},
		"a refusal": {422, `{"detail":"Prompt must be non-empty"}`, providers.Failed, "Prompt must be non-empty"},
		"no link":   {200, `{"video":{}}`, providers.Running, ""},
	} {
		a := answers(t, 200, "")
		a.body = `{"request_id":"q","status_url":"` + a.URL + `/s","response_url":"` + a.URL + `/r","cancel_url":"` + a.URL + `/c"}`
		held := ticket(a)
		c := a.client(t, d)
		a.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/s" {
				_, _ = io.WriteString(w, `{"request_id":"q","status":"COMPLETED"}`)
				return
			}
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, test.second)
		})
		p, err := c.Poll(t.Context(), "fal/queue", held)
		if err != nil || p.Outcome != test.want || !strings.Contains(p.Reason, test.says) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

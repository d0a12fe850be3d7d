package sandbox_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// filePart is one file of a form.
type filePart struct {
	name, kind string
	content    []byte
}

// form encodes files and a webhook address as vidgen wants them.
func form(t *testing.T, parts map[string]filePart, webhook string) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for field, p := range parts {
		header := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, field, p.name)}}
		if p.kind != "" {
			header.Set("Content-Type", p.kind)
		}
		part, err := w.CreatePart(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(p.content); err != nil {
			t.Fatal(err)
		}
	}
	if webhook != "" {
		if err := w.WriteField("webhookUrl", webhook); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

// portrait is a form of a face and something it says.
func portrait(said string) map[string]filePart {
	return map[string]filePart{
		"image": {"face.png", "image/png", []byte("\x89PNG\r\n\x1a\n")},
		"audio": {"voice.mp3", "audio/mpeg", []byte(said)},
	}
}

func vidgenCaller(s *sandbox.Sandbox) caller {
	return caller{s, s.BaseURL(sandbox.Vidgen, root), http.Header{"X-Api-Key": {"key"}}}
}

// post submits a form.
func (c caller) post(t *testing.T, parts map[string]filePart, webhook string) answer {
	t.Helper()
	body, kind := form(t, parts, webhook)
	c.header = c.header.Clone()
	c.header.Set("Content-Type", kind)
	return c.call(t, "POST", "/api/jobs", body)
}

func TestVidgenMakesOneJobAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, sandbox.Options{Render: 100 * time.Second})
		c := vidgenCaller(s)
		first := c.post(t, portrait("one"), "")
		if first.status != http.StatusCreated || first.text(t, "jobId") == "" {
			t.Fatalf("first submit = %d %s", first.status, first.body)
		}
		if a := c.post(t, portrait("two"), ""); a.status != http.StatusConflict {
			t.Errorf("submit while one is active = %d, want 409", a.status)
		}
		other := c
		other.header = http.Header{"X-Api-Key": {"other"}}
		if a := other.post(t, portrait("two"), ""); a.status != http.StatusCreated {
			t.Errorf("submit with another key = %d, want 201", a.status)
		}
		var seen []string
		for range 101 {
			if word := c.want(t, 200, "GET", "/api/status/"+first.text(t, "jobId"), nil).text(t, "status"); len(seen) == 0 || seen[len(seen)-1] != word {
				seen = append(seen, word)
			}
			time.Sleep(time.Second)
		}
		if diff := cmp.Diff([]string{"PENDING", "PROCESSING", "COMPLETED"}, seen); diff != "" {
			t.Errorf("statuses (-want +got):\n%s", diff)
		}
		if a := c.post(t, portrait("two"), ""); a.status != http.StatusCreated {
			t.Errorf("submit after the first = %d, want 201", a.status)
		}
		if line := bank(t, s)[0]; line.Amount != credit.Of(1) || line.Unit != "jobs" || line.State != sandbox.Charged {
			t.Errorf("bank = %+v", line)
		}
	})
}

func TestVidgenMayCountJobsPerUser(t *testing.T) {
	s := open(t, sandbox.Options{Render: time.Hour, Behaviour: sandbox.Behaviour{Vidgen: sandbox.VidgenBehaviour{OnePerUser: true}}})
	c := vidgenCaller(s)
	c.post(t, portrait("one"), "")
	c.header = http.Header{"X-Api-Key": {"other"}}
	if a := c.post(t, portrait("two"), ""); a.status != http.StatusConflict {
		t.Errorf("submit with another key = %d, want 409", a.status)
	}
}

func TestVidgenChecksUploads(t *testing.T) {
	big := bytes.Repeat([]byte{0}, 50<<20+1)
	with := func(field string, p filePart) map[string]filePart {
		parts := portrait("x")
		parts[field] = p
		return parts
	}
	without := func(field string) map[string]filePart {
		parts := portrait("x")
		delete(parts, field)
		return parts
	}
	for name, test := range map[string]struct {
		parts   map[string]filePart
		webhook string
		want    int
	}{
		"no image":           {without("image"), "", 400},
		"no audio":           {without("audio"), "", 400},
		"octet-stream":       {with("audio", filePart{"a.mp3", "application/octet-stream", []byte("x")}), "", 415},
		"no type":            {with("audio", filePart{"a.mp3", "", []byte("x")}), "", 415},
		"a film":             {with("audio", filePart{"a.mp4", "video/mp4", []byte("x")}), "", 415},
		"a GIF":              {with("image", filePart{"a.gif", "image/gif", []byte("x")}), "", 415},
		"an empty file":      {with("image", filePart{"a.png", "image/png", nil}), "", 400},
		"exactly 50 MB":      {with("audio", filePart{"a.wav", "audio/wav", big[1:]}), "", 201},
		"over 50 MB":         {with("audio", filePart{"a.wav", "audio/wav", big}), "", 413},
		"plain webhook":      {portrait("x"), "http://hooks.example.com/", 400},
		"webhook of no host": {portrait("x"), "https://", 400},
		"good webhook":       {portrait("x"), "https://hooks.example.com/", 201},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, sandbox.Options{})
			if a := vidgenCaller(s).post(t, test.parts, test.webhook); a.status != test.want {
				t.Errorf("submit = %d %s, want %d", a.status, a.body, test.want)
			}
			if n := len(bank(t, s)); (n == 1) != (test.want == 201) {
				t.Errorf("%d jobs in the bank after a %d", n, test.want)
			}
		})
	}
	t.Run("no form", func(t *testing.T) {
		vidgenCaller(open(t, sandbox.Options{})).want(t, 400, "POST", "/api/jobs", "{}")
	})
}

func TestVidgenWantsAKey(t *testing.T) {
	s := open(t, sandbox.Options{})
	c := vidgenCaller(s)
	for _, path := range []string{"/health", "/api/health"} {
		caller{sandbox: s, base: c.base}.want(t, 200, "GET", path, nil)
	}
	for _, header := range []http.Header{nil, {"X-Api-Key": {"expired"}}, {"Authorization": {"Bearer key"}}} {
		c.header = header
		c.want(t, 401, "GET", "/api/jobs", nil)
	}
}

func TestVidgenListEchoesTheWebhookNewestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, sandbox.Options{Webhooks: &inbox{}, Render: time.Second})
		c := vidgenCaller(s)
		for i := range 5 {
			c.post(t, portrait(fmt.Sprint(i)), fmt.Sprintf("https://hooks.example.com/?rk=%d", i))
			time.Sleep(time.Minute)
		}
		var hooks []string
		cursor := ""
		for range 3 {
			page := c.want(t, 200, "GET", "/api/jobs?limit=2"+cursor, nil).fields(t)
			for _, item := range page["jobs"].([]any) {
				hooks = append(hooks, item.(map[string]any)["webhookUrl"].(string))
			}
			next := page["pagination"].(map[string]any)
			if next["hasNextPage"] != (next["nextCursor"] != nil) {
				t.Errorf("pagination = %v", next)
			}
			cursor = fmt.Sprintf("&cursor=%v", next["nextCursor"])
		}
		var want []string
		for i := range 5 {
			want = append(want, fmt.Sprintf("https://hooks.example.com/?rk=%d", 4-i))
		}
		if diff := cmp.Diff(want, hooks); diff != "" {
			t.Errorf("list (-want +got):\n%s", diff)
		}
		if page := c.want(t, 200, "GET", "/api/jobs?status=PENDING", nil).fields(t); len(page["jobs"].([]any)) != 0 {
			t.Errorf("pending jobs = %v, want none", page["jobs"])
		}
		for _, query := range []string{"limit=0", "limit=101", "limit=x", "status=DONE", "cursor=x"} {
			c.want(t, 400, "GET", "/api/jobs?"+query, nil)
		}
		if line := bank(t, s)[3]; line.Reference != "3" {
			t.Errorf("reference = %q, want 3", line.Reference)
		}
		c.header = http.Header{"X-Api-Key": {"other"}}
		if page := c.want(t, 200, "GET", "/api/jobs", nil).fields(t); len(page["jobs"].([]any)) != 0 {
			t.Errorf("another key sees %v", page["jobs"])
		}
	})
}

func TestVidgenCancelsOnlyWhatIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, byPost := range []bool{false, true} {
			in := &inbox{}
			s := open(t, sandbox.Options{Webhooks: in, Render: time.Minute, Behaviour: sandbox.Behaviour{Vidgen: sandbox.VidgenBehaviour{CancelByPost: byPost}}})
			c := vidgenCaller(s)
			method, suffix, wrong := "DELETE", "", "POST"
			if byPost {
				method, suffix, wrong = "POST", "/cancel", "DELETE"
			}
			first := c.post(t, portrait("one"), "https://hooks.example.com/").text(t, "jobId")
			if a := c.call(t, wrong, "/api/jobs/"+first, nil); a.status != 404 && a.status != 405 {
				t.Errorf("cancel the other way = %d, want 404 or 405", a.status)
			}
			c.want(t, 200, method, "/api/jobs/"+first+suffix, nil)
			if word := c.want(t, 200, "GET", "/api/status/"+first, nil).text(t, "status"); word != "CANCELLED" {
				t.Errorf("status = %s", word)
			}
			second := c.post(t, portrait("two"), "").text(t, "jobId") // the slot is free again
			time.Sleep(10 * time.Second)
			c.want(t, 409, method, "/api/jobs/"+second+suffix, nil)
			c.want(t, 404, method, "/api/jobs/unknown"+suffix, nil)
			time.Sleep(time.Hour)
			if n := len(in.take()); n != 0 {
				t.Errorf("%d webhooks for a cancelled job, want none", n)
			}
			if lines := bank(t, s); lines[0].State != sandbox.Released || lines[1].State != sandbox.Charged {
				t.Errorf("bank = %s, %s; want released, charged", lines[0].State, lines[1].State)
			}
		}
	})
}

func TestVidgenLimitsRequestsPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, sandbox.Options{Render: time.Millisecond})
		c := vidgenCaller(s)
		var last answer
		for i := range 31 {
			last = c.post(t, portrait(fmt.Sprint(i)), "")
			time.Sleep(10 * time.Millisecond)
			if i == 0 && (last.header.Get("RateLimit-Limit") != "30" || last.header.Get("RateLimit-Remaining") != "29") {
				t.Errorf("headers of the first submit = %v", last.header)
			}
		}
		if last.status != 429 || last.header.Get("RateLimit-Remaining") != "0" || last.header.Get("RateLimit-Reset") != "60" {
			t.Errorf("31st submit in a minute = %d %v", last.status, last.header)
		}
		time.Sleep(time.Minute)
		if a := c.post(t, portrait("again"), ""); a.status != 201 {
			t.Errorf("submit a minute later = %d, want 201", a.status)
		}
		for range 599 {
			last = c.call(t, "GET", "/api/jobs", nil)
		}
		if last.status != 200 {
			t.Errorf("600th request in a minute = %d, want 200", last.status)
		}
		if last = c.call(t, "GET", "/api/jobs", nil); last.status != 429 || last.header.Get("Retry-After") == "" {
			t.Errorf("601st request in a minute = %d %v, want 429", last.status, last.header)
		}
	})
}

func TestVidgenLimitsCanBeLiftedAndToldOtherwise(t *testing.T) {
	s := open(t, sandbox.Options{Behaviour: sandbox.Behaviour{Vidgen: sandbox.VidgenBehaviour{
		SubmitsPerMinute: -1, RequestsPerMinute: 700, OneRateLimitHeader: true, NoList: true, CreatedStatus: 200,
	}}})
	c := vidgenCaller(s)
	if a := c.post(t, portrait("x"), ""); a.status != 200 || a.header.Get("RateLimit") != "limit=700, remaining=699, reset=60" {
		t.Errorf("submit = %d %v", a.status, a.header)
	}
	if a := c.call(t, "GET", "/api/jobs", nil); a.status != 404 && a.status != 405 {
		t.Errorf("list = %d, want 404 or 405", a.status)
	}
}

func TestVidgenSignsWebhooksOverTheRawBody(t *testing.T) {
	for _, upper := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			in := &inbox{}
			s := open(t, sandbox.Options{Webhooks: in, WebhookSecret: "s3cret", Faults: "webhook-forged=1,webhook-stranger=1",
				Behaviour: sandbox.Behaviour{Vidgen: sandbox.VidgenBehaviour{UpperCaseSignature: upper}}})
			id := vidgenCaller(s).post(t, portrait("x"), "https://hooks.example.com/").text(t, "jobId")
			time.Sleep(time.Minute)
			in.mu.Lock()
			defer in.mu.Unlock()
			good, mine := 0, 0
			for i, body := range in.raw {
				mac := hmac.New(sha256.New, []byte("s3cret"))
				mac.Write([]byte(body))
				want := hex.EncodeToString(mac.Sum(nil))
				if upper {
					want = strings.ToUpper(want)
				}
				if in.heads[i].Get("X-Webhook-Signature") == want {
					good++
					if in.mail[i]["jobId"] == id {
						mine++
						if in.mail[i]["status"] != "COMPLETED" || in.mail[i]["outputVideo"] == nil {
							t.Errorf("genuine webhook = %s", body)
						}
					}
				}
			}
			if len(in.raw) != 3 || good != 2 || mine != 1 {
				t.Errorf("%d webhooks, %d signed well, %d about the job; want 3, 2, 1", len(in.raw), good, mine)
			}
		})
	}
}

func TestVidgenVideoIsAsLongAsTheSound(t *testing.T) {
	const rate = 32_000
	wav := append([]byte("RIFF\x00\x00\x00\x00WAVEfmt "), make([]byte, 28+3*rate)...)
	binary.LittleEndian.PutUint32(wav[28:], rate)
	s := open(t, sandbox.Options{Render: 1})
	parts := portrait("")
	parts["audio"] = filePart{"voice.wav", "audio/wav", wav}
	c := vidgenCaller(s)
	id := c.post(t, parts, "").text(t, "jobId")
	video := path(t, c.want(t, 200, "GET", "/api/status/"+id, nil).fields(t)["outputVideo"])
	page := caller{sandbox: s, base: root}.want(t, 200, "GET", strings.Replace(strings.TrimSuffix(video, ".mp4"), "/files/", "/share/", 1), nil)
	if !strings.Contains(string(page.body), "<dd>3 s</dd>") {
		t.Errorf("share page = %s, want 3 s", page.body)
	}
}

// TestVidgenRefusalReachesWhoeverStillSends uses a real connection: the answer
// to an upload that is too big is seen, not a broken pipe.
func TestVidgenRefusalReachesWhoeverStillSends(t *testing.T) {
	s := open(t, sandbox.Options{})
	server := httptest.NewServer(s)
	defer server.Close()
	parts := portrait("")
	parts["audio"] = filePart{"a.wav", "audio/wav", make([]byte, 60<<20)}
	body, kind := form(t, parts, "")
	for range 3 {
		r, err := http.NewRequest("POST", s.BaseURL(sandbox.Vidgen, server.URL)+"/api/jobs", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-API-Key", "key")
		r.Header.Set("Content-Type", kind)
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("status = %s, want 413", response.Status)
		}
	}
}

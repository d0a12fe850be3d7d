package vidgen_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/sandbox"
	"github.com/reelmerge/reelmerge/providers/vidgen"
)

// inbox keeps the webhooks that the simulator sends.
type inbox struct {
	mu   sync.Mutex
	came chan webhook
}

type webhook struct {
	header      http.Header
	query, body []byte
}

// RoundTrip implements [http.RoundTripper].
func (i *inbox) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.came <- webhook{r.Header.Clone(), []byte(r.URL.RawQuery), body}
	return &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// received has the simulator make a video and returns the webhooks it sends.
func received(t *testing.T, n int, change func(*sandbox.Options)) (*vidgen.Client, []webhook) {
	t.Helper()
	in := &inbox{came: make(chan webhook, 8)}
	_, client := play(t, func(o *sandbox.Options) {
		o.Webhooks = in
		change(o)
	})
	r := requests(t, hook+"?team=1")(1)
	r.Reference = "5b1d"
	submit(t, client, r)
	var all []webhook
	for range n {
		select {
		case w := <-in.came:
			all = append(all, w)
		case <-time.After(5 * time.Second):
			t.Fatal("no webhook came")
		}
	}
	return client, all
}

func TestASignedWebhookNamesItsRow(t *testing.T) {
	for _, upper := range []bool{false, true} {
		client, came := received(t, 1, func(o *sandbox.Options) { o.Behaviour.Vidgen.UpperCaseSignature = upper })
		notice, err := client.Notify(came[0].header, came[0].query, came[0].body)
		if err != nil {
			t.Fatal(err)
		}
		if !notice.Authentic || notice.Reference != "5b1d" || notice.Ticket.Job == "" || notice.Progress.Outcome != providers.Succeeded {
			t.Errorf("upper %v: %+v", upper, notice)
		}
	}
}

func TestAForgedWebhookIsRefusedAndAGenuineOneIsNot(t *testing.T) {
	client, came := received(t, 2, func(o *sandbox.Options) { o.Faults = "webhook-forged@1" })
	forged := 0
	for _, w := range came {
		if notice, err := client.Notify(w.header, w.query, w.body); errors.Is(err, vidgen.ErrForged) {
			forged++
		} else if err != nil || notice.Progress.Outcome != providers.Succeeded {
			t.Errorf("%+v, %v", notice, err)
		}
	}
	if forged != 1 {
		t.Errorf("%d of %d webhooks are forged, want 1", forged, len(came))
	}
}

func signature(secret, body string) http.Header {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return http.Header{"X-Webhook-Signature": {hex.EncodeToString(mac.Sum(nil))}}
}

func TestWhatAWebhookMustBe(t *testing.T) {
	const good = `{"jobId":"a","status":"COMPLETED","outputVideo":"https://v/1"}`
	client := listen(t, &says{}, providers.Config{WebhookSecret: "sesame"})
	for name, test := range map[string]struct {
		header      http.Header
		query, body string
		forged      bool
		ok          bool
	}{
		"signed":                          {signature("sesame", good), "team=1", good, false, true},
		"other id":                        {signature("sesame", `{"id":"a","status":"FAILED"}`), "", `{"id":"a","status":"FAILED"}`, false, true},
		"unsigned":                        {nil, "", good, true, false},
		"another secret":                  {signature("sesam", good), "", good, true, false},
		"another body":                    {signature("sesame", good), "", good + " ", true, false},
		"a signature cut short":           {http.Header{"X-Webhook-Signature": {signature("sesame", good).Get("X-Webhook-Signature")[:32]}}, "", good, true, false},
		"no hexadecimal":                  {http.Header{"X-Webhook-Signature": {"sha256=abc"}}, "", good, true, false},
		"a reference that nobody signed":  {signature("sesame", good), "rm=5b1d", good, true, false},
		"a reference signed like a body":  {signature("sesame", good), "rm=5b1d&rs=" + signature("sesame", "5b1d").Get("X-Webhook-Signature"), good, true, false},
		"no job":                          {signature("sesame", `{"status":"FAILED"}`), "", `{"status":"FAILED"}`, false, false},
		"no status":                       {signature("sesame", `{"jobId":"a"}`), "", `{"jobId":"a"}`, false, false},
		"no JSON":                         {signature("sesame", `x`), "", `x`, false, false},
		"a query that makes no sense":     {signature("sesame", good), "a;b%zz", good, false, false},
		"more than anybody needs to send": {signature("sesame", strings.Repeat(" ", 1<<20)+good), "", strings.Repeat(" ", 1<<20) + good, false, false},
	} {
		notice, err := client.Notify(test.header, []byte(test.query), []byte(test.body))
		if (err == nil) != test.ok || errors.Is(err, vidgen.ErrForged) != test.forged || notice.Authentic != test.ok {
			t.Errorf("%s: %+v, %v", name, notice, err)
		}
	}
}

func TestWithoutASecretAWebhookIsAHint(t *testing.T) {
	client := listen(t, &says{}, providers.Config{})
	notice, err := client.Notify(nil, []byte("rm=5b1d"), []byte(`{"jobId":"a","status":"FAILED","errorMessage":"x"}`))
	want := providers.Notice{
		Reference: "5b1d", Ticket: job.Ticket{Job: "a"},
		Progress: providers.Progress{Outcome: providers.Failed, Reason: "x"},
	}
	if diff := cmp.Diff(want, notice); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func FuzzNotify(f *testing.F) {
	f.Add("rm=1", `{"jobId":"a","status":"FAILED"}`)
	f.Add("rm=1&rs=00", `{"id":1,"status":2,"progress":[]}`)
	f.Add("%", `[]`)
	client, err := vidgen.New(providers.Config{BaseURL: "https://v.example.com", Token: "key", WebhookSecret: "sesame"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query, body string) {
		if notice, err := client.Notify(http.Header{}, []byte(query), []byte(body)); err == nil {
			t.Errorf("unsigned, and read as %+v", notice)
		}
		notice, err := client.Notify(signature("sesame", body), []byte(query), []byte(body))
		if err == nil && (notice.Reference != "" || notice.Ticket.Job == "") {
			t.Errorf("read as %+v: nobody signed the reference", notice)
		}
	})
}

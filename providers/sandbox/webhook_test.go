package sandbox_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// inbox takes webhooks in the same process.
type inbox struct {
	mu    sync.Mutex
	mail  []map[string]any
	raw   []string
	heads []http.Header
	at    []time.Time
}

// RoundTrip implements [http.RoundTripper].
func (i *inbox) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.mail, i.raw = append(i.mail, fields), append(i.raw, string(body))
	i.heads, i.at = append(i.heads, r.Header.Clone()), append(i.at, time.Now())
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

// take returns the webhooks that have arrived.
func (i *inbox) take() []map[string]any {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.mail)
}

const hook = "https://hooks.example.com/cb"

func callbackJob() map[string]any {
	job := templateJob("Ada")
	job["callbackUrl"] = hook
	return job
}

func TestColossyanCallbackIsFlat(t *testing.T) {
	colliding := callbackJob()
	colliding["callbackPayload"] = map[string]any{"url": "mine", "name": "payload", "reference": "row-Ada"}
	for name, test := range map[string]struct {
		job       map[string]any
		behaviour sandbox.ColossyanBehaviour
		faults    string
		want      map[string]any // "*" stands for any text
		keys      []string
	}{
		"success": {
			job:  callbackJob(),
			want: map[string]any{"status": "finished", "name": "Ada", "reference": "row-Ada"},
			keys: []string{"name", "reference", "shareUrl", "status", "url", "videoUrl"},
		},
		"failure": {
			job: callbackJob(), faults: "failed=1",
			want: map[string]any{"status": "failed", "url": nil, "reference": "row-Ada"},
			keys: []string{"name", "reference", "shareUrl", "status", "url", "videoUrl"},
		},
		"older edition": {
			job: callbackJob(), behaviour: sandbox.ColossyanBehaviour{OldCallback: true},
			want: map[string]any{"reference": "row-Ada"},
			keys: []string{"reference", "shareUrl", "url"},
		},
		"collision, service wins": {
			job:  colliding,
			want: map[string]any{"name": "payload", "reference": "row-Ada"},
			keys: []string{"name", "reference", "shareUrl", "status", "url", "videoUrl"},
		},
		"collision, payload wins": {
			job: colliding, behaviour: sandbox.ColossyanBehaviour{PayloadWins: true},
			want: map[string]any{"url": "mine", "name": "Ada", "reference": "row-Ada"},
			keys: []string{"name", "reference", "shareUrl", "status", "url", "videoUrl"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := &inbox{}
				s := open(t, sandbox.Options{Webhooks: in, Faults: test.faults, Behaviour: sandbox.Behaviour{Colossyan: test.behaviour}})
				colossyanCaller(s).want(t, http.StatusOK, "POST", submitPath, test.job)
				time.Sleep(time.Second)
				mail := in.take()
				if len(mail) != 1 {
					t.Fatalf("%d webhooks, want 1", len(mail))
				}
				if diff := cmp.Diff(test.keys, slices.Sorted(maps.Keys(mail[0]))); diff != "" {
					t.Errorf("keys (-want +got):\n%s", diff)
				}
				for key, want := range test.want {
					if mail[0][key] != want {
						t.Errorf("%s = %v, want %v", key, mail[0][key], want)
					}
				}
			})
		})
	}
}

func TestOldColossyanHasNoCallbackForFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &inbox{}
		s := open(t, sandbox.Options{Webhooks: in, Faults: "failed=1", Behaviour: sandbox.Behaviour{Colossyan: sandbox.ColossyanBehaviour{OldCallback: true}}})
		colossyanCaller(s).want(t, http.StatusOK, "POST", submitPath, callbackJob())
		time.Sleep(time.Minute)
		if n := len(in.take()); n != 0 {
			t.Errorf("%d webhooks, want none", n)
		}
	})
}

func TestColossyanIgnoresTheOtherCallsCallbackField(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &inbox{}
		s := open(t, sandbox.Options{Webhooks: in})
		wrong := templateJob("Ada")
		wrong["callback"] = hook
		c := colossyanCaller(s)
		c.want(t, http.StatusOK, "POST", submitPath, wrong)
		c.want(t, http.StatusOK, "POST", "/video-generation-jobs", `{"callbackUrl":"`+hook+`",`+scene(`"duration":1000,"tracks":[]`)[1:])
		time.Sleep(time.Minute)
		if n := len(in.take()); n != 0 {
			t.Errorf("%d webhooks, want none", n)
		}
		c.want(t, http.StatusOK, "POST", "/video-generation-jobs", `{"callback":"`+hook+`",`+scene(`"duration":1000,"tracks":[]`)[1:])
		time.Sleep(time.Minute)
		if n := len(in.take()); n != 1 {
			t.Errorf("%d webhooks for the right field, want 1", n)
		}
	})
}

func TestWebhookFaults(t *testing.T) {
	for fault, want := range map[string][]string{ // "status reference", in order of arrival
		"webhook-lost":     nil,
		"webhook-twice":    {"finished row-Ada", "finished row-Ada"},
		"webhook-early":    {"finished row-Ada"},
		"webhook-forged":   {"failed row-Ada", "finished row-Ada"},
		"webhook-stranger": {"finished *", "finished row-Ada"},
	} {
		t.Run(fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := &inbox{}
				s := open(t, sandbox.Options{Webhooks: in, Faults: fault + "=1"})
				colossyanCaller(s).want(t, http.StatusOK, "POST", submitPath, callbackJob())
				if early := len(in.take()); fault == "webhook-early" && early != 1 {
					t.Errorf("%d webhooks before the answer, want 1", early)
				}
				time.Sleep(time.Minute)
				var got []string
				for _, m := range in.take() {
					reference := m["reference"].(string)
					if fault == "webhook-stranger" && reference != "row-Ada" {
						reference = "*"
					}
					got = append(got, m["status"].(string)+" "+reference)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("webhooks (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWebhookDueWhileClosedIsSentOnceAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := filepath.Join(t.TempDir(), "sandbox.db")
		first, err := sandbox.New(sandbox.Options{State: state, Render: time.Minute, Webhooks: &inbox{}})
		if err != nil {
			t.Fatal(err)
		}
		colossyanCaller(first).want(t, http.StatusOK, "POST", submitPath, callbackJob())
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		for _, want := range []int{1, 0} {
			in := &inbox{}
			again, err := sandbox.New(sandbox.Options{State: state, Webhooks: in})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if got := len(in.take()); got != want {
				t.Errorf("%d webhooks after opening again, want %d", got, want)
			}
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestLostWebhookStaysLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state, in := filepath.Join(t.TempDir(), "sandbox.db"), &inbox{}
		for _, faults := range []string{"webhook-lost@1", ""} {
			s, err := sandbox.New(sandbox.Options{State: state, Webhooks: in, Faults: faults})
			if err != nil {
				t.Fatal(err)
			}
			if faults != "" {
				colossyanCaller(s).want(t, http.StatusOK, "POST", submitPath, callbackJob())
			}
			time.Sleep(time.Hour)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(in.take()); n != 0 {
			t.Errorf("%d webhooks, want none", n)
		}
	})
}

func TestCancelledJobHasNoWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &inbox{}
		s := open(t, sandbox.Options{Webhooks: in, Render: time.Minute})
		c := colossyanCaller(s)
		a := c.want(t, http.StatusOK, "POST", submitPath, callbackJob())
		c.want(t, http.StatusOK, "DELETE", "/video-generation-jobs/"+a.text(t, "id"), nil)
		time.Sleep(time.Hour)
		if n := len(in.take()); n != 0 {
			t.Errorf("%d webhooks, want none", n)
		}
	})
}

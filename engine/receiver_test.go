package engine_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
)

// reader is a service whose webhooks are a reference in the query.
type reader struct{}

func (reader) Notify(_ http.Header, query, body []byte) (providers.Notice, error) {
	if string(body) != "genuine" {
		return providers.Notice{}, errors.New("forged")
	}
	return providers.Notice{Reference: string(query), Authentic: true}, nil
}

func post(r http.Handler, body io.Reader) int {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/some/path?row-1", body))
	return w.Code
}

func TestReceiverRefusesWhatIsNoWebhook(t *testing.T) {
	r := engine.NewReceiver(reader{})
	for name, test := range map[string]struct {
		method string
		body   io.Reader
		want   int
	}{
		"not posted":  {http.MethodGet, nil, http.StatusMethodNotAllowed},
		"too long":    {http.MethodPost, strings.NewReader(strings.Repeat("x", 1<<20+1)), http.StatusRequestEntityTooLarge},
		"broken off":  {http.MethodPost, io.MultiReader(strings.NewReader("gen"), broken{}), http.StatusBadRequest},
		"forged":      {http.MethodPost, strings.NewReader("invented"), http.StatusUnauthorized},
		"empty":       {http.MethodPost, strings.NewReader(""), http.StatusUnauthorized},
		"long enough": {http.MethodPost, strings.NewReader(strings.Repeat("x", 1<<20)), http.StatusUnauthorized},
	} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(test.method, "/", test.body))
		if w.Code != test.want {
			t.Errorf("%s: status %d, want %d", name, w.Code, test.want)
		}
	}
	if r.Received() != 3 || r.Forged() != 3 {
		t.Errorf("%d received, %d of them forged, want 3 and 3", r.Received(), r.Forged())
	}
	select {
	case n := <-r.Notices():
		t.Errorf("handed on: %+v", n)
	default:
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReceiverHandsOnWhatIsGenuine(t *testing.T) {
	r := engine.NewReceiver(reader{})
	if code := post(r, strings.NewReader("genuine")); code != http.StatusOK {
		t.Fatalf("status %d", code)
	}
	if n := <-r.Notices(); n.Reference != "row-1" || !n.Authentic {
		t.Errorf("notice %+v", n)
	}
	if r.Received() != 1 || r.Forged() != 0 {
		t.Errorf("%d received, %d forged", r.Received(), r.Forged())
	}
}

// TestReceiverHoldsNoMoreThanItMust floods a receiver that nobody reads, and one
// whose callers send their bodies slowly.
func TestReceiverHoldsNoMoreThanItMust(t *testing.T) {
	t.Run("notices", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := engine.NewReceiver(reader{})
			begun, code, taken := time.Now(), http.StatusOK, 0
			for ; code == http.StatusOK; taken++ {
				code = post(r, strings.NewReader("genuine"))
			}
			if code != http.StatusServiceUnavailable || taken > 1000 || time.Since(begun) > 10*time.Second {
				t.Errorf("status %d after %d notices and %v", code, taken, time.Since(begun))
			}
		})
	})
	t.Run("bodies", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := engine.NewReceiver(reader{})
			in, out := io.Pipe()
			for range 40 {
				go post(r, io.MultiReader(strings.NewReader(strings.Repeat("x", 70<<10)), in))
			}
			synctest.Wait()
			if code := post(r, strings.NewReader("genuine")); code != http.StatusOK {
				t.Errorf("status %d of a small one, with 40 large ones on their way", code)
			}
			if code := post(r, strings.NewReader(strings.Repeat("x", 70<<10))); code != http.StatusServiceUnavailable {
				t.Errorf("status %d of a large one, with as many on their way as have room", code)
			}
			out.CloseWithError(io.ErrUnexpectedEOF)
			synctest.Wait()
			if code := post(r, strings.NewReader(strings.Repeat("x", 70<<10))); code != http.StatusUnauthorized {
				t.Errorf("status %d after they were gone", code)
			}
		})
	})
}

// FuzzReceiver posts whatever strangers write at a receiver of the real client.
// They may be refused, and never believed: nobody but us can sign.
func FuzzReceiver(f *testing.F) {
	client, err := colossyan.New(providers.Config{Token: "secret", WebhookSecret: "hook"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("rm=row-1&sig=00", []byte(`{"url":"https://x/v.mp4","status":"finished","rm":"row-000","sig":"00"}`))
	f.Add("", []byte(`{"rm":["row-000"],"sig":null,"status":{}}`))
	f.Add("%zz", []byte("[]"))
	f.Add("", []byte(nil))
	f.Fuzz(func(t *testing.T, query string, body []byte) {
		r := engine.NewReceiver(client)
		request := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		request.URL.RawQuery = query
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		if w.Code != http.StatusUnauthorized && w.Code != http.StatusRequestEntityTooLarge || len(r.Notices()) > 0 {
			t.Errorf("status %d, %d notices for %q", w.Code, len(r.Notices()), body)
		}
	})
}

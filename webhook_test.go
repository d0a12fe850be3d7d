package reelmerge

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/colossyan"
)

// openedHook is a hook of a campaign on the simulator.
func openedHook(t *testing.T, listen string) (*Campaign, *hook) {
	t.Helper()
	c := &Campaign{service: colossyan.Service(), file: &campaign.File{Webhook: campaign.Webhook{URL: "https://hooks.example.com/x", Listen: listen}}}
	c.file.Provider.Sandbox.On = true
	h, err := c.openHook(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	return c, h
}

// newColossyan is a client of the service, with a transport of the test's own.
func newColossyan(t *testing.T, transport http.RoundTripper) providers.Provider {
	t.Helper()
	p, err := colossyan.Service().New(providers.Config{Token: "token", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHookOfTheSimulatorIsReachedFromThisMachineAlone(t *testing.T) {
	c, h := openedHook(t, ":8080")
	host, port, err := net.SplitHostPort(h.listener.Addr().String())
	if err != nil || host != "127.0.0.1" || port == "8080" {
		t.Errorf("listens on %v, %v", h.listener.Addr(), err)
	}
	o := c.simulator(providers.Config{WebhookSecret: "both"}, h)
	if o.Deliver["hooks.example.com"] != h.address() || o.WebhookSecret != "both" {
		t.Errorf("the simulator delivers to %v, signing with %q", o.Deliver, o.WebhookSecret)
	}
}

func TestCampaignWithoutListenHasNoHook(t *testing.T) {
	c, h := openedHook(t, "")
	p := newColossyan(t, nil)
	h.serve(p, slog.New(slog.DiscardHandler)) // whatever it is asked, a hook that is not there does nothing
	if h != nil || h.notices() != nil {
		t.Error("it listens nevertheless")
	}
	if o := c.simulator(providers.Config{}, h); len(o.Deliver) > 0 {
		t.Errorf("the simulator delivers to %v", o.Deliver)
	}
}

// TestHookBoundsWhatStrangersSend goes over a real connection.
func TestHookBoundsWhatStrangersSend(t *testing.T) {
	_, h := openedHook(t, "127.0.0.1:0")
	p := newColossyan(t, nil)
	h.serve(p, slog.New(slog.DiscardHandler))
	for name, test := range map[string]struct {
		method string
		header int
		body   int
		want   int
	}{
		"a page is asked for": {http.MethodGet, 0, 0, http.StatusMethodNotAllowed},
		"no webhook":          {http.MethodPost, 0, 10, http.StatusUnauthorized},
		"a long body":         {http.MethodPost, 0, 1<<20 + 1, http.StatusRequestEntityTooLarge},
		"long headers":        {http.MethodPost, 64 << 10, 10, http.StatusRequestHeaderFieldsTooLarge},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, "http://"+h.listener.Addr().String()+"/", strings.NewReader(strings.Repeat("x", test.body)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Long", strings.Repeat("x", test.header))
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		answer.Body.Close()
		if answer.StatusCode != test.want {
			t.Errorf("%s: status %d, want %d", name, answer.StatusCode, test.want)
		}
	}
}

// TestIdleCallersKeepNoWebhookOut has more callers than there are places, who say
// nothing, and one that posts.
func TestIdleCallersKeepNoWebhookOut(t *testing.T) {
	_, h := openedHook(t, "127.0.0.1:0")
	h.serve(newColossyan(t, nil), slog.New(slog.DiscardHandler))
	address := h.listener.Addr().String()
	var idle []net.Conn
	for range mostCallers + 20 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		idle = append(idle, conn)
	}
	answer, err := http.Post("http://"+address+"/", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d", answer.StatusCode)
	}
	_ = idle[0].SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := idle[0].Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the first caller is still there: %v", err)
	}
}

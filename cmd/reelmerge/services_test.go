package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/kensa"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// statusOf is what `status --json` says of a campaign.
func statusOf(t *testing.T, campaign string) (s reelmerge.Status) {
	t.Helper()
	_, out, said := command(t, "status", campaign, "--json")
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatalf("%v: %s%s", err, out, said)
	}
	return s
}

// served is the simulator as `reelmerge sandbox` serves it.
type served struct {
	box    *sandbox.Sandbox
	server *http.Server
	root   string
}

// serve listens at an address, or anywhere on this machine when the port is 0.
func serve(t *testing.T, address string, f sandboxFlags) *served {
	t.Helper()
	o, err := f.options(all.Services())
	if err != nil {
		t.Fatal(err)
	}
	box, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{box, &http.Server{Handler: box, ReadHeaderTimeout: time.Minute}, "http://" + listener.Addr().String()}
	go func() { _ = s.server.Serve(listener) }() // it ends with close
	t.Cleanup(s.close)
	return s
}

func (s *served) close() {
	_ = s.server.Close()
	_ = s.box.Close() // a second close says so, which is no news
}

// TestAnEmptyBalanceHoldsTheRunUntilItIsRefilled pays with credits that Kensa
// freezes, charges and releases, over HTTP and with the program's own exit codes.
func TestAnEmptyBalanceHoldsTheRunUntilItIsRefilled(t *testing.T) {
	state := filepath.Join(t.TempDir(), "sandbox.db")
	t.Setenv("KENSA_SESSION", "session=1")
	poor := serve(t, "127.0.0.1:0", sandboxFlags{state: state, render: 20 * time.Millisecond, balance: []string{"kensa=5"}, faults: "failed@1"})
	dir := written(t, map[string]string{
		"t.json": `{"operation": "kensa/generate", "request": {"prompt": "A walk through {place}", "model": "sora-2", "duration": 10, "aspectRatio": "16:9", "quality": "720p"},
 "variables": {"place": {"type": "string"}}}`,
		"r.csv":      "id,place\n1,Riga\n2,Oslo\n3,Bonn\n4,Lyon\n",
		"prices.csv": "model,quality,duration,credits\nsora-2,720p,10,2\n",
		"c.yaml": fmt.Sprintf("rows: {file: r.csv, key: id}\ntemplate: t.json\nprovider: {base_url: %q, token: \"${KENSA_SESSION}\"}\n", poor.box.BaseURL(kensa.Name, poor.root)) +
			"limits: {submits: 100/s, active: 1, poll: {first: 10ms, max: 10ms}}\nprices: {table: prices.csv, as_of: 2026-11-01}\noutput: {dir: out, download: false}\n",
	})
	campaign := filepath.Join(dir, "c.yaml")
	if code, out, said := command(t, "run", campaign, "--yes", "--new-ledger"); code != exitHeld || !strings.Contains(said+out, "cannot pay") {
		t.Fatalf("exit %d, want %d because of funds: %s%s", code, exitHeld, out, said)
	}
	s := statusOf(t, campaign)
	if s.States["failed"] != 1 || s.States["succeeded"] != 2 || s.States["planned"] != 1 {
		t.Errorf("with 5 credits: %+v", s.States)
	}
	// Released is what the failed row and the row that was refused had reserved.
	if c := s.Credits[0]; c.Charged.String() != "4" || c.Released.String() != "4" || c.Reserved.String() != "0" {
		t.Errorf("credits %+v", c)
	}
	poor.close()
	refilled := serve(t, strings.TrimPrefix(poor.root, "http://"), sandboxFlags{state: state, render: 20 * time.Millisecond, balance: []string{"kensa=100"}})
	if code, out, said := command(t, "retry", campaign); code != exitDone {
		t.Errorf("retry: exit %d: %s%s", code, out, said)
	}
	if code, out, said := command(t, "run", campaign, "--yes"); code != exitDone {
		t.Errorf("exit %d after refilling: %s%s", code, out, said)
	}
	s = statusOf(t, campaign)
	if c := s.Credits[0]; s.States["succeeded"] != 4 || c.Charged.String() != "8" || c.Released.String() != "4" || c.Reserved.String() != "0" {
		t.Errorf("after refilling: %+v, %+v", s.States, c)
	}
	refilled.close()
	bank, err := sandbox.ReadBank(state)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]int{}
	for _, line := range bank {
		lines[fmt.Sprint(line.State, " ", line.Amount)]++
	}
	if diff := cmp.Diff(map[string]int{"charged 2": 4, "released 2": 1}, lines); diff != "" {
		t.Errorf("the bank says (-want +got):\n%s", diff)
	}
}

// TestASignedWebhookSettlesItsRowAndAForgedOneIsCounted never polls in time: what
// settles the rows of vidgen is what it signs.
func TestASignedWebhookSettlesItsRowAndAForgedOneIsCounted(t *testing.T) {
	s := newShelves(t, asNamed)
	var rows strings.Builder
	for i := range 20 {
		fmt.Fprintf(&rows, "%d,%s/face.png,%s/%d.wav\n", i, s.URL, s.URL, i)
	}
	t.Setenv("WEBHOOK_SECRET", "sesame")
	campaign, dir := greeting(t, "10ms", rows.String())
	code, out, said := command(t, "run", campaign, "--json", "--set", "provider.sandbox.faults=webhook-forged=100%", "--set", "limits.submits=50/s",
		"--set", "limits.poll.first=1m", "--set", "limits.poll.max=1m", "--set", "limits.deadline=2m",
		"--set", "webhook.url=https://hooks.example.com/reelmerge", "--set", "webhook.listen=127.0.0.1:0", "--set", "webhook.secret=${WEBHOOK_SECRET}")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var end struct {
		States   map[string]int
		Webhooks reelmerge.Webhooks
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &end); err != nil || code != exitDone {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, said)
	}
	if end.States["succeeded"] != 20 || end.Webhooks.Forged != 20 || end.Webhooks.Received != 40 {
		t.Errorf("%+v", end)
	}
	if _, jobs := sent(t, dir); jobs != 20 {
		t.Errorf("%d jobs for 20 rows", jobs)
	}
}

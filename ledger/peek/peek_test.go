package peek_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/ledgertest"
	"github.com/reelmerge/reelmerge/ledger/peek"
)

// served is a ledger with two rows, one of them sent, and where it is read.
func served(t *testing.T) (store ledger.Store, path string, server *peek.Server) {
	t.Helper()
	store = ledgertest.NewMemory(ledger.Identity{ID: "L", Provider: "vidgen"})
	now := time.Now().UTC()
	changes := []ledger.Change{
		{Key: "C1", Event: ledgertest.Plan("C1", 2)}, {Key: "C2", Event: ledgertest.Plan("C2", 3)},
		{Key: "C1", Version: 1, Event: ledger.Event{Kind: ledger.Intend, At: now}},
		{Key: "C1", Version: 2, Event: ledger.Event{Kind: ledger.Submit, At: now, Ticket: job.Ticket{Job: "J1"}}},
	}
	if _, err := store.Apply(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
	if err := store.Record(t.Context(), ledger.Run{Started: now, Rows: 2, Entries: 2, Changed: []string{"C1"}}); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "peek.json")
	server, err := peek.Serve(t.Context(), store, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return store, path, server
}

func entries(t *testing.T, s ledger.Store, q ledger.Query) (list []ledger.Entry) {
	t.Helper()
	for e, err := range s.Entries(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// TestAReaderReadsWhatTheHolderHas compares all three answers with those of the store
// itself.
func TestAReaderReadsWhatTheHolderHas(t *testing.T) {
	store, path, _ := served(t)
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	reader, err := peek.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	same := []cmp.Option{cmpopts.EquateEmpty()}
	for _, q := range []ledger.Query{{}, {Keys: []string{"C2"}}, {States: []ledger.State{ledger.Submitted}}, {Ticket: "J1"}, {Ticket: "none"}} {
		if diff := cmp.Diff(entries(t, store, q), entries(t, reader, q), same...); diff != "" {
			t.Errorf("%+v (-store +reader):\n%s", q, diff)
		}
	}
	want, _ := store.Summary(t.Context())
	if got, err := reader.Summary(t.Context()); err != nil || cmp.Diff(want, got, same...) != "" {
		t.Errorf("%v\n%s", err, cmp.Diff(want, got, same...))
	}
	sent, _ := store.Intents(t.Context(), time.Time{})
	if got, err := reader.Intents(t.Context(), time.Time{}); err != nil || len(got) != 1 || !got[0].Equal(sent[0]) {
		t.Errorf("%v, %v", got, err)
	}
	for e, err := range reader.Entries(t.Context(), ledger.Query{}) {
		if e.Key != "C1" || err != nil {
			t.Errorf("a reader that has seen enough goes on: %v", err)
		}
		break
	}
	if _, err := reader.Apply(t.Context()); !errors.Is(err, ledger.ErrReadOnly) {
		t.Error(err)
	}
	if err := reader.Record(t.Context(), ledger.Run{}); !errors.Is(err, ledger.ErrReadOnly) {
		t.Error(err)
	}
}

// TestAReaderIsToldThatTheHolderIsGone in all ways in which it can be: then the file is
// read.
func TestAReaderIsToldThatTheHolderIsGone(t *testing.T) {
	_, path, server := served(t)
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := peek.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Summary(t.Context()); !errors.Is(err, peek.ErrGone) {
		t.Errorf("closed while it was read: %v", err)
	}
	stranger := strangerAt(t)
	for name, text := range map[string]string{
		"no file": "", "a crash left it": string(kept), "no note": "{}", "a list": "[1]", "far away": `{"reelmerge":1,"address":"10.0.0.1:80","token":"x"}`,
		"a name": `{"reelmerge":1,"address":"localhost:80","token":"x"}`, "a later version": `{"reelmerge":2,"address":"127.0.0.1:1","token":"x"}`,
		"a stranger at its port": `{"reelmerge":1,"address":"` + stranger + `","token":"x"}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if text == "" {
			_ = os.Remove(path)
		}
		if _, err := peek.Open(t.Context(), path); !errors.Is(err, peek.ErrGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// strangerAt is the address of a server that answers everybody.
func strangerAt(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

// TestNothingIsReadWithoutTheToken, and no other file is written over.
func TestNothingIsReadWithoutTheToken(t *testing.T) {
	_, path, _ := served(t)
	data, _ := os.ReadFile(path)
	address := strings.Split(string(data), `"`)[5]
	for _, token := range []string{"", "wrong"} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/", strings.NewReader("x"))
		r.Header.Set("X-Reelmerge-Token", token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("token %q: status %d", token, answer.StatusCode)
		}
	}
	other := filepath.Join(t.TempDir(), "peek.json")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := peek.Serve(t.Context(), ledgertest.NewMemory(ledger.Identity{}), other); err == nil {
		t.Error("a file of somebody else was written over")
	}
}

// TestAReaderThatStopsIsNotToldOfAHolder: its context is done.
func TestAReaderThatStopsIsNotToldOfAHolder(t *testing.T) {
	_, path, _ := served(t)
	reader, err := peek.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := reader.Summary(ctx); !errors.Is(err, ledger.ErrStopped) {
		t.Error(err)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// notices is an address that notices are posted to.
type notices struct {
	mu   sync.Mutex
	seen []map[string]any
	text strings.Builder
}

func (n *notices) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var doc map[string]any
	_ = json.NewDecoder(r.Body).Decode(&doc)
	n.seen = append(n.seen, doc)
	text, _ := json.Marshal(doc)
	n.text.Write(text)
}

// TestTheEndOfARunIsTold runs campaigns that end in each way, and looks at what is posted.
func TestTheEndOfARunIsTold(t *testing.T) {
	told := &notices{}
	server := httptest.NewServer(told)
	defer server.Close()
	t.Setenv("NOTIFY_URL", server.URL+"/hook")
	r := newRig(t, 3, false)
	r.write("rig.yaml", r.read("rig.yaml")+"notify: {url: \"${NOTIFY_URL}\", on: [done, held, budget]}\n")
	for _, tt := range []struct {
		event string
		code  int
		flags []string
	}{
		{"budget", exitHeld, []string{"--set", "budget.limit=1.2"}},
		{"done", exitDone, nil},
	} {
		r.run(append([]string{"run", "rig.yaml"}, tt.flags...)...).wants(t, tt.code, "")
		last := told.seen[len(told.seen)-1]
		if last["event"] != tt.event || last["exit"] != float64(tt.code) || last["campaign"] != "rig" || last["version"] != 1.0 {
			t.Errorf("%s: %v", tt.event, last)
		}
	}
	// A run that did not come to sending is told as well: a person must do something first.
	good := r.read("rows.csv")
	r.write("rows.csv", good+"C009,\n")
	r.run("run", "rig.yaml").wants(t, exitRows, "nothing was sent")
	r.write("rows.csv", "id,name\nX1,Nobody\n")
	r.run("run", "rig.yaml").wants(t, exitDecide, "is this the right sheet")
	r.write("rows.csv", good)
	for i, want := range []string{"rig: nothing was sent: rows have problems", "rig: nothing was sent: a decision is needed"} {
		if got := told.seen[2+i]; got["event"] != "held" || got["text"] != want || fmt.Sprint(got["rows"].(map[string]any)["succeeded"]) != "3" {
			t.Errorf("%v", got)
		}
	}
	told.seen = told.seen[:2]
	// An event that is not asked for is not told, and no key leaves.
	r.run("run", "rig.yaml", "--set", "notify.on=held").wants(t, exitDone, "")
	if len(told.seen) != 2 || strings.Contains(told.text.String(), "C000") {
		t.Errorf("%d notices: %s", len(told.seen), told.text.String())
	}
	// An address that is gone changes nothing, and is not shown.
	server.Close()
	r.run("run", "rig.yaml").wants(t, exitDone, "the run is as it is")
	r.run("config", "rig.yaml").wants(t, exitDone, "notify.on            done, held, budget ")
}

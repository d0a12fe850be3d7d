package main

import (
	"strings"
	"testing"
)

// TestALedgerThatSentNothingMayMove starts a campaign with an address at which nothing
// answers, and mends the address: nothing was sent, so there is nothing to lose. Once a
// video was made, another address is another ledger's.
func TestALedgerThatSentNothingMayMove(t *testing.T) {
	r := newRig(t, 2, false)
	at := []string{"--set", "provider.base_url=" + r.server.URL + "/colossyan/api/v1"}
	wrong := []string{"--set", "provider.base_url=http://127.0.0.1:1/api/v1"}
	r.run(append([]string{"run", "rig.yaml", "--max-wait", "100ms"}, wrong...)...).wants(t, exitHeld, "")
	r.run(append([]string{"plan", "rig.yaml"}, at...)...).wants(t, exitDone, "")
	r.run(append([]string{"run", "rig.yaml"}, at...)...).wants(t, exitDone, "2 made")
	r.once(2)
	e := r.run(append([]string{"run", "rig.yaml"}, wrong...)...)
	e.wants(t, exitLedger, "this is the ledger of something else")
	if !strings.Contains(e.err, r.server.URL) {
		t.Errorf("it does not name the address where the videos were made:\n%s", e.err)
	}
	r.run(append([]string{"status", "rig.yaml"}, at...)...).wants(t, exitDone, "")
	r.once(2)
}

//go:build unix

package main

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger/pgstore"
)

// TestTakeover kills the machine that drives, or ends it as a deploy does, and takes the time
// until another one sends.
func TestTakeover(t *testing.T) {
	const ttl = 2 * time.Second
	kills, deploys := 3, 3
	if os.Getenv("REELMERGE_SOAK") != "" {
		kills, deploys = 15, 15
	}
	f := newFleet(t, plainProgram(t), fleetService(t))
	files, args := f.searchable(4000)
	files["storm.yaml"] = strings.Replace(files["storm.yaml"], "submits: 5/s", "submits: 20/s", 1)
	for range 3 {
		f.add(files, append([]string{"--yes", "--new-ledger", "--join", "storm", "--lease", ttl.String()}, args...)...)
	}
	f.machines[0].start("--standby")
	store := f.watch()
	f.machines[1].start("--standby")
	f.machines[2].start("--standby")
	var dead, handed []time.Duration
	for range kills {
		gap, _ := f.takeover(store, (*machine).kill)
		dead = append(dead, gap)
	}
	for range deploys {
		gap, ended := f.takeover(store, func(m *machine) { m.signal(syscall.SIGTERM) })
		handed = append(handed, gap)
		t.Logf("a deploy: the machine was gone after %s, another one sent %s later", ended.Round(10*time.Millisecond), gap.Round(10*time.Millisecond))
	}
	t.Logf("after SIGKILL, until another machine sends: median %s of %v", median(dead), dead)
	t.Logf("after the end of SIGTERM: median %s of %v", median(handed), handed)
	if m := median(dead); m >= 2*ttl {
		t.Errorf("a takeover takes %s, and the lease is %s", m, ttl)
	}
	if m := median(handed); m >= time.Second {
		t.Errorf("a deploy is taken over after %s", m)
	}
}

// takeover ends the driver, and returns how long no machine sent, counted from its end, and
// how long its end took.
func (f *fleet) takeover(store *pgstore.Store, end func(*machine)) (gap, ended time.Duration) {
	f.t.Helper()
	var m *machine
	f.until(time.Minute, "all machines run, and one drives", func() bool {
		for _, m := range f.machines {
			if over, _ := m.over(); over {
				m.start("--standby")
			}
		}
		m = f.driver(store)
		return m != nil
	})
	sent := len(f.service.arrived())
	f.until(time.Minute, "the driver sends", func() bool { return len(f.service.arrived()) > sent+5 })
	time.Sleep(2 * time.Second) // those that were started have come to standing by
	began := time.Now()
	end(m)
	f.until(time.Minute, "the driver is gone", func() bool { over, _ := m.over(); return over })
	gone := time.Now()
	f.until(time.Minute, "another machine sends", func() bool {
		all := f.service.arrived()
		return all[len(all)-1].After(gone)
	})
	all := f.service.arrived()
	first := slices.IndexFunc(all, gone.Before)
	return all[first].Sub(gone), gone.Sub(began)
}

func median(all []time.Duration) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2].Round(10 * time.Millisecond)
}

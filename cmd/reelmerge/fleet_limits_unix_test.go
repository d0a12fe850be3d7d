//go:build unix

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFourMachinesKeepOneLimit has four campaigns of one account sent by four machines. The
// service never sees more than the limits allow. The soak also wants nearly as much as they
// allow: how much it is, depends on what else the machine does.
func TestFourMachinesKeepOneLimit(t *testing.T) {
	runs, lasts, least := 1, 10*time.Second, 0.5
	if os.Getenv("REELMERGE_SOAK") != "" {
		runs, lasts, least = 3, 30*time.Second, 0.95
	}
	program := plainProgram(t)
	var used []float64
	for range runs {
		used = append(used, keepsLimits(t, program, lasts))
	}
	slices.Sort(used)
	t.Logf("used: %.3f", used)
	if middle := used[len(used)/2]; middle < least {
		t.Errorf("%.1f %% of what is allowed is used", 100*middle)
	}
}

// window is a limit of the account.
type window struct {
	count int
	per   time.Duration
}

// account adds four machines, each with a campaign of its own, and starts them.
func (f *fleet) account() {
	f.t.Helper()
	for i := range 4 {
		files, args := f.searchable(1000)
		files["storm.yaml"] = strings.ReplaceAll(files["storm.yaml"], "active: 24, submits: 5/s", "active: 100, submits: [50/s, 300/10s]") + fmt.Sprintf("name: storm%d\n", i)
		f.add(files, append([]string{"--yes", "--new-ledger"}, args...)...)
	}
	for _, m := range f.machines {
		m.start()
	}
}

// ended ends the machines, which should still be at work.
func (f *fleet) ended() {
	f.t.Helper()
	for _, m := range f.machines {
		if over, code := m.over(); over {
			f.t.Errorf("exit %d: %s", code, last(m.text(), 2000))
		}
		m.kill()
	}
}

// keepsLimits sends for a while, and returns how much of what the limits allow arrived.
func keepsLimits(t *testing.T, program string, lasts time.Duration) float64 {
	t.Helper()
	f := newFleet(t, program, fleetService(t))
	f.account()
	f.until(time.Minute, "they send", func() bool { return len(f.service.arrived()) > 0 })
	time.Sleep(lasts + time.Second)
	all := f.service.arrived()
	f.ended()
	for _, w := range []window{{50, time.Second}, {300, 10 * time.Second}} {
		if n := most(all, w.per); n > w.count {
			t.Errorf("%d arrived within %s, and %d are allowed", n, w.per, w.count)
		}
	}
	within := 0
	for _, at := range all {
		if at.Sub(all[0]) < lasts {
			within++
		}
	}
	t.Logf("%d arrived within %s; at most %d in a second and %d in ten", within, lasts, most(all, time.Second), most(all, 10*time.Second))
	return float64(within) / (300 * lasts.Seconds() / 10)
}

// TestASlowDownIsHeardByAll has the service ask one of four machines to wait. None sends
// meanwhile, but for calls that were on the wire.
func TestASlowDownIsHeardByAll(t *testing.T) {
	const pause, onTheWire = 8 * time.Second, 3 * time.Second
	f := newFleet(t, plainProgram(t), fleetService(t))
	var asked time.Time
	f.service.refuse = func() string {
		if !asked.IsZero() || len(f.service.arrivals) < 100 {
			return ""
		}
		asked = time.Now()
		return fmt.Sprint(pause.Seconds())
	}
	f.account()
	f.until(time.Minute, "they send again after the pause", func() bool {
		all := f.service.arrived()
		return len(all) > 110 && all[len(all)-1].Sub(all[100]) > pause
	})
	f.ended()
	meanwhile, after := 0, 0
	var late []time.Duration
	for _, at := range f.service.arrived() {
		switch since := at.Sub(asked); {
		case since > onTheWire && since < pause:
			meanwhile++
			late = append(late, since.Round(10*time.Millisecond))
		case since >= pause:
			after++
		}
	}
	if meanwhile > 0 || after == 0 {
		t.Errorf("%d calls arrived while all should wait, after %v, and %d later", meanwhile, late, after)
	}
}

// most is the largest number of arrivals in any window.
func most(all []time.Time, per time.Duration) (n int) {
	from := 0
	for to := range all {
		for all[to].Sub(all[from]) >= per {
			from++
		}
		n = max(n, to-from+1)
	}
	return n
}

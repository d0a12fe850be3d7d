//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/pgstore"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// troubles is how often something happens to the machine that drives.
type troubles struct{ rows, kills, stops, cuts int }

// brief shortens the time for which a search proves nothing, from minutes to seconds. All else
// is the program as it is.
func brief() edit {
	return edit{"ledger/shared.go", `const LongestSubmit = \d+ \* time.Minute`, "const LongestSubmit = 3 * time.Second"}
}

// unguarded and unversioned take the two guards away that keep a row from being paid for
// twice: the question for the lease before the first byte, and the comparison of versions.
func unguarded() edit {
	return edit{"ledger/pgstore/lease.go", `return !l\.ended\.Load\(\).*`, "return true }"}
}

func unversioned() edit {
	return edit{"ledger/decide.go", `if before\.Version != c\.Version {`, "if false {"}
}

// TestAFleetIsKilledStoppedAndCut has three machines make the videos of a campaign. The one
// that drives is killed, is stopped until another one drives and then wakes, and loses its
// database. At the end each row has exactly one job at the service, and none is left to a
// person.
func TestAFleetIsKilledStoppedAndCut(t *testing.T) {
	t.Parallel() // it waits for most of its time
	n, edits := troubles{rows: 100, kills: 4, stops: 2, cuts: 4}, []edit{brief()}
	if os.Getenv("REELMERGE_SOAK") != "" {
		n, edits = troubles{rows: 500, kills: 20, stops: 10, cuts: 20}, nil
	}
	f := newFleet(t, builtProgram(t, edits), fleetService(t))
	files, args := f.searchable(n.rows)
	f.storm(files, args, n).once()
}

// TestAFleetAtAServiceWithoutASearch is the same where no search can find a lost job: such
// rows are left to a person, and none is paid for twice.
func TestAFleetAtAServiceWithoutASearch(t *testing.T) {
	if os.Getenv("REELMERGE_SOAK") == "" {
		t.Skip("takes minutes; TestAFleetIsKilledStoppedAndCut has the other kind of service")
	}
	f := newFleet(t, builtProgram(t, []edit{brief()}), fleetService(t))
	files, args := f.unsearchable(500)
	s := f.storm(files, args, troubles{rows: 500, kills: 20, stops: 10, cuts: 20})
	s.leaves()
}

// TestAFleetWithoutItsGuardsPaysTwice shows that the storm finds what the guards prevent.
func TestAFleetWithoutItsGuardsPaysTwice(t *testing.T) {
	if os.Getenv("REELMERGE_SOAK") == "" {
		t.Skip("takes minutes; it shows that the storm would find rows that are paid twice")
	}
	for name, edits := range map[string][]edit{"guard": {brief(), unguarded()}, "versions": {brief(), unversioned()}} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t, builtProgram(t, edits), fleetService(t))
			files, args := f.searchable(300)
			s := f.storm(files, args, troubles{rows: 300, kills: 4, stops: 12, cuts: 4})
			t.Logf("%s: %d paid twice", s, len(s.twice()))
			if len(s.twice()) == 0 {
				t.Error("no row was paid for twice")
			}
		})
	}
}

// fleetService is what the services of the storms do.
func fleetService(t *testing.T) sandbox.Options {
	return sandbox.Options{Render: 300 * time.Millisecond, Seed: 7, Described: [][]byte{[]byte(acmeService(t))}}
}

// torn is a campaign that three machines made while they were in trouble.
type torn struct {
	fleet                    *fleet
	rows                     int
	rng                      *rand.Rand
	ledger                   *pgstore.Store
	kills, stops, cuts, held int
	took                     time.Duration
}

// storm runs a campaign on three machines, and has trouble happen to the one that drives.
func (f *fleet) storm(files map[string]string, args []string, n troubles) *torn {
	f.t.Helper()
	s := &torn{fleet: f, rows: n.rows, rng: rand.New(rand.NewPCG(3, uint64(n.rows)))}
	f.service.handshake.Store(int64(400 * time.Millisecond))
	began := time.Now()
	for range 3 {
		f.add(files, append([]string{"--yes", "--new-ledger", "--join", "storm", "--lease", "2s"}, args...)...)
	}
	f.machines[0].start("--standby")
	s.ledger = f.watch()
	f.machines[1].start("--standby")
	f.machines[2].start("--standby")
	for _, event := range s.shuffled(n) {
		if m := s.awaitDriver(); m != nil {
			event(m)
		}
	}
	s.finish()
	s.took = time.Since(began)
	return s
}

// shuffled are the troubles in an order that a seed decides.
func (s *torn) shuffled(n troubles) (all []func(*machine)) {
	for range n.kills {
		all = append(all, s.kill)
	}
	for range n.stops {
		all = append(all, s.stop)
	}
	for i := range n.cuts {
		all = append(all, func(m *machine) { s.cut(m, i) })
	}
	s.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// awaitDriver waits until a machine drives and sends, and a little longer. It returns nil when
// all is done. Machines whose runs have ended are started again.
func (s *torn) awaitDriver() (driver *machine) {
	s.fleet.t.Helper()
	sent := len(s.fleet.service.arrived())
	s.fleet.until(time.Minute, "a machine drives", func() bool {
		s.restart()
		driver = s.fleet.driver(s.ledger)
		return s.done() || driver != nil && len(s.fleet.service.arrived()) > sent
	})
	time.Sleep(time.Duration(100+s.rng.IntN(500)) * time.Millisecond)
	return driver
}

// restart starts the machines whose runs have ended. A hold needs a person, who runs the
// campaign without --standby.
func (s *torn) restart() {
	for _, m := range s.fleet.machines {
		switch over, code := m.over(); {
		case !over:
		case code == exitHeld:
			s.held++
			m.start()
		default:
			m.start("--standby")
		}
	}
}

// kill ends the driver at once.
func (s *torn) kill(m *machine) {
	m.kill()
	m.start("--standby")
	s.kills++
}

// stop stops the driver until another machine drives, and sends.
func (s *torn) stop(m *machine) {
	f := s.fleet
	m.signal(syscall.SIGSTOP)
	s.stops++
	f.until(time.Minute, "another machine drives", func() bool {
		for _, other := range f.machines {
			if over, _ := other.over(); over && other != m {
				other.start("--standby")
			}
		}
		d := f.driver(s.ledger)
		return d != nil && d != m
	})
	time.Sleep(5 * time.Second) // the quarantine and both searches are over by then
	m.signal(syscall.SIGCONT)
}

// cut takes the driver's database away: all connections, the answers alone, or all bytes.
func (s *torn) cut(m *machine, i int) {
	s.cuts++
	switch i % 3 {
	case 0:
		m.wire.cut()
	case 1:
		m.wire.deafen(500 * time.Millisecond)
	default:
		m.wire.stall(time.Duration(500+s.rng.IntN(2500)) * time.Millisecond)
	}
}

// done reports whether every row is settled, or left to a person.
func (s *torn) done() bool {
	states := s.fleet.states(s.ledger)
	settled := states[ledger.Succeeded] + states[ledger.Failed]
	if settled+states[ledger.Unsure] == s.rows && states[ledger.Unsure] > 0 {
		return s.fleet.driver(s.ledger) == nil // no machine looks for them any more
	}
	return settled == s.rows
}

// finish lets the machines go on until nothing is left to do.
func (s *torn) finish() {
	s.fleet.t.Helper()
	s.fleet.until(20*time.Minute, "every row is settled", func() bool {
		if s.done() {
			return true
		}
		s.restart()
		time.Sleep(200 * time.Millisecond)
		return false
	})
	for _, m := range s.fleet.machines {
		m.kill()
	}
}

// String says what happened.
func (s *torn) String() string {
	return fmt.Sprintf("%d rows in %s: %d kills, %d stops, %d cuts, %d holds", s.rows, s.took.Round(time.Second), s.kills, s.stops, s.cuts, s.held)
}

// entries reads the ledger.
func (s *torn) entries() map[string]ledger.Entry {
	t := s.fleet.t
	t.Helper()
	entries := map[string]ledger.Entry{}
	for _, err := range ledger.Check(t.Context(), s.ledger) {
		t.Errorf("ledger: %v", err)
	}
	for e, err := range s.ledger.Entries(t.Context(), ledger.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		entries[e.Key] = e
	}
	if len(entries) != s.rows {
		t.Errorf("%d entries for %d rows", len(entries), s.rows)
	}
	return entries
}

// once compares the ledger with the bank: each row has one job, and none is left to a person.
func (s *torn) once() {
	t := s.fleet.t
	t.Helper()
	jobs, wrong := s.fleet.service.jobs(), 0
	for key, e := range s.entries() {
		found := jobs[nameOf(key)]
		if e.State != ledger.Succeeded || len(found) != 1 || e.Ticket.Job != found[0] {
			wrong++
			t.Errorf("%s is %s with ticket %q (%s), jobs at the bank: %v", key, e.State, e.Ticket.Job, e.Reason, found)
		}
	}
	t.Logf("%s; %d paid twice, %d wrong", s, len(s.twice()), wrong)
	s.tell()
}

// leaves compares the ledger with the bank where rows may be left to a person: those that are
// settled have their job, and no row has two.
func (s *torn) leaves() {
	t := s.fleet.t
	t.Helper()
	jobs, person := s.fleet.service.jobs(), 0
	for key, e := range s.entries() {
		found := jobs[nameOf(key)]
		if e.State == ledger.Unsure {
			person++
		}
		if len(found) > 1 || e.State != ledger.Unsure && (e.State != ledger.Succeeded || len(found) != 1 || e.Ticket.Job != found[0]) {
			t.Errorf("%s is %s with ticket %q (%s), jobs at the bank: %v", key, e.State, e.Ticket.Job, e.Reason, found)
		}
	}
	t.Logf("%s; %d paid twice, %d left to a person", s, len(s.twice()), person)
	s.tell()
}

// tell shows what the machines of a failed test said.
func (s *torn) tell() {
	if t := s.fleet.t; t.Failed() {
		for _, m := range s.fleet.machines {
			t.Logf("%s: %s", m.dir, last(m.text(), 4000))
		}
	}
}

// twice lists the rows that were paid for more than once.
func (s *torn) twice() (rows []string) {
	for name, jobs := range s.fleet.service.jobs() {
		if len(jobs) > 1 {
			rows = append(rows, name+": "+strings.Join(jobs, ", "))
		}
	}
	return rows
}

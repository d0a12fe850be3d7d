//go:build unix

package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/internal/pgtest"
	"github.com/reelmerge/reelmerge/ledger"
)

// TestTheServerIsKilledWhileARunGoesOn ends PostgreSQL without notice, again and again, and
// starts it. The run waits, and goes on.
func TestTheServerIsKilledWhileARunGoesOn(t *testing.T) {
	t.Parallel() // it waits for most of its time
	rows, kills := 60, 3
	if os.Getenv("REELMERGE_SOAK") != "" {
		rows, kills = 500, 20
	}
	f := newFleet(t, plainProgram(t), fleetService(t))
	files, args := f.searchable(rows)
	m := f.add(files, append([]string{"--yes", "--new-ledger", "--lease", "2s"}, args...)...)
	m.start()
	s := &torn{fleet: f, rows: rows, ledger: f.watch()}
	began := time.Now()
	for range kills {
		sent := len(f.service.arrived())
		f.until(time.Minute, "rows are sent", func() bool { over, _ := m.over(); return over || len(f.service.arrived()) > sent+rows/(2*kills) })
		if err := f.cluster.Kill(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		if err := f.cluster.Up(); err != nil {
			t.Fatal(err)
		}
	}
	f.until(3*time.Minute, "the run has ended", func() bool {
		over, code := m.over()
		if over && code != exitDone {
			t.Logf("exit %d: started again", code)
			m.start("--standby")
		}
		return over && code == exitDone
	})
	s.took = time.Since(began)
	s.once()
}

// TestAStandbyThatWasBehindIsRefused has a streaming standby lose its server, the campaign go
// on, and the standby take the server's place. What was paid since is not known there, so
// nothing is sent.
func TestAStandbyThatWasBehindIsRefused(t *testing.T) {
	t.Parallel() // it waits for most of its time
	const rows = 40
	f := newFleet(t, plainProgram(t), fleetService(t))
	standby, err := f.cluster.Standby()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Remove(); err != nil {
			t.Error(err)
		}
	})
	files, args := f.searchable(rows)
	m := f.add(files, append([]string{"--yes", "--new-ledger"}, args...)...)
	if code, out := m.do(append([]string{"run", "storm.yaml", "--limit", "5"}, m.args...)...); code > exitRows {
		t.Fatalf("exit %d: %s", code, out)
	}
	behind(t, f, standby)
	if code, out := m.do(append([]string{"run", "storm.yaml"}, m.args...)...); code != exitDone {
		t.Fatalf("exit %d: %s", code, out)
	}
	promote(t, f, standby)
	m.wire.lead(fmt.Sprintf("127.0.0.1:%d", standby.Port))
	sent := len(f.service.arrived())
	code, out := m.do(append([]string{"run", "storm.yaml"}, m.args...)...)
	if code != exitLedger || !strings.Contains(out, "hint: the database was put back to an earlier state, or this is a standby that was behind") {
		t.Errorf("exit %d, want %d: %s", code, exitLedger, out)
	}
	if now := len(f.service.arrived()); now != sent || sent != rows {
		t.Errorf("%d of %d calls were made after the standby took over", now-sent, now)
	}
	t.Logf("exit %d: %s", code, out)
}

// behind waits until a standby has commits of the ledger, and ends it.
func behind(t *testing.T, f *fleet, standby *pgtest.Cluster) {
	t.Helper()
	f.until(time.Minute, "the standby has the ledger", func() bool {
		out, err := standby.Output("psql", "-At", "-d", standby.URL("test1"), "-c", "select max(commits) from reelmerge.ledger where pg_is_in_recovery()")
		return err == nil && strings.TrimSpace(string(out)) != "" && strings.TrimSpace(string(out)) != "0"
	})
	if err := standby.Stop(); err != nil {
		t.Fatal(err)
	}
}

// promote has the standby take the place of a server that is gone.
func promote(t *testing.T, f *fleet, standby *pgtest.Cluster) {
	t.Helper()
	if err := f.cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := standby.Up(); err != nil {
		t.Fatal(err)
	}
	if err := standby.Promote(); err != nil {
		t.Fatal(err)
	}
}

// TestADumpOfTheDatabaseTellsNoToken, and no name either after a purge.
func TestADumpOfTheDatabaseTellsNoToken(t *testing.T) {
	t.Parallel() // it waits for most of its time
	o := fleetService(t)
	o.Render = 3 * time.Second
	f := newFleet(t, plainProgram(t), o)
	files, args := f.searchable(2)
	files["rows.csv"] = "id,name\ncanary-key-1,Canaria Eins\ncanary-key-2,Canaria Zwei\n"
	m := f.add(files, append([]string{"--yes", "--new-ledger"}, args...)...)
	m.start()
	store := f.watch()
	f.until(time.Minute, "the videos are being made", func() bool { return f.states(store)[ledger.Submitted] == 2 })
	token, names, keys := f.dumped(fleetToken), f.dumped("Canaria"), f.dumped("canary-key")
	if token > 0 || names == 0 || keys == 0 {
		t.Errorf("while the videos are made, the token is in the database %d times, the names %d times and the keys %d times", token, names, keys)
	}
	f.until(time.Minute, "the run has ended", func() bool { over, _ := m.over(); return over })
	if code, out := m.do("purge", "storm.yaml", "--yes", "--local"); code != exitDone {
		t.Fatalf("exit %d: %s", code, out)
	}
	for _, word := range []string{fleetToken, "Canaria", "canary-key"} {
		if n := f.dumped(word); n > 0 {
			t.Errorf("%q is in the database %d times after a purge", word, n)
		}
	}
	if s := f.states(store); s[ledger.Succeeded] != 2 {
		t.Errorf("after the purge: %v", s)
	}
	t.Logf("while the videos were made: the token %d times, names %d times, keys %d times", token, names, keys)
}

// dumped counts a word in a dump of the database, as text and in bytes.
func (f *fleet) dumped(word string) int {
	f.t.Helper()
	dump, err := f.cluster.Output("pg_dump", "-d", f.store)
	if err != nil {
		f.t.Fatal(err)
	}
	if !bytes.Contains(dump, []byte("COPY reelmerge.document")) {
		f.t.Fatal("the dump has no documents")
	}
	return bytes.Count(dump, []byte(word)) + bytes.Count(dump, []byte(hex.EncodeToString([]byte(word))))
}

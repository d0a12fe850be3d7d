package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/display"
	"github.com/reelmerge/reelmerge/internal/tty"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
)

// began is when the runs of these tests begin; at is as long after that as they
// are looked at.
var began = time.Date(2026, 3, 2, 22, 0, 0, 0, time.Local)

func at(d time.Duration) *time.Time { t := began.Add(d); return &t }

// nightly is a run in its second hour.
func nightly() reelmerge.Status {
	budget, speed := 2000*credit.Unit, 58.0
	return reelmerge.Status{
		Campaign: "Spring welcome",
		States: map[ledger.State]int{
			ledger.Planned: 731, ledger.Intended: 1, ledger.Submitted: 23, ledger.Succeeded: 1412, ledger.Failed: 3, ledger.Unsure: 1,
		},
		Credits: []report.Credits{{
			Provider: "colossyan", Unit: "minutes", Charged: 824_158_016, Reserved: 48 * credit.Unit,
			Money: &report.Converted{Currency: "EUR", Charged: 700_534_314, Reserved: 40_800_000},
		}},
		Running: true,
		Progress: &reelmerge.Progress{
			Service: "Colossyan", Began: began, Total: 2171, ToSend: 731, Sent: 1440, PerMinute: &speed, BoundBy: "active: 24",
			Ends: at(100 * time.Minute), FirstEnds: at(3 * time.Hour), Budget: &budget,
			Trouble: []reelmerge.Trouble{
				{Row: 147, Key: "C147", State: ledger.Failed, Reason: "the avatar 名前の長いアバター is not there; this service says so in words that go on and on"},
				{Row: 152, Key: "C152", State: ledger.Unsure, Reason: "connection lost: unexpected EOF"},
			},
		},
	}
}

// TestScreens compares what people see in terminals of several widths, and in
// moments that are not like the others.
func TestScreens(t *testing.T) {
	screens := map[string]func() (reelmerge.Status, tty.Look, int){
		"80 columns":  func() (reelmerge.Status, tty.Look, int) { return nightly(), tty.Look{Blocks: true}, 80 },
		"200 columns": func() (reelmerge.Status, tty.Look, int) { return nightly(), tty.Look{Blocks: true}, 200 },
		"50 columns":  func() (reelmerge.Status, tty.Look, int) { return nightly(), tty.Look{Blocks: true}, 50 },
		"ascii":       func() (reelmerge.Status, tty.Look, int) { return nightly(), tty.Look{}, 80 },
		"nothing is known yet": func() (reelmerge.Status, tty.Look, int) {
			return reelmerge.Status{Campaign: "first", Progress: &reelmerge.Progress{Service: "vidgen", Began: began, ToSend: 3, Total: 3}}, tty.Look{Blocks: true}, 80
		},
		"held": func() (reelmerge.Status, tty.Look, int) {
			d := nightly()
			d.Held, d.Progress.ToSend, d.Progress.Trouble = "the budget is reached", 0, nil
			return d, tty.Look{Blocks: true}, 80
		},
		"waiting for callbacks": func() (reelmerge.Status, tty.Look, int) {
			d := nightly()
			d.States[ledger.Submitted], d.States[ledger.Intended], d.States[ledger.Unsure] = 0, 0, 2
			d.Progress.ToSend, d.Progress.Ends, d.Progress.CallbacksUntil = 0, nil, at(2*time.Hour)
			return d, tty.Look{Blocks: true}, 80
		},
		"stopping after a window and past the stop time": func() (reelmerge.Status, tty.Look, int) {
			d := nightly()
			d.Progress.Stopping, d.Progress.BoundBy, d.Progress.NextAt = true, "submits: 1000/d", at(9*time.Hour)
			d.Progress.Ends, d.Progress.StopAt = at(40*time.Hour), at(8*time.Hour)
			return d, tty.Look{Blocks: true}, 80
		},
	}
	const golden = "testdata/screens.txtar"
	archive, err := txtar.ParseFile(golden)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if os.Getenv("REELMERGE_UPDATE") != "" {
		archive = &txtar.Archive{Comment: []byte("What runs look like; REELMERGE_UPDATE=1 writes this file anew.\n")}
	}
	want := map[string]string{}
	for _, f := range archive.Files {
		want[f.Name] = string(f.Data)
	}
	for _, name := range slices.Sorted(maps.Keys(screens)) {
		doc, k, width := screens[name]()
		got := drawn(doc, k, width)
		if os.Getenv("REELMERGE_UPDATE") != "" {
			archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got)})
			continue
		}
		if diff := cmp.Diff(want[name], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if os.Getenv("REELMERGE_UPDATE") != "" {
		if err := os.WriteFile(golden, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// drawn is the screen without its escape sequences.
func drawn(doc reelmerge.Status, k tty.Look, width int) string {
	var out bytes.Buffer
	c := tty.Canvas{Out: &out, Look: k, Size: func() (int, int) { return width, 40 }}
	c.Draw(display.Screen{Status: doc, Look: k, Now: began.Add(75 * time.Minute)}.Draw)
	text := out.String()
	for _, sequence := range []string{"\x1b[K", "\x1b[J", "\r"} {
		text = strings.ReplaceAll(text, sequence, "")
	}
	var lines []string
	for l := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(l, " \n")+"\n")
	}
	return strings.Join(lines, "")
}

// TestNoLineIsWiderThanTheTerminal also holds for wide characters.
func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	for width := 1; width < 120; width++ {
		for l := range strings.Lines(drawn(nightly(), tty.Look{Blocks: true}, width)) {
			if n := wording.Cells(strings.TrimSuffix(l, "\n")); n >= width && width > 1 {
				t.Fatalf("%d columns, and a line of %d: %q", width, n, l)
			}
		}
	}
}

// TestNothingOfASheetOrAServiceControlsTheTerminal lets every text that comes
// from outside try.
func TestNothingOfASheetOrAServiceControlsTheTerminal(t *testing.T) {
	evil := "\x1b]0;owned\x07\x1b[2J\u009b31m\r\nrow 1 made\u202e\x00\x7f"
	d := nightly()
	d.Campaign, d.Held, d.Progress.Service, d.Progress.BoundBy = evil, evil, evil, evil
	d.Credits[0].Unit = evil
	d.Progress.Trouble = []reelmerge.Trouble{{Key: evil, State: ledger.Failed, Reason: evil}}
	for _, k := range []tty.Look{{}, {Blocks: true}, {Color: true}} {
		var out bytes.Buffer
		c := tty.Canvas{Out: &out, Look: k, Size: func() (int, int) { return 80, 40 }}
		c.Draw(display.Screen{Status: d, Look: k, Now: *d.Progress.Ends}.Draw)
		text := out.String()
		for _, ours := range []string{"\x1b[K\r\n", "\x1b[J", "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m"} {
			text = strings.ReplaceAll(text, ours, "")
		}
		text = strings.TrimPrefix(text, "\r")
		if i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u202e' }); i >= 0 {
			t.Errorf("%+v: %q", k, text[i:])
		}
	}
}

func FuzzFit(f *testing.F) {
	f.Add("row 1: \x1b[31m", 10)
	f.Add("名前の長いアバター", 7)
	f.Add("e\u0301e\u0301e\u0301", 2)
	f.Fuzz(func(t *testing.T, text string, width int) {
		width = max(4, width%200)
		l := tty.Line{tty.In(tty.Plain, text), tty.In(tty.Bad, text)}.Fit(width, tty.Look{})
		if n := l.Cells(); n > width {
			t.Errorf("%d cells in %d", n, width)
		}
		if s := l.Encode(tty.Look{}); strings.ContainsFunc(s, unicode.IsControl) {
			t.Errorf("%q", s)
		}
	})
}

// TestDisplayKnowsItsPlace: plain lines in CI and on dumb terminals, no colour
// for who asks for none, no blocks where the locale has none.
func TestDisplayKnowsItsPlace(t *testing.T) {
	for _, c := range []struct {
		env   map[string]string
		plain bool
		look  tty.Look
	}{
		{map[string]string{"TERM": "xterm", "LANG": "de_DE.UTF-8"}, false, tty.Look{Color: true, Blocks: true}},
		{map[string]string{"TERM": "xterm", "LANG": "C"}, false, tty.Look{Color: true}},
		{map[string]string{"TERM": "xterm", "LANG": "C", "LC_ALL": "C.utf8"}, false, tty.Look{Color: true, Blocks: true}},
		{map[string]string{"TERM": "xterm", "LC_ALL": "C", "LANG": "C.utf8"}, false, tty.Look{Color: true}},
		{map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, false, tty.Look{}},
		{map[string]string{"TERM": "dumb"}, true, tty.Look{Color: true}},
		{map[string]string{}, true, tty.Look{Color: true}},
		{map[string]string{"TERM": "xterm", "CI": "1"}, true, tty.Look{Color: true}},
		{map[string]string{"TERM": "xterm", "CI": "true"}, true, tty.Look{Color: true}},
		{map[string]string{"TERM": "xterm", "CI": "false"}, false, tty.Look{Color: true}},
	} {
		env := func(name string) string { return c.env[name] }
		if got := plainByWish(env); got != c.plain {
			t.Errorf("%v: plain %v", c.env, got)
		}
		if got := tty.LookOf(env); got != c.look {
			t.Errorf("%v: %+v", c.env, got)
		}
	}
}

// TestHeartbeatIsTheRarerOfHalfAMinuteAndATwentieth at a fast and a slow run.
func TestHeartbeatIsTheRarerOfHalfAMinuteAndATwentieth(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration // one of 100 rows is made
		want  []string
	}{
		{"a row a second", time.Second, []string{"0s", "30s", "1m0s", "1m30s"}},
		{"a row a minute", time.Minute, []string{"0s", "5m0s", "10m0s", "15m0s", "20m0s", "25m0s"}},
	} {
		var h display.Heartbeat
		var got []string
		for second := range 26 * 60 {
			d := time.Duration(second) * time.Second
			doc := reelmerge.Status{States: map[ledger.State]int{ledger.Succeeded: min(100, int(d/c.every))}, Progress: &reelmerge.Progress{Total: 100, ToSend: 100}}
			if h.Due(doc, began.Add(d)) {
				got = append(got, d.String())
			}
		}
		if c.every == time.Second {
			c.want = append(c.want, "2m0s") // the last twentieth came after the line before
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestPostingNeverWaits for a reader that has fallen asleep, and loses nothing.
func TestPostingNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		box := tty.NewOutbox(w)
		var want strings.Builder
		for i := range 10_000 { // would be a deadlock if one of them waited
			fmt.Fprintf(box, "line %d\n", i)
			fmt.Fprintf(&want, "line %d\n", i)
		}
		got := make(chan string)
		go func() {
			text, _ := io.ReadAll(r)
			got <- string(text)
		}()
		box.Close()
		w.Close()
		if diff := cmp.Diff(want.String(), <-got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestAReaderThatIsGoneDoesNotStopTheRun.
func TestAReaderThatIsGoneDoesNotStopTheRun(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	box := tty.NewOutbox(w)
	fmt.Fprintln(box, "to nobody")
	box.Close()
}

func TestRatesForPeople(t *testing.T) {
	for got, want := range map[string]string{
		display.Rate(600): "10 a second", display.Rate(58): "58 a minute", display.Rate(0.5): "30 an hour",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

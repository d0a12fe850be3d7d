package download_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/internal/download"
	"github.com/reelmerge/reelmerge/internal/safename"
	"github.com/reelmerge/reelmerge/ledger"
)

// TestAFileIsNeverTheRowsByItsNameAlone: the user's own file, or last month's,
// stays as it is, and the video gets the next name that no other row has.
func TestAFileIsNeverTheRowsByItsNameAlone(t *testing.T) {
	want, strange := video(9*time.Second, 1000), video(9*time.Second, 999)
	f, dir := folder(t, inProcess{serve(want)}, download.Limits{})
	put(t, dir, "C-1.mp4", strange)
	put(t, dir, "C-1-3.mp4", nil)
	e := entry("C-1.mp4", 9*time.Second)
	if !f.Missing(e) {
		t.Fatal("a file that was never fetched is taken for the row's")
	}
	others := func(got ledger.Fetched) (bool, error) {
		if got.File == "C-1-2.mp4" {
			return false, nil // it is another row's, which has not fetched it yet
		}
		return recordedIn(&e)(got)
	}
	if err := f.Fetch(t.Context(), e, others); err != nil {
		t.Fatal(err)
	}
	if e.Fetched != of("C-1-4.mp4", want) || f.Missing(e) {
		t.Errorf("fetched %+v, missing %v", e.Fetched, f.Missing(e))
	}
	wantFiles(t, dir, map[string][]byte{"C-1.mp4": strange, "C-1-3.mp4": nil, "C-1-4.mp4": want})
}

// TestAVideoThatWasChangedIsKeptAndFetchedBeside.
func TestAVideoThatWasChangedIsKeptAndFetchedBeside(t *testing.T) {
	want, cut := video(9*time.Second, 1000), []byte("cut by hand")
	f, dir := folder(t, inProcess{serve(want)}, download.Limits{})
	e := entry("C-1.mp4", 9*time.Second)
	e.Fetched = of("C-1.mp4", want)
	put(t, dir, "C-1.mp4", cut)
	if !f.Missing(e) {
		t.Fatal("another file is taken for the video")
	}
	if err := f.Fetch(t.Context(), e, recordedIn(&e)); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, map[string][]byte{"C-1.mp4": cut, "C-1-2.mp4": want})
	if err := os.Remove(filepath.Join(dir, "C-1-2.mp4")); err != nil {
		t.Fatal(err)
	}
	if err := f.Fetch(t.Context(), e, recordedIn(&e)); err != nil || e.Fetched.File != "C-1-2.mp4" {
		t.Errorf("fetched again as %+v (%v)", e.Fetched, err)
	}
}

// TestACrashAroundTheRecordLeavesNoVideoThatIsNotKnown crashes around the record. The
// record comes first, and its file gets the name later, from the bytes that have arrived.
func TestACrashAroundTheRecordLeavesNoVideoThatIsNotKnown(t *testing.T) {
	killed := errors.New("killed")
	old, want := video(9*time.Second, 1000), video(9*time.Second, 1000)
	old[len(old)-1]++ // of the same length
	for name, c := range map[string]struct {
		durable bool
		asked   string
	}{
		"before it is durable": {false, fmt.Sprintf("bytes=%d-", len(want))},
		"after it is durable":  {true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			client := &cutting{Client: inProcess{serve(want)}}
			f, dir := folder(t, client, download.Limits{})
			put(t, dir, "C-1.mp4", old)
			e := entry("C-1.mp4", 9*time.Second)
			e.Attempts = []ledger.Attempt{{Outcome: ledger.Succeeded, Fetched: of("C-1.mp4", old)}}
			err := f.Fetch(t.Context(), e, func(got ledger.Fetched) (bool, error) {
				if c.durable {
					e.Fetched = got
				}
				return false, killed
			})
			if !errors.Is(err, killed) || len(client.asked) != 1 {
				t.Fatalf("%v after %d requests", err, len(client.asked))
			}
			if !f.Missing(e) {
				t.Fatal("a file that has no name yet is there, or the old one is taken for it")
			}
			if err := f.Fetch(t.Context(), e, recordedIn(&e)); err != nil || f.Missing(e) {
				t.Fatalf("missing after the next run: %v", err)
			}
			wantFiles(t, dir, map[string][]byte{"C-1.mp4": want})
			if again := strings.Join(client.asked[1:], ","); again != c.asked {
				t.Errorf("asked for %q", again)
			}
		})
	}
}

// TestWhatArrivedForAnotherJobIsNotGoneOnWith, whatever the server makes of a range.
func TestWhatArrivedForAnotherJobIsNotGoneOnWith(t *testing.T) {
	content := video(9*time.Second, 1000)
	client := &cutting{Client: inProcess{serve(content)}, after: 3000, times: 1}
	f, _ := folder(t, client, download.Limits{Tries: 1})
	e := entry("C-1.mp4", 0)
	e.Ticket.Job = "first"
	if err := f.Fetch(t.Context(), e, taken); err == nil {
		t.Fatal("half a file is no success")
	}
	e.Ticket.Job = "second"
	if err := f.Fetch(t.Context(), e, taken); err != nil || client.asked[1] != "" {
		t.Errorf("%v, asked %q", err, client.asked)
	}
}

// TestOnlyWhatWasFetchedIsRemoved, and no file that is something else by now.
func TestOnlyWhatWasFetchedIsRemoved(t *testing.T) {
	first, second, strange := []byte("first"), []byte("second"), []byte("strange")
	for name, c := range map[string]struct {
		on, left map[string][]byte
		fetched  []ledger.Fetched // of the job, then of earlier ones
		want     download.Removed
	}{
		"as fetched": {map[string][]byte{"C-1.mp4": first}, nil, []ledger.Fetched{of("C-1.mp4", first)}, download.Removed{Deleted: 1}},
		"under an earlier name too": {
			map[string][]byte{"new.mp4": second, "C-1.mp4": first}, nil,
			[]ledger.Fetched{of("new.mp4", second), of("C-1.mp4", first)}, download.Removed{Deleted: 2},
		},
		"the old one in the place of the new": {
			map[string][]byte{"C-1.mp4": first}, nil,
			[]ledger.Fetched{of("C-1.mp4", second), of("C-1.mp4", first)}, download.Removed{Deleted: 1},
		},
		"gone":                 {nil, nil, []ledger.Fetched{of("C-1.mp4", first)}, download.Removed{}},
		"changed":              {map[string][]byte{"C-1.mp4": strange}, map[string][]byte{"C-1.mp4": strange}, []ledger.Fetched{of("C-1.mp4", first)}, download.Removed{Left: 1}},
		"of the same length":   {map[string][]byte{"C-1.mp4": []byte("FIRST")}, map[string][]byte{"C-1.mp4": []byte("FIRST")}, []ledger.Fetched{of("C-1.mp4", first)}, download.Removed{Left: 1}},
		"never fetched":        {map[string][]byte{"C-1.mp4": strange}, map[string][]byte{"C-1.mp4": strange}, []ledger.Fetched{{}}, download.Removed{}},
		"of the first edition": {map[string][]byte{"C-1.mp4": first}, nil, []ledger.Fetched{{File: "C-1.mp4"}}, download.Removed{Deleted: 1}},
	} {
		dir := t.TempDir()
		for file, content := range c.on {
			put(t, dir, file, content)
		}
		e := entry("C-1.mp4", 0)
		e.Fetched = c.fetched[0]
		for _, f := range c.fetched[1:] {
			e.Attempts = append(e.Attempts, ledger.Attempt{Fetched: f})
		}
		if got, err := download.Remove(dir, e, e.Files()); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		wantFiles(t, dir, c.left)
	}
	dir := t.TempDir()
	put(t, dir, "C-1.mp4", first)
	e := entry("C-1.mp4", 0)
	e.Fetched.File = "C-1.mp4"
	if got, err := download.Remove(dir, e, nil); err != nil || got != (download.Removed{Left: 1}) {
		t.Errorf("a file that may be another row's: %+v, %v", got, err)
	}
}

// TestPartsGoWithTheirRow.
func TestPartsGoWithTheirRow(t *testing.T) {
	client := &cutting{Client: inProcess{serve(video(9*time.Second, 1000))}, after: 3000, times: 1}
	f, dir := folder(t, client, download.Limits{Tries: 1})
	e := entry("C-1.mp4", 0)
	e.Ticket.Job = "job"
	if err := f.Fetch(t.Context(), e, taken); err == nil || len(names(t, dir)) == 0 {
		t.Fatalf("nothing is left half-way: %v", err)
	}
	if _, err := download.Remove(dir, e, e.Files()); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, nil)
}

// TestNamesOnALongRowStaySafe: other names of a name that is cut are cut as well.
func TestNamesOnALongRowStaySafe(t *testing.T) {
	want := video(time.Second, 10)
	f, dir := folder(t, inProcess{serve(want)}, download.Limits{})
	name := safename.Clean(strings.Repeat("é", 100) + ".mp4")
	on := map[string][]byte{name: []byte("strange")}
	put(t, dir, name, on[name])
	for n := 2; n < 12; n++ {
		e := entry(name, 0)
		if err := f.Fetch(t.Context(), e, recordedIn(&e)); err != nil || e.Fetched.File != safename.Numbered(name, n) {
			t.Fatalf("%d: %+v, %v", n, e.Fetched, err)
		}
		on[e.Fetched.File] = want
	}
	wantFiles(t, dir, on)
	if len(on) != 11 {
		t.Error(fmt.Sprint(len(on), " names"))
	}
}

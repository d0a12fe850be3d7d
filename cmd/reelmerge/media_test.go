package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// shelves is a server of pictures and sounds on this machine.
type shelves struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int
	serve func(path string, times int) (content string, status int)
}

func newShelves(t *testing.T, serve func(path string, times int) (string, int)) *shelves {
	t.Helper()
	s := &shelves{asked: map[string]int{}, serve: serve}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked[r.URL.Path]++
		content, status := s.serve(r.URL.Path, s.asked[r.URL.Path])
		s.mu.Unlock()
		w.WriteHeader(status)
		_, _ = w.Write([]byte(content))
	}))
	t.Cleanup(s.Close)
	return s
}

// take returns how often each path was asked since the last time.
func (s *shelves) take() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = map[string]int{}
	return asked
}

// medium is a picture or a sound, by its name, that says which one it is.
func medium(path string) string {
	if strings.HasSuffix(path, ".png") {
		return "\x89PNG\r\n\x1a\n" + path
	}
	return "RIFF\x10\x00\x00\x00WAVE" + path
}

func asNamed(path string, _ int) (string, int) { return medium(path), http.StatusOK }

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// greeting is a vidgen campaign of rows "id,picture,voice".
func greeting(t *testing.T, render, rows string) (campaign, dir string) {
	t.Helper()
	dir = written(t, map[string]string{
		"t.json": `{"operation": "vidgen/job", "request": {"image": "{picture}", "audio": "{voice}"},
 "variables": {"picture": {"type": "string", "example": "a.png"}, "voice": {"type": "string", "example": "a.wav"}}}`,
		"r.csv":  "id,picture,voice\n" + rows,
		"c.yaml": "rows: {file: r.csv, key: id, duplicates: keep}\ntemplate: t.json\nprovider: {sandbox: {render: " + render + "}}\noutput: {dir: out, download: false}\n",
	})
	return filepath.Join(dir, "c.yaml"), dir
}

// sent returns the bodies that the simulator accepted, as one text.
func sent(t *testing.T, dir string) (bodies string, jobs int) {
	t.Helper()
	bank, err := sandbox.ReadBank(filepath.Join(dir, "out", "sandbox", "sandbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range bank {
		bodies += string(c.Body) + "\n"
	}
	return bodies, len(bank)
}

func TestAThousandRowsFetchTheirLogoOnceAndACheckNever(t *testing.T) {
	s := newShelves(t, asNamed)
	var rows strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&rows, "C%d,%s/logo.png,%s/voice.wav\n", i, s.URL, s.URL)
	}
	campaign, _ := greeting(t, "10ms", rows.String())
	code, out, said := command(t, "check", campaign, "--json")
	var checked checkJSON
	if err := json.Unmarshal([]byte(out), &checked); err != nil || code != exitDone {
		t.Fatalf("exit %d, %v: %s%s", code, err, out, said)
	}
	if len(checked.Notices) != 1 || checked.Notices[0].Code != "ROW-MEDIA-UNSEEN" || !strings.Contains(checked.Notices[0].Message, "2 media files") {
		t.Errorf("notices: %+v", checked.Notices)
	}
	if asked := s.take(); len(asked) != 0 {
		t.Errorf("a check asked %v", asked)
	}
	for _, args := range [][]string{{"check", campaign, "--online"}, {"plan", campaign}, {"run", campaign, "--dry-run"}} {
		if code, out, said := command(t, args...); code != exitDone {
			t.Errorf("%v: exit %d: %s%s", args, code, out, said)
		}
		if diff := cmp.Diff(map[string]int{"/logo.png": 1, "/voice.wav": 1}, s.take()); diff != "" {
			t.Errorf("%v asked (-want +got):\n%s", args, diff)
		}
	}
}

// TestWhatWasPlannedIsSentWhateverTheAddressLeadsToByThen has a server that gives
// another file each time.
func TestWhatWasPlannedIsSentWhateverTheAddressLeadsToByThen(t *testing.T) {
	s := newShelves(t, func(path string, times int) (string, int) { return fmt.Sprint(medium(path), times), http.StatusOK })
	campaign, dir := greeting(t, "10ms", fmt.Sprintf("a,%s/a.png,%s/a.wav\nb,%s/a.png,%s/b.wav\n", s.URL, s.URL, s.URL, s.URL))
	if code, out, said := command(t, "run", campaign); code != exitDone {
		t.Fatalf("exit %d: %s%s", code, out, said)
	}
	bodies, jobs := sent(t, dir)
	if jobs != 2 || strings.Count(bodies, hashOf(medium("/a.png")+"1")) != 2 || !strings.Contains(bodies, hashOf(medium("/b.wav")+"1")) {
		t.Errorf("%d jobs: %s", jobs, bodies)
	}
	if diff := cmp.Diff(map[string]int{"/a.png": 1, "/a.wav": 1, "/b.wav": 1}, s.take()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestAnotherPictureUnderTheSameAddressIsAChangedRow(t *testing.T) {
	version := "1"
	s := newShelves(t, func(path string, _ int) (string, int) { return medium(path) + version, http.StatusOK })
	campaign, dir := greeting(t, "10ms", fmt.Sprintf("a,%s/a.png,%s/a.wav\n", s.URL, s.URL))
	for _, step := range []struct {
		version string
		flags   []string
		code    int
		jobs    int
	}{
		{"1", nil, exitDone, 1}, {"1", nil, exitDone, 1}, {"2", nil, exitDecide, 1},
		{"2", []string{"--changed", "keep"}, exitDone, 1}, {"2", nil, exitDone, 1},
		{"3", []string{"--changed", "redo"}, exitDone, 2}, {"3", nil, exitDone, 2},
	} {
		version = step.version
		code, out, said := command(t, append([]string{"run", campaign}, step.flags...)...)
		if _, jobs := sent(t, dir); code != step.code || jobs != step.jobs {
			t.Errorf("version %s %v: exit %d, %d jobs; want %d, %d\n%s%s", step.version, step.flags, code, jobs, step.code, step.jobs, out, said)
		}
	}
	if bodies, _ := sent(t, dir); !strings.Contains(bodies, hashOf(medium("/a.png")+"3")) || strings.Contains(bodies, hashOf(medium("/a.png")+"2")) {
		t.Errorf("sent: %s", bodies)
	}
}

// TestAKilledRunGoesOnWithWhatWasPlanned kills the program with a job under way,
// and takes the server of pictures away.
func TestAKilledRunGoesOnWithWhatWasPlanned(t *testing.T) {
	if testing.Short() {
		t.Skip("it kills a real process")
	}
	s := newShelves(t, asNamed)
	var rows strings.Builder
	for _, key := range []string{"a", "b", "c"} {
		fmt.Fprintf(&rows, "%s,%s/face.png,%s/%s.wav\n", key, s.URL, s.URL, key)
	}
	campaign, dir := greeting(t, "2s", rows.String())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	program := exec.CommandContext(ctx, "reelmerge", "run", campaign, "--json")
	events, err := program.StdoutPipe()
	if err == nil {
		err = program.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	waitForText(t, events, `"submitted"`)
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait() // it was killed
	s.Close()
	code, out, said := command(t, "run", campaign)
	if code != exitDone || !strings.Contains(said, "ROW-MEDIA-KEPT") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	bodies, jobs := sent(t, dir)
	if jobs != 3 || strings.Count(bodies, hashOf(medium("/face.png"))) != 3 {
		t.Errorf("%d jobs: %s", jobs, bodies)
	}
	for _, key := range []string{"a", "b", "c"} {
		if strings.Count(bodies, hashOf(medium("/"+key+".wav"))) != 1 {
			t.Errorf("the sound of %s was not sent once: %s", key, bodies)
		}
	}
}

// waitForText reads until a text has come.
func waitForText(t *testing.T, from interface{ Read([]byte) (int, error) }, text string) {
	t.Helper()
	var read bytes.Buffer
	for part := make([]byte, 4096); !strings.Contains(read.String(), text); {
		n, err := from.Read(part)
		read.Write(part[:n])
		if err != nil {
			t.Fatalf("%v after %q", err, read.String())
		}
	}
}

// TestBadAddressesAreProblemsAtTheirCells finds all of them at once, and sends
// nothing.
func TestBadAddressesAreProblemsAtTheirCells(t *testing.T) {
	s := newShelves(t, func(path string, _ int) (string, int) {
		switch path {
		case "/gone.png":
			return "", http.StatusNotFound
		case "/page.png":
			return "<!doctype html><title>Log in</title>", http.StatusOK
		case "/empty.png":
			return "", http.StatusOK
		case "/large.png":
			return medium(path) + strings.Repeat("x", 50<<20), http.StatusOK
		case "/locked.png":
			return "who are you?", http.StatusForbidden
		}
		return asNamed(path, 1)
	})
	pictures := []struct{ address, code string }{
		{s.URL + "/gone.png", "ROW-MEDIA-FETCH"},
		{s.URL + "/locked.png?signature=sesame", "ROW-MEDIA-FETCH"},
		{s.URL + "/page.png?signature=sesame", "VID-F1"},
		{s.URL + "/a.wav", "VID-F1"},
		{s.URL + "/empty.png", "VID-F2"},
		{s.URL + "/large.png", "VID-F2"},
		{"http://cdn.example.com/a.png", "ROW-MEDIA-URL"},
		{"https://ana:sesame@cdn.example.com/a.png", "ROW-MEDIA-URL"},
		{"https://192.168.1.1/a.png", "ROW-MEDIA-URL"},
		{"https://cdn.example.com/" + strings.Repeat("a", 10<<10), "ROW-MEDIA-URL"},
		{"ftp://cdn.example.com/a.png", "ROW-MEDIA-URL"},
		{"nowhere/a.png", "ROW-MEDIA"},
	}
	var rows strings.Builder
	var want []string
	for i, p := range pictures {
		fmt.Fprintf(&rows, "%d,%s,%s/%d.wav\n", i, p.address, s.URL, i)
		want = append(want, fmt.Sprintf("B%d %s", i+2, p.code))
	}
	campaign, dir := greeting(t, "10ms", rows.String())
	code, out, said := command(t, "plan", campaign, "--json")
	_, checkedOut, checkedSaid := command(t, "check", campaign, "--online", "--json")
	runCode, runOut, runSaid := command(t, "run", campaign, "--json")
	if code != exitRows || runCode != exitRows {
		t.Errorf("exit %d and %d: %s%s", code, runCode, said, runSaid)
	}
	var checked checkJSON
	if err := json.Unmarshal([]byte(checkedOut), &checked); err != nil {
		t.Fatalf("%v: %s", err, checkedOut)
	}
	var got []string
	for _, p := range checked.Problems {
		got = append(got, p.Cell+" "+p.Code)
		if p.Message == "" || p.Hint == "" || len(p.Value) > 200 || p.Column != "picture" {
			t.Errorf("%+v", p)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if all := out + said + checkedOut + checkedSaid + runOut + runSaid; strings.Contains(all, "sesame") {
		t.Errorf("a password is shown: %s", all)
	}
	if _, err := os.Stat(filepath.Join(dir, "out", "sandbox", "sandbox.db")); err == nil {
		if _, jobs := sent(t, dir); jobs != 0 {
			t.Errorf("%d jobs were sent", jobs)
		}
	}
}

// TestResultsSayWhyAnAddressWasRefused although they ask no server.
func TestResultsSayWhyAnAddressWasRefused(t *testing.T) {
	s := newShelves(t, func(path string, _ int) (string, int) {
		if path == "/gone.png" {
			return "", http.StatusNotFound
		}
		return asNamed(path, 1)
	})
	campaign, dir := greeting(t, "10ms", fmt.Sprintf("a,%s/a.png,%s/a.wav\nb,%s/gone.png,%s/b.wav\n", s.URL, s.URL, s.URL, s.URL))
	if code, out, said := command(t, "run", campaign, "--skip-problems"); code != exitRows {
		t.Fatalf("exit %d: %s%s", code, out, said)
	}
	s.take()
	if code, out, said := command(t, "results", campaign); code != exitDone {
		t.Fatalf("exit %d: %s%s", code, out, said)
	}
	data, err := os.ReadFile(filepath.Join(dir, "out", "sandbox", "results.csv"))
	if err != nil || !strings.Contains(string(data), "B3: ROW-MEDIA-FETCH") || len(s.take()) > 0 {
		t.Errorf("%v: %s", err, data)
	}
	if !strings.Contains(string(data), "a.wav,test,http") || !strings.Contains(string(data), "b.wav,has problems,") {
		t.Errorf("a row that is as it was bought is not, or one that was refused is not: %s", data)
	}
}

func TestPurgingForgetsTheCopies(t *testing.T) {
	s := newShelves(t, asNamed)
	campaign, dir := greeting(t, "10ms", fmt.Sprintf("a,%s/a.png,%s/a.wav\n", s.URL, s.URL))
	if code, out, said := command(t, "run", campaign); code != exitDone {
		t.Fatalf("exit %d: %s%s", code, out, said)
	}
	folder := filepath.Join(dir, "out", "sandbox", "media")
	if kept, err := os.ReadDir(folder); err != nil || len(kept) != 4 {
		t.Fatalf("kept %v, %v", kept, err)
	}
	if code, out, said := command(t, "purge", campaign); code != exitDone || !strings.Contains(out, "copies of media: 4") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	if kept, err := os.ReadDir(folder); err != nil || len(kept) != 0 {
		t.Errorf("left %v, %v", kept, err)
	}
}

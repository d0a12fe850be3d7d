package download_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/internal/download"
	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

func box(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return append(append(b, kind...), body...)
}

// video is a whole MP4 file of a length.
func video(length time.Duration, pictures int) []byte {
	header := make([]byte, 100)
	binary.BigEndian.PutUint32(header[12:], 1000)
	binary.BigEndian.PutUint32(header[16:], uint32(length.Milliseconds()))
	file := box("ftyp", []byte("isom\x00\x00\x02\x00isom"))
	file = append(file, box("moov", box("mvhd", header))...)
	return append(file, box("mdat", bytes.Repeat([]byte("picture "), pictures))...)
}

// inProcess sends requests to a handler, so that a bubble's clock is theirs too.
type inProcess struct{ http.Handler }

func (p inProcess) Get(ctx context.Context, link string, header http.Header) (*http.Response, error) {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	r.Header = header
	recorder := httptest.NewRecorder()
	p.ServeHTTP(recorder, r)
	response := recorder.Result()
	response.ContentLength = int64(recorder.Body.Len())
	return response, ctx.Err()
}

const link = "https://videos.example/one.mp4?sig=secret-signature"

func entry(file string, length time.Duration) ledger.Entry {
	return ledger.Entry{
		Key: "C-1", State: ledger.Succeeded, Content: ledger.Content{Row: 2, File: file},
		Result: job.Result{VideoURL: link, Duration: length},
	}
}

func folder(t *testing.T, client download.Client, limits download.Limits) (*download.Folder, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "videos")
	f, err := download.New(dir, client, limits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, dir
}

// taken is a ledger that takes everything.
func taken(ledger.Fetched) (bool, error) { return true, nil }

// recordedIn is a ledger of one entry.
func recordedIn(e *ledger.Entry) func(ledger.Fetched) (bool, error) {
	return func(f ledger.Fetched) (bool, error) { e.Fetched = f; return true, nil }
}

// of returns the ledger's record of a file.
func of(name string, content []byte) ledger.Fetched {
	return ledger.Fetched{File: name, Bytes: int64(len(content)), SHA256: sha256.Sum256(content)}
}

func put(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantFiles holds a folder to its files, and to nothing else.
func wantFiles(t *testing.T, dir string, want map[string][]byte) {
	t.Helper()
	if got := names(t, dir); len(got) != len(want) {
		t.Errorf("the folder has %q", got)
	}
	for name, content := range want {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes that differ (%v)", name, len(got), err)
		}
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func serve(content []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Type", "video/mp4")
		http.ServeContent(w, r, "one.mp4", time.Time{}, bytes.NewReader(content))
	})
}

func TestFetchKeepsTheWholeFileUnderItsName(t *testing.T) {
	want := video(9*time.Second, 1000)
	f, dir := folder(t, inProcess{serve(want)}, download.Limits{})
	e := entry("C-1.mp4", 9*time.Second)
	if !f.Missing(e) {
		t.Fatal("nothing is missing before the download")
	}
	if err := f.Fetch(t.Context(), e, recordedIn(&e)); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "C-1.mp4"))
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes, %v; want %d", len(got), err, len(want))
	}
	if f.Missing(e) || len(names(t, dir)) != 1 {
		t.Errorf("missing %v, folder %q", f.Missing(e), names(t, dir))
	}
	info, err := os.Stat(filepath.Join(dir, "C-1.mp4"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestOnlySucceededRowsMissAFile(t *testing.T) {
	f, dir := folder(t, inProcess{serve(nil)}, download.Limits{})
	if err := os.Mkdir(filepath.Join(dir, "folder.mp4"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*ledger.Entry)
		want   bool
	}{
		"succeeded":       {func(*ledger.Entry) {}, true},
		"a folder":        {func(e *ledger.Entry) { e.File, e.Fetched.File = "folder.mp4", "folder.mp4" }, true},
		"failed":          {func(e *ledger.Entry) { e.State = ledger.Failed }, false},
		"purged":          {func(e *ledger.Entry) { e.Purged = true }, false},
		"no video made":   {func(e *ledger.Entry) { e.Result.VideoURL = "" }, false},
		"without a name":  {func(e *ledger.Entry) { e.File = "" }, false},
		"still rendering": {func(e *ledger.Entry) { e.State = ledger.Submitted }, false},
	} {
		e := entry("C-1.mp4", 0)
		c.change(&e)
		if got := f.Missing(e); got != c.want {
			t.Errorf("%s: missing = %v", name, got)
		}
	}
}

// TestTheVideoOfAnEarlierAttemptIsNotTakenForTheNewOne makes a row again that has a file of
// its name, with the earlier text. That file must make room for the new one.
func TestTheVideoOfAnEarlierAttemptIsNotTakenForTheNewOne(t *testing.T) {
	old, fresh := video(9*time.Second, 1000), video(9*time.Second, 2000)
	earlier, named := of("C-1.mp4", old), ledger.Fetched{File: "C-1.mp4"}
	again := []ledger.Attempt{{Outcome: ledger.Succeeded, Fetched: earlier}}
	before := []ledger.Attempt{{Outcome: ledger.Succeeded, Fetched: named}} // by the first edition
	for name, c := range map[string]struct {
		now      ledger.Fetched
		attempts []ledger.Attempt
		history  []ledger.Moment
		sent     time.Duration // after the old file was written
		want     bool
		fetches  []byte
	}{
		"made again since":                     {ledger.Fetched{}, again, nil, time.Minute, true, fresh},
		"recorded, and the old one is back":    {of("C-1.mp4", fresh), again, nil, time.Minute, true, fresh},
		"first edition, made again since":      {named, before, nil, time.Minute, true, fresh},
		"first edition, another row's, once":   {named, nil, []ledger.Moment{{Kind: ledger.Disown}}, time.Minute, true, fresh},
		"first edition, fetched since":         {named, before, nil, -time.Minute, true, old},
		"first edition, unpacked from a copy":  {named, nil, nil, time.Minute, true, old},
		"first edition, only failed before":    {named, []ledger.Attempt{{Outcome: ledger.Failed}}, nil, time.Minute, true, old},
		"recorded, unpacked from a backup":     {earlier, nil, nil, time.Minute, false, old},
		"recorded, and fetched after that too": {earlier, again, nil, -time.Minute, false, old},
	} {
		t.Run(name, func(t *testing.T) {
			f, dir := folder(t, inProcess{serve(fresh)}, download.Limits{})
			put(t, dir, "C-1.mp4", old)
			e := entry("C-1.mp4", 9*time.Second)
			e.Fetched, e.Attempts, e.History, e.SubmittedAt = c.now, c.attempts, c.history, time.Now().Add(c.sent)
			if got := f.Missing(e); got != c.want {
				t.Fatalf("missing = %v", got)
			}
			if c.want {
				if err := f.Fetch(t.Context(), e, recordedIn(&e)); err != nil {
					t.Fatal(err)
				}
			}
			e.SubmittedAt = time.Now().Add(-time.Second)
			if f.Missing(e) || e.Fetched != of("C-1.mp4", c.fetches) {
				t.Errorf("missing %v, fetched %+v", f.Missing(e), e.Fetched)
			}
			wantFiles(t, dir, map[string][]byte{"C-1.mp4": c.fetches})
		})
	}
}

// cutting drops the connection after so many bytes, as often as it is told.
type cutting struct {
	download.Client
	after int64
	times int
	asked []string
}

func (c *cutting) Get(ctx context.Context, link string, header http.Header) (*http.Response, error) {
	c.asked = append(c.asked, header.Get("Range"))
	response, err := c.Client.Get(ctx, link, header)
	if err == nil && c.times > 0 {
		c.times--
		response.Body = io.NopCloser(io.MultiReader(io.LimitReader(response.Body, c.after), broken{}))
	}
	return response, err
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestALostConnectionGoesOnWhereItStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want := video(9*time.Second, 1000)
		client := &cutting{Client: inProcess{serve(want)}, after: 3000, times: 2}
		f, dir := folder(t, client, download.Limits{})
		if err := f.Fetch(t.Context(), entry("C-1.mp4", 0), taken); err != nil {
			t.Fatal(err)
		}
		got, _ := os.ReadFile(filepath.Join(dir, "C-1.mp4"))
		if !bytes.Equal(got, want) {
			t.Errorf("%d bytes differ from %d", len(got), len(want))
		}
		if asked := fmt.Sprintf("%q", client.asked); asked != `["" "bytes=3000-" "bytes=6000-"]` {
			t.Errorf("asked for %s", asked)
		}
	})
}

func TestANewProcessGoesOnWhereTheOldOneStopped(t *testing.T) {
	want := video(9*time.Second, 1000)
	client := &cutting{Client: inProcess{serve(want)}, after: 3000, times: 1}
	f, dir := folder(t, client, download.Limits{Tries: 1})
	if err := f.Fetch(t.Context(), entry("C-1.mp4", 0), taken); err == nil {
		t.Fatal("half a file is no success")
	}
	if !f.Missing(entry("C-1.mp4", 0)) {
		t.Fatal("half a file has the name of the whole")
	}
	again, err := download.New(dir, client, download.Limits{Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	if err := again.Fetch(t.Context(), entry("C-1.mp4", 0), taken); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(filepath.Join(dir, "C-1.mp4"))
	if !bytes.Equal(got, want) || client.asked[1] != "bytes=3000-" {
		t.Errorf("%d bytes, asked %q", len(got), client.asked)
	}
}

func TestHalvesOfTwoFilesAreNeverJoined(t *testing.T) {
	first, second := video(9*time.Second, 1000), video(9*time.Second, 900)
	current, tag := first, `"v1"`
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "one.mp4", time.Time{}, bytes.NewReader(current))
	})
	client := &cutting{Client: inProcess{handler}, after: 3000, times: 1}
	f, dir := folder(t, client, download.Limits{Tries: 1})
	if err := f.Fetch(t.Context(), entry("C-1.mp4", 0), taken); err == nil {
		t.Fatal("half a file is no success")
	}
	current, tag = second, `"v2"`
	if err := f.Fetch(t.Context(), entry("C-1.mp4", 0), taken); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "C-1.mp4")); !bytes.Equal(got, second) {
		t.Errorf("%d bytes", len(got))
	}
}

func TestAFileThatHadArrivedIsNotFetchedAgain(t *testing.T) {
	content := video(9*time.Second, 1000)
	client := &cutting{Client: inProcess{serve(content)}, after: int64(len(content)), times: 1}
	f, _ := folder(t, client, download.Limits{Tries: 1})
	if err := f.Fetch(t.Context(), entry("C-1.mp4", 0), taken); err == nil {
		t.Fatal("the connection was lost")
	}
	counter := &counting{Client: client.Client}
	client.Client = counter
	if err := f.Fetch(t.Context(), entry("C-1.mp4", 0), taken); err != nil {
		t.Fatal(err)
	}
	if counter.bytes > 200 {
		t.Errorf("%d bytes came again", counter.bytes)
	}
}

type counting struct {
	download.Client
	bytes int64
}

func (c *counting) Get(ctx context.Context, link string, header http.Header) (*http.Response, error) {
	response, err := c.Client.Get(ctx, link, header)
	if err == nil {
		c.bytes += response.ContentLength
	}
	return response, err
}

func answer(status int, kind string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
}

func TestWhatIsNotTheVideoIsRefused(t *testing.T) {
	whole := video(9*time.Second, 100)
	for name, c := range map[string]struct {
		handler http.Handler
		want    error
	}{
		"a page":           {answer(200, "text/html; charset=utf-8", []byte("<html>")), download.ErrNotVideo},
		"a page in hiding": {answer(200, "video/mp4", []byte("<html><body>expired</body></html>")), download.ErrNotVideo},
		"json":             {answer(200, "application/json", []byte(`{}`)), download.ErrNotVideo},
		"nothing":          {answer(200, "video/mp4", nil), download.ErrNotVideo},
		"a cut file":       {answer(200, "application/octet-stream", whole[:len(whole)-9]), download.ErrNotVideo},
		"another length":   {serve(video(14*time.Second, 100)), download.ErrNotVideo},
		"too big":          {serve(video(9*time.Second, 10_000)), download.ErrTooBig},
		"expired":          {answer(403, "application/xml", []byte("<Error/>")), download.ErrGone},
		"gone":             {answer(410, "text/plain", nil), download.ErrGone},
	} {
		f, dir := folder(t, inProcess{c.handler}, download.Limits{Bytes: 50_000})
		e := entry("C-1.mp4", 9*time.Second)
		err := f.Fetch(t.Context(), e, taken)
		if !errors.Is(err, c.want) || !f.Missing(e) {
			t.Errorf("%s: %v", name, err)
		}
		if left := names(t, dir); len(left) != 0 {
			t.Errorf("%s: left behind %q", name, left)
		}
	}
}

func TestAFileWithoutALengthIsBounded(t *testing.T) {
	endless := func() (*http.Response, error) {
		return &http.Response{StatusCode: 200, ContentLength: -1, Body: io.NopCloser(zeros{}), Header: http.Header{}}, nil
	}
	f, dir := folder(t, getFunc(endless), download.Limits{Bytes: 1 << 20})
	if err := f.Fetch(t.Context(), entry("C-1.mp4", 0), taken); !errors.Is(err, download.ErrTooBig) {
		t.Errorf("%v", err)
	}
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("left behind %q", left)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type getFunc func() (*http.Response, error)

func (f getFunc) Get(context.Context, string, http.Header) (*http.Response, error) { return f() }

func TestPassingFaultsAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		good := serve(video(time.Second, 10))
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if calls.Add(1) < 3 {
				http.Error(w, "busy", http.StatusServiceUnavailable)
				return
			}
			good.ServeHTTP(w, r)
		})
		f, _ := folder(t, inProcess{handler}, download.Limits{})
		begin := time.Now()
		if err := f.Fetch(t.Context(), entry("C-1.mp4", 0), taken); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestUnsafeNamesAreRefused(t *testing.T) {
	unreachable := getFunc(func() (*http.Response, error) { return nil, errors.New("a request left") })
	f, dir := folder(t, unreachable, download.Limits{Tries: 1})
	for _, name := range []string{"../x.mp4", "a/b.mp4", "/etc/x.mp4", "CON.mp4", "a:b.mp4", ".", "..", "", "x\u202e.mp4"} {
		if err := f.Fetch(t.Context(), entry(name, 0), taken); !errors.Is(err, download.ErrRefused) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("left behind %q", left)
	}
}

func TestPrivateAddressesAreRefusedButForANamedHost(t *testing.T) {
	server := httptest.NewServer(serve(video(time.Second, 10)))
	defer server.Close()
	e := entry("x.mp4", time.Second)
	e.Result.VideoURL = server.URL + "/one.mp4?sig=secret-signature"

	closed, dir := folder(t, publicnet.New(publicnet.Options{}), download.Limits{})
	err := closed.Fetch(t.Context(), e, taken)
	if !errors.Is(err, download.ErrRefused) || strings.Contains(err.Error(), "secret-signature") {
		t.Errorf("%v", err)
	}
	for _, address := range []string{"", "file:///etc/passwd", "https://u:p@h/x", "https://169.254.169.254/x", "https://localhost/x", "https://[::1]/x", "https://h\x7f/"} {
		bad := e
		bad.Result.VideoURL = address
		if err := closed.Fetch(t.Context(), bad, taken); !errors.Is(err, download.ErrRefused) {
			t.Errorf("link %q: %v", address, err)
		}
	}
	if left := names(t, dir); len(left) != 0 {
		t.Errorf("left behind %q", left)
	}
	host := strings.TrimPrefix(server.URL, "http://")
	open, _ := folder(t, publicnet.New(publicnet.Options{Loopback: []string{host}}), download.Limits{})
	if err := open.Fetch(t.Context(), e, recordedIn(&e)); err != nil || open.Missing(e) {
		t.Errorf("the sandbox's own host: %v", err)
	}
}

func TestALinkThroughASymlinkOutOfTheFolderIsNotFollowed(t *testing.T) {
	outside := t.TempDir()
	f, dir := folder(t, inProcess{serve(video(time.Second, 10))}, download.Limits{})
	if err := os.Symlink(filepath.Join(outside, "x.mp4"), filepath.Join(dir, "x.mp4")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if err := f.Fetch(t.Context(), entry("x.mp4", 0), taken); err != nil {
		t.Fatal(err)
	}
	if left := names(t, outside); len(left) != 0 {
		t.Errorf("written outside: %q", left)
	}
}

func TestFetchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f, _ := folder(t, inProcess{serve(video(time.Second, 10))}, download.Limits{})
	if err := f.Fetch(ctx, entry("x.mp4", 0), taken); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

package media_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/internal/media"
)

const most = 1 << 16

// site is a server of files on this machine that records its requests.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]string // by path
	asked []string          // status and path
}

func newSite(t *testing.T, files map[string]string) *site {
	t.Helper()
	s := &site{files: files}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// serve answers with a file and its hash as its tag, or as the path demands.
func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	note := func(status int) { s.asked = append(s.asked, fmt.Sprint(status, " ", r.URL.Path)) }
	content, known := s.files[r.URL.Path]
	switch {
	case strings.HasPrefix(content, "status "):
		var status int
		_, _ = fmt.Sscanf(content, "status %d", &status)
		note(status)
		w.WriteHeader(status)
	case strings.HasPrefix(content, "to "):
		note(http.StatusFound)
		w.Header().Set("Location", content[len("to "):])
		w.WriteHeader(http.StatusFound)
	case strings.HasPrefix(content, "cut "):
		note(http.StatusOK)
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(content))
	case content == "endless":
		note(http.StatusOK)
		for range 2 * most / 1024 {
			_, _ = w.Write(make([]byte, 1024))
		}
	case content == "packed":
		note(http.StatusOK)
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write([]byte(content))
	case !known:
		note(http.StatusNotFound)
		w.WriteHeader(http.StatusNotFound)
	case r.Header.Get("If-None-Match") == tag(content):
		note(http.StatusNotModified)
		w.WriteHeader(http.StatusNotModified)
	default:
		note(http.StatusOK)
		w.Header().Set("ETag", tag(content))
		_, _ = w.Write([]byte(content))
	}
}

func (s *site) put(path, content string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[path] = content
}

// take returns the requests since the last call.
func (s *site) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := strings.Join(s.asked, ", ")
	s.asked = nil
	return asked
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func tag(text string) string { return `"` + hash(text)[:16] + `"` }

// shelf is a new process with the same folder.
func shelf(dir string) *media.Shelf {
	return media.New(media.Options{Dir: dir, Most: most, Local: true, Pause: time.Millisecond, Idle: 5 * time.Second})
}

func read(t *testing.T, f media.File) string {
	t.Helper()
	data, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAnAddressIsAskedOnceHoweverManyRowsNameIt(t *testing.T) {
	s, dir := newSite(t, map[string]string{"/logo.png": "logo"}), t.TempDir()
	begun := 0
	shelf := media.New(media.Options{Dir: dir, Most: most, Local: true, Begin: func() { begun++ }})
	var rows sync.WaitGroup
	for range 1000 {
		rows.Go(func() {
			if f, err := shelf.Fetch(t.Context(), s.URL+"/logo.png"); err != nil || f.Path != media.Path(dir, hash("logo")) || f.Size != 4 {
				t.Errorf("%+v, %v", f, err)
			}
		})
	}
	rows.Wait()
	if asked := s.take(); asked != "200 /logo.png" || begun != 1 {
		t.Errorf("asked %q, begun %d times", asked, begun)
	}
}

func TestWhatIsTheSameIsNotFetchedAgain(t *testing.T) {
	s, dir := newSite(t, map[string]string{"/a.png": "before"}), t.TempDir()
	for _, step := range []struct{ content, asked string }{
		{"before", "200 /a.png"},
		{"before", "304 /a.png"},
		{"after", "200 /a.png"},
		{"before", "200 /a.png"},
	} {
		s.put("/a.png", step.content)
		f, err := shelf(dir).Fetch(t.Context(), s.URL+"/a.png")
		if err != nil || f.Stale != nil || read(t, f) != step.content {
			t.Errorf("%+v, %v; want %q", f, err, step.content)
		}
		if asked := s.take(); asked != step.asked {
			t.Errorf("asked %q, want %q", asked, step.asked)
		}
	}
	if text, err := os.ReadFile(media.Path(dir, hash("after"))); err != nil || string(text) != "after" {
		t.Errorf("what was planned in between is gone: %q, %v", text, err)
	}
}

func TestADamagedCopyIsFetchedAnew(t *testing.T) {
	s, dir := newSite(t, map[string]string{"/a.png": "picture"}), t.TempDir()
	for range 2 {
		f, err := shelf(dir).Fetch(t.Context(), s.URL+"/a.png")
		if err != nil || read(t, f) != "picture" {
			t.Fatalf("%+v, %v", f, err)
		}
		if err := os.WriteFile(f.Path, []byte("pict"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if asked := s.take(); asked != "200 /a.png, 200 /a.png" {
		t.Errorf("asked %q", asked)
	}
}

func TestAServerThatDoesNotAnswerLeavesTheCopy(t *testing.T) {
	for content, stale := range map[string]bool{
		"status 503": true, "status 403": true, "cut short": true, "packed": true,
		"status 404": false, "status 410": false, "endless": false, "to http://10.0.0.1/a.png": false,
	} {
		s, dir := newSite(t, map[string]string{"/a.png": "picture"}), t.TempDir()
		if _, err := shelf(dir).Fetch(t.Context(), s.URL+"/a.png"); err != nil {
			t.Fatal(err)
		}
		s.put("/a.png", content)
		f, err := shelf(dir).Fetch(t.Context(), s.URL+"/a.png")
		if stale != (err == nil) || stale && (f.Stale == nil || read(t, f) != "picture") {
			t.Errorf("%s: %+v, %v", content, f, err)
		}
	}
	s, dir := newSite(t, map[string]string{"/a.png": "picture"}), t.TempDir()
	if _, err := shelf(dir).Fetch(t.Context(), s.URL+"/a.png"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if f, err := shelf(dir).Fetch(t.Context(), s.URL+"/a.png"); err != nil || f.Stale == nil || read(t, f) != "picture" {
		t.Errorf("nobody listens: %+v, %v", f, err)
	}
}

func TestWhatCannotBeFetchedIsSaidAndNothingIsKept(t *testing.T) {
	elsewhere := newSite(t, map[string]string{"/secret": "secret"})
	for content, want := range map[string]string{
		"status 404": "status 404", "status 500": "status 500", "status 204": "status 204", "status 206": "status 206",
		"cut short":                          "the connection broke after 9 bytes",
		"packed":                             "compressed",
		"endless":                            "it has 65537 bytes or more",
		"to http://169.254.169.254/latest":   "not https",
		"to https://169.254.169.254/latest":  "private network",
		"to https://[::1]/a.png":             "private network",
		"to " + elsewhere.URL + "/secret":    "not https",
		"to https://user:pw@example.com/a":   "password",
		"to ftp://example.com/a.png":         "not https",
		"to file:///etc/passwd":              "not https",
		"to /a.png":                          "more than 3 redirects",
		"to //127.0.0.1:1/a.png":             "not https",
		"status 304":                         "status 304",
		"to http://localhost:1/latest/a.png": "not https",
	} {
		s, dir := newSite(t, map[string]string{"/a.png": content}), t.TempDir()
		f, err := shelf(dir).Fetch(t.Context(), s.URL+"/a.png?signature=sesame")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %+v, error %q; want %q", content, f, err, want)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("%s: left %q", content, left)
		}
		if hidden, _ := filepath.Glob(filepath.Join(dir, ".*.tmp")); len(hidden) > 0 {
			t.Errorf("%s: left %q", content, hidden)
		}
	}
	if asked := elsewhere.take(); asked != "" {
		t.Errorf("another server of this machine was asked: %q", asked)
	}
}

func TestTroubleThatPassesIsTriedAgain(t *testing.T) {
	for content, tries := range map[string]int{
		"status 503": 3, "status 429": 3, "cut short": 3, "status 404": 1, "status 401": 1, "endless": 1,
	} {
		s := newSite(t, map[string]string{"/a.png": content})
		_, err := shelf(t.TempDir()).Fetch(t.Context(), s.URL+"/a.png")
		if asked := s.take(); err == nil || strings.Count(asked, "/a.png") != tries {
			t.Errorf("%s: asked %q, %v; want %d tries", content, asked, err, tries)
		}
	}
}

func TestAddressesAreJudgedWithoutANetwork(t *testing.T) {
	paid, local := media.New(media.Options{Most: most}), media.New(media.Options{Most: most, Local: true})
	for address, want := range map[string][2]string{ // why not, for a service elsewhere and for one on this machine
		"https://cdn.example.com/a.png":                             {"", ""},
		"https://CDN.example.com:8443/a.png?X-Amz-Signature=1#x":    {"", ""},
		"https://93.184.215.14/a.png":                               {"", ""},
		"http://cdn.example.com/a.png":                              {"not https", "not https"},
		"ftp://cdn.example.com/a.png":                               {"not https", "not https"},
		"file:///etc/passwd":                                        {"cannot be read", "cannot be read"},
		"https:///a.png":                                            {"cannot be read", "cannot be read"},
		"https://a b/a.png":                                         {"cannot be read", "cannot be read"},
		"https://ana:sesame@cdn.example.com/a.png":                  {"password", "password"},
		"https://10.0.0.1/a.png":                                    {"private", "private"},
		"https://[fe80::1]/a.png":                                   {"private", "private"},
		"https://169.254.169.254/latest/meta-data":                  {"private", "private"},
		"https://intranet.local/a.png":                              {"private", "private"},
		"http://127.0.0.1:9000/a.png":                               {"not https", ""},
		"https://localhost/a.png":                                   {"private", ""},
		"http://[::1]:9000/a.png":                                   {"not https", ""},
		"http://localhost.example.com/a.png":                        {"not https", "not https"},
		"https://cdn.example.com/" + strings.Repeat("a", 10<<10):    {"10264 characters", "10264 characters"},
		"https://cdn.example.com/" + strings.Repeat("a", 2048-24):   {"", ""},
		"https://cdn.example.com/" + strings.Repeat("a", 2048-24+1): {"2049 characters", "2049 characters"},
		"gopher://127.0.0.1:9000/":                                  {"not https", "not https"},
		"https://cdn.example.com/\x00":                              {"cannot be read", "cannot be read"},
		"https://service.internal/a.png":                            {"private", "private"},
	} {
		for i, s := range []*media.Shelf{paid, local} {
			err := s.Vet(address)
			var refused *media.AddressError
			if (err == nil) != (want[i] == "") || err != nil && (!errors.As(err, &refused) || !strings.Contains(err.Error(), want[i]) || strings.Contains(err.Error(), "sesame")) {
				t.Errorf("%.60q: %v, want %q", address, err, want[i])
			}
		}
	}
}

func TestAnAddressOfThisMachineIsNotAskedForAServiceElsewhere(t *testing.T) {
	s := newSite(t, map[string]string{"/a.png": "picture"})
	paid := media.New(media.Options{Dir: t.TempDir(), Most: most})
	for _, address := range []string{s.URL + "/a.png", strings.Replace(s.URL, "http:", "https:", 1) + "/a.png"} {
		if f, err := paid.Fetch(t.Context(), address); err == nil {
			t.Errorf("%q was fetched: %+v", address, f)
		}
	}
	if asked := s.take(); asked != "" {
		t.Errorf("asked %q", asked)
	}
}

func TestAHostThatKeepsSilentIsAskedNoMore(t *testing.T) {
	s := newSite(t, nil)
	s.Close() // nobody listens there now
	shelf := shelf(t.TempDir())
	for i := range 100 {
		_, err := shelf.Fetch(t.Context(), fmt.Sprintf("%s/%d.png", s.URL, i))
		if err == nil || i > 0 && !strings.Contains(err.Error(), "asked no more") {
			t.Fatalf("address %d: %v", i, err)
		}
	}
}

// TestASheetOfSilentHostsIsGivenUp: each row names a server of its own, and none of them
// answers. One that does brings all the others back.
func TestASheetOfSilentHostsIsGivenUp(t *testing.T) {
	well := newSite(t, map[string]string{"/a.png": "a"})
	shelf := media.New(media.Options{Dir: t.TempDir(), Most: most, Local: true, Pause: time.Microsecond})
	silent := func(from, to int) (asked, given int) {
		for port := from; port < to; port++ {
			_, err := shelf.Fetch(t.Context(), fmt.Sprintf("http://127.0.0.1:%d/a.png", port))
			if err != nil && strings.Contains(err.Error(), "servers in a row have not answered") {
				given++
			} else {
				asked++
			}
		}
		return asked, given
	}
	if asked, given := silent(1, 10); asked != 9 || given != 0 {
		t.Errorf("%d asked, %d given up of the first nine", asked, given)
	}
	if _, err := shelf.Fetch(t.Context(), well.URL+"/a.png"); err != nil {
		t.Fatal(err)
	}
	if asked, given := silent(11, 111); asked != 23 || given != 77 {
		t.Errorf("%d asked, %d given up of a hundred", asked, given)
	}
}

func TestABodyThatNeverEndsIsGivenUp(t *testing.T) {
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("a little"))
		w.(http.Flusher).Flush()
		<-hang
	}))
	defer server.Close()
	defer close(hang)
	for name, o := range map[string]media.Options{"idle": {Idle: 20 * time.Millisecond}, "in all": {Timeout: 20 * time.Millisecond}} {
		o.Dir, o.Most, o.Local = t.TempDir(), most, true
		if _, err := media.New(o).Fetch(t.Context(), server.URL+"/a.png"); err == nil || !strings.Contains(err.Error(), "in time") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnInterruptEndsAFetch(t *testing.T) {
	s := newSite(t, map[string]string{"/a.png": "status 503"})
	ctx, cancel := context.WithCancel(t.Context())
	shelf := media.New(media.Options{Dir: t.TempDir(), Most: most, Local: true, Pause: time.Hour})
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := shelf.Fetch(ctx, s.URL+"/a.png"); err == nil {
		t.Error("it came")
	}
}

func TestOnlyWhatWasFetchedIsRecalled(t *testing.T) {
	s := newSite(t, map[string]string{"/a.png": "picture"})
	shelf := shelf(t.TempDir())
	_, _ = shelf.Fetch(t.Context(), s.URL+"/a.png")
	_, _ = shelf.Fetch(t.Context(), s.URL+"/gone.png")
	if f, asked, err := shelf.Recall(s.URL + "/a.png"); !asked || err != nil || read(t, f) != "picture" {
		t.Errorf("%+v, %v, %v", f, err, asked)
	}
	if _, asked, err := shelf.Recall(s.URL + "/gone.png"); !asked || err == nil {
		t.Errorf("%v, %v", err, asked)
	}
	if _, asked, _ := shelf.Recall(s.URL + "/new.png"); asked {
		t.Error("what was never asked is recalled")
	}
}

func TestForgettingLeavesWhatIsNeeded(t *testing.T) {
	s, dir := newSite(t, map[string]string{"/a.png": "a", "/b.png": "b"}), filepath.Join(t.TempDir(), "media")
	if n, left, err := media.Forget(dir, nil); n != 0 || left != 0 || err != nil {
		t.Errorf("a folder that is not there: %d, %d left, %v", n, left, err)
	}
	first := shelf(dir)
	for path := range s.files {
		if _, err := first.Fetch(t.Context(), s.URL+path); err != nil {
			t.Fatal(err)
		}
	}
	if n, left, err := media.Forget(dir, map[string]bool{hash("a"): true}); n != 2 || left != 0 || err != nil {
		t.Errorf("removed %d, %d left, %v; want the copy of b and what is known of its address", n, left, err)
	}
	s.take()
	again := shelf(dir)
	for _, path := range []string{"/a.png", "/b.png"} {
		if _, err := again.Fetch(t.Context(), s.URL+path); err != nil {
			t.Error(err)
		}
	}
	if asked := s.take(); asked != "304 /a.png, 200 /b.png" {
		t.Errorf("asked %q", asked)
	}
}

func TestNothingInTheFolderNamesAnAddress(t *testing.T) {
	s, dir := newSite(t, map[string]string{"/a.png": "picture"}), t.TempDir()
	if _, err := shelf(dir).Fetch(t.Context(), s.URL+"/a.png?signature=sesame"); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil || strings.Contains(string(data)+path, "sesame") {
			t.Errorf("%s: %q, %v", path, data, err)
		}
	}
}

func TestForgettingLeavesWhatTheShelfDidNotMake(t *testing.T) {
	s, dir := newSite(t, map[string]string{"/a.png": "a"}), t.TempDir()
	if _, err := shelf(dir).Fetch(t.Context(), s.URL+"/a.png"); err != nil {
		t.Fatal(err)
	}
	theirs := map[string]string{
		"logo.png": "logo", hash("theirs"): "theirs", "of-notes.json": "{}", "of-" + hash("x")[:32] + ".json": `{"sha256": "../a"}`,
		".incoming.tmp": "", ".incoming.mine.tmp": "", hash("b"): "not b",
	}
	for name, content := range theirs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ".incoming.123.tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if n, left, err := media.Forget(dir, nil); n != 3 || left != len(theirs) || err != nil {
		t.Errorf("removed %d, %d left, %v; want the copy, its record and what a kill left", n, left, err)
	}
	for name, content := range theirs {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != content {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
}

func TestForgettingFollowsNoLink(t *testing.T) {
	s, real := newSite(t, map[string]string{"/a.png": "a"}), t.TempDir()
	link := filepath.Join(t.TempDir(), "media")
	if err := os.Symlink(real, link); err != nil {
		t.Skip(err)
	}
	if _, err := shelf(link).Fetch(t.Context(), s.URL+"/a.png"); err != nil {
		t.Fatal(err)
	}
	if n, left, err := media.Forget(link, nil); n != 0 || left != 1 || err != nil {
		t.Errorf("removed %d, %d left, %v", n, left, err)
	}
	if entries, _ := os.ReadDir(real); len(entries) != 2 {
		t.Errorf("%d files are left of 2", len(entries))
	}
}

func TestCopiesOfEarlierContentAreForgottenAsWell(t *testing.T) {
	s, dir := newSite(t, map[string]string{"/a.png": "before"}), t.TempDir()
	for _, content := range []string{"before", "after", "before", "last"} {
		s.put("/a.png", content)
		if _, err := shelf(dir).Fetch(t.Context(), s.URL+"/a.png"); err != nil {
			t.Fatal(err)
		}
	}
	if n, left, err := media.Forget(dir, nil); n != 4 || left != 0 || err != nil {
		t.Errorf("removed %d, %d left, %v; want three copies and their record", n, left, err)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// library is an account of which nothing but the list of finished sessions can
// be asked.
type library struct {
	base     string
	sessions int
	mu       sync.Mutex
	asked    []string
}

func newLibrary(t *testing.T, sessions int) *library {
	t.Helper()
	l := &library{sessions: sessions}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	l.base = server.URL + "/v1"
	t.Setenv("SAMSAR_TOKEN", secretToken)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	return l
}

// ServeHTTP implements [http.Handler].
func (l *library) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	l.asked = append(l.asked, r.Method+" "+r.URL.Path)
	l.mu.Unlock()
	if r.URL.Path != "/v1/video/list_completed_video_sessions" {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	var list []string
	for i := range l.sessions {
		list = append(list, fmt.Sprintf(`{"session_id": "vid_%d", "result_language": "en"}`, i+1))
	}
	fmt.Fprint(w, "["+strings.Join(list, ",")+"]")
}

func (l *library) check(t *testing.T, template, sheet string) (code int, places []string, said string) {
	t.Helper()
	l.asked = nil
	dir := written(t, map[string]string{
		"t.json": template, "r.csv": sheet,
		"c.yaml": fmt.Sprintf("rows: {file: r.csv, key: Key}\ntemplate: t.json\nprovider: {base_url: %q, token: \"${SAMSAR_TOKEN}\"}\n", l.base),
	})
	code, out, said := command(t, "check", filepath.Join(dir, "c.yaml"), "--online", "--json")
	var doc checkJSON
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v\n%s%s", err, out, said)
	}
	if rows := strings.Count(sheet, "\n") - 1; doc.Valid != rows-len(doc.Problems) {
		t.Errorf("%d of %d rows are ready, with %d problems", doc.Valid, rows, len(doc.Problems))
	}
	for _, p := range doc.Problems {
		places = append(places, p.Cell+" "+p.Code)
	}
	for _, n := range doc.Notices {
		said += n.Message + "\n"
	}
	return code, places, said
}

const (
	joinTemplate = `{"operation": "samsar/join", "request": {"session_ids": ["{first}", "{second}"]},
		"variables": {"first": {}, "second": {}}, "duration": {"base_seconds": 20}}`
	translateTemplate = `{"operation": "samsar/translate", "request": {"videoSessionId": "{session}", "language": "es"},
		"variables": {"session": {}}, "duration": {"base_seconds": 20}}`
)

// TestSessionsAreComparedWithTheAccount: what an edit begins with must be
// finished (SAM-J1, SAM-S1), and one call tells it of all rows.
func TestSessionsAreComparedWithTheAccount(t *testing.T) {
	l := newLibrary(t, 3)
	for name, test := range map[string]struct {
		template, sheet string
		want            []string
	}{
		"all there":      {joinTemplate, "Key,First,Second\n1,vid_1,vid_2\n2,vid_2,vid_3\n", nil},
		"one is not":     {joinTemplate, "Key,First,Second\n1,vid_1,vid_2\n2,vid_2,vid_9\n3,vid_3,vid_9\n", []string{"C3 SAM-J1", "C4 SAM-J1"}},
		"of one session": {translateTemplate, "Key,Session\n1,vid_1\n2,vid_8\n", []string{"B3 SAM-S1"}},
	} {
		code, places, said := l.check(t, test.template, test.sheet)
		if diff := cmp.Diff(test.want, places); diff != "" {
			t.Errorf("%s (-want +got):\n%s%s", name, diff, said)
		}
		if want := map[bool]int{true: exitDone, false: exitRows}[len(test.want) == 0]; code != want {
			t.Errorf("%s: exit %d, want %d", name, code, want)
		}
		if diff := cmp.Diff([]string{"GET /v1/video/list_completed_video_sessions"}, l.asked); diff != "" {
			t.Errorf("%s: asked (-want +got):\n%s", name, diff)
		}
	}
}

// TestAFullListProvesNothing: the service lists so many sessions and no more.
func TestAFullListProvesNothing(t *testing.T) {
	l := newLibrary(t, 5000)
	code, places, said := l.check(t, translateTemplate, "Key,Session\n1,vid_1\n2,vid_9999\n")
	if code != exitDone || places != nil || !strings.Contains(said, "not compared") {
		t.Errorf("exit %d, %v, said %q", code, places, said)
	}
}

// TestWhatOnlyTheSheetKnowsIsSaidOnce: no call tells the aspect ratio of a
// session (SAM-J2).
func TestWhatOnlyTheSheetKnowsIsSaidOnce(t *testing.T) {
	sheet := "Key,First,Second,First ratio,Second ratio\n1,vid_1,vid_2,9:16,9:16\n2,vid_1,vid_3,9:16,16:9\n"
	l := newLibrary(t, 3)
	code, places, said := l.check(t, joinTemplate, sheet)
	if code != exitDone || places != nil || strings.Count(said, "aspect ratios") != 1 {
		t.Errorf("exit %d, %v, said %q", code, places, said)
	}
	told := strings.Replace(strings.Replace(joinTemplate, `"{second}"]`, `"{second}"], "aspect_ratios": ["{first_ratio}", "{second_ratio}"]`, 1),
		`"second": {}`, `"second": {}, "first_ratio": {}, "second_ratio": {}`, 1)
	code, places, said = l.check(t, told, sheet)
	if diff := cmp.Diff([]string{"E3 SAM-J2"}, places); diff != "" || code != exitRows || strings.Contains(said, "aspect ratios") {
		t.Errorf("exit %d, said %q (-want +got):\n%s", code, said, diff)
	}
}

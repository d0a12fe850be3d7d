package sandbox_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// made submits a template job and waits until its video can be had.
func made(t *testing.T, s *sandbox.Sandbox, name string) map[string]any {
	t.Helper()
	c := colossyanCaller(s)
	a := c.want(t, http.StatusOK, "POST", "/video-generation-jobs/template-jobs", templateJob(name))
	for {
		if a := c.call(t, "GET", "/generated-videos/"+a.text(t, "videoId"), nil); a.status == http.StatusOK {
			return a.fields(t)
		}
	}
}

// path cuts the root off a link.
func path(t *testing.T, link any) string {
	t.Helper()
	path, ok := strings.CutPrefix(link.(string), root)
	if !ok {
		t.Fatalf("link %q does not begin with %q", link, root)
	}
	return path
}

// TestVideosPlayForTheirLength lets ffprobe and ffmpeg judge the files.
func TestVideosPlayForTheirLength(t *testing.T) {
	ffprobe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Skip("ffprobe is not installed: whether the videos play is not checked")
	}
	for _, length := range []time.Duration{100 * time.Millisecond, time.Second, 1500 * time.Millisecond, 42300 * time.Millisecond, 10 * time.Minute} {
		t.Run(length.String(), func(t *testing.T) {
			s := open(t, sandbox.Options{Render: 1, Behaviour: sandbox.Behaviour{
				Colossyan: sandbox.ColossyanBehaviour{TemplateBase: length},
			}})
			result := made(t, s, "Ada")
			video := caller{sandbox: s, base: root}.want(t, http.StatusOK, "GET", path(t, result["publicUrl"]), nil)
			file := filepath.Join(t.TempDir(), "video.mp4")
			if err := os.WriteFile(file, video.body, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(ffprobe, "-v", "error", "-count_frames", "-select_streams", "v:0",
				"-show_entries", "stream=nb_read_frames:format=duration", "-of", "default=nw=1", file).CombinedOutput()
			if err != nil {
				t.Fatalf("ffprobe: %v\n%s", err, out)
			}
			frames := (length.Milliseconds() + 999) / 1000
			want := "nb_read_frames=" + strconv.FormatInt(frames, 10) + "\nduration=" + strconv.FormatFloat(length.Seconds(), 'f', 6, 64) + "\n"
			if string(out) != want {
				t.Errorf("ffprobe says %q, want %q", out, want)
			}
			if result["videoSizeBytes"] != float64(len(video.body)) || result["videoDurationSeconds"] != length.Seconds() {
				t.Errorf("the service says %v bytes, %v s; the file has %d bytes, %v", result["videoSizeBytes"], result["videoDurationSeconds"], len(video.body), length)
			}
		})
	}
}

func TestVideosAreServedInParts(t *testing.T) {
	s := open(t, sandbox.Options{Render: 1})
	link := path(t, made(t, s, "Ada")["publicUrl"])
	whole := caller{sandbox: s, base: root}.want(t, http.StatusOK, "GET", link, nil)
	if kind := whole.header.Get("Content-Type"); kind != "video/mp4" {
		t.Errorf("content type = %q", kind)
	}
	part := caller{sandbox: s, base: root, header: http.Header{"Range": {"bytes=100-199"}}}.want(t, http.StatusPartialContent, "GET", link, nil)
	if string(part.body) != string(whole.body[100:200]) {
		t.Errorf("bytes 100-199 are not those of the whole file")
	}
	if head := (caller{sandbox: s, base: root}).want(t, http.StatusOK, "HEAD", link, nil); len(head.body) != 0 || head.header.Get("Content-Length") != strconv.Itoa(len(whole.body)) {
		t.Errorf("HEAD = %v, want the length and no body", head.header)
	}
	caller{sandbox: s, base: root, header: http.Header{"Range": {"bytes=99999999-"}}}.want(t, http.StatusRequestedRangeNotSatisfiable, "GET", link, nil)
}

func TestResultsAreThereOnlyWhenFinished(t *testing.T) {
	s := open(t, sandbox.Options{Render: time.Hour})
	a := colossyanCaller(s).want(t, http.StatusOK, "POST", "/video-generation-jobs/template-jobs", templateJob("Ada"))
	for _, path := range []string{"/files/" + a.text(t, "id") + ".mp4", "/share/" + a.text(t, "id"), "/files/unknown.mp4", "/files/.mp4"} {
		caller{sandbox: s, base: root}.want(t, http.StatusNotFound, "GET", path, nil)
	}
}

func TestLinksExpireWhenAsked(t *testing.T) {
	s := open(t, sandbox.Options{Render: 1, Behaviour: sandbox.Behaviour{LinkLife: time.Hour}})
	link := path(t, made(t, s, "Ada")["publicUrl"])
	c := caller{sandbox: s, base: root}
	c.want(t, http.StatusOK, "GET", link, nil)
	before, _, _ := strings.Cut(link, "until=")
	c.want(t, http.StatusForbidden, "GET", before+"until=1", nil)
}

func TestSharePageNamesTheRowAndEscapesIt(t *testing.T) {
	s := open(t, sandbox.Options{Render: 1})
	result := made(t, s, `<script>alert("x")</script>`)
	page := caller{sandbox: s, base: root}.want(t, http.StatusOK, "GET", "/share/"+result["shareId"].(string), nil)
	if strings.Contains(string(page.body), "<script>") || !strings.Contains(string(page.body), "row-&lt;script&gt;") {
		t.Errorf("share page does not name the row, or not safely:\n%s", page.body)
	}
}

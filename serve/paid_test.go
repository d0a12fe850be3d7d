package serve_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/providers/sandbox"
	"github.com/reelmerge/reelmerge/serve"
)

// paid makes the campaign one of a service that is paid; the simulator plays it.
func (w *world) paid() {
	w.t.Helper()
	bank, err := sandbox.New(sandbox.Options{Render: 20 * time.Millisecond})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { bank.Close() })
	service := httptest.NewServer(bank)
	w.t.Cleanup(service.Close)
	w.t.Setenv("PAID_TOKEN", "a-token-of-the-service")
	w.write("spring.yaml", fmt.Sprintf("name: spring\nrows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {base_url: %s/colossyan/api/v1, token: \"${PAID_TOKEN}\"}\nlimits: {active: 8, poll: {first: 50ms, max: 200ms}}\noutput: {dir: out, download: true}\n", service.URL))
}

// TestAPaidCampaignAsksAndIsHandedOver: a new ledger is asked about, the videos are shown from
// this machine, and the file for Mailchimp has the rows.
func TestAPaidCampaignAsksAndIsHandedOver(t *testing.T) {
	w := newWorld(t, 0, time.Millisecond, "")
	w.write("rows.csv", "id,name,city\nC1,Ada,ada@example.com\nC2,Grace,grace@example.com\n")
	w.paid()
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	page := c.get(base + "plan")
	if !strings.Contains(page, "Pay for 2 rows and send them") || !strings.Contains(page, "at most 2") {
		t.Errorf("the button does not say what it costs: %s", page)
	}
	digest := digestOf(t, page)
	c.post(base+"run", url.Values{"plan": {digest}})
	page = c.until(base, "Is this a new campaign?")
	if !strings.Contains(page, `name="yes" value="new ledger"`) {
		t.Errorf("the question has no answer: %s", page)
	}
	if entries, err := os.ReadDir(filepath.Join(w.dir, "out")); err == nil && len(entries) > 0 {
		t.Errorf("something was written before the answer: %v", entries)
	}
	c.post(base+"run", url.Values{"plan": {digest}, "yes": {"new ledger"}})
	c.until(base, "2 made")
	page = c.get(base + "videos")
	if strings.Count(page, "<video") != 2 || !strings.Contains(page, `src="files/videos/`) {
		t.Errorf("the videos are not shown: %s", page)
	}
	file := page[strings.Index(page, `src="files/`)+5:]
	if got := c.request("GET", base+file[:strings.Index(file, `"`)], "", nil); got.status != 200 || got.header.Get("Content-Type") != "video/mp4" || len(got.body) < 100 {
		t.Errorf("the video is answered with %d, %s, %d bytes", got.status, got.header.Get("Content-Type"), len(got.body))
	}
	if strings.Contains(c.get(base), "a-token-of-the-service") {
		t.Error("the token of the service is shown")
	}
	status, page := c.post(base+"hand", url.Values{"tool": {"mailchimp"}})
	if status != 200 || !strings.Contains(page, "2 rows in the file") || !strings.Contains(page, "mail/mailchimp.csv") {
		t.Fatalf("hand over: %d %s", status, page)
	}
	if text := c.get(base + "files/mail/mailchimp.csv"); !strings.Contains(text, "ada@example.com") || !strings.Contains(text, "Email Address") {
		t.Errorf("the file is %q", text)
	}
	if status, page := c.post(base+"hand", url.Values{"tool": {"nowhere"}}); status != 422 || !strings.Contains(page, "there is no such tool") {
		t.Errorf("an unknown tool: %d", status)
	}
}

// TestRowsThatAreNotKnownAreDecided: the page lists them with what a person needs, a decision
// is recorded, and one that may cost twice wants a second word.
func TestRowsThatAreNotKnownAreDecided(t *testing.T) {
	w := newWorld(t, 3, time.Millisecond, "")
	w.write("spring.yaml", "name: spring\nrows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {sandbox: {render: 20ms, seed: 7, faults: \"drop@2\"}}\nlimits: {active: 1, poll: {first: 50ms, max: 200ms}, deadline: 2s}\noutput: {dir: out, download: false}\n")
	if out, code := w.command("run", "spring.yaml"); code != 4 {
		t.Fatalf("the run ended with %d: %s", code, out)
	}
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	if page := c.get(base); !strings.Contains(page, "1 row may or may not have been made") {
		t.Errorf("the first page does not tell: %s", page)
	}
	page := c.get(base + "unsure")
	if !strings.Contains(page, "C00001") || !strings.Contains(page, "I looked: it is not there") {
		t.Fatalf("the page is %s", page)
	}
	if status, page := c.post(base+"decide", url.Values{"key": {"C00001"}, "choice": {"resubmit"}}); status != 422 || !strings.Contains(page, "may pay for it twice") {
		t.Errorf("sending it anyway without a second word: %d", status)
	}
	if status, _ := c.post(base+"decide", url.Values{"key": {"C00001"}, "choice": {"not-submitted"}}); status != 303 {
		t.Errorf("a decision: %d", status)
	}
	if page := c.get(base + "unsure"); !strings.Contains(page, "There is nothing to decide") {
		t.Errorf("after the decision: %s", page)
	}
	c.post(base+"run", url.Values{"plan": {digestOf(t, c.get(base+"plan"))}})
	c.until(base, "3 made")
}

// TestAStepThatIsNotKnownIsDecided as a row is: the rows that wait for it go on.
func TestAStepThatIsNotKnownIsDecided(t *testing.T) {
	w := newWorld(t, 3, time.Millisecond, "")
	w.write("template.json", `{"name": "base", "operation": "samsar/text-to-video",
 "request": {"prompt": "Autumn", "image_model": "SEEDREAM", "video_model": "RUNWAYML", "duration": 30, "aspect_ratio": "16:9", "language": "en", "enable_subtitles": false},
 "then": [{"name": "outro", "operation": "samsar/add-outro", "request": {"videoSessionId": "{previous.job}", "outro_image_url": "https://cdn.example.com/{id}.png"}}]}`)
	w.write("spring.yaml", "name: spring\nrows: {file: rows.csv, key: id}\ntemplate: template.json\nprovider: {sandbox: {render: 20ms, faults: \"drop@1\"}}\nlimits: {active: 1, poll: {first: 50ms, max: 200ms}, deadline: 2s}\noutput: {dir: out, download: false}\n")
	if out, code := w.command("run", "spring.yaml"); code != 4 {
		t.Fatalf("the run ended with %d: %s", code, out)
	}
	s := w.server(serve.Options{})
	c := caller{t, s.Handler(), s}
	base := c.campaignPath()
	if page := c.get(base); !strings.Contains(page, "1 step may or may not have been made") {
		t.Errorf("the first page does not tell: %s", page)
	}
	part := regexp.MustCompile(`name="part" value="(base:[0-9a-f]{6})"`).FindStringSubmatch(c.get(base + "unsure"))
	if part == nil {
		t.Fatal("the page does not list the step")
	}
	if status, page := c.post(base+"decide", url.Values{"key": {""}, "part": {part[1]}, "choice": {"not-submitted"}}); status != 303 {
		t.Fatalf("a decision: %d %s", status, page)
	}
	c.post(base+"run", url.Values{"plan": {digestOf(t, c.get(base+"plan"))}})
	c.until(base, "3 made")
}

package main

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/providers/builtin"
)

// TestTheServedSandboxSaysHowACampaignReachesIt holds the simulator to saying an
// address for each service at which its API answers, and not the 404 of a path that
// nobody serves.
func TestTheServedSandboxSaysHowACampaignReachesIt(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	said, output := io.Pipe()
	ended := make(chan int)
	go func() {
		code := run(ctx, []string{"sandbox", "--listen", "127.0.0.1:0"}, streams{in: strings.NewReader(""), out: io.Discard, err: output})
		output.Close()
		ended <- code
	}()
	calls := map[string]string{
		"colossyan": "GET /video-generation-jobs/x", "kensa": "GET /config/models",
		"samsar": "GET /video/fetch_latest_version", "vidgen": "GET /api/status/x",
	}
	for _, d := range builtin.Descriptions() {
		calls[d.Name] = "GET /x" // it says that there is no such call
	}
	line := regexp.MustCompile(`provider: \{base_url: (\S+)\}  # ([\w-]+)\n`)
	var text strings.Builder
	for buffer := make([]byte, 1024); len(line.FindAllString(text.String(), -1)) < len(calls); {
		n, err := said.Read(buffer)
		if text.Write(buffer[:n]); err != nil {
			t.Fatalf("said only %q: %v", text.String(), err)
		}
	}
	for _, found := range line.FindAllStringSubmatch(text.String(), -1) {
		method, path, _ := strings.Cut(calls[found[2]], " ")
		req, err := http.NewRequestWithContext(ctx, method, found[1]+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if strings.Contains(string(answer), "page not found") {
			t.Errorf("%s: nothing answers at %s%s", found[2], found[1], path)
		}
	}
	stop()
	if code := <-ended; code != exitDone {
		t.Errorf("exit %d", code)
	}
}

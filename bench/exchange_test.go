package bench_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	exchangeRows   = 5000
	exchangeActive = 64
	exchangeRounds = 3
)

const exchangeCampaign = `rows: {file: rows.csv, key: id}
template: template.json
provider: {base_url: %s, token: "${REELMERGE_BENCH_TOKEN}"}
limits: {submits: 100000/s, active: %d, poll: {first: 10ms, max: 10ms}}
output: {dir: %s, download: false}
`

const exchangeTemplate = `{"operation": "colossyan/template-job", "request": {"templateJobId": "bench"},
 "variables": {"name": {"type": "string", "minLength": 1}},
 "duration": {"base_seconds": 60, "seconds_per_character": 0.2}}`

// speed is how fast exchanges went.
type speed struct {
	exchanges int64
	took      time.Duration
}

func (s speed) perSecond() float64 { return float64(s.exchanges) / s.took.Seconds() }

// TestExchangesPerSecond measures a run of 5,000 rows, with its ledger, beside
// what a bare loop of Go reaches that does the same exchanges with nothing behind
// it: one submit, status calls until the job is finished, and one call for its
// result. Both talk to `reelmerge sandbox` in another process, by turns.
func TestExchangesPerSecond(t *testing.T) {
	if os.Getenv("REELMERGE_BENCH") == "" {
		t.Skip("a measurement; set REELMERGE_BENCH=1")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "reelmerge")
	if out, err := exec.Command("go", "build", "-o", program, "../cmd/reelmerge").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	base := serveSandbox(t, program) + "/colossyan/api/v1"
	var ours, bare []float64
	for round := range exchangeRounds {
		run := runCampaign(t, program, dir, fmt.Sprintf("out-%d", round), base)
		loop := bareLoop(t, base)
		ours, bare = append(ours, run.perSecond()), append(bare, loop.perSecond())
		t.Logf("round %d: a run %.0f exchanges/s (%d in %v), the bare loop %.0f (%d in %v)", round+1,
			run.perSecond(), run.exchanges, run.took.Round(time.Millisecond), loop.perSecond(), loop.exchanges, loop.took.Round(time.Millisecond))
	}
	slices.Sort(ours)
	slices.Sort(bare)
	share := ours[len(ours)/2] / bare[len(bare)/2]
	t.Logf("median: %.0f of %.0f exchanges/s, %.0f %%", ours[len(ours)/2], bare[len(bare)/2], 100*share)
}

// serveSandbox starts the simulator in a process of its own and returns its
// address.
func serveSandbox(t *testing.T, program string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, "sandbox", "--listen", "127.0.0.1:0", "--render", "1ms")
	said, err := c.StderrPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	line, err := bufio.NewReader(said).ReadString('\n')
	_, address, found := strings.Cut(line, "http://")
	address, _, _ = strings.Cut(address, ";")
	if err != nil || !found {
		t.Fatalf("the sandbox said %q: %v", line, err)
	}
	return "http://" + strings.TrimSpace(address)
}

// runCampaign runs the program and times it from its first submit to its last
// settled row; what comes before is planning.
func runCampaign(t *testing.T, program, dir, out, base string) (s speed) {
	t.Helper()
	var sheet strings.Builder
	sheet.WriteString("id,name\n")
	for i := range exchangeRows {
		fmt.Fprintf(&sheet, "C%05d,%s Name %d\n", i, out, i)
	}
	for name, text := range map[string]string{
		"rows.csv": sheet.String(), "template.json": exchangeTemplate, "bench.yaml": fmt.Sprintf(exchangeCampaign, base, exchangeActive, out),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command(program, "run", "bench.yaml", "--json", "--yes", "--new-ledger")
	c.Dir, c.Env = dir, append(os.Environ(), "REELMERGE_BENCH_TOKEN=bench")
	var said bytes.Buffer
	c.Stderr = &said
	lines, err := c.Output()
	if err != nil {
		t.Fatalf("run: %v\n%s", err, said.String())
	}
	var first, last time.Time
	made := 0
	for decoder := json.NewDecoder(bytes.NewReader(lines)); ; {
		var event struct {
			Time  time.Time
			Event string
		}
		if err := decoder.Decode(&event); err != nil {
			break
		}
		switch event.Event {
		case "submitted", "polled":
			s.exchanges++
		case "succeeded":
			s.exchanges += 2 // the last status, and the result
			made++
		default:
			continue
		}
		last = event.Time
		if first.IsZero() {
			first = event.Time
		}
	}
	if made != exchangeRows {
		t.Fatalf("%d of %d rows were made", made, exchangeRows)
	}
	s.took = last.Sub(first)
	return s
}

// bareLoop does what a script would: as many rows at a time as the run, no ledger.
func bareLoop(t *testing.T, base string) (s speed) {
	t.Helper()
	paid := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // as the run's submits are
	free := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: exchangeActive}}
	var next, exchanges atomic.Int64
	var work sync.WaitGroup
	begin := time.Now()
	for range exchangeActive {
		work.Go(func() {
			for n := next.Add(1); n <= exchangeRows; n = next.Add(1) {
				if err := bareRow(paid, free, base, n, &exchanges); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
	return speed{exchanges.Load(), time.Since(begin)}
}

func bareRow(paid, free *http.Client, base string, n int64, exchanges *atomic.Int64) error {
	body := fmt.Sprintf(`{"templateJobId":"bench","dynamicVariables":{"name":"bare %d %d"}}`, n, time.Now().UnixNano())
	var job struct{ ID, VideoID, Status string }
	if err := exchange(paid, http.MethodPost, base+"/video-generation-jobs/template-jobs", body, &job); err != nil {
		return err
	}
	exchanges.Add(1)
	id := job.ID
	for job.Status = ""; job.Status != "finished"; {
		time.Sleep(10 * time.Millisecond)
		if err := exchange(free, http.MethodGet, base+"/video-generation-jobs/"+id, "", &job); err != nil {
			return err
		}
		exchanges.Add(1)
	}
	exchanges.Add(1)
	var video struct{ PublicURL string }
	if err := exchange(free, http.MethodGet, base+"/generated-videos/"+job.VideoID, "", &video); err != nil {
		return err
	}
	if video.PublicURL == "" {
		return fmt.Errorf("job %s is finished and has no video", id)
	}
	return nil
}

func exchange(c *http.Client, method, url, body string, into any) error {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer bench")
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %d: %s", method, url, resp.StatusCode, data)
	}
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	return err
}

package sandbox_test

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

const submitPath = "/video-generation-jobs/template-jobs"

func TestEachFaultOfASubmitEitherCreatesAJobOrDoesNot(t *testing.T) {
	for fault, want := range map[string]struct {
		status int // 0: the connection is lost
		jobs   int
	}{
		"accept-then-drop": {0, 1},
		"accept-then-500":  {500, 1},
		"accept-then-502":  {502, 1},
		"truncated":        {200, 1},
		"slow":             {200, 1},
		"failed":           {200, 1},
		"drop":             {0, 0},
		"307":              {307, 0},
		"429":              {429, 0},
		"429-bare":         {429, 0},
		"500":              {500, 0},
	} {
		t.Run(fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, sandbox.Options{Faults: fault + "@1"})
				start := time.Now()
				a, err := colossyanCaller(s).try("POST", submitPath, templateJob("Ada"))
				if (err != nil) != (want.status == 0) || a.status != want.status {
					t.Errorf("answer = %d, %v; want %d", a.status, err, want.status)
				}
				if n := len(bank(t, s)); n != want.jobs {
					t.Errorf("%d jobs in the bank, want %d", n, want.jobs)
				}
				if took := time.Since(start); (took >= 5*time.Second) != (fault == "slow") {
					t.Errorf("the answer took %s", took)
				}
				if after := a.header.Get("Retry-After"); (after != "") != (fault == "429") {
					t.Errorf("Retry-After = %q", after)
				}
				if valid := strings.HasSuffix(string(a.body), "}"); fault == "truncated" && valid {
					t.Errorf("body %q is not truncated", a.body)
				}
				// The second submit of the same content is a second try, and works.
				colossyanCaller(s).want(t, http.StatusOK, "POST", submitPath, templateJob("Ada"))
			})
		})
	}
}

func TestFollowingTheRedirectCreatesTheJob(t *testing.T) {
	s := open(t, sandbox.Options{Faults: "307=100%"})
	c := colossyanCaller(s)
	a := c.want(t, http.StatusTemporaryRedirect, "POST", submitPath, templateJob("Ada"))
	c.base = root
	c.want(t, http.StatusOK, "POST", a.header.Get("Location"), templateJob("Ada"))
	if n := len(bank(t, s)); n != 1 {
		t.Errorf("%d jobs in the bank, want 1", n)
	}
}

func TestFailedJobsEndFailedAndAreReleased(t *testing.T) {
	for _, costs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, sandbox.Options{Faults: "failed=1", Behaviour: sandbox.Behaviour{FailedCost: costs}})
			c := colossyanCaller(s)
			a := c.want(t, http.StatusOK, "POST", submitPath, templateJob("Ada"))
			if state := bank(t, s)[0].State; state != sandbox.Open {
				t.Errorf("bank before the end = %s, want open", state)
			}
			time.Sleep(time.Second)
			job := c.want(t, http.StatusOK, "GET", "/video-generation-jobs/"+a.text(t, "id"), nil)
			if job.text(t, "status") != "failed" {
				t.Errorf("status = %s", job.body)
			}
			c.want(t, http.StatusNotFound, "GET", "/generated-videos/"+a.text(t, "videoId"), nil)
			want := sandbox.Released
			if costs {
				want = sandbox.Charged
			}
			if state := bank(t, s)[0].State; state != want {
				t.Errorf("bank = %s, want %s", state, want)
			}
		})
	}
}

// outcomes submits rows in an order, with a given number of clients, and returns the fate
// of each.
func outcomes(t *testing.T, seed int64, clients, rows int) map[string]int {
	t.Helper()
	s := open(t, sandbox.Options{Seed: seed, Faults: "429=20%,500=10%,accept-then-drop=10%"})
	var mu sync.Mutex
	seen := map[string]int{}
	var done sync.WaitGroup
	for client := range clients {
		done.Go(func() {
			for row := client; row < rows; row += clients {
				name := fmt.Sprintf("row %d", row)
				a, _ := colossyanCaller(s).try("POST", submitPath, templateJob(name))
				mu.Lock()
				seen[name] = a.status
				mu.Unlock()
			}
		})
	}
	done.Wait()
	return seen
}

// TestFaultsDependOnSeedAndRowAlone compares runs with one client and with many. Each row
// must meet the same faults, no matter which client comes first.
func TestFaultsDependOnSeedAndRowAlone(t *testing.T) {
	const rows = 400
	one, many, other := outcomes(t, 7, 1, rows), outcomes(t, 7, 16, rows), outcomes(t, 8, 1, rows)
	if diff := cmp.Diff(one, many); diff != "" {
		t.Errorf("same seed (-one client +many):\n%s", diff)
	}
	if cmp.Equal(one, other) {
		t.Error("another seed gives the same faults")
	}
	counts := map[int]int{}
	for _, status := range one {
		counts[status]++
	}
	// Of 400 rows, 80 are expected to be throttled; five deviations are 40.
	if n := counts[429]; n < 40 || n > 120 {
		t.Errorf("%d of %d rows throttled, want about 20 %%", n, rows)
	}
}

func TestStatusCallsMeetFaultsToo(t *testing.T) {
	for fault, want := range map[string]int{"404": 404, "429": 429, "500": 500} {
		s := open(t, sandbox.Options{Render: time.Hour, Faults: fault + "=50%", Seed: 3})
		c := colossyanCaller(s)
		var job answer
		for job.status != http.StatusOK {
			job = c.call(t, "POST", submitPath, templateJob("Ada"))
		}
		counts := map[int]int{}
		for range 100 {
			counts[c.call(t, "GET", "/video-generation-jobs/"+job.text(t, "id"), nil).status]++
		}
		if counts[want]+counts[200] != 100 || counts[want] < 25 || counts[want] > 75 {
			t.Errorf("%s=50%%: status calls were answered %v", fault, counts)
		}
	}
}

// TestDroppedConnectionsOverANetwork uses a real connection: the client sees it
// end without an answer, and the job is in the bank.
func TestDroppedConnectionsOverANetwork(t *testing.T) {
	s := open(t, sandbox.Options{Faults: "accept-then-drop=1"})
	server := httptest.NewServer(s)
	defer server.Close()
	r, err := http.NewRequest("POST", s.BaseURL(sandbox.Colossyan, server.URL)+submitPath,
		strings.NewReader(`{"templateJobId":"a","dynamicVariables":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer token")
	if response, err := server.Client().Do(r); err == nil {
		_ = response.Body.Close()
		t.Errorf("answer = %s, want none", response.Status)
	}
	if n := len(bank(t, s)); n != 1 {
		t.Errorf("%d jobs in the bank, want 1", n)
	}
}

// TestTransportTellsThatBytesLeft compares the in-process transport with a real one. A
// client decides by these hooks whether a job may exist.
func TestTransportTellsThatBytesLeft(t *testing.T) {
	s := open(t, sandbox.Options{Faults: "drop=1"})
	var wrote bool
	r, err := http.NewRequest("POST", s.BaseURL(sandbox.Colossyan, root)+submitPath, strings.NewReader(`{"templateJobId":"a","dynamicVariables":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer token")
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteHeaders: func() { wrote = true }})
	if response, err := s.Transport().RoundTrip(r.WithContext(ctx)); err == nil {
		_ = response.Body.Close()
		t.Error("want a lost connection")
	}
	if !wrote {
		t.Error("WroteHeaders was not called")
	}
}

// receiver takes webhooks over a real connection.
type receiver struct {
	mu    sync.Mutex
	hosts []string
}

func (r *receiver) ServeHTTP(_ http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hosts = append(r.hosts, request.Host+request.URL.RequestURI())
}

func TestDeliveryGoesToTheLoopbackStandIn(t *testing.T) {
	got := &receiver{}
	server := httptest.NewServer(got)
	defer server.Close()
	address := server.Listener.Addr().(*net.TCPAddr).String()
	s := open(t, sandbox.Options{Render: 1, Deliver: map[string]string{"hooks.example.com": address}})
	for _, hook := range []string{"https://hooks.example.com/cb?rk=1", "http://192.0.2.1/never", server.URL + "/direct"} {
		job := templateJob("Ada")
		job["callbackUrl"] = hook
		colossyanCaller(s).want(t, http.StatusOK, "POST", submitPath, job)
	}
	want := []string{"hooks.example.com/cb?rk=1", address + "/direct"}
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		got.mu.Lock()
		n := len(got.hosts)
		got.mu.Unlock()
		if n >= len(want) {
			break
		}
	}
	got.mu.Lock()
	defer got.mu.Unlock()
	if len(got.hosts) != 2 || !cmp.Equal(map[string]bool{got.hosts[0]: true, got.hosts[1]: true}, map[string]bool{want[0]: true, want[1]: true}) {
		t.Errorf("deliveries = %q, want %q in any order", got.hosts, want)
	}
}

// TestVideosLastLongerByFaults stretches videos. Prices by the minute must grow with them.
func TestVideosLastLongerByFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		prices := func(faults string) (all []float64) {
			s := open(t, sandbox.Options{Faults: faults})
			for i := range 200 {
				colossyanCaller(s).want(t, http.StatusOK, "POST", submitPath, templateJob(fmt.Sprintf("Guest %03d", i)))
			}
			for _, line := range bank(t, s) {
				all = append(all, float64(line.Price)/float64(credit.Unit))
			}
			return all
		}
		plain := prices("")[0]
		for faults, want := range map[string]struct{ mean, spread, third float64 }{
			"longer=30%":            {1.3, 0, 1.3},
			"longer@3":              {1.005, 0.08, 2},
			"longer=30%,longer@3":   {1.3065, 0.1, 2.6},
			"uneven=8%":             {1, 0.08, 0},
			"longer=16%,uneven=10%": {1.16, 0.116, 0},
		} {
			all, sum, squares := prices(faults), 0.0, 0.0
			for _, p := range all {
				sum += p / plain
				squares += p / plain * p / plain
			}
			mean := sum / float64(len(all))
			spread := math.Sqrt(max(0, squares/float64(len(all))-mean*mean))
			if math.Abs(mean-want.mean) > 0.025 || math.Abs(spread-want.spread) > 0.03 || want.third > 0 && math.Abs(all[2]/plain-want.third) > 0.01 {
				t.Errorf("%s: mean %.3f, spread %.3f, the third %.3f", faults, mean, spread, all[2]/plain)
			}
		}
	})
}

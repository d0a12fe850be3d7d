//go:build unix

package declared_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/vidgen"
)

// accepting answers each submit at once, so that what is measured is the client's work.
type accepting struct{}

func (accepting) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	const answer = `{"id":"0123456789abcdef","status":"pending"}`
	return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// submitters are vidgen by its Go client and by its description.
func submitters(b testing.TB) (goes, data func()) {
	of := func(s providers.Service) func() {
		c, err := s.New(providers.Config{BaseURL: "http://127.0.0.1:8787/vidgen", Token: "token", WebhookSecret: "secret", Transport: accepting{}})
		if err != nil {
			b.Fatal(err)
		}
		r := heads(b, "https://hooks.example.com/x")(1)
		r.Operation, r.Reference, r.Key = s.Operations[0].Name, "r", strings.Repeat("a", 40)
		return func() {
			if _, err := c.Submit(context.Background(), r); err != nil {
				b.Fatal(err)
			}
		}
	}
	return of(vidgen.Service()), of(service(b, load(b, "talking-head"), nil))
}

// processor is the processor time that the test has used.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSubmitCompared submits by turns, so that a machine with other work is fair to
// both. It reports how many times the processor time of the Go client the description
// takes: 1.3 is the most that it may.
func BenchmarkSubmitCompared(b *testing.B) {
	goes, data := submitters(b)
	var of [2]time.Duration
	for b.Loop() {
		for i, submit := range []func(){goes, data} {
			before := processor(b)
			for range 100 { // a call alone is shorter than the clock's tick
				submit()
			}
			of[i] += processor(b) - before
		}
	}
	b.ReportMetric(of[1].Seconds()/of[0].Seconds(), "x")
}

// TestASubmitByDataAllocatesLittleMore than the Go client does: the part of the cost that
// is the same on every machine.
func TestASubmitByDataAllocatesLittleMore(t *testing.T) {
	goes, data := submitters(t)
	of, by := testing.AllocsPerRun(50, goes), testing.AllocsPerRun(50, data)
	if t.Logf("%.0f and %.0f allocations: %.2f times", of, by, by/of); by > 1.4*of {
		t.Errorf("%.0f allocations, the Go client has %.0f", by, of)
	}
}

package serve_test

import (
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/serve"
)

// BenchmarkProblems measures what a person waits for who mends cells in a large sheet: the
// first page of problems, a mended cell, and the page after it.
func BenchmarkProblems(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n, " rows"), func(b *testing.B) { benchmarkProblems(b, n) })
	}
}

func benchmarkProblems(b *testing.B, n int) {
	w := newWorld(b, 0, time.Millisecond, "")
	var sheet strings.Builder
	sheet.WriteString("id,name,city\n")
	for i := range n {
		name := fmt.Sprintf("Ada%c%c%c", 'a'+i/676%26, 'a'+i/26%26, 'a'+i%26)
		if i%100 == 50 {
			name = ""
		}
		fmt.Fprintf(&sheet, "C%06d,%s,City %d\n", i, name, i%7)
	}
	w.write("rows.csv", sheet.String())
	s := w.server(serve.Options{})
	c := caller{b, s.Handler(), s}
	base := c.campaignPath()
	var first, mended, after cost
	row := 52
	for b.Loop() {
		fresh := w.server(serve.Options{})
		c := caller{b, fresh.Handler(), fresh}
		first.of(func() { c.get(base + "problems") })
		mended.of(func() {
			if status, page := c.post(base+"mend", url.Values{"row": {fmt.Sprint(row)}, "column": {"name"}, "was": {""}, "new": {"Ada"}, "page": {"1"}}); status != 303 {
				b.Fatal(status, page)
			}
		})
		after.of(func() { c.get(base + "problems?page=1") })
		row += 100
	}
	for name, c := range map[string]cost{"first": first, "mend": mended, "after": after} {
		b.ReportMetric(float64(c.clock.Milliseconds())/float64(b.N), name+"-ms")
		b.ReportMetric(float64(c.processor.Milliseconds())/float64(b.N), name+"-cpu-ms")
	}
}

// cost is the time of requests, by the clock and of the processor: other work on the machine
// makes the first one longer, and not the second.
type cost struct{ clock, processor time.Duration }

func (c *cost) of(act func()) {
	began, used := time.Now(), processorTime()
	act()
	c.clock += time.Since(began)
	c.processor += processorTime() - used
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // zero on failure, and the figure shows it
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

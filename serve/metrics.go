package serve

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/ledger"
)

// counters count the answers of the server.
type counters struct{ answers, refused, failed atomic.Int64 }

func (c *counters) count(status int) {
	c.answers.Add(1)
	switch {
	case status >= http.StatusInternalServerError:
		c.failed.Add(1)
	case status >= http.StatusBadRequest:
		c.refused.Add(1)
	}
}

// family is one metric, with its values.
type family struct {
	name, kind, about string
	lines             []string
}

// add adds a value.
func (f *family) add(labels string, value any) {
	f.lines = append(f.lines, fmt.Sprintf("%s%s %v\n", f.name, labels, value))
}

// gauges are the metrics of campaigns.
type gauges struct{ rows, amounts, running, held, pace, waits family }

func newGauges() *gauges {
	return &gauges{
		rows:    family{name: "reelmerge_rows", kind: "gauge", about: "Rows by their state in the ledger."},
		amounts: family{name: "reelmerge_amount", kind: "gauge", about: "What was charged, and what is set aside, in the unit of the account."},
		running: family{name: "reelmerge_running", kind: "gauge", about: "Whether a run is going."},
		held:    family{name: "reelmerge_held", kind: "gauge", about: "Whether the run sends nothing more."},
		pace:    family{name: "reelmerge_sent_per_minute", kind: "gauge", about: "How fast the run sends."},
		waits:   family{name: "reelmerge_waits_seconds", kind: "gauge", about: "Until the next row is sent."},
	}
}

// metrics writes numbers for Prometheus: those of the server, and those of every campaign
// that has run.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	g := newGauges()
	for _, p := range s.shelf.places() {
		if !s.measure(r.Context(), g, p) {
			p.Sandbox = true
			s.measure(r.Context(), g, p)
		}
	}
	answers := family{name: "reelmerge_answers_total", kind: "counter", about: "Answers of the pages."}
	answers.add("", s.counters.answers.Load())
	errors := family{name: "reelmerge_answers_errors_total", kind: "counter", about: "Answers that are an error, by whose it is."}
	errors.add(`{of="request"}`, s.counters.refused.Load())
	errors.add(`{of="server"}`, s.counters.failed.Load())
	streams := family{name: "reelmerge_streams", kind: "gauge", about: "Browsers that listen for changes; the tabs of one share a stream."}
	streams.add("", s.hub.count())
	var b strings.Builder
	for _, f := range []family{answers, errors, streams, g.rows, g.amounts, g.running, g.held, g.pace, g.waits} {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n%s", f.name, f.about, f.name, f.kind, strings.Join(f.lines, ""))
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = io.WriteString(w, b.String())
}

// measure adds the numbers of one campaign. One that has not run, or cannot be read, has
// none. It reports whether its file says that it is a test.
func (s *Server) measure(ctx context.Context, g *gauges, p place) (test bool) {
	c, err := s.shelf.open(ctx, p, answered(nil))
	if err != nil {
		return false
	}
	defer c.Close()
	if !c.HasRun() {
		return c.IsTest()
	}
	status, err := s.status(ctx, p, c)
	if err != nil {
		return c.IsTest()
	}
	g.add(fmt.Sprintf("campaign=%s,id=%s,test=\"%t\"", labelled(status.Campaign), labelled(p.ID), c.IsTest()), status)
	return c.IsTest()
}

// add adds the numbers of a status.
func (g *gauges) add(labels string, s reelmerge.Status) {
	for _, state := range ledger.States() {
		g.rows.add(fmt.Sprintf("{%s,state=%q}", labels, state), s.States[state])
	}
	for _, m := range s.Credits {
		account := fmt.Sprintf("%s,service=%s,payer=%s,unit=%s", labels, labelled(m.Provider), labelled(m.Payer), labelled(m.Unit))
		for _, part := range []struct {
			kind   string
			amount credit.Amount
		}{{"charged", m.Charged}, {"reserved", m.Reserved}} {
			g.amounts.add(fmt.Sprintf("{%s,kind=%q}", account, part.kind), part.amount)
		}
	}
	g.running.add("{"+labels+"}", number(s.Running))
	g.held.add("{"+labels+"}", number(s.Held != ""))
	if p := s.Progress; p != nil && p.PerMinute != nil {
		g.pace.add("{"+labels+"}", *p.PerMinute)
	}
	if p := s.Progress; p != nil && p.NextAt != nil {
		g.waits.add("{"+labels+"}", max(0, time.Until(*p.NextAt).Seconds()))
	}
}

// labelled writes a value of a label as Prometheus reads it.
func labelled(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(value) + `"`
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

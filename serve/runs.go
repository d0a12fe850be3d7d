package serve

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge"
)

// runs are the runs of this process: at most one for each campaign and ground. Another
// process may run the same campaign; then the ledger's lock says so (invariant L8).
type runs struct {
	hub *hub
	log *slog.Logger

	mu     sync.Mutex
	living context.Context //nolint:containedctx // that of the server: a run outlives the request that began it
	all    map[string]*run
	wg     sync.WaitGroup
}

func newRuns(h *hub, log *slog.Logger) *runs {
	return &runs{hub: h, log: log, living: context.Background(), all: map[string]*run{}}
}

// run is one run, also after its end.
type run struct {
	form   url.Values // that it was asked for with, to ask again with one more answer
	stop   context.CancelFunc
	begun  chan struct{} // it sends, or has ended
	ended  chan struct{}
	answer *answers

	mu      sync.Mutex
	once    sync.Once
	status  *reelmerge.Status // the latest; nil before the first
	out     *reelmerge.Outcome
	err     error
	stopped bool // by a person
}

// live says how long runs may go on.
func (r *runs) live(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.living = ctx
}

// of returns the run of a place, also one that has ended; nil where this process had none.
func (r *runs) of(p place) *run {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[p.key()]
}

// errRuns is returned where this process already runs the campaign.
var errRuns = errors.New("this campaign is running already")

// start begins a run. It sends only the plan with the digest, which a person has seen.
func (r *runs) start(p place, c *reelmerge.Campaign, form url.Values, a *answers) (*run, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.all[p.key()]; old != nil && !old.over() {
		return nil, errRuns
	}
	ctx, stop := context.WithCancel(r.living)
	n := &run{form: form, stop: stop, begun: make(chan struct{}), ended: make(chan struct{}), answer: a}
	r.all[p.key()] = n
	r.wg.Go(func() {
		defer stop()
		n.carryOut(ctx, c, func() { r.hub.tell(p.key()) })
		r.log.Info("run ended", slog.String("cause", string(reelmerge.CauseOf(n.err))))
		r.hub.tell(p.key())
	})
	return n, nil
}

// carryOut runs the campaign to its end.
func (n *run) carryOut(ctx context.Context, c *reelmerge.Campaign, changed func()) {
	defer close(n.ended)
	defer n.once.Do(func() { close(n.begun) })
	defer c.Close()
	o := runOptions(n.form)
	o.Consent = n.answer.ask
	o.Sending = func() { n.once.Do(func() { close(n.begun) }) }
	o.Progress = func(s reelmerge.Status) {
		n.mu.Lock()
		n.status = &s
		n.mu.Unlock()
		changed()
	}
	out, err := c.Run(ctx, o)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.out, n.err = out, err
}

// What a person can say beside the plan, where a run has held.
const (
	acceptPrices = "prices"
	acceptWait   = "wait"
	longWait     = 24 * time.Hour
)

// runOptions are what a form says of a run.
func runOptions(form url.Values) reelmerge.RunOptions {
	o := reelmerge.RunOptions{Plan: form.Get("plan"), Most: mostRemarks}
	switch form.Get("accept") {
	case acceptPrices:
		o.AcceptPrices = true
	case acceptWait:
		o.MaxWait = longWait
	}
	return o
}

// over reports whether the run has ended.
func (n *run) over() bool {
	select {
	case <-n.ended:
		return true
	default:
		return false
	}
}

// settle waits until the run sends or has ended, but not for long: a page shows it either
// way.
func (n *run) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, shortly)
	defer cancel()
	select {
	case <-n.begun:
	case <-ctx.Done():
	}
}

const shortly = 3 * time.Second

// halt asks the run to stop: nothing more is sent, and what is under way is saved.
func (n *run) halt() {
	n.mu.Lock()
	n.stopped = true
	n.mu.Unlock()
	n.stop()
}

// look is what a page shows of a run.
type look struct {
	Going    bool
	Status   *reelmerge.Status
	Out      *reelmerge.Outcome
	Err      error
	Stopping bool
	Question *reelmerge.Question
	Notes    []string
	Form     url.Values
}

func (n *run) look() look {
	if n == nil {
		return look{}
	}
	l := look{Going: !n.over(), Form: n.form}
	n.mu.Lock()
	defer n.mu.Unlock()
	l.Status, l.Out, l.Err, l.Stopping = n.status, n.out, n.err, n.stopped
	asked, notes := n.answer.open()
	l.Notes = notes
	if !l.Going && n.err != nil {
		l.Question = asked
	}
	return l
}

// stop asks every run to stop.
func (r *runs) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range r.all {
		n.stop()
	}
}

// wait waits until every run has saved what it knows.
func (r *runs) wait() { r.wg.Wait() }

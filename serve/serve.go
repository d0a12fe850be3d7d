// Package serve shows campaigns in a browser: the operations of package reelmerge as pages,
// for people who do not live in a terminal. It has no rule about rows or money of its own,
// and keeps nothing that matters: whatever it knows is in the campaign's folder, so that it
// can be killed at any moment, and a terminal and a page see the same.
//
// A request goes through the guards (guards.go), finds its campaign (campaigns.go), asks the
// library, and is answered by a page (page.go). A campaign begins with files that a browser
// brings (begin.go, upload.go). Runs go on in the process of the server
// (runs.go), and tell the browsers what changed (live.go).
package serve

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/crowd"
)

// Options say what is served, and to whom.
type Options struct {
	Paths []string // of campaigns, and of folders with campaigns
	// Campaigns are the options with which every campaign is opened. Ask and Note belong to
	// the pages.
	Campaigns reelmerge.Options
	// Hosts are the names and addresses under which the server is called, beside those of
	// this machine itself.
	Hosts []string
	// Secure says that browsers reach the server by TLS.
	Secure bool
	// Password also opens the pages; empty: only the token does.
	Password string
	// Log is told of every request and run, without keys and values; nil: nothing is logged.
	Log *slog.Logger
}

// Server shows campaigns in a browser.
type Server struct {
	options  Options
	log      *slog.Logger
	doors    *doors
	shelf    *shelf
	runs     *runs
	hub      *hub
	counters counters
}

// New prepares a server.
func New(o Options) (*Server, error) {
	if len(o.Paths) == 0 {
		o.Paths = []string{"."}
	}
	s := &Server{options: o, log: cmp.Or(o.Log, slog.New(slog.DiscardHandler)), doors: newDoors(o.Password)}
	var err error
	if s.shelf, err = newShelf(o.Paths, o.Campaigns); err != nil {
		return nil, err
	}
	s.shelf.sweep()
	s.hub = newHub()
	s.runs = newRuns(s.hub, s.log)
	return s, nil
}

// Token opens the pages. It is for the person who started the server.
func (s *Server) Token() string { return s.doors.token }

// Pass opens the pages once, within a minute. It is for a command line that others can see.
func (s *Server) Pass() string { return s.doors.pass(time.Now()) }

// Limits of the server. A slow or greedy caller must not keep others out.
const (
	mostConnections = 256
	mostHeader      = 32 << 10
	mostBody        = 1 << 20 // of a form
	slowHeader      = 10 * time.Second
	slowBody        = 30 * time.Second
	slowAnswer      = 5 * time.Minute // a plan of a large sheet takes its time
	idle            = 2 * time.Minute
	patience        = 5 * time.Second // for answers under way, at the end
)

// Serve answers until the context is done. Then it lets the answers under way end, stops the
// runs of this process, and waits until they have saved what they know.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	// Runs and event streams end with this context.
	living, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: slowHeader, ReadTimeout: slowBody, WriteTimeout: slowAnswer, IdleTimeout: idle, MaxHeaderBytes: mostHeader,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.runs.live(living)
	var wait sync.WaitGroup
	wait.Go(func() { s.hub.watch(living) })
	wait.Go(func() {
		<-ctx.Done()
		stop(context.Cause(ctx))
		s.runs.stop()
		rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		_ = server.Shutdown(rest) // who did not get an answer asks again
	})
	err := server.Serve(crowd.Limit(l, mostConnections))
	if !errors.Is(err, http.ErrServerClosed) {
		stop(err)
		s.runs.stop()
		return err
	}
	wait.Wait()
	s.runs.wait()
	return nil
}

// Handler answers requests, behind all guards.
func (s *Server) Handler() http.Handler { return guarded(s.routes(), s.guards()) }

// routes are the pages. A campaign has each of its pages twice: as its file says (c), and on
// the simulator (s).
func (s *Server) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", s.list)
	m.HandleFunc("POST /new", s.begin)
	m.HandleFunc("GET /new/{folder}", s.begun)
	m.HandleFunc("POST /new/{folder}", s.finish)
	m.HandleFunc("POST /new/{folder}/files", s.addFiles)
	m.HandleFunc("POST /new/{folder}/discard", s.discard)
	m.HandleFunc("POST /session", s.enter)
	m.HandleFunc("POST /leave", s.leave)
	m.HandleFunc("GET /healthz", healthz)
	m.HandleFunc("GET /metrics", s.metrics)
	m.HandleFunc("GET /events", s.events)
	m.HandleFunc("GET /web/{name}", s.asset)
	for _, ground := range []string{"c", "s"} {
		on := func(pattern string, show func(*visit) error) {
			method, path, _ := strings.Cut(pattern, " ")
			m.HandleFunc(method+" /"+ground+"/{id}/"+path, func(w http.ResponseWriter, r *http.Request) { s.visit(w, r, ground, show) })
		}
		on("GET {$}", s.home)
		on("GET problems", s.problems)
		on("GET rows", s.rows)
		on("GET row/{row}", s.row)
		on("POST mend", s.mend)
		on("GET plan", s.plan)
		on("POST approve", s.approve)
		on("POST run", s.start)
		on("POST stop", s.halt)
		on("POST retry", s.retry)
		on("POST share", s.share)
		on("POST unshare", s.unshare)
		on("GET unsure", s.unsure)
		on("POST propose", s.propose)
		on("POST decide", s.decide)
		on("GET videos", s.gallery)
		on("GET results", s.results)
		on("POST results", s.write)
		on("POST hand", s.hand)
		on("GET results.csv", s.resultsCSV)
		on("GET report", s.report)
		on("GET report.html", s.reportFile)
		on("GET files/{name...}", s.file)
	}
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, http.StatusNotFound, errors.New("there is no such page"), "go to the list of campaigns")
	})
	return m
}

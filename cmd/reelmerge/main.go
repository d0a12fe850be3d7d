// Command reelmerge is mail merge for video: it checks a sheet against a video
// template, says what the run will cost and how long it will take, sends each
// row to a video-generation service, survives being killed at any moment, and
// hands the sheet back with a link, a cost and a reason for every row.
//
// Each command is in the file of its name, and what it alone needs in files that
// begin with it: run.go, run_end.go. What the commands do is in the library, package
// reelmerge; here is what people type and read. What commands share is in
//
//	root.go      the tree of commands
//	campaign.go  how a command opens its campaign, and saves it
//	terminal.go  where people read and answer
//	exit.go      how a command ends: exit codes, errors, commands to copy
//	display*.go  a run on the screen, while it goes and at its end
//	problems.go, lines.go, suggest.go  texts for people
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/internal/collector"
	"github.com/reelmerge/reelmerge/internal/wording"
)

func main() {
	collector.Tune(os.Getenv("GOGC"))
	cobra.EnableCommandSorting = false // the help has its own order, that of use
	ctx, stop := interruptible(leaveAtOnce)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// streams are where a command reads and writes: results go to out, everything
// else to err.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// run is the whole program except for the process around it, so that tests can call it. A
// panic that reaches it is reported as a bug; nothing paid is lost by it.
func run(ctx context.Context, args []string, s streams) (code int) {
	defer func() {
		if p := recover(); p != nil {
			complain(s.err, fmt.Errorf("this is a bug: %v\n%s", p, debug.Stack()), "run the command again: every paid video is in the ledger")
			code = exitBug
		}
	}()
	root, a := newRoot(s)
	root.SetArgs(args)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		plainUsage(root)
	}
	err := a.tell(root.ExecuteContext(ctx))
	f, said := errors.AsType[*failure](err)
	switch {
	case err == nil:
		return exitDone
	case said && f.err == nil:
		return f.code
	case !said && errors.Is(err, syscall.EPIPE):
		f = &failure{code: exitBug, err: err, hint: "the output was cut off, because the program that read it has ended; the command itself was carried out"}
	case !said && errors.Is(err, syscall.ENOSPC):
		f = &failure{code: exitBug, err: err, hint: "free some disk space where the output goes, and run again; the ledger is as it was"}
	case !said:
		f = &failure{code: exitUsage, err: err, hint: "see reelmerge --help"}
	}
	complain(s.err, f.err, f.hint)
	if a.json || slices.Contains(args, "--json") {
		a.printError(f)
	}
	return f.code
}

func complain(w io.Writer, err error, hint string) {
	fmt.Fprintf(w, "reelmerge: error: %s\n", wording.Clean(err.Error()))
	if hint != "" {
		fmt.Fprintf(w, "reelmerge: hint: %s\n", wording.Clean(hint))
	}
}

// signalled is the cause of a context that a signal has ended. It keeps the exit code.
type signalled struct{ code int }

func (s signalled) Error() string { return fmt.Sprintf("signal, exit %d", s.code) }

// interruptible returns a context that the first SIGINT, SIGTERM or SIGHUP ends: the run
// then starts nothing new and saves. The second signal leaves at once. That is safe,
// because the ledger is durable at every moment, but it loses answers that are on the
// wire. So echoes do not count as a second signal: a closing terminal may send SIGHUP
// several times, and a supervisor sends SIGTERM to a process and to its group. A program
// under nohup ignores SIGHUP.
func interruptible(leave func(code int)) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		var d departure
		for s := range signals {
			code := exitTerminated
			if s == syscall.SIGINT {
				code = exitInterrupted
			}
			if d.again(s, time.Now()) {
				leave(code)
			}
			cancel(signalled{code})
		}
	}()
	return ctx, func() { signal.Stop(signals); close(signals); cancel(nil) }
}

// departure tells the second signal from an echo of the first.
type departure struct {
	first os.Signal
	at    time.Time
}

// echo is how long another SIGTERM counts as an echo of the first. Two Ctrl-C are always
// two: a person has seen the effect of the first one.
const echo = time.Second

// again reports whether a signal is a second one, which ends the program at once.
func (d *departure) again(s os.Signal, now time.Time) bool {
	if d.first == nil {
		d.first, d.at = s, now
		return false
	}
	echoes := s == syscall.SIGTERM && s == d.first && now.Sub(d.at) < echo
	return s != syscall.SIGHUP && !echoes
}

// leaveAtOnce ends the program and says that nothing is lost. It does not wait for a
// reader of standard error that has stopped reading.
func leaveAtOnce(code int) {
	said := make(chan struct{})
	go func() {
		fmt.Fprintln(os.Stderr, "reelmerge: left at once, at the second signal; the ledger is saved, and the next run looks for the requests that were on their way")
		close(said)
	}()
	select {
	case <-said:
	case <-time.After(echo / 10):
	}
	os.Exit(code)
}

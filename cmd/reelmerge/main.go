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
//	exit.go      what the end of an operation is for a terminal: exit codes, commands to copy
//	display*.go  a run on the screen, while it goes and at its end
//	problems.go, lines.go, suggest.go  what people read
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
	"syscall"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/internal/wording"
)

func main() {
	tuneCollector(os.Getenv("GOGC"))
	cobra.EnableCommandSorting = false // the help has its own order, that of use
	ctx, stop := interruptible(os.Exit)
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

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, s streams) (code int) {
	defer func() {
		if p := recover(); p != nil {
			complain(s.err, fmt.Errorf("this is a bug: %v\n%s", p, debug.Stack()), "run the command again: whatever was paid for is in the ledger")
			code = exitBug
		}
	}()
	root, a := newRoot(s)
	root.SetArgs(args)
	err := a.tell(root.ExecuteContext(ctx))
	f, said := errors.AsType[*failure](err)
	switch {
	case err == nil:
		return exitDone
	case said && f.err == nil:
		return f.code
	case !said && errors.Is(err, syscall.EPIPE):
		f = &failure{code: exitBug, err: err, hint: "nobody read the output to its end; what was done is done"}
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

// signalled is the cause of a context that a signal ended.
type signalled struct{ code int }

func (s signalled) Error() string { return fmt.Sprintf("signal, exit %d", s.code) }

// interruptible returns a context that the first SIGINT, SIGTERM or SIGHUP ends:
// the run then starts nothing more and saves. The second leaves at once, which is
// safe, because the ledger is at every instant; but a terminal that closes may say
// so more than once, and what is on the wire should not be lost for that. Whoever
// started the program with nohup does not want to hear of it at all.
func interruptible(leave func(int)) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		for n := 0; ; n++ {
			s, open := <-signals
			if !open {
				return
			}
			code := exitTerminated
			if s == syscall.SIGINT {
				code = exitInterrupted
			}
			if n > 0 && s != syscall.SIGHUP {
				leave(code)
			}
			cancel(signalled{code})
		}
	}()
	return ctx, func() { signal.Stop(signals); close(signals); cancel(nil) }
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/report"
)

// The ways to write the log.
const (
	logText = "text"
	logJSON = "json"
)

// startLog begins the log, where one is wanted. It names rows by their number in
// the sheet alone: keys and values are personal. As JSON it has standard error to
// itself, but for what ends the command.
func (a *app) startLog(*cobra.Command, []string) error {
	handler, err := a.newLogHandler()
	if err != nil {
		return err
	}
	a.quiet = a.quiet || a.logFormat == logJSON
	a.log = slog.New(handler)
	if a.json {
		a.out = report.JSONWriter(a.screen.out)
	}
	return nil
}

func (a *app) newLogHandler() (slog.Handler, error) {
	switch a.logFormat {
	case "":
		return slog.DiscardHandler, nil
	case logJSON:
		return slog.NewJSONHandler(report.JSONWriter(a.screen.err), nil), nil
	case logText:
		if isTerminal(a.screen.err) {
			return tint.NewTextHandler(a.screen.err, &tint.Options{NoColor: os.Getenv("NO_COLOR") != ""}), nil
		}
		return slog.NewTextHandler(a.err, nil), nil
	}
	return nil, fail(exitUsage, fmt.Errorf("--log-format %q: want %s or %s", a.logFormat, logText, logJSON), "without it nothing is logged")
}

// logged has a log line written for everything that happens in a run.
func (a *app) logged(next func(engine.Happening)) func(engine.Happening) {
	if a.logFormat == "" {
		return next
	}
	return func(h engine.Happening) {
		a.logHappening(h)
		next(h)
	}
}

func (a *app) logHappening(h engine.Happening) {
	var fields []slog.Attr
	if h.Entry.Row > 0 {
		fields = append(fields, slog.Int("row", h.Entry.Row))
	}
	if job := wording.Clean(h.Entry.Ticket.Job); job != "" {
		fields = append(fields, slog.String("ticket", job))
	}
	if detail := wording.Clean(h.Detail); detail != "" {
		fields = append(fields, slog.String("detail", detail))
	}
	level := slog.LevelInfo
	if h.What == engine.Failed || h.What == engine.Unsure || h.What == engine.Held {
		level = slog.LevelWarn
	}
	a.log.LogAttrs(context.Background(), level, string(h.What), fields...)
}

// logBug writes a stack, for those who will mend the bug: nobody else sees it.
func (a *app) logBug(row int, err error, stack []byte) {
	a.log.Error("bug", slog.Int("row", row), slog.String("detail", wording.Clean(err.Error())), slog.String("stack", string(stack)))
}

// logPanic writes the stack of a panic that became an error, if it is one.
func (a *app) logPanic(err error) {
	var panicked *report.PanicError
	if errors.As(err, &panicked) {
		a.logBug(0, panicked, panicked.Stack)
	}
}

// logRun writes how a run begins and ends.
func (a *app) logRun(event, campaign string, fields ...any) {
	a.log.Info(event, append([]any{slog.String("campaign", wording.Clean(campaign))}, fields...)...)
}

package main

import (
	"context"
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

// startLog begins the log, if one is wanted. It names rows by their number in the sheet,
// because keys and values are personal data. A log as JSON has standard error to itself,
// except for the error that ends the command.
func (a *app) startLog(*cobra.Command, []string) error {
	handler, err := newLogHandler(a.terminal, a.logFormat)
	if err != nil {
		return err
	}
	a.quiet = a.quiet || a.logFormat == logJSON
	a.log = slog.New(handler)
	if a.json {
		a.out = report.JSONWriter(noting{a.screen.out, a.wrote})
	}
	return nil
}

func newLogHandler(t *terminal, format string) (slog.Handler, error) {
	switch format {
	case "":
		return slog.DiscardHandler, nil
	case logJSON:
		return slog.NewJSONHandler(report.JSONWriter(t.screen.err), nil), nil
	case logText:
		if isTerminal(t.screen.err) {
			return tint.NewTextHandler(t.screen.err, &tint.Options{NoColor: os.Getenv("NO_COLOR") != ""}), nil
		}
		return slog.NewTextHandler(t.err, nil), nil
	}
	return nil, fail(exitUsage, fmt.Errorf("--log-format %q: want %s or %s", format, logText, logJSON), "without it nothing is logged")
}

// logHappening logs one event of a run.
func logHappening(to *slog.Logger, h engine.Happening) {
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
	to.LogAttrs(context.Background(), level, string(h.What), fields...)
}

package reelmerge

import (
	"errors"
	"log/slog"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/report"
)

// logBug writes a stack for those who will mend the bug. It names rows by their
// number in the sheet alone: keys and values are personal.
func (c *Campaign) logBug(row int, err error, stack []byte) {
	c.options.Log.Error("bug", slog.Int("row", row), slog.String("detail", wording.Clean(err.Error())), slog.String("stack", string(stack)))
}

// logPanic writes the stack of a panic that became an error, if it is one.
func (c *Campaign) logPanic(err error) {
	if panicked, ok := errors.AsType[*report.PanicError](err); ok {
		c.logBug(0, panicked, panicked.Stack)
	}
}

// logRun writes how a run begins and ends.
func (c *Campaign) logRun(event string, fields ...any) {
	c.options.Log.Info(event, append([]any{slog.String("campaign", wording.Clean(c.file.Name))}, fields...)...)
}

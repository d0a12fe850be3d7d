package reelmerge

import (
	"errors"
	"log/slog"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/report"
)

// logBug logs the stack of a bug. It names a row by its number in the sheet alone,
// because keys and values are personal data.
func (c *Campaign) logBug(row int, err error, stack []byte) {
	c.options.Log.Error("bug", slog.Int("row", row), slog.String("detail", wording.Clean(err.Error())), slog.String("stack", string(stack)))
}

// logPanic writes the stack of a panic that became an error, if it is one.
func (c *Campaign) logPanic(err error) {
	if panicked, ok := errors.AsType[*report.PanicError](err); ok {
		c.logBug(0, panicked, panicked.Stack)
	}
}

// logRun logs the beginning or the end of a run.
func (c *Campaign) logRun(event string, fields ...any) {
	c.options.Log.Info(event, append([]any{slog.String("campaign", wording.Clean(c.file.Name))}, fields...)...)
}

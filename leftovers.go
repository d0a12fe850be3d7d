package reelmerge

import (
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// halfWritten are the names that this program alone gives, to files that it has not
// written to their end.
var halfWritten = regexp.MustCompile(`^(\.(` +
	`(results|send-ready|report|plan)(\.csv|\.xlsx|\.html)|stdin\.copy|status\.json|made\.json|peek\.json|ledger\.db|purge-[0-9TZ.]+\.json` +
	`)\.[0-9]+\.tmp|(ledger\.db|ledger\.bak|run\.json)\.new-[0-9]+|\.reelmerge-[0-9]+\.xlsx)$`)

// abandonedAfter is how long a file must have been left alone to be a kill's. Another
// process may be writing its results now.
const abandonedAfter = time.Hour

// sweep removes the files in the output folder that a kill left half-written: they have
// what rows said. One that cannot be removed does no harm, and purge names it.
func (c *Campaign) sweep() {
	entries, err := os.ReadDir(c.folder())
	if err != nil {
		return
	}
	for _, entry := range entries {
		path := filepath.Join(c.folder(), entry.Name())
		if !halfWritten.MatchString(entry.Name()) || !atomicfile.IsOrdinary(path) {
			continue
		}
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > abandonedAfter {
			_ = os.Remove(path)
		}
	}
}

package reelmerge

import (
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// halfWritten matches temporary names that only this program gives, to files that are not
// complete.
var halfWritten = regexp.MustCompile(`^(\.(` +
	`(results|send-ready|report|plan)(\.csv|\.xlsx|\.html)|stdin\.copy|status\.json|made\.json|peek\.json|ledger\.db|purge-[0-9TZ.]+\.json` +
	`)\.[0-9]+\.tmp|(ledger\.db|ledger\.bak|run\.json)\.new-[0-9]+|\.reelmerge-[0-9]+\.xlsx)$`)

// abandonedAfter is the age from which on such a file was left by a process that was
// killed. Another process may be writing a younger one now.
const abandonedAfter = time.Hour

// sweep removes the half-written files that a killed process left in the output folder:
// they contain values of rows. A file that cannot be removed does no harm, and purge
// names it.
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
		// Errors are ignored here: sweeping is only tidiness, and the next run tries
		// again.
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > abandonedAfter {
			_ = os.Remove(path)
		}
	}
}

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
	c.sweepFolder(c.folder(), halfWritten)
	for _, name := range handedFolders() {
		c.sweepFolder(c.path(name), halfHanded)
	}
}

// handedFolders are the folders of the output folder that hold files for mailings alone, or
// copies of the sheet.
func handedFolders() []string {
	return []string{mailFolder, stillKind.folder, gifKind.folder, sheetFolder}
}

// halfHanded matches the temporary names in such a folder.
var halfHanded = regexp.MustCompile(`^\..+\.(csv|tsv|xlsx|ods|jsonl|json|html|jpg|gif)\.[0-9]+\.tmp$`)

func (c *Campaign) sweepFolder(folder string, abandoned *regexp.Regexp) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if !abandoned.MatchString(entry.Name()) || !atomicfile.IsOrdinary(path) {
			continue
		}
		// Errors are ignored here: sweeping is only tidiness, and the next run tries
		// again.
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > abandonedAfter {
			_ = os.Remove(path)
		}
	}
}

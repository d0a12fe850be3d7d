package reelmerge

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
)

// removeRehearsals deletes scratch folders of this campaign that killed rehearsals left.
// A folder of another campaign, or of a rehearsal that is running, stays.
func (p *purging) removeRehearsals() error {
	found, err := filepath.Glob(filepath.Join(escapeGlob(os.TempDir()), rehearsalPrefix+"*"))
	if err != nil {
		return err
	}
	for _, folder := range found {
		switch owner := rehearsalOf(folder); {
		case owner == "":
			p.leave(folder)
		case !atomicfile.Same(owner, p.campaign.file.Output.Dir):
		case inUse(filepath.Join(folder, "out", "sandbox", ledgerFile)):
			p.leave(folder)
		default:
			if err := os.RemoveAll(folder); err != nil {
				return err
			}
			p.receipt.Files = append(p.receipt.Files, folder)
		}
	}
	return nil
}

// A scratch folder has a file in it that names the campaign. Without it a purge could not
// tell which rehearsal a folder in the shared temporary folder belongs to.
const (
	rehearsalPrefix   = "reelmerge-rehearsal-"
	rehearsalMarkFile = "rehearsal.json"
)

// rehearsalOwner names the campaign that is rehearsed, by its output folder.
type rehearsalOwner struct {
	Output string `json:"output"`
}

// markRehearsal writes the campaign's output folder into a new scratch folder, before
// anything else is in it: a killed rehearsal must be recognized by a later purge.
func (c *Campaign) markRehearsal(folder string) error {
	output, err := filepath.Abs(c.file.Output.Dir)
	if err != nil {
		return err
	}
	data, err := json.Marshal(rehearsalOwner{output})
	if err != nil {
		return err
	}
	return writeNew(filepath.Join(folder, rehearsalMarkFile), data)
}

// rehearsalOf returns the output folder that a scratch folder names, or "".
func rehearsalOf(folder string) string {
	info, err := os.Lstat(folder)
	mark := filepath.Join(folder, rehearsalMarkFile)
	if err != nil || !info.IsDir() || !atomicfile.IsOrdinary(mark) {
		return ""
	}
	data, err := os.ReadFile(mark)
	var owner rehearsalOwner
	if err != nil || json.Unmarshal(data, &owner) != nil {
		return ""
	}
	return owner.Output
}

// inUse reports whether a process has a ledger open.
func inUse(path string) bool {
	store, err := boltstore.OpenReadOnly(path, boltstore.Options{})
	if err == nil {
		return store.Close() != nil
	}
	var locked *ledger.LockedError
	return errors.As(err, &locked)
}

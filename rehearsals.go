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

// removeRehearsals deletes the scratch folders that killed rehearsals of this
// campaign left. One that is another's, or still at work, stays.
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

// rehearsalMarkFile says in a rehearsal's scratch folder whose it is.
const (
	rehearsalPrefix   = "reelmerge-rehearsal-"
	rehearsalMarkFile = "rehearsal.json"
)

// rehearsalOwner names the output folder of the campaign that is rehearsed.
type rehearsalOwner struct {
	Output string `json:"output"`
}

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

// rehearsalOf returns the mark of a scratch folder; empty when it has none.
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

// inUse reports whether a process holds a ledger.
func inUse(path string) bool {
	store, err := boltstore.OpenReadOnly(path, boltstore.Options{})
	if err == nil {
		return store.Close() != nil
	}
	var locked *ledger.LockedError
	return errors.As(err, &locked)
}

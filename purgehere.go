package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/inventory"
	"github.com/reelmerge/reelmerge/ledger"
)

// isWhere refuses a ledger file that is a link. The new file would replace the link, and
// the old values would stay in the file that it leads to.
func (c *Campaign) isWhere(name string) error {
	target, err := os.Readlink(c.path(name))
	if err != nil {
		return nil // it is no link
	}
	return fail(Usage, fmt.Errorf("%q is a link to %q, and the values of the rows would stay there; nothing was forgotten", c.path(name), target),
		"put the file itself in the place of the link, and purge again")
}

// removeCopies deletes the files that were made from the rows or the ledger, and
// temporary files of a killed process. Outputs can be written anew. A file that is not
// surely ours stays, and the receipt names it.
func (p *purging) removeCopies() error {
	p.receipt.Files = []string{}
	if err := p.removeMade(); err != nil {
		return err
	}
	folder := p.campaign.folder()
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		switch {
		// Files without an inventory entry are deleted only if their content proves that
		// they are ours.
		case p.isLeftover(path):
			if err := p.remove(path); err != nil {
				return err
			}
		case looksMade(entry.Name()) && !atomicfile.Same(path, p.campaign.file.Rows.File):
			p.leave(path)
		}
	}
	for _, name := range handedFolders() {
		if err := p.emptyFolder(p.campaign.path(name)); err != nil {
			return err
		}
	}
	return p.removeRehearsals()
}

// emptyFolder deletes what a killed process left half-written in a folder for mailings, and
// the folder itself if nothing else is in it.
func (p *purging) emptyFolder(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil // there is none
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if !halfHanded.MatchString(entry.Name()) || !atomicfile.IsOrdinary(path) {
			p.leave(path)
			continue
		}
		if err := p.remove(path); err != nil {
			return err
		}
	}
	_ = os.Remove(folder) // it stays if a file stays in it
	return nil
}

// removeMade deletes the files of the inventory that are in the folder.
func (p *purging) removeMade() error {
	made := p.campaign.made()
	paths, err := made.Made()
	if err != nil {
		return err
	}
	for _, path := range paths {
		if !made.Holds(path) {
			if atomicfile.IsThere(path) {
				p.outside = append(p.outside, path)
			}
			continue
		}
		removed, err := made.Remove(path)
		var refused *inventory.RefusedError
		switch {
		case errors.As(err, &refused):
			if !atomicfile.Same(path, p.campaign.file.Rows.File) {
				p.leave(path)
			}
		case err != nil:
			return err
		case removed:
			p.receipt.Files = append(p.receipt.Files, p.nameless(path))
		}
	}
	return nil
}

func (p *purging) remove(path string) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	p.receipt.Files = append(p.receipt.Files, p.nameless(path))
	return nil
}

// leave notes a file that stays, for the receipt.
func (p *purging) leave(path string) {
	name := p.nameless(path)
	if whole := p.campaign.inFolder(path); whole != name {
		p.campaign.note("%s is left as it is", whole)
	}
	if !slices.Contains(p.receipt.Left, name) {
		p.receipt.Left = append(p.receipt.Left, name)
	}
}

// nameless is a file as the receipt has it. Pictures have the names of videos, and those the
// keys of rows, which a receipt must not keep.
func (p *purging) nameless(path string) string {
	name := p.campaign.inFolder(path)
	for _, kind := range []pictureKind{stillKind, gifKind} {
		if filepath.Dir(name) == kind.folder {
			return filepath.Join(kind.folder, "…"+kind.extension)
		}
	}
	return name
}

// Names that this program gives to files, and that people may give as well.
var (
	damagedName = regexp.MustCompile(`^ledger\.damaged-`)
	commonName  = regexp.MustCompile(`^((results|send-ready|report|plan)( \(new.*\))?\.(csv|xlsx|html)|stdin\.copy|status\.json|ledger\.bak|ledger\.damaged-.*|\..*\.tmp|ledger\.(db|bak)\.new-.*)$`)
)

// looksMade reports whether a file has a name that outputs usually have.
func looksMade(name string) bool { return commonName.MatchString(name) }

// isLeftover reports whether the content of a file shows that it belongs to this ledger.
func (p *purging) isLeftover(path string) bool {
	name := filepath.Base(path)
	switch {
	case !atomicfile.IsOrdinary(path):
		return false
	case name == statusFile:
		return isStatus(path)
	case name == backupFile, damagedName.MatchString(name):
		return isCopyOf(p.id, path)
	}
	return halfWritten.MatchString(name)
}

// escapeGlob keeps the characters of a folder's name from being read as a pattern. On
// Windows the escape character is the separator, so there is no escape.
func escapeGlob(path string) string {
	if filepath.Separator == '\\' {
		return path
	}
	var escaped []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			escaped = append(escaped, '\\')
		}
		escaped = append(escaped, r)
	}
	return string(escaped)
}

// forgetForGood has the ledger forget what events have purged. In a database it forgets its
// documents as well; that the campaign holds is kept, without the reason, which may name a
// person: a machine that stands by must not go on because of a purge.
func (p *purging) forgetForGood(ctx context.Context) error {
	many, shared := p.keeper.(ledger.Shared)
	if !shared {
		return p.keeper.Purge(ctx, p.refused)
	}
	name := ledger.DocumentOf(p.id, holdDocument)
	var h hold
	if err := readDocument(ctx, many, name, &h); err != nil {
		return err
	}
	if err := p.keeper.Purge(ctx, p.refused); err != nil || h.Why == "" {
		return err
	}
	h.Why = "a run held before rows were purged"
	return writeDocument(ctx, many, name, h)
}

// forgetLearnt removes what the campaign's videos taught about voices, when the whole
// campaign is purged. It holds numbers and ids of voices alone.
func (p *purging) forgetLearnt() error {
	if len(p.options.Rows) > 0 {
		return nil
	}
	gone, err := p.campaign.forgetVoices()
	if err != nil {
		return fail(Bug, fmt.Errorf("forget what was learnt about voices: %w", err), "delete the file yourself; reelmerge config shows it")
	}
	if gone != "" {
		p.receipt.Files = append(p.receipt.Files, gone)
	}
	return nil
}

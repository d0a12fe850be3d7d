package reelmerge

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/inventory"
)

// made is the inventory of the output folder. The files that the command reads, and those
// of the ledger, are its inputs: no output may replace them.
func (c *Campaign) made() *inventory.Inventory {
	if c.inventory == nil {
		c.inventory = inventory.New(c.folder(), c.madeBefore, c.inputs()...)
	}
	return c.inventory
}

func (c *Campaign) inputs() []inventory.Input {
	list := []inventory.Input{{What: "the campaign", Path: c.file.Path}, {What: "the template", Path: c.file.Template},
		{What: "the file of corrections", Path: c.CorrectionsFile()},
		{What: "the table of prices", Path: c.file.Prices.Table}, {What: "the file of the token", Path: c.file.Provider.TokenFile},
		{What: "the simulator's memory", Path: c.sandboxState()},
	}
	// A copy of a sheet at a web address is an output of ours.
	if c.file.Rows.Link.Empty() {
		list = append(list, inventory.Input{What: "the sheet", Path: c.file.Rows.File})
	}
	for _, name := range []string{ledgerFile, ledgerFile + ".lock", backupFile, runFile, statusFile, peekFile} {
		list = append(list, inventory.Input{What: "a file of the ledger", Path: c.path(name)})
	}
	return list
}

// vetOutputs refuses output files that must not be written, before anything is read or
// written.
func (c *Campaign) vetOutputs(paths ...string) error {
	for _, path := range paths {
		if path == "" {
			continue
		}
		if err := c.made().Vet(path); err != nil {
			return unwritable(err)
		}
	}
	return nil
}

// unwritable is the error for an output that is not written, with a cure.
func unwritable(err error) error {
	var refused *inventory.RefusedError
	if errors.As(err, &refused) {
		return fail(Usage, err, "choose another name, or move that file elsewhere first")
	}
	return fail(Usage, err, "choose a file in a folder that is there and that you may write")
}

// output is a file that a command writes.
type output struct {
	path  string
	named bool // a person chose the path, so no other name is taken instead
	// shared says that others may read the file, as far as the umask lets them. It is for
	// pages that a person hands on; files with all rows are for their owner alone.
	shared bool
}

// write writes an output as a whole or not at all, and returns its path. An error of fill
// is returned as it is.
func (c *Campaign) write(o output, fill func(io.Writer) error) (string, error) {
	create := c.made().CreateBeside
	if o.named {
		create = c.made().Create
	}
	file, err := create(o.path)
	if err != nil {
		return "", unwritable(err)
	}
	defer file.Discard()
	if o.shared {
		err = file.Share()
	}
	if err == nil {
		err = fill(file)
	}
	if err != nil {
		return "", err
	}
	// Only the commit gives the file its name: a reader never sees half of it.
	written, err := file.Commit()
	var refused *inventory.RefusedError
	if errors.As(err, &refused) {
		return "", unwritable(err)
	}
	c.tellBeside(o.path, written)
	return written.Path, err
}

// tellBeside tells a person that a file has another name than asked for, and why.
func (c *Campaign) tellBeside(asked string, written inventory.Written) {
	var inUse *atomicfile.InUseError
	var refused *inventory.RefusedError
	switch {
	case errors.As(written.Why, &inUse):
		c.note("note: %s is open in another program; this one is %s", asked, written.Path)
	case errors.As(written.Why, &refused):
		c.note("note: %s is left as it is, since %s; this one is %s", asked, refused.Why, written.Path)
	}
}

// Save writes the campaign to a file as it was opened, so that it can be opened by the
// path alone. A file that is not of this campaign stays, and is an error.
func (c *Campaign) Save(path string) error {
	data, err := c.encode(path)
	if err != nil {
		return err
	}
	file, err := c.made().Create(path)
	if err != nil {
		return unwritable(fmt.Errorf("save campaign: %w", err))
	}
	defer file.Discard()
	file.KeepOnPurge()
	if _, err = file.Write(data); err == nil {
		_, err = file.Commit()
	}
	if err != nil {
		return unwritable(fmt.Errorf("save campaign: %w", err))
	}
	return nil
}

// MaySave returns why the campaign cannot be saved under a path, without writing.
func (c *Campaign) MaySave(path string) error {
	if err := c.vetOutputs(path); err != nil {
		return err
	}
	_, err := c.encode(path)
	return err
}

func (c *Campaign) encode(path string) ([]byte, error) {
	data, err := c.file.Encode(path)
	if err != nil {
		return nil, fail(Usage, fmt.Errorf("save campaign %q: %w", path, err), "write the campaign file by hand")
	}
	return data, nil
}

// vetFolder refuses a folder in which another program has made a file that a run would
// overwrite. A new ledger begins the inventory itself.
func (c *Campaign) vetFolder(exists bool) error {
	if exists {
		if err := c.beginInventory(); err != nil {
			return err
		}
	}
	// A run writes status.json every second, without asking the inventory each time.
	if path := c.path(statusFile); atomicfile.IsThere(path) && !isStatus(path) {
		return unwritable(&inventory.RefusedError{Path: path, Why: "it is no status of a run, and that belongs there"})
	}
	return nil
}

// beginInventory makes made.json where there is none.
func (c *Campaign) beginInventory() error {
	err := c.made().Begin()
	var refused *inventory.RefusedError
	if errors.As(err, &refused) {
		return unwritable(err)
	}
	return ledgerFailure(err)
}

// inFolder writes the path of a file in the output folder as people see it.
func (c *Campaign) inFolder(path string) string {
	if relative, err := filepath.Rel(c.folder(), path); err == nil && filepath.IsLocal(relative) {
		return relative
	}
	return path
}

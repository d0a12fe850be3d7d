package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/inventory"
)

// made is the inventory of the output folder. What the command reads, and what the
// ledger needs, are its inputs: no output takes their place.
func (s *setup) made() *inventory.Inventory {
	if s.inventory == nil {
		s.inventory = inventory.New(s.folder(), s.madeBefore, s.inputs()...)
	}
	return s.inventory
}

func (s *setup) inputs() []inventory.Input {
	list := []inventory.Input{
		{What: "the sheet", Path: s.Rows.File}, {What: "the campaign", Path: s.Path}, {What: "the template", Path: s.Template},
		{What: "the table of prices", Path: s.Prices.Table}, {What: "the file of the token", Path: s.Provider.TokenFile},
		{What: "the simulator's memory", Path: s.sandboxState()},
	}
	for _, name := range []string{ledgerFile, ledgerFile + ".lock", backupFile, runFile, statusFile} {
		list = append(list, inventory.Input{What: "a file of the ledger", Path: s.path(name)})
	}
	return list
}

// vetOutputs refuses files that a person chose for outputs, before anything is
// read or written.
func (s *setup) vetOutputs(paths ...string) error {
	for _, path := range paths {
		if path == "" {
			continue
		}
		if err := s.made().Vet(path); err != nil {
			return unwritable(err)
		}
	}
	return nil
}

// unwritable ends a command whose output is not written, with a cure.
func unwritable(err error) error {
	var refused *inventory.RefusedError
	if errors.As(err, &refused) {
		return fail(exitUsage, err, "choose another name, or move that file elsewhere first")
	}
	return fail(exitUsage, err, "choose a file in a folder that is there and that you may write")
}

// output is a file that a command writes.
type output struct {
	setup *setup
	path  string
	named bool // by a person, so that it is written under no other name
}

// write writes an output as a whole or not at all, and returns where it is. An
// error of fill is returned as it is.
func (a *app) write(o output, fill func(io.Writer) error) (string, error) {
	create := o.setup.made().CreateBeside
	if o.named {
		create = o.setup.made().Create
	}
	file, err := create(o.path)
	if err != nil {
		return "", unwritable(err)
	}
	defer file.Discard()
	if err := fill(file); err != nil {
		return "", err
	}
	written, err := file.Commit()
	var refused *inventory.RefusedError
	if errors.As(err, &refused) {
		return "", unwritable(err)
	}
	a.tellBeside(o.path, written)
	return written.Path, err
}

// tellBeside says that a file is not where it was asked for, and why.
func (a *app) tellBeside(asked string, written inventory.Written) {
	var inUse *atomicfile.InUseError
	var refused *inventory.RefusedError
	switch {
	case errors.As(written.Why, &inUse):
		a.say("note: %s is open in another program; this one is %s", asked, written.Path)
	case errors.As(written.Why, &refused):
		a.say("note: %s is left as it is, since %s; this one is %s", asked, refused.Why, written.Path)
	}
}

// tellWritten says that a file was written that a person asked for.
func (a *app) tellWritten(path string) { a.say("wrote %s", path) }

// saving is a campaign that is written down when the command has succeeded.
type saving struct {
	made *inventory.Inventory // a rehearsal gets another one
	path string
	data []byte
}

// prepareSave encodes the campaign as it was typed, if it is to be saved.
func (a *app) prepareSave(s *setup, path string) error {
	if path == "" {
		return nil
	}
	if err := s.vetOutputs(path); err != nil {
		return err
	}
	data, err := s.Encode(path)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("save campaign %q: %w", path, err), "write the campaign file by hand")
	}
	a.saving = &saving{s.made(), path, data}
	return nil
}

// saveAfter makes every command save the campaign at its end.
func (a *app) saveAfter(root *cobra.Command) {
	for _, c := range root.Commands() {
		a.saveAfter(c)
		if run := c.RunE; run != nil {
			c.RunE = func(c *cobra.Command, args []string) error { return a.save(run(c, args)) }
		}
	}
}

// save writes the campaign down, unless the command failed.
func (a *app) save(err error) error {
	switch codeOf(err) {
	case exitBug, exitUsage, exitLocked, exitLedger:
		return err
	}
	if a.saving == nil {
		return err
	}
	if failed := a.saving.write(); failed != nil {
		failed = unwritable(fmt.Errorf("save campaign: %w", failed))
		if a.mayHaveSent {
			return concluded(codeOf(err), "", failed)
		}
		return failed
	}
	a.tellWritten(a.saving.path)
	return err
}

func (v *saving) write() error {
	file, err := v.made.Create(v.path)
	if err != nil {
		return err
	}
	defer file.Discard()
	file.KeepOnPurge()
	if _, err := file.Write(v.data); err != nil {
		return err
	}
	_, err = file.Commit()
	return err
}

// vetFolder refuses to begin where a file of a name that the program needs was made
// by another one: the run would write over it. A new ledger begins its inventory
// itself.
func (s *setup) vetFolder(exists bool) error {
	if exists {
		if err := s.beginInventory(); err != nil {
			return err
		}
	}
	if path := s.path(statusFile); isThere(path) && !isStatus(path) {
		return unwritable(&inventory.RefusedError{Path: path, Why: "it is no status of a run, and that belongs there"})
	}
	return nil
}

// beginInventory makes made.json where there is none.
func (s *setup) beginInventory() error {
	err := s.made().Begin()
	var refused *inventory.RefusedError
	if errors.As(err, &refused) {
		return unwritable(err)
	}
	return ledgerFailure(err)
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// inFolder returns a file of the output folder as people see it.
func (s *setup) inFolder(path string) string {
	if relative, err := filepath.Rel(s.folder(), path); err == nil && filepath.IsLocal(relative) {
		return relative
	}
	return path
}

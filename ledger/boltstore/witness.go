package boltstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// witness is run.json. It stands beside the ledger and names it, so that a ledger which
// was emptied, deleted or swapped is missed. Each run is counted in it before the run
// sends anything, and each intent before its request may leave, so that an earlier copy
// is noticed as well. The members that change most come first: they lie within the first
// sector, which a disk writes whole or not at all.
type witness struct {
	Runs     uint64          `json:"runs"`
	Intents  *uint64         `json:"intents,omitempty"` // nil: an earlier version wrote it, and did not count them
	Host     string          `json:"host,omitempty"`    // of the last writer
	Time     time.Time       `json:"time,omitzero"`     // of its last change
	Restored time.Time       `json:"restored,omitzero"` // as in the record of the latest run
	Ledger   ledger.Identity `json:"ledger"`
	Store    string          `json:"store,omitempty"` // the database that has the ledger; it is no file then
	Name     string          `json:"name,omitempty"`  // of the ledger there
}

func witnessPath(path string) string { return filepath.Join(filepath.Dir(path), "run.json") }

// readWitness returns the contents of run.json, and whether the file exists. A file that
// cannot be read is an error, since it may name a ledger.
func readWitness(path string) (w witness, known bool, err error) {
	data, err := readRegular(witnessPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return w, false, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &w)
	}
	if err == nil && w.Store != "" {
		return w, true, &ledger.MovedError{Store: w.Store, Ledger: w.Name}
	}
	if err == nil && w.Ledger.ID == "" {
		err = errors.New("it names no ledger")
	}
	if err != nil {
		return witness{}, false, fmt.Errorf("read %q: %w", witnessPath(path), err)
	}
	return w, true, nil
}

// expected compares the ledger with run.json. A ledger that was swapped is refused even
// when a person accepts an earlier copy: it is about other rows.
func (s *Store) expected() error {
	w, known, err := readWitness(s.path)
	s.last = w
	switch {
	case w.Store != "":
		return err
	case known && w.Ledger.ID != s.summary.Identity.ID:
		return fmt.Errorf("%w: it is %s, and %s names %s: they were swapped",
			ledger.ErrForeign, s.summary.Identity.ID, witnessPath(s.path), w.Ledger.ID)
	case s.older:
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w", ledger.ErrUnproven, err)
	case !known && s.totals.runs+s.totals.intents > 0:
		return fmt.Errorf("%w: %s is gone", ledger.ErrUnproven, witnessPath(s.path))
	}
	return s.latest(w)
}

// latest refuses a ledger that knows less than run.json does: what was sent since that copy
// was made is not in it, and would be sent and paid for again.
func (s *Store) latest(w witness) error {
	switch {
	case w.Runs > s.totals.runs:
		return fmt.Errorf("%w: it knows of %d runs, and %s of %d", ledger.ErrOlder, s.totals.runs, witnessPath(s.path), w.Runs)
	case w.Intents != nil && *w.Intents > s.totals.intents:
		return fmt.Errorf("%w: it knows of %d requests, and %s of %d", ledger.ErrOlder, s.totals.intents, witnessPath(s.path), *w.Intents)
	case w.Restored.After(s.restored()):
		return fmt.Errorf("%w: it does not know that a copy was restored in its place on %s", ledger.ErrOlder, w.Restored.Format(time.RFC3339))
	}
	return nil
}

// restored is when an earlier copy became this ledger for the last time.
func (s *Store) restored() (at time.Time) {
	if s.summary.Run != nil {
		at = s.summary.Run.Restored
	}
	return at
}

// Elsewhere implements [ledger.Keeper], as far as run.json says so.
func (s *Store) Elsewhere() (name string, at time.Time) {
	if s.last.Host == host() {
		return "", time.Time{}
	}
	return s.last.Host, s.last.Time
}

// Vouch implements [ledger.Keeper]. It writes run.json anew from this ledger, durably. It
// may be called only when a person says so: no program can know that this is the latest
// copy.
func (s *Store) Vouch(ctx context.Context) error {
	if err := s.turn.wait(ctx); err != nil {
		return err
	}
	defer s.turn.leave()
	if err := s.poisoned(); err != nil {
		return err
	}
	s.older = false
	return s.renew(s.witness())
}

// Distrust implements [ledger.Keeper]. It makes run.json name one run more than the ledger
// knows of, so that the ledger is [ledger.ErrOlder] until a run is recorded in it.
func (s *Store) Distrust(ctx context.Context) error {
	if err := s.turn.wait(ctx); err != nil {
		return err
	}
	defer s.turn.leave()
	if err := s.poisoned(); err != nil {
		return err
	}
	s.older = true
	w := s.witness()
	w.Runs++
	return s.renew(w)
}

// witness returns the present contents of run.json.
func (s *Store) witness() witness {
	intents := s.totals.intents
	return witness{
		Runs: s.totals.runs, Intents: &intents, Host: host(), Time: time.Now().UTC().Truncate(time.Second),
		Restored: s.restored(), Ledger: s.summary.Identity,
	}
}

// testify counts in run.json what a commit added. A run is counted durably. An intent is
// written without a sync, so that commits stay quick: a killed process leaves it written
// all the same, and after a loss of power the file may be behind, which
// only makes it a weaker witness. An accepted earlier copy is counted from its next run
// on, so that a crash before that leaves it refused.
func (s *Store) testify(before totals) error {
	switch {
	case s.totals.runs > before.runs:
		s.older = false
		return s.renew(s.witness())
	case s.older || s.totals.intents == before.intents:
		return nil
	}
	return s.note(s.witness())
}

// note overwrites run.json in its place, with one write and without a sync. A text of
// another length needs a new file, since half of such a write could be lost.
func (s *Store) note(w witness) error {
	text, err := w.text()
	if err != nil {
		return err
	}
	if s.beside == nil || len(text) != s.besideSize || len(text) > onePage {
		return s.renew(w)
	}
	_, err = s.beside.WriteAt(text, 0)
	return err
}

// renew gives run.json a new file, durably, and keeps it open.
func (s *Store) renew(w witness) error {
	text, err := w.text()
	if err != nil {
		return err
	}
	if err := errors.Join(s.forgetBeside(), writeWitness(s.path, w)); err != nil {
		return err
	}
	s.behind = false
	s.besideSize = len(text)
	s.beside, err = os.OpenFile(witnessPath(s.path), os.O_RDWR, 0)
	return err
}

// depart makes run.json durable when the store is closed, at the place where the ledger
// lies now. While the store was open, only runs were synced; see testify.
func (s *Store) depart() error {
	switch {
	case !s.behind || s.older || s.poisoned() != nil:
		return s.forgetBeside()
	case s.atItsPath() == nil:
		return errors.Join(s.renew(s.witness()), s.forgetBeside())
	case s.beside == nil:
		return nil
	}
	return errors.Join(s.beside.Sync(), s.forgetBeside()) // the folder was moved, and the file with it
}

// forgetBeside closes run.json, at the end or before another file replaces it.
func (s *Store) forgetBeside() error {
	f := s.beside
	if s.beside = nil; f == nil {
		return nil
	}
	return f.Close()
}

// A note fills whole sectors, so that the next one has the same length, and never
// more than one page, which the system takes over whole.
const (
	noteRoom = 512
	onePage  = 4096
)

// text is the witness as a file.
func (w witness) text() ([]byte, error) {
	data, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return nil, err
	}
	room := noteRoom - len(data)%noteRoom
	return append(append(data, bytes.Repeat([]byte{' '}, room-1)...), '\n'), nil
}

// writeWitness replaces run.json, durably.
func writeWitness(path string, w witness) error {
	data, err := w.text()
	if err != nil {
		return err
	}
	return replaceFile(witnessPath(path), func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}

// replaceFile writes a file under a temporary name, makes it durable, and then gives it
// its name. A crash leaves the old file or the new one.
func replaceFile(path string, write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(f.Name())))
	}
	return syncFolder(path)
}

package boltstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/reelmerge/reelmerge/ledger"
)

// witness is run.json: it stands beside the ledger and names it, so that a ledger
// that was emptied, deleted or swapped is missed. Each run is counted in it before
// the run sends anything, so that an earlier copy is noticed as well.
type witness struct {
	Ledger ledger.Identity `json:"ledger"`
	Runs   uint64          `json:"runs"`
}

func witnessPath(path string) string { return filepath.Join(filepath.Dir(path), "run.json") }

// readWitness returns what run.json says, and whether there is a run.json. A file
// that cannot be read is an error: it may name a ledger.
func readWitness(path string) (w witness, known bool, err error) {
	data, err := os.ReadFile(witnessPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return w, false, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &w)
	}
	if err == nil && w.Ledger.ID == "" {
		err = errors.New("it names no ledger")
	}
	if err != nil {
		return witness{}, false, fmt.Errorf("read %q: %w", witnessPath(path), err)
	}
	return w, true, nil
}

// witnessed writes run.json where it is missing or unreadable: the last crash may
// have come between the ledger and its name.
func witnessed(s *Store) error {
	if _, known, err := readWitness(s.path); known && err == nil {
		return nil
	}
	if err := writeWitness(s.path, witness{s.summary.Identity, s.totals.runs}); err != nil {
		return errors.Join(err, s.db.Close())
	}
	return nil
}

func writeWitness(path string, w witness) error {
	data, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(witnessPath(path), func(f *os.File) error {
		_, err := f.Write(append(data, '\n'))
		return err
	})
}

// replaceFile writes a file under another name, makes it durable, and gives it its
// name: a crash leaves the old file or the new one.
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

package inventory

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// File is new content on its way to a path. It takes its place with
// [File.Commit], which notes it in the inventory first.
type File struct {
	inventory *Inventory
	file      *atomicfile.File
	path      string
	sum       hash.Hash
	beside    bool
	keep      bool
	of        string
}

// Create begins a file of a name that has to be. Where something is that is not
// ours it refuses. Defer Discard.
func (v *Inventory) Create(path string) (*File, error) {
	if err := v.refusal(path); err != nil {
		return nil, err
	}
	return v.draft(path, false)
}

// CreateBeside begins a file that may take another name: "results (new).csv",
// where "results.csv" is not ours.
func (v *Inventory) CreateBeside(path string) (*File, error) { return v.draft(path, true) }

func (v *Inventory) draft(path string, beside bool) (*File, error) {
	file, err := atomicfile.Create(path)
	if err != nil {
		return nil, err
	}
	return &File{inventory: v, file: file, path: path, sum: sha256.New(), beside: beside}, nil
}

// Write appends to the new content.
func (f *File) Write(p []byte) (int, error) {
	_, _ = f.sum.Write(p) // a hash never fails
	return f.file.Write(p)
}

// Share makes the file one that others may read; see [atomicfile.File.Share].
func (f *File) Share() error { return f.file.Share() }

// Discard removes what was written; after a commit it does nothing.
func (f *File) Discard() { f.file.Discard() }

// KeepOnPurge says that the file tells nothing of any row.
func (f *File) KeepOnPurge() { f.keep = true }

// MadeOf says what the file was made of, by a hash of that; see [Inventory.Standing].
func (f *File) MadeOf(source string) { f.of = source }

// Written is where a file is.
type Written struct {
	Path string
	Why  error // it is not where it was asked for; nil when it is
}

// Commit gives the content its name. While another program has that file open,
// and where it is not ours and need not be, it takes a name beside it.
func (f *File) Commit() (w Written, err error) {
	w.Path, err = atomicfile.PutBeside(f.path, f.commitAs, func(err error, n int) bool {
		if w.Why == nil {
			w.Why = err
		}
		var refused *RefusedError
		var inUse *atomicfile.InUseError
		return errors.As(err, &refused) && (f.beside || n > 0) || errors.As(err, &inUse)
	})
	if err != nil {
		return Written{}, err
	}
	return w, nil
}

// commitAs notes the new content before the file gets its name. After a kill in between,
// the inventory knows both the old file and the new one.
func (f *File) commitAs(path string) error {
	v := f.inventory
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.load()
	if err != nil {
		return err
	}
	old, err := v.judge(r, path)
	if err != nil {
		return err
	}
	made := note{SHA256: []string{hex.EncodeToString(f.sum.Sum(nil))}, Keep: f.keep, Of: f.of}
	if old != "" && old != made.SHA256[0] {
		made.SHA256 = append([]string{old}, made.SHA256...)
	}
	r.Files[v.key(path)] = made
	if err := v.save(r); err != nil {
		return err
	}
	return f.file.CommitAs(path)
}

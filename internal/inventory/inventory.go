// Package inventory knows which files a ledger made, so that no other file is
// written over or deleted.
//
// The inventory is the file made.json in the output folder. It names each file
// that was written, with the SHA-256 of its content. A file may be replaced or
// deleted only while it holds what was written to it: then it is still ours.
package inventory

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// Name is the file name of the inventory in the output folder.
const Name = "made.json"

// Input is a file that is never written over nor deleted, even if the inventory lists it:
// one that the command reads, or one of the ledger's own.
type Input struct {
	What string // it is, as "the sheet"
	Path string
}

// Inventory lists the files that one ledger has made. Its methods may be called from
// several goroutines.
type Inventory struct {
	dir    string
	inputs []Input
	adopt  func() []string
	mu     sync.Mutex
}

// New returns the inventory of an output folder. Adopt names the files that the ledger
// made before it had an inventory; it is called while there is none.
func New(dir string, adopt func() []string, inputs ...Input) *Inventory {
	own := Input{"the inventory of the output folder", filepath.Join(dir, Name)}
	return &Inventory{dir: dir, inputs: append(inputs, own), adopt: adopt}
}

// RefusedError says why a file is neither written over nor deleted.
type RefusedError struct {
	Path string
	Why  string
}

// Error names the file.
func (e *RefusedError) Error() string { return fmt.Sprintf("%q is left as it is: %s", e.Path, e.Why) }

// record is the document of made.json.
type record struct {
	Files map[string]note `json:"files"` // by place: see [Inventory.key]
}

// note is one file that was made. Of its contents the last is on its way when a
// kill came before it got its name, so the one before it counts as well.
type note struct {
	SHA256 []string `json:"sha256"`
	Keep   bool     `json:"keep,omitempty"` // it says nothing of any row
	Of     string   `json:"of,omitempty"`   // what it was made of, by a hash of that
}

// Begin makes the inventory where there is none. Where there is something else
// of its name it refuses.
func (v *Inventory) Begin() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.load()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(v.path()); err == nil {
		return nil
	}
	return v.save(r)
}

// Vet refuses a path that a person chose for an output: one in a folder that is
// not there, and one of a file that is not ours.
func (v *Inventory) Vet(path string) error {
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("write %q: there is no folder %q", path, folder)
	}
	return v.refusal(path)
}

// Allows refuses a path of a file that is not ours. Its folder may be missing.
func (v *Inventory) Allows(path string) error { return v.refusal(path) }

// refusal is why a path may not be written; nil when it is free, or ours.
func (v *Inventory) refusal(path string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.load()
	if err == nil {
		_, err = v.judge(r, path)
	}
	return err
}

// Made lists the files that were made from rows, wherever they are.
func (v *Inventory) Made() ([]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.load()
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, key := range slices.Sorted(maps.Keys(r.Files)) {
		if r.Files[key].Keep {
			continue
		}
		if path := filepath.FromSlash(key); filepath.IsAbs(path) {
			paths = append(paths, path)
		} else {
			paths = append(paths, filepath.Join(v.dir, path))
		}
	}
	return paths, nil
}

// Standing says which of some files are still ours, whole and made of what their path is
// mapped to.
func (v *Inventory) Standing(of map[string]string) (map[string]bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.load()
	if err != nil {
		return nil, err
	}
	standing := map[string]bool{}
	for path, source := range of {
		known, made := r.Files[v.key(path)]
		if !made || known.Of != source {
			continue
		}
		hash, err := v.judge(r, path)
		// After a kill the file may be the one before the last.
		standing[path] = err == nil && hash != "" && hash == known.SHA256[len(known.SHA256)-1]
	}
	return standing, nil
}

// Holds reports whether a path is in the output folder.
func (v *Inventory) Holds(path string) bool { return !filepath.IsAbs(filepath.FromSlash(v.key(path))) }

// Remove deletes a file that is still ours, and reports whether it was there. Any
// other is a [*RefusedError].
func (v *Inventory) Remove(path string) (removed bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.load()
	if err != nil {
		return false, err
	}
	if _, err := v.judge(r, path); err != nil {
		return false, err
	}
	err = os.Remove(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	delete(r.Files, v.key(path))
	return err == nil, v.save(r)
}

// judge returns the SHA-256 of a file that is ours, nothing when there is no file,
// and otherwise why it must stay as it is.
func (v *Inventory) judge(r record, path string) (hash string, err error) {
	if what := v.input(path); what != "" {
		return "", &RefusedError{path, "it is " + what}
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case info.Mode()&fs.ModeSymlink != 0:
		return "", &RefusedError{path, "it is a link"}
	case !info.Mode().IsRegular():
		return "", &RefusedError{path, "it is no ordinary file"}
	}
	known, made := r.Files[v.key(path)]
	if !made {
		return "", &RefusedError{path, "this campaign's ledger did not make it"}
	}
	if hash, err = sumOf(path); err != nil {
		return "", err
	}
	if !slices.Contains(known.SHA256, hash) {
		return "", &RefusedError{path, "it was changed since it was written"}
	}
	return hash, nil
}

// input says which input a path leads to, if it leads to one.
func (v *Inventory) input(path string) string {
	for _, in := range v.inputs {
		if in.Path != "" && in.Path != "-" && same(in.Path, path) {
			return in.What
		}
	}
	return ""
}

// same reports whether two paths lead to one file, through links or in another spelling.
// For files that are not there yet it compares their places.
func same(a, b string) bool {
	one, err1 := os.Stat(a)
	other, err2 := os.Stat(b)
	if err1 == nil || err2 == nil {
		return err1 == nil && err2 == nil && os.SameFile(one, other)
	}
	return strings.EqualFold(place(a), place(b))
}

// place is a path by which a file is known: the links on the way to its folder
// are followed, since the same folder has one name then.
func place(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	folder, name := filepath.Split(path)
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	return filepath.Join(folder, name)
}

// key is the place of a file in the inventory. In the folder it is relative, so
// that a folder may be moved.
func (v *Inventory) key(path string) string {
	path = place(path)
	relative, err := filepath.Rel(filepath.Dir(place(v.path())), path)
	if err != nil || !filepath.IsLocal(relative) {
		relative = path
	}
	return filepath.ToSlash(relative)
}

func (v *Inventory) path() string { return filepath.Join(v.dir, Name) }

// load reads the inventory. If there is none, it has the adopted files.
func (v *Inventory) load() (r record, err error) {
	info, err := os.Lstat(v.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return v.adopted()
	case err != nil:
		return r, err
	case !info.Mode().IsRegular():
		return r, &RefusedError{v.path(), "it is no ordinary file, and the inventory of the output folder belongs there"}
	}
	data, err := os.ReadFile(v.path())
	if err != nil {
		return r, err
	}
	if json.Unmarshal(data, &r) != nil || r.Files == nil {
		return r, &RefusedError{v.path(), "it is no inventory, and that of the output folder belongs there"}
	}
	return r, nil
}

// adopted is an inventory of the files that the ledger made before it had one.
func (v *Inventory) adopted() (record, error) {
	r := record{Files: map[string]note{}}
	if v.adopt == nil {
		return r, nil
	}
	for _, path := range v.adopt() {
		info, err := os.Lstat(path)
		if err != nil || !info.Mode().IsRegular() || v.input(path) != "" {
			continue
		}
		hash, err := sumOf(path)
		if err != nil {
			return r, err
		}
		r.Files[v.key(path)] = note{SHA256: []string{hash}}
	}
	return r, nil
}

func (v *Inventory) save(r record) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(v.path(), append(data, '\n'))
}

func sumOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("read %q: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

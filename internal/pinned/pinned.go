// Package pinned keeps copies of a sheet that is at a web address.
//
// Rows are read from a copy and never from the address. So a run sends what was planned,
// also after an edit of the sheet, and can go on with a copy when the server is down.
// A copy is named by its hash. The last two are kept, so that a person can be told what
// changed, and the one of the last run.
//
// The address is fetched over https from the public network only (see [publicnet]), with
// limits on size, time, redirects and attempts. What cannot be a sheet, such as a page for
// signing in, takes the place of no copy.
package pinned

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/inventory"
)

// Copy is a copy of a sheet.
type Copy struct {
	File     string    `json:"file"`               // its name in the folder: the SHA-256 of what is in it, and its kind
	Source   string    `json:"source"`             // the hash of the address as the campaign writes it
	Address  string    `json:"address"`            // the hash of the address that it came from
	Tag      string    `json:"etag,omitempty"`     // how the server names this version
	Modified string    `json:"modified,omitempty"` // and its time, in the server's words
	Fetched  time.Time `json:"fetched"`            // when it came
	Asked    time.Time `json:"asked"`              // when the server said last that it is the newest
}

// record is the document pins.json.
type record struct {
	Copies []Copy `json:"copies"` // the newest one is the last
	Run    string `json:"run"`    // the file that the last run reads
}

// Folder keeps the copies of one campaign's sheet.
type Folder struct {
	dir  string
	made *inventory.Inventory
	most int64 // bytes of a sheet
}

const (
	recordFile = "pins.json"
	mostRecord = 64 << 10
	kept       = 2 // copies, beside that of the last run
)

// New returns a folder of copies. It makes nothing.
func New(dir string, made *inventory.Inventory) *Folder {
	return &Folder{dir: dir, made: made, most: mostBytes}
}

// Path is where a copy is.
func (f *Folder) Path(c Copy) string { return filepath.Join(f.dir, c.File) }

// Copies are the copies that are there of an address as the campaign writes it, the newest
// first. Those of another address are left out: their rows are other people.
func (f *Folder) Copies(written string) (copies []Copy, err error) {
	r, err := f.load()
	for _, c := range slices.Backward(r.Copies) {
		if c.Source == digest(written) && atomicfile.IsOrdinary(f.Path(c)) {
			copies = append(copies, c)
		}
	}
	return copies, err
}

// Vet refuses a copy that is not as it was fetched.
func (f *Folder) Vet(c Copy) error {
	file, err := atomicfile.Open(f.Path(c))
	if err != nil {
		return fmt.Errorf("read the copy of the sheet: %w", err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return fmt.Errorf("read the copy of the sheet: %w", err)
	}
	if name := hex.EncodeToString(sum.Sum(nil)); name+filepath.Ext(c.File) != c.File {
		return fmt.Errorf("the copy of the sheet %q was changed since it was fetched", f.Path(c))
	}
	return nil
}

// Hold keeps a copy for the run that reads it, however many newer ones come.
func (f *Folder) Hold(c Copy) error {
	return f.change(func(r *record) { r.Run = c.File })
}

// pin makes a file the newest copy.
func (f *Folder) pin(c Copy, from string) error {
	if err := f.take(from, f.Path(c)); err != nil {
		return err
	}
	return f.note(c)
}

// note makes a copy the newest one.
func (f *Folder) note(c Copy) error {
	return f.change(func(r *record) {
		r.Copies = append(slices.DeleteFunc(r.Copies, func(other Copy) bool { return other.File == c.File }), c)
		r.Copies = r.Copies[max(0, len(r.Copies)-kept):]
	})
}

// change changes what is known of the copies, and removes those that are kept no longer.
func (f *Folder) change(edit func(*record)) error {
	r, err := f.load()
	if err != nil {
		return err
	}
	before := r.files()
	edit(&r)
	if err := f.save(r); err != nil {
		return err
	}
	for name := range before {
		if !r.files()[name] {
			f.drop(name)
		}
	}
	return nil
}

// files are the names of the copies that are kept.
func (r record) files() map[string]bool {
	names := map[string]bool{}
	for _, c := range r.Copies {
		names[c.File] = true
	}
	if r.Run != "." { // no run has read one
		names[r.Run] = true
	}
	return names
}

// drop removes a copy. One that stays does no harm: purge takes it.
func (f *Folder) drop(name string) { _, _ = f.made.Remove(filepath.Join(f.dir, name)) }

// take copies a file to its place, and notes it as one of ours.
func (f *Folder) take(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return f.write(to, func(w io.Writer) error { _, err := io.Copy(w, in); return err })
}

// write writes a file as a whole or not at all.
func (f *Folder) write(path string, fill func(io.Writer) error) error {
	out, err := f.made.Create(path)
	if err != nil {
		return err
	}
	defer out.Discard()
	if err := fill(out); err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	_, err = out.Commit()
	return err
}

// load reads what is known of the copies. A file that is no record knows nothing of any.
func (f *Folder) load() (r record, err error) {
	data, err := atomicfile.Read(filepath.Join(f.dir, recordFile), mostRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil && json.Unmarshal(data, &r) != nil {
		r = record{}
	}
	// A name that leads elsewhere was written by hand.
	r.Copies = slices.DeleteFunc(r.Copies, func(c Copy) bool { return filepath.Base(c.File) != c.File })
	r.Run = filepath.Base(r.Run)
	return r, err
}

func (f *Folder) save(r record) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return f.write(filepath.Join(f.dir, recordFile), func(w io.Writer) error { _, err := w.Write(append(data, '\n')); return err })
}

// digest is the SHA-256 of a text in hexadecimal.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

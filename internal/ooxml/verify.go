package ooxml

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// Draft is a workbook on its way, in a temporary file. It is read back before anyone
// gets it, since a program that cannot open it says so after the videos are paid.
type Draft struct{ *os.File }

// NewDraft begins a draft in a folder; an empty one is that for temporary files. Close
// it in any case.
func NewDraft(folder string) (*Draft, error) {
	f, err := os.CreateTemp(folder, "reelmerge-draft-*.xlsx")
	if err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	_ = os.Remove(f.Name()) // where that cannot be done with an open file, Close does it: no draft is left when a process is killed
	return &Draft{f}, nil
}

// Close removes the draft.
func (d *Draft) Close() error {
	err := d.File.Close()
	_ = os.Remove(d.Name()) // it is gone already on most systems
	return err
}

// Deliver reads the draft back, and writes it only if nothing is wrong with it: see
// [Verify].
func (d *Draft) Deliver(w io.Writer, source *zip.Reader, dropped ...string) error {
	size, err := d.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("read workbook back: %w", err)
	}
	written, err := zip.NewReader(d, size)
	if err == nil {
		err = Verify(written, source, dropped...)
	}
	if err == nil {
		_, err = d.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("read workbook back: %w", err)
	}
	_, err = io.Copy(w, d.File)
	return err
}

// Verify checks a workbook that was made from another one, or from none. Every part is
// there, except for dropped ones. Every new or changed part is XML and has its type. No
// list names a missing part, unless it was missing in the source. Unchanged parts are not
// read.
func Verify(written, source *zip.Reader, dropped ...string) error {
	v := verifier{now: byName(written), before: map[string]*zip.File{}}
	if source != nil {
		v.before = byName(source)
	}
	for name := range v.before {
		if v.now[name] == nil && !slices.ContainsFunc(dropped, func(d string) bool { return PartName(d) == name }) {
			return fmt.Errorf("part %q is missing", name)
		}
	}
	for name, f := range v.now {
		if old := v.before[name]; old != nil && old.CRC32 == f.CRC32 && old.UncompressedSize64 == f.UncompressedSize64 {
			continue
		}
		if err := v.part(name, f); err != nil {
			return fmt.Errorf("part %q: %w", name, err)
		}
	}
	return nil
}

func byName(archive *zip.Reader) map[string]*zip.File {
	all := make(map[string]*zip.File, len(archive.File))
	for _, f := range archive.File {
		if name := PartName(f.Name); all[name] == nil {
			all[name] = f
		}
	}
	return all
}

type verifier struct{ now, before map[string]*zip.File }

// part checks a part that is new or was changed.
func (v *verifier) part(name string, f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was only read
	switch path.Ext(name) {
	case ".xml", ".rels":
		err = xmltoken.WellFormed(r)
	case ".vml":
		if err = xmltoken.WellFormed(r); err != nil && v.before[name] != nil {
			err = nil // programs write drawings that are no XML, and take them
		}
	}
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	switch {
	case err != nil:
		return err
	case path.Ext(name) == ".rels":
		return v.relations(name)
	case name == ContentTypes:
		return v.types()
	}
	return nil
}

// ContentTypes is the part that lists the types of all others.
const ContentTypes = "[content_types].xml"

// relations checks that a list names no part that is missing.
func (v *verifier) relations(name string) error {
	dir, file := path.Split(name)
	of := path.Join(path.Dir(path.Clean(dir)), strings.TrimSuffix(file, ".rels"))
	missing := func(parts map[string]*zip.File) (all []string) {
		text, err := load(parts[name])
		if err != nil {
			return nil
		}
		for _, r := range Relations(of, text) {
			if !r.External && !slices.ContainsFunc(PartNames(r.Target), func(n string) bool { return parts[n] != nil }) {
				all = append(all, r.Target)
			}
		}
		return all
	}
	before := missing(v.before)
	for _, target := range missing(v.now) {
		if !slices.Contains(before, target) {
			return fmt.Errorf("it names %q, which is missing", target)
		}
	}
	return nil
}

// types checks that each new part has a type. Lists of relations have the one of the
// lists that were there.
func (v *verifier) types() error {
	text, err := load(v.now[ContentTypes])
	if err != nil {
		return err
	}
	types := Types(text)
	for name := range v.now {
		if v.before[name] == nil && name != ContentTypes && path.Ext(name) != ".rels" && !types.has(name) {
			return fmt.Errorf("part %q has no type", name)
		}
	}
	return nil
}

// load reads a part that lists others.
func load(f *zip.File) ([]byte, error) {
	if f == nil {
		return nil, errors.New("it is missing")
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(r, mostList))
}

// mostList bounds a part that lists others.
const mostList = 32 << 20

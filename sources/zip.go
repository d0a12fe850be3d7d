package sources

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/reelmerge/reelmerge/internal/ooxml"
)

// Limits of a workbook. They are checked in the zip directory before a byte is expanded;
// archive/zip then holds each part to its declared size. A real sheet of 100,000 × 20 cells
// expands 13 to 21 times, a zip bomb 1,000 times. The sheets of an ODS have longer tags:
// they expand 32 times, and 200 times where nearly all cells have one of two short texts.
const (
	MaxParts     = 1000      // files in the archive
	MaxExpanded  = 512 << 20 // bytes of all parts together
	MaxOtherPart = 32 << 20  // bytes of a part that is neither a sheet nor its texts
	MaxRatio     = 100       // expansion of a part above ratioFrom
	MaxODSRatio  = 400       // that of the part with the sheets of an ODS

	ratioFrom = 1 << 20
)

// archive is a workbook's zip file within the limits.
type archive struct {
	zip   *zip.Reader
	parts map[string]*zip.File
}

// openArchive opens a zip file and checks its directory against the limits.
func openArchive(in io.ReaderAt, size int64) (*archive, error) {
	if err := countParts(in, size); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(in, size)
	if err != nil {
		return nil, damaged("", err)
	}
	// The count at the end of the file may be forged.
	if len(z.File) > MaxParts {
		return nil, tooLarge(fmt.Sprintf("it has more than %d parts", MaxParts))
	}
	a := &archive{zip: z, parts: make(map[string]*zip.File, len(z.File))}
	// Of two parts with one name the first counts. The marked copy takes the same one.
	for _, f := range z.File {
		if name := ooxml.PartName(f.Name); a.parts[name] == nil {
			a.parts[name] = f
		}
	}
	if err := a.checkProgram(); err != nil {
		return nil, err
	}
	var sum uint64
	for _, f := range z.File {
		if err := checkPart(f); err != nil {
			return nil, err
		}
		// Many parts within their own limits can still add up to a bomb.
		if sum += f.UncompressedSize64; sum > MaxExpanded {
			return nil, tooLarge(fmt.Sprintf("it would expand to more than %d MiB", MaxExpanded>>20))
		}
	}
	return a, a.checkContent()
}

// countParts reads the number of parts from the end of the file. The zip package would load
// the whole directory first, however long it is.
func countParts(in io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, 64<<10+22))
	if _, err := in.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return damaged("", err)
	}
	// A comment of up to 64 KiB may follow the end record, so it is searched from behind.
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || at+12 > len(tail) {
		return damaged("", zip.ErrFormat)
	}
	if n := binary.LittleEndian.Uint16(tail[at+10:]); n > MaxParts {
		return tooLarge(fmt.Sprintf("it has more than %d parts", MaxParts))
	}
	return nil
}

// checkPart checks one part against the limits.
func checkPart(f *zip.File) error {
	// Only sheets and their texts grow with the data. Other parts of that size are no part
	// of a normal workbook.
	big := strings.Contains(f.Name, "worksheets/") || strings.HasSuffix(strings.ToLower(f.Name), "sharedstrings.xml")
	ratio := uint64(MaxRatio)
	if ooxml.PartName(f.Name) == odsContent {
		big = true
		ratio = MaxODSRatio
	}
	switch {
	case f.Flags&1 != 0:
		return &FileError{Code: "ROW-ENCRYPTED", Message: "it has a password", Hint: "save it without one"}
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return damaged(f.Name, fmt.Errorf("compression method %d is not used in workbooks", f.Method))
	case f.UncompressedSize64 > MaxExpanded:
		return tooLarge(fmt.Sprintf("part %q would expand to more than %d MiB", clip(f.Name), MaxExpanded>>20))
	case !big && f.UncompressedSize64 > MaxOtherPart:
		return tooLarge(fmt.Sprintf("part %q would expand to more than %d MiB", clip(f.Name), MaxOtherPart>>20))
	case f.UncompressedSize64 > ratioFrom && f.UncompressedSize64 > ratio*max(f.CompressedSize64, 1):
		return tooLarge(fmt.Sprintf("part %q would expand more than %d times", clip(f.Name), ratio))
	}
	return nil
}

// checkProgram refuses files of other programs, which it recognises by their parts. It runs
// before the size limits, whose message would mislead the user.
func (a *archive) checkProgram() error {
	for _, other := range []struct{ part, is string }{
		{"encryptedpackage", "a workbook with a password"},
		{"xl/workbook.bin", "a binary workbook (.xlsb)"},
		{"index/document.iwa", "an Apple Numbers file"},
		{"word/document.xml", "a Word document"},
		{"ppt/presentation.xml", "a PowerPoint file"},
	} {
		if a.parts[other.part] != nil {
			return &FileError{Code: "ROW-FORMAT", Message: "it is " + other.is, Hint: "open it in the program it comes from and save the sheet as .xlsx or .csv"}
		}
	}
	return nil
}

// checkContent refuses archives without a workbook.
func (a *archive) checkContent() error {
	if a.openDocument() || a.parts[odsEncrypted] != nil {
		return a.checkPassword()
	}
	if a.parts["_rels/.rels"] == nil && a.parts["xl/workbook.xml"] == nil {
		return &FileError{Code: "ROW-FORMAT", Message: "it is a zip archive without a workbook in it", Hint: "unpack it first, or save the sheet as .xlsx"}
	}
	return nil
}

// part returns a part by its name, or nil.
func (a *archive) part(name string) *zip.File {
	for _, n := range ooxml.PartNames(name) {
		if f := a.parts[n]; f != nil {
			return f
		}
	}
	return nil
}

// open returns the expanded bytes of a part. The stream ends with a FileError if the
// declared length or the checksum is wrong.
func (a *archive) open(name string) (io.ReadCloser, error) {
	f := a.part(name)
	if f == nil {
		return nil, damaged(name, errors.New("it is not there"))
	}
	r, err := f.Open()
	if err != nil {
		return nil, damaged(name, err)
	}
	return &partReader{ReadCloser: r, name: name}, nil
}

// load returns a whole part. It refuses large ones, so it cannot be used for sheets.
func (a *archive) load(name string) ([]byte, error) {
	if f := a.part(name); f != nil && f.UncompressedSize64 > MaxOtherPart {
		return nil, tooLarge(fmt.Sprintf("part %q would expand to more than %d MiB", clip(name), MaxOtherPart>>20))
	}
	r, err := a.open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	_ = r.Close() // it was only read
	return b, err
}

// partReader adds the name of the part to errors of its stream.
type partReader struct {
	io.ReadCloser
	name string
}

// Read returns a FileError if the archive is damaged.
func (p *partReader) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, damaged(p.name, err)
	}
	return n, err
}

// tooLarge refuses a workbook that would cost too much to read.
func tooLarge(why string) *FileError {
	return &FileError{Code: "ROW-TOO-LARGE", Message: why,
		Hint: "copy the table alone into a new workbook, or save it as CSV, which may be of any size"}
}

// damaged refuses a workbook that is not whole.
func damaged(part string, err error) error {
	var fe *FileError
	// An error below has already been explained. A second message would hide it.
	if errors.As(err, &fe) {
		return err
	}
	e := &FileError{Code: "ROW-DAMAGED", Message: "the workbook is damaged or was not copied whole", Err: err,
		Hint: "open it in a spreadsheet program and save it again, or ask for it again"}
	if part != "" {
		e.Message = fmt.Sprintf("the workbook is damaged in %q", clip(part))
	}
	return e
}

package serve

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// Limits of files that are given: of one, and of a request.
const (
	mostFile   = 200 << 20
	mostFiles  = 2
	mostUpload = mostFiles*mostFile + mostBody
)

// takesFiles reports whether a request may bring files.
func takesFiles(r *http.Request) bool {
	return r.Method == http.MethodPost && (r.URL.Path == "/new" || strings.HasPrefix(r.URL.Path, "/new/") && strings.HasSuffix(r.URL.Path, "/files"))
}

// upload are files on their way. They are in a folder that no page shows, until all of
// them are known to be what they should be. A crash leaves that folder behind, and the next
// server takes it away.
type upload struct {
	folder string
	names  map[reelmerge.DraftPart]string
}

// stagingFolder begins the names of folders with files on their way.
const stagingFolder = ".reelmerge-upload-"

// sweep takes away what a server that was killed has left. Files of an hour are of no
// other server that is still taking them.
func (s *shelf) sweep() {
	home, _ := s.home()
	left, _ := filepath.Glob(filepath.Join(escapeGlob(home), stagingFolder+"*")) // a bad pattern finds none
	for _, folder := range left {
		if info, err := os.Lstat(folder); err == nil && home != "" && info.IsDir() && time.Since(info.ModTime()) > time.Hour {
			_ = os.RemoveAll(folder) // it is tried again
		}
	}
}

// begin takes an export, a sheet or both, and makes an unfinished campaign of them.
func (s *Server) begin(w http.ResponseWriter, r *http.Request) {
	if name := r.PostForm.Get("starter"); name != "" {
		address, err := s.copyStarter(r.Context(), name)
		s.lead(w, r, address, err)
		return
	}
	u, err := s.take(w, r)
	if err != nil {
		s.lead(w, r, "", err)
		return
	}
	defer os.RemoveAll(u.folder) // it is empty, or was refused
	sheet, template := u.names[reelmerge.PartSheet], u.names[reelmerge.PartTemplate]
	b, err := s.shelf.reserve(cmp.Or(sheet, template))
	if err == nil {
		err = u.moveTo(&b)
	}
	s.lead(w, r, "new/"+b.Name, err)
}

// addFiles takes the file that an unfinished campaign lacks, or another one in its place.
func (s *Server) addFiles(w http.ResponseWriter, r *http.Request) {
	b, ok := s.found(w, r)
	if !ok {
		return
	}
	u, err := s.take(w, r)
	if err == nil {
		defer os.RemoveAll(u.folder)
		err = u.moveTo(&b)
	}
	s.lead(w, r, "../"+b.Name, err)
}

// lead leads on to an address, or shows the page of an error.
func (s *Server) lead(w http.ResponseWriter, r *http.Request, address string, err error) {
	if err == nil {
		goTo(w, address)
		return
	}
	status := statusOf(reelmerge.CauseOf(err))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		status = http.StatusRequestEntityTooLarge
	}
	s.show(w, r, status, "error", frame{Title: "That did not work", Body: troubleOf(err)})
}

// wrongFile ends a request whose files cannot be taken.
func wrongFile(err error, hint string) error {
	return &reelmerge.Error{Cause: reelmerge.Usage, Err: err, Hint: hint + "; nothing was kept"}
}

// take writes the files of a request into a folder of their own, and tells what they are.
// An error leaves nothing behind.
func (s *Server) take(w http.ResponseWriter, r *http.Request) (*upload, error) {
	home, there := s.shelf.home()
	if !there {
		return nil, wrongFile(errors.New("there is no folder for a new campaign"), "start reelmerge serve with a folder")
	}
	in, err := r.MultipartReader()
	if err != nil {
		return nil, wrongFile(errors.New("no file was given"), "choose an export and a sheet")
	}
	u := &upload{names: map[reelmerge.DraftPart]string{}}
	if u.folder, err = os.MkdirTemp(home, stagingFolder); err != nil {
		return nil, unwritten(err)
	}
	if err := s.takeAll(in, u, patientReader{http.NewResponseController(w)}); err != nil {
		return nil, errors.Join(err, os.RemoveAll(u.folder))
	}
	return u, nil
}

func (s *Server) takeAll(in *multipart.Reader, u *upload, p patientReader) error {
	for {
		part, err := in.NextPart()
		switch {
		case errors.Is(err, io.EOF) && len(u.names) == 0:
			return wrongFile(errors.New("no file was given"), "choose an export and a sheet")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return broken(err)
		case part.FileName() == "":
			continue // a field that was left empty
		}
		if err := s.takeOne(part, u, p); err != nil {
			return err
		}
	}
}

// takeOne writes a file, and tells what it is.
func (s *Server) takeOne(part *multipart.Part, u *upload, p patientReader) error {
	name := safeName(part.FileName())
	path := filepath.Join(u.folder, name)
	if err := write(path, p.read(part)); err != nil {
		return err
	}
	is, err := reelmerge.DraftPartOf(path, s.shelf.options.Services)
	if err != nil {
		return err
	}
	s.log.Info("file taken", slog.String("as", string(is)))
	if other := u.names[is]; other != "" {
		return wrongFile(fmt.Errorf("%q and %q are both a %s", other, name, is), "give one template and one sheet")
	}
	u.names[is] = name
	return nil
}

// write writes a new file of bounded length.
func write(path string, from io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return wrongFile(fmt.Errorf("%q was given twice", filepath.Base(path)), "give one template and one sheet")
	}
	if err != nil {
		return unwritten(err)
	}
	n, err := io.Copy(onDisk{f}, io.LimitReader(from, mostFile+1))
	if failed := f.Close(); err == nil && failed != nil {
		err = unwritten(failed)
	}
	if err == nil && n > mostFile {
		err = wrongFile(fmt.Errorf("%q is larger than %d MB", filepath.Base(path), mostFile>>20), "put its path into a campaign file instead, or leave out rows and columns that no video needs")
	}
	var ours *reelmerge.Error
	if err != nil && !errors.As(err, &ours) {
		err = broken(err)
	}
	return err
}

// onDisk tells an error of the disk from one of the line.
type onDisk struct{ file *os.File }

// Write implements [io.Writer].
func (d onDisk) Write(p []byte) (int, error) {
	n, err := d.file.Write(p)
	if err != nil {
		err = unwritten(err)
	}
	return n, err
}

// unwritten is an error of the disk, without the path on this machine.
func unwritten(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = at.Err
	} else if between, ok := errors.AsType[*os.LinkError](err); ok {
		err = between.Err
	}
	return wrongFile(fmt.Errorf("the file cannot be written: %w", err), "see whether the disk is full, and the folder may be written")
}

// broken is an error of the line, or of a request that is no form with files.
func broken(err error) error {
	return wrongFile(fmt.Errorf("the files did not come to their end: %w", err), "give them again")
}

// patientReader gives a slow line more time, as long as something comes.
type patientReader struct{ line *http.ResponseController }

func (p patientReader) read(r io.Reader) io.Reader { return &slowly{r, p.line} }

type slowly struct {
	io.Reader
	line *http.ResponseController
}

func (s *slowly) Read(b []byte) (int, error) {
	now := time.Now()
	_ = s.line.SetReadDeadline(now.Add(slowBody)) // without deadlines it waits, too
	_ = s.line.SetWriteDeadline(now.Add(slowAnswer))
	return s.Reader.Read(b)
}

// moveTo puts the files into the folder of a campaign, and writes over none.
func (u *upload) moveTo(b *beginning) error {
	for part, name := range u.names {
		free := name
		for n := 2; atomicfile.IsThere(b.path(free)); n++ {
			ext := filepath.Ext(name)
			free = strings.TrimSuffix(name, ext) + "-" + strconv.Itoa(n) + ext
		}
		if err := os.Rename(filepath.Join(u.folder, name), b.path(free)); err != nil {
			return unwritten(err)
		}
		if part == reelmerge.PartSheet {
			b.Sheet = free
		} else {
			b.Template = free
		}
	}
	if err := b.save(); err != nil {
		return unwritten(err)
	}
	return nil
}

// reserve makes a new folder for a campaign, named after a file.
func (s *shelf) reserve(name string) (beginning, error) {
	home, there := s.home()
	if !there {
		return beginning{}, wrongFile(errors.New("there is no folder for a new campaign"), "start reelmerge serve with a folder")
	}
	// The number and the id of a place have to fit behind it.
	stem := slug(name)
	stem = strings.TrimRight(stem[:min(len(stem), 34)], "-")
	for n := 1; ; n++ {
		b := beginning{Name: stem}
		if n > 1 {
			b.Name = fmt.Sprintf("%s-%d", stem, n)
		}
		b.folder = filepath.Join(home, b.Name)
		err := os.Mkdir(b.folder, 0o700)
		if err == nil {
			return b, nil
		}
		if !errors.Is(err, fs.ErrExist) || n > mostCampaigns {
			return beginning{}, unwritten(err)
		}
	}
}

var notSafe = regexp.MustCompile(`[^\pL\pN._ -]+`)

// safeName is the name of a file that is given, without what some system takes for
// something else. It is that of the file in its folder.
func safeName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Trim(notSafe.ReplaceAllString(strings.ToValidUTF8(name, ""), "-"), " .-")
	ext := filepath.Ext(name)
	if len(ext) > 10 {
		ext = ""
	}
	stem := []rune(strings.TrimSuffix(name, ext))
	short := strings.TrimRight(string(stem[:min(len(stem), 60)]), " .-")
	if reserved.MatchString(short) || short == "" {
		short = "file" + short
	}
	return short + ext
}

// reserved are names of devices under Windows.
var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$`)

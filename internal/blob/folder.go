package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// Folder keeps files in a folder, such as one that all machines have mounted. The folder must
// be there: made by this program, it would be one of this machine wherever a mount is missing.
type Folder string

// Put writes the file beside its name and renames it, so that a crash leaves all or nothing.
func (f Folder) Put(ctx context.Context, sum Sum, file io.ReadSeeker) error {
	if err := f.there(); err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	fresh, err := atomicfile.Create(f.path(sum))
	if err != nil {
		return f.told(err)
	}
	defer fresh.Discard()
	if err := measured(sum, fresh, until(ctx, file)); err != nil {
		return f.told(err)
	}
	return f.told(fresh.Commit())
}

// Get reads the file, and measures it.
func (f Folder) Get(ctx context.Context, sum Sum, to io.Writer) error {
	file, err := os.Open(f.path(sum))
	if err != nil {
		return f.told(err)
	}
	defer func() { _ = file.Close() }() // nothing was written to it
	return f.told(measured(sum, to, until(ctx, file)))
}

// Has looks for the name.
func (f Folder) Has(_ context.Context, sum Sum) (bool, error) {
	_, err := os.Lstat(f.path(sum))
	if err == nil {
		return true, nil
	}
	if err = f.told(err); errors.Is(err, ErrMissing) {
		return false, nil
	}
	return false, err
}

// All lists the names that are sums, and those of drafts.
func (f Folder) All(context.Context) iter.Seq2[Sum, error] {
	return func(yield func(Sum, error) bool) {
		entries, err := os.ReadDir(string(f))
		if err != nil {
			yield(Sum{}, f.told(err))
			return
		}
		for _, entry := range entries {
			name := entry.Name()
			if draft.MatchString(name) {
				name = name[1 : 1+2*len(Sum{})]
			}
			sum, err := ParseSum(name)
			if err == nil && !yield(sum, nil) {
				return
			}
		}
	}
}

// draft matches the names that files have until they are complete.
var draft = regexp.MustCompile(`^\.[0-9a-f]{64}\.[0-9]+\.tmp$`)

// Remove removes the file. Only where there is none it looks for drafts, since it must read
// all names for that.
func (f Folder) Remove(_ context.Context, sum Sum) error {
	err := os.Remove(f.path(sum))
	if !errors.Is(err, fs.ErrNotExist) {
		return f.told(err)
	}
	entries, err := os.ReadDir(string(f))
	for _, entry := range entries {
		if draft.MatchString(entry.Name()) && strings.HasPrefix(entry.Name(), "."+sum.String()) {
			err = errors.Join(err, os.Remove(filepath.Join(string(f), entry.Name())))
		}
	}
	return f.told(err)
}

func (f Folder) path(sum Sum) string { return filepath.Join(string(f), sum.String()) }

// there reports what keeps the folder from being one.
func (f Folder) there() error {
	info, err := os.Stat(string(f))
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("it is no folder: %w", fs.ErrNotExist)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return f.because(ErrNoPlace, err, "make the folder, or mount it; it is not made by itself, because it must be the same on all machines")
	}
	if err != nil {
		return f.because(ErrDenied, err, "let the user of this program read the folder")
	}
	return nil
}

// told gives an error its place and its cure.
func (f Folder) told(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		if gone := f.there(); gone != nil {
			return gone
		}
		return f.because(ErrMissing, nil, hintMissing)
	case errors.Is(err, ErrDamaged):
		return f.because(err, nil, hintDamaged)
	case errors.Is(err, fs.ErrPermission):
		return f.because(ErrDenied, err, "let the user of this program read and write the folder")
	}
	return &Error{Place: fmt.Sprintf("%q", string(f)), Err: err}
}

func (f Folder) because(kind, err error, hint string) error {
	if err != nil {
		kind = fmt.Errorf("%w: %w", kind, err)
	}
	return &Error{Place: fmt.Sprintf("%q", string(f)), Err: kind, Hint: hint}
}

// What to do about a file that is not there, or not what it was.
const (
	hintMissing = "it was purged, or put elsewhere; plan again where the file is"
	hintDamaged = "the copy is damaged or was changed; plan again where the file is"
)

// until is a reader that ends with its context.
func until(ctx context.Context, r io.Reader) io.Reader { return &bounded{ctx, r} }

type bounded struct {
	ctx context.Context
	r   io.Reader
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.r.Read(p)
}

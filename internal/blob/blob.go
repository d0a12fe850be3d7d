// Package blob keeps files under the SHA-256 of what is in them, at a place that several
// machines reach: a [Folder], or a [Bucket] of an object store.
//
// A name that is made from the content cannot have another content. So a file is put once,
// and two machines that put the same one do no harm. Each file is hashed again when it is read,
// so that other bytes are refused.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// Sum is the SHA-256 of a file.
type Sum [sha256.Size]byte

// ParseSum reads 64 hexadecimal digits in small letters.
func ParseSum(text string) (sum Sum, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(sum) || hex.EncodeToString(raw) != text {
		return Sum{}, fmt.Errorf("read hash %q: want 64 hexadecimal digits in small letters", text)
	}
	return Sum(raw), nil
}

// String writes the sum as ParseSum reads it.
func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// Store keeps files by their sums. Its methods may be called at the same time, by several
// processes as well. Errors are an [*Error] where a person can do something about them.
type Store interface {
	// Put keeps a file. When it returns nil, the file survives a crash. Where the content
	// has another sum, the store keeps nothing and the error is [ErrDamaged]. A file that is
	// there already is written anew, which mends a damaged one.
	Put(ctx context.Context, sum Sum, file io.ReadSeeker) error
	// Get writes a file to a writer. What was written is the file only where Get returns
	// nil: [ErrDamaged] comes after the last byte. [ErrMissing]: there is no such file.
	Get(ctx context.Context, sum Sum, to io.Writer) error
	// Has reports whether a file is there. It does not read it.
	Has(ctx context.Context, sum Sum) (bool, error)
	// All lists the files. It lists drafts, too, which a process that was killed has left, so
	// that Remove, called for each that is listed, leaves nothing of anybody.
	All(ctx context.Context) iter.Seq2[Sum, error]
	// Remove forgets a file, or its drafts where there is no file. To remove what is not
	// there is no error.
	Remove(ctx context.Context, sum Sum) error
}

var (
	// ErrMissing is returned for a file that the store does not have.
	ErrMissing = errors.New("the file is not there")
	// ErrDamaged is returned when the content of a file has another sum than its name.
	ErrDamaged = errors.New("the file is not what it was")
	// ErrNoPlace is returned when the folder or the bucket itself is not there.
	ErrNoPlace = errors.New("the place for files is not there")
	// ErrDenied is returned when the place may not be used with these rights.
	ErrDenied = errors.New("the place for files may not be used")
)

// Error says what went wrong at which place, and what to do about it.
type Error struct {
	Place string // the folder, or the address of the bucket
	Err   error
	Hint  string
}

// Error names the place.
func (e *Error) Error() string { return fmt.Sprintf("files in %s: %v", e.Place, e.Err) }

// Unwrap returns what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// SumOf measures what a reader gives.
func SumOf(r io.Reader) (Sum, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return Sum{}, err
	}
	return Sum(h.Sum(nil)), nil
}

// PutFile puts a file of this machine, unless the store has it.
func PutFile(ctx context.Context, s Store, path string) (Sum, error) {
	f, err := atomicfile.Open(path)
	if err != nil {
		return Sum{}, err
	}
	defer func() { _ = f.Close() }() // nothing was written to it
	sum, err := SumOf(f)
	if err != nil {
		return Sum{}, fmt.Errorf("read %q: %w", path, err)
	}
	if has, err := s.Has(ctx, sum); has || err != nil {
		return sum, err
	}
	return sum, s.Put(ctx, sum, f)
}

// FetchFile brings a file to this machine. Where it cannot be had as it was put, there is
// nothing new at the path. A file that is there with this content already is kept, and the
// store is not asked.
func FetchFile(ctx context.Context, s Store, sum Sum, path string) error {
	if is(path, sum) {
		return nil
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Discard()
	if err := s.Get(ctx, sum, f); err != nil {
		return err
	}
	return f.Commit()
}

// is reports whether a path has a file with this content.
func is(path string, sum Sum) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // nothing was written to it
	has, err := SumOf(f)
	return err == nil && has == sum
}

// measured copies and compares: the first sum is that of the name.
func measured(want Sum, to io.Writer, from io.Reader) error {
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(to, h), from); err != nil {
		return err
	}
	if Sum(h.Sum(nil)) != want {
		return ErrDamaged
	}
	return nil
}

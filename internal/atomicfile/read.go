package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// ErrNotOrdinary is returned for a folder, a pipe, a device or a socket. Opening a pipe
// waits until a program writes to it, and a device may have no end.
var ErrNotOrdinary = errors.New("it is no ordinary file")

// ErrTooLarge is returned for a file of more bytes than were asked for.
var ErrTooLarge = errors.New("the file is too large")

// Open opens an ordinary file for reading, also through a link.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, &os.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	case !info.Mode().IsRegular():
		return nil, &os.PathError{Op: "open", Path: path, Err: ErrNotOrdinary}
	}
	return os.Open(path)
}

// Read reads an ordinary file of so many bytes at the most.
func Read(path string, most int64) ([]byte, error) {
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(data)) > most {
		err = &os.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w: it may have %d KB at the most", ErrTooLarge, most>>10)}
	}
	return data, err
}

// Bounded reads from a stream until it has had so many bytes; then it is an error.
func Bounded(r io.Reader, most int64) io.Reader { return &bounded{r, most} }

type bounded struct {
	from io.Reader
	left int64
}

// Read implements [io.Reader].
func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

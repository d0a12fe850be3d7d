package reelmerge

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/sources"
)

// stdinFile is the copy of standard input in the output folder. A stream can be read only
// once, but a run reads its sheet again for the results, and later commands do as well.
// An empty stream must not be taken for an empty sheet: all rows would seem to have
// vanished.
const stdinFile = "stdin.copy"

// stdin is the sheet of a campaign whose rows come from standard input.
type stdin struct {
	keep bool   // the command changes the ledger: what it reads is kept beside it
	used bool   // the stream was read by this process
	from string // where a rehearsal, which has another folder, finds the copy
}

// openStdin reads the sheet from standard input. If that is empty or a terminal, the copy
// of the last run is read instead, if there is one.
func (c *Campaign) openStdin() (sources.Reader, error) {
	if c.stdin.used {
		return c.openStdinCopy(c.path(stdinFile))
	}
	in := bufio.NewReader(cmp.Or[io.Reader](c.options.Stdin, strings.NewReader("")))
	// A later command has no stream to read, but means the same rows.
	if empty(in) {
		copied, err := c.openStdinCopy(cmp.Or(c.stdin.from, c.path(stdinFile)))
		if !errors.Is(err, fs.ErrNotExist) {
			c.note("standard input is empty: the rows are those of the last run")
			return copied, err
		}
	}
	// A check or a plan leaves nothing behind.
	if !c.stdin.keep {
		return sources.OpenReader(stdinName, in, c.sheetOptions())
	}
	if _, err := c.write(output{path: c.path(stdinFile), named: true}, func(w io.Writer) error { _, err := io.Copy(w, in); return err }); err != nil {
		return nil, fmt.Errorf("keep a copy of standard input: %w", err)
	}
	c.stdin.used = true
	return c.openStdinCopy(c.path(stdinFile))
}

// stdinName is the name of standard input in messages, also when its copy is read.
const stdinName = "standard input"

// empty reports whether a stream has ended before its first byte.
func empty(in *bufio.Reader) bool {
	_, err := in.Peek(1)
	return errors.Is(err, io.EOF)
}

// keepFile copies a stream to a file, as a whole or not at all.
func keepFile(in io.Reader, path string) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := io.Copy(f, in); err != nil {
		return err
	}
	return f.Commit()
}

// openStdinCopy opens the copy. The error matches fs.ErrNotExist if there is none.
func (c *Campaign) openStdinCopy(path string) (sources.Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	rows, err := sources.OpenReader(stdinName, f, c.sheetOptions())
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return stdinCopy{rows, f}, nil
}

// stdinCopy closes the copy with its reader.
type stdinCopy struct {
	sources.Reader
	file *os.File
}

// Close implements [sources.Reader].
func (c stdinCopy) Close() error { return errors.Join(c.Reader.Close(), c.file.Close()) }

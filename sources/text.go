package sources

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"
)

// text is a decoded text with what is known about it.
type text struct {
	r       *bufio.Reader
	charset charset
}

// openText finds out how a stream is encoded and decodes it. When the stream
// is a regular file all of it is looked at first, else its first MiB.
func openText(in io.Reader, o Options) (*text, error) {
	br := bufio.NewReaderSize(in, sampleSize)
	head, err := br.Peek(sampleSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &FileError{Code: "ROW-FILE", Message: "the file cannot be read", Err: err}
	}
	cs, err := detectCharset(in, head, o)
	if err != nil {
		return nil, err
	}
	if _, err := br.Discard(cs.skip); err != nil {
		return nil, &FileError{Code: "ROW-FILE", Message: "the file cannot be read", Err: err}
	}
	if cs.enc == nil {
		return &text{r: br, charset: cs}, nil
	}
	return &text{r: bufio.NewReaderSize(cs.decode(br), sampleSize), charset: cs}, nil
}

// detectCharset applies, in this order: what the person says, a byte order
// mark, the bytes themselves.
func detectCharset(in io.Reader, head []byte, o Options) (charset, error) {
	if o.Encoding != "" {
		return named(o.Encoding, head)
	}
	cs := marked(head)
	if cs.enc != nil {
		return cs, nil
	}
	var c census
	c.add(head[cs.skip:], len(head) < sampleSize)
	whole := len(head) < sampleSize
	if f, ok := in.(*os.File); ok && !whole {
		var err error
		if whole, err = c.rest(f); err != nil {
			return charset{}, &FileError{Code: "ROW-FILE", Message: "the file cannot be read", Err: err}
		}
	}
	if cs.skip > 0 { // a UTF-8 mark is a promise; cells that break it get faults
		return charset{skip: cs.skip, proven: whole && c.invalid == 0}, nil
	}
	guess, err := c.guess(in, head, o)
	guess.proven = whole && c.invalid == 0 && guess.enc == nil
	return guess, err
}

// rest counts what follows the sample without moving the file's position. It
// reports whether it could: a pipe has no rest to look at.
func (c *census) rest(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false, err
	}
	buf := make([]byte, 256<<10)
	for at := int64(sampleSize); at < info.Size(); {
		n, err := f.ReadAt(buf, at)
		at += int64(n)
		c.add(buf[:n], at >= info.Size())
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		if n == 0 {
			break
		}
	}
	return true, nil
}

// sample returns the head of the decoded text without taking it.
func (t *text) sample() string {
	head, _ := t.r.Peek(sniffSize) // a short sample is a sample; the reader meets the error itself
	return string(head)
}

// showGuess puts into the notice of a guessed encoding the first words that
// would look different in another one.
func showGuess(n *Notice, s string) {
	if n == nil || n.Sample != "" {
		return
	}
	at := strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 && r != '\ufeff' })
	if at < 0 {
		return
	}
	from := strings.LastIndexAny(s[:at], "\r\n,;\t|\"") + 1
	to := strings.IndexAny(s[at:], "\r\n,;\t|\"")
	if to < 0 || to > 60 {
		to = min(60, len(s)-at)
	}
	n.Sample = strings.ToValidUTF8(s[from:at+to], "")
}

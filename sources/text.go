package sources

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"
)

// text is a decoded text with its charset.
type text struct {
	r       *bufio.Reader
	charset charset
}

// openText finds the encoding of a stream and decodes it. It examines a regular file as a
// whole, and other streams by their first MiB.
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
	// UTF-8 needs no decoder. It passes through at full speed, and bad bytes are found cell
	// by cell.
	if cs.enc == nil {
		return &text{r: br, charset: cs}, nil
	}
	return &text{r: bufio.NewReaderSize(cs.decode(br), sampleSize), charset: cs}, nil
}

// detectCharset finds the charset. The campaign's setting comes first, a byte order mark
// second, and the bytes themselves last.
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
	// A mark at the start promises UTF-8. Cells that break the promise get faults; guessing
	// another encoding would damage all others.
	if cs.skip > 0 {
		return charset{skip: cs.skip, proven: whole && c.invalid == 0}, nil
	}
	guess, err := c.guess(in, head, o)
	guess.proven = whole && c.invalid == 0 && guess.enc == nil
	return guess, err
}

// rest counts the bytes behind the sample. It reports whether it could, since a pipe cannot
// be read twice. ReadAt leaves the position of the file alone.
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
		// The file became shorter since Stat. Without this check the loop would never end.
		if n == 0 {
			break
		}
	}
	return true, nil
}

// sample returns the head of the decoded text without taking it.
func (t *text) sample() string {
	// A short sample is good enough. The reader meets the error itself.
	head, _ := t.r.Peek(sniffSize)
	return string(head)
}

// showGuess puts a sample into the notice of a guessed encoding. It takes the first words
// that would look different in another encoding, so that a wrong guess is visible.
func showGuess(n *Notice, s string) {
	if n == nil || n.Sample != "" {
		return
	}
	at := strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 && r != '\ufeff' })
	if at < 0 {
		return
	}
	// The whole cell around the letter is easier to recognise than the letter.
	from := strings.LastIndexAny(s[:at], "\r\n,;\t|\"") + 1
	to := strings.IndexAny(s[at:], "\r\n,;\t|\"")
	if to < 0 || to > 60 {
		to = min(60, len(s)-at)
	}
	n.Sample = strings.ToValidUTF8(s[from:at+to], "")
}

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
		return nil, unreadable(err)
	}
	cs, err := detectCharset(in, head, o)
	if err != nil {
		return nil, err
	}
	if _, err := br.Discard(cs.skip); err != nil {
		return nil, unreadable(err)
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
	whole, err := blocks(in, head, c.add)
	if err != nil {
		return charset{}, err
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

// blocks shows the text block by block: the head, and what is behind it in a file. last
// says that the text ends with the block. It reports whether that was the whole text, since
// a pipe cannot be read twice. ReadAt leaves the position of the file alone.
func blocks(in io.Reader, head []byte, see func(block []byte, last bool)) (whole bool, err error) {
	whole = len(head) < sampleSize
	see(head, whole)
	f, ok := in.(*os.File)
	if whole || !ok {
		return whole, nil
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false, unreadable(err)
	}
	buf := make([]byte, 256<<10)
	for at := int64(sampleSize); at < info.Size(); {
		n, err := f.ReadAt(buf, at)
		at += int64(n)
		see(buf[:n], at >= info.Size())
		if err != nil && !errors.Is(err, io.EOF) {
			return false, unreadable(err)
		}
		// The file became shorter since Stat. Without this check the loop would never end.
		if n == 0 {
			break
		}
	}
	return true, nil
}

// unreadable returns the error of a file that cannot be read; nil when there is none.
func unreadable(err error) error {
	if err == nil {
		return nil
	}
	return &FileError{Code: "ROW-FILE", Message: "the file cannot be read", Err: err}
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

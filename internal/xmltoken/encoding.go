package xmltoken

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// longestDeclaration bounds <?xml …?>.
const longestDeclaration = 1024

// UTF8 returns a document as UTF-8, which nearly all documents are. The encoding is told
// by a byte order mark, by the bytes of the first tag, and by the declaration; the first
// of these that tells it counts. In a converted document the declaration names UTF-8. An
// unknown encoding is an error of the first read.
func UTF8(in io.Reader) io.Reader { return &decoder{in: in} }

// decoder finds out the encoding when it is first read.
type decoder struct {
	in, out io.Reader
	err     error
}

// Read returns bytes of UTF-8.
func (d *decoder) Read(p []byte) (int, error) {
	if d.out == nil && d.err == nil {
		d.out, d.err = decoded(d.in)
	}
	if d.err != nil {
		return 0, d.err
	}
	return d.out.Read(p)
}

func decoded(in io.Reader) (io.Reader, error) {
	head := make([]byte, longestDeclaration)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		if n == 0 {
			return nil, err
		}
		in = &failing{err} // what was read comes first
	}
	head = head[:n]
	whole := func(head []byte) io.Reader { return io.MultiReader(bytes.NewReader(head), in) }
	if rest, marked := bytes.CutPrefix(head, []byte("\xef\xbb\xbf")); marked {
		return whole(rest), nil
	}
	enc := wide(head)
	if enc == nil {
		from, to := declared(head)
		if from == to || strings.HasPrefix(strings.ToLower(string(head[from:to])), "utf") {
			return whole(head), nil // a text that begins like UTF-8 cannot be UTF-16, even if it says so
		}
		if enc = known(string(head[from:to])); enc == nil {
			return nil, fmt.Errorf("it is written in the encoding %q, which is not known", head[from:to])
		}
	}
	return redeclared(transform.NewReader(whole(head), enc.NewDecoder()))
}

// known returns an encoding by its name; nil where it has none.
func known(name string) encoding.Encoding {
	if enc, err := htmlindex.Get(name); err == nil {
		return enc
	}
	enc, err := ianaindex.IANA.Encoding(name)
	if err != nil {
		return nil
	}
	return enc
}

// failing is the end of a reader that failed.
type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// wide returns the encoding of a text whose units have several bytes.
func wide(head []byte) encoding.Encoding {
	for _, e := range []struct {
		begins string
		enc    encoding.Encoding
	}{
		{"\xff\xfe\x00\x00", utf32.UTF32(utf32.LittleEndian, utf32.ExpectBOM)},
		{"\x00\x00\xfe\xff", utf32.UTF32(utf32.BigEndian, utf32.ExpectBOM)},
		{"<\x00\x00\x00", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
		{"\x00\x00\x00<", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
		{"\xff\xfe", unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)},
		{"\xfe\xff", unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM)},
		{"<\x00", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"\x00<", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
	} {
		if bytes.HasPrefix(head, []byte(e.begins)) {
			return e.enc
		}
	}
	return nil
}

// declared returns where the name of the encoding stands in a declaration.
func declared(head []byte) (from, to int) {
	end := bytes.Index(head, []byte("?>"))
	if end < 0 || !bytes.HasPrefix(head, []byte("<?xml")) {
		return 0, 0
	}
	t := Token{Raw: head[:end], rest: len("<?xml")}
	from, to, _ = t.Find("encoding")
	return from, to
}

// redeclared says UTF-8 in the declaration of a text that is now in it.
func redeclared(in io.Reader) (io.Reader, error) {
	r := bufio.NewReader(in)
	head, err := r.Peek(longestDeclaration)
	if len(head) == 0 && err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	from, to := declared(head)
	if from == to {
		return r, nil
	}
	begin := string(head[:from]) + "UTF-8"
	_, _ = r.Discard(to) // it was peeked
	return io.MultiReader(strings.NewReader(begin), r), nil
}

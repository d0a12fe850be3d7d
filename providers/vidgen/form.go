package vidgen

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"os"

	"github.com/reelmerge/reelmerge/providers"
)

// form is a multipart body. The files are pieces of their own between the texts around
// them, so that they are in memory only once.
type form struct {
	kind   string // content type, with the boundary
	pieces [][]byte
}

// body returns the whole form as a stream.
func (f form) body() io.Reader {
	readers := make([]io.Reader, len(f.pieces))
	for i, piece := range f.pieces {
		readers[i] = bytes.NewReader(piece)
	}
	return io.MultiReader(readers...)
}

// length returns the length of the form. The request states it, since some servers refuse a
// body without one.
func (f form) length() (n int64) {
	for _, piece := range f.pieces {
		n += int64(len(piece))
	}
	return n
}

// form writes the body of a submit: the address of the webhook if there is one, and then
// the picture and the sound.
func (c *Client) form(r providers.Request) (form, error) {
	var around bytes.Buffer
	w := multipart.NewWriter(&around)
	f := form{kind: w.FormDataContentType()}
	if r.Callback != "" {
		address, err := c.webhookURL(r)
		if err != nil {
			return f, err
		}
		if err := w.WriteField("webhookUrl", address); err != nil {
			return f, fmt.Errorf("write form: %w", err)
		}
	}
	for _, part := range parts() {
		file, err := planned(r.Media, part)
		if err != nil {
			return f, err
		}
		if _, err := w.CreatePart(partHeader(part, file.media.Type)); err != nil {
			return f, fmt.Errorf("write form: %w", err)
		}
		// The text so far is cut off before each file. The file follows it as a piece of
		// its own.
		f.pieces = append(f.pieces, bytes.Clone(around.Bytes()), file.content)
		around.Reset()
	}
	if err := w.Close(); err != nil {
		return f, fmt.Errorf("write form: %w", err)
	}
	f.pieces = append(f.pieces, around.Bytes())
	return f, nil
}

// partHeader names the content type. A form writer would leave it at "any bytes", which the
// service refuses (VID-F3). The real name of the file is not sent, because it may be a
// customer's.
func partHeader(part, kind string) textproto.MIMEHeader {
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s%s"`, part, part, extension(kind)))
	h.Set("Content-Type", kind)
	return h
}

// loaded is a file with the planned content.
type loaded struct {
	media   providers.Media
	content []byte
}

// planned reads the file of a part and compares it with the plan. Its errors name the part
// and not the file, whose name may be a customer's.
func planned(media []providers.Media, part string) (loaded, error) {
	for _, m := range media {
		if m.Part != part {
			continue
		}
		content, err := readFile(m.Path)
		if err != nil {
			return loaded{}, fmt.Errorf("read file of %s: %w", part, withoutPath(err))
		}
		sum := sha256.Sum256(content)
		if hex.EncodeToString(sum[:]) != m.SHA256 {
			return loaded{}, fmt.Errorf("the file of %s changed after the plan was made; run again to plan it anew", part)
		}
		return loaded{m, content}, nil
	}
	return loaded{}, fmt.Errorf("the request has no file for %s", part)
}

// readFile reads a regular file, up to the size that the service accepts.
func readFile(path string) ([]byte, error) {
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if size > mostBytes {
		return nil, errors.New("it is larger than 50 MB")
	}
	// The file may grow while it is read. The limit keeps memory bounded, and the hash
	// finds the change.
	return io.ReadAll(io.LimitReader(file, mostBytes+1))
}

var errNotRegular = errors.New("it is no regular file")

// openRegular opens a regular file. A pipe or a device could wait for ever or never end.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, 0, err
	case !info.Mode().IsRegular():
		return nil, 0, errNotRegular
	}
	file, err := os.Open(path)
	return file, info.Size(), err
}

// withoutPath removes the path from the error of a file, because it may name a customer.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

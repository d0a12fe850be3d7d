package upload

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
)

// Form is a multipart body. The files are pieces of their own between the texts around
// them, so that they are in memory only once.
type Form struct {
	around bytes.Buffer
	writer *multipart.Writer
	pieces [][]byte
}

// NewForm begins a form. The boundary may be empty: it is then made by chance.
func NewForm(boundary string) (*Form, error) {
	f := &Form{}
	f.writer = multipart.NewWriter(&f.around)
	if boundary == "" {
		return f, nil
	}
	return f, f.writer.SetBoundary(boundary)
}

// Type is the content type, with the boundary.
func (f *Form) Type() string { return f.writer.FormDataContentType() }

// Field adds a text.
func (f *Form) Field(name, value string) error { return f.writer.WriteField(name, value) }

// File adds a file as a part. Its content type is named: a form writer would leave it at
// "any bytes", which services refuse. The real name of the file is not sent, because it may
// be a customer's.
func (f *Form) File(part string, file File) error {
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s%s"`, part, part, Extension(file.Type)))
	h.Set("Content-Type", file.Type)
	if _, err := f.writer.CreatePart(h); err != nil {
		return err
	}
	// The text so far is cut off before each file. The file follows it as a piece of its own.
	f.pieces = append(f.pieces, bytes.Clone(f.around.Bytes()), file.Content)
	f.around.Reset()
	return nil
}

// Close ends the form, which must not be changed after it.
func (f *Form) Close() error {
	err := f.writer.Close()
	f.pieces = append(f.pieces, f.around.Bytes())
	return err
}

// Body returns the whole form as a stream.
func (f *Form) Body() io.Reader {
	readers := make([]io.Reader, len(f.pieces))
	for i, piece := range f.pieces {
		readers[i] = bytes.NewReader(piece)
	}
	return io.MultiReader(readers...)
}

// Length returns the length of the form. The request states it, since some servers refuse a
// body without one.
func (f *Form) Length() (n int64) {
	for _, piece := range f.pieces {
		n += int64(len(piece))
	}
	return n
}

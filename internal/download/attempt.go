package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/internal/mp4box"
	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/ledger"
)

// download is the download of one file.
type download struct {
	folder *Folder
	entry  ledger.Entry
	claim  func(ledger.Fetched) (bool, error)
	part   part
}

// attempt makes one request and receives its answer.
func (d *download) attempt(ctx context.Context) error {
	from, mark := d.part.state(d.folder.root)
	response, err := d.ask(ctx, from, mark)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if isWhole(response, from) {
		return d.finish(from)
	}
	total, from, err := d.accept(response, from)
	if err != nil {
		return err
	}
	// A disk that is full would stop the ledger. The check comes before the bytes.
	if err := d.folder.mayTake(total - from); err != nil {
		return err
	}
	if err := d.receive(response, from); err != nil {
		return err
	}
	return d.finish(total)
}

// isWhole recognises the answer to a request for the rest of a complete file. A crash kept
// the file from its name.
func isWhole(r *http.Response, from int64) bool {
	_, total, _ := strings.Cut(r.Header.Get("Content-Range"), "*/")
	return r.StatusCode == http.StatusRequestedRangeNotSatisfiable && from > 0 && total == strconv.FormatInt(from, 10)
}

// ask continues where the partial file ends, if the service can tell that the file has not
// changed.
func (d *download) ask(ctx context.Context, from int64, mark string) (*http.Response, error) {
	header := http.Header{
		"Accept":          {"video/mp4, video/*;q=0.9, application/octet-stream;q=0.5"},
		"Accept-Encoding": {"identity"}, // lengths are of the file itself
	}
	if from > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", from))
		header.Set("If-Range", mark)
	}
	response, err := d.folder.client.Get(ctx, d.entry.Result.VideoURL, header)
	if errors.Is(err, publicnet.ErrForbidden) {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return response, err
}

// accept judges the headers of the answer. It returns the length of the whole file (-1: not
// known), and where in the file the body begins.
func (d *download) accept(r *http.Response, from int64) (total, at int64, err error) {
	total = r.ContentLength
	switch status := r.StatusCode; {
	// The service sends the file from its start, because it has changed or cannot continue.
	case status == http.StatusOK:
		from = 0
	case status == http.StatusPartialContent && from > 0:
		var start int64
		if start, total, err = contentRange(r.Header.Get("Content-Range")); err != nil || start != from {
			return 0, 0, d.startAfresh("the service sent another part than was asked for")
		}
	case status == http.StatusRequestedRangeNotSatisfiable:
		return 0, 0, d.startAfresh("the service does not have the rest")
	case status >= 400 && !isTransient(status):
		return 0, 0, fmt.Errorf("%w: the service answered %d", ErrGone, status)
	default:
		return 0, 0, fmt.Errorf("the service answered %d", status)
	}
	return total, from, d.inspect(r.Header, total)
}

// inspect refuses an answer that cannot be the video, before a byte is written.
func (d *download) inspect(h http.Header, total int64) error {
	if kind, _, _ := mime.ParseMediaType(h.Get("Content-Type")); isDocument(kind) {
		return fmt.Errorf("%w: the link gives %s", ErrNotVideo, kind)
	}
	if encoding := h.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return fmt.Errorf("%w: it comes encoded as %q", ErrNotVideo, encoding)
	}
	if total > d.folder.limits.Bytes {
		return fmt.Errorf("%w: %d bytes, and the limit is %d", ErrTooBig, total, d.folder.limits.Bytes)
	}
	return nil
}

// startAfresh removes the partial file, so that the next attempt begins at the start.
func (d *download) startAfresh(why string) error {
	d.part.remove(d.folder.root)
	return errors.New(why)
}

// isTransient reports whether the same request may succeed later.
func isTransient(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500
}

// isDocument recognises the types that services send instead of a file. All other types are
// judged by content, since storages often name the wrong one.
func isDocument(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "image/") ||
		strings.HasSuffix(kind, "json") || strings.HasSuffix(kind, "xml")
}

// contentRange reads "bytes 100-199/200". The total may be "*".
func contentRange(s string) (start, total int64, err error) {
	span, whole, found := strings.Cut(strings.TrimPrefix(s, "bytes "), "/")
	first, _, dash := strings.Cut(span, "-")
	if !found || !dash {
		return 0, 0, fmt.Errorf("read Content-Range %q", s)
	}
	if start, err = strconv.ParseInt(first, 10, 64); err != nil {
		return 0, 0, fmt.Errorf("read Content-Range %q: %w", s, err)
	}
	if whole == "*" {
		return start, -1, nil
	}
	total, err = strconv.ParseInt(whole, 10, 64)
	return start, total, err
}

// receive writes the body to the partial file. It syncs before anything else relies on the
// bytes.
func (d *download) receive(r *http.Response, from int64) error {
	file, err := d.part.open(d.folder.root, from, markOf(r.Header))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	most := d.folder.limits.Bytes - from
	// One byte more than allowed shows that the file is too big.
	n, err := io.Copy(&rationed{file: file, folder: d.folder}, io.LimitReader(r.Body, most+1))
	if err == nil {
		err = file.Sync()
	}
	switch {
	case err != nil:
		return fmt.Errorf("after %d bytes: %w", from+n, err)
	// An oversized file is removed: the rest of it would not help.
	case n > most:
		d.part.remove(d.folder.root)
		return fmt.Errorf("%w: more than %d bytes", ErrTooBig, d.folder.limits.Bytes)
	}
	return nil
}

// finish checks the whole file and gives it its name. It removes a file that fails, since
// continuing it would not help.
func (d *download) finish(total int64) error {
	if err := d.check(total); err != nil {
		d.part.remove(d.folder.root)
		return err
	}
	whole, err := read(d.folder.root, d.part.data)
	if err != nil {
		return err
	}
	return d.publish(whole)
}

// check refuses a file that is not a whole video.
func (d *download) check(total int64) error {
	file, err := d.folder.root.Open(d.part.data)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	size, err := sizeOf(file)
	if err != nil {
		return err
	}
	// A cut file may still have a valid start. Its length is checked before its content.
	if total >= 0 && size != total {
		return fmt.Errorf("%w: it has %d bytes of %d", ErrNotVideo, size, total)
	}
	info, err := mp4box.Read(file, size)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotVideo, err)
	}
	return plausible(info.Duration, d.entry.Result.Duration)
}

// sizeOf returns the size of an open file.
func sizeOf(file *os.File) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// plausible compares the playing time with the one that the service reported. Services
// round and add a fade. A video that was cut, or is another one, differs by more than two
// seconds and more than a tenth. An unknown time is not compared.
func plausible(got, said time.Duration) error {
	if got == 0 || said == 0 {
		return nil
	}
	if difference := (got - said).Abs(); difference > max(2*time.Second, said/10) {
		return fmt.Errorf("%w: it plays for %v, and the service said %v", ErrNotVideo,
			got.Round(100*time.Millisecond), said.Round(100*time.Millisecond))
	}
	return nil
}

package pinned

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/patience"
	"github.com/reelmerge/reelmerge/internal/publicnet"
)

// Limits of a fetch.
const (
	mostBytes = 256 << 20 // of a sheet; a million rows of a CSV have about a hundred million
	tries     = 3
	pause     = time.Second      // before the second try
	longest   = 10 * time.Minute // of a try
)

// Error says why a sheet was not fetched, and what to do.
type Error struct {
	Why, Cure string
	passing   bool // the same request may succeed soon
}

// Error returns the reason. It names no address.
func (e *Error) Error() string { return e.Why }

// Request is a sheet to fetch.
type Request struct {
	Written string                  // the address as the campaign writes it
	Address string                  // the address itself; see [Export]
	Vet     func(path string) error // refuses what is no sheet
}

// Fetch asks the address for the sheet, and returns the newest copy. That is the one of
// before if the server says that it is still the newest. If Fetch fails, all copies stay as
// they are. An error is an [*Error], unless it is of this machine or the context is done.
func (f *Folder) Fetch(ctx context.Context, r Request) (copied Copy, err error) {
	g := &fetching{folder: f, request: r}
	before, err := f.Copies(r.Written)
	if err != nil {
		return copied, err
	}
	// A copy that was changed by hand must not be called the newest.
	if len(before) > 0 && before[0].Address == digest(r.Address) && f.Vet(before[0]) == nil {
		g.before = &before[0]
	}
	client, err := clientFor(r.Address)
	if err != nil {
		return copied, err
	}
	defer client.CloseIdleConnections()
	g.client = client
	err = patience.Attempts{Most: tries, Pause: pause}.Do(ctx, func() (err error) {
		copied, err = g.try(ctx)
		return err
	}, func(err error) (time.Duration, bool) {
		known, ok := errors.AsType[*Error](err)
		return 0, ok && known.passing
	})
	return copied, err
}

// clientFor is a client that may reach a host of this machine only if the address names it.
func clientFor(address string) (*publicnet.Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, &Error{Why: "it is no web address", Cure: "write an https address"}
	}
	var o publicnet.Options
	if publicnet.IsLoopback(u.Hostname()) {
		port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
		o.Loopback = []string{u.Host, net.JoinHostPort(u.Hostname(), port)}
	}
	return publicnet.New(o), nil
}

// fetching is a sheet on its way.
type fetching struct {
	folder  *Folder
	client  *publicnet.Client
	request Request
	before  *Copy // the newest one; nil: there is none, or not of this address
}

// try makes one request.
func (g *fetching) try(ctx context.Context) (Copy, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	response, err := g.client.Get(ctx, g.request.Address, g.header())
	if err != nil {
		return Copy{}, unanswered(ctx, err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotModified && g.before != nil:
		return g.unchanged()
	case response.StatusCode != http.StatusOK:
		return Copy{}, statusError(response.StatusCode)
	}
	return g.receive(ctx, response)
}

// header asks only whether the sheet has changed, where there is a copy.
func (g *fetching) header() http.Header {
	h := http.Header{"Accept": {"text/csv, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, */*;q=0.5"}, "Accept-Encoding": {"identity"}}
	switch {
	case g.before == nil:
	case g.before.Tag != "":
		h.Set("If-None-Match", g.before.Tag)
	case g.before.Modified != "":
		h.Set("If-Modified-Since", g.before.Modified)
	}
	return h
}

// unchanged notes that the newest copy still is.
func (g *fetching) unchanged() (Copy, error) {
	c := *g.before
	c.Asked = time.Now().UTC().Truncate(time.Second)
	return c, g.folder.note(c)
}

// receive keeps what came, if it is a sheet.
func (g *fetching) receive(ctx context.Context, response *http.Response) (Copy, error) {
	if err := inspect(response); err != nil {
		return Copy{}, err
	}
	if err := os.MkdirAll(g.folder.dir, 0o700); err != nil {
		return Copy{}, fmt.Errorf("keep the sheet: %w", err)
	}
	// The name is one of those that are swept if the process dies.
	file, err := os.CreateTemp(g.folder.dir, ".incoming.csv.*.tmp")
	if err != nil {
		return Copy{}, fmt.Errorf("keep the sheet: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	defer file.Close()
	hash, head, err := save(ctx, response, file, g.folder.most)
	if err != nil {
		return Copy{}, err
	}
	if isPage(head) {
		return Copy{}, page(response)
	}
	now := time.Now().UTC().Truncate(time.Second)
	c := Copy{
		File: hash + kind(head, response), Source: digest(g.request.Written), Address: digest(g.request.Address),
		Tag: response.Header.Get("ETag"), Modified: response.Header.Get("Last-Modified"), Fetched: now, Asked: now,
	}
	// The same sheet without a tag came earlier, and is not new.
	if g.before != nil && g.before.File == c.File {
		c.Fetched = g.before.Fetched
	}
	if err := g.request.Vet(file.Name()); err != nil {
		return Copy{}, err
	}
	return c, g.folder.pin(c, file.Name())
}

// save writes the body, and returns its hash and its beginning.
func save(ctx context.Context, response *http.Response, file io.Writer, most int64) (hash string, head []byte, err error) {
	sum := sha256.New()
	var start beginning
	n, err := io.Copy(io.MultiWriter(file, sum, &start), io.LimitReader(response.Body, most+1))
	switch {
	case atomicfile.IsFull(err):
		return "", nil, fmt.Errorf("keep the sheet: %w", err)
	case err != nil:
		return "", nil, unanswered(ctx, err)
	case n > most:
		return "", nil, tooBig()
	case n == 0:
		return "", nil, &Error{Why: "the server sent nothing: the file is empty", Cure: "open the address in a browser, and see whether the sheet is still there", passing: true}
	}
	return hex.EncodeToString(sum.Sum(nil)), start.head, nil
}

// beginning keeps the first bytes that are written.
type beginning struct{ head []byte }

const headBytes = 512

// Write implements [io.Writer].
func (b *beginning) Write(p []byte) (int, error) {
	b.head = append(b.head, p[:min(len(p), headBytes-len(b.head))]...)
	return len(p), nil
}

// inspect refuses an answer by its headers, before a byte is written.
func inspect(r *http.Response) error {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return &Error{Why: fmt.Sprintf("the server sent the sheet encoded as %q, which was not asked for", encoding), Cure: "use another address of the sheet, or download it and name the file"}
	}
	if r.ContentLength > mostBytes {
		return tooBig()
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "text/html" || kind == "application/xhtml+xml" {
		return page(r)
	}
	return nil
}

func tooBig() error {
	return &Error{Why: fmt.Sprintf("it is larger than %d MB, and was not fetched", mostBytes>>20), Cure: "see whether the address leads to the sheet; a sheet that large is better downloaded and named as a file"}
}

// isPage reports whether a file begins like a web page.
func isPage(head []byte) bool {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	return bytes.HasPrefix(text, []byte("<!doctype html")) || bytes.HasPrefix(text, []byte("<html"))
}

// page is the error of an address that leads to a web page, such as one for signing in.
func page(r *http.Response) error {
	e := &Error{Why: "the address leads to a web page, and not to the sheet itself", Cure: "open the address in a private window of a browser: it must download a .csv, .xlsx or .ods file, without signing in"}
	last := r.Request.URL
	if strings.EqualFold(last.Hostname(), "accounts.google.com") || isGoogle(last) {
		e.Why = "Google asks to sign in before it shows the sheet"
		e.Cure = `in the Google Sheet choose Share, General access, "Anyone with the link"; or download it and name the file`
	}
	return e
}

// statusError is the error of an answer without a sheet.
func statusError(status int) error {
	e := &Error{Why: fmt.Sprintf("the server answered with status %d", status), Cure: "run the command again when the server answers",
		passing: status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= http.StatusInternalServerError}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Cure = "share the sheet with everybody who has the link; addresses that need a password are not fetched"
	case http.StatusNotFound, http.StatusGone, http.StatusBadRequest:
		e.Cure = "open the address in a private window of a browser, and correct rows.file"
	}
	return e
}

// unanswered is the error of a request that has no whole answer.
func unanswered(ctx context.Context, err error) error {
	var forbidden *publicnet.ForbiddenError
	switch {
	case errors.As(err, &forbidden):
		return &Error{Why: "it is not fetched: " + forbidden.Why, Cure: "use an https address of a public server"}
	case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return err
	}
	return &Error{Why: fmt.Sprintf("the server did not answer as it should: %v", err), Cure: "see whether this machine is online, and run the command again when the server answers", passing: true}
}

// kind is the extension for a file: by its content, else by the names that the server or the
// address have for it, else that of a CSV file.
func kind(head []byte, r *http.Response) string {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) && bytes.Contains(head, []byte("opendocument.spreadsheet")):
		return ".ods"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return ".xlsx"
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	_, disposition, _ := mime.ParseMediaType(r.Header.Get("Content-Disposition"))
	for _, name := range []string{disposition["filename"], r.Request.URL.Path, map[string]string{
		"text/tab-separated-values": ".tsv", "application/jsonl": ".jsonl", "application/x-ndjson": ".jsonl",
	}[media]} {
		switch extension := strings.ToLower(path.Ext(name)); extension {
		case ".tsv", ".jsonl":
			return extension
		case ".ndjson":
			return ".jsonl"
		}
	}
	return ".csv"
}

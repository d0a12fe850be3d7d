// Package download keeps the videos of succeeded rows in one folder.
//
// A file appears under its name only when it is whole: it is written beside as a
// partial file, goes on where it stopped after a crash or a lost connection, and
// takes its name after its length, its type and its playing time were checked.
// Nothing is written outside the folder, whatever a name or a link says.
package download

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/reelmerge/reelmerge/internal/safename"
	"github.com/reelmerge/reelmerge/ledger"
)

// Errors that callers act on.
var (
	// ErrGone means that the link is dead or has expired: ask the service for
	// a new one before trying again.
	ErrGone = errors.New("the link has expired")
	// ErrNotVideo means that what the link gives is no whole video: a web page,
	// a cut file, or one of another length.
	ErrNotVideo = errors.New("the file is not the video")
	// ErrTooBig means that a file is larger than the limits allow.
	ErrTooBig = errors.New("the file is too big")
	// ErrRefused means that the link is not one that may be followed.
	ErrRefused = errors.New("the link is refused")
)

// Client sends a request. The one that is given must refuse private addresses
// and dangerous redirects itself: only whoever dials sees where a name leads.
type Client interface {
	Do(*http.Request) (*http.Response, error)
}

// Limits bound what a download may take. A zero field means its default.
type Limits struct {
	// Bytes of one file; default 4 GiB.
	Bytes int64
	// Stall is how long a download may bring nothing; default one minute.
	Stall time.Duration
	// Tries in one Fetch, each going on where the last one stopped; default 3.
	Tries int
	// Host ("127.0.0.1:8787") may be asked over plain http: the sandbox's, or
	// that of a loopback base_url. Everything else must be https.
	Host string
}

const (
	defaultBytes = 4 << 30
	defaultStall = time.Minute
	defaultTries = 3
	firstPause   = time.Second
)

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = defaultBytes
	}
	if l.Stall <= 0 {
		l.Stall = defaultStall
	}
	if l.Tries <= 0 {
		l.Tries = defaultTries
	}
	return l
}

// Folder keeps videos. Its methods may be called for several entries at a time,
// but not for one entry twice.
type Folder struct {
	root   *os.Root
	client Client
	limits Limits
}

// New opens a folder, and makes it if it is missing. Close it after use.
func New(dir string, client Client, limits Limits) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create folder of videos: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder of videos: %w", err)
	}
	return &Folder{root: root, client: client, limits: limits.withDefaults()}, nil
}

// Close releases the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Missing reports whether the entry has a video that is not in the folder.
func (f *Folder) Missing(e ledger.Entry) bool {
	if e.State != ledger.Succeeded || e.Purged || e.File == "" || e.Result.VideoURL == "" {
		return false
	}
	info, err := f.root.Lstat(e.File)
	return err != nil || !info.Mode().IsRegular() || info.Size() == 0
}

// Fetch downloads the entry's video. When it fails, what has arrived stays for
// the next call, unless it is of no use. Errors never name the link: links are
// in the ledger and the results sheet alone (invariant L9).
func (f *Folder) Fetch(ctx context.Context, e ledger.Entry) error {
	link, err := f.link(e)
	if err != nil {
		return err
	}
	d := download{folder: f, entry: e, link: link, part: partOf(e.File)}
	pause := firstPause
	for try := 1; ; try++ {
		err := d.attempt(ctx)
		if err == nil {
			return nil
		}
		if isFinal(err) || try == f.limits.Tries || ctx.Err() != nil {
			return fmt.Errorf("fetch %q: %w", e.File, err)
		}
		if err := wait(ctx, pause); err != nil {
			return fmt.Errorf("fetch %q: %w", e.File, err)
		}
		pause *= 2
	}
}

// link holds the entry to what may be followed and written.
func (f *Folder) link(e ledger.Entry) (*url.URL, error) {
	if e.File == "" || safename.Clean(e.File) != e.File {
		return nil, fmt.Errorf("fetch %q: %w: its file name is not safe", e.File, ErrRefused)
	}
	u, err := url.Parse(e.Result.VideoURL)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("fetch %q: %w: it is not a web address", e.File, ErrRefused)
	}
	plain := u.Scheme == "http" && f.limits.Host != "" && u.Host == f.limits.Host
	if u.Scheme != "https" && !plain {
		return nil, fmt.Errorf("fetch %q: %w: it is not https", e.File, ErrRefused)
	}
	return u, nil
}

// isFinal reports whether the same link would only give the same again.
func isFinal(err error) bool {
	return errors.Is(err, ErrGone) || errors.Is(err, ErrNotVideo) || errors.Is(err, ErrTooBig) || errors.Is(err, ErrRefused)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// redact takes the link out of an error of the client.
func redact(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

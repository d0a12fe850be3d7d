// Package download keeps the videos of succeeded rows in one folder.
//
// A file appears under its name only when it is whole: it is written beside as a
// partial file, goes on where it stopped after a crash or a lost connection, and
// takes its name after its length, its type and its playing time were checked and
// the ledger has recorded it. Nothing is written outside the folder, whatever a
// name or a link says, and no file is replaced or deleted that the ledger did not
// record.
package download

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/patience"
	"github.com/reelmerge/reelmerge/internal/publicnet"
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
	// ErrRefused means that the file name or the link is not one to trust.
	ErrRefused = errors.New("refused")
)

// Client fetches links; [publicnet.Client] is the real one. It refuses addresses
// that are not public, gives up on a server that stops sending or trickles, and names no
// link in its errors.
type Client interface {
	Get(ctx context.Context, link string, header http.Header) (*http.Response, error)
}

// Limits bound what a download may take. A zero field means its default.
type Limits struct {
	// Bytes of one file; default 4 GiB.
	Bytes int64
	// Tries in one Fetch, each going on where the last one stopped; default 3.
	Tries int
}

const (
	defaultBytes = 4 << 30
	defaultTries = 3
	firstPause   = time.Second
)

func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = defaultBytes
	}
	if l.Tries <= 0 {
		l.Tries = defaultTries
	}
	return l
}

// Folder keeps videos. Its methods may be called for several entries at a time,
// but not for one entry twice.
type Folder struct {
	root    *os.Root
	client  Client
	limits  Limits
	reserve int64                // see [Folder.Leave]
	room    func() (int64, bool) // nil: not asked
	naming  sync.Mutex           // held while a file gets its name
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

// Missing reports whether the entry has a video that is not in the folder as the
// ledger says. A file is never the row's by its name alone.
func (f *Folder) Missing(e ledger.Entry) bool {
	if e.State != ledger.Succeeded || e.Purged || e.File == "" || e.Result.VideoURL == "" {
		return false
	}
	info, err := f.root.Lstat(cmp.Or(e.Fetched.File, e.File))
	return err != nil || !e.Fetched.Proven() || info.Size() != e.Fetched.Bytes || !plain(e, info)
}

// plain reports whether a file can be the video of the entry's current job.
func plain(e ledger.Entry, info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Size() > 0 && !outdated(e, info.ModTime())
}

// outdated reports whether a file was written before its row's job was known. That
// says something only where an earlier job of the row left one: files that were
// copied or unpacked may have any time.
func outdated(e ledger.Entry, written time.Time) bool {
	earlier := slices.ContainsFunc(e.Attempts, func(a ledger.Attempt) bool { return a.Outcome == ledger.Succeeded }) ||
		slices.ContainsFunc(e.History, func(m ledger.Moment) bool { return m.Kind == ledger.Disown })
	return earlier && (written.Before(e.IntendedAt) || written.Before(e.SubmittedAt))
}

// Fetch downloads the entry's video. Before the whole file takes a name, claim
// makes durable that this file is the entry's, or answers that the name belongs to
// another one. So no crash leaves a video that the ledger does not know.
//
// When it fails, what has arrived stays for the next call, unless it is of no use.
// Errors never name the link: links are in the ledger and the results sheet alone
// (invariant L9).
func (f *Folder) Fetch(ctx context.Context, e ledger.Entry, claim func(ledger.Fetched) (bool, error)) error {
	if e.File == "" || safename.Clean(e.File) != e.File {
		return fmt.Errorf("fetch %q: %w: its file name is not safe", e.File, ErrRefused)
	}
	d := download{folder: f, entry: e, claim: claim, part: partOf(e.File, e.Ticket.Job)}
	found, err := d.found()
	if !found && err == nil {
		attempts := patience.Attempts{Most: f.limits.Tries, Pause: firstPause}
		err = attempts.Do(ctx, func() error { return d.attempt(ctx) }, mayPass)
	}
	if err != nil {
		return fmt.Errorf("fetch %q: %w", e.File, err)
	}
	return nil
}

// mayPass reports whether the same link may give something else soon. A server that
// was too slow has had its time, and a full disk stays full.
func mayPass(err error) (atLeast time.Duration, worthwhile bool) {
	for _, lasting := range []error{ErrGone, ErrNotVideo, ErrTooBig, ErrRefused, errClaim, publicnet.ErrSlow} {
		if errors.Is(err, lasting) {
			return 0, false
		}
	}
	return 0, !atomicfile.IsFull(err)
}

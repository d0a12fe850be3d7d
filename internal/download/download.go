// Package download keeps the videos of succeeded rows in one folder.
//
// A file gets its name only when it is whole. Until then it is a partial file beside the
// others, which continues after a crash or a lost connection. It gets its name after its
// length, its type and its playing time were checked and the ledger has recorded it. No
// name and no link can make it write outside the folder. It replaces or deletes only files
// that the ledger has recorded.
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

// Errors for callers to act on.
var (
	// ErrGone means that the link has expired: ask the service for a new one before the
	// next attempt.
	ErrGone = errors.New("the link has expired")
	// ErrNotVideo means that the link leads to no whole video: a web page, a cut file, or a
	// video of another length.
	ErrNotVideo = errors.New("the file is not the video")
	// ErrTooBig means that a file is larger than the limits allow.
	ErrTooBig = errors.New("the file is too big")
	// ErrRefused means that the name of the file or its link cannot be trusted.
	ErrRefused = errors.New("refused")
)

// Client fetches links. [publicnet.Client] is the real one: it refuses addresses that are
// not public, gives up on a server that sends nothing or too slowly, and names no link in
// its errors.
type Client interface {
	Get(ctx context.Context, link string, header http.Header) (*http.Response, error)
}

// Limits bound a download. A zero field means its default.
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

// withDefaults replaces zero fields.
func (l Limits) withDefaults() Limits {
	if l.Bytes <= 0 {
		l.Bytes = defaultBytes
	}
	if l.Tries <= 0 {
		l.Tries = defaultTries
	}
	return l
}

// Folder keeps videos. Its methods may be called for several entries at a time, but for
// each entry only once at a time.
type Folder struct {
	root    *os.Root
	client  Client
	limits  Limits
	reserve int64                // see [Folder.Leave]
	room    func() (int64, bool) // nil: not asked
	naming  sync.Mutex           // held while a file gets its name
}

// New opens a folder, and creates it if necessary. Close it after use.
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

// Missing reports whether the entry has a video that is not in the folder as the ledger
// recorded it. A file with the right name is not enough.
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

// outdated reports whether a file was written before its row's job existed. This counts
// only if an earlier job of the row left a file, because files that were copied or unpacked
// may have any time.
func outdated(e ledger.Entry, written time.Time) bool {
	earlier := slices.ContainsFunc(e.Attempts, func(a ledger.Attempt) bool { return a.Outcome == ledger.Succeeded }) ||
		slices.ContainsFunc(e.History, func(m ledger.Moment) bool { return m.Kind == ledger.Disown })
	return earlier && (written.Before(e.IntendedAt) || written.Before(e.SubmittedAt))
}

// Fetch downloads the video of an entry. Before the whole file gets a name, claim records
// durably that the file is the entry's, or answers that the name belongs to another entry.
// So no crash leaves a video that the ledger does not know.
//
// If Fetch fails, the bytes that have arrived stay for the next call, unless they are
// useless. Errors never name the link: only the ledger and the results sheet contain links
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

// mayPass reports whether the same link may work soon. A server that was too slow had its
// chance, and a full disk stays full.
func mayPass(err error) (atLeast time.Duration, worthwhile bool) {
	for _, lasting := range []error{ErrGone, ErrNotVideo, ErrTooBig, ErrRefused, errClaim, publicnet.ErrSlow} {
		if errors.Is(err, lasting) {
			return 0, false
		}
	}
	return 0, !atomicfile.IsFull(err)
}

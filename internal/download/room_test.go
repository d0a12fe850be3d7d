package download_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/download"
	"github.com/reelmerge/reelmerge/internal/publicnet"
)

// breaking ends each body after some bytes with an error, and records the requests.
type breaking struct {
	inProcess
	after  int64
	err    error
	ranges []string
}

func (b *breaking) Get(ctx context.Context, link string, header http.Header) (*http.Response, error) {
	b.ranges = append(b.ranges, header.Get("Range"))
	response, err := b.inProcess.Get(ctx, link, header)
	if err == nil && b.err != nil {
		response.Body = io.NopCloser(io.MultiReader(io.LimitReader(response.Body, b.after), failing{b.err}))
	}
	return response, err
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestASlowServerIsLeftToTheNextRun checks that a slow server is not asked again at once.
// The bytes that came stay, and the next run continues from them.
func TestASlowServerIsLeftToTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want := video(9*time.Second, 1000)
		client := &breaking{inProcess: inProcess{serve(want)}, after: 100, err: publicnet.ErrSlow}
		f, dir := folder(t, client, download.Limits{})
		e := entry("C-1.mp4", 9*time.Second)
		if err := f.Fetch(t.Context(), e, taken); !errors.Is(err, publicnet.ErrSlow) || len(client.ranges) != 1 {
			t.Errorf("%d attempts: %v", len(client.ranges), err)
		}
		client.err = nil
		if err := f.Fetch(t.Context(), e, taken); err != nil || client.ranges[1] != "bytes=100-" {
			t.Errorf("asked for %q: %v", client.ranges[1], err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "C-1.mp4")); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
}

// TestAFullDiskIsNotTriedAgain has each write fail.
func TestAFullDiskIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &breaking{inProcess: inProcess{serve(video(9*time.Second, 1000))}, after: 10, err: fmt.Errorf("write: %w", atomicfile.ErrNoRoom)}
		f, _ := folder(t, client, download.Limits{})
		if err := f.Fetch(t.Context(), entry("C-1.mp4", 0), taken); !atomicfile.IsFull(err) || len(client.ranges) != 1 {
			t.Errorf("%d attempts: %v", len(client.ranges), err)
		}
	})
}

// TestDownloadsLeaveTheReserve has a disk that fills up: a video that would go below
// the reserve is not begun where its length is known, and else ends where it does.
func TestDownloadsLeaveTheReserve(t *testing.T) {
	const mega = 1 << 20
	content := video(9*time.Second, 2*mega) // 16 MB
	for name, c := range map[string]struct {
		room    int64
		unknown bool // the service does not say how long it is
		want    int64
	}{
		"room for all":                     {100 * mega, false, -1},
		"room for all, of unknown length":  {100 * mega, true, -1},
		"no room for it":                   {70 * mega, false, 0},
		"room for a part, unknown length":  {70 * mega, true, 6 * mega},
		"below the reserve from the start": {10 * mega, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "videos")
			client := &lengthless{inProcess{serve(content)}, c.unknown}
			var used atomic.Int64
			f, err := download.New(dir, client, download.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			f.Leave(64*mega, func() (int64, bool) {
				used.Store(0)
				for _, name := range names(t, dir) {
					if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
						used.Add(info.Size())
					}
				}
				return c.room - used.Load(), true
			})
			err = f.Fetch(t.Context(), entry("C-1.mp4", 9*time.Second), taken)
			f.Leave(0, nil)
			if c.want < 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, atomicfile.ErrNoRoom) || !strings.Contains(err.Error(), "left") {
				t.Errorf("error: %v", err)
			}
			if got := used.Load(); got < c.want-mega || got > c.want+mega {
				t.Errorf("%d bytes were written, want about %d", got, c.want)
			}
			if err := f.Fetch(t.Context(), entry("C-1.mp4", 9*time.Second), taken); err != nil {
				t.Errorf("with room again: %v", err)
			}
		})
	}
}

// lengthless is a service that may not say how long a file is.
type lengthless struct {
	inProcess
	unknown bool
}

func (l *lengthless) Get(ctx context.Context, link string, header http.Header) (*http.Response, error) {
	response, err := l.inProcess.Get(ctx, link, header)
	if err == nil && l.unknown && response.StatusCode == http.StatusOK {
		response.ContentLength = -1
	}
	return response, err
}

package publicnet_test

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/internal/publicnet"
)

// dripping gives some bytes at a time, each time after a pause.
type dripping struct {
	bytes, left int
	pause       time.Duration
}

func (d *dripping) Read(p []byte) (int, error) {
	if d.left <= 0 {
		return 0, io.EOF
	}
	time.Sleep(d.pause)
	n := min(d.bytes, len(p), d.left)
	d.left -= n
	return n, nil
}

func TestAServerThatTricklesIsGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		server dripping
		within time.Duration // of which a slow one is given up
	}{
		"a byte a second":                 {dripping{1, 1 << 20, time.Second}, 2 * time.Minute},
		"a byte every 25 s":               {dripping{1, 1 << 20, 25 * time.Second}, 2 * time.Minute},
		"1,000 bytes a second":            {dripping{1000, 1 << 30, time.Second}, 2 * time.Minute},
		"a short file, a byte a second":   {dripping{1, 300, time.Second}, 2 * time.Minute},
		"2 KiB a second":                  {dripping{2 << 10, 100 << 10, time.Second}, 0},
		"a byte a second, for 59 of them": {dripping{1, 59, time.Second}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cancelled := false
				body := publicnet.NewBody(io.NopCloser(&c.server), 30*time.Second, func() { cancelled = true })
				began := time.Now()
				_, err := io.Copy(io.Discard, body)
				slow := errors.Is(err, publicnet.ErrSlow)
				if slow != (c.within > 0) || slow && (time.Since(began) > c.within || !cancelled) || !slow && err != nil {
					t.Errorf("after %v: %v, cancelled: %v", time.Since(began), err, cancelled)
				}
			})
		})
	}
}

// TestASlowReaderIsNotASlowServer takes its time between reads.
func TestASlowReaderIsNotASlowServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := publicnet.NewBody(io.NopCloser(&dripping{1, 200, time.Millisecond}), 30*time.Second, func() {})
		for range 200 {
			time.Sleep(time.Minute)
			if _, err := body.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

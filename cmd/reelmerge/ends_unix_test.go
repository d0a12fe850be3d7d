//go:build unix

package main

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
)

// TestADeathAfterRowsWereSentIsNoExitCode kills a run by the signals that the Go
// runtime turns into an end of its own, and into the code for wrong usage: the process
// must die by a signal, without a core file, and the next run goes on.
func TestADeathAfterRowsWereSentIsNoExitCode(t *testing.T) {
	for name, s := range map[string]syscall.Signal{"SIGQUIT": syscall.SIGQUIT, "SIGABRT": syscall.SIGABRT, "SIGSEGV": syscall.SIGSEGV, "SIGBUS": syscall.SIGBUS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 6, false)
			arrived, _ := r.holdSubmits()
			c := r.command("run", "rig.yaml")
			c.Path, c.Args = "/bin/sh", append([]string{"sh", "-c", `ulimit -c unlimited; exec "$0" "$@"`, c.Path}, c.Args[1:]...)
			r.finish(c, func(c *exec.Cmd) error {
				if err := c.Start(); err != nil {
					return err
				}
				<-arrived
				if err := c.Process.Signal(s); err != nil {
					t.Error(err)
				}
				return c.Wait()
			})
			status, ok := c.ProcessState.Sys().(syscall.WaitStatus)
			if !ok || !status.Signaled() || status.CoreDump() {
				t.Errorf("ended with %v, want a signal without a core file", c.ProcessState)
			}
			left, err := os.ReadDir(r.dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range left {
				if strings.HasPrefix(f.Name(), "core") {
					t.Errorf("left behind: %s", f.Name())
				}
			}
			if r.states()[ledger.Intended] == 0 {
				t.Errorf("states: %v", r.states())
			}
		})
	}
}

// isVideo reports whether a request is for a file that was made.
func isVideo(q *http.Request) bool { return strings.HasPrefix(q.URL.Path, "/files/") }

// video is the simulator's file that a request is for, longer by a box that players
// skip.
func (r *rig) video(q *http.Request, longer int) []byte {
	whole := q.Clone(q.Context())
	whole.Header.Del("Range")
	answer := httptest.NewRecorder()
	r.bank.ServeHTTP(answer, whole)
	box := append(binary.BigEndian.AppendUint32(nil, uint32(8+longer)), "free"...)
	return append(append(answer.Body.Bytes(), box...), make([]byte, longer)...)
}

// TestVideosDoNotTakeTheLedgersRoom has a disk that the videos would fill: downloads
// stop before it is full, and every row is made and written down.
func TestVideosDoNotTakeTheLedgersRoom(t *testing.T) {
	r := newRig(t, 60, true)
	r.tmpfs("out", "24m")
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if isVideo(q) {
			_, _ = w.Write(r.video(q, 1<<20))
		}
		return isVideo(q)
	})
	e := r.run("run", "rig.yaml")
	e.wants(t, exitRows, "60 made")
	if !strings.Contains(e.err, "since the disk has no room for them") || strings.Contains(e.err, "no space left on device") {
		t.Errorf("stderr: %s", e.err)
	}
	kept, err := os.ReadDir(r.path("out/videos"))
	if err != nil || len(kept) < 3 {
		t.Errorf("%d videos, %v", len(kept), err)
	}
	r.once(60)
}

// TestASignalEndsATricklingDownload has a video that comes a byte at a time: SIGTERM
// ends the run within seconds, its row stays made, the ledger is free, and the next run
// goes on where the file stopped.
func TestASignalEndsATricklingDownload(t *testing.T) {
	r := newRig(t, 1, true)
	trickling, stop := make(chan struct{}), make(chan struct{})
	defer close(stop)
	var once sync.Once
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if !isVideo(q) {
			return false
		}
		content := r.video(q, 1<<16)
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		for i := range content {
			_, _ = w.Write(content[i : i+1])
			w.(http.Flusher).Flush()
			if i == 5 {
				once.Do(func() { close(trickling) })
			}
			select {
			case <-stop:
				return true
			case <-q.Context().Done():
				return true
			case <-time.After(100 * time.Millisecond):
			}
		}
		return true
	})
	var began time.Time
	e := r.signalled(trickling, func(p *os.Process) {
		began = time.Now()
		_ = p.Signal(syscall.SIGTERM)
	})
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	e.wants(t, exitTerminated, "stopped; everything is saved")
	if s := r.states(); s[ledger.Succeeded] != 1 {
		t.Errorf("states: %v", s)
	}
	var asked string
	r.answering(func(w http.ResponseWriter, q *http.Request) bool {
		if isVideo(q) {
			asked = q.Header.Get("Range")
			w.Header().Set("ETag", `"v1"`)
			http.ServeContent(w, q, "", time.Time{}, bytes.NewReader(r.video(q, 1<<16)))
		}
		return isVideo(q)
	})
	r.run("run", "rig.yaml").wants(t, exitDone, "")
	if _, err := os.Stat(r.path("out/videos/C000.mp4")); err != nil || !strings.HasPrefix(asked, "bytes=") || asked == "bytes=0-" {
		t.Errorf("asked for %q: %v", asked, err)
	}
	r.once(1)
}

package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/reelmerge/reelmerge/internal/blob"
	"github.com/reelmerge/reelmerge/internal/patience"
)

func open(t *testing.T, address, prefix, id, secret string) *blob.Bucket {
	t.Helper()
	b, err := blob.OpenBucket(blob.Access{Address: address, Bucket: bucketName, Prefix: prefix, Keys: func() (string, string) { return id, secret }})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBucket(t *testing.T) {
	conformance(t, func(t *testing.T) place {
		s := newServer(t)
		write := func(name string, content []byte) {
			if err := os.WriteFile(s.path("spring/"+name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return place{
			Store: open(t, s.URL, "spring/", s.id, s.secret), other: open(t, s.URL, "spring/", s.id, s.secret),
			damage: func(sum blob.Sum, with []byte) { write(sum.String(), with) },
			vanish: func() { s.set(func() { s.gone = true }) },
			lock:   func() { s.set(func() { s.secret = "another" }) },
			alien:  write,
			page:   s.page,
		}
	})
}

// TestMinIO does the same with MinIO's own server, where there is one.
func TestMinIO(t *testing.T) {
	program, err := exec.LookPath("minio")
	if err != nil {
		t.Skip("SKIPPED: no minio; go install github.com/minio/minio@latest builds it")
	}
	address := minioServer(t, program)
	client, err := minio.New(strings.TrimPrefix(address, "http://"), &minio.Options{Creds: credentials.NewStaticV4("minioadmin", "minioadmin", "")})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	conformance(t, func(t *testing.T) place {
		n++
		prefix := fmt.Sprintf("campaign-%d/", n)
		if err := client.MakeBucket(t.Context(), bucketName, minio.MakeBucketOptions{}); err != nil && minio.ToErrorResponse(err).Code != "BucketAlreadyOwnedByYou" {
			t.Fatal(err)
		}
		write := func(name string, content []byte) {
			if _, err := client.PutObject(t.Context(), bucketName, prefix+name, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		store := &changing{open(t, address, prefix, "minioadmin", "minioadmin")}
		return place{
			Store: store, other: open(t, address, prefix, "minioadmin", "minioadmin"),
			damage: func(sum blob.Sum, with []byte) { write(sum.String(), with) },
			vanish: func() {
				if err := client.RemoveBucketWithOptions(t.Context(), bucketName, minio.RemoveBucketOptions{ForceDelete: true}); err != nil {
					t.Fatal(err)
				}
			},
			lock:  func() { store.Store = open(t, address, prefix, "minioadmin", "not the secret") },
			alien: write,
			page:  1000,
		}
	})
}

// changing is a store that becomes another one.
type changing struct{ blob.Store }

func minioServer(t *testing.T, program string) (address string) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.Addr().String()
	free.Close()
	c := exec.Command(program, "server", "--address", at, "--console-address", "127.0.0.1:0", t.TempDir())
	c.Env = append(os.Environ(), "HOME="+t.TempDir(), "MINIO_BROWSER=off")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(c.Process.Kill(), c.Wait()) })
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		answer, err := http.Get("http://" + at + "/minio/health/ready")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return "http://" + at
			}
		}
		patience.Wait(t.Context(), 50*time.Millisecond)
	}
	t.Fatal("minio does not answer")
	return ""
}

// TestTroubleOnTheWay has a service that answers other than it should.
func TestTroubleOnTheWay(t *testing.T) {
	content := bytes.Repeat([]byte("Ada "), 50_000)
	hangUp := func(w http.ResponseWriter) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	}
	times := func(n int, trouble func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if n--; n < 0 || r.URL.Query().Has("location") {
				return false
			}
			trouble(w, r)
			return true
		}
	}
	busy := func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusServiceUnavailable, "SlowDown")
	}
	cutBody := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, 10_000)
		hangUp(w)
	}
	half := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"x"`)
		w.Header().Set("Last-Modified", longAgo)
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:len(content)/2])
		_ = http.NewResponseController(w).Flush()
		hangUp(w)
	}
	for name, tt := range map[string]struct {
		trouble  func(s *server) func(http.ResponseWriter, *http.Request) bool
		put, get error
	}{
		"busy twice":          {trouble: func(*server) func(http.ResponseWriter, *http.Request) bool { return times(2, busy) }},
		"a body is cut once":  {trouble: func(*server) func(http.ResponseWriter, *http.Request) bool { return times(1, cutBody) }},
		"an answer is cut":    {trouble: func(*server) func(http.ResponseWriter, *http.Request) bool { return getsOnly(times(1, half)) }, get: io.ErrUnexpectedEOF},
		"bytes are changed":   {trouble: flipped, get: blob.ErrDamaged},
		"a page of something": {trouble: func(*server) func(http.ResponseWriter, *http.Request) bool { return getsOnly(welcome) }, get: blob.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			b := open(t, s.URL, "", s.id, s.secret)
			s.set(func() { s.trouble = tt.trouble(s) })
			if err := b.Put(t.Context(), sumOf(t, content), bytes.NewReader(content)); !errors.Is(err, tt.put) || tt.put == nil && err != nil {
				t.Fatalf("put: %v", err)
			}
			var got bytes.Buffer
			err := b.Get(t.Context(), sumOf(t, content), &got)
			if !errors.Is(err, tt.get) || tt.get == nil && !bytes.Equal(got.Bytes(), content) {
				t.Errorf("get: %v, want %v", err, tt.get)
			}
			hasCure(t, err)
			s.set(func() { s.trouble = nil })
			wants(t, b, sumOf(t, content), content, nil)
		})
	}
}

const longAgo = "Mon, 30 Nov 2026 00:00:00 GMT"

func getsOnly(trouble func(http.ResponseWriter, *http.Request) bool) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodGet && !r.URL.Query().Has("location") && trouble(w, r)
	}
}

func welcome(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("ETag", `"x"`)
	w.Header().Set("Last-Modified", longAgo)
	_, _ = io.WriteString(w, "<html>Sign in to this network")
	return true
}

// TestAServiceThatIsNotThere asks at an address where no service listens.
func TestAServiceThatIsNotThere(t *testing.T) {
	s := newServer(t)
	b := open(t, s.URL, "", s.id, s.secret)
	s.Close()
	_, err := b.Has(t.Context(), blob.Sum{})
	if err == nil || !strings.Contains(err.Error(), s.URL) {
		t.Errorf("%v", err)
	}
	hasCure(t, err)
}

// TestNoErrorShowsAKey prints what a program may print, with a service that does not know the
// key.
func TestNoErrorShowsAKey(t *testing.T) {
	s := newServer(t)
	s.secret = "another"
	access := blob.Access{Address: s.URL, Bucket: bucketName, Keys: func() (string, string) { return s.id, "canary-secret-key" }}
	b, err := blob.OpenBucket(access)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Has(t.Context(), blob.Sum{})
	if !errors.Is(err, blob.ErrDenied) {
		t.Fatal(err)
	}
	for _, shown := range []any{access, &access, b, *b, err} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if text := fmt.Sprintf(verb, shown); strings.Contains(text, "canary") {
				t.Errorf("%s shows the key: %s", verb, text)
			}
		}
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	for _, address := range []string{"", "s3.example.com", "http://s3.example.com", "https://s3.example.com/videos", "https://me:canary@s3.example.com", "https://s3.example.com?x=1", "ftp://127.0.0.1"} {
		_, err := blob.OpenBucket(blob.Access{Address: address, Bucket: bucketName, Keys: func() (string, string) { return "a", "b" }})
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// answering is a transport that answers every request with a body, in fake time.
type answering func(ctx context.Context) io.Reader

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	body := a(r.Context())
	return &http.Response{StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(body), ContentLength: -1, Header: http.Header{
		"Etag": {`"x"`}, "Last-Modified": {longAgo},
	}}, nil
}

// slow gives a byte at a time, each after a while.
type slow struct {
	ctx   context.Context
	left  int
	pause time.Duration
}

func (s *slow) Read(p []byte) (int, error) {
	if s.left--; s.left < 0 {
		return 0, io.EOF
	}
	if !patience.Wait(s.ctx, s.pause) {
		return 0, s.ctx.Err()
	}
	p[0] = 'a'
	return 1, nil
}

// TestASlowServiceIsWaitedForAndOneThatHangsIsNot reads for an hour, and then nothing.
func TestASlowServiceIsWaitedForAndOneThatHangsIsNot(t *testing.T) {
	for _, tt := range []struct {
		pause time.Duration
		after time.Duration
		hangs bool
	}{{50 * time.Second, 100 * 50 * time.Second, false}, {61 * time.Second, time.Minute, true}} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			b, err := blob.Open(blob.Access{Address: "https://s3.example.com", Bucket: bucketName, Region: "eu", Keys: func() (string, string) { return "a", "b" }},
				answering(func(ctx context.Context) io.Reader { return &slow{ctx, 100, tt.pause} }))
			if err != nil {
				t.Fatal(err)
			}
			err = b.Get(t.Context(), sumOf(t, bytes.Repeat([]byte{'a'}, 100)), io.Discard)
			if (err != nil) != tt.hangs || time.Since(began) != tt.after || tt.hangs && !strings.Contains(err.Error(), "for a minute") {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
			hasCure(t, err)
		})
	}
}

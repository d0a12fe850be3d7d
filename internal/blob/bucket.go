package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/reelmerge/reelmerge/internal/publicnet"
)

// Access says where a bucket is and who asks. Keys is a function, so that printing an Access
// shows no secret.
type Access struct {
	Address string // of the service, such as https://s3.eu-central-1.amazonaws.com
	Bucket  string
	Prefix  string // of the names in the bucket, such as "spring/"; files of other prefixes are not seen
	Region  string // empty: the service is asked
	Keys    func() (id, secret string)
}

// Bucket keeps files in a bucket of an S3-compatible service. The service itself refuses
// bytes that have another sum than the one that is signed with them.
//
// A bucket that keeps versions keeps those of removed files; purging wants one that does not.
type Bucket struct {
	client minio.Core
	bucket string
	prefix string
	place  string
}

const (
	// attempts is how often a call is made that the service, or the way to it, refuses.
	attempts = 5
	// stalled is how long nothing may come before a transfer counts as cut.
	stalled = time.Minute
)

// OpenBucket checks an Access. It asks nothing of the service.
func OpenBucket(a Access) (*Bucket, error) {
	transport, err := minio.DefaultTransport(true)
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	return openBucket(a, transport)
}

func openBucket(a Access, transport http.RoundTripper) (*Bucket, error) {
	u, err := url.Parse(a.Address)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && (u.Scheme != "http" || !publicnet.IsLoopback(u.Hostname())) {
		return nil, errors.New("open bucket: want an address such as https://s3.eu-central-1.amazonaws.com, without a path; http only for this machine")
	}
	id, secret := a.Keys()
	core, err := minio.NewCore(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(id, secret, ""), Secure: u.Scheme == "https", Region: a.Region, MaxRetries: attempts, Transport: transport,
	})
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	place := fmt.Sprintf("bucket %q at %s://%s", a.Bucket, u.Scheme, u.Host)
	return &Bucket{client: *core, bucket: a.Bucket, prefix: a.Prefix, place: place}, nil
}

// String names the bucket and its address.
func (b *Bucket) String() string { return b.place }

// Put sends the file in one request, from which the service takes all or nothing.
func (b *Bucket) Put(ctx context.Context, sum Sum, file io.ReadSeeker) error {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	ctx, watched := watch(ctx, file)
	defer watched.end()
	// With the sum in the signature the body itself needs none.
	_, err = b.client.PutObject(ctx, b.bucket, b.name(sum), watched, size, "", sum.String(), minio.PutObjectOptions{DisableContentSha256: true})
	return b.told(ctx, err)
}

// Get reads the file, and measures it.
func (b *Bucket) Get(ctx context.Context, sum Sum, to io.Writer) error {
	ctx, watched := watch(ctx, nil)
	defer watched.end()
	body, _, _, err := b.client.GetObject(ctx, b.bucket, b.name(sum), minio.GetObjectOptions{})
	if err != nil {
		return b.told(ctx, err)
	}
	defer func() { _ = body.Close() }() // it was read to its end, or is given up
	watched.r = body
	return b.told(ctx, measured(sum, to, watched))
}

// Has asks for the file's head.
func (b *Bucket) Has(ctx context.Context, sum Sum) (bool, error) {
	_, err := b.client.StatObject(ctx, b.bucket, b.name(sum), minio.StatObjectOptions{})
	if err == nil {
		return true, nil
	}
	if err = b.told(ctx, err); !errors.Is(err, ErrMissing) {
		return false, err
	}
	// An answer without a body does not say whether the bucket is there.
	there, err := b.client.BucketExists(ctx, b.bucket)
	if err == nil && !there {
		err = minio.ErrorResponse{Code: minio.NoSuchBucket}
	}
	return false, b.told(ctx, err)
}

// All asks for a thousand names at a time.
func (b *Bucket) All(ctx context.Context) iter.Seq2[Sum, error] {
	return func(yield func(Sum, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // ends the listing where the caller has seen enough
		for object := range b.client.ListObjectsIter(ctx, b.bucket, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true}) {
			if object.Err != nil {
				yield(Sum{}, b.told(ctx, object.Err))
				return
			}
			sum, err := ParseSum(strings.TrimPrefix(object.Key, b.prefix))
			if err == nil && !yield(sum, nil) {
				return
			}
		}
	}
}

// Remove removes the file. A request that was cut leaves nothing of it.
func (b *Bucket) Remove(ctx context.Context, sum Sum) error {
	err := b.told(ctx, b.client.RemoveObject(ctx, b.bucket, b.name(sum), minio.RemoveObjectOptions{}))
	if errors.Is(err, ErrMissing) {
		return nil
	}
	return err
}

func (b *Bucket) name(sum Sum) string { return b.prefix + sum.String() }

// told gives an error its place and its cure.
func (b *Bucket) told(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Place: b.place, Err: err}
	answer := minio.ToErrorResponse(err)
	switch code := answer.Code; {
	case code == minio.NoSuchKey:
		e.Err, e.Hint = ErrMissing, hintMissing
	case code == minio.NoSuchBucket:
		e.Err, e.Hint = ErrNoPlace, "make the bucket, or correct its name; it is not made by itself"
	case code == "XAmzContentSHA256Mismatch" || code == "BadDigest" || errors.Is(err, ErrDamaged):
		e.Err, e.Hint = ErrDamaged, hintDamaged
	case answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusUnauthorized:
		e.Err, e.Hint = fmt.Errorf("%w: %w", ErrDenied, err), "check the key and what it may do: get, put, list and delete objects of this bucket"
	case errors.Is(context.Cause(ctx), errStalled):
		e.Err, e.Hint = errStalled, "try again; see whether the service is up"
	case ctx.Err() == nil:
		e.Hint = "check the address, and whether the service is up"
	}
	return e
}

// watch returns a context that ends when nothing has been read for a while, and a reader that
// says so. The library has no such limit, and a connection that hangs would hold a run.
func watch(ctx context.Context, r io.Reader) (context.Context, *watched) {
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &watched{r: r, cancel: cancel, timer: time.AfterFunc(stalled, func() { cancel(errStalled) })}
}

var errStalled = errors.New("nothing has come for a minute")

// watched is a reader whose clock begins anew with each read.
type watched struct {
	r      io.Reader
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(stalled)
	return w.r.Read(p)
}

// Seek lets the library send a body again.
func (w *watched) Seek(offset int64, whence int) (int64, error) {
	return w.r.(io.Seeker).Seek(offset, whence) // a file that is put
}

func (w *watched) end() {
	w.timer.Stop()
	w.cancel(nil)
}

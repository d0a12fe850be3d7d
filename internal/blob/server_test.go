package blob_test

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is an S3 service as small as these tests allow: one bucket, objects in files, every
// request signed. Its signatures are computed here anew, from Amazon's description, and not
// by the library that signs.
type server struct {
	*httptest.Server
	dir        string
	id, secret string
	page       int // of listings

	mu      sync.Mutex
	gone    bool
	trouble func(w http.ResponseWriter, r *http.Request) bool // answers in its place
}

const bucketName = "videos"

func newServer(t *testing.T) *server {
	s := &server{dir: t.TempDir(), id: "AKIDEXAMPLE", secret: "canary-secret-key", page: 50}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	gone, trouble := s.gone, s.trouble
	s.mu.Unlock()
	bucket, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if trouble != nil && trouble(w, r) {
		return
	}
	if code := s.unsigned(r); code != "" {
		refuse(w, r, http.StatusForbidden, code)
		return
	}
	switch {
	case gone || bucket != bucketName:
		refuse(w, r, http.StatusNotFound, "NoSuchBucket")
	case name == "" && r.URL.Query().Has("location"):
		fmt.Fprint(w, `<LocationConstraint>eu-test-1</LocationConstraint>`)
	case name == "" && r.URL.Query().Get("list-type") == "2":
		s.list(w, r.URL.Query().Get("prefix"), r.URL.Query().Get("continuation-token"))
	case name == "" && r.Method == http.MethodHead:
	case name == "":
		refuse(w, r, http.StatusNotImplemented, "NotImplemented")
	default:
		s.object(w, r, s.path(name))
	}
}

func (s *server) path(name string) string {
	return filepath.Join(s.dir, strings.ReplaceAll(name, "/", "%"))
}

func (s *server) object(w http.ResponseWriter, r *http.Request, path string) {
	switch r.Method {
	case http.MethodPut:
		s.put(w, r, path)
	case http.MethodDelete:
		_ = os.Remove(path) // it may not be there
		w.WriteHeader(http.StatusNoContent)
	default:
		f, err := os.Open(path)
		if err != nil {
			refuse(w, r, http.StatusNotFound, "NoSuchKey")
			return
		}
		defer f.Close()
		w.Header().Set("ETag", `"x"`)
		http.ServeContent(w, r, "", time.Now(), f)
	}
}

// put takes a body whose sum is the one that was signed, or nothing.
func (s *server) put(w http.ResponseWriter, r *http.Request, path string) {
	f, err := os.CreateTemp(s.dir, ".incoming")
	if err != nil {
		refuse(w, r, http.StatusInternalServerError, "InternalError")
		return
	}
	defer os.Remove(f.Name())
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), r.Body)
	f.Close()
	switch {
	case err != nil || n != r.ContentLength:
		refuse(w, r, http.StatusBadRequest, "IncompleteBody")
	case hex.EncodeToString(h.Sum(nil)) != r.Header.Get("X-Amz-Content-Sha256"):
		refuse(w, r, http.StatusBadRequest, "XAmzContentSHA256Mismatch")
	case os.Rename(f.Name(), path) != nil:
		refuse(w, r, http.StatusInternalServerError, "InternalError")
	default:
		w.Header().Set("ETag", `"x"`)
	}
}

func (s *server) list(w http.ResponseWriter, prefix, after string) {
	type object struct{ Key string }
	var answer struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Contents              []object
		IsTruncated           bool
		NextContinuationToken string
	}
	entries, _ := os.ReadDir(s.dir)
	for _, entry := range entries {
		name := strings.ReplaceAll(entry.Name(), "%", "/")
		if !strings.HasPrefix(name, prefix) || name <= after || strings.HasPrefix(name, ".") {
			continue
		}
		if answer.IsTruncated = len(answer.Contents) == s.page; answer.IsTruncated {
			break
		}
		answer.Contents = append(answer.Contents, object{name})
		answer.NextContinuationToken = name
	}
	_ = xml.NewEncoder(w).Encode(answer)
}

func refuse(w http.ResponseWriter, r *http.Request, status int, code string) {
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		fmt.Fprintf(w, `<Error><Code>%s</Code><Message>the test says so</Message></Error>`, code)
	}
}

// unsigned returns what is wrong with the signature of a request (AWS Signature Version 4).
func (s *server) unsigned(r *http.Request) string {
	kind, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[key] = value
	}
	scope := strings.Split(parts["Credential"], "/")
	moment := r.Header.Get("X-Amz-Date")
	at, err := time.Parse("20060102T150405Z", moment)
	switch {
	case kind != "AWS4-HMAC-SHA256" || len(scope) != 5 || err != nil || time.Since(at).Abs() > 15*time.Minute:
		return "AccessDenied"
	case scope[0] != s.id:
		return "InvalidAccessKeyId"
	}
	signed := strings.Split(parts["SignedHeaders"], ";")
	if !slices.Contains(signed, "host") || !slices.Contains(signed, "x-amz-content-sha256") || !slices.Contains(signed, "x-amz-date") {
		return "AccessDenied"
	}
	key := []byte("AWS4" + s.secret)
	for _, part := range scope[1:] {
		key = mac(key, part)
	}
	text := strings.Join([]string{kind, moment, strings.Join(scope[1:], "/"), sum(canonical(r, signed))}, "\n")
	if !hmac.Equal([]byte(hex.EncodeToString(mac(key, text))), []byte(parts["Signature"])) {
		return "SignatureDoesNotMatch"
	}
	return ""
}

// canonical writes a request in the form that is signed.
func canonical(r *http.Request, signed []string) string {
	query := strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20")
	lines := []string{r.Method, r.URL.EscapedPath(), query}
	for _, name := range signed {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = strconv.FormatInt(r.ContentLength, 10)
		}
		lines = append(lines, name+":"+strings.TrimSpace(value))
	}
	lines = append(lines, "", strings.Join(signed, ";"), cmp.Or(r.Header.Get("X-Amz-Content-Sha256"), "UNSIGNED-PAYLOAD"))
	return strings.Join(lines, "\n")
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// flipped changes the bytes of an answer on their way.
func flipped(s *server) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Query().Has("location") {
			return false
		}
		data, err := os.ReadFile(s.path(strings.TrimPrefix(r.URL.Path, "/"+bucketName+"/")))
		if err != nil {
			return false
		}
		w.Header().Set("ETag", `"x"`)
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		_, _ = io.Copy(w, bytes.NewReader(append([]byte{data[0] ^ 1}, data[1:]...)))
		return true
	}
}

package reelmerge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/providers"
)

func TestReadOnlyTransportSendsNothingThatBuys(t *testing.T) {
	passed := 0
	transport := readOnly(roundTrip(func(r *http.Request) (*http.Response, error) {
		passed++
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
	}))
	service := newColossyan(t, transport)
	_, err := service.Submit(t.Context(), providers.Request{Operation: "colossyan/template-job", Body: json.RawMessage(`{"templateJobId":"t","dynamicVariables":{}}`)})
	if providers.KindOf(err) != providers.NotSent || passed > 0 {
		t.Errorf("a submit ends with %v, and %d requests left", err, passed)
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, "BUY"} {
		r := httptest.NewRequest(method, "https://example.com/", nil)
		if answer, err := transport.RoundTrip(r); err == nil {
			answer.Body.Close()
			t.Errorf("%s passed", method)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestLinksAreAskedForSizeAndType asks a server on this machine, which is allowed
// for the test, and addresses that are never allowed.
func TestLinksAreAskedForSizeAndType(t *testing.T) {
	var got []string
	var mu sync.Mutex
	mux := http.NewServeMux()
	serve := func(path, kind string, size int) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			got = append(got, r.Method+" "+path)
			mu.Unlock()
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Content-Length", fmt.Sprint(size))
		})
	}
	serve("/picture.jpg", "image/jpeg", 1000)
	serve("/stream", "application/octet-stream", 1000)
	serve("/page", "text/html; charset=utf-8", 1000)
	serve("/film.mp4", "video/mp4", 1000)
	serve("/empty", "image/png", 0)
	serve("/huge", "video/mp4", 3<<30)
	mux.Handle("/away", http.RedirectHandler("http://127.0.0.1:1/secret", http.StatusFound))
	mux.HandleFunc("/locked", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	mux.HandleFunc("/signed", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write([]byte{0})
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	client := publicnet.New(publicnet.Options{Loopback: []string{strings.TrimPrefix(server.URL, "http://")}})
	defer client.CloseIdleConnections()
	tests := []struct{ field, url, want string }{
		{"imageUrl", server.URL + "/picture.jpg", ""},
		{"imageUrl", server.URL + "/stream", ""},
		{"imageUrl", server.URL + "/signed", ""},
		{"sourceFileUrl", server.URL + "/film.mp4", ""},
		{"imageUrl", server.URL + "/film.mp4", "error TPL-MEDIA: imageUrl leads to video/mp4, not to image"},
		{"startImageUrl", server.URL + "/film.mp4?signature=1", "error TPL-MEDIA: startImageUrl leads to video/mp4, not to image"},
		{"videoUrl", server.URL + "/page", "error TPL-MEDIA: videoUrl leads to text/html, not to video"},
		{"sourceFileUrl", server.URL + "/page", "error TPL-MEDIA: sourceFileUrl leads to text/html, not to a media file"},
		{"imageUrl", server.URL + "/empty", "error TPL-MEDIA: imageUrl leads to an empty file"},
		{"imageUrl", server.URL + "/gone", "error TPL-MEDIA: imageUrl leads nowhere: status 404"},
		{"videoUrl", server.URL + "/huge", "warning TPL-MEDIA: videoUrl leads to a file of 3072 MB"},
		{"imageUrl", server.URL + "/locked", "warning TPL-MEDIA-UNASKED: imageUrl answers with status 401"},
		{"imageUrl", server.URL + "/away", "error TPL-MEDIA: the service cannot fetch imageUrl"},
		{"imageUrl", "https://10.1.2.3/picture.jpg", "error TPL-MEDIA: the service cannot fetch imageUrl"},
		{"imageUrl", "https://169.254.169.254/latest/meta-data", "error TPL-MEDIA: the service cannot fetch imageUrl"},
		{"imageUrl", "https://[::1]/picture.jpg", "error TPL-MEDIA: the service cannot fetch imageUrl"},
		{"imageUrl", "http://93.184.215.14/picture.jpg", "error TPL-MEDIA: the service cannot fetch imageUrl"},
	}
	var links []mediaLink
	for _, test := range tests {
		links = append(links, mediaLink{test.url, test.field})
	}
	for i, p := range judgeLinks(t.Context(), client, links) {
		said := ""
		if p != nil {
			said = fmt.Sprintf("%s %s: %s", p.Severity, p.Code, p.Message)
			if strings.Contains(p.Value, "signature") {
				t.Errorf("a signed address is shown: %q", p.Value)
			}
		}
		if !strings.HasPrefix(said, tests[i].want) || (said == "") != (tests[i].want == "") {
			t.Errorf("%s %s: %q, want %q", tests[i].field, tests[i].url, said, tests[i].want)
		}
	}
	for _, request := range got {
		if !strings.HasPrefix(request, "HEAD ") {
			t.Errorf("%s: a whole file was fetched", request)
		}
	}
}

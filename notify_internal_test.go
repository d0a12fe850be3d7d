package reelmerge

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/internal/publicnet"
)

// TestANoticeIsTriedThreeTimes has an address that fails, redirects and answers.
func TestANoticeIsTriedThreeTimes(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []int
		tries   int
		says    string // of the error; empty: none
	}{
		"at once":    {[]int{200}, 1, ""},
		"at last":    {[]int{500, 429, 204}, 3, ""},
		"never":      {[]int{500, 500, 500, 200}, 3, "status 500"},
		"a redirect": {[]int{307, 307, 307}, 3, "status 307"},
		"a page":     {[]int{404, 404, 404}, 3, "status 404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tries := 0
			var posted string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				posted = string(body)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.answers[tries])
				tries++
			}))
			defer server.Close()
			err := post(context.Background(), server.URL+"/secret", []byte(`{"version":1}`), noticeTime)
			if tries != tt.tries || posted != `{"version":1}` {
				t.Errorf("%d tries, %q", tries, posted)
			}
			if (err == nil) != (tt.says == "") || err != nil && (!strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "secret")) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestNoNoticeLeavesForAPrivateAddress(t *testing.T) {
	for _, link := range []string{"https://192.168.1.1/x", "http://example.com/x", "https://[fd00::1]/x"} {
		if err := post(context.Background(), link, nil, noticeTime); !errors.Is(err, publicnet.ErrForbidden) {
			t.Errorf("%s: %v", link, err)
		}
	}
}

// TestAnAddressThatHangsIsGivenUp has an address take notices and never answer.
func TestAnAddressThatHangsIsGivenUp(t *testing.T) {
	tries := make(chan bool, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		tries <- true
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done()
	}))
	defer server.Close()
	err := post(context.Background(), server.URL+"/secret", []byte(`{"version":1}`), 200*time.Millisecond)
	if !errors.Is(err, context.DeadlineExceeded) || len(tries) != noticeTries || strings.Contains(err.Error(), "secret") {
		t.Errorf("%d tries, %v", len(tries), err)
	}
}

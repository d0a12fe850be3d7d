package reelmerge

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/providers"
)

type answersAtOnce struct{}

func (answersAtOnce) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// TestQuestionsKeepThePace of the service: of 30 in ten seconds, a hundred and one take more
// than half a minute.
func TestQuestionsKeepThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := engine.Limits{Requests: providers.Window{Count: 30, Per: 10 * time.Second}, Active: 1}
		asks, began := paced{answersAtOnce{}, engine.NewPace(limits, nil)}, time.Now()
		for range 101 {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.acme.example", nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := asks.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
		}
		if took := time.Since(began); took < 33*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

package shots_test

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/reelmerge/reelmerge/internal/shots"
)

// TestPicturesHaveTheSizeOfTheirWindowAndReachNothing takes pictures of a page that asks for
// another one: the browser does not get it, even where the address is one of this machine.
func TestPicturesHaveTheSizeOfTheirWindowAndReachNothing(t *testing.T) {
	b, err := shots.Open(t.Context())
	if errors.Is(err, shots.ErrMissing) {
		t.Skip("SKIPPED: neither Chromium nor Chrome is installed; no picture is taken")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	for _, size := range [][2]int{{1280, 720}, {16, 1920}} {
		picture, err := b.Take([]byte(`<!DOCTYPE html><body style="background:#c00"><img src="`+server.URL+`/spy.png"><p>Ada`), size[0], size[1])
		if err != nil {
			t.Fatal(err)
		}
		drawn, err := jpeg.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		bounds := drawn.Bounds()
		red, green, _, _ := drawn.At(bounds.Dx()/2, bounds.Dy()-2).RGBA()
		if bounds.Dx() != size[0] || bounds.Dy() != size[1] || red>>8 < 180 || green>>8 > 40 {
			t.Errorf("a window of %v: a picture of %v, red %d, green %d", size, bounds.Size(), red>>8, green>>8)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the page reached a server %d times", n)
	}
}

// TestABrowserEndsWithItsContext: a person who stops the command waits for no picture.
func TestABrowserEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b, err := shots.Open(ctx)
	if errors.Is(err, shots.ErrMissing) {
		t.Skip("SKIPPED: neither Chromium nor Chrome is installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	cancel()
	if _, err := b.Take([]byte("<p>Ada"), 100, 100); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

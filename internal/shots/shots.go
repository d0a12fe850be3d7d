// Package shots takes pictures of pages with a Chromium that is on this machine.
//
// The pages are ours. They run and load nothing, and the browser is told to reach no host,
// so that nothing of a row leaves the machine.
package shots

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// The limits of a picture.
const (
	quality = 88 // of a JPEG file
	longest = time.Minute
	begin   = 2 * time.Minute // of the browser: a busy machine starts it slowly
)

// ErrMissing means that there is no browser that can take pictures.
var ErrMissing = errors.New("neither Chromium nor Chrome is installed, or they are not in the PATH")

// Browser is a Chromium without a window. It belongs to one goroutine.
type Browser struct {
	tab   context.Context
	end   []context.CancelFunc
	pages string // a folder for pages on their way to the browser
}

// Open starts a browser. It ends with [Browser.Close], or with the context.
func Open(ctx context.Context) (*Browser, error) {
	pages, err := os.MkdirTemp("", "reelmerge-pages-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for pages: %w", err)
	}
	b := &Browser{pages: pages}
	tab, end := chromedp.NewExecAllocator(ctx, options()...)
	b.end = append(b.end, end)
	b.tab, end = chromedp.NewContext(tab)
	b.end = append(b.end, end)
	if err := b.within(begin, chromedp.Navigate("about:blank")); err != nil {
		b.Close()
		if errors.Is(err, exec.ErrNotFound) {
			return nil, fmt.Errorf("%w (%w)", ErrMissing, err)
		}
		return nil, fmt.Errorf("start the browser: %w", err)
	}
	return b, nil
}

func options() []chromedp.ExecAllocatorOption {
	list := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("font-render-hinting", "none"))
	if os.Geteuid() == 0 {
		list = append(list, chromedp.NoSandbox) // Chromium has no sandbox for root, and would not start
	}
	return list
}

// Close ends the browser.
func (b *Browser) Close() {
	for i := range b.end {
		b.end[len(b.end)-1-i]()
	}
	_ = os.RemoveAll(b.pages) // what is left is in the system's folder for temporary files
}

// within does something in the tab, for a limited time.
func (b *Browser) within(limit time.Duration, action chromedp.Action[chromedp.Void]) error {
	done := time.AfterFunc(limit, b.end[len(b.end)-1])
	err := chromedp.Do(b.tab, action)
	if !done.Stop() && err != nil {
		return fmt.Errorf("the browser did not answer for %s: %w", limit, err)
	}
	return err
}

// Take returns the picture of a page in a window of a size, as a JPEG file.
func (b *Browser) Take(html []byte, width, height int) ([]byte, error) {
	path := filepath.Join(b.pages, "page.html")
	if err := os.WriteFile(path, html, 0o600); err != nil {
		return nil, fmt.Errorf("write page: %w", err)
	}
	address := url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(path), "/")}
	for _, action := range []chromedp.Action[chromedp.Void]{chromedp.EmulateViewport(int64(width), int64(height)), chromedp.Navigate(address.String())} {
		if err := b.within(longest, action); err != nil {
			return nil, fmt.Errorf("open page: %w", err)
		}
	}
	var picture []byte
	err := b.within(longest, func(ctx context.Context, tab *chromedp.Target) (none chromedp.Void, err error) {
		picture, err = shoot(ctx, tab, width, height)
		return none, err
	})
	if err != nil {
		return nil, fmt.Errorf("take picture: %w", err)
	}
	return picture, nil
}

// shoot takes a picture of the window alone, also where the page is larger.
func shoot(ctx context.Context, tab *chromedp.Target, width, height int) ([]byte, error) {
	sharp := int64(quality)
	taken, err := cdp.Call(ctx, tab, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatJpeg, Quality: &sharp, Clip: &page.Viewport{Width: float64(width), Height: float64(height), Scale: 1},
	})
	if err != nil {
		return nil, err
	}
	return taken.Data, nil
}

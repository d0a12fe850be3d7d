// Package browsertest opens pages in a real browser, for tests.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Start starts one headless Chromium for a test, with more flags. Without one, the test is
// skipped.
func Start(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: chromium is not installed; the pages are not opened by a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(options, more...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// Enable makes a tab tell what happens in it.
func Enable(ctx context.Context, tab *chromedp.Target) error {
	_, wire := cdp.Call(ctx, tab, network.Enable, network.EnableParams{})
	_, log := cdp.Call(ctx, tab, cdplog.Enable, cdp.Empty{})
	_, script := cdp.Call(ctx, tab, runtime.Enable, cdp.Empty{})
	return errors.Join(wire, log, script)
}

// Evaluate returns the value of an expression in a page.
func Evaluate[T any](ctx context.Context, t *testing.T, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Emulate sets the size of the screen, its colours, and whether it is paper.
func Emulate(ctx context.Context, width, height int64, scheme, media string) error {
	m := emulation.SetEmulatedMediaParams{Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	return chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, m)
		return err
	}))
}

// Witness writes down what a page tries to do.
type Witness struct {
	mu   sync.Mutex
	seen []string
}

func (w *Witness) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, fmt.Sprintf(format, args...))
}

// Seen is what was written down.
func (w *Witness) Seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

// Listen writes down console messages, exceptions, dialogs, log entries, and requests to
// other addresses than a page may use.
func (w *Witness) Listen(may func(address string) bool) func(any) {
	return func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if !may(e.Request.URL) {
				w.note("request to %.200s", e.Request.URL)
			}
		case *runtime.EventConsoleAPICalled:
			w.note("console: %v", e.Type)
		case *runtime.EventExceptionThrown:
			w.note("exception: %v", e.ExceptionDetails.Text)
		case *page.EventJavascriptDialogOpening:
			w.note("dialog: %s", e.Message)
		case *cdplog.EventEntryAdded:
			w.note("log: %s %s", e.Entry.Text, e.Entry.URL)
		}
	}
}

package main

import (
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/reelmerge/reelmerge/internal/tty"
)

// frameEvery is how often the live display may be redrawn: often enough to look alive,
// and seldom enough to cost no measurable time.
const frameEvery = 200 * time.Millisecond

// newCanvas returns the live display of a stream. It is nil where plain lines are right:
// in pipes and files, in CI, on dumb terminals, and with --json or --quiet.
func (t *terminal) newCanvas(stream io.Writer) *tty.Canvas {
	file, ok := stream.(*os.File)
	if !ok || t.json || t.quiet || !term.IsTerminal(int(file.Fd())) || plainByWish(os.Getenv) {
		return nil
	}
	if !understandsEscapes(file) {
		return nil
	}
	return &tty.Canvas{Out: file, Look: tty.LookOf(os.Getenv), Size: func() (width, height int) {
		width, height, err := term.GetSize(int(file.Fd()))
		if err != nil || width <= 0 || height <= 0 {
			return 80, 24
		}
		return width, height
	}}
}

// plainByWish reports whether the environment asks for plain lines on a terminal.
func plainByWish(env func(string) string) bool {
	ci := strings.ToLower(env("CI"))
	terminal := env("TERM")
	return ci != "" && ci != "false" && ci != "0" ||
		terminal == "dumb" || terminal == "" && runtime.GOOS != "windows"
}

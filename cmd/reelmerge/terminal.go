package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"golang.org/x/term"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// terminal is the place where people read and answer. Text that is written to its streams
// is cleaned on the way, so that control characters from strangers do not reach a screen.
type terminal struct {
	streams
	screen streams // without the cleaning, for our own display and for JSON, which escapes by itself
	json   bool
	quiet  bool
	wrote  *atomic.Bool // whether anything was written to standard output
}

func terminalOf(s streams) *terminal {
	wrote := new(atomic.Bool)
	return &terminal{streams: streams{s.in, wording.Writer(noting{s.out, wrote}), wording.Writer(s.err)}, screen: s, wrote: wrote}
}

// noting notes whether anything was written.
type noting struct {
	io.Writer
	wrote *atomic.Bool
}

// Write implements [io.Writer].
func (n noting) Write(p []byte) (int, error) {
	n.wrote.Store(n.wrote.Load() || len(p) > 0)
	return n.Writer.Write(p)
}

// say writes a line for people, who read standard error.
func (t *terminal) say(format string, args ...any) {
	if t.quiet {
		return
	}
	for _, l := range wording.Prose(wording.Clean(fmt.Sprintf(format, args...)), widthOf(t.screen.err)) {
		fmt.Fprintln(t.err, l)
	}
}

// printJSON writes one document to standard output: on lines of its own for a person at a
// terminal, on one line for a program that reads it.
func (t *terminal) printJSON(v any) error {
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	text := versioned(document.Bytes())
	if isTerminal(t.screen.out) {
		var indented bytes.Buffer
		if err := json.Indent(&indented, text, "", "  "); err != nil {
			return err
		}
		text = indented.Bytes()
	}
	_, err := t.out.Write(text)
	return err
}

// documentVersion is the version of all JSON documents. A new field does not change it.
const documentVersion = 1

// versioned puts the version into a document that is an object.
func versioned(document []byte) []byte {
	rest, ok := bytes.CutPrefix(document, []byte("{"))
	if !ok {
		return document
	}
	head := fmt.Sprintf(`{"version":%d`, documentVersion)
	if !bytes.HasPrefix(rest, []byte("}")) {
		head += ","
	}
	return append([]byte(head), rest...)
}

// asker lets the library ask a person; nil without one.
func (t *terminal) asker() func(context.Context, reelmerge.Question) bool {
	if !t.interactive() {
		return nil
	}
	return func(ctx context.Context, q reelmerge.Question) bool { return t.ask(ctx, q.Text) }
}

// interactive reports whether a person can be asked.
func (t *terminal) interactive() bool { return isTerminal(t.in) && isTerminal(t.screen.err) && !t.json }

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ask asks a yes-or-no question. Any answer other than yes is a no, and so is Ctrl-C.
func (t *terminal) ask(ctx context.Context, question string) bool {
	lines := wording.Wrap(question+" [y/N]", max(0, widthOf(t.screen.err)-1), "") // the cursor needs a place of its own
	for _, l := range lines[:len(lines)-1] {
		fmt.Fprintln(t.err, wording.Clean(l))
	}
	answer := strings.ToLower(t.question(ctx, lines[len(lines)-1]))
	return ctx.Err() == nil && (answer == "y" || answer == "yes")
}

// widthOf is the width of a stream's terminal, in columns; 0 for a pipe or a file, whose
// lines are not broken.
func widthOf(stream any) int {
	if file, ok := stream.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			return width
		}
	}
	return 0
}

// readLine reads byte by byte, so that nothing of a later answer is swallowed.
func readLine(r io.Reader) (string, error) {
	var line []byte
	var b [1]byte
	for {
		if _, err := r.Read(b[:]); err != nil {
			return string(line), err
		}
		if b[0] == '\n' {
			return string(line), nil
		}
		line = append(line, b[0])
	}
}

// rows are those of standard input, unless it is a terminal.
func (t *terminal) rows() io.Reader {
	if isTerminal(t.in) {
		return nil
	}
	return t.in
}

// tellWritten says that a requested file was written.
func (t *terminal) tellWritten(path string) { t.say("wrote %s", path) }

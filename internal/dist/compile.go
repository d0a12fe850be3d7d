package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// extension returns the ending of a program's name on a system.
func extension(system string) string {
	if system == "windows" {
		return ".exe"
	}
	return ""
}

// compile writes the program to a file. Neither the folder of the source nor the state of
// its repository gets into it. Environment variables that change the result are cleared,
// so that two machines build the same bytes.
func (r release) compile(ctx context.Context, target string) error {
	flags := "-s -w -buildid= -X main.version=" + r.version + " -X main.released=" + r.day.Format(time.DateOnly)
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", target, "./cmd/reelmerge")
	c.Env = r.environment()
	if text, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
}

// environment is that of go for the platform.
func (r release) environment() []string {
	return append(os.Environ(), "GOOS="+r.system, "GOARCH="+r.arch, "CGO_ENABLED=0", "GOAMD64=", "GOARM64=", "GOEXPERIMENT=", "GOFLAGS=-mod=readonly")
}

// manual has the program write its manual pages into a folder, and reads them back.
func manual(ctx context.Context, program, dir string) (pages []file, err error) {
	if text, err := exec.CommandContext(ctx, program, "man", dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no manual pages in %q: %w", dir, err)
	}
	for _, name := range names { // in the order of the alphabet
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		pages = append(pages, file{"share/man/man1/" + filepath.Base(name), 0o644, data})
	}
	return pages, nil
}

// completions are where `make install` puts them.
func completions(ctx context.Context, program string) (scripts []file, err error) {
	for _, c := range []struct{ shell, path string }{
		{"bash", "bash-completion/completions/reelmerge"},
		{"zsh", "zsh/site-functions/_reelmerge"},
		{"fish", "fish/vendor_completions.d/reelmerge.fish"},
		{"powershell", "reelmerge/reelmerge.ps1"},
	} {
		data, err := exec.CommandContext(ctx, program, "completion", c.shell).Output()
		if err != nil {
			return nil, fmt.Errorf("completions of %s: %w", c.shell, err)
		}
		scripts = append(scripts, file{"share/" + c.path, 0o644, data})
	}
	return scripts, nil
}

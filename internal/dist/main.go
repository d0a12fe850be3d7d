// Command dist builds release archives: the same source gives the same bytes.
//
//	go run ./internal/dist -version v1.2.3 -out dist linux/amd64 windows/arm64
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	version := flag.String("version", "dev", "the version to put into the binary")
	out := flag.String("out", "dist", "the folder to write to")
	flag.Parse()
	if err := run(context.Background(), *version, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// epoch is the time of every file in an archive. It is fixed, so that the same source gives
// the same bytes on any day.
func epoch() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }

// run builds an archive for each platform, and a file with the sums of all. The sums are
// sorted, so that they do not depend on the order of the arguments.
func run(ctx context.Context, version, out string, platforms []string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	shared, err := share(ctx, version)
	if err != nil {
		return fmt.Errorf("write manual and completions: %w", err)
	}
	var sums []string
	for _, platform := range platforms {
		system, arch, ok := strings.Cut(platform, "/")
		if !ok {
			return fmt.Errorf("platform %q: want system/architecture", platform)
		}
		name, archive, err := release{version, system, arch}.build(ctx, shared)
		if err != nil {
			return fmt.Errorf("build %s: %w", platform, err)
		}
		if err := os.WriteFile(filepath.Join(out, name), archive, 0o644); err != nil {
			return err
		}
		sums = append(sums, fmt.Sprintf("%x  %s\n", sha256.Sum256(archive), name))
	}
	slices.Sort(sums)
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(strings.Join(sums, "")), 0o644)
}

// file is one file of an archive.
type file struct {
	name string
	mode int64
	data []byte
}

// share returns the files that are the same on every platform: the texts, and the manual
// pages and completions. The program of this machine writes those, because a program of
// another platform cannot be run here.
func share(ctx context.Context, version string) ([]file, error) {
	var files []file
	for _, text := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		data, err := os.ReadFile(text)
		if err != nil {
			return nil, err
		}
		files = append(files, file{text, 0o644, data})
	}
	dir, err := os.MkdirTemp("", "reelmerge-dist-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "reelmerge"+extension(runtime.GOOS))
	if err := compile(ctx, release{version, runtime.GOOS, runtime.GOARCH}, program); err != nil {
		return nil, err
	}
	pages, err := manual(ctx, program, filepath.Join(dir, "man1"))
	if err != nil {
		return nil, err
	}
	scripts, err := completions(ctx, program)
	return slices.Concat(files, pages, scripts), err
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

// release is one archive.
type release struct{ version, system, arch string }

// build returns the archive and its name.
func (r release) build(ctx context.Context, shared []file) (name string, archive []byte, err error) {
	dir, err := os.MkdirTemp("", "reelmerge-dist-")
	if err != nil {
		return "", nil, err
	}
	defer os.RemoveAll(dir)
	program := "reelmerge" + extension(r.system)
	if err := compile(ctx, r, filepath.Join(dir, program)); err != nil {
		return "", nil, err
	}
	binary, err := os.ReadFile(filepath.Join(dir, program))
	if err != nil {
		return "", nil, err
	}
	base := fmt.Sprintf("reelmerge_%s_%s_%s", r.version, r.system, r.arch)
	ending := ".tar.gz"
	write := writeTar
	if r.system == "windows" {
		ending = ".zip"
		write = writeZip
	}
	var b bytes.Buffer
	err = write(&b, base, append([]file{{program, 0o755, binary}}, shared...))
	return base + ending, b.Bytes(), err
}

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
func compile(ctx context.Context, r release, target string) error {
	flags := "-s -w -buildid= -X main.version=" + r.version
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", target, "./cmd/reelmerge")
	c.Env = append(os.Environ(), "GOOS="+r.system, "GOARCH="+r.arch, "CGO_ENABLED=0", "GOAMD64=", "GOARM64=", "GOEXPERIMENT=", "GOFLAGS=-mod=readonly")
	if text, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
}

// writeZip writes the archive for Windows, which opens zip files by itself.
func writeZip(w io.Writer, base string, files []file) error {
	archive := zip.NewWriter(w)
	for _, f := range files {
		header := &zip.FileHeader{Name: base + "/" + f.name, Method: zip.Deflate, Modified: epoch()}
		header.SetMode(os.FileMode(f.mode))
		part, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := part.Write(f.data); err != nil {
			return err
		}
	}
	return archive.Close()
}

// writeTar writes the archive for all other systems. gzip gets no name and no time, which
// would differ from build to build.
func writeTar(w io.Writer, base string, files []file) error {
	packed := gzip.NewWriter(w)
	archive := tar.NewWriter(packed)
	for _, f := range files {
		header := &tar.Header{Name: base + "/" + f.name, Mode: f.mode, Size: int64(len(f.data)), ModTime: epoch(), Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(f.data); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return packed.Close()
}

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

// epoch is the time that every file in an archive carries.
func epoch() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }

func run(ctx context.Context, version, out string, platforms []string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	var sums []string
	for _, platform := range platforms {
		system, arch, ok := strings.Cut(platform, "/")
		if !ok {
			return fmt.Errorf("platform %q: want system/architecture", platform)
		}
		name, archive, err := build(ctx, version, system, arch)
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

func build(ctx context.Context, version, system, arch string) (name string, archive []byte, err error) {
	binary, err := compile(ctx, version, system, arch)
	if err != nil {
		return "", nil, err
	}
	program := "reelmerge"
	if system == "windows" {
		program += ".exe"
	}
	files := []file{{program, 0o755, binary}}
	for _, doc := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		data, err := os.ReadFile(doc)
		if err != nil {
			return "", nil, err
		}
		files = append(files, file{doc, 0o644, data})
	}
	base := fmt.Sprintf("reelmerge_%s_%s_%s", version, system, arch)
	var b bytes.Buffer
	extension, write := ".tar.gz", writeTar
	if system == "windows" {
		extension, write = ".zip", writeZip
	}
	err = write(&b, base, files)
	return base + extension, b.Bytes(), err
}

func compile(ctx context.Context, version, system, arch string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "reelmerge-dist-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	target := filepath.Join(dir, "reelmerge")
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= -X main.version="+version, "-o", target, "./cmd/reelmerge")
	c.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0")
	if text, err := c.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	return os.ReadFile(target)
}

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

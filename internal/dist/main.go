// Command dist builds a release: an archive for each platform, a Debian package for each
// Linux, what is in each of them (SBOM), and the sums of all. The same source gives the
// same bytes.
//
//	go run ./internal/dist -version v1.2.3 -released 2026-11-30 -out dist linux/amd64 windows/arm64
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	version := flag.String("version", "dev", "the version to put into the binary")
	released := flag.String("released", "2020-01-01", "the day of the release, which all files have")
	out := flag.String("out", "dist", "the folder to write to")
	flag.Parse()
	if err := run(context.Background(), *version, *released, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// edition is one version of the program. Its day is that of the source, never today: the
// same source gives the same bytes on any day.
type edition struct {
	version string
	day     time.Time
}

// run builds what belongs to each platform, and a file with the sums of all. The sums are
// sorted, so that they do not depend on the order of the arguments.
func run(ctx context.Context, version, released, out string, platforms []string) error {
	day, err := time.Parse(time.DateOnly, released)
	if err != nil {
		return fmt.Errorf("day of the release: %w", err)
	}
	e := edition{version, day}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	shared, err := e.share(ctx)
	if err != nil {
		return err
	}
	var sums []string
	for _, platform := range platforms {
		system, arch, ok := strings.Cut(platform, "/")
		if !ok {
			return fmt.Errorf("platform %q: want system/architecture", platform)
		}
		made, err := release{e, system, arch}.build(ctx, shared)
		if err != nil {
			return fmt.Errorf("build %s: %w", platform, err)
		}
		for _, f := range made {
			if err := os.WriteFile(filepath.Join(out, f.name), f.data, 0o644); err != nil {
				return err
			}
			sums = append(sums, fmt.Sprintf("%x  %s\n", sha256.Sum256(f.data), f.name))
		}
	}
	slices.Sort(sums)
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(strings.Join(sums, "")), 0o644)
}

// share returns the files that are the same on every platform: the texts, and the manual
// pages and completions. The program of this machine writes those, because a program of
// another platform cannot be run here.
func (e edition) share(ctx context.Context) ([]file, error) {
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
	if err := (release{e, runtime.GOOS, runtime.GOARCH}).compile(ctx, program); err != nil {
		return nil, err
	}
	pages, err := manual(ctx, program, filepath.Join(dir, "man1"))
	if err != nil {
		return nil, err
	}
	scripts, err := completions(ctx, program)
	return slices.Concat(files, pages, scripts), err
}

// release is what is made for one platform.
type release struct {
	edition

	system, arch string
}

// build returns the archive, its list of modules, and on Linux the Debian package.
func (r release) build(ctx context.Context, shared []file) (made []file, err error) {
	dir, err := os.MkdirTemp("", "reelmerge-dist-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := "reelmerge" + extension(r.system)
	if err := r.compile(ctx, filepath.Join(dir, program)); err != nil {
		return nil, err
	}
	binary, err := os.ReadFile(filepath.Join(dir, program))
	if err != nil {
		return nil, err
	}
	modules, err := r.modules(ctx)
	if err != nil {
		return nil, err
	}
	licences, err := licencesOf(modules)
	if err != nil {
		return nil, err
	}
	files := slices.Concat([]file{{program, 0o755, binary}, {"THIRD-PARTY.txt", 0o644, licences}}, shared)
	base := fmt.Sprintf("reelmerge_%s_%s_%s", r.version, r.system, r.arch)
	ending, write := ".tar.gz", writeTarGz
	if r.system == "windows" {
		ending, write = ".zip", writeZip
	}
	var b bytes.Buffer
	if err := write(&b, base+"/", files, r.day); err != nil {
		return nil, err
	}
	made = append(made, file{base + ending, 0o644, b.Bytes()})
	list, err := r.components(binary)
	if err != nil {
		return nil, err
	}
	made = append(made, file{base + ".cdx.json", 0o644, list})
	if r.system != "linux" {
		return made, nil
	}
	deb, err := r.debian(files)
	return append(made, deb), err
}

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
)

// module is one of the modules that are linked into the program.
type module struct{ path, version, dir string }

// modules lists the modules of a platform, the program's own left out, by their paths.
func (r release) modules(ctx context.Context) (list []module, err error) {
	c := exec.CommandContext(ctx, "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/reelmerge")
	c.Env = r.environment()
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("list modules: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		if parts := strings.Split(strings.TrimSpace(line), "\t"); len(parts) == 3 {
			list = append(list, module{parts[0], parts[1], parts[2]})
		}
	}
	slices.SortFunc(list, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return slices.Compact(list), nil
}

// licencesOf joins the licences of the modules, which want to go along with the program.
// A module without one is an error: it must not be passed on.
func licencesOf(list []module) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("The program contains these modules. Their licences follow.\n")
	for _, m := range list {
		var names []string
		for _, pattern := range []string{"LICEN[SC]E*", "COPYING*", "NOTICE*", "PATENTS*"} {
			found, err := filepath.Glob(filepath.Join(m.dir, pattern))
			if err != nil {
				return nil, err
			}
			names = append(names, found...)
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("%s has no licence", m.path)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, "\n==== %s %s: %s\n\n%s\n", m.path, m.version, filepath.Base(name), bytes.TrimSpace(text))
		}
	}
	return b.Bytes(), nil
}

// components writes what is in a program as a CycloneDX document: the modules that the
// program itself says it was linked from, and the Go that built it. The serial number
// comes from the program's bytes, so that the same program has the same document.
func (r release) components(binary []byte) ([]byte, error) {
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		return nil, fmt.Errorf("read what the program is made of: %w", err)
	}
	self := cyclonedx.Component{
		BOMRef: "pkg:golang/" + info.Main.Path + "@" + r.version, Type: cyclonedx.ComponentTypeApplication, Name: "reelmerge", Version: r.version,
		PackageURL: "pkg:golang/" + info.Main.Path + "@" + r.version,
		Hashes:     &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: fmt.Sprintf("%x", sha256.Sum256(binary))}},
		Licenses:   &cyclonedx.Licenses{{License: &cyclonedx.License{ID: "Apache-2.0"}}},
	}
	parts := []cyclonedx.Component{{
		BOMRef: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go"), Type: cyclonedx.ComponentTypeLibrary, Name: "std",
		Version: info.GoVersion, PackageURL: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go"),
	}}
	// The sum of a module is that of go.sum, which every Go checks when it fetches one.
	for _, m := range info.Deps {
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:"))
		if err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("%s has no sum", m.Path)
		}
		url := "pkg:golang/" + m.Path + "@" + m.Version
		parts = append(parts, cyclonedx.Component{
			BOMRef: url, Type: cyclonedx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, PackageURL: url,
			Hashes: &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: fmt.Sprintf("%x", sum)}},
		})
	}
	// A program does not say which module needs which other one, only what is in it.
	var uses []string
	for _, p := range parts {
		uses = append(uses, p.BOMRef)
	}
	document := cyclonedx.NewBOM()
	document.SerialNumber = serial(binary)
	document.Metadata = &cyclonedx.Metadata{Timestamp: r.day.Format(time.RFC3339), Component: &self}
	document.Components = &parts
	document.Dependencies = &[]cyclonedx.Dependency{{Ref: self.BOMRef, Dependencies: &uses}}
	var b bytes.Buffer
	err = cyclonedx.NewBOMEncoder(&b, cyclonedx.BOMFileFormatJSON).SetPretty(true).Encode(document)
	return b.Bytes(), err
}

// serial is a UUID of version 8: its bits are a hash.
func serial(binary []byte) string {
	u := sha256.Sum256(binary)
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

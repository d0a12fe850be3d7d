package main

import (
	"bytes"
	"compress/gzip"
	"crypto/md5" //nolint:gosec // what dpkg compares installed files with
	"fmt"
	"regexp"
	"strings"
	"time"
)

const maintainer = "The authors of Reelmerge <reelmerge@users.noreply.github.com>"

// debian returns the Debian package: an ar archive of the format's version, what dpkg has
// to know, and the files below the root.
func (r release) debian(files []file) (file, error) {
	installed := append(placed(files), r.ownFiles()...)
	var data, control bytes.Buffer
	if err := writeTarGz(&data, "./", installed, r.day); err != nil {
		return file{}, err
	}
	size := 0
	var sums strings.Builder
	for _, f := range installed {
		size += len(f.data)
		fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.data), f.name) //nolint:gosec // see above
	}
	about := []file{{"control", 0o644, []byte(r.control(size))}, {"md5sums", 0o644, []byte(sums.String())}}
	if err := writeTarGz(&control, "./", about, r.day); err != nil {
		return file{}, err
	}
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	// The order is part of the format. Each member begins at an even place.
	for _, part := range []file{{"debian-binary", 0o644, []byte("2.0\n")}, {"control.tar.gz", 0o644, control.Bytes()}, {"data.tar.gz", 0o644, data.Bytes()}} {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", part.name, r.day.Unix(), 0, 0, 0o100000|part.mode, len(part.data))
		b.Write(part.data)
		if len(part.data)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return file{fmt.Sprintf("reelmerge_%s_%s.deb", debianVersion(r.version), r.arch), 0o644, b.Bytes()}, nil
}

// placed returns the files of an archive where Debian's policy wants them.
func placed(files []file) (list []file) {
	for _, f := range files {
		switch {
		case strings.HasSuffix(f.name, ".ps1"), f.name == "LICENSE": // every Debian has the text of this licence
			continue
		case f.name == "reelmerge":
			f.name = "usr/bin/reelmerge"
		case f.name == "CHANGELOG.md":
			f.name, f.data = "usr/share/doc/reelmerge/CHANGELOG.md.gz", packed(f.data)
		case !strings.Contains(f.name, "/"):
			f.name = "usr/share/doc/reelmerge/" + f.name
		case strings.HasPrefix(f.name, "share/man/"):
			f.name, f.data = "usr/"+f.name+".gz", packed(f.data)
		case strings.HasPrefix(f.name, "share/zsh/"):
			f.name = "usr/share/zsh/vendor-completions/_reelmerge"
		default:
			f.name = "usr/" + f.name
		}
		list = append(list, f)
	}
	return list
}

// ownFiles are those that Debian wants in each package.
func (r release) ownFiles() []file {
	changes := fmt.Sprintf("reelmerge (%s) stable; urgency=medium\n\n  * See CHANGELOG.md.gz.\n\n -- %s  %s\n", debianVersion(r.version), maintainer, r.day.Format(time.RFC1123Z))
	copyright := fmt.Sprintf("Copyright %d The authors of Reelmerge\nLicense: Apache-2.0, see /usr/share/common-licenses/Apache-2.0\n\n"+
		"The licences of what is linked into the program are in THIRD-PARTY.txt.\n", r.day.Year())
	const overrides = "# A program of Go links all that it needs.\nreelmerge: statically-linked-binary [usr/bin/reelmerge]\n"
	return []file{
		{"usr/share/doc/reelmerge/changelog.gz", 0o644, packed([]byte(changes))},
		{"usr/share/doc/reelmerge/copyright", 0o644, []byte(copyright)},
		{"usr/share/lintian/overrides/reelmerge", 0o644, []byte(overrides)},
	}
}

// packed compresses a text as Debian wants it: as small as possible, without name and time.
func packed(text []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is one that there is
	_, _ = w.Write(text)                                  // a Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// control is what dpkg knows about the package. The program is one static file, so it
// depends on nothing; certificates are needed to talk to a service.
func (r release) control(size int) string {
	return fmt.Sprintf(`Package: reelmerge
Version: %s
Architecture: %s
Maintainer: %s
Installed-Size: %d
Recommends: ca-certificates, tzdata
Section: video
Priority: optional
Homepage: https://github.com/reelmerge/reelmerge
Description: mail merge for video
 Reelmerge makes one video per row of a spreadsheet at a video-generation
 service, and hands the spreadsheet back with a link and a cost in every row.
 It checks every row and says the price before anything is paid. It may be
 stopped at any moment and run again.
`, debianVersion(r.version), r.arch, maintainer, (size+1023)/1024)
}

// debianVersion writes a version so that Debian orders it: v1.2.3-rc1 before v1.2.3, which
// is before v1.2.3-4-g17ee81b, the fourth commit after it. What is no version of a release
// comes before all of them.
func debianVersion(version string) string {
	v, ok := strings.CutPrefix(version, "v")
	if !ok || !regexp.MustCompile(`^\d`).MatchString(v) {
		return "0~" + strings.ReplaceAll(version, "-", "+")
	}
	v = regexp.MustCompile(`-(\d+)-g([0-9a-f]+)`).ReplaceAllString(v, "+$1.g$2")
	v = strings.ReplaceAll(v, "-dirty", "+dirty")
	return strings.ReplaceAll(v, "-", "~")
}

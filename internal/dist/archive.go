package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"io"
	"os"
	"time"
)

// file is one file of an archive, or of the release.
type file struct {
	name string
	mode int64
	data []byte
}

// writeZip writes the archive for Windows, which opens zip files by itself.
func writeZip(w io.Writer, base string, files []file, day time.Time) error {
	archive := zip.NewWriter(w)
	for _, f := range files {
		header := &zip.FileHeader{Name: base + f.name, Method: zip.Deflate, Modified: day}
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

// writeTarGz writes the archive for all other systems. Each folder comes before what is in
// it, and all belongs to root, as package managers want it.
func writeTarGz(w io.Writer, base string, files []file, day time.Time) error {
	packed := gzip.NewWriter(w) // it gets no name and no time
	archive := tar.NewWriter(packed)
	made := map[string]bool{}
	for _, f := range files {
		name := base + f.name
		for _, folder := range above(name) {
			if made[folder] {
				continue
			}
			made[folder] = true
			if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: folder, Mode: 0o755, ModTime: day, Format: tar.FormatUSTAR, Uname: "root", Gname: "root"}); err != nil {
				return err
			}
		}
		header := &tar.Header{Name: name, Mode: f.mode, Size: int64(len(f.data)), ModTime: day, Format: tar.FormatUSTAR, Uname: "root", Gname: "root"}
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

// above lists the folders above a file, the outermost first.
func above(name string) (folders []string) {
	for i, c := range name {
		if c == '/' {
			folders = append(folders, name[:i+1])
		}
	}
	return folders
}

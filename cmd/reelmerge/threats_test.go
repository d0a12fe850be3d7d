package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// nowhere wants a text in no file below some folders, and in the name of none:
// nowhere TEXT FOLDER… !EXCEPT.
func nowhere(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: nowhere text folder… !except")
	}
	for _, folder := range args[1:] {
		if strings.HasPrefix(folder, "!") {
			continue
		}
		files := 0
		err := filepath.WalkDir(ts.MkAbs(folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || slices.Contains(args, "!"+d.Name()) {
				return err
			}
			files++
			data, err := os.ReadFile(path)
			if bytes.Contains(data, []byte(args[0])) || strings.Contains(d.Name(), args[0]) {
				ts.Fatalf("%s says %q", path, args[0])
			}
			return err
		})
		ts.Check(err)
		if files == 0 {
			ts.Fatalf("%s holds no file: the search proves nothing", folder)
		}
	}
}

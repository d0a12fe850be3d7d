package sources_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/reelmerge/reelmerge/sources"
)

// writeFile puts a file into the test's folder.
func writeFile(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// readAll returns the rows that are left and closes the reader.
func readAll(t testing.TB, r sources.Reader) []sources.Row {
	t.Helper()
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	var rows []sources.Row
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}

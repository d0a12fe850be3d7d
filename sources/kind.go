package sources

import (
	"path/filepath"
	"strings"
)

// IsSheet reports whether a file is called like a sheet.
func IsSheet(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".jsonl", ".ndjson":
		return true
	}
	return false
}

package sources

import (
	"path/filepath"
	"strings"
)

// IsSheet reports whether the name of a file ends like that of a sheet. It does not open
// the file.
func IsSheet(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".fods", ".jsonl", ".ndjson":
		return true
	}
	return false
}

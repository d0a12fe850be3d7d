package reelmerge

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/ledger/boltstore"
	"github.com/reelmerge/reelmerge/sources"
)

// madeBefore lists outputs of a version that kept no inventory: files in the ledger's
// folder with the usual names of outputs and a content that only outputs have.
func (c *Campaign) madeBefore() (paths []string) {
	if there, err := boltstore.Exists(c.path(ledgerFile)); err != nil || !there {
		return nil
	}
	for name, ours := range map[string]func(string) bool{
		"results.csv": c.isResults, "results.xlsx": c.isResults, "send-ready.csv": c.isResults, "send-ready.xlsx": c.isResults,
		"report.html": isPage("Report"), "plan.html": isPage("Plan"), "plan.xlsx": isPlanBook,
		stdinFile: func(string) bool { return c.file.Rows.File == "-" },
	} {
		for _, pattern := range []string{name, besidePattern(name)} {
			found, err := filepath.Glob(filepath.Join(escapeGlob(c.folder()), pattern))
			if err != nil {
				return nil // the patterns are ours
			}
			for _, path := range found {
				if atomicfile.IsOrdinary(path) && ours(path) {
					paths = append(paths, path)
				}
			}
		}
	}
	return paths
}

// besidePattern matches the names of files that were written beside another, such as
// "results (new 2).csv".
func besidePattern(name string) string {
	extension := filepath.Ext(name)
	return strings.TrimSuffix(name, extension) + " (new*)" + extension
}

// isResults reports whether a file has the columns that only results have.
func (c *Campaign) isResults(path string) bool {
	// The results have the sheet's own layout, of which the options may have changed
	// since.
	for _, o := range []sources.Options{{}, c.sheetOptions(), {HeaderRow: c.file.Rows.HeaderRow}} {
		rows, err := sources.Open(path, o)
		if err != nil {
			continue
		}
		names := columnNames(rows)
		rows.Close()
		if hasAll(names, "video_status", "video_url", "what_to_do", "provider_job") {
			return true
		}
	}
	return false
}

func hasAll(names []string, wanted ...string) bool {
	return !slices.ContainsFunc(wanted, func(name string) bool { return !slices.Contains(names, name) })
}

// isPage recognizes a page by its beginning, and by the way in which it writes tables.
func isPage(title string) func(path string) bool {
	return func(path string) bool {
		data, err := atomicfile.Read(path, mostStatus)
		return err == nil && bytes.HasPrefix(data, []byte("<!DOCTYPE html>")) &&
			bytes.Contains(data, []byte("<title>"+title+": ")) && bytes.Contains(data, []byte(`role="rowgroup"`)) && bytes.Contains(data, []byte(`class="cards"`))
	}
}

// isPlanBook recognizes the workbook of a plan by its sheets.
func isPlanBook(path string) bool {
	book, err := zip.OpenReader(path)
	if err != nil {
		return false
	}
	defer book.Close()
	file, err := book.Open("xl/workbook.xml")
	if err != nil {
		return false
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, 1<<20))
	return err == nil && bytes.Contains(data, []byte(`"Dearest rows"`)) && bytes.Contains(data, []byte(`"Not sent"`))
}

// isStatus recognizes the file that a run writes every second.
func isStatus(path string) bool {
	if !atomicfile.IsOrdinary(path) {
		return false
	}
	data, err := atomicfile.Read(path, mostStatus)
	var doc struct {
		Campaign *string
		States   map[string]int
		Credits  json.RawMessage
	}
	return err == nil && json.Unmarshal(data, &doc) == nil && doc.Campaign != nil && doc.States != nil && doc.Credits != nil
}

// isCopyOf recognizes a copy of a ledger, damaged or not, by the ledger's id in it. An
// empty file counts as a copy, since it holds no data of anyone.
func isCopyOf(id, path string) bool {
	if !atomicfile.IsOrdinary(path) {
		return false
	}
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		return true
	}
	return id != "" && holdsText(path, id)
}

// holdsText looks for a text in a file of any size, part by part. The end of each part is
// kept, since the text may begin there.
func holdsText(path, text string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	part := make([]byte, 1<<20)
	kept := 0 // bytes at the end of the last part
	for {
		n, err := io.ReadFull(file, part[kept:])
		if bytes.Contains(part[:kept+n], []byte(text)) {
			return true
		}
		if err != nil {
			return false
		}
		kept = copy(part, part[len(part)-len(text):])
	}
}

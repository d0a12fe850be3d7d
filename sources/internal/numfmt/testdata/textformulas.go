//go:build ignore

// The command textformulas finds texts that a spreadsheet program made of
// numbers and format codes: cells with =TEXT(number, code) whose result is in
// the file. It prints a line for each: code, number, date system, text, file and
// cell.
//
//	go run textformulas.go FOLDER… > excel.tsv
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

var formula = regexp.MustCompile(`^(?:_xlfn\.)?TEXT\(\s*([^,"]+?)\s*,\s*("(?:[^"]|"")*"|\$?[A-Z]+\$?\d+)\s*\)$`)

func main() {
	lines := map[string]bool{}
	for _, root := range os.Args[1:] {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && (strings.HasSuffix(path, ".xlsx") || strings.HasSuffix(path, ".xlsm")) {
				book(path, lines)
			}
			return err
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	var out []string
	for l := range lines {
		out = append(out, l)
	}
	sort.Strings(out)
	for _, l := range out {
		fmt.Println(l)
	}
}

// book collects the lines of one workbook; what cannot be opened has none.
func book(path string, lines map[string]bool) {
	defer func() { _ = recover() }() // test files are often broken on purpose
	f, err := excelize.OpenFile(path)
	if err != nil {
		return
	}
	defer f.Close()
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			continue
		}
		for r, row := range rows {
			for c := range row {
				cell, _ := excelize.CoordinatesToCellName(c+1, r+1)
				if l := line(f, sheet, cell); l != "" {
					lines[l+"\t"+filepath.Base(path)+" "+sheet+"!"+cell] = true
				}
			}
		}
	}
}

// line returns code, number and text of a cell, "" if it is no such formula.
func line(f *excelize.File, sheet, cell string) string {
	text, err := f.GetCellFormula(sheet, cell)
	m := formula.FindStringSubmatch(text)
	if err != nil || m == nil {
		return ""
	}
	number := value(f, sheet, m[1])
	if kind, err := f.GetCellType(sheet, strings.ReplaceAll(m[1], "$", "")); err == nil && kind == excelize.CellTypeBool {
		return ""
	}
	if _, err := strconv.ParseFloat(number, 64); err != nil {
		return ""
	}
	code := value(f, sheet, m[2])
	shown, err := f.GetCellValue(sheet, cell, excelize.Options{RawCellValue: true})
	if err != nil || code == "" || shown == "" || strings.ContainsAny(code+shown, "\t\n\r") {
		return ""
	}
	return code + "\t" + number + "\t" + system(f) + "\t" + shown
}

// system returns the year that a workbook's dates begin with.
func system(f *excelize.File) string {
	if p, err := f.GetWorkbookProps(); err == nil && p.Date1904 != nil && *p.Date1904 {
		return "1904"
	}
	return "1900"
}

// value returns what a formula's argument says: a text, a number, or a cell.
func value(f *excelize.File, sheet, arg string) string {
	if quoted, ok := strings.CutPrefix(arg, `"`); ok {
		return strings.ReplaceAll(strings.TrimSuffix(quoted, `"`), `""`, `"`)
	}
	arg = strings.ReplaceAll(arg, "$", "")
	if _, err := strconv.ParseFloat(arg, 64); err == nil {
		return arg
	}
	v, err := f.GetCellValue(sheet, arg, excelize.Options{RawCellValue: true})
	if err != nil {
		return ""
	}
	return v
}

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/sources"
)

// TestACampaignOfAnOpenDocument goes from init to results with a file that LibreOffice
// wrote. What is written of it is XLSX.
func TestACampaignOfAnOpenDocument(t *testing.T) {
	sheet, err := os.ReadFile("../../sources/testdata/ods/libreoffice-german.ods")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, 0, false)
	r.write("kunden.ods", string(sheet))
	r.write("t.json", `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"},
 "variables": {"name": {"type": "string"}, "zahl": {"type": "string"}}, "duration": {"base_seconds": 60}}`)
	r.run("init", "kunden.ods", "t.json", "--out", "c.yaml").wants(t, 0, "")
	r.run("check", "c.yaml", "--marked", "mend.xlsx").wants(t, exitRows, "kunden.ods:D6: ROW-ERROR-VALUE")
	r.run("run", "c.yaml", "--sandbox", "--skip-problems").wants(t, exitRows, "made")
	for name, at := range map[string]string{"mend.xlsx": "reelmerge_problem", "out/c/sandbox/results.xlsx": "video_status"} {
		rows, err := sources.Open(r.path(name), sources.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range rows.Columns() {
			names = append(names, c.Name)
		}
		if all := strings.Join(names, " "); !strings.HasPrefix(all, "Name Tag Zahl Rest") || !strings.Contains(all, at) {
			t.Errorf("%s has the columns %s", name, all)
		}
		if row, err := rows.Next(); err != nil || strings.Join(row.Cells[:4], "|") != "Zoë van Berg|14.03.26|617,25|WAHR" {
			t.Errorf("%s: %v, %v", name, row.Cells, err)
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
}

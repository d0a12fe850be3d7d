package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

// TestAPolishSheetComesBackPolish runs a sheet as a Polish spreadsheet program saves it,
// with prices, decisions and keys in the same dialect.
func TestAPolishSheetComesBackPolish(t *testing.T) {
	polish := func(text string) string {
		out, err := charmap.Windows1250.NewEncoder().String(strings.ReplaceAll(text, "\n", "\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	names := "Łukasz Wiśniewski;Małgorzata Dąbrowska;Paweł Wójcik;Żaneta Jabłońska;Grażyna Kowalczyk;Święty Mikołaj"
	sheet := "Klient;Imię\n"
	for i, name := range strings.Split(names, ";") {
		sheet += "K" + string(rune('1'+i)) + ";" + name + "\n"
	}
	dir := written(t, map[string]string{
		"klienci.csv": polish(sheet), "keys.txt": "\xff\xfeK\x001\x00\r\x00\n\x00K\x002\x00",
		"t.json": `{"operation": "colossyan/template-job", "request": {"templateJobId": "t"}, "variables": {"name": {"type": "string"}}, "duration": {"base_seconds": 30}}`,
		"c.yaml": "rows: {file: klienci.csv, key: Klient}\ntemplate: t.json\nvariables: {name: Imię}\nlimits: {submits: 50/s, poll: {first: 50ms}}\noutput: {dir: out}\n",
	})
	c := filepath.Join(dir, "c.yaml")
	if code, out, said := command(t, "run", c, "--sandbox", "--only", filepath.Join(dir, "keys.txt")); code != exitDone || !strings.Contains(said, "2 made") {
		t.Fatal(code, out, said)
	}
	data, err := os.ReadFile(filepath.Join(dir, "out/sandbox/results.csv"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := charmap.Windows1250.NewDecoder().String(string(data))
	if err != nil || !strings.HasPrefix(text, "Klient;Imię;video_status;") || !strings.Contains(text, "\r\nK1;Łukasz Wiśniewski;test;") {
		t.Errorf("%v\n%s", err, text)
	}
}

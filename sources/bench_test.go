package sources_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/sources"
)

// benchmark reads a file once per iteration and reports rows per second.
func benchmark(b *testing.B, name string, data []byte) {
	path := filepath.Join(b.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		r, err := sources.Open(path, sources.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for rows = 0; ; rows++ {
			if _, err := r.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkDelimited(b *testing.B) {
	var data bytes.Buffer
	data.WriteString("customer_id,first_name,company,plan,renewal_date,amount,email,language\n")
	for i := range 100_000 {
		fmt.Fprintf(&data, "C%08d,Zoë,\"Acme, Inc.\",pro,2026-03-14,%d.50,user%d@example.com,de\n", i, i%5000, i)
	}
	benchmark(b, "x.csv", data.Bytes())
}

func BenchmarkWorkbookOfTexts(b *testing.B) {
	var rows, shared strings.Builder
	rows.WriteString(texts(1, "id", "name"))
	for i := range 20_000 {
		fmt.Fprintf(&shared, "<si><t>C%d</t></si>", i)
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d" t="s"><v>%d</v></c><c r="B%d" t="s"><v>0</v></c></row>`, i+2, i+2, i, i+2)
	}
	benchmark(b, "x.xlsx", workbook{rows: rows.String(), strings: shared.String()}.bytes(b))
}

func BenchmarkWorkbookOfNumbersAndDates(b *testing.B) {
	var rows strings.Builder
	rows.WriteString(texts(1, "fee", "day", "since"))
	for i := range 20_000 {
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d" s="1"><v>%d.5</v></c><c r="B%d" s="3"><v>%d</v></c><c r="C%d" s="2"><v>%d</v></c></row>`, i+2, i+2, i, i+2, 40000+i%3000, i+2, 40000+i%3000)
	}
	benchmark(b, "x.xlsx", workbook{rows: rows.String(), formats: []string{"€#,##0.00", "dd.mm.yyyy"}, ids: []int{14}}.bytes(b))
}

package report_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/sources"
)

var night = time.Date(2026, 11, 20, 21, 3, 5, 0, time.UTC)

func made(key string) *ledger.Entry {
	return &ledger.Entry{
		Key: key, State: ledger.Succeeded, Ticket: job.Ticket{Job: "job-" + key},
		Content: ledger.Content{Account: credit.Account{Provider: "colossyan", Unit: "minutes"}},
		Money:   ledger.Money{Charged: 708_334}, Basis: credit.Configured,
		Result: job.Result{
			VideoURL: "https://videos.example/" + key + ".mp4?a=1&b=2", ShareURL: "https://share.example/" + key,
			Duration: 42_500 * time.Millisecond,
		},
		Fetched:     ledger.Fetched{File: key + ".mp4"},
		SubmittedAt: night, SettledAt: night.Add(2 * time.Minute),
	}
}

func failed(reason string) *ledger.Entry {
	return &ledger.Entry{
		State: ledger.Failed, Reason: reason, Basis: credit.Observed, SubmittedAt: night, SettledAt: night,
		Ticket: job.Ticket{Job: "job-f"},
	}
}

func all(rows ...report.RowResult) iter.Seq2[report.RowResult, error] {
	return func(yield func(report.RowResult, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// hostile are values that try to become something else.
func hostile() []string {
	return []string{
		`=HYPERLINK("https://evil.example","click")`, "+1+1|cmd", "-2+3", "@SUM(A1)", "\tx", "\rx", "'=1", "''", "'tis",
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "\u202egnp.exe", "\x1b[31mred\x1b]0;title\a",
		strings.Repeat("long ", 2048), "two\nlines", "-12.5", "+49 30 1234", "_x0041_", "a\x00b", "a\ufffeb", "]]>", "é😀漢",
		"a\r\nb", " spaces ", "007", "1e5", "12,5", `quote " inside`,
	}
}

func readAll(t *testing.T, path string) (columns []string, rows [][]string) {
	t.Helper()
	r, err := sources.Open(path, sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range r.Columns() {
		columns = append(columns, c.Name)
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return columns, rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row.Cells)
	}
}

func TestCSVResultsGiveTheSourceBackExactly(t *testing.T) {
	var results []report.RowResult
	var want [][]string
	for i, value := range hostile() {
		if strings.ContainsRune(value, 0) {
			continue // no text file holds it
		}
		cells := []string{fmt.Sprint(i), value, "x"}
		results = append(results, report.RowResult{Row: i + 2, Cells: cells, Entry: made("k")})
		want = append(want, cells)
	}
	path := filepath.Join(t.TempDir(), "results.csv")
	sheet := report.Results{Path: path, Source: report.Source{Columns: []string{"ID", "=Name", "Last"}}, Neutralize: sources.Neutralize}
	if _, err := sheet.Save(all(results...)); err != nil {
		t.Fatal(err)
	}
	columns, rows := readAll(t, path)
	if want := append([]string{"ID", "=Name", "Last"}, report.ResultColumns()...); !slices.Equal(columns, want) {
		t.Errorf("columns %q", columns)
	}
	for i := range rows {
		rows[i] = rows[i][:3]
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

// TestCSVResultsComeInTheDialectOfTheSheet: a Polish sheet with semicolons goes back so.
func TestCSVResultsComeInTheDialectOfTheSheet(t *testing.T) {
	for name, c := range map[string]struct {
		enc  encoding.Encoding
		text string
	}{
		"Polish":  {charmap.Windows1250, "id;imię\r\n1;Paweł Żółkiewski\r\n2;\"Łódź; Kraków\"\r\n3;'=1+Świątek\r\n"},
		"Russian": {charmap.Windows1251, "ид,имя\n1,Анна Каренина\n2,Юлия Щербакова\n3,Москва\n"},
		"UTF-8":   {unicode.UTF8, "\ufeffid|name\n1|Zoë\n2|李雷\n3|'+A1\n"},
	} {
		data, err := c.enc.NewEncoder().Bytes([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		src := filepath.Join(t.TempDir(), "sheet.csv")
		if err := os.WriteFile(src, data, 0o600); err != nil {
			t.Fatal(err)
		}
		columns, rows := readAll(t, src)
		r, err := sources.Open(src, sources.Options{})
		if err != nil {
			t.Fatal(err)
		}
		d, _ := sources.DialectOf(r)
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		var results []report.RowResult
		for i, cells := range rows {
			results = append(results, report.RowResult{Row: i + 2, Cells: cells, Entry: made("k"), WhatToDo: "look — “here” 李"})
		}
		var b bytes.Buffer
		sheet := report.Results{Path: "results.csv", Source: report.Source{Columns: columns}, Neutralize: sources.Neutralize,
			Records: func(w io.Writer) report.RecordWriter { return d.NewWriter(w) }}
		if err := sheet.Write(&b, all(results...)); err != nil {
			t.Fatal(err)
		}
		text, err := c.enc.NewDecoder().String(b.String())
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Split(strings.TrimPrefix(c.text, "\ufeff"), "\n")
		for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
			if !strings.HasPrefix(line, strings.TrimRight(want[i], "\r")) || strings.HasSuffix(want[i], "\r") != strings.HasSuffix(line, "\r") {
				t.Errorf("%s: line %d is %q, want it to begin with %q", name, i+1, line, want[i])
			}
		}
	}
}

func TestNoCellOfACSVIsAFormula(t *testing.T) {
	var results []report.RowResult
	for i, value := range hostile() {
		results = append(results, report.RowResult{Row: i + 2, Cells: []string{value}, Entry: failed(value), WhatToDo: value})
	}
	var b bytes.Buffer
	named := report.Results{Source: report.Source{Columns: []string{"Name"}}, Neutralize: sources.Neutralize}
	if err := named.Write(&b, all(results...)); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b.Bytes(), []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		for _, cell := range record {
			if cell != sources.Neutralize(sources.Restore(cell)) {
				t.Errorf("%q is not neutral", cell)
			}
		}
	}
}

func TestEachStateHasItsWordAndItsFields(t *testing.T) {
	entry := func(change func(*ledger.Entry)) *ledger.Entry {
		e := made("k")
		change(e)
		return e
	}
	for name, c := range map[string]struct {
		row  report.RowResult
		want string // of the columns below
	}{
		"made":       {report.RowResult{Entry: made("k"), Cost: "0.602083", Currency: "EUR"}, "made|https://videos.example/k.mp4?a=1&b=2|k.mp4|42.5|0.708334|minutes|configured|0.602083|EUR||job-k|2026-11-20T21:03:05Z|2026-11-20T21:05:05Z"},
		"failed":     {report.RowResult{Entry: failed("no such avatar")}, "failed||||0||observed|||no such avatar|job-f|2026-11-20T21:03:05Z|2026-11-20T21:03:05Z"},
		"refused":    {report.RowResult{Reason: "empty name"}, "has problems|||||||||empty name|||"},
		"filtered":   {report.RowResult{Status: report.StatusLeftOut}, "left out||||||||||||"},
		"price free": {report.RowResult{Entry: entry(func(e *ledger.Entry) { e.Money, e.Basis = ledger.Money{}, credit.Unknown }), Cost: "0", Currency: "EUR"}, "made|https://videos.example/k.mp4?a=1&b=2|k.mp4|42.5|||unknown||||job-k|2026-11-20T21:03:05Z|2026-11-20T21:05:05Z"},
		"unsure":     {report.RowResult{Entry: &ledger.Entry{State: ledger.Unsure, Reason: "timeout"}}, "not known|||||||||timeout|||"},
		"sent":       {report.RowResult{Entry: &ledger.Entry{State: ledger.Submitted, Money: ledger.Money{Ever: 5, Reserved: 5}}, Cost: "0", Currency: "EUR"}, "being made||||||||||||"},
		"controls":   {report.RowResult{Entry: failed("\x1b[31mred\u202e\nline")}, "failed||||0||observed|||[31mred line|job-f|2026-11-20T21:03:05Z|2026-11-20T21:03:05Z"},
	} {
		var b bytes.Buffer
		plain := report.Results{Neutralize: func(s string) string { return s }}
		if err := plain.Write(&b, all(c.row)); err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, name := range []string{
			"video_status", "video_url", "video_file", "video_seconds", "credits", "credits_unit", "credits_basis", "video_cost", "video_currency",
			"reason", "provider_job", "submitted_at", "finished_at",
		} {
			fields = append(fields, at(records[0], records[1], name))
		}
		if got := strings.Join(fields, "|"); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// TestAMailingGetsTheSheetAndItsLinksAlone reads what a mailing tool is given.
func TestAMailingGetsTheSheetAndItsLinksAlone(t *testing.T) {
	for _, name := range []string{"send-ready.csv", "send-ready.xlsx"} {
		path := filepath.Join(t.TempDir(), name)
		sheet := report.Results{Path: path, Source: report.Source{Columns: []string{"Name", "credits"}}, Neutralize: sources.Neutralize, Mailing: true}
		if _, err := sheet.Save(all(report.RowResult{Row: 2, Cells: []string{"Ada", "9"}, Entry: made("k"), Cost: "1", Currency: "EUR"})); err != nil {
			t.Fatal(err)
		}
		columns, rows := readAll(t, path)
		if want := []string{"Name", "video_url", "share_url", "thumbnail_url"}; !slices.Equal(columns, want) {
			t.Errorf("%s has the columns %q, want %q", name, columns, want)
		}
		if len(rows) != 1 || rows[0][1] != "https://videos.example/k.mp4?a=1&b=2" || rows[0][2] != "https://share.example/k" {
			t.Errorf("%s has %q", name, rows)
		}
	}
}

func TestAFailedReadLeavesTheOldResults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.csv")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := func(yield func(report.RowResult, error) bool) {
		_ = yield(report.RowResult{Row: 2}, nil) && yield(report.RowResult{}, errors.New("disk on fire"))
	}
	sheet := report.Results{Path: path, Neutralize: sources.Neutralize}
	if _, err := sheet.Save(broken); err == nil || !strings.Contains(err.Error(), "disk on fire") {
		t.Errorf("err = %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("the file holds %q", got)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestAdviceIsACommandToCopy(t *testing.T) {
	command := func(verb string, flags ...string) string {
		return strings.Join(append([]string{"reelmerge", verb, "'my campaign.yaml'"}, flags...), " ")
	}
	if got := (report.Advice{Command: command}).For(ledger.Entry{State: ledger.Unsure}); !strings.HasSuffix(got, "then: reelmerge resolve 'my campaign.yaml'") {
		t.Errorf("%q", got)
	}
	for _, state := range ledger.States() {
		got := report.Advice{Command: command}.For(ledger.Entry{State: state})
		if settled := state == ledger.Succeeded || state == ledger.Cancelled; (got == "") != settled {
			t.Errorf("%s: %q", state, got)
		}
	}
}

package pinned

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/internal/inventory"
)

// TestTheLinkOfAGoogleSheetLeadsToItsExport takes links as the Share button and the address
// line of a browser have them.
func TestTheLinkOfAGoogleSheetLeadsToItsExport(t *testing.T) {
	const docs = "https://docs.google.com/spreadsheets/"
	for link, want := range map[string]string{
		docs + "d/1AbC-d_E/edit?usp=sharing":                        docs + "d/1AbC-d_E/export?format=csv",
		docs + "d/1AbC-d_E/edit#gid=417":                            docs + "d/1AbC-d_E/export?format=csv&gid=417",
		docs + "d/1AbC-d_E/edit?gid=417#gid=417":                    docs + "d/1AbC-d_E/export?format=csv&gid=417",
		docs + "u/1/d/1AbC-d_E/edit#gid=0":                          docs + "d/1AbC-d_E/export?format=csv&gid=0",
		docs + "d/1AbC-d_E":                                         docs + "d/1AbC-d_E/export?format=csv",
		docs + "d/1AbC-d_E/view?resourcekey=0-x":                    docs + "d/1AbC-d_E/export?format=csv&resourcekey=0-x",
		docs + "d/e/2PACX-1v/pubhtml?gid=9&single=true":             docs + "d/e/2PACX-1v/pub?gid=9&output=csv&single=true",
		docs + "d/e/2PACX-1v/pubhtml":                               docs + "d/e/2PACX-1v/pub?output=csv",
		docs + "d/e/2PACX-1v/pub?output=csv":                        docs + "d/e/2PACX-1v/pub?output=csv",
		docs + "d/1AbC-d_E/export?format=xlsx":                      docs + "d/1AbC-d_E/export?format=xlsx",
		docs + "create":                                             docs + "create",
		"https://example.com/spreadsheets/d/1AbC/edit#gid=417":      "https://example.com/spreadsheets/d/1AbC/edit#gid=417",
		"https://docs.google.com.example.net/spreadsheets/d/1/edit": "https://docs.google.com.example.net/spreadsheets/d/1/edit",
	} {
		if got := Export(link, false); got != want {
			t.Errorf("%s leads to %s, want %s", link, got, want)
		}
	}
	// rows.sheet names a sheet of the workbook, so all of them are fetched.
	if got := Export(docs+"d/1AbC-d_E/edit#gid=417", true); got != docs+"d/1AbC-d_E/export?format=xlsx" {
		t.Error(got)
	}
}

// bench is a folder of copies beside a server.
type bench struct {
	*Folder
	t       *testing.T
	address string
	dir     string
}

func newBench(t *testing.T, answer http.HandlerFunc) *bench {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	return &bench{New(filepath.Join(dir, "sheet"), inventory.New(dir, nil)), t, server.URL + "/guests", dir}
}

func (b *bench) fetch() (Copy, error) {
	return b.Fetch(context.Background(), Request{Written: b.address, Address: b.address, Vet: func(string) error { return nil }})
}

func (b *bench) fetched() Copy {
	b.t.Helper()
	c, err := b.fetch()
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *bench) files() (names []string) {
	b.t.Helper()
	entries, err := os.ReadDir(filepath.Join(b.dir, "sheet"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestASheetWithoutAnEndIsGivenUp has a server send more than a sheet may have, without
// saying so before. Nothing of it is kept.
func TestASheetWithoutAnEndIsGivenUp(t *testing.T) {
	sent := 0
	b := newBench(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 1000 {
			n, err := w.Write([]byte(strings.Repeat("id,name\n", 1024)))
			if sent += n; err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	})
	b.most = 100 << 10
	_, err := b.fetch()
	if known, ok := errors.AsType[*Error](err); !ok || !strings.Contains(known.Why, "larger than") {
		t.Fatal(err)
	}
	if files := b.files(); len(files) > 0 {
		t.Errorf("left %q", files)
	}
}

// TestACopyThatWasChangedByHandIsNotTheNewest changes the newest copy: the server is not
// asked whether it is the newest, but for the whole sheet, and the changed file stays.
func TestACopyThatWasChangedByHandIsNotTheNewest(t *testing.T) {
	conditional := 0
	b := newBench(t, func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Last-Modified", "Tue, 01 Dec 2026 01:00:00 GMT")
		if q.Header.Get("If-Modified-Since") != "" {
			conditional++
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte("id,name\n1,Ada\n"))
	})
	first := b.fetched()
	if again := b.fetched(); again.File != first.File || conditional != 1 || b.Vet(first) != nil {
		t.Errorf("%+v, %d conditional", again, conditional)
	}
	if err := os.WriteFile(b.Path(first), []byte("id,name\n1,Eve\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Vet(first); err == nil || !strings.Contains(err.Error(), "changed since it was fetched") {
		t.Error(err)
	}
	_, err := b.fetch()
	if _, refused := errors.AsType[*inventory.RefusedError](err); conditional != 1 || !refused {
		t.Errorf("%d conditional, %v", conditional, err)
	}
}

// TestTheLastTwoCopiesAreKeptAndThatOfTheRun fetches a sheet that is new each time.
func TestTheLastTwoCopiesAreKeptAndThatOfTheRun(t *testing.T) {
	n := 0
	b := newBench(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		_, _ = fmt.Fprintf(w, "id,name\n%d,Ada\n", n)
	})
	held := b.fetched()
	if err := b.Hold(held); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		b.fetched()
	}
	if there, err := b.Copies(b.address); err != nil || len(there) != 2 || len(b.files()) != 4 || b.Vet(held) != nil {
		t.Errorf("%d copies, files %q, %v", len(there), b.files(), err)
	}
	newest := b.fetched()
	if err := b.Hold(newest); err != nil {
		t.Fatal(err)
	}
	if b.Vet(held) == nil || len(b.files()) != 3 {
		t.Errorf("the copy of the run before is kept: %q", b.files())
	}
	// Copies of another address are other people's rows.
	if there, err := b.Copies("https://example.com/others.csv"); err != nil || len(there) != 0 {
		t.Errorf("%v, %v", there, err)
	}
}

// TestAKindIsKnownByWhatAFileIs names copies by their content before anything a server says.
func TestAKindIsKnownByWhatAFileIs(t *testing.T) {
	for name, test := range map[string]struct{ head, kind, disposition, want string }{
		"workbook called CSV": {"PK\x03\x04\x14\x00[Content_Types].xml", "text/csv", "", ".xlsx"},
		"ODS":                 {"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "", "", ".ods"},
		"CSV":                 {"id,name", "text/csv", `attachment; filename="Guests - Sheet1.csv"`, ".csv"},
		"TSV by its name":     {"id\tname", "", `attachment; filename="g.tsv"`, ".tsv"},
		"JSON lines":          {`{"id":1}`, "application/x-ndjson", "", ".jsonl"},
		"unknown":             {"id;name", "application/octet-stream", "", ".csv"},
	} {
		q, err := http.NewRequest(http.MethodGet, "https://example.com/guests", nil)
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Response{Request: q, Header: http.Header{"Content-Type": {test.kind}, "Content-Disposition": {test.disposition}}}
		if got := kind([]byte(test.head), r); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

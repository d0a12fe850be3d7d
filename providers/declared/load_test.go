package declared_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/providers/declared"
)

// text is a description of testdata, or one that comes with the program.
func text(t testing.TB, name string) string {
	t.Helper()
	file := name + ".service.yaml"
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		data, err = os.ReadFile(filepath.Join("../builtin", file))
	}
	if err != nil {
		t.Fatal(err)
	}
	// Descriptions grow old, and their age is a warning: today they are fresh.
	return asOf.ReplaceAllString(string(data), "as_of: "+time.Now().UTC().Format(time.DateOnly))
}

var asOf = regexp.MustCompile(`(?m)^as_of: .*$`)

// load reads a description of testdata.
func load(t testing.TB, name string) *declared.Description {
	t.Helper()
	return parse(t, text(t, name))
}

func parse(t testing.TB, text string) *declared.Description {
	t.Helper()
	d, found := declared.Parse("test.service.yaml", []byte(text))
	if d == nil {
		t.Fatalf("%v", found)
	}
	return d
}

func TestEveryDescriptionLoads(t *testing.T) {
	files, err := filepath.Glob("testdata/*.service.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d descriptions, %v", len(files), err)
	}
	for _, file := range files {
		if d, found := declared.Load(file); d == nil || found.HasErrors() {
			t.Errorf("%v", found)
		}
	}
}

// broken is a way to write a description wrongly.
type broken struct {
	name     string
	old, new string // what is changed in that of Acme
	code     string
	at       string // what stands at the line and column of the problem
	says     string // in message or hint
}

func brokenOnes() []broken {
	return []broken{
		{"an unknown member", "sources:", "soruces: [x]\nsources:", "SVC-SCHEMA", "soruces", `did you mean "sources"`},
		{"an unknown member deep inside", "      put: {reference:", "      putt: {reference:", "SVC-SCHEMA", "putt", `did you mean "put"`},
		{"an unknown member of a list", "{call: cancel, from: docs", "{call: cancel, nmaed: failed, from: docs", "SVC-SCHEMA", "nmaed", `did you mean "named"`},
		{"no word about lost jobs", "      lost:\n", "      found:\n", "SVC-SCHEMA", "submit", "operations.clip.submit.lost is missing"},
		{"a pointer without a slash", "ticket: {job: /clip/id}", "ticket: {job: clip.id}", "SVC-SCHEMA", "job: clip.id", "does not have the form"},
		{"a pointer that leads nowhere", "ticket: {job: /clip/id}", "ticket: {job: /clip/uid}", "SVC-POINTER", "job: /clip/uid", "in any recording of submit"},
		{"a pointer of a list that leads nowhere", "match: {/external_id:", "match: {/ext_id:", "SVC-POINTER", "/ext_id", "recorded list"},
		{"a price that is a float", `otherwise: "2"`, `otherwise: 2.5`, "SVC-SCHEMA", "otherwise", "must be text"},
		{"a price in a table that is a float", `studio: "3"`, `studio: 3`, "SVC-SCHEMA", "studio", "must be text"},
		{"a key without a window", "        find:\n", "        key: {in: header, name: Idempotency-Key, stated: acme.md}\n        find:\n", "SVC-SCHEMA", "key", "key.holds is missing"},
		{"a key of another form", "        find:\n", "        key: {in: header, name: K, form: \"[0-9]+\", holds: 24h, stated: acme.md}\n        find:\n", "SVC-KEY", "form", "40 hexadecimal digits"},
		{"hosts without that of base_url", "hosts: [api.acme.example]", "hosts: [acme.example]", "SVC-HOSTS", "base_url", "api.acme.example is not among hosts"},
		{"a base elsewhere", "call: {method: GET, path: /v2/me}", "call: {method: GET, base: https://other.example, path: /v2/me}", "SVC-HOSTS", "base: https", "other.example is not among hosts"},
		{"a hole that does not exist", `/v2/clips/{job}"}`, `/v2/clips/{jbo}"}`, "SVC-HOLE", "path", `did you mean "job"`},
		{"a hole with nothing for it", `query: {page: "{page}"}`, `query: {page: "{token}"}`, "SVC-HOLE", "page", "nothing for {token} here"},
		{"a setting that does not exist", "path: /v2/me}", `path: "/v2/{setting.stage}"}`, "SVC-HOLE", "path", `no setting "stage"`},
		{"a word in two outcomes", "succeeded: [ready]", "succeeded: [ready, Working]", "SVC-WORD", "words", `means running and succeeded`},
		{"a recursive then", "    pace:", "    then: [{call: {method: GET, path: /x}, then: []}]\n    pace:", "SVC-SCHEMA", "then: []", "nothing is known by the name"},
		{"a free call that buys", `{method: DELETE, path: "/v2/clips/{job}"}`, `{method: POST, path: /v2/clips}`, "SVC-PAID", "call", "paid call of clip"},
		{"an expression of an unknown name", "must: len(request.title)", "must: len(requst.title)", "SVC-EXPR", "must", "requst"},
		{"complete without a time to settle", "          settle: 5s\n", "", "SVC-FIND", "find", "complete needs settle"},
		{"an anchor", "title: Acme Video", "title: &a Acme Video", "SVC-YAML", "&a", "anchors"},
		{"a merge key", "money: {unit", "money: {<<: {}, unit", "SVC-YAML", "<<", "key is plain text"},
		{"a key twice", "title: Acme Video", "title: Acme Video\ntitle: Acme", "SVC-YAML", "title: Acme\n", "there twice, first on line 3"},
		{"an unsigned webhook body", `signed: "{header:Acme-Time}.{body}"`, `signed: "{header:Acme-Time}"`, "SVC-WEBHOOK", "signed", "the body is not signed"},
		{"a date that is none", "money: {unit: coins, as_of: 2026-11-01", "money: {unit: coins, as_of: 2026-13-01", "SVC-SCHEMA", "as_of", "is not a date"},
		{"an auth without a header", "auth: {scheme: header, header: Authorization, value", "auth: {scheme: header, value", "SVC-AUTH", "auth", "needs the name of a header"},
		{"a request that is no schema", "required: [title, seconds]", "requierd: [title]", "SVC-REQUEST", "request", "requierd"},
		{"a part of a submit that is JSON", "    submit:\n", "    uploads: [{at: /logo, how: part, types: [image/png]}]\n    submit:\n", "SVC-UPLOAD", "{at: /logo", "multipart"},
		{"a test mode of a setting that does not exist", "auth: {", "test: {settings: {stage: test}, means: free}\nauth: {", "SVC-TEST", "stage", `there is no setting "stage"`},
		{"a test mode that changes nothing", "auth: {", "test: {means: free}\nauth: {", "SVC-SCHEMA", "test", "needs at least 2 members"},
		{"a mark of a replay in two places", "        find:\n", "        key: {in: header, name: X, holds: 24h, stated: acme.md, replayed: {header: Y, at: /z, is: true}}\n        find:\n", "SVC-SCHEMA", "replayed", "takes at most 2 members"},
		{"a price per nothing", "{basis: documented, per: second, least: 5s,", "{basis: documented, least: 5s,", "SVC-PRICE", "{basis: documented, least", "says what it is per"},
	}
}

// TestABrokenDescriptionIsRefusedAtItsPlace writes a good description wrongly in one place
// at a time.
func TestABrokenDescriptionIsRefusedAtItsPlace(t *testing.T) {
	good := text(t, "acme")
	for _, b := range brokenOnes() {
		t.Run(b.name, func(t *testing.T) {
			if strings.Count(good, b.old) == 0 {
				t.Fatalf("there is no %q to change", b.old)
			}
			bad := strings.Replace(good, b.old, b.new, 1)
			d, found := declared.Parse("acme.service.yaml", []byte(bad))
			if d != nil {
				t.Fatalf("it is taken: %v", found)
			}
			p := found[0]
			lines := strings.SplitAfter(bad, "\n")
			if p.Code != b.code || !strings.Contains(p.Message+p.Hint, b.says) || p.Line < 1 || !strings.HasPrefix(strings.Join(lines[p.Line-1:min(p.Line+1, len(lines))], "")[p.Character-1:], b.at) {
				t.Errorf("%s at %d:%d: %s (%s)", p.Code, p.Line, p.Character, p.Message, p.Hint)
			}
		})
	}
}

// TestWarnings are what keeps nothing back, and is worth knowing.
func TestWarnings(t *testing.T) {
	good := text(t, "acme")
	if _, found := declared.Parse("a", []byte(good)); len(found) != 0 {
		t.Errorf("a good description has %v", found)
	}
	for name, w := range map[string]struct{ old, new, code string }{
		"an old one":             {"as_of: " + time.Now().UTC().Format(time.DateOnly) + "\nsources", "as_of: 2024-11-01\nsources", "SVC-OLD"},
		"one that has ended":     {"base_url:", "sunset: 2026-01-01\nbase_url:", "SVC-SUNSET"},
		"complete by nobody":     {`stated: "acme.md: every clip of the account"`, "stated: somebody said so", "SVC-STATED"},
		"a rule that none shows": {", request: {title: Hello, seconds: 8}", "", "SVC-RULE"},
	} {
		d, found := declared.Parse("a", []byte(strings.Replace(good, w.old, w.new, 1)))
		if d == nil || len(found) != 1 || found[0].Code != w.code || found[0].IsError() {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// TestHugeFilesAreRefusedAtOnce gives what a parser would need hours or gigabytes for.
func TestHugeFilesAreRefusedAtOnce(t *testing.T) {
	for name, data := range map[string]string{
		"10 MB":           strings.Repeat("a: b\n", 2<<20),
		"nested":          strings.Repeat("[", 10_000),
		"many keys":       strings.Repeat("k: v\n", 9_000),
		"billion laughs":  "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
		"nothing":         "",
		"no text":         "\xff\xfe\x00",
		"two documents":   "a: b\n---\nc: d\n",
		"a list":          "- a\n",
		"no YAML":         "a: [",
		"a tag":           "a: !!binary aGk=\n",
		"another version": "format: reelmerge.service/v2\n",
	} {
		began := time.Now()
		d, found := declared.Parse("x", []byte(data))
		if d != nil || !found.HasErrors() || time.Since(began) > 20*time.Second {
			t.Errorf("%s: %v after %v", name, found, time.Since(began))
		}
	}
}

// TestAllProblemsComeAtOnce: an author corrects them in one go.
func TestAllProblemsComeAtOnce(t *testing.T) {
	bad := strings.NewReplacer("hosts: [api.acme.example]", "hosts: [acme.example]", "succeeded: [ready]", "succeeded: [ready, working]", "must: len(request.title)", "must: len(requst.title)").Replace(text(t, "acme"))
	_, found := declared.Parse("acme.service.yaml", []byte(bad))
	var codes []string
	for _, p := range found {
		codes = append(codes, p.Code)
	}
	if got := fmt.Sprint(codes); got != "[SVC-HOSTS SVC-EXPR SVC-WORD]" {
		t.Errorf("%v", found)
	}
}

// BenchmarkLoad is to stay below 20 ms.
func BenchmarkLoad(b *testing.B) {
	data := []byte(text(b, "acme"))
	for b.Loop() {
		if d, found := declared.Parse("acme.service.yaml", data); d == nil {
			b.Fatal(found)
		}
	}
}

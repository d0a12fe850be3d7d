package campaign_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/campaign"
)

func TestProblemsSayWhereAndWhatToDo(t *testing.T) {
	tests := []struct {
		name, text string
		sets       []string
		want       string // place, code
		says       string // in message or hint
	}{
		{name: "unknown key", text: minimal + "limts: {active: 3}", want: "3:1 CMP-UNKNOWN-KEY", says: `did you mean "limits"?`},
		{name: "unknown key deep down", text: minimal + "limits:\n  poll: {frist: 1s}", want: "4:10 CMP-UNKNOWN-KEY", says: `did you mean "first"?`},
		{name: "key in the wrong section", text: minimal + "where: x", want: "3:1 CMP-UNKNOWN-KEY", says: `did you mean "rows.where"?`},
		{name: "key of nothing", text: minimal + "output: {colour: red}", want: "3:10 CMP-UNKNOWN-KEY", says: "known here: dir, download, filename"},
		{name: "unknown key of a variable", text: minimal + "variables:\n  a: {colum: A}", want: "4:7 CMP-UNKNOWN-KEY", says: `did you mean "column"?`},
		{name: "unknown override", text: minimal, sets: []string{"limits.actve=3"}, want: "0:0 CMP-UNKNOWN-KEY", says: `from --set limits.actve`},
		{name: "override without a value", text: minimal, sets: []string{"limits.active"}, want: "0:0 CMP-SET", says: "--set key=value"},
		{name: "override of nothing", text: minimal, sets: []string{""}, want: "0:0 CMP-SET", says: `--set ""`},
		{name: "override that is not YAML", text: minimal, sets: []string{"limits.submits=[30/m"}, want: "0:0 CMP-SET", says: "not YAML"},
		{name: "a bad value in an override", text: minimal, sets: []string{"limits.active=0"}, want: "0:0 CMP-VALUE", says: "from 1 to"},
		{name: "duplicate key", text: minimal + "template: u.json", want: "3:1 CMP-DUPLICATE-KEY", says: "first on line 2"},
		{name: "duplicate key in braces", text: minimal + "limits: {active: 1, active: 2}", want: "3:21 CMP-DUPLICATE-KEY", says: "twice"},
		{name: "anchor", text: "rows: &r {file: a.csv}\ntemplate: t.json", want: "1:7 CMP-ALIAS", says: "anchors"},
		{name: "tag", text: minimal + "name: !!str x", want: "3:7 CMP-ALIAS", says: "tags"},
		{name: "merge key", text: minimal + "limits:\n  <<: {active: 3}", want: "4:3 CMP-ALIAS", says: "merge keys"},
		{name: "not YAML", text: "rows: {file: a.csv\ntemplate: t.json", want: "2:1 CMP-YAML", says: "specified"},
		{name: "colon in an expression", text: minimal + "variables:\n  a:\n    expr: x ? y : z", want: "5:11 CMP-YAML", says: "single quotes"},
		{name: "empty", text: "# nothing\n", want: "0:0 CMP-EMPTY", says: "empty"},
		{name: "two documents", text: minimal + "---\n" + minimal, want: "4:5 CMP-YAML", says: "one campaign per file"},
		{name: "a list", text: "- rows", want: "1:1 CMP-TYPE", says: "found a list"},
		{name: "a bare word", text: "customers.xlsx", want: "1:1 CMP-TYPE", says: "found one value"},
		{name: "not text", text: "rows: \xff", want: "0:0 CMP-ENCODING", says: "UTF-8"},
		{name: "no template", text: "rows: {file: a.csv}", want: "0:0 CMP-MISSING", says: "template is missing"},
		{name: "no rows", text: "template: t.json", want: "0:0 CMP-MISSING", says: "rows.file is missing"},
		{name: "rows is text", text: "rows: a.csv\ntemplate: t.json", want: "1:7 CMP-TYPE", says: "a group of keys"},
		{name: "octal is not a number here", text: minimal + "limits: {active: 0x10}", want: "3:18 CMP-VALUE", says: "whole number"},
		{name: "active zero", text: minimal + "limits: {active: 0}", want: "3:18 CMP-VALUE", says: "from 1"},
		{name: "window", text: minimal + "limits: {submits: [30/m, 30]}", want: "3:26 CMP-VALUE", says: "30/m, 5/s or 1000/d"},
		{name: "duration without unit", text: minimal + "limits: {deadline: 2}", want: "3:20 CMP-VALUE", says: "with its unit"},
		{name: "poll upside down", text: minimal + "limits: {poll: {first: 2m, max: 1m}}", want: "3:24 CMP-VALUE", says: "smaller than max"},
		{name: "clock", text: minimal + "limits: {stop_at: \"25:00\"}", want: "3:19 CMP-VALUE", says: "time of day"},
		{name: "budget with a comma", text: minimal + "budget: {limit: \"1,5\"}", want: "3:17 CMP-VALUE", says: "with a point"},
		{name: "budget below nothing", text: minimal + "budget: {limit: -1}", want: "3:17 CMP-VALUE", says: "not negative"},
		{name: "budget without a limit", text: minimal + "budget: {unit: minutes}", want: "0:0 CMP-MISSING", says: "limit: 120"},
		{name: "amount finer than a millionth", text: minimal + "prices: {per_minute: 0.0000001}", want: "3:22 CMP-VALUE", says: "six decimal places"},
		{name: "amount as a power", text: minimal + "prices: {per_minute: 1e3}", want: "3:22 CMP-VALUE", says: "six decimal places"},
		{name: "price without currency", text: minimal + "prices: {per_unit: 0.85}", want: "3:10 CMP-CONFLICT", says: "belong together"},
		{name: "webhook over http", text: minimal + "webhook: {url: http://example.com/}", want: "3:16 CMP-VALUE", says: "https"},
		{name: "webhook that nobody hears", text: minimal + "webhook: {url: https://example.com/}", want: "3:16 CMP-CONFLICT", says: "nothing here listens"},
		{name: "base address over http", text: minimal + "provider: {base_url: http://api.example.com}", want: "3:22 CMP-VALUE", says: "this machine"},
		{name: "password in an address", text: minimal + "provider: {base_url: \"https://me:sesame@api.example.com\"}", want: "3:22 CMP-VALUE", says: "redacted"},
		{name: "key in an address", text: minimal + "provider: {base_url: \"https://api.example.com/?key=sesame\"}", want: "3:22 CMP-VALUE", says: "redacted"},
		{name: "token in a list", text: minimal + "provider: {token: [sesame]}", want: "3:19 CMP-TYPE", says: "one value"},
		{name: "token behind a tag", text: minimal + "provider: {token: !secret sesame}", want: "3:19 CMP-ALIAS", says: "tags"},
		{name: "reference in the wrong place", text: minimal + "output: {dir: ${HOME}/x}", want: "3:15 CMP-REFERENCE", says: "provider.token"},
		{name: "token in the open", text: minimal + "provider: {token: sesame}", want: "3:19 CMP-SECRET", says: "environment variable"},
		{name: "token twice", text: minimal + "provider: {token: ${T}, token_file: t}", want: "3:37 CMP-CONFLICT", says: "keep one"},
		{name: "forbidden header", text: minimal + "provider: {headers: {Idempotency-Key: x}}", want: "3:39 CMP-VALUE", says: "repeat by itself"},
		{name: "variable with two sources", text: minimal + "variables: {a: {column: A, value: b}}", want: "3:17 CMP-CONFLICT", says: "one source"},
		{name: "variable with nothing", text: minimal + "variables:\n  a:\n", want: "4:6 CMP-MISSING", says: "name a column"},
		{name: "transform", text: minimal + "variables: {a: {transform: [trin]}}", want: "3:29 CMP-VALUE", says: `did you mean "trim"?`},
		{name: "file name outside", text: minimal + "output: {filename: \"../{key}.mp4\"}", want: "3:20 CMP-VALUE", says: "inside"},
		{name: "one file name for all", text: minimal + "output: {filename: video.mp4}", want: "3:20 CMP-VALUE", says: "row to row"},
		{name: "date layout", text: "rows: {file: a.csv, dates: soon}\ntemplate: t.json", want: "1:28 CMP-VALUE", says: "D MMMM YYYY"},
		{name: "duplicates", text: "rows: {file: a.csv, duplicates: drop}\ntemplate: t.json", want: "1:33 CMP-VALUE", says: "warn, refuse, keep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := campaign.Parse("spring.yaml", []byte(tt.text), tt.sets)
			if len(problems) != 1 {
				t.Fatalf("want one problem, got %v", problems)
			}
			p := problems[0]
			if got := fmt.Sprintf("%d:%d %s", p.Line, p.Character, p.Code); got != tt.want {
				t.Errorf("got %s, want %s (%s; %s)", got, tt.want, p, p.Hint)
			}
			if !strings.Contains(p.Message+" | "+p.Hint, tt.says) {
				t.Errorf("%q | %q does not say %q", p.Message, p.Hint, tt.says)
			}
			if strings.Contains(fmt.Sprint(p), "sesame") || p.Hint == "" {
				t.Errorf("shows a secret or has no hint: %+v", p)
			}
		})
	}
}

func TestAllProblemsComeAtOnceInTheOrderOfTheFile(t *testing.T) {
	text := "rows: {file: a.csv, hidden: maybe}\nlimts: 1\nlimits: {active: 0, deadline: 5}\nbudget: {limit: x}\n"
	c, problems := campaign.Parse("spring.yaml", []byte(text), nil)
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%d:%d %s %s", p.Line, p.Character, p.Code, p.Pointer))
	}
	want := []string{"1:29 CMP-VALUE rows.hidden", "2:1 CMP-UNKNOWN-KEY limts", "3:18 CMP-VALUE limits.active",
		"3:31 CMP-VALUE limits.deadline", "4:17 CMP-VALUE budget.limit", "0:0 CMP-MISSING template"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if c != nil {
		t.Error("a campaign with errors must not come back")
	}
}

func TestYAMLBombsAreRefusedFast(t *testing.T) {
	laughs := "a: &a [x, x, x]\n"
	for c := 'b'; c < 'z'; c++ {
		laughs += fmt.Sprintf("%c: &%c [*%c, *%c, *%c]\n", c, c, c-1, c-1, c-1)
	}
	var stairs strings.Builder
	for i := range 700 {
		stairs.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	bombs := map[string]string{
		"billion laughs": laughs,
		"open brackets":  strings.Repeat("[", 200_000),
		"open braces":    strings.Repeat("{a: ", 60_000),
		"entries":        strings.Repeat("- ", 100_000),
		"keys":           strings.Repeat("? ", 100_000),
		"colons":         strings.Repeat("a: ", 80_000),
		"tags":           strings.Repeat("!!str ", 40_000),
		"stairs":         stairs.String(),
		"many keys":      strings.Repeat("x: y\n", 50_000),
		"too large":      strings.Repeat("# x\n", 100_000),
		"blank lines":    "a: |\n" + strings.Repeat("\n", 240_000),
		"indented ones":  "a: >-\n  x\n" + strings.Repeat("  \n", 80_000),
		"Mac line ends":  "a: |\r" + strings.Repeat("\r", 240_000),
		"one long line":  "a: " + strings.Repeat("x ", 120_000),
	}
	for name, text := range bombs {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			c, problems := campaign.Parse("bomb.yaml", []byte(text), nil)
			if c != nil || len(problems) == 0 {
				t.Errorf("accepted: %v", problems)
			}
			if took := time.Since(start); took > 5*time.Second { // 50 ms on an idle machine
				t.Errorf("took %s", took)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full), "limits.active=3")
	f.Add([]byte(minimal), "limits.submits=[30/m]")
	f.Add([]byte("a: [1\nb: 2"), "=")
	f.Add([]byte("? a\n: b\n"), "a.b.c={d: e}")
	f.Add([]byte("a: |\n  x\nb: >-\n  y\n"), "rows={file: ${X}}")
	f.Fuzz(func(t *testing.T, data []byte, set string) {
		c, problems := campaign.Parse("dir/f.yaml", data, []string{set})
		if c == nil && len(problems) == 0 {
			t.Fatal("refused without a word")
		}
		for _, p := range problems {
			if p.Code == "" || p.Message == "" || p.Hint == "" {
				t.Fatalf("incomplete problem %+v", p)
			}
		}
		if c == nil {
			return
		}
		saved, err := c.Encode("other/g.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if again, problems := campaign.Parse("other/g.yaml", saved, nil); again == nil {
			t.Fatalf("saved campaign is refused: %v\n%s", problems, saved)
		}
	})
}

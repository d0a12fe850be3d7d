package declared_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/providers/declared"
)

// breaks are further ways to break a description, one for each rule of the loader that
// [brokenOnes] does not break. Each is a list of what is changed in that of [everything].
func breaks() map[string][]string {
	const find, submit = "        find:\n", "    submit:\n"
	key := func(members string) []string {
		return []string{find, "        key: {" + members + ", stated: acme.md}\n" + find}
	}
	return map[string][]string{
		"a recording of nothing":           {"{call: submit, from: docs, status: 202", "{call: submit, operation: video, from: docs, status: 202"},
		"no address and no host":           {"base_url: https://api.acme.example\n", ""},
		"an address with a query":          {"base_url: https://api.acme.example", "base_url: https://api.acme.example?x=1"},
		"a fixed member of a test":         {"auth: {", "test: {fixed: {/a~b: 1}, means: free}\nauth: {"},
		"a parameter without a name":       {"auth: {scheme: header, header: Authorization, value: \"Token {token}\"}", "auth: {scheme: query}"},
		"a password without a token":       {"auth: {scheme: header, header: Authorization, value: \"Token {token}\"}", "auth: {scheme: basic, user: me}"},
		"a value without a token":          {"value: \"Token {token}\"", "value: Token"},
		"a call to nowhere":                {"call: {method: GET, path: /v2/me}", "call: {method: GET, path: \"\"}"},
		"a brace that is no hole":          {"/v2/clips/{job}\"}", "/v2/clips/{job}{\"}"},
		"a hole of no pointer":             {"/v2/looks/{request:/title}", "/v2/looks/{request:title}"},
		"a header of no setting":           {"auth: {", "headers: {X-Version: \"{setting.version}\"}\nauth: {"},
		"a list without names":             {"name: /id, label: /name", "name: /uid, label: /name"},
		"a list that is posted":            {"voices: {call: {method: GET, path: /v2/voices}", "voices: {call: {method: POST, path: /v2/voices}"},
		"a signature in no header":         {"header: Acme-Signature, ", ""},
		"a body by another hash":           {"{header:Acme-Time}.{body}", "{header:Acme-Time}.{body:md5}"},
		"a template that is not named":     {"/v2/looks/{request:/title}", "/v2/looks"},
		"a check without a recording":      {"{call: check, from: docs", "{call: balance, from: docs"},
		"a submit that reads":              {"call: {method: POST, path: /v2/clips}", "call: {method: GET, path: /v2/orders}"},
		"a submit without a recording":     {"{call: submit, from: docs, status: 202", "{call: webhook, from: docs, status: 202", "{call: submit, named: refused", "{call: webhook, named: refused"},
		"a sum that is nowhere":            {"      accepted: [202]\n", "      accepted: [202]\n      held: {amount: /coins}\n"},
		"a list without a recording":       {"{call: find, from: docs", "{call: cancel, from: docs"},
		"a list without ids":               {"          job: /id\n", "          job: /uid\n"},
		"a list without dates":             {"created: {at: /made", "created: {at: /born"},
		"a key in a body":                  key("in: body, name: token, holds: 24h"),
		"a key in no header":               key("in: header, name: \"a b\", holds: 24h"),
		"a key for no time":                key("in: header, name: K, holds: 0s"),
		"a key by nobody":                  {find, "        key: {in: header, name: K, holds: 24h, stated: a guess}\n" + find},
		"no word of success":               {"succeeded: [ready], ", ""},
		"a read without a recording":       {"    pace:", "    then: [{call: {method: GET, path: /v2/x}}]\n    pace:"},
		"a charge that is nowhere":         {"      reason: /clip/problem\n", "      reason: /clip/problem\n      charged: {amount: /coins}\n"},
		"a text with a hole of nothing":    {"video_url: /clip/file", "video_url: {text: \"https://x.example/{cursor}\"}"},
		"a file that needs a parameter":    {"auth: {scheme: header, header: Authorization, value: \"Token {token}\"}", "auth: {scheme: query, name: k}", "expires: 7d", "expires: 7d, fetch: with token"},
		"an address that no ticket brings": {"call: {method: POST, path: \"/v2/clips/{job}/stop\"}", "call: {method: POST, path: \"\", url: /stop}", "call: {method: GET, path: \"/v2/clips/{job}\"}", "call: {method: GET, path: \"\", url: /state}"},
		"an address that no list shows":    {"ticket: {job: /clip/id}", "ticket: {job: /clip/id, more: {state: /clip/phase}}", "call: {method: GET, path: \"/v2/clips/{job}\"}", "call: {method: GET, path: \"\", url: /state}"},
		"a length of a picture":            {"max: 5MB}", "max: 5MB, length: true}"},
		"a part with a place":              {"how: before,", "how: part,", "path: /v2/clips}", "path: /v2/clips, body: multipart}"},
		"a part of JSON":                   {"how: before,", "how: part,"},
		"half a place":                     {"put: /slot/url, ", ""},
		"a place without a recording":      {"{call: upload, from: docs", "{call: balance, from: docs"},
		"a place and a key":                key("in: header, name: K, holds: 24h"),
		"a place and a body":               {`match: {/external_id: "{reference}"}`, `match: {/external_id: "{body}"}`},
		"a condition of an unknown name":   {"- {basis: documented, per: second", "- {when: requst.x == 1, basis: documented, per: second"},
		"a table by nothing":               {"by: /voice, ", ""},
		"several pointers to nothing":      {"ticket: {job: /clip/id}", "ticket: {job: [/clip/uid, /uid]}"},
	}
}

// everything is Acme with every part of the format that has rules.
func everything(t *testing.T) string {
	t.Helper()
	return changed(t, asking(t),
		"    submit:\n", "    uploads:\n      - {at: /picture, how: before, types: [image/png], ask: {method: POST, path: /v2/uploads}, put: /slot/url, use: /slot/name, max: 5MB}\n    submit:\n",
		"recordings:\n", "recordings:\n  - {call: upload, from: docs, status: 201, body: {slot: {url: \"https://files.acme.example/u/1\", name: pictures/1}}}\n")
}

// TestEveryRuleOfTheLoaderRefusesSomething holds the rules of the source to descriptions that
// break them: without its rule, nothing would say what is wrong with one of them.
func TestEveryRuleOfTheLoaderRefusesSomething(t *testing.T) {
	said := ""
	for name, pairs := range breaks() {
		_, found := declared.Parse("acme.service.yaml", []byte(changed(t, everything(t), pairs...)))
		if len(found) == 0 {
			t.Errorf("%s: nothing is wrong with it", name)
		}
		for _, p := range found {
			said += p.Code + " " + p.Message + "\n"
		}
	}
	for _, b := range brokenOnes() {
		_, found := declared.Parse("acme.service.yaml", []byte(strings.Replace(text(t, "acme"), b.old, b.new, 1)))
		for _, p := range found {
			said += p.Code + " " + p.Message + "\n"
		}
	}
	for _, old := range []string{"as_of: 2024-11-01\nsources", "sunset: 2026-01-01\nsources"} {
		_, found := declared.Parse("a", []byte(strings.Replace(text(t, "acme"), "sources", old, 1)))
		for _, p := range found {
			said += p.Code + " " + p.Message + "\n"
		}
	}
	_, found := declared.Parse("a", []byte(strings.NewReplacer(", request: {title: Hello, seconds: 8}", "", "acme.md: every clip of the account", "a guess", "\nas_of: ", "\nas_of: 2024-01-01 #").Replace(text(t, "acme"))))
	for _, p := range found {
		said += p.Code + " " + p.Message + "\n"
	}
	rules := rulesOf(t, "check.go", "checkoperation.go")
	for at, rule := range rules {
		if !rule.MatchString(said) {
			t.Errorf("nothing breaks the rule at %s: %s", at, rule)
		}
	}
	t.Logf("%d rules", len(rules))
}

// rulesOf lists what the rules of some source files say, by their places.
func rulesOf(t *testing.T, files ...string) map[string]*regexp.Regexp {
	t.Helper()
	rules := map[string]*regexp.Regexp{}
	set := token.NewFileSet()
	for _, name := range files {
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 4 {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "add" && f.Sel.Name != "warn" {
				return true
			}
			if code := literal(call.Args[0]); code != ".*" {
				rules[set.Position(call.Pos()).String()] = regexp.MustCompile("(?m)^" + code + " " + literal(call.Args[2]) + "$")
			}
			return true
		})
	}
	return rules
}

var verbs = regexp.MustCompile(`%[a-z]`)

// literal is a text of the source as a pattern: what is computed may be anything.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil {
			return regexp.QuoteMeta(s)
		}
	case *ast.BinaryExpr:
		return literal(e.X) + literal(e.Y)
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			return verbs.ReplaceAllString(literal(e.Args[0]), ".*")
		}
	}
	return ".*"
}

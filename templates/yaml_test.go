package templates_test

import (
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/templates"
)

const yamlTemplate = `# a comment
operation: some/thing
request:
  z: 1.0
  big: 12345678901234567890123
  text: "{name} says {greeting}"
  list: [1, two, ~, no, 0x10]
  block: |
    line one
    "line two"
variables:
  name: {maxLength: 5}
  greeting:
    default: hi
`

func TestYAMLTemplatesAreTemplates(t *testing.T) {
	tpl, problems := templates.Parse("welcome.template.yaml", []byte(yamlTemplate), operations())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p, problems := tpl.Compile()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var out templates.Rendered
	p.Row([]string{"Ada", ""}, &out)
	want := `{"z":1.0,"big":12345678901234567890123,"text":"Ada says hi","list":[1,"two",null,"no","0x10"],"block":"line one\n\"line two\"\n"}`
	if string(out.Body) != want {
		t.Errorf("%s\nwant %s", out.Body, want)
	}
}

func TestYAMLProblemsNameTheirPlaceInTheFile(t *testing.T) {
	for _, tc := range []struct {
		name, doc, code string
		line            int
	}{
		{"unknown keyword", strings.Replace(yamlTemplate, "default: hi", "defaults: hi", 1), "TPL-DECLARATION", 14},
		{"undeclared", strings.Replace(yamlTemplate, "{name} says", "{names} says", 1), "TPL-UNDECLARED", 6},
		{"broken", "operation: [a", "TPL-YAML", 1},
		{"duplicate", "operation: a/b\noperation: a/c\n", "TPL-YAML", 2},
		{"alias", "operation: &x a/b\nrequest: *x\n", "TPL-YAML", 1},
		{"deep", "a: " + strings.Repeat("[", 1000), "TPL-YAML", 1},
		{"two documents", "operation: a/b\n---\noperation: a/b\n", "TPL-YAML", 3},
		{"empty", "", "TPL-SHAPE", 1},
		{"not text", "a: \xff", "TPL-YAML", 1},
	} {
		_, problems := templates.Parse("t.yml", []byte(tc.doc), operations())
		if len(problems) == 0 || problems[0].Code != tc.code || problems[0].Line != tc.line {
			t.Errorf("%s: %+v", tc.name, problems)
		}
	}
}

// TestYAMLBombsEndSoon gives documents that the parser would take minutes for.
func TestYAMLBombsEndSoon(t *testing.T) {
	for name, doc := range map[string]string{
		"blank lines of a text block": "request: |\n" + strings.Repeat("\n", 240_000),
		"lines of spaces":             "request: |\n  x\n" + strings.Repeat("  \n", 300_000),
		"line ends of an old Mac":     "request: |\r" + strings.Repeat("\r", 500_000),
		"keys of one group":           strings.Repeat("k: v\n", 150_000),
		"keys with question marks":    strings.Repeat("? a\n", 200_000),
		"documents":                   strings.Repeat("---\na: 1\n", 80_000),
		"dashes":                      "a: " + strings.Repeat("- ", 400_000),
	} {
		start := time.Now()
		_, problems := templates.Parse("t.yaml", []byte(doc), operations())
		if len(problems) == 0 || problems[0].Code != "TPL-YAML" {
			t.Errorf("%s: %.200v", name, problems)
		}
		if took := time.Since(start); took > 10*time.Second { // half a second on an idle machine
			t.Errorf("%s: %v", name, took)
		}
	}
}

func FuzzYAML(f *testing.F) {
	f.Add([]byte(yamlTemplate))
	f.Add([]byte("- a\n-"))
	f.Add([]byte("a: {b: [c, d: e]}\n? x\n: y"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		tpl, problems := templates.Parse("f.yaml", doc, operations())
		if tpl == nil && len(problems) == 0 {
			t.Fatal("neither a template nor a problem")
		}
	})
}

package main

import (
	"bytes"

	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/docs"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/providers/builtin"
	"github.com/reelmerge/reelmerge/providers/declared"
	"github.com/reelmerge/reelmerge/providers/sandbox"
	"github.com/reelmerge/reelmerge/report"
	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates"
)

const docsFolder = repository + "/docs/"

// golden compares a part of a page with what the source says. With
// REELMERGE_UPDATE set, the page is written anew.
func golden(t *testing.T, page, want string) {
	t.Helper()
	path := docsFolder + page
	if os.Getenv("REELMERGE_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(read(t, path), want); diff != "" {
		t.Errorf("docs/%s is not what the source says (-page +source); REELMERGE_UPDATE=1 go test ./cmd/reelmerge -run TestDocs writes it anew\n%s", page, diff)
	}
}

// TestDocsListEveryCommandAndFlag holds docs/commands.md to the program.
func TestDocsListEveryCommandAndFlag(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Commands\n\n" +
		"`reelmerge COMMAND --help` says the same. What a command found goes to standard output,\n" +
		"everything else to standard error. Exit codes: [exit-codes.md](exit-codes.md).\n" +
		"With `--json`: [json.md](json.md).\n\n" +
		"For all commands: `--json` writes JSON to standard output; `-q`, `--quiet` says only what\n" +
		"went wrong; `--log-format text` or `json` writes a log to standard error, which names no\n" +
		"person and no secret.\n")
	describe(&b, commandTree())
	golden(t, "commands.md", b.String())
}

func describe(b *strings.Builder, c *cobra.Command) {
	if c.HasParent() && !c.HasSubCommands() || c.Name() == "sandbox" {
		about := c.Long
		if about == "" {
			about = c.Short + "."
		}
		fmt.Fprintf(b, "\n## %s\n\n%s\n", strings.TrimSuffix(c.UseLine(), " [flags]"), strings.TrimSpace(about))
		if len(c.Aliases) > 0 {
			fmt.Fprintf(b, "\nAlso: `%s`.\n", strings.Join(c.Aliases, "`, `"))
		}
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", strings.ReplaceAll(c.Example, "\n  ", "\n")[min(2, len(c.Example)):])
		describeFlags(b, c)
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			describe(b, sub)
		}
	}
}

func describeFlags(b *strings.Builder, c *cobra.Command) {
	head := "\n| flag | meaning |\n|---|---|\n"
	c.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "`--" + f.Name + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		if value != "" {
			name = strings.TrimSuffix(name, "`") + " " + value + "`"
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
			usage += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(b, "%s| %s | %s |\n", head, strings.ReplaceAll(name, "|", "\\|"), strings.ReplaceAll(usage, "|", "\\|"))
		head = ""
	})
}

// TestEveryCommandHasAnExample: help without one is no help.
func TestEveryCommandHasAnExample(t *testing.T) {
	var look func(c *cobra.Command)
	look = func(c *cobra.Command) {
		if c.Runnable() && !c.HasSubCommands() && c.Example == "" && c.Name() != "help" {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			look(sub)
		}
	}
	look(commandTree())
}

// TestDocsPrintTheStateTable holds the table of docs/design.md to the ledger's.
func TestDocsPrintTheStateTable(t *testing.T) {
	const begin, end = "<!-- states: printed from the ledger -->\n", "<!-- end of states -->"
	page := read(t, docsFolder+"design.md")
	before, rest, ok := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("docs/design.md has no place for the states")
	}
	golden(t, "design.md", before+begin+ledger.Table()+end+after)
}

// TestDocsNameEveryInvariant wants each of L1 to L13 once, with must or should.
func TestDocsNameEveryInvariant(t *testing.T) {
	page := read(t, docsFolder+"design.md")
	for i := 1; i <= 13; i++ {
		line := regexp.MustCompile(fmt.Sprintf(`(?m)^\| L%d \|.*(must|should).*\|.+\|$`, i))
		if n := len(line.FindAllString(page, -1)); n != 1 {
			t.Errorf("docs/design.md has L%d %d times as a rule with its damage", i, n)
		}
	}
}

// TestDocsListEveryExitCode holds docs/exit-codes.md and the help of every
// command to the constants.
func TestDocsListEveryExitCode(t *testing.T) {
	codes := exitCodes(t)
	if len(codes) < 10 {
		t.Fatalf("only %v found", codes)
	}
	page := read(t, docsFolder+"exit-codes.md")
	var listed []string
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllStringSubmatch(page, -1) {
		listed = append(listed, m[1])
	}
	if diff := cmp.Diff(codes, listed); diff != "" {
		t.Errorf("exit codes of the source and docs/exit-codes.md (-source +page):\n%s", diff)
	}
	for _, code := range codes {
		if !regexp.MustCompile(`\b` + code + `\b`).MatchString(exitHelp) {
			t.Errorf("the help says nothing of exit code %s", code)
		}
	}
	for _, c := range append(commandTree().Commands(), commandTree()) {
		var out bytes.Buffer
		c.SetOut(&out)
		if err := c.Help(); err != nil || !strings.Contains(out.String(), "reelmerge help exit-codes") {
			t.Errorf("the help of %s does not repeat the exit codes (%v)", c.CommandPath(), err)
		}
	}
}

// exitCodes reads the constants exit… of exit.go, in their order.
func exitCodes(t *testing.T) (codes []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "exit.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(spec.Names[0].Name, "exit") && len(spec.Values) == 1 {
			if value, ok := spec.Values[0].(*ast.BasicLit); ok && value.Kind == token.INT {
				codes = append(codes, value.Value)
			}
		}
		return true
	})
	return codes
}

// TestDocsListEveryJSONField holds the documents of docs/json.md to the types
// that are encoded.
func TestDocsListEveryJSONField(t *testing.T) {
	documents := map[string]struct {
		value any
		more  []string // of documents that are put together on the spot
	}{
		"check":        {checkJSON{}, nil},
		"plan":         {report.Plan{}, nil},
		"preview":      {reelmerge.Preview{}, nil},
		"status":       {reelmerge.Status{}, nil},
		"status --row": {storyJSON{}, nil},
		"run":          {eventJSON{}, nil},
		"run: the last line": {struct {
			reelmerge.Status
			Webhooks reelmerge.Webhooks `json:"webhooks"`
		}{}, []string{"time", "event"}},
		"run --rehearse":  {reelmerge.Rehearsal{}, nil},
		"resolve":         {reelmerge.Unsure{}, []string{"campaign", "rows"}},
		"approve":         {struct{}{}, []string{"campaign", "digest", "by", "rows", "approval", "caps", "provider", "payer", "unit", "most"}},
		"retry":           {struct{}{}, []string{"campaign", "planned_again", "still_failed"}},
		"cancel":          {struct{}{}, []string{"campaign", "cancelled", "going_on"}},
		"serve":           {struct{}{}, []string{"address", "token"}},
		"report":          {report.Status{}, []string{"report", "status"}},
		"assets":          {reelmerge.AssetList{}, []string{"kinds"}},
		"purge":           {reelmerge.Receipt{}, nil},
		"init":            {reelmerge.Draft{}, nil},
		"config":          {campaign.Setting{}, []string{"campaign", "settings"}},
		"template show":   {templates.Description{}, nil},
		"provider check":  {struct{}{}, []string{"campaign", "rows", "valid", "filtered", "problem_count", "warning_count", "problems", "severity", "code", "message", "hint", "where", "line", "value"}},
		"provider show":   {declared.View{}, nil},
		"provider prove":  {reelmerge.Proof{}, nil},
		"provider record": {declared.Recording{}, []string{"recordings"}},
		"explain":         {docs.Problem{}, []string{"problems"}},
		"results":         {reelmerge.Result{}, []string{"campaign", "results", "changed", "rows"}},
		"version":         {struct{}{}, []string{"version", "reelmerge"}},
		"ledger verify":   {struct{}{}, []string{"campaign", "sound", "faults"}},
		"ledger restore":  {struct{}{}, []string{"campaign", "unsure"}},
		"ledger import":   {struct{}{}, []string{"campaign", "imported"}},
		"store migrate":   {struct{}{}, []string{"migrated"}},
		"store check":     {struct{}{}, []string{"server", "schema", "sound", "faults", "fault", "cure"}},
		"sandbox bank":    {sandbox.Charge{}, nil},
	}
	for _, name := range leaves(commandTree()) {
		plain := []string{"sandbox", "schema", "man", "completion", "help"} // a path, a log, a schema, nothing, a script, a text
		if _, ok := documents[name]; !ok && !slices.Contains(plain, name) {
			t.Errorf("docs/json.md says nothing of %s", name)
		}
	}
	page := read(t, docsFolder+"json.md")
	for name, document := range documents {
		want := map[string]bool{}
		fields(reflect.TypeOf(document.value), want)
		for _, key := range document.more {
			want[key] = true
		}
		block, ok := documented(page, name)
		if !ok {
			t.Errorf("docs/json.md says nothing of %s --json", name)
			continue
		}
		got := map[string]bool{}
		for _, m := range regexp.MustCompile(`"([a-z0-9_]+)":`).FindAllStringSubmatch(block, -1) {
			got[m[1]] = true
		}
		for _, state := range ledger.States() {
			if !want[string(state)] {
				delete(got, string(state)) // a key of the map of states
			}
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("fields of %s --json (-source +page):\n%s", name, diff)
		}
	}
}

// leaves are the commands that do something, without the program's name.
func leaves(c *cobra.Command) (names []string) {
	for _, sub := range c.Commands() {
		names = append(names, leaves(sub)...)
	}
	if c.HasParent() && (!c.HasSubCommands() || c.Name() == "sandbox") {
		names = append(names, strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" "))
	}
	return names
}

// documented is the code block under the heading of a command.
func documented(page, name string) (string, bool) {
	_, rest, ok := strings.Cut(page, "\n## "+name+"\n")
	if !ok {
		return "", false
	}
	section, _, _ := strings.Cut(rest, "\n## ")
	_, block, ok := strings.Cut(section, "```jsonc\n")
	block, _, _ = strings.Cut(block, "\n```")
	return block, ok
}

// fields collects the names under which a type is encoded.
func fields(t reflect.Type, names map[string]bool) {
	if kind := t.Kind(); kind == reflect.Pointer || kind == reflect.Slice || kind == reflect.Map {
		fields(t.Elem(), names)
		return
	}
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]()) ||
		strings.HasPrefix(t.String(), "time.") {
		return
	}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported() && !f.Anonymous:
			continue
		case name != "":
			names[name] = true
		case !f.Anonymous:
			names[f.Name] = true
		}
		fields(f.Type, names)
	}
}

// TestDocsListEveryKeyOfTheCampaign holds docs/campaign.md to what is read.
func TestDocsListEveryKeyOfTheCampaign(t *testing.T) {
	c, problems := campaign.Parse("x.yaml", []byte("rows: {file: x.csv}\ntemplate: x.json\nprovider: {sandbox: {seed: 1}}\n"), nil)
	if c == nil {
		t.Fatal(problems)
	}
	known := map[string]bool{"variables": true, "provider.headers": true, "provider.paths": true} // groups of any keys
	for _, s := range c.Settings() {
		known[s.Field] = true
	}
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\|").FindAllStringSubmatch(read(t, docsFolder+"campaign.md"), -1) {
		listed[m[1]] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(listed))); diff != "" {
		t.Errorf("keys of a campaign (-source +page):\n%s", diff)
	}
}

// TestDocsListEveryKeyOfTheTemplate holds docs/template.md to the schema.
func TestDocsListEveryKeyOfTheTemplate(t *testing.T) {
	source, err := schema.Source("template")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Properties  map[string]any
		Definitions map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(source, &doc); err != nil {
		t.Fatal(err)
	}
	page := read(t, docsFolder+"template.md")
	wanted := slices.Collect(maps.Keys(doc.Properties))
	for _, d := range doc.Definitions {
		wanted = slices.AppendSeq(wanted, maps.Keys(d.Properties))
	}
	if len(wanted) < 15 {
		t.Fatalf("only %q found", wanted)
	}
	for _, key := range wanted {
		if !strings.Contains(page, "`"+key+"`") {
			t.Errorf("docs/template.md says nothing of %q", key)
		}
	}
}

// TestRecipeForAServiceIsTrue looks for each file of docs/adding-a-provider.md in
// each service that there is.
func TestRecipeForAServiceIsTrue(t *testing.T) {
	page := read(t, docsFolder+"adding-a-provider.md")
	parts := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(page, -1)
	if len(parts) < 8 || len(all.Services()) < 4 {
		t.Fatalf("%d parts, %d services", len(parts), len(all.Services()))
	}
	for _, service := range all.Services() {
		if _, described := builtin.Find(service.Name); described {
			continue // it is a file, and has no code
		}
		for _, part := range parts {
			pattern := filepath.Join(repository, strings.ReplaceAll(part[1], "NAME", service.Name))
			if found, err := filepath.Glob(pattern); err != nil || len(found) == 0 {
				t.Errorf("%s has no %s (%v)", service.Name, part[1], err)
			}
		}
	}
}

package declared_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge/schema"
)

// member is a part of the schema of descriptions.
type member struct {
	Ref         string `json:"$ref"`
	Description string
	Type        any
	Enum        []string
	Const       string
	Pattern     string
	Required    []string
	Properties  map[string]member
	Items       *member
	Additional  json.RawMessage `json:"additionalProperties"`
	Definitions map[string]member
}

// TestTheReferenceIsThatOfTheSchema holds docs/service-format.md to the schema. With
// REELMERGE_UPDATE set, the page is written anew.
func TestTheReferenceIsThatOfTheSchema(t *testing.T) {
	const page = "../../docs/service-format.md"
	source, err := schema.Source("service")
	if err != nil {
		t.Fatal(err)
	}
	var root member
	if err := json.Unmarshal(source, &root); err != nil {
		t.Fatal(err)
	}
	want := reference(t, root)
	if os.Getenv("REELMERGE_UPDATE") != "" {
		if err := os.WriteFile(page, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/service-format.md is not what the schema says (-schema +page); REELMERGE_UPDATE=1 writes it anew\n%s", diff)
	}
}

// reference writes the page.
func reference(t *testing.T, root member) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("# The format of a service\n\n" + root.Description + "\n\nThis page is made from `reelmerge schema service`. " +
		"[services.md](services.md) shows how a description is written. A name in *italics* is explained below.\n\n")
	table(t, &b, root, root.Definitions)
	for _, name := range slices.Sorted(maps.Keys(root.Definitions)) {
		d := root.Definitions[name]
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", name, d.Description)
		if words := d.values(); words != "" {
			fmt.Fprintf(&b, "\nOne of %s.\n", words)
		}
		if len(d.Properties) > 0 {
			b.WriteByte('\n')
			table(t, &b, d, root.Definitions)
		}
	}
	return b.String()
}

// table lists the members of an object, and those of the objects in it.
func table(t *testing.T, b *strings.Builder, of member, defs map[string]member) {
	t.Helper()
	b.WriteString("| member | is | meaning |\n|---|---|---|\n")
	of.rows(t, b, defs, "")
}

func (m member) rows(t *testing.T, b *strings.Builder, defs map[string]member, before string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(m.Properties)) {
		p := m.Properties[name]
		about := p.Description
		if about == "" {
			about = defs[strings.TrimPrefix(p.Ref, "#/definitions/")].Description
		}
		if slices.Contains(m.Required, name) {
			about += " **Required.**"
		}
		if words := p.values(); words != "" {
			about += " One of " + words + "."
		}
		if about == "" {
			t.Errorf("nothing says what %s%s is", before, name)
		}
		fmt.Fprintf(b, "| `%s%s` | %s | %s |\n", before, name, p.kind(), strings.TrimSpace(strings.ReplaceAll(about, "|", "\\|")))
		p.rows(t, b, defs, before+name+".")
	}
}

// values are the words that a member may have.
func (m member) values() string {
	if len(m.Enum) == 0 {
		return ""
	}
	return "`" + strings.Join(m.Enum, "`, `") + "`"
}

// kind says what a member is.
func (m member) kind() string {
	var below member
	switch {
	case m.Ref != "":
		return "*" + strings.TrimPrefix(m.Ref, "#/definitions/") + "*"
	case m.Const != "":
		return "`" + m.Const + "`"
	case len(m.Enum) > 0:
		return "word"
	case m.Type == "array" && m.Items != nil:
		return "list of " + m.Items.kind()
	case m.Type == "object" && json.Unmarshal(m.Additional, &below) == nil && below.kind() != "":
		return "names, each with " + below.kind()
	case m.Type == nil:
		return ""
	}
	if list, several := m.Type.([]any); several {
		return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", " or ")
	}
	return fmt.Sprint(m.Type)
}

package campaign_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/schema"
)

// The schema that editors use and this package are two descriptions of one
// file; these tests keep them from drifting apart.

func TestTheSchemaAcceptsWhatTheParserAccepts(t *testing.T) {
	s, err := schema.Load("campaign")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{full, minimal} {
		quoted := strings.ReplaceAll(text, "secret: ${WEBHOOK_SECRET}", `secret: "${WEBHOOK_SECRET}"`)
		doc, err := yaml.YAMLToJSON([]byte(quoted))
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range s.Check(doc) {
			if !strings.HasPrefix(v.Pointer, "/variables/zip") { // a YAML library reads 07501 as a number; we do not
				t.Errorf("%+v", v)
			}
		}
	}
}

func TestTheSchemaAndTheParserKnowTheSameKeys(t *testing.T) {
	source, err := schema.Source("campaign")
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(source, &doc); err != nil {
		t.Fatal(err)
	}
	described := schemaKeys(doc, doc, "")
	c := mustParse(t, minimal+"provider: {sandbox: {seed: 1}}")
	for _, s := range c.Settings() {
		if !slices.Contains(described, s.Field) {
			t.Errorf("the schema does not know %s", s.Field)
		}
	}
	if len(described) < 40 {
		t.Fatalf("only %d keys found in the schema: %v", len(described), described)
	}
	for _, field := range described {
		// A section and the key of editors are no settings of their own.
		_, problems := campaign.Parse("x.yaml", []byte(minimal), []string{field + "="})
		for _, p := range problems {
			if p.Code == "CMP-UNKNOWN-KEY" {
				t.Errorf("the parser does not know %s", field)
			}
		}
	}
}

// schemaKeys lists the dotted paths of all properties.
func schemaKeys(root, at map[string]any, field string) []string {
	if ref, ok := at["$ref"].(string); ok {
		definitions, _ := root["definitions"].(map[string]any)
		at, _ = definitions[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
	}
	properties, _ := at["properties"].(map[string]any)
	var keys []string
	for key, value := range properties {
		path := strings.TrimPrefix(field+"."+key, ".")
		keys = append(keys, path)
		if sub, ok := value.(map[string]any); ok {
			keys = append(keys, schemaKeys(root, sub, path)...)
		}
	}
	return keys
}

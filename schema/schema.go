// Package schema holds reelmerge's JSON Schemas and checks documents against them.
//
// Its own are those of a campaign and of a template; that of a request is in the folder
// of the service that takes it. The schemas are draft-07 and embedded as NAME.schema.json.
// Editors can use them as well as this program. The checker behind them is gojsonschema,
// kept behind a fence: it accepts unknown drafts, ignores misspelt keywords, fetches
// remote references and calls a Go int a valid string, so [Compile] refuses all of the
// first three before the library sees them, and [Schema.Check] hands it bytes only.
//
// The package also reads JSON the way files written by people need it: [Read] finds
// duplicate keys, smart quotes and trailing commas, and says line, column and cure.
package schema

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"github.com/xeipuuv/gojsonschema"
)

const suffix = ".schema.json"

//go:embed *.schema.json
var embedded embed.FS

// Schema is a compiled JSON Schema. It never changes after Compile, so any number of
// goroutines may check documents with it.
type Schema struct {
	name     string
	compiled *gojsonschema.Schema
	rules    rules
}

// Load compiles the embedded schema NAME, for example "campaign". It compiles anew on
// every call; keep the result.
func Load(name string) (*Schema, error) {
	doc, err := Source(name)
	if err != nil {
		return nil, err
	}
	return Compile(name, doc)
}

// Source returns the text of the embedded schema NAME, as an editor wants it.
func Source(name string) ([]byte, error) {
	doc, err := embedded.ReadFile(name + suffix)
	if err != nil {
		return nil, fmt.Errorf("find schema %q: there is none of that name; there are %s", name, strings.Join(Names(), ", "))
	}
	return doc, nil
}

// Names lists the embedded schemas in alphabetical order.
func Names() []string {
	files, err := fs.Glob(embedded, "*"+suffix)
	if err != nil {
		return nil // the pattern is a constant, so Glob cannot refuse it
	}
	names := make([]string, 0, len(files))
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f, suffix))
	}
	sort.Strings(names)
	return names
}

// Compile compiles a draft-07 schema. It refuses other drafts, keywords that are not
// draft-07's or ours (example, spoken, optional, x-…), formats without a check, patterns
// that are not RE2 and every $ref that leaves the document. The name is used in errors.
func Compile(name string, doc []byte) (*Schema, error) {
	if _, bad := Read(name, doc); bad != nil {
		return nil, fmt.Errorf("compile schema %q: %w", name, bad)
	}
	tree, err := decode(doc)
	if err != nil {
		return nil, fmt.Errorf("compile schema %q: %w", name, err)
	}
	fenced, err := fence(tree)
	if err != nil {
		return nil, fmt.Errorf("compile schema %q: %w", name, err)
	}
	registerFormats()
	compiled, err := gojsonschema.NewSchema(gojsonschema.NewGoLoader(fenced))
	if err != nil {
		return nil, fmt.Errorf("compile schema %q: %w", name, err)
	}
	return &Schema{name: name, compiled: compiled, rules: rulesOf(tree)}, nil
}

// Name is the name the schema was compiled under.
func (s *Schema) Name() string { return s.name }

// Check returns everything in the document that breaks the schema, nil when nothing does.
// A document that is not JSON gives one violation with the keyword "syntax".
func (s *Schema) Check(doc []byte) []Violation {
	if _, bad := Read(s.name, doc); bad != nil {
		return []Violation{{Keyword: "syntax", Message: bad.Message, Hint: bad.Hint}}
	}
	// The library gets bytes and no Go values: of those it takes an int for a valid string.
	result, err := s.compiled.Validate(gojsonschema.NewBytesLoader(doc))
	if err != nil {
		return []Violation{{Keyword: "syntax", Message: "is not JSON"}}
	}
	found := violations(result.Errors())
	for i := range found {
		s.rules.annotate(&found[i])
	}
	return found
}

// decode reads a document into Go values. Numbers stay as they were written, because a
// float64 would change limits such as 0.1.
func decode(doc []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	return tree, nil
}

// NameOf is the name under which the schema of an operation's request is printed.
func NameOf(operation string) string { return strings.ReplaceAll(operation, "/", "-") }

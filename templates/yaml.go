package templates

import (
	"encoding/json"
	"errors"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/reelmerge/reelmerge/internal/yamlfence"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// maxYAML is the most bytes that a template in YAML may have; see [yamlfence.Tokens] for
// why YAML needs a limit that JSON does not.
const maxYAML = 1 << 20

func isYAML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

// fromYAML writes a YAML document as JSON, and remembers where each value stood. Members
// keep their order and numbers their digits, since both are sent to the service as
// written.
func fromYAML(data []byte) ([]byte, []yamlPlace, *problem.Problem) {
	tokens, p := yamlTokens(data)
	if p != nil {
		return nil, nil, p
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		p := yamlProblem(0, 0, "the YAML cannot be read: "+err.Error(), "check the indentation, quotes and colons around it")
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			p.Message = "the YAML cannot be read: " + at.GetMessage()
			p.Line, p.Character = at.GetToken().Position.Line, at.GetToken().Position.Column
		}
		return nil, nil, p
	}
	w := &yamlWriter{}
	for i, doc := range file.Docs {
		if i > 0 && doc.Body != nil {
			return nil, nil, yamlProblem(doc.GetToken().Position.Line, 1, "there are several documents in one file", "keep one")
		}
		w.value(doc.Body)
	}
	return w.out, w.places, w.fault
}

// yamlTokens refuses documents that could make the parser slow, and the parts of YAML
// that JSON has no counterpart for.
func yamlTokens(data []byte) (token.Tokens, *problem.Problem) {
	if len(data) > maxYAML || !utf8.Valid(data) {
		return nil, yamlProblem(1, 1, "the file has more than 1 MB or is not UTF-8", "write long templates as JSON, and save the file as UTF-8")
	}
	tokens, fault := yamlfence.Tokens(string(data))
	if fault != nil {
		return nil, yamlProblem(fault.Line, fault.Column, fault.Message, "flatten it, or write it as JSON")
	}
	for _, t := range tokens {
		if t.Type == token.AnchorType || t.Type == token.AliasType || t.Type == token.TagType || t.Type == token.MergeKeyType {
			return nil, yamlProblem(t.Position.Line, t.Position.Column, "anchors, aliases and tags are not supported", "write the value out")
		}
	}
	return tokens, nil
}

// yamlProblem is a problem at a place of the YAML file, at least at its beginning.
func yamlProblem(line, column int, message, hint string) *problem.Problem {
	return &problem.Problem{Code: "TPL-YAML", Place: problem.Place{Line: max(line, 1), Character: max(column, 1)}, Message: message, Hint: hint}
}

// yamlPlace says from which place of the YAML file the JSON from an offset on comes.
type yamlPlace struct{ offset, line, column int }

// yamlWriter writes nodes as JSON. It keeps the first fault and goes on: the caller
// discards the output then.
type yamlWriter struct {
	out    []byte
	places []yamlPlace
	fault  *problem.Problem
}

// value writes one node. A number that is too long for the library arrives as text
// without quotes, and is written as a number all the same.
func (w *yamlWriter) value(n ast.Node) {
	if n == nil {
		w.out = append(w.out, "null"...)
		return
	}
	if t := n.GetToken(); t != nil {
		w.places = append(w.places, yamlPlace{len(w.out), t.Position.Line, t.Position.Column})
	}
	switch v := n.(type) {
	case *ast.MappingNode:
		w.mapping(v.Values)
	case *ast.MappingValueNode:
		w.mapping([]*ast.MappingValueNode{v})
	case *ast.SequenceNode:
		w.sequence(v.Values)
	case *ast.IntegerNode, *ast.FloatNode:
		w.number(n.GetToken().Value)
	case *ast.BoolNode:
		w.out = append(w.out, strings.ToLower(n.GetToken().Value)...)
	case *ast.NullNode, *ast.CommentGroupNode:
		w.out = append(w.out, "null"...)
	case *ast.LiteralNode:
		w.text(v.Value.Value)
	case *ast.StringNode:
		if v.Token.Type == token.StringType && v.Value != "" && strings.IndexByte("-0123456789", v.Value[0]) >= 0 {
			w.number(v.Value) // a number too long for the library, written without quotes
			return
		}
		w.text(v.Value)
	default:
		w.fault = yamlProblem(n.GetToken().Position.Line, n.GetToken().Position.Column, "this kind of YAML value is not supported", "write a text in quotes")
	}
}

// number keeps a number as it is written. A form that JSON does not know, such as 0x1F,
// becomes a text.
func (w *yamlWriter) number(written string) {
	if json.Valid([]byte(written)) {
		w.out = append(w.out, written...)
		return
	}
	w.text(written)
}

func (w *yamlWriter) text(s string) {
	w.out = append(appendEscaped(append(w.out, '"'), s), '"')
}

// mapping writes an object. Its keys are always texts, as JSON wants them.
func (w *yamlWriter) mapping(values []*ast.MappingValueNode) {
	w.out = append(w.out, '{')
	for i, v := range values {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		key := v.Key.GetToken()
		w.places = append(w.places, yamlPlace{len(w.out), key.Position.Line, key.Position.Column})
		w.text(key.Value)
		w.out = append(w.out, ':')
		w.value(v.Value)
	}
	w.out = append(w.out, '}')
}

func (w *yamlWriter) sequence(values []ast.Node) {
	w.out = append(w.out, '[')
	for i, v := range values {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.value(v)
	}
	w.out = append(w.out, ']')
}

// position returns the line and column of a byte, in the file that a person wrote. For
// YAML it is the place of the last value before that byte.
func (t *Template) position(offset int) (line, column int) {
	if t.places == nil {
		return schema.Position(t.data, offset)
	}
	line, column = 1, 1
	for _, p := range t.places {
		if p.offset > offset {
			break
		}
		line, column = p.line, p.column
	}
	return line, column
}

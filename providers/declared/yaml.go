package declared

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/reelmerge/reelmerge/internal/yamlfence"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/schema"
)

// MaxSize is the largest description that is read, in bytes.
const MaxSize = 256 << 10

// document is a description as JSON, with the place of each value in the file.
type document struct {
	json     bytes.Buffer
	places   map[string]problem.Place // by JSON Pointer; a member is where its name stands
	problems problem.List
}

// readYAML turns YAML into JSON. Anchors, aliases, tags and second documents are refused: a
// few lines with them can stand for gigabytes, and a reader could not see what is sent.
func readYAML(data []byte) (*document, problem.List) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	switch {
	case len(data) > MaxSize:
		return nil, problem.List{{Code: "SVC-YAML", Message: fmt.Sprintf("the file is larger than %d KiB", MaxSize>>10), Hint: "a service takes one or two screens; shorten the recordings"}}
	case !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0:
		return nil, problem.List{{Code: "SVC-YAML", Message: "the file is not UTF-8 text", Hint: "save it as UTF-8"}}
	}
	tokens, fault := yamlfence.Tokens(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data)))
	if fault != nil {
		return nil, problem.List{{Code: "SVC-YAML", Place: problem.Place{Line: fault.Line, Character: fault.Column}, Message: fault.Message, Hint: "a service takes one or two screens"}}
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, problem.List{syntaxProblem(err)}
	}
	d := &document{places: map[string]problem.Place{}}
	var body ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case body != nil:
			d.refuse(doc.Body, "a second document after ---", "write one service per file")
		default:
			body = doc.Body
		}
	}
	if body == nil {
		return nil, problem.List{{Code: "SVC-YAML", Message: "the file is empty", Hint: "see: reelmerge schema service"}}
	}
	d.value(body, "")
	return d, d.problems
}

// syntaxProblem turns a fault that the library found into a problem with its place.
func syntaxProblem(err error) problem.Problem {
	message, _, _ := strings.Cut(err.Error(), "\n")
	p := problem.Problem{Code: "SVC-YAML", Message: "not YAML: " + message, Hint: `put text that holds ": ", " #", "{" or "}" into quotes, and indent with spaces`}
	if e, ok := errors.AsType[*yaml.SyntaxError](err); ok && e.Token != nil {
		p.Line = e.Token.Position.Line
		p.Character = e.Token.Position.Column
		p.Message = "not YAML: " + e.Message
	}
	return p
}

func (d *document) refuse(n ast.Node, message, hint string) {
	at := n.GetToken().Position
	d.problems = append(d.problems, problem.Problem{Code: "SVC-YAML", Place: problem.Place{Line: at.Line, Character: at.Column}, Message: message, Hint: hint})
}

// value writes one value as JSON. Numbers stay as they are written.
func (d *document) value(n ast.Node, pointer string) {
	at := n.GetToken().Position
	if _, known := d.places[pointer]; !known {
		d.places[pointer] = problem.Place{Line: at.Line, Character: at.Column}
	}
	switch n := n.(type) {
	case *ast.NullNode:
		d.json.WriteString("null")
	case *ast.MappingNode:
		d.members(n.Values, pointer)
	case *ast.MappingValueNode:
		d.members([]*ast.MappingValueNode{n}, pointer)
	case *ast.SequenceNode:
		d.json.WriteByte('[')
		for i, v := range n.Values {
			d.comma(i)
			d.value(v, pointer+"/"+strconv.Itoa(i))
		}
		d.json.WriteByte(']')
	case *ast.LiteralNode:
		d.text(n.Value.Value)
	case *ast.StringNode:
		d.text(n.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		d.bare(n.GetToken().Value)
	case *ast.InfinityNode, *ast.NanNode:
		d.text(n.GetToken().Value)
	default:
		d.refuse(n, "anchors, aliases, tags and merge keys of YAML are not used here", "write the value out; put text that begins with &, *, ! or < into quotes")
		d.json.WriteString("null")
	}
}

func (d *document) comma(i int) {
	if i > 0 {
		d.json.WriteByte(',')
	}
}

func (d *document) text(s string) {
	quoted, err := json.Marshal(s)
	if err != nil {
		quoted = []byte(`""`) // a text always marshals
	}
	d.json.Write(quoted)
}

// bare writes a number or a truth value. YAML has spellings that JSON lacks, such as 0x10:
// they count as texts, which the schema then refuses.
func (d *document) bare(s string) {
	if json.Valid([]byte(s)) {
		d.json.WriteString(s)
		return
	}
	d.text(s)
}

// members writes a group of keys. A key that stands twice is refused: readers would differ
// about which of the two counts.
func (d *document) members(values []*ast.MappingValueNode, pointer string) {
	d.json.WriteByte('{')
	written := 0
	for _, v := range values {
		scalar, plain := v.Key.(ast.ScalarNode)
		if !plain || v.Key.Type() == ast.MergeKeyType {
			d.refuse(v.Key, "a key is plain text", "write the key out; merge keys are not used here")
			continue
		}
		name := scalar.GetToken().Value
		if s, ok := scalar.(*ast.StringNode); ok {
			name = s.Value
		}
		below := pointer + "/" + schema.PointerPart(name)
		if first, twice := d.places[below]; twice {
			d.refuse(v.Key, fmt.Sprintf("key %q is there twice, first on line %d", name, first.Line), "keep one of them")
			continue
		}
		at := v.Key.GetToken().Position
		d.places[below] = problem.Place{Line: at.Line, Character: at.Column}
		d.comma(written)
		written++
		d.text(name)
		d.json.WriteByte(':')
		d.value(v.Value, below)
	}
	d.json.WriteByte('}')
}

// place returns where a pointer leads to, or the nearest thing around it.
func (d *document) place(pointer string) problem.Place {
	for {
		if at, ok := d.places[pointer]; ok || pointer == "" {
			return at
		}
		pointer = pointer[:strings.LastIndexByte(pointer, '/')]
	}
}

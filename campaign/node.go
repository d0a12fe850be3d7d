package campaign

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/reelmerge/reelmerge/internal/yamlfence"
	"github.com/reelmerge/reelmerge/problem"
)

// kind is what a node holds. The zero value is nothing: a key with no value.
type kind uint8

const (
	nothing kind = iota
	scalar
	list
	mapping
)

func (k kind) String() string {
	return [...]string{"nothing", "one value", "a list", "a group of keys"}[k]
}

// node is one value of the document, with the text that stands in the file: a
// number keeps its zeros, and only the reader of a field decides its type.
type node struct {
	kind         kind
	text         string
	items        []*node // of a list
	entries      []entry // of a mapping
	line, column int
	origin       string // which flag it is from; empty for the file
}

// entry is one key of a mapping, in the order of the file.
type entry struct {
	key          string
	line, column int
	value        *node
}

func newMapping() *node { return &node{kind: mapping} }

// flagScalar returns the value of a flag. An empty one is no value, as an empty key in the
// file is.
func flagScalar(text, origin string) *node {
	if text == "" {
		return &node{origin: origin}
	}
	return &node{kind: scalar, text: text, origin: origin}
}

// get returns the value of key, or nil.
func (n *node) get(key string) *node {
	if e := n.entry(key); e != nil {
		return e.value
	}
	return nil
}

// entry returns the entry of a key, or nil.
func (n *node) entry(key string) *entry {
	for i := range n.entries {
		if n.entries[i].key == key {
			return &n.entries[i]
		}
	}
	return nil
}

// put sets key, in place when it is there already.
func (n *node) put(key string, value *node) {
	if e := n.entry(key); e != nil {
		e.value = value
		return
	}
	n.entries = append(n.entries, entry{key: key, value: value})
}

// parseDocument turns YAML into nodes. The root is nil when it is not YAML at
// all, or not our dialect of it.
func parseDocument(data []byte) (*node, problem.List) {
	text, p := readable(data)
	if p != nil {
		return nil, problem.List{*p}
	}
	file, p := parseYAML(text)
	if p != nil {
		return nil, problem.List{*p}
	}
	body, p := onlyBody(file)
	if p != nil {
		return nil, problem.List{*p}
	}
	b := &builder{}
	root := b.node(body)
	if root.kind != mapping {
		b.add(root.line, root.column, problem.Problem{Code: "CMP-TYPE",
			Message: "a campaign is a group of keys, found " + root.kind.String(), Hint: `it begins like "rows: {file: customers.xlsx}"`})
		return nil, b.problems
	}
	return root, b.problems
}

// readable checks size and encoding and hides the braces of ${VAR}, which YAML
// would take for a mapping inside {…}.
func readable(data []byte) (string, *problem.Problem) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	switch {
	case len(data) > MaxSize:
		return "", &problem.Problem{Code: "CMP-SIZE", Message: fmt.Sprintf("the file is larger than %d KiB", MaxSize>>10),
			Hint: "a campaign file only names the sheet and the template; is this one of them?"}
	case !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0:
		return "", &problem.Problem{Code: "CMP-ENCODING", Message: "the file is not UTF-8 text",
			Hint: "save it as UTF-8; a sheet is given as rows.file, or together with --template"}
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data))
	return hideBraces(text), nil
}

// Two private characters stand for the braces of ${VAR} while YAML is parsed;
// one character for one, so that columns stay true.
const openBrace, closeBrace = "\uE0F0", "\uE0F1"

func hideBraces(text string) string {
	return reference.ReplaceAllString(text, "$$"+openBrace+"${1}"+closeBrace)
}

func showBraces(text string) string {
	return strings.NewReplacer("$"+openBrace, "${", closeBrace, "}").Replace(text)
}

// parseYAML reads a text that the fence lets through, however often it repeats a key.
func parseYAML(text string) (*ast.File, *problem.Problem) {
	tokens, fault := yamlfence.Tokens(text)
	if fault != nil {
		return nil, &problem.Problem{Code: "CMP-DEPTH", Place: problem.Place{Line: fault.Line, Character: fault.Column},
			Message: fault.Message, Hint: "four levels, and a key for each setting, are enough for a campaign"}
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		p := syntaxProblem(err)
		return nil, &p
	}
	return file, nil
}

// syntaxProblem turns a fault that the library found into a problem with its place.
func syntaxProblem(err error) problem.Problem {
	p := problem.Problem{Code: "CMP-YAML", Message: "not YAML: " + firstLine(err.Error()),
		Hint: `put text that holds ": ", " #", "{" or "}" into single quotes, and indent with spaces`}
	var se *yaml.SyntaxError
	if errors.As(err, &se) && se.Token != nil {
		p.Line, p.Character = se.Token.Position.Line, se.Token.Position.Column
		p.Message = "not YAML: " + showBraces(se.Message)
	}
	return p
}

// firstLine cuts the library's error, which goes on with a drawing of the place.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// onlyBody returns the one document of the file. A second one is refused: the library would
// read it, and it is not clear which of the two counts.
func onlyBody(file *ast.File) (ast.Node, *problem.Problem) {
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil {
			continue
		}
		at := d.Body.GetToken().Position
		if d.Body.Type() == ast.DirectiveType {
			return nil, &problem.Problem{Code: "CMP-YAML", Place: problem.Place{Line: at.Line, Character: at.Column}, Message: "a % directive is not used here", Hint: "delete the line"}
		}
		if body != nil {
			return nil, &problem.Problem{Code: "CMP-YAML", Place: problem.Place{Line: at.Line, Character: at.Column}, Message: "a second document after ---", Hint: "write one campaign per file"}
		}
		body = d.Body
	}
	if body == nil {
		return nil, &problem.Problem{Code: "CMP-EMPTY", Message: "the file is empty", Hint: "reelmerge init writes a campaign file"}
	}
	return body, nil
}

// builder turns the library's tree into ours. It keeps the text of each value as it was
// written, since YAML would make 0049 a number and 1.10 a float, and adds a problem for
// each part of YAML that a campaign may not have.
type builder struct{ problems problem.List }

func (b *builder) add(line, column int, p problem.Problem) {
	p.Line, p.Character = line, column
	b.problems = append(b.problems, p)
}

// node turns one node of the library into ours. A kind that is not listed here is a part of
// YAML that a campaign may not have.
func (b *builder) node(n ast.Node) *node {
	at := n.GetToken().Position
	out := &node{line: at.Line, column: at.Column}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.MappingNode:
		out.kind = mapping
		b.entries(out, n.Values)
	case *ast.MappingValueNode:
		out.kind = mapping
		b.entries(out, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		out.kind = list
		for _, v := range n.Values {
			out.items = append(out.items, b.node(v))
		}
	case *ast.LiteralNode:
		out.kind = scalar
		out.text = showBraces(n.Value.Value)
	case *ast.StringNode:
		out.kind = scalar
		out.text = showBraces(n.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		out.kind = scalar
		out.text = n.GetToken().Value
	case *ast.AnchorNode: // read on: what it names is there all the same
		b.alias(n)
		return b.node(n.Value)
	default:
		b.alias(n)
	}
	return out
}

// alias refuses anchors, aliases, merge keys and tags. A few lines with them can stand for
// gigabytes, and a tag changes the type of a value.
func (b *builder) alias(n ast.Node) {
	at := n.GetToken().Position
	b.add(at.Line, at.Column, problem.Problem{Code: "CMP-ALIAS", Value: n.GetToken().Value,
		Message: "anchors, aliases, tags and merge keys of YAML are not used here",
		Hint:    "write the value out; put text that begins with &, *, ! or < into quotes"})
}

// entries reads the keys of a mapping. Position comes from the keys, because
// the library reports a mapping's own at its first colon.
func (b *builder) entries(out *node, values []*ast.MappingValueNode) {
	for i, v := range values {
		at := v.Key.GetToken().Position
		if i == 0 {
			out.line, out.column = at.Line, at.Column
		}
		if v.Key.Type() == ast.MergeKeyType {
			b.alias(v.Key)
			continue
		}
		e := entry{key: b.key(v.Key), line: at.Line, column: at.Column, value: b.node(v.Value)}
		if first := out.entry(e.key); first != nil {
			b.add(at.Line, at.Column, problem.Problem{Code: "CMP-DUPLICATE-KEY", Value: e.key,
				Message: fmt.Sprintf("key %q is there twice, first on line %d", e.key, first.line), Hint: "keep one of them"})
			continue
		}
		out.entries = append(out.entries, e)
	}
}

// key returns the name of a key as it was written; a key that is a list or a group is
// refused.
func (b *builder) key(k ast.MapKeyNode) string {
	if n, ok := k.(ast.ScalarNode); ok {
		if s, isString := n.(*ast.StringNode); isString {
			return showBraces(s.Value)
		}
		return n.GetToken().Value
	}
	at := k.GetToken().Position
	b.add(at.Line, at.Column, problem.Problem{Code: "CMP-ALIAS", Value: k.GetToken().Value,
		Message: "a key is plain text", Hint: "write the key out"})
	return k.GetToken().Value
}

// Package templates reads template documents, checks a row's values against them, puts
// the values in place and says how long the video will be.
//
// The work is split in two. What does not depend on a row happens once:
//
//	t, problems := templates.Parse(name, data, operations) // the file: JSON, declarations, places
//	p, problems := t.Compile(templates.Options{})          // the rules, the body cut into pieces
//
// What does depend on a row happens a million times and touches nothing else:
//
//	var out templates.Rendered
//	for each row {
//		p.Row(values, &out) // check, put in place, estimate
//	}
//
// A request is never decoded and encoded again: a template's bytes between two
// placeholders are sent as they were written, white space between them aside, so fields
// this program does not know reach the service unchanged and in order.
//
// What is known of the templates of one operation, such as its scenes, comes from outside,
// in the [Operations] that Parse is given.
package templates

import (
	"encoding/json"

	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates/speech"
)

// The limits of one template.
const (
	MaxVariables    = 1_000
	MaxPlaceholders = 10_000
	MaxProblems     = 1_000 // that Parse and Compile each report
)

// Template is a template document that could be read. It never changes after Parse.
type Template struct {
	Name      string     // the file, as the caller called it
	Operation string     // provider/operation
	Language  string     // what the document says is spoken, "" when it does not say
	Variables []Variable // in declared order, else in order of first appearance
	Declared  bool       // the document has a "variables" member
	Duration  *Duration  // what the document says about its length, nil when nothing
	Request   json.RawMessage
	Creative  json.RawMessage // the scenes, in whichever member they are; nil when there are none

	data      []byte
	operation Operation
	root      *schema.Node
	request   *schema.Node
	scenes    *schema.Node
	where     map[*schema.Node]string // the JSON pointer of every node
	places    []yamlPlace             // nil for JSON
	broken    bool                    // Parse found errors
}

// Duration is the length a document states where its scenes cannot be seen: seconds of
// the video with all spoken variables empty, and what each of their characters adds.
type Duration struct {
	BaseSeconds         float64 `json:"base_seconds"`
	SecondsPerCharacter float64 `json:"seconds_per_character"`
}

// Variable is a hole in the template.
type Variable struct {
	Name     string
	Type     string // string, number, integer, boolean, array or object
	Spoken   bool   // declared so, or part of an actor's script
	Optional bool   // an empty cell is fine
	Required bool   // an empty cell is a problem: neither optional nor with a default
	Example  string // as it would stand in a cell, "" when none was declared
	Default  *string
	Uses     []Use
	Schema   json.RawMessage // the declaration, nil when the variable was found
	declared *schema.Node
}

// Use is one place where a variable stands.
type Use struct {
	Pointer string // JSON pointer into the template
	Scene   int    // index of the scene, -1 outside the scenes
	Field   string // the member's name, for example "text"
	Spoken  bool   // an actor's script
	Whole   bool   // the text is exactly this placeholder
}

// Correction is what finished videos taught about the length of speech.
type Correction = speech.Correction

// Options are what a campaign adds to a template.
type Options struct {
	Speech Correction // observed from finished videos; the zero value corrects nothing
}

// Variable returns the variable of that name and its index, -1 when there is none.
func (t *Template) Variable(name string) (Variable, int) {
	for i, v := range t.Variables {
		if v.Name == name {
			return v, i
		}
	}
	return Variable{}, -1
}

// ByName reports whether a request takes its values by name, so that it has neither the
// scenes in it nor the places where they stand.
func (t *Template) ByName() bool { return t.form().ByName != "" }

// Root is the whole document.
func (t *Template) Root() *schema.Node { return t.root }

// RequestNode is the request in the document, which a bare export is as a whole; nil when
// there is none.
func (t *Template) RequestNode() *schema.Node { return t.request }

// SceneNode holds the scenes, in whichever member they are; nil when there are none.
func (t *Template) SceneNode() *schema.Node { return t.scenes }

// Pointer is the JSON pointer of a node.
func (t *Template) Pointer(n *schema.Node) string { return t.where[n] }

func (t *Template) document() Document { return t.operation.document() }

func (t *Template) form() Form { return t.document().Form() }

package templates

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/schema"
)

// Operation is what a service tells about the templates of one of its operations.
type Operation struct {
	Name     string   // provider/operation
	Schema   []byte   // the JSON Schema of its request; nil when there is none
	Document Document // the kind of its templates; nil for a request with placeholders, of any shape
}

// Operations are the operations that templates may be for. A template of another
// operation is read all the same, as a request with placeholders: this package does not
// judge which operations exist.
type Operations []Operation

// Document is a kind of template about which a service knows more than that it is a
// request with placeholders, for instance that it has scenes. It never changes, so any
// number of goroutines may use it.
type Document interface {
	// Form says where a template of the kind has its parts.
	Form() Form
	// Check refuses templates that lack a part that the kind needs. After false, reading
	// ends: later messages would only follow from this one.
	Check(t *Template, f *Findings) bool
	// Places knows the places where placeholders may stand.
	Places(t *Template) Places
	// Leaves reports whether a violation of the request's schema, at a node, is no problem
	// of the template: because the missing part is added when a row is sent, or because
	// Check or the solver reports the same with a better message.
	Leaves(t *Template, v schema.Violation, n *schema.Node) bool
	// Solver finds out how long videos are, and checks the parts that decide it. It is nil
	// for a template that does not show its scenes.
	Solver(t *Template, f *Findings) Solver
}

// Form says where a kind of template has its parts. The zero value is a request with
// placeholders.
type Form struct {
	Scenes string // the member of the template, or of its request, with the scenes
	Export bool   // a document with that member and without an operation is a request of the kind
	ByName string // the member of the request that takes values by name; empty: placeholders are replaced
	Codes  Codes
}

// Codes are the problem codes of rules that every kind of template has. An empty one
// stands for the general code. A service with numbered rules of its own names them here.
type Codes struct{ Duplicate, Placeholder, Empty, Braces, Unspoken string }

// Places knows the role of each text in a kind of template.
type Places interface {
	// Enter says where a node is, the ith child of a node that is at a spot.
	Enter(at Spot, parent, child *schema.Node, i int) Spot
	// Check judges a variable that stands in the text of a node.
	Check(variable string, n *schema.Node, at Spot, f *Findings)
}

// Spot is where in a template a text stands.
type Spot struct {
	Scene  int    // index of the scene, -1 outside the scenes
	Track  string // type of the track
	Script bool   // it is spoken
	Words  bool   // people hear or read it, so that braces left in it are an error
}

// Solver says how long the video of each row is. It never changes, so any number of
// goroutines may use it, each with its own [Rendered].
type Solver interface {
	// Row estimates the video of the row whose values are in out: its Seconds, what they
	// are Made of and the Tightest speech. It adds the problems that depend on the row.
	Row(out *Rendered)
	// Scenes describes the scenes for the row whose values are in out.
	Scenes(out *Rendered) []SceneNote
}

// find returns the operation of a name, or a plain one if it is not in the list.
func (o Operations) find(name string) Operation {
	if i := slices.IndexFunc(o, func(one Operation) bool { return one.Name == name }); i >= 0 {
		return o[i]
	}
	return Operation{Name: name}
}

// exported returns the operation for a document that names none: an export of a service's
// editor, which is recognized by its scenes.
func (o Operations) exported(root *schema.Node) (Operation, bool) {
	i := slices.IndexFunc(o, func(one Operation) bool {
		form := one.document().Form()
		return form.Export && root.Member(form.Scenes) != nil
	})
	if i < 0 {
		return Operation{}, false
	}
	return o[i], true
}

// duplicate returns the code for a name that stands twice in an object. Such a document
// cannot be read, so its operation is not known; the code is that of the kind that the
// document looks like.
func (o Operations) duplicate(data []byte) string {
	for _, one := range o {
		form := one.document().Form()
		service, _, _ := strings.Cut(one.Name, "/")
		if form.Codes.Duplicate != "" && (bytes.Contains(data, []byte(`"`+service+`/`)) || bytes.Contains(data, []byte(`"`+form.Scenes+`"`))) {
			return form.Codes.Duplicate
		}
	}
	return general().Duplicate
}

// document returns the operation's kind, never nil.
func (o Operation) document() Document {
	if o.Document == nil {
		return plain{}
	}
	return o.Document
}

// general returns the codes for templates of no particular kind.
func general() Codes {
	return Codes{Duplicate: "TPL-DUPLICATE-KEY", Placeholder: "TPL-PLACEHOLDER", Empty: "VAR-EMPTY", Braces: "VAR-BRACES", Unspoken: "VAR-UNSPOKEN"}
}

// orGeneral fills in the general codes for those that a kind leaves empty.
func (c Codes) orGeneral() Codes {
	g := general()
	return Codes{cmp.Or(c.Duplicate, g.Duplicate), cmp.Or(c.Placeholder, g.Placeholder), cmp.Or(c.Empty, g.Empty), cmp.Or(c.Braces, g.Braces), cmp.Or(c.Unspoken, g.Unspoken)}
}

// plain is the kind of an operation whose service tells nothing about its templates: a
// request with placeholders.
type plain struct{}

// Form is that of a request alone.
func (plain) Form() Form { return Form{} }

// Check warns of scenes in a template of a plain operation: they would have no effect.
func (plain) Check(t *Template, f *Findings) bool {
	if n := t.node.Member("videoCreative"); n != nil && t.request != nil {
		f.Warn(n, "TPL-SHAPE", "nothing is known of the scenes of "+t.Operation+", so \"videoCreative\" is neither sent nor measured", "take it out, or put into request what is to be sent")
	}
	return true
}

// Places allows placeholders in any text of the request.
func (plain) Places(*Template) Places { return anywhere{} }

// Leaves is false: every violation of the schema is a problem.
func (plain) Leaves(*Template, schema.Violation, *schema.Node) bool { return false }

// Solver is nil: no scenes are known.
func (plain) Solver(*Template, *Findings) Solver { return nil }

// anywhere are the places of a plain request: a placeholder may stand in any text.
type anywhere struct{}

// Enter returns the spot that it was given: all places are alike.
func (anywhere) Enter(at Spot, _, _ *schema.Node, _ int) Spot { return at }

// Check accepts a variable in any text.
func (anywhere) Check(string, *schema.Node, Spot, *Findings) {}

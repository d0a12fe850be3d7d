package reelmerge

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/schema"
	"github.com/reelmerge/reelmerge/templates"
	"github.com/reelmerge/reelmerge/templates/scenes"
)

// Operations are the operations of services, in the form that templates need.
func Operations(of []providers.Service) templates.Operations {
	var all templates.Operations
	for _, s := range of {
		for _, o := range s.Operations {
			all = append(all, templates.Operation{Name: o.Name, Schema: o.Schema, Document: document(o.Template)})
		}
	}
	return all
}

// document returns the kind of document for a kind of templates; nil for a plain request.
func document(kind providers.TemplateKind) templates.Document {
	switch kind {
	case providers.SceneTemplate:
		return scenes.Request()
	case providers.SavedTemplate:
		return scenes.Saved()
	case providers.PlainTemplate:
	}
	return nil
}

// Schema is a JSON Schema for people and their editors.
type Schema struct {
	Name   string
	About  string // one line for people
	Source []byte
}

// Schemas are those of the two file formats and of the requests of services, in the
// order of their names.
func Schemas(of []providers.Service) []Schema {
	var all []Schema
	for _, name := range schema.Names() {
		// The schemas are embedded, so an error is not possible.
		if source, err := schema.Source(name); err == nil { // it is embedded
			all = append(all, Schema{name, "a " + name + " file", source})
		}
	}
	for _, s := range of {
		for _, o := range s.Operations {
			if o.Schema != nil {
				all = append(all, Schema{schema.NameOf(o.Name), o.Summary, o.Schema})
			}
		}
	}
	slices.SortFunc(all, func(a, b Schema) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Starter is a template to copy and change.
type Starter struct {
	Name     string // of the operation, as its schema is called: colossyan-template-job
	About    string // one line for people
	Template []byte
	Examples fs.FS // files that its examples name; nil when there are none
}

// Starters are those of services, in the order of their names.
func Starters(of []providers.Service) []Starter {
	var all []Starter
	for _, s := range of {
		for _, o := range s.Operations {
			if o.Starter != nil {
				all = append(all, Starter{schema.NameOf(o.Name), o.Summary, o.Starter, s.Examples})
			}
		}
	}
	slices.SortFunc(all, func(a, b Starter) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Example returns a file that an example of the starter names; false when it names none
// of that name.
func (s Starter) Example(name string) ([]byte, bool) {
	if s.Examples == nil || !fs.ValidPath(name) {
		return nil, false
	}
	data, err := fs.ReadFile(s.Examples, name)
	return data, err == nil
}

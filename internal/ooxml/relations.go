// Package ooxml knows how the parts of a workbook refer to each other, and edits the
// parts that list others. It leaves everything else in them as it is, byte for byte.
package ooxml

import (
	"bytes"
	"net/url"
	"path"
	"strings"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// The two dialects of workbooks name their relations in name spaces of their own.
const (
	TransitionalRelations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	StrictRelations       = "http://purl.oclc.org/ooxml/officeDocument/relationships"
	// StrictMain is the name space of sheets in the stricter dialect.
	StrictMain = "http://purl.oclc.org/ooxml/spreadsheetml/main"
)

// Relation is an entry of a list of relations: one part names another.
type Relation struct {
	ID string
	// Kind is what the target is to the part: "styles". Where neither dialect has
	// the relation's type, it is the type as a whole.
	Kind string
	// Target is the name of a part, or an address where External is set.
	Target   string
	External bool
}

// RelationsName returns the name of the part that lists the relations of a part; ""
// stands for the package.
func RelationsName(part string) string {
	dir, file := path.Split(part)
	return dir + "_rels/" + file + ".rels"
}

// Relations reads the relations of a part from their list. A list that breaks off
// has those up to there.
func Relations(part string, list []byte) []Relation {
	var out []Relation
	x := xmltoken.NewReader(bytes.NewReader(list))
	for {
		t, err := x.Next()
		if err != nil {
			return out
		}
		if !x.Begins("Relationships/Relationship") {
			continue
		}
		r := Relation{ID: t.Value("Id"), Kind: kind(t.Value("Type")), Target: t.Value("Target"), External: t.Value("TargetMode") == "External"}
		if !r.External {
			r.Target = resolve(part, r.Target)
		}
		out = append(out, r)
	}
}

func kind(typ string) string {
	for _, dialect := range []string{TransitionalRelations, StrictRelations} {
		if kind, ok := strings.CutPrefix(typ, dialect+"/"); ok {
			return kind
		}
	}
	return typ
}

// resolve returns the name of the part that a target names from another part.
func resolve(from, target string) string {
	target, _, _ = strings.Cut(strings.ReplaceAll(target, `\`, "/"), "#")
	if !strings.HasPrefix(target, "/") {
		target = "/" + path.Dir(from) + "/" + target
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

// PartNames returns the names that the archive may have for a part: as it stands, and
// with its %20 resolved. They are in lower case, since writers differ in it.
func PartNames(name string) []string {
	names := []string{PartName(name)}
	if plain, err := url.PathUnescape(name); err == nil && plain != name {
		names = append(names, PartName(plain))
	}
	return names
}

// PartName makes names comparable: writers differ in case and slashes.
func PartName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}
